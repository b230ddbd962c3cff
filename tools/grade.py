"""Grade a class with nbgrader: marks as CSV, feedback as HTML, a gradebook for marking by hand.

    python -m tools.grade SUBMISSIONS --assignment hw2 --output grades

SUBMISSIONS is a folder, or a zip file from a learning management system; it is only read. Written:
grades/hw2/marks.csv, grades/hw2/feedback/<student>.html, and for nbgrader's formgrader what
tools/grading/record.py lists. A submission that cannot be graded gets a line with the reason, and
the others are graded all the same.

What is done is not done again: the same command goes on after an interruption, grades what was
handed in since or what changed in solutions/, and takes in marks given by hand.
"""

import argparse
import sys
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from tqdm import tqdm

from tools.grading import feedback, report, worker
from tools.grading.assignment import digest, prepare
from tools.grading.collect import collect, file_name
from tools.grading.engine import TRIES, Local, Remote, run
from tools.grading.folder import class_seed, locked, write_whole
from tools.grading.record import Record
from tools.grading.submission import SubmissionError
from tools.homework import ROOT, HomeworkError


def grade_folder(
    submissions,
    assignment,
    output="grades",
    course=ROOT,
    *,
    timeout=None,
    questions=None,
    seed=None,
    sandbox=True,
    engine=None,
):
    """Grade all submissions in a folder or zip file, write what they got, and return the rows.

    Raises: HomeworkError for missing or empty submissions, an unknown assignment or question, or
    when grading itself does not work.
    """
    found, output = collect(Path(submissions), assignment), Path(output)
    with ExitStack() as stack:
        stack.enter_context(locked(output))
        prepared = prepare(assignment, course, class_seed(output, seed), sandbox)
        if unknown := sorted({*(questions or ())} - {*prepared.points}):
            known = ", ".join(prepared.points)
            raise HomeworkError(f"{assignment} has no question {', '.join(unknown)}, only {known}")
        record = stack.enter_context(Record(output, prepared, course, timeout))
        engine = stack.enter_context(engine or Local())
        reasons = grade_all(found, record, engine, timeout, questions)
        if len(reasons) == len(found):
            check_grader(prepared, engine, timeout)
        marks = record.marks()
        rows = [
            replace(row_of(one.student, record, marks, reasons), number=one.number) for one in found
        ]
        write_pages([row.student for row in rows if row.marks], marks, record, engine)
    table = report.marks_table(rows, prepared.points)
    # With the mark that tells a spreadsheet that this is UTF-8: names are in all scripts.
    write_whole(output / assignment / "marks.csv", f"\ufeff{table}".encode())
    return rows


def grade_all(found, record, engine, timeout, questions):
    """Grade what is new or outdated; return why others could not be graded, by student."""
    reasons, details, done = {}, {}, 0
    bar = tqdm(total=len(found), desc="Grading", unit="notebook", disable=None)

    def not_graded(student, reason):
        reasons[student] = reason
        record.take_back(student)

    def jobs():
        for submission in found:
            student, stale = submission.student, []
            try:
                contents = submission.read()
            except SubmissionError as error:
                not_graded(student, str(error))
            else:
                stale = record.outdated(student, digest(contents), questions)
            if stale:
                details[student] = submission.reason, digest(contents), stale
                what = student, contents, record.assignment
                yield student, partial(worker.grade, *what, timeout=timeout, questions=stale)
            else:
                bar.total -= 1

    try:
        for student, result in run(engine, jobs()):
            remark, submitted, asked = details.pop(student)
            if result is None:
                reason = f"grading it stopped the grader {TRIES} times"
                result = worker.Result(student, reason=reason)
            if result.notebook:
                reason = "; ".join(filter(None, [remark, result.reason]))
                record.add(replace(result, reason=reason), submitted, asked)
            elif len(asked) == len(record.assignment.points):
                not_graded(student, result.reason)
            else:  # the marks that it has stay
                reasons[student] = f"not regraded ({', '.join(asked)}): {result.reason}"
            done += 1
            bar.update()
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f": {done} of {bar.total} were graded") from None
    finally:
        bar.close()
    return reasons


