"""What tools.grade makes of the attacks: one batch, in a process of its own, then a look around.

Honest neighbours are handed in before, among and after the attacks. First a probe is graded
alone: where its code sees the folders of the grading there is no sandbox, and the attacks, which
work, are not run.
"""

import contextlib
import ctypes
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import rnncourse
from grading.attacks import MARKER, leaks_in
from grading.plain import Outcome, earlier_work, is_marked, serve_on_localhost
from grading.toy_course import (
    PARTLY,
    PARTLY_MARKS,
    RIGHT,
    RIGHT_MARKS,
    hand_in,
    make_course,
    release_toy,
)
from tools import grade
from tools.grading.collect import file_name, readable
from tools.homework import ROOT

SEED = "2718281828"  # of the class
CELL_SECONDS, MOST_SECONDS = 3, 900
SECONDS_TO_END = 5  # for what has been told to end
EVERY = 20  # attacks between two neighbours
SET_CHILD_SUBREAPER = 36  # prctl(2)
SHARED_MEMORY = str(0x52414E)  # the key of a segment that an attack makes


@dataclass(frozen=True)
class Batch:
    """The outcome of each attack, in their order; marks of neighbours; what was left behind."""

    outcomes: list
    neighbours: dict  # by name: (marks, marks that they should have)
    traces: list


def attack_all(attacks, folder):
    """Grade all attacks and their neighbours at once. Raises: RuntimeError without a sandbox."""
    for name in ("course", "work", "home", "tmp"):
        (folder / name).mkdir()
    course = make_course(folder / "course")
    released = release_toy(course, folder / "work")
    _refuse_without_sandbox(folder, released)

    port = serve_on_localhost(0)
    places = [course, folder / "submissions", folder / "output"]
    files, ours, neighbours = {}, [], {}
    for n, attack in enumerate(attacks):
        if n % EVERY == 0:
            neighbours |= _neighbours(f"{n:03} ", files, released)
        submissions = attack.submissions(released, places, port)
        named = {s if attack.student else f"{n:03} {s}": s for s in submissions}
        ours.append(named)
        files |= {student: submissions[name] for student, name in named.items()}
    neighbours |= _neighbours("zzz ", files, released)
    submissions = _lay_out(files, folder / "submissions")
    before = _surroundings(course, submissions)
    report = _grade(folder, "submissions")
    traces = report["left"]
    traces += [f"changed: {path}" for path in _changes(before, _surroundings(course, submissions))]
    traces += [f"left: {path}" for path in _marked(folder)]
    return Batch(
        [_outcome(report, list(named)) for named in ours],
        {name: (report["marks"].get(name), marks) for name, marks in neighbours.items()},
        traces,
    )


def _refuse_without_sandbox(folder, released):
    probe = f"import os\nif os.path.exists({str(folder)!r}):\n    raise SystemExit\n"
    answers = RIGHT | {"q1": probe + RIGHT["q1"]}
    _lay_out({"probe": {"toy.ipynb": hand_in(released, answers).encode()}}, folder / "probe")
    report = _grade(folder, "probe")
    if report["marks"]["probe"] != RIGHT_MARKS:
        raise RuntimeError(f"there is no sandbox here, or it does not work: {report}")


def _neighbours(prefix, files, released):
    """Hand in two honest submissions; return the marks that they should get."""
    right, partly = f"{prefix}neighbour right", f"{prefix}neighbour partly"
    files[right] = {"toy.ipynb": hand_in(released, RIGHT).encode()}
    files[partly] = {"toy.ipynb": hand_in(released, PARTLY).encode()}
    return {right: RIGHT_MARKS, partly: PARTLY_MARKS}


def _lay_out(files, folder):
    for student, contents in files.items():
        if len(contents) == 1:
            paths = {folder / f"{student}.ipynb": contents["toy.ipynb"]}
        else:
            paths = {folder / student / name: data for name, data in contents.items()}
        for path, data in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return folder


