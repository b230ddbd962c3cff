"""What plain nbgrader makes of an attack: its own Autograde, in a sandbox for the machine's sake.

Each attack is graded in a bubblewrap of its own, with a copy of a course in which the marks of
one honest student are recorded already and another honest student is graded afterwards.
"""

import contextlib
import json
import os
import shutil
import socketserver
import subprocess
import sys
import tempfile
import threading
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from sqlalchemy.exc import SAWarning

from grading.attacks import LOCAL_ANSWER, MARKER, leaks_in
from grading.toy_course import BY_HAND, RIGHT, RIGHT_MARKS, hand_in, make_course
from tools.homework import ROOT, course_config, course_directory, quiet_log, release

BEFORE, AFTER = "neighbour-before", "neighbour-right-after"
SEED = "2718281828"  # of the class
PORT = 8765  # in the sandbox's own network
CELL_SECONDS, MOST_SECONDS = 10, 120
EARLIER = ("solutions", "submitted", f"autograded/{BEFORE}", "nbgrader_config.py")


@dataclass(frozen=True)
class Outcome:
    """What an attack brought about."""

    marks: dict = field(default_factory=dict)  # of its submissions, by question
    harm: list = field(default_factory=list)  # in words
    reason: str = ""  # what the grader said of it


def prepare(folder):
    """Make a course in which one student is graded; return it and the released notebook's text."""
    course = folder / "course"
    course.mkdir()
    make_course(course)
    (folder / "work").mkdir()
    folder = release("toy", folder / "work", course, gradebook=course / "gradebook.db")
    released = (folder / "toy.ipynb").read_text(encoding="utf-8")
    for student in (BEFORE, AFTER):
        submit(course, student, {"toy.ipynb": hand_in(released, RIGHT).encode()})
    autograde(course, BEFORE)
    return course, released


def submit(course, student, files):
    folder = course / "submitted" / student / "toy"
    folder.mkdir(parents=True, exist_ok=True)
    for name, contents in files.items():
        (folder / name).write_bytes(contents)


def autograde(course, student):
    """Grade one student with nbgrader as it is, with the course's settings."""
    config = course_config(course)
    config.Execute.timeout = CELL_SECONDS
    directory = course_directory(course, "toy", config)
    directory.student_id = student
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        Autograde(coursedir=directory, config=config, log=quiet_log()).start()


def attack_plainly(attack, course, released):
    """Grade an attack and the student after it in a sandbox; return the outcome."""
    with tempfile.TemporaryDirectory(prefix="plain-") as folder:
        copy = Path(folder) / "course"
        shutil.copytree(course, copy)
        submissions = attack.submissions(released, [copy], PORT)
        try:
            for student, files in submissions.items():
                submit(copy, student, files)
        except OSError as error:
            return Outcome(harm=[f"nbgrader has no place for it: {error.strerror}"])
        command = [*sandbox(folder), sys.executable, "-m", "grading.plain", copy, *submissions]
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=MOST_SECONDS, stdin=subprocess.DEVNULL
            )
            return Outcome(**json.loads(done.stdout.splitlines()[-1]))
        except subprocess.TimeoutExpired:
            return Outcome(harm=["the batch hangs"])
        except (IndexError, ValueError):
            return Outcome(harm=["the batch is stopped"])


def sandbox(folder):
    """Read-only but for ``folder`` and the sandbox's own /tmp; no network; limits."""
    limits = ["prlimit", f"--as={8 << 30}", f"--fsize={1 << 30}", "--core=0", "--nofile=4096"]
    hidden = ["/tmp", "/var/tmp", "/run"]
    shown = [sys.base_prefix, sys.prefix, ROOT, "/etc/resolv.conf"]
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": "/tmp/home",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}",
        "RNNCOURSE_CLASS_SEED": SEED,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return [
        *limits,
        *("bwrap", "--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--new-session"),
        *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
        *(word for path in hidden for word in ("--size", str(2 << 30), "--tmpfs", path)),
        *(word for path in shown for word in ("--ro-bind-try", str(path), str(path))),
        *("--perms", "1777", "--tmpfs", "/dev/shm", "--dir", "/tmp/home"),
        *("--bind", folder, folder, "--chdir", folder, "--clearenv"),
        *(word for pair in environment.items() for word in ("--setenv", *pair)),
        "--",
    ]


def grade_and_report(course, students):
    """In the sandbox: grade in turn, look at what has become of the rest, print the outcome."""
    serve_on_localhost(PORT)
    before, harm, reason = earlier_work(course), [], ""
    for student in [*students, AFTER]:
        try:
            with contextlib.redirect_stdout(sys.stderr):
                autograde(course, student)
        except BaseException as error:
            if student == AFTER:
                harm.append("the next is not graded")
            else:
                reason = repr(error)[:300]
    marks = {student: marks_of(course, student) for student in students}
    for student in (BEFORE, AFTER):
        if marks_of(course, student) != RIGHT_MARKS:
            harm.append("another's marks changed")
    if earlier_work(course) != before:
        harm.append("others' files changed")
    harm += ["files left"] * any(map(is_marked, files_of_anyone(course)))
    harm += ["processes left"] * bool(other_processes())
    shown = "".join(
        path.read_text(errors="replace")
        for student in students
        for path in [course / "autograded" / student / "toy" / "toy.ipynb"]
        if path.exists() and not path.is_symlink()
    )
    harm += [f"shows {what}" for what in leaks_in(shown, SEED)]
    outcome = {"marks": marks, "harm": list(dict.fromkeys(harm)), "reason": reason}
    print("\n" + json.dumps(outcome), flush=True)
    os._exit(0)  # whatever an attack has left in this process


def files_of_anyone(course):
    """Where an attack may have left something for others to find."""
    shallow = [Path("/tmp"), Path("/dev/shm"), Path("/var/tmp"), course]
    yield from (path for folder in shallow for path in folder.glob("*"))
    yield from Path.home().rglob("*")


def is_marked(path):
    return MARKER in path.name or path.name in ("usercustomize.py", "sitecustomize.py")


def marks_of(course, student):
    marks = dict.fromkeys(RIGHT_MARKS, 0.0)
    with contextlib.suppress(Exception), Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        for grade in book.find_submission_notebook("toy", "toy", student).grades:
            question = grade.name.split("-")[0]
            if question not in BY_HAND or grade.manual_score:
                marks[question] += grade.score
    return marks


def earlier_work(course):
    """The bytes of what others handed in and of what the instructor wrote."""
    files = [path for name in EARLIER for path in [course / name, *(course / name).rglob("*")]]
    return {path: path.read_bytes() for path in files if path.is_file()}


def other_processes():
    """Processes in this sandbox besides this one and its own init."""
    found = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [pid for pid in found if pid not in (1, os.getpid(), os.getppid())]


def serve_on_localhost(port):
    """Answer whoever connects; return the port, a free one for port 0."""

    class Answer(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.sendall(LOCAL_ANSWER.encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", port), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


if __name__ == "__main__":
    grade_and_report(Path(sys.argv[1]), sys.argv[2:])
