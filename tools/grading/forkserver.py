"""Inside the sandbox: a process that has imported everything, whose forks are ready at once.

Each fork gets namespaces of its own (processes, files, shared memory), an empty home and /tmp,
limits, and no rights. It lives as long as the grader holds the other end of its ``life`` socket.
A fork is two processes: a *keeper*, first in the new process namespace, so that all others end
with it, and below it the student's kernel or the tester.

See namespaces(7), user_namespaces(7), capabilities(7), mount(2).
"""

import contextlib
import ctypes
import errno
import gc
import importlib
import json
import os
import resource
import select
import shutil
import signal
import socket
import struct
import sys
import traceback
from pathlib import Path

HOME = "/student"
KERNELS, OWN = "/kernels", "/kernel"  # what the grader shares with all, and one fork's part
EMPTY = (HOME, "/tmp", "/dev/shm")  # folders that each fork has for itself
STUDENT = 60001  # the user to become where the grader is root

NEWNS, NEWIPC, NEWUSER, NEWPID = 0x20000, 0x8000000, 0x10000000, 0x20000000  # unshare(2)
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
SET_DUMPABLE, SET_SECCOMP, SET_NO_NEW_PRIVS = 4, 22, 38  # prctl(2)
CAPABILITY_VERSION_3 = 0x20080522
# Calls that make memory or messages which no limit counts: memfd_create, memfd_secret, shmget,
# semget, msgget, mq_open, add_key, request_key, keyctl, io_uring_setup; by AUDIT_ARCH of seccomp(2)
FORBIDDEN = {
    "x86_64": (0xC000003E, (319, 447, 29, 64, 68, 240, 248, 249, 250, 425)),
    "aarch64": (0xC00000B7, (279, 447, 194, 190, 186, 180, 217, 218, 219, 425)),
}

libc = ctypes.CDLL(None, use_errno=True)


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
        _check(libc.unshare(NEWNS | NEWPID | NEWIPC), "unshare")
    else:
        _new_user_namespace(NEWNS | NEWPID | NEWIPC)
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
            _drop_rights(user, group)
            _set_limits(request["limits"])
            os.chdir(HOME)
            shutil.copytree(f"{OWN}/files", HOME, dirs_exist_ok=True)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            {"kernel": _run_kernel, "tester": _run_tester}[request["role"]](request, channel)
    channel.close()
    _keep(process, life, request)


def _make_room(request, readable, owner):
    """Mount a /proc of its own, empty private folders, and of the shared files only its own."""
    _mount("none", "/", None, REC | PRIVATE)
    _mount("proc", "/proc", "proc", NOSUID | NODEV | NOEXEC)
    _mount(f"{KERNELS}/{request['name']}", OWN, None, BIND)
    _mount("none", KERNELS, "tmpfs", RDONLY, "size=4k")
    for target, source in request["covers"].items():
        _mount(source, target, None, BIND)
    for folder in EMPTY:
        kept = [path for path in readable if path.startswith(f"{folder}/")]
        covered = {path: os.open(path, os.O_PATH) for path in kept}
        options = f"size=128m,nr_inodes=10k,mode=1777,{owner}"
        _mount("none", folder, "tmpfs", NOSUID | NODEV, options)
        for path, fd in covered.items():
            os.makedirs(path, exist_ok=True)
            _mount(f"/proc/self/fd/{fd}", path, None, BIND | REC)
            os.close(fd)


def _drop_rights(user, group):
    """Become an ordinary user in a user namespace without rights, for good."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
        _check(libc.prctl(SET_DUMPABLE, 1, 0, 0, 0), "prctl")  # or /proc/self is root's
    _new_user_namespace()  # the keeper is in another one, out of reach; processes count from 0
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    # No further ones: inside, a student would have rights and could mount folders of any size.
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    _check(libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    _check(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    if os.uname().machine in FORBIDDEN:
        _forbid_calls(*FORBIDDEN[os.uname().machine])


def _forbid_calls(machine, numbers):
    """Let these system calls, and all of another machine's, fail: a filter of seccomp(2)."""
    load, jump_equal, jump_greater, give = 0x20, 0x15, 0x35, 0x06  # of BPF
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.EPERM
    steps = [(load, 0, 0, 4), (jump_equal, 1, 0, machine), (give, 0, 0, refuse), (load, 0, 0, 0)]
    tests = [(jump_greater, 0x40000000), *((jump_equal, number) for number in numbers)]
    steps += [(kind, len(tests) - n, 0, value) for n, (kind, value) in enumerate(tests)]
    steps += [(give, 0, 0, allow), (give, 0, 0, refuse)]
    program = b"".join(struct.pack("HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(program)
    filter_ = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(held))
    _check(libc.prctl(SET_SECCOMP, 2, filter_, 0, 0), "prctl")


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
            _mount("none", OWN, None, REMOUNT | BIND | RDONLY | kept)  # no room for other files
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


# --- The kernel's interface ------------------------------------------------------------------


def _new_user_namespace(others=0):
    user, group = os.getuid(), os.getgid()
    _check(libc.unshare(NEWUSER | others), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _mount(source, target, kind, flags, options=""):
    kind = kind and kind.encode()
    result = libc.mount(source.encode(), target.encode(), kind, flags, options.encode())
    _check(result, f"mount {target}")


def _check(result, what):
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
