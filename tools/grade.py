"""Grade a folder of submissions with nbgrader: marks as CSV, feedback as HTML.

    python -m tools.grade SUBMISSIONS --assignment hw2 --output grades

SUBMISSIONS holds <student>.ipynb files, or <student>/hw2.ipynb folders, or both; it is only read.
Written: grades/hw2/marks.csv and grades/hw2/feedback/<student>.html. A submission that cannot be
graded gets a line with the reason, and the others are graded all the same.

A student's code runs here with the rights of whoever grades: use it for a class you trust.
"""

import argparse
import csv
import io
import os
import shutil
import sys
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import bleach
import nbformat
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat.warnings import MissingIDFieldWarning
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import ClearHiddenTests, GetGrades
from nbgrader.utils import is_grade, is_solution
from sqlalchemy.exc import SAWarning
from tqdm import tqdm
from traitlets import Unicode

from tools.homework import (
    ROOT,
    HomeworkError,
    course_config,
    course_directory,
    quiet_log,
    release,
)
from tools.notebooks import read

STUDENT = "student"  # each submission is graded in a course of its own, so one name serves all

# What Markdown becomes, and tables; anything else in HTML is shown as the text it is.
HTML_TAGS = bleach.ALLOWED_TAGS | {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "div", "span", "del", "img"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
HTML_ATTRIBUTES = bleach.ALLOWED_ATTRIBUTES | {"*": ["class"], "img": ["src", "alt"]}


class SubmissionError(Exception):
    """This submission cannot be graded; the message tells the instructor why."""


@dataclass(frozen=True)
class Assignment:
    """A released assignment with its gradebook, ready to grade."""

    name: str
    course: Path
    gradebook: Path
    untouched: Path  # the notebook as learners get it
    points: dict  # of each question
    answer_cells: list  # grade_id of each cell that a learner fills in
    given_cells: list  # grade_id of each locked cell without marks, such as the imports


@dataclass(frozen=True)
class Result:
    """What one submission got. Without marks, ``reason`` says why it was not graded."""

    student: str
    marks: dict = field(default_factory=dict)  # by question
    reason: str = ""
    feedback: str = ""  # HTML


class FeedbackPage(ClearHiddenTests):
    """Prepare a graded notebook for its owner: marks by question, hidden tests taken out.

    A failed test keeps its message alone, because a traceback quotes the test; a message that
    quotes a line of a hidden test is withheld. This stops accidents: a student's code runs
    beside the tests, so it can still copy them, say by printing them in pieces.
    """

    student = Unicode().tag(config=True)

    def preprocess(self, notebook, resources):
        tests = [cell for cell in notebook.cells if is_grade(cell) and not is_solution(cell)]
        secret = {line for cell in tests for line in self.take_out_hidden(cell)}
        for cell in tests:
            errors = [output for output in cell.outputs if output.output_type == "error"]
            for error in errors:
                error.traceback = [message_without(secret, error)]
            if cell.metadata.nbgrader["hidden"]:
                cell.outputs = errors
        questions = {}
        for about in (cell.metadata.get("nbgrader", {}) for cell in notebook.cells):
            if about.get("grade"):
                score, points = questions.get(question_of(about.grade_id), (0, 0))
                total = score + about.score, points + about.points
                questions[question_of(about.grade_id)] = total
        resources["feedback"] = {
            "student": self.student,
            "assignment": resources["nbgrader"]["assignment"],
            "questions": [(name, *marks) for name, marks in questions.items()],
        }
        return notebook, resources

    def take_out_hidden(self, cell):
        """Take the hidden tests out of a cell; return their lines, but for the shortest ones."""
        whole = cell.source
        hidden = self._remove_hidden_test_region(cell)
        cell.metadata.nbgrader["hidden"] = hidden
        cell.metadata.nbgrader["heading"] = "Hidden tests" if hidden else "Visible tests"
        removed = {*whole.splitlines()} - {*cell.source.splitlines()}
        return {line.strip() for line in removed if len(line.strip()) >= 10}


def message_without(secret, error):
    """The message of an error, unless it quotes one of the secret lines."""
    message = f"{error.ename}: {error.evalue}".rstrip(": ")
    if any(line in message for line in secret):
        return "This test failed. Its message is withheld, because it quotes a hidden test."
    return message


def clean_html(html):
    """Leave in a student's HTML what Markdown makes, and show the rest as text."""
    protocols = bleach.ALLOWED_PROTOCOLS | {"data"}  # of images that are in the notebook
    return bleach.clean(html, HTML_TAGS, HTML_ATTRIBUTES, protocols)


def prepare(name, workspace, course=ROOT):
    """Release an assignment into ``workspace`` and record its tests in a gradebook there.

    Raises: HomeworkError when there is no such assignment.
    """
    untouched = release(name, workspace, course, gradebook=True) / f"{name}.ipynb"
    gradebook = workspace / "gradebook.db"
    points = {}
    with Gradebook(f"sqlite:///{gradebook}") as book:
        cells = book.find_notebook(name, name)
        for cell in sorted(cells.grade_cells, key=lambda cell: cell.name):
            points[question_of(cell.name)] = points.get(question_of(cell.name), 0) + cell.max_score
        answer_cells = [cell.name for cell in cells.solution_cells]
    about = [cell.metadata.get("nbgrader", {}) for cell in read(untouched).cells]
    given_cells = [a.grade_id for a in about if a and a.locked and not a.grade]
    return Assignment(name, course, gradebook, untouched, points, answer_cells, given_cells)


def question_of(grade_id):
    """The question a cell belongs to: "q2" for q2-visible and q2-hidden."""
    return grade_id.split("-")[0]


def collect(folder, assignment):
    """Find the submissions in a folder: (student, notebook, "") or (student, None, reason) each.

    Raises: HomeworkError when the folder is missing or empty.
    """
    if not folder.is_dir():
        raise HomeworkError(f"there is no folder {folder}")
    found = {}
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        student = entry.name if entry.is_dir() else entry.stem
        notebook = entry / f"{assignment}.ipynb" if entry.is_dir() else entry
        reason = _why_not(entry, notebook)
        if student in found:
            reason = f"{student} is there more than once: keep one"
        found[student] = (student, None if reason else notebook, reason)
    if not found:
        raise HomeworkError(f"there are no submissions in {folder}")
    return list(found.values())


def _why_not(entry, notebook):
    """Why an entry of the folder cannot be graded; empty when it can."""
    if entry.is_symlink() or notebook.is_symlink():
        return f"{entry.name} is or holds a link, which may lead to another's work"
    if entry.is_file():
        return (
            "" if entry.suffix.lower() == ".ipynb" else f"{entry.name} is not a notebook (.ipynb)"
        )
    if notebook.is_file():
        return ""
    others = ", ".join(sorted(p.name for p in entry.iterdir() if p.name[0] != ".")) or "nothing"
    return f"no {notebook.name} in the folder {entry.name} (found: {others})"


def grade(student, notebook, assignment, timeout=None):
    """Grade one notebook in a temporary course of its own; nothing outside it is written."""
    with tempfile.TemporaryDirectory(prefix="grade-") as workspace:
        workspace, name = Path(workspace), assignment.name
        shutil.copy(assignment.gradebook, workspace / "gradebook.db")
        config = grading_config(assignment, student, workspace, timeout)
        directory = course_directory(workspace, name, config)
        directory.student_id = STUDENT
        try:
            submitted = read_submission(notebook, assignment)
            (workspace / "submitted" / STUDENT / name).mkdir(parents=True)
            nbformat.write(submitted, workspace / "submitted" / STUDENT / name / f"{name}.ipynb")
            run(Autograde, directory, config)
            page = [GetGrades, FeedbackPage, CSSHTMLHeaderPreprocessor]
            run(GenerateFeedback, directory, config, preprocessors=page)
        except SubmissionError as error:
            return Result(student, reason=str(error))
        graded = workspace / "autograded" / STUDENT / name / f"{name}.ipynb"
        html = workspace / "feedback" / STUDENT / name / f"{name}.html"
        return Result(
            student,
            read_marks(directory.db_url, assignment),
            "; ".join(filter(None, [lacking(submitted, assignment), timed_out(read(graded))])),
            html.read_text(encoding="utf-8"),
        )


def grading_config(assignment, student, workspace, timeout):
    """The course's settings, and what belongs to one student's grading."""
    config = course_config(assignment.course)
    config.FeedbackPage.student = student
    config.HTMLExporter.extra_template_basedirs = [str(Path(__file__).parent)]
    config.HTMLExporter.template_name = "feedback"  # the folder beside this file
    config.HTMLExporter.sanitize_html = True
    config.HTMLExporter.filters = {"clean_html": clean_html}  # nbconvert's shows <p> as text
    if os.name == "posix":  # talk to the kernel by sockets in this folder, not by open ports
        config.ConnectionFileMixin.transport = "ipc"
        config.ConnectionFileMixin.ip = str(workspace / "kernel")
    if timeout is not None:
        config.Execute.timeout = timeout
    return config


def read_submission(notebook, assignment):
    """Read a student's notebook. Raises: SubmissionError when it is not this assignment's."""
    try:
        submitted = nbformat.reads(notebook.read_text(encoding="utf-8-sig"), as_version=4)
        ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in submitted.cells]
    except Exception as error:  # whatever a file may hold, it costs this submission only
        raise SubmissionError(f"{notebook.name} is not a notebook: {first_line(error)}") from error
    twice = sorted({name for name in ids if name and ids.count(name) > 1})
    if twice:
        raise SubmissionError(f"cells are there more than once: {', '.join(twice)}; keep one each")
    missing = [name for name in assignment.answer_cells if name not in ids]
    if len(missing) == len(assignment.answer_cells):
        raise SubmissionError(f"{notebook.name} has none of the cells of {assignment.name}")
    if missing:
        raise SubmissionError(f"answer cells were deleted: {', '.join(missing)}")
    for cell in submitted.cells:
        cell.metadata.pop("tags", None)  # a tag can keep a test from being run
    return submitted


