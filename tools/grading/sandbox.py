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
from multiprocessing.util import Finalize
from pathlib import Path

import rnncourse
from tools.grading.forkserver import EMPTY, HOME, KERNELS, OWN, STUDENT
from tools.grading.withheld import copy_without, folder_of
from tools.homework import HomeworkError

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(rnncourse.__file__).parent
SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache",
          "/etc/localtime")  # fmt: skip
ALWAYS = (  # what a kernel or a tester would else import when it starts
    "IPython.core.completerlib",
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "numpy",
    "psutil",
    "tools.grading.answers",
    "tools.grading.tester",
)
WITHHELD = "/withheld"
HOW_TO_GET_IT = """\
homework is graded in a sandbox, and {trouble}.
  Debian, Ubuntu: sudo apt install bubblewrap
  Fedora:         sudo dnf install bubblewrap
An ordinary user also needs user namespaces: on Ubuntu 24.04 and later
  sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0
To grade a class you trust without a sandbox: make grade … OPTIONS=--unsafe-no-sandbox"""


class SandboxError(HomeworkError):
    """There is no sandbox here; the message says what is missing."""


@dataclass(frozen=True)
class Limits:
    """What the processes of one student may use. Sizes are in bytes."""

    memory: int = 2 << 30
    processes: int = 64  # and threads
    file: int = 64 << 20
    seconds: int = 1200  # of a processor


class ForkServer:
    """A sandbox with a process in it that has imported ``modules``; its forks start at once.

    Kernels, not testers, do without what is ``withheld``; see ``tools.grading.withheld``.
    """

    def __init__(self, modules=(), withheld=()):
        self.folder = Path(tempfile.mkdtemp(prefix=f"grade-{os.getpid()}-"))
        self.folder.chmod(0o711)
        (self.folder / "kernels").mkdir(mode=0o711)
        self.covers = covers(withheld, self.folder / "withheld")
        withheld = {name.split(".")[0] for name in withheld}
        modules = [name for name in modules if name.split(".")[0] not in withheld]
        self.control, other_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = other_end.fileno(), [*ALWAYS, *modules], readable()
        program = f"from tools.grading.forkserver import serve; serve{arguments!r}"
        with open(self.folder / "log", "w") as file:
            try:
                self.process = subprocess.Popen(
                    [*bubblewrap(self.folder), sys.executable, "-c", program],
                    stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                    pass_fds=[other_end.fileno()], start_new_session=True,
                )  # fmt: skip
            except FileNotFoundError:
                self._remove()
                raise SandboxError(HOW_TO_GET_IT.format(trouble="bubblewrap is missing")) from None
        other_end.close()
        if (answer := self.control.recv(1 << 12)) != b"ready":
            last_words = self.last_words
            self.close()
            if answer:
                raise SandboxError(f"what the assignment imports cannot be: {answer.decode()}")
            raise SandboxError(HOW_TO_GET_IT.format(trouble=f"it does not start: {last_words}"))

    @property
    def last_words(self):
        """The end of what was written into the log."""
        return (self.folder / "log").read_text(errors="replace").strip()[-1000:]

    @property
    def alive(self):
        return self.process.poll() is None

    def new_folder(self, files=None):
        """A folder that the next fork will see as its own, with the files of ``files`` in it."""
        folder = Path(tempfile.mkdtemp(dir=self.folder / "kernels", prefix=""))
        folder.chmod(0o711)
        copy = folder / "files"
        if files:  # but no notebook: in the one that is graded are hidden tests
            shutil.copytree(files, copy, ignore=shutil.ignore_patterns("*.ipynb"))
        else:
            copy.mkdir()
        for path in [copy, *copy.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
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
        request["covers"] = self.covers if role == "kernel" else {}
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


def covers(names, folder):
    """Make what stands in for what is withheld; return where it is in the sandbox, by target."""
    empty, package = folder / "empty", folder / "package"
    empty.mkdir(parents=True)
    own = [name for name in names if name.startswith("rnncourse.")]
    found = {}
    if own:
        copy_without(own, PACKAGE, package)
        found[str(PACKAGE)] = f"{WITHHELD}/{package.name}"
    for name in set(names) - set(own):
        if path := folder_of(name):
            found[str(path)] = f"{WITHHELD}/{empty.name}"
    return found


def bubblewrap(folder):
    """The command that runs another one in the sandbox, with the parts of a shared folder."""
    environment = {
        "HOME": HOME,
        "USER": "student",
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),  # of which only the package and this folder are there
        "PYTHONSAFEPATH": "1",
        "PYTHONHASHSEED": "0",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # no warning of a debugger that nobody uses
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
    for path in _parents([*readable(), *EMPTY, KERNELS, OWN]):
        command += ["--perms", "0755", "--dir", path]  # bwrap would close them to others
    for path in EMPTY:
        command += ["--perms", "1777", "--tmpfs", path]  # for what a module writes on import
    command += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/dev/shm"]
    for path in readable():
        command += ["--ro-bind", path, path]
    command += ["--ro-bind", str(folder / "withheld"), WITHHELD]
    command += ["--bind", str(folder / "kernels"), KERNELS, "--perms", "0755", "--dir", OWN]
    command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--clearenv"]
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


_servers = {}


def fork_server(modules, withheld):
    """The fork server of this process for an assignment, started when there is none."""
    key = tuple(modules), tuple(withheld)
    if key not in _servers or not _servers[key].alive:
        while _servers:
            _servers.popitem()[1].close()
        _servers[key] = ForkServer(*key)
        Finalize(None, _servers[key].close, exitpriority=0)  # also at the end of a pool's process
    return _servers[key]