def _grade(folder, submissions):
    """Grade in another process; return its report, as `main` writes it."""
    environment = os.environ | {
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}",
    }
    command = [sys.executable, "-m", "grading.trusted", str(folder), submissions]
    log = folder / f"{submissions}.log"
    with open(log, "w") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=file, env=environment, start_new_session=True
        )
    try:
        process.wait(MOST_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if process.returncode:
        raise RuntimeError(f"the batch was stopped:\n{log.read_text()[-5000:]}")
    return json.loads((folder / f"{submissions}.json").read_text())


def main(folder, submissions):
    """Grade in a child; when it has ended, see which processes and files it has left."""
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # orphans become our children
    child = multiprocessing.get_context("spawn").Process(
        target=grade_all, args=(folder, submissions)
    )
    child.start()
    child.join()
    if child.exitcode:
        sys.exit(f"grading ended with {child.exitcode}")
    until = time.monotonic() + SECONDS_TO_END
    while (left := _descendants()) and time.monotonic() < until:
        time.sleep(0.1)
    left = [f"process: {command}" for command in left]
    left += [f"temporary: {path.name}" for path in (folder / "tmp").iterdir()]
    path = folder / f"{submissions}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"left": left}))


def grade_all(folder, submissions):
    """Grade the submissions and write a report."""
    rows = grade.grade_folder(
        folder / submissions,
        "toy",
        folder / "output",
        folder / "course",
        timeout=CELL_SECONDS,
        seed=SEED,
    )
    pages = folder / "output" / "toy" / "feedback"
    report = {
        "marks": {row.student: {q: m or 0 for q, m in row.marks.items()} for row in rows},
        "reasons": {row.student: row.reason for row in rows},
        "pages": {
            row.student: page.read_text(encoding="utf-8")
            for row in rows
            if (page := pages / f"{file_name(row.student)}.html").exists()
        },
    }
    (folder / f"{submissions}.json").write_text(json.dumps(report))


def _descendants():
    """Command lines of this process's children and theirs, but for ends and Python's own helper."""
    found, known = [], {os.getpid()}
    for pid in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
        with contextlib.suppress(OSError):
            state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
            command = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
            if int(parent) in known:
                known.add(pid)
                if state != "Z" and "resource_tracker" not in command:
                    found.append(command[:200])
    return found


def _outcome(report, students):
    marks = {s: report["marks"][readable(s)] for s in students}
    page = "".join(report["pages"].get(readable(s), "") for s in students)
    harm = [f"shows {what}" for what in leaks_in(page, SEED)]
    harm += [f"its page has {what}" for what in active_parts(page)]
    reasons = [report["reasons"][readable(s)] for s in students]
    return Outcome({s: m for s, m in marks.items() if m}, harm, "; ".join(filter(None, reasons)))


class _ActiveParts(HTMLParser):
    """What in a page could run, or ask another host."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        if tag in ("script", "iframe", "object", "embed", "base", "form", "svg", "link"):
            self.found.append(f"<{tag}>")
        for name, value in attributes:
            address = (value or "").strip().lower()
            loads = name in ("src", "srcset") and address[:5] != "data:" and ":" in address
            runs = name == "href" and address.startswith(("javascript:", "data:", "file:"))
            if name.startswith("on") or loads or runs or address.startswith("//"):
                self.found.append(f"{name}={value!r}"[:60])


def active_parts(page):
    parser = _ActiveParts()
    parser.feed(page)
    return parser.found


def _surroundings(course, submissions):
    """Bytes of files that nobody may change."""
    package = Path(rnncourse.__file__).parent
    files = [*package.rglob("*.py"), *submissions.rglob("*")]
    contents = {path: path.read_bytes() for path in files if path.is_file()}
    return contents | earlier_work(course)


def _changes(before, after):
    return [path for path in {*before, *after} if before.get(path) != after.get(path)]


def _marked(folder):
    """Files and memory with the attacks' mark, wherever one may have left them."""
    shallow = ["/tmp", "/dev/shm", "/var/tmp", "/run", *filter(None, sys.path)]
    shallow += [Path(rnncourse.__file__).parent, Path.home()]
    found = [path for place in shallow for path in Path(place).glob(f"*{MARKER}*")]
    found += [path for path in folder.rglob("*") if is_marked(path)]
    segments = Path("/proc/sysvipc/shm")
    if segments.exists():
        keys = [line.split()[0] for line in segments.read_text().splitlines()]
        found += ["shared memory"] * (SHARED_MEMORY in keys)
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