def run(converter, directory, config, **options):
    """Run a step of nbgrader. Raises: SubmissionError with the cause when it fails."""

    class Step(converter):
        failure = None

        def convert_single_notebook(self, path):
            try:
                super().convert_single_notebook(path)
            except Exception as error:
                Step.failure = error  # nbgrader logs it and raises something that says nothing
                raise

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of how nbgrader uses its database
            warnings.simplefilter("ignore", MissingIDFieldWarning)  # an older notebook format
            Step(coursedir=directory, config=config, log=quiet_log(), **options).start()
    except NbGraderException as error:
        cause = Step.failure or error
        raise SubmissionError(f"{type(cause).__name__}: {first_line(cause)}") from error


def read_marks(db_url, assignment):
    marks = dict.fromkeys(assignment.points, 0.0)
    with Gradebook(db_url) as book:
        submission = book.find_submission_notebook(assignment.name, assignment.name, STUDENT)
        for grade in submission.grades:
            marks[question_of(grade.name)] += grade.score
    return marks


def lacking(submitted, assignment):
    """Say which given cells are gone: what needs them fails. Test cells are put back instead."""
    present = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in submitted.cells}
    gone = [name for name in assignment.given_cells if name not in present]
    return f"cells were deleted: {', '.join(gone)}" if gone else ""


