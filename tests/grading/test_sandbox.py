"""The sandbox: what a student's code cannot reach, use up, or leave behind."""

import asyncio
import os
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from nbformat.v4 import new_code_cell

from tools.grading import processes, sandbox
from tools.grading.channel import receive, send
from tools.grading.processes import KernelLost, OutOfTime, StudentKernel
from tools.grading.sandbox import ForkServer, Limits, SandboxError
from tools.homework import ROOT

LIMITS = Limits(memory=1 << 30, processes=50, file=1 << 20)


@pytest.fixture(scope="module")
def server():
    server = ForkServer()
    yield server
    server.close()
    assert not server.folder.exists()


@pytest.fixture(scope="module")
def probe(server):
    """Run code in one sandboxed process, the tester, and return what it prints."""
    folder = server.new_folder()
    life, channel = server.fork("tester", folder, LIMITS)
    send(channel, {"answers": [], "seed": "1234"})

    def run(code):
        send(channel, {"name": "probe", "source": textwrap.dedent(code)})
        return "".join(o.get("text", o.get("evalue", "")) for o in receive(channel)["outputs"])

    yield run
    life.close()
    channel.close()


class Kernels:
    """Student's kernels, run from tests that are not asynchronous."""

    def __init__(self, server):
        self.server, self.loop, self.open = server, asyncio.new_event_loop(), []

    def new(self, files=None, limits=LIMITS, cell_time=20, room=10_000):
        kernel = StudentKernel(
            self.server, limits, files, cell_time=cell_time, all_time=100, room=room
        )
        self.open.append(kernel)
        return kernel

    def run(self, kernel, code):
        """Run a cell; return its outputs' texts."""
        cell = new_code_cell(textwrap.dedent(code))
        self.loop.run_until_complete(kernel.run(cell))
        return "".join(o.get("text") or o.get("evalue", "") for o in cell.outputs)

    def close(self):
        for kernel in self.open:
            self.loop.run_until_complete(kernel.close())
        self.loop.close()


@pytest.fixture
def kernels(server):
    kernels = Kernels(server)
    yield kernels
    kernels.close()


# --- Reach -----------------------------------------------------------------------------------


def test_there_is_no_network(probe):
    shown = probe(
        """
        import socket
        for address in [("1.1.1.1", 53), ("127.0.0.1", 22)]:
            with socket.socket() as s:
                s.settimeout(2)
                print(s.connect_ex(address) != 0)
        print(socket.if_nameindex())
        """
    )
    assert shown == "True\nTrue\n[(1, 'lo')]\n"


def test_solutions_and_other_homes_do_not_exist(probe):
    for path in [ROOT / "solutions", ROOT / "tests", ROOT / "Makefile", Path.home() / ".ssh"]:
        assert probe(f"import os\nprint(os.path.exists({str(path)!r}))") == "False\n"
    top = probe("print(sorted(os.listdir('/')))")
    allowed = {"bin", "dev", "etc", "kernel", "kernels", "student", "lib", "lib64", "proc", "tmp",
               "usr", "withheld"}  # fmt: skip
    allowed |= {Path(path).parts[1] for path in sandbox.readable()}
    assert set(eval(top)) <= allowed


def test_nothing_but_home_and_tmp_can_be_written(probe):
    shown = probe(
        f"""
        import os, pathlib
        for folder in ["/", "/usr", "/etc", "/dev", "/kernel", "/kernels", "/withheld", "/proc",
                       {str(sandbox.PACKAGE)!r}, {sys.prefix!r}]:
            try:
                pathlib.Path(folder, "mark").write_text("")
                print("wrote in", folder)
            except OSError:
                pass
        for folder in [os.path.expanduser("~"), ".", "/tmp", "/dev/shm"]:
            pathlib.Path(folder, "mark").write_text("")
        """
    )
    assert shown == ""


def test_a_kernel_cannot_write_into_the_folder_it_shares(kernels):
    kernel = kernels.new()
    kernels.run(kernel, "import time; time.sleep(0.3)")  # the keeper looks 20 times a second
    shown = kernels.run(kernel, "open('/kernel/mark', 'w')")
    assert "Read-only file system" in shown


def test_what_one_leaves_in_tmp_the_next_does_not_find(kernels):
    one, other = kernels.new(), kernels.new()
    mark = "import pathlib\nfor p in ('/tmp', '/dev/shm', '.'): pathlib.Path(p, 'mark').touch()"
    kernels.run(one, mark)
    look = "import glob\nprint(glob.glob('/tmp/*'), glob.glob('/dev/shm/*'), glob.glob('*'))"
    assert "mark" not in kernels.run(other, look)
    assert "mark" in kernels.run(one, look)


def test_a_process_has_no_rights_and_sees_no_other(probe):
    shown = probe(
        """
        import os
        status = dict(line.split(":\\t") for line in open("/proc/self/status") if ":\\t" in line)
        print(os.getuid() != 0, int(status["CapEff"], 16), int(status["CapPrm"], 16),
              status["NoNewPrivs"].strip())
        print(sorted(map(int, filter(str.isdigit, os.listdir("/proc")))) == [1, os.getpid()])
        for look in (lambda: open("/proc/1/environ").read(), lambda: os.readlink("/proc/1/fd/0"),
                     lambda: os.kill(1, 0) or os.kill(1, 9) or open("/proc/1/mem")):
            try:
                look()
            except PermissionError:
                print("no")
        """
    )
    assert shown == "True 0 0 1\nTrue\nno\nno\nno\n"


