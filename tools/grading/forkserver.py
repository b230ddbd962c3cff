"""Inside the sandbox: a process that has imported everything, whose forks are ready at once.

Each fork gets namespaces of its own (processes, files, shared memory), an empty home and /tmp,
limits, and no rights. It lives as long as the grader holds the other end of its ``life`` socket.
A fork is two processes: a *keeper*, first in the new process namespace, so that all others end
with it, and below it the student's kernel or the tester.

See namespaces(7).
"""

import contextlib
import gc
import importlib
import json
import os
import resource
import select
import shutil
import signal
import socket
import sys
import traceback
from pathlib import Path

from tools.grading import linux
from tools.grading.linux import (
    BIND,
    NEWIPC,
    NEWNS,
    NEWPID,
    NODEV,
    NOEXEC,
    NOSUID,
    PRIVATE,
    RDONLY,
    REC,
    REMOUNT,
    mount,
)

HOME = "/student"
KERNELS, OWN = "/kernels", "/kernel"  # what the grader shares with all, and one fork's part
EMPTY = (HOME, "/tmp", "/dev/shm")  # folders that each fork has for itself
STUDENT = 60001  # the user to become where the grader is root


def serve(control_fd, modules, readable):
    """Import the modules, then fork whenever the grader asks, until it closes the socket.

    ``readable`` are the folders that stay visible where a private one covers what is there.
    """
    control = socket.socket(fileno=control_fd)
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:
            control.send(f"{module}: {error!r}"[:1000].encode())
            return
        if len(os.listdir("/proc/self/task")) > 1:
            control.send(f"{module} starts threads, which no fork takes along".encode())
            return
    gc.collect()
    gc.freeze()  # a collection in a fork then leaves this memory shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    control.send(b"ready")
    while True:
        request, fds, _, _ = socket.recv_fds(control, 1 << 20, 2)
        if not request:
            return
        if os.fork() == 0:
            with _ends_here():
                control.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                life, channel = (socket.socket(fileno=fd) for fd in fds)
                start(json.loads(request), readable, life, channel)
        for fd in fds:
            os.close(fd)


@contextlib.contextmanager
def _ends_here():
    """Whatever happens in a fork, it does not return into its parent's code."""
    try:
        yield
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(1)


def start(request, readable, life, channel):
    """Become the keeper of a new kernel or tester."""
    root = os.getuid() == 0
    if root:
        linux.unshare(NEWNS | NEWPID | NEWIPC)
    else:
        linux.unshare_user(NEWNS | NEWPID | NEWIPC)
    if os.fork():
        os._exit(0)  # only children are in the new process namespace
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_DFL)  # which the first of a namespace does not feel
    user, group = (STUDENT, STUDENT) if root else (os.getuid(), os.getgid())
    _make_room(request, readable, f"uid={user},gid={group}")
    process = os.fork()
    if process == 0:
        with _ends_here():
            life.close()
            os.setsid()
            if root:
                linux.become(user, group)
            linux.unshare_user()  # the keeper is in another one, out of reach
            linux.drop_rights()
            _set_limits(request["limits"])
            os.chdir(HOME)
            shutil.copytree(f"{OWN}/files", HOME, dirs_exist_ok=True)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            {"kernel": _run_kernel, "tester": _run_tester}[request["role"]](request, channel)
    channel.close()
    _keep(process, life, request)


def _make_room(request, readable, owner):
    """Mount a /proc of its own, empty private folders, and of the shared files only its own."""
    mount("none", "/", None, REC | PRIVATE)
    mount("proc", "/proc", "proc", NOSUID | NODEV | NOEXEC)
    mount(f"{KERNELS}/{request['name']}", OWN, None, BIND)
    mount("none", KERNELS, "tmpfs", RDONLY, "size=4k")
    for target, source in request["covers"].items():
        mount(source, target, None, BIND)
    for folder in EMPTY:
        kept = [path for path in readable if path.startswith(f"{folder}/")]
        covered = {path: os.open(path, os.O_PATH) for path in kept}
        options = f"size=128m,nr_inodes=10k,mode=1777,{owner}"
        mount("none", folder, "tmpfs", NOSUID | NODEV, options)
        for path, fd in covered.items():
            os.makedirs(path, exist_ok=True)
            mount(f"/proc/self/fd/{fd}", path, None, BIND | REC)
            os.close(fd)


def _set_limits(limits):
    Path("/proc/self/oom_score_adj").write_text("1000")  # where memory is short, this ends first
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for name, limit in [
        (resource.RLIMIT_AS, used + limits["memory"]),
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_CPU, limits["seconds"]),
        (resource.RLIMIT_FSIZE, limits["file"]),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ]:
        resource.setrlimit(name, (limit, limit))


def _keep(process, life, request):
    """Wait until the process ends, the grader lets go or memory runs out; then all inside end."""
    memory, connection = request["limits"]["memory"], request.get("connection", {})
    sockets = [f"{OWN}/z-{connection[name]}" for name in connection if name.endswith("_port")]
    before, open_folder = {}, True
    while True:
        if open_folder and all(map(os.path.exists, sockets)):
            kept = os.statvfs(OWN).f_flag & (NOSUID | NODEV | NOEXEC)
            mount("none", OWN, None, REMOUNT | BIND | RDONLY | kept)  # no room for other files
            open_folder = False
        readable, _, _ = select.select([life], [], [], 0.05)
        order = life.recv(1) if readable else None
        if order == b"":
            os._exit(0)
        if order == b"i":
            os.kill(process, signal.SIGINT)
        while (ended := _ended_child()) is not None:
            if ended == process:
                life.send(b"ended")
                os._exit(0)
        own = {pid: _own_memory(pid) for pid in filter(str.isdigit, os.listdir("/proc"))}
        before |= {pid: size for pid, size in own.items() if pid not in before}
        if sum(max(0, size - before[pid]) for pid, size in own.items()) > 1.5 * memory:
            life.send(b"memory")
            os._exit(0)


def _ended_child():
    try:
        return os.waitpid(-1, os.WNOHANG)[0] or None
    except ChildProcessError:
        return None


def _own_memory(pid):
    """Bytes of memory that are no file's: 0 when the process has ended meanwhile."""
    try:
        lines = Path("/proc", pid, "status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line[:8] in ("RssAnon:", "RssShmem"))


# --- What a fork becomes ---------------------------------------------------------------------


def _run_kernel(request, channel):
    from ipykernel.kernelapp import IPKernelApp

    from tools.grading import answers

    answers.channel = channel
    connection = Path(OWN, "connection.json")
    connection.write_text(json.dumps(request["connection"]))
    log, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)  # the log is the grader's
    app = IPKernelApp.instance()
    try:
        app.initialize(
            [
                f"--f={connection}",
                "--HistoryManager.enabled=False",
                "--IPKernelApp.ignore_cwd=True",
            ]
        )
    except BaseException:
        os.write(log, traceback.format_exc().encode())
        raise
    os.close(log)
    app.start()


def _run_tester(request, channel):
    from tools.grading import tester

    tester.main(channel)
