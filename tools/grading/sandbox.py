"""The sandbox: bubblewrap around a fork server (``tools.grading.forkserver``).

Inside there is no network, and of the files only the system's, Python's and the package's, to
read. The assignment's solutions, the gradebook and other submissions do not exist there.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import rnncourse
from tools.grading.forkserver import EMPTY, KERNELS, OWN, STUDENT

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(rnncourse.__file__).parent
SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache",
          "/etc/localtime")  # fmt: skip
ALWAYS = ("numpy", "IPython", "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell",
          "tools.grading.answers", "tools.grading.tester")  # fmt: skip
HOW_TO_GET_IT = """\
homework is graded in a sandbox, and {trouble}.
  Debian, Ubuntu: sudo apt install bubblewrap
  Fedora:         sudo dnf install bubblewrap
An ordinary user also needs user namespaces: on Ubuntu 24.04 and later
  sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0
To grade a class you trust without a sandbox, say --unsafe-no-sandbox."""


class SandboxError(Exception):
    """There is no sandbox here; the message says what is missing."""


@dataclass(frozen=True)
class Limits:
    """What the processes of one student may use. Sizes are in bytes."""

    memory: int = 2 << 30
    processes: int = 100
    file: int = 64 << 20
    seconds: int = 1200  # of a processor


class ForkServer:
    """A sandbox with a process in it that has imported ``modules``; its forks start at once."""

    def __init__(self, modules=()):
        self.folder = Path(tempfile.mkdtemp(prefix="sandbox-"))
        self.folder.chmod(0o711)
        (self.folder / "kernels").mkdir(mode=0o711)
        self.control, other_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = other_end.fileno(), [*ALWAYS, *modules], readable()
        program = f"from tools.grading.forkserver import serve; serve{arguments!r}"
        log = self.folder / "log"
        with open(log, "w") as file:
            try:
                self.process = subprocess.Popen(
                    [*bubblewrap(self.folder / "kernels"), sys.executable, "-c", program],
                    stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                    pass_fds=[other_end.fileno()], start_new_session=True,
                )  # fmt: skip
            except FileNotFoundError:
                self._remove()
                raise SandboxError(HOW_TO_GET_IT.format(trouble="bubblewrap is missing")) from None
        other_end.close()
        if self.control.recv(16) != b"ready":
            last_words = log.read_text().strip()[-500:]
            self.close()
            raise SandboxError(HOW_TO_GET_IT.format(trouble=f"it does not start: {last_words}"))

    @property
    def alive(self):
        return self.process.poll() is None

    def new_folder(self, files=None):
        """A folder that the next fork will see as its own, with the files of ``files`` in it."""
        folder = Path(tempfile.mkdtemp(dir=self.folder / "kernels", prefix=""))
        shutil.copytree(files, folder / "files") if files else (folder / "files").mkdir()
        if os.geteuid() == 0:
            os.chown(folder, STUDENT, STUDENT)
        return folder

    def fork(self, role, folder, limits, **request):
        """Start a kernel or a tester; return its two sockets.

        ``life``: it ends when this is closed, and says here how it ended. ``channel``: for
        messages.
        """
        life, its_life = socket.socketpair()
        channel, its_channel = socket.socketpair()
        request |= {"role": role, "name": folder.name, "limits": asdict(limits)}
        with its_life, its_channel:
            fds = [its_life.fileno(), its_channel.fileno()]
            socket.send_fds(self.control, [json.dumps(request).encode()], fds)
        return life, channel

    def close(self):
        self.control.close()
        self.process.kill()
        self.process.wait()
        self._remove()

    def _remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def bubblewrap(kernels):
    """The command that runs another one in the sandbox."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),  # of which only the package and this folder are there
        "PYTHONSAFEPATH": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NBGRADER_EXECUTION": "autograde",
    } | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    command += ["--hostname", "sandbox", "--new-session", "--cap-drop", "ALL"]
    if os.geteuid() == 0:  # so that forks can have namespaces of their own, and become another user
        for right in ("SYS_ADMIN", "SETUID", "SETGID", "KILL"):
            command += ["--cap-add", f"CAP_{right}"]
    else:
        command += ["--unshare-user"]
    for folder in _parents([*readable(), *EMPTY, KERNELS, OWN]):
        command += ["--perms", "0755", "--dir", folder]  # bwrap would close them to others
    for path in readable():
        command += ["--ro-bind", path, path]
    command += ["--proc", "/proc", "--dev", "/dev", "--bind", str(kernels), KERNELS]
    for folder in (*EMPTY, OWN):
        command += ["--perms", "0755", "--dir", folder]
    command += ["--remount-ro", "/", "--chdir", "/", "--clearenv"]
    for name, value in environment.items():
        command += ["--setenv", name, value]
    return command


def readable():
    """The files and folders that exist in the sandbox."""
    python = [sys.base_prefix, sys.prefix, str(PACKAGE), str(Path(__file__).parent)]
    return list(dict.fromkeys([*filter(os.path.exists, SYSTEM), *python]))


def _parents(paths):
    """Every folder above the paths, each once, from the top."""
    folders = {str(above) for path in paths for above in Path(path).parents}
    return sorted(folders - {"/"})