def test_there_is_no_way_to_rights_or_to_memory_that_is_not_counted(probe):
    shown = probe(
        """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        print(libc.unshare(0x10000000), ctypes.get_errno())  # a user namespace: 28 is ENOSPC
        print(libc.shmget(0, 4096, 0o1600), ctypes.get_errno())
        os.memfd_create("hidden")
        """
    )
    assert shown == "-1 28\n-1 1\n[Errno 1] Operation not permitted"


def test_the_class_seed_is_the_testers_alone(probe, kernels):
    seed = "import os\nprint(os.environ.get('RNNCOURSE_CLASS_SEED'))"
    assert probe(seed) == "1234\n"
    assert kernels.run(kernels.new(), seed) == "None\n"


def test_the_environment_of_the_grader_does_not_pass(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "4711")
    server = ForkServer()
    life, channel = server.fork("tester", server.new_folder(), LIMITS)
    send(channel, {"answers": [], "seed": "0"})
    send(channel, {"name": "a", "source": "import os\nprint(*os.environ.values())"})
    assert "4711" not in receive(channel)["outputs"][0]["text"]
    life.close()
    channel.close()
    server.close()


def test_data_files_are_there_and_can_be_changed_without_effect(kernels, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "names.txt").write_text("Ada")
    kernel = kernels.new(files=tmp_path)
    change = "p = 'data/names.txt'\nprint(open(p).read())\nopen(p, 'w').write('Bob')"
    assert kernels.run(kernel, change).startswith("Ada\n")
    assert (tmp_path / "data" / "names.txt").read_text() == "Ada"


# --- Limits ----------------------------------------------------------------------------------


def test_memory_of_a_process_is_limited(kernels):
    shown = kernels.run(kernels.new(), "import numpy as np\nx = np.ones(2**28)")
    assert "Unable to allocate" in shown


def test_memory_of_all_processes_is_limited(kernels):
    kernel = kernels.new()
    code = """
        import os, time
        for _ in range(6):
            if os.fork() == 0:
                block = bytearray(400 << 20)
                time.sleep(60)
        time.sleep(60)
        """
    with pytest.raises(KernelLost, match="too much memory"):
        kernels.run(kernel, code)
    assert kernels.run(kernel, "1") == ""  # a new one


def test_processes_are_limited(kernels):
    shown = kernels.run(
        kernels.new(),
        """
        import os, time
        count = 0
        try:
            while True:
                if os.fork() == 0:
                    time.sleep(60)
                count += 1
        except BlockingIOError:
            print(0 < count <= 50)
        """,
    )
    assert shown == "True\n"


def test_files_are_limited(kernels):
    kernel = kernels.new()
    assert "File too large" in kernels.run(kernel, "open('big', 'wb').write(bytes(2 << 20))")
    shown = kernels.run(
        kernel,
        """
        for number in range(1000):
            open(f"part{number}", "wb").write(bytes(1 << 19))
        """,
    )
    assert "No space left" in shown


def test_output_is_limited_and_says_so(kernels):
    shown = kernels.run(kernels.new(room=10_000), "for n in range(1000): print('x' * 1000)")
    assert len(shown) < 20_000
    assert "too long" in shown


# --- Ends ------------------------------------------------------------------------------------


def test_a_cell_that_does_not_end_is_interrupted_and_the_kernel_lives(kernels):
    kernel = kernels.new(cell_time=1)
    with pytest.raises(OutOfTime):
        kernels.run(kernel, "x = 1\nwhile True: pass")
    assert kernels.run(kernel, "print(x)") == "1\n"


def test_one_that_ignores_interrupts_is_replaced_and_earlier_cells_run_again(kernels, monkeypatch):
    monkeypatch.setattr("tools.grading.processes.PATIENCE", 1)
    kernel = kernels.new(cell_time=2)
    kernels.run(kernel, "x = 1")
    with pytest.raises(OutOfTime):
        kernels.run(
            kernel,
            """
            while True:
                try:
                    while True: pass
                except KeyboardInterrupt: pass
            """,
        )
    assert kernels.run(kernel, "print(x)") == "1\n"


def test_a_kernel_that_dies_is_replaced(kernels):
    kernel = kernels.new()
    kernels.run(kernel, "x = 1")
    start = time.monotonic()
    with pytest.raises(KernelLost, match="the kernel died"):
        kernels.run(kernel, "import os\nos._exit(0)")
    assert time.monotonic() - start < 5
    assert kernels.run(kernel, "print(x)") == "1\n"


def test_one_tester_after_another_is_heard_though_sockets_get_the_same_numbers(server):
    async def use_some():
        closed = []  # kept, as whatever refers to an earlier one may keep it
        for number in range(5):
            tester = processes.TesterProcess(server, LIMITS, None)
            await tester.start([], "0")
            run = tester.run("a", f"print({number})", None)
            outputs = await asyncio.wait_for(run, 10)
            assert outputs[0]["text"] == f"{number}\n"
            tester.close()
            closed.append(tester)

    asyncio.run(use_some())


