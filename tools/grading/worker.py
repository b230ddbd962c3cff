"""Grade one submission: a function of plain data, which runs on any machine with a checkout."""

import os
import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field

import nbformat
from nbformat.warnings import MissingIDFieldWarning
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, is_solution
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from tools.grading.assignment import question_of
from tools.grading.folder import scratch
from tools.grading.sandbox import SandboxError
from tools.grading.submission import SubmissionError, first_line, read_submission
from tools.grading.trusted import trusted_execute
from tools.homework import course_directory, quiet_log

STUDENT = "student"  # each submission is graded in a course of its own, so one name serves all
ONE_AT_A_TIME = threading.Lock()  # nbgrader changes the working directory of the whole process


@dataclass(frozen=True)
class Result:
    """What one submission got; without a notebook it was not graded, and ``reason`` says why."""

    student: str
    scores: dict = field(default_factory=dict)  # by grade_id; None: to be marked by hand
    reason: str = ""  # why it was not graded, or remarks on what was
    notebook: str = field(default="", repr=False)  # as graded, with outputs


def execution(assignment, config, questions):
    """The preprocessor that runs a notebook's cells."""
    if assignment.sandbox:
        return trusted_execute(assignment, config, questions)
    os.environ["RNNCOURSE_CLASS_SEED"] = assignment.seed  # the kernel runs the tests, too
    return Execute


def grade(student, notebook, assignment, *, timeout=None, questions=None):
    """Grade the bytes of one notebook in a temporary course, of which nothing stays.

    With ``questions``, only their scores are returned.
    """
    try:
        submitted, remarks = read_submission(notebook, assignment)
        remarks += [] if assignment.sandbox else ["graded without a sandbox"]
        with ONE_AT_A_TIME, course_of_one(submitted, assignment) as workspace:
            config = grading_config(assignment, workspace, timeout)
            directory = course_directory(workspace, assignment.name, config)
            directory.student_id = STUDENT
            autograde(directory, config, execution(assignment, config, questions))
            folder = workspace / "autograded" / STUDENT / assignment.name
            graded = (folder / f"{assignment.name}.ipynb").read_text(encoding="utf-8")
            scores = read_scores(directory.db_url, assignment, questions)
    except SubmissionError as error:
        return Result(student, reason=str(error))
    except SandboxError:
        raise  # no other submission could be graded either
    except Exception as error:  # the class's other submissions are graded all the same
        return Result(
            student, reason=f"grading failed: {type(error).__name__}: {first_line(error)}"
        )
    if late := timed_out(nbformat.reads(graded, as_version=4)):
        remarks.append(f"out of time: {', '.join(late)}")
    return Result(student, scores, "; ".join(remarks), graded)


@contextmanager
def course_of_one(submitted, assignment):
    """A temporary course folder with one submission."""
    name = assignment.name
    with scratch() as workspace:
        (workspace / "gradebook.db").write_bytes(assignment.gradebook)
        for path, contents in assignment.files.items():
            target = workspace / "solutions" / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(contents)
        folder = workspace / "submitted" / STUDENT / name
        folder.mkdir(parents=True)
        nbformat.write(submitted, folder / f"{name}.ipynb")
        yield workspace


def grading_config(assignment, workspace, timeout):
    """The course's settings, and what belongs to one grading."""
    config = Config(assignment.settings)
    # Without the sandbox, talk to the kernel by sockets in this folder, not by open ports.
    config.ConnectionFileMixin.transport = "ipc"
    config.ConnectionFileMixin.ip = str(workspace / "kernel")
    if timeout is not None:
        config.Execute.timeout = timeout
    return config


def autograde(directory, config, execute):
    """Run nbgrader's Autograde. Raises: SubmissionError with the cause when it fails."""
    failures = []

    class Step(Autograde):
        def convert_single_notebook(self, path):
            try:
                super().convert_single_notebook(path)
            except Exception as error:
                failures.append(error)  # nbgrader logs it and raises something that says nothing
                raise

    step = Step(coursedir=directory, config=config, log=quiet_log())
    step.autograde_preprocessors = [
        execute if preprocessor is Execute else preprocessor
        for preprocessor in step.autograde_preprocessors
    ]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of how nbgrader uses its database
            warnings.simplefilter("ignore", MissingIDFieldWarning)  # an older notebook format
            step.start()
    except NbGraderException as error:
        cause = failures[-1] if failures else error
        raise SubmissionError(f"{type(cause).__name__}: {first_line(cause)}") from error


def read_scores(db_url, assignment, questions):
    """The score of each cell, None where it is to be marked by hand."""
    with Gradebook(db_url) as book:
        submission = book.find_submission_notebook(assignment.name, assignment.name, STUDENT)
        return {
            grade.name: grade.auto_score
            for grade in submission.grades
            if not questions or question_of(grade.name) in questions
        }


def timed_out(graded):
    """The questions that were stopped by the clock."""
    return sorted(
        {
            question_of(cell.metadata.nbgrader.grade_id)
            for cell in graded.cells
            if is_grade(cell) or is_solution(cell)
            for output in cell.get("outputs", [])
            if output.get("ename") == "CellTimeoutError"
        }
    )
