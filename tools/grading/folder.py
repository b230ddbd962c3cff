"""The folders that grading writes into: the one that stays, and those that do not.

In the one that stays there is one process at a time, and every file is whole or absent.
"""

import fcntl
import os
import secrets
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from tools.homework import HomeworkError


@contextmanager
def locked(folder):
    """Keep a folder to this process. Raises: HomeworkError while another has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HomeworkError(f"{folder} is in use: another grader is writing there") from None
        yield


def class_seed(folder, given=None):
    """The seed of the class, drawn once and kept where its owner alone can read it.

    Raises: HomeworkError for one that no test could use.
    """
    path = folder / "class-seed"
    if given is None and path.exists():
        seed = path.read_text(encoding="utf-8").strip()
    else:
        seed = str(secrets.randbits(128) if given is None else given)
    if not (seed.isascii() and seed.isdigit()):
        raise HomeworkError(f"the class seed in {path} should be a whole number, got {seed!r}")
    write_whole(path, seed.encode(), mode=0o600)
    return seed


def write_whole(path, contents, mode=0o644):
    """Write a file so that it is there in full or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
    try:
        with open(descriptor, "wb") as file:
            file.write(contents)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(partial, mode)  # mkstemp lets nobody else read it
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise


@contextmanager
def scratch():
    """A temporary folder; those of graders that were killed are removed first."""
    for folder in Path(tempfile.gettempdir()).glob("grade-[0-9]*-*"):
        with suppress(OSError):
            try:
                os.kill(int(folder.name.split("-")[1]), 0)
            except ProcessLookupError:
                shutil.rmtree(folder)
    with tempfile.TemporaryDirectory(prefix=f"grade-{os.getpid()}-") as folder:
        yield Path(folder)