def timed_out(graded):
    """Say which questions were stopped by the clock, in words; empty when none was."""
    questions = {
        question_of(cell.metadata.nbgrader.grade_id)
        for cell in graded.cells
        if is_grade(cell) or is_solution(cell)
        for output in cell.get("outputs", [])
        if output.get("ename") == "CellTimeoutError"
    }
    return f"out of time: {', '.join(sorted(questions))}" if questions else ""


def first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def grade_folder(submissions, assignment="hw2", output="grades", course=ROOT, timeout=None):
    """Grade every submission in a folder, write marks and feedback, and return the results.

    Raises: HomeworkError for a missing or empty folder, an unknown assignment, or when grading
    itself does not work.
    """
    with tempfile.TemporaryDirectory(prefix="grade-") as workspace:
        entries = collect(Path(submissions), assignment)
        prepared = prepare(assignment, Path(workspace), course)
        output = Path(output) / assignment
        results = []
        for student, notebook, reason in tqdm(entries, "Grading", unit="notebook", disable=None):
            result = Result(student, reason=reason)
            if notebook:
                result = grade(student, notebook, prepared, timeout)
            results.append(result)
        if not any(result.marks for result in results):
            _check_grader(prepared, timeout)
        pages = {f"{result.student}.html": result.feedback for result in results if result.feedback}
        for page in (output / "feedback").glob("*.html"):
            if page.name not in pages:
                page.unlink()  # of an earlier run
        for page, html in pages.items():
            write_whole(output / "feedback" / page, html)
        # With the mark that tells a spreadsheet that this is UTF-8: names are in all scripts.
        write_whole(output / "marks.csv", "\ufeff" + marks_table(results, prepared.points))
    return results


def _check_grader(assignment, timeout):
    """No submission could be graded: raise unless that was their fault."""
    result = grade("nobody", assignment.untouched, assignment, timeout)
    if not result.marks:
        raise HomeworkError(
            f"nothing can be graded here, not even {assignment.name}: {result.reason}"
        )


def marks_table(results, points):
    """The marks as CSV: a column a question; no marks, but a reason, where not graded.

    Names and reasons come from students: one that a spreadsheet would run as a formula gets a '.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["student", *points, "total", "max", "status", "reason"])
    for result in results:
        marks = [f"{result.marks[q]:g}" if result.marks else "" for q in points]
        total = f"{sum(result.marks.values()):g}" if result.marks else ""
        status = "graded" if result.marks else "not graded"
        maximum = f"{sum(points.values()):g}"
        student, reason = as_text(result.student), as_text(result.reason)
        writer.writerow([student, *marks, total, maximum, status, reason])
    return table.getvalue()


def as_text(value):
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def write_whole(path, text):
    """Write a file so that it is there in full or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(partial, 0o644)  # mkstemp lets nobody else read it
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tools.grade", description="Grade submissions.")
    parser.add_argument("submissions", help="folder of <student>.ipynb or <student>/hw2.ipynb")
    parser.add_argument("--assignment", default="hw2", help="default: %(default)s")
    parser.add_argument("--output", default="grades", help="folder; default: %(default)s")
    parser.add_argument("--timeout", type=int, metavar="SECONDS", help="a cell may run so long")
    options = parser.parse_args(arguments)
    try:
        results = grade_folder(
            Path(options.submissions).expanduser(),
            options.assignment,
            options.output,
            timeout=options.timeout,
        )
    except KeyboardInterrupt:
        sys.exit("stopped: nothing was written; run the same command again")
    except HomeworkError as error:
        sys.exit(f"error: {error}")
    for result in results:
        if not result.marks:
            print(f"not graded: {result.student}: {result.reason}")
    graded = sum(bool(result.marks) for result in results)
    print(f"{graded} of {len(results)} graded: {Path(options.output, options.assignment)}")


if __name__ == "__main__":
    main()
