"""How long does a submission take? Plain nbgrader beside ours, the same submissions in one run.

    python benchmarks/grading.py [--submissions 20] [--rounds 3]

plain    nbgrader's own Autograde, as `nbgrader autograde` runs it: a new kernel for each
ours     worker.grade, one after the other in one process; the fork server's start is counted
floor    what no grader can do without: the cells' own run time, in a process that has imported
         everything, and nbgrader's work around a notebook that is not executed
make grade  the whole command, gradebook and feedback pages too, with 1 and 2 processes of this
            machine, and with 1 and 2 dask workers that are there already

Seconds a submission, medians of the rounds; ratios are taken within a round. The submissions
import torch; every third is wrong somewhere, some raise, and the marks must be the same.
"""

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # the toy course belongs to the tests

import nbformat  # noqa: E402
from distributed import LocalCluster  # noqa: E402
from grading import toy_course  # noqa: E402
from nbgrader.api import Gradebook  # noqa: E402
from nbgrader.converters import Autograde  # noqa: E402
from nbgrader.preprocessors import Execute  # noqa: E402
from sqlalchemy.exc import SAWarning  # noqa: E402

from tools import grade  # noqa: E402
from tools.grading import sandbox, worker  # noqa: E402
from tools.grading.assignment import prepare  # noqa: E402
from tools.grading.engine import Local, Remote  # noqa: E402
from tools.homework import course_config, course_directory, quiet_log, release  # noqa: E402

SEED = "31415926535"
RAISES = toy_course.RIGHT | {"q2": "def running_mean(xs):\n    return xs / 0 + nothing"}
KINDS = [toy_course.RIGHT, toy_course.PARTLY, toy_course.RIGHT, RAISES, {}, toy_course.RIGHT]


def make_course(folder):
    """The toy course, whose set-up cell imports torch as well."""
    folder.mkdir()
    toy_course.make_course(folder)
    path = folder / "solutions" / "toy" / "toy.ipynb"
    notebook = nbformat.read(path, as_version=4)
    setup = next(cell for cell in notebook.cells if cell.id == "setup")
    setup.source += "\nimport torch"
    nbformat.write(notebook, path)
    return folder


def plain(course, submissions, work, execute=Execute):
    """Grade with nbgrader's own converter; return seconds and the scores of each cell."""
    release("toy", work, course, gradebook=work / "gradebook.db")
    for student, contents in submissions.items():
        folder = work / "submitted" / student / "toy"
        folder.mkdir(parents=True)
        (folder / "toy.ipynb").write_bytes(contents)
    config = course_config(course)
    del config.Execute.shutdown_kernel  # a setting of ours: nbgrader itself waits
    directory = course_directory(work, "toy", config)
    start = time.perf_counter()
    step = Autograde(coursedir=directory, config=config, log=quiet_log())
    step.autograde_preprocessors = [
        kind for kind in step.autograde_preprocessors if kind is not Execute or execute
    ]
    step.start()
    seconds = time.perf_counter() - start
    with Gradebook(directory.db_url) as book:
        scores = {
            student: {
                grade.name: grade.auto_score
                for grade in book.find_submission_notebook("toy", "toy", student).grades
            }
            for student in submissions
        }
    return seconds, scores


def ours(course, submissions):
    """Grade with worker.grade; return seconds and the scores of each cell."""
    assignment = prepare("toy", course, SEED)
    while sandbox._servers:  # of the round before: its start is counted in each
        sandbox._servers.popitem()[1].close()
    start = time.perf_counter()
    results = {
        student: worker.grade(student, contents, assignment)
        for student, contents in submissions.items()
    }
    seconds = time.perf_counter() - start
    return seconds, {student: result.scores for student, result in results.items()}


def cells(course, submissions):
    """Seconds that the cells alone take, students' and tests, in this process."""
    tests = nbformat.read(course / "solutions" / "toy" / "toy.ipynb", as_version=4)
    tests = {c.id: c.source for c in tests.cells if c.metadata.get("nbgrader", {}).get("locked")}
    exec(tests["setup"], {})  # the imports: a warm process has them
    start = time.perf_counter()
    for contents in submissions.values():
        namespace = {}
        for cell in nbformat.reads(contents.decode(), as_version=4).cells:
            if cell.cell_type == "code":
                with contextlib.suppress(Exception):  # a wrong answer takes its time, too
                    exec(tests.get(cell.id, cell.source), namespace)
    return time.perf_counter() - start


def whole(course, folder, output, engine):
    """Seconds of the whole command, and the table that it writes."""
    start = time.perf_counter()
    grade.grade_folder(folder, "toy", output, course, seed=SEED, engine=engine)
    return time.perf_counter() - start, (output / "toy" / "marks.csv").read_text()


def measure(count, work):
    """One round: seconds a submission, by way."""
    course = make_course(work / "course")
    (work / "release").mkdir()
    released = toy_course.release_toy(course, work / "release")
    submissions = {
        f"student-{n:02}": toy_course.hand_in(released, KINDS[n % len(KINDS)]).encode()
        for n in range(count)
    }
    (work / "submissions").mkdir()
    for student, contents in submissions.items():
        (work / "submissions" / f"{student}.ipynb").write_bytes(contents)
    os.environ["RNNCOURSE_CLASS_SEED"] = SEED
    (work / "plain").mkdir()
    (work / "not executed").mkdir()
    seconds = {}
    seconds["plain"], expected = plain(course, submissions, work / "plain")
    seconds["ours"], scores = ours(course, submissions)
    assert scores == expected, "the marks differ"
    around, _ = plain(course, submissions, work / "not executed", execute=None)
    seconds["floor"] = cells(course, submissions) + around
    tables = set()
    for size in (1, 2):
        name = f"make grade, {size} local"
        output = work / f"local{size}"
        seconds[name], table = whole(course, work / "submissions", output, Local(size))
        tables.add(table)
    for size in (1, 2):
        name, output = f"make grade, {size} dask", work / f"dask{size}"
        with LocalCluster(n_workers=size, threads_per_worker=1, dashboard_address=None) as cluster:
            engine = Remote(cluster.scheduler_address)
            seconds[name], table = whole(course, work / "submissions", output, engine)
        tables.add(table)
    assert len(tables) == 1, "the tables of marks differ"
    return {name: value / count for name, value in seconds.items()}


def main():
    parser = argparse.ArgumentParser(description="Time the grading of homework.")
    parser.add_argument("--submissions", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore", SAWarning)  # of how nbgrader uses its database
    rounds = []
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="bench-") as work:
            rounds.append(measure(options.submissions, Path(work)))
        print(f"round {number + 1}: the marks of {options.submissions} submissions are the same")
    print(f"\n{'':26}s a submission   of plain's   of the floor")
    for name in rounds[0]:
        seconds = statistics.median(r[name] for r in rounds)
        to_plain = statistics.median(r[name] / r["plain"] for r in rounds)
        to_floor = statistics.median(r[name] / r["floor"] for r in rounds)
        print(f"{name:26}{seconds:14.3f}{to_plain:13.3f}{to_floor:15.2f}")


if __name__ == "__main__":
    main()
