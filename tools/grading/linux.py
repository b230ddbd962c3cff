"""The kernel's calls that Python's library does not have: namespaces, mounts, rights.

See unshare(2), user_namespaces(7), mount(2), capset(2), prctl(2), seccomp(2).
"""

import ctypes
import errno
import os
import struct
from pathlib import Path

NEWNS, NEWIPC, NEWUSER, NEWPID = 0x20000, 0x8000000, 0x10000000, 0x20000000  # for unshare
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
SET_DUMPABLE, SET_SECCOMP, SET_NO_NEW_PRIVS = 4, 22, 38  # for prctl
CAPABILITY_VERSION_3 = 0x20080522
# Calls that make memory or messages which no limit counts: memfd_create, memfd_secret, shmget,
# semget, msgget, mq_open, add_key, request_key, keyctl, io_uring_setup; by AUDIT_ARCH of seccomp
UNCOUNTED = {
    "x86_64": (0xC000003E, (319, 447, 29, 64, 68, 240, 248, 249, 250, 425)),
    "aarch64": (0xC00000B7, (279, 447, 194, 190, 186, 180, 217, 218, 219, 425)),
}

libc = ctypes.CDLL(None, use_errno=True)


def unshare(namespaces):
    """Get new namespaces, of processes for children only."""
    _check(libc.unshare(namespaces), "unshare")


def unshare_user(others=0):
    """Get a new user namespace, in which only this user and group exist, and others of its own."""
    user, group = os.getuid(), os.getgid()
    unshare(NEWUSER | others)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def mount(source, target, kind, flags, options=""):
    """Mount as mount(2) does; ``kind`` is None where nothing new is mounted."""
    kind = kind and kind.encode()
    result = libc.mount(source.encode(), target.encode(), kind, flags, options.encode())
    _check(result, f"mount {target}")


def become(user, group):
    """Stop to be root."""
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    _check(libc.prctl(SET_DUMPABLE, 1, 0, 0, 0), "prctl")  # or /proc/self stays root's


def drop_rights():
    """Give up all rights in this user namespace, for good, and the way to another one."""
    Path("/proc/sys/user/max_user_namespaces").write_text("0")  # inside there would be rights
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    _check(libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    _check(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    if os.uname().machine in UNCOUNTED:
        forbid(*UNCOUNTED[os.uname().machine])


def forbid(machine, calls):
    """Let these system calls, and all calls of another kind of machine, fail."""
    load, jump_equal, jump_greater, give = 0x20, 0x15, 0x35, 0x06  # of BPF
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.EPERM
    steps = [(load, 0, 0, 4), (jump_equal, 1, 0, machine), (give, 0, 0, refuse), (load, 0, 0, 0)]
    tests = [(jump_greater, 0x40000000), *((jump_equal, number) for number in calls)]
    steps += [(kind, len(tests) - n, 0, value) for n, (kind, value) in enumerate(tests)]
    steps += [(give, 0, 0, allow), (give, 0, 0, refuse)]
    program = b"".join(struct.pack("HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(program)
    filter_ = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(held))
    _check(libc.prctl(SET_SECCOMP, 2, filter_, 0, 0), "prctl")


def _check(result, what):
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