MARK = "a-process-that-stays"


def marked():
    return [p.pid for p in psutil.process_iter(["cmdline"]) if MARK in (p.info["cmdline"] or [])]


def test_nothing_goes_on_when_the_kernel_has_ended(server):
    kernels = Kernels(server)
    kernels.run(
        kernels.new(),
        f"""
        import os, subprocess, sys
        for session in (True, False):
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "{MARK}"],
                             start_new_session=session)
        """,
    )
    assert len(marked()) == 2
    kernels.close()
    deadline = time.monotonic() + 5
    while marked() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert marked() == []


def test_all_ends_with_the_grader_even_when_it_is_killed(tmp_path):
    program = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tools.grading.sandbox import ForkServer, Limits
from tools.grading.channel import send
server = ForkServer()
life, channel = server.fork("tester", server.new_folder(), Limits())
send(channel, {{"answers": [], "seed": "0"}})
sleep = "import time; time.sleep(600)"
source = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {{sleep!r}}, '{MARK}'])"
send(channel, {{"name": "a", "source": source}})
print("started", flush=True)
exec(sleep)
"""
    grader = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert grader.stdout.readline() == "started\n"
    deadline = time.monotonic() + 20
    while not marked() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert marked()
    grader.kill()
    grader.wait()
    while marked() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert marked() == []


# --- Start -----------------------------------------------------------------------------------


def test_without_bubblewrap_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxError, match=r"bubblewrap is missing(.|\n)*sudo apt install"):
        ForkServer()


def test_where_it_does_not_start_the_message_says_why(monkeypatch):
    monkeypatch.setattr(sandbox, "bubblewrap", lambda folder: ["bwrap", "--no-such-option"])
    with pytest.raises(SandboxError, match="it does not start: bwrap: Unknown option"):
        ForkServer()


def test_an_import_that_fails_is_named():
    with pytest.raises(SandboxError, match="cannot be: no_such_module: ModuleNotFoundError"):
        ForkServer(["no_such_module"])


def test_a_dead_server_is_replaced(monkeypatch):
    monkeypatch.setattr(sandbox, "_servers", {})
    one = sandbox.fork_server([], [])
    assert sandbox.fork_server([], []) is one
    one.process.kill()
    one.process.wait()
    other = sandbox.fork_server([], [])
    assert other is not one
    other.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="the tests above are then an ordinary user's")
def test_an_ordinary_user_has_the_same_sandbox():
    """The tests of this file again, as a user who may read Python and this folder."""
    needed = [Path(path) for path in (sys.base_prefix, sys.prefix, ROOT)]
    closed = {p for path in needed for p in path.parents if not p.stat().st_mode & 0o001}
    command = ["bwrap", "--bind", "/", "/", "--dev-bind", "/dev", "/dev"]
    for folder in sorted(closed):
        command += ["--perms", "0755", "--tmpfs", str(folder)]
    for path in needed:
        if closed & set(path.parents):
            for folder in reversed(path.parents):
                if closed & set(folder.parents):
                    command += ["--perms", "0755", "--dir", str(folder)]
            command += ["--ro-bind", str(path), str(path)]
    command += ["setpriv", "--reuid=60002", "--regid=60002", "--clear-groups"]
    command += [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    environment = {"HOME": "/tmp", "PATH": os.environ["PATH"]}
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]
    assert "1 skipped" in run.stdout


# --- Withheld --------------------------------------------------------------------------------


def test_what_the_homework_asks_for_cannot_be_imported_in_the_kernel_alone():
    server = ForkServer(
        ["rnncourse.functional", "numpy"], ["rnncourse.functional.softmax", "sklearn"]
    )
    kernels = Kernels(server)
    kernel = kernels.new()
    own = "from rnncourse.functional import sigmoid, softmax\nimport numpy as np\n"
    assert kernels.run(kernel, own + "print(sigmoid(np.zeros(1)))") == "[0.5]\n"
    shown = kernels.run(kernel, "softmax(np.zeros((1, 2)))")
    assert "rnncourse.functional.softmax is what this homework asks you to write" in shown
    source = "import inspect, rnncourse.functional\nprint(inspect.getsource(rnncourse.functional))"
    assert "exp(z - " not in kernels.run(kernel, source)
    assert "cannot import name" in kernels.run(kernel, "from sklearn import svm")
    kernels.close()
    life, channel = server.fork("tester", server.new_folder(), replace(LIMITS, memory=1 << 30))
    send(channel, {"answers": [], "seed": "0"})
    send(channel, {"name": "a", "source": own + "print(softmax(np.zeros((1, 2))))"})
    assert receive(channel)["outputs"][0]["text"] == "[[0.5 0.5]]\n"
    life.close()
    channel.close()
    server.close()


def test_a_name_to_withhold_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"there is no rnncourse.functional.sofmax"):
        ForkServer([], ["rnncourse.functional.sofmax"])