def check_grader(assignment, engine, timeout):
    """No submission could be graded: raise unless that was their fault."""
    untouched = assignment.released.encode()
    call = partial(worker.grade, "nobody", untouched, assignment, timeout=timeout)
    for _, result in run(engine, [("nobody", call)]):
        if result is None or not result.notebook:
            reason = result.reason if result else "the grader is stopped each time"
            raise HomeworkError(
                f"nothing can be graded here, not even an untouched {assignment.name}: {reason}"
            )


def row_of(student, record, marks, reasons):
    """A student's line in the report."""
    name, reason = file_name(student), reasons.get(student, "")
    if name not in record.ledger:
        return report.Row(student, reason=reason)
    reason = "; ".join(filter(None, [reason, record.ledger[name].reason]))
    return report.row(student, marks[name], record.assignment.points, reason)


def write_pages(students, marks, record, engine):
    """Write the feedback pages that are not yet as they should be; remove those of others."""
    folder = record.folder / record.name / "feedback"
    pages = {folder / f"{file_name(student)}.html": student for student in students}
    for path in set(folder.glob("*.html")) - set(pages):
        path.unlink()
    ends = {}

    def jobs():
        for path, student in pages.items():
            notebook = record.graded(student).read_text(encoding="utf-8")
            cells = {name: (m.score, m.comment) for name, m in marks[file_name(student)].items()}
            made_from = student, record.name, notebook, cells
            ends[path] = f"<!-- {digest(made_from)} -->\n".encode()
            if not path.exists() or not path.read_bytes().endswith(ends[path]):
                yield path, partial(feedback.page, *made_from)

    for path, html in run(engine, jobs()):
        if html is None:
            raise HomeworkError(f"no feedback can be made for {pages[path]}: the grader is stopped")
        write_whole(path, html.encode() + ends[path])


def main(arguments=None):
    def number(text):
        if int(text) < 1:
            raise ValueError
        return int(text)

    parser = argparse.ArgumentParser(prog="python -m tools.grade", description="Grade submissions.")
    add = parser.add_argument
    add("submissions", help="folder of <student>.ipynb or <student>/hw2.ipynb; or a zip of an LMS")
    add("--assignment", required=True, metavar="HW", help="which homework it is, such as hw2")
    add("--output", default="grades", help="folder; default: %(default)s")
    add("--timeout", type=number, metavar="SECONDS", help="a cell may run so long")
    add("--question", action="append", metavar="Q", help="regrade only this one, such as q4")
    add("--seed", type=int, help="of the class; default: drawn once, kept in the output folder")
    add("--workers", type=number, metavar="N", help="processes on this machine; default: its cores")
    add("--scheduler", metavar="ADDRESS", help="grade on a dask cluster, such as tcp://host:8786")
    add("--unsafe-no-sandbox", action="store_true", help="let students' code run with your rights")
    options = parser.parse_args(arguments)
    try:
        rows = grade_folder(
            Path(options.submissions).expanduser(),
            options.assignment,
            Path(options.output).expanduser(),
            timeout=options.timeout,
            questions=options.question,
            seed=options.seed,
            sandbox=not options.unsafe_no_sandbox,
            engine=Remote(options.scheduler) if options.scheduler else Local(options.workers),
        )
    except KeyboardInterrupt as stop:
        sys.exit(f"stopped{stop}; the same command goes on from here")
    except (HomeworkError, OSError) as error:  # such as a full disk
        sys.exit(f"error: {error}")
    for row in rows:
        if row.status == "not graded":
            print(f"not graded: {row.student}: {row.reason}")
    graded = sum(row.status != "not graded" for row in rows)
    waiting = sum(row.waits for row in rows)
    print(f"{graded} of {len(rows)} graded: {Path(options.output, options.assignment)}")
    if waiting:
        print(f"{waiting} wait for marks by hand: open {options.output} in nbgrader's formgrader")


if __name__ == "__main__":
    main()
