"""What a class has got: nbgrader's gradebook and course folder.

    grades/gradebook.db                        nbgrader's, with a ledger of what was graded
    grades/nbgrader_config.py, solutions/      so that nbgrader's formgrader can show this folder
    grades/autograded/<student>/hw2/hw2.ipynb  graded notebooks

A graded notebook is written first; then its marks and its line in the ledger, in one transaction.
So whenever grading is killed, what the ledger names is whole, and the next run grades the rest.
Marks and comments given by hand are never touched.
"""

import json
import warnings
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbgrader import api
from nbgrader.utils import compute_checksum, is_solution
from sqlalchemy import text
from sqlalchemy.exc import SAWarning

from tools.grading.assignment import digest, question_of
from tools.grading.collect import file_name
from tools.grading.folder import scratch, write_whole
from tools.homework import HomeworkError, release

LEDGER = """CREATE TABLE IF NOT EXISTS rnncourse_ledger (
    assignment TEXT, student TEXT, submission TEXT, fingerprints TEXT, reason TEXT,
    PRIMARY KEY (assignment, student))"""
FORMGRADER = Path(__file__).with_name("formgrader_config.py")  # more settings
SOURCE = ""  # in place of a student: the assignment's own line


class Entry(NamedTuple):
    """A line in the ledger: this submission was graded by these tests."""

    submission: str  # digest
    fingerprints: dict  # by question
    reason: str


class Mark(NamedTuple):
    """What one cell got."""

    score: float | None
    waits: bool = False  # for a hand
    comment: str | None = None


class Record:
    """The gradebook of a class, open for one assignment; a context manager.

    Raises: HomeworkError when the assignment no longer fits what was graded.
    """

    def __init__(self, folder, assignment, course, timeout=None):
        self.folder, self.assignment, self.name = folder, assignment, assignment.name
        self.fingerprints = assignment.fingerprints(timeout)
        settings = (course / "nbgrader_config.py").read_bytes() + FORMGRADER.read_bytes()
        write_whole(folder / "nbgrader_config.py", settings)
        source = assignment.source.encode()
        write_whole(folder / "solutions" / self.name / f"{self.name}.ipynb", source)
        path = folder.resolve() / "gradebook.db"
        is_new = not path.exists()
        if is_new:
            write_whole(path, assignment.gradebook)
        self.book = api.Gradebook(
            f"sqlite:///{path}", assignment.settings["CourseDirectory"]["course_id"]
        )
        self.book.db.execute(text(LEDGER))
        self.book.db.commit()
        self.ledger = self._read_ledger()
        known = Entry(digest(source + settings), {}, "")
        if self.ledger.get(SOURCE) != known:
            if not is_new:
                self._check_cells()
                with scratch() as workspace:
                    release(self.name, workspace, course, path)
            self._note(SOURCE, known)
            self.book.db.commit()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.book.close()

    def outdated(self, student, submission, only=None):
        """The questions of a submission that are to be graded, perhaps ``only`` some of them.

        What is new or was handed in again is graded as a whole.
        """
        entry = self.ledger.get(file_name(student))
        everything = list(self.fingerprints)
        if entry is None or entry.submission != submission or not self.graded(student).exists():
            return everything
        stale = [q for q in everything if entry.fingerprints.get(q) != self.fingerprints[q]]
        if only:
            return [question for question in stale if question in only]
        return everything if stale else []

    def add(self, result, submission, questions):
        """Record what a submission got, for all questions or only some."""
        student = file_name(result.student)
        before = self.ledger.get(student, Entry("", {}, ""))
        notebook = nbformat.reads(result.notebook, as_version=4)
        if set(questions) != set(self.fingerprints):
            notebook = merged(self.graded(result.student), notebook, questions)
        write_whole(self.graded(result.student), nbformat.writes(notebook).encode())

        about = {} if student == result.student else {"last_name": result.student}
        self.book.update_or_create_student(student, **about)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of how nbgrader uses its database
            [row] = self.book.update_or_create_submission(self.name, student).notebooks
        for grade in row.grades:
            if grade.name in result.scores:
                grade.auto_score = result.scores[grade.name]
                if grade.manual_score is None:
                    grade.needs_manual_grade = grade.auto_score is None
                elif before.submission != submission:
                    grade.needs_manual_grade = True  # another answer than the one marked by hand
        blank = {cell.metadata.nbgrader.grade_id for cell in notebook.cells if is_blank(cell)}
        for comment in row.comments:
            comment.auto_comment = "No response." if comment.name in blank else None
        fingerprints = before.fingerprints | {q: self.fingerprints[q] for q in questions}
        self._note(student, Entry(submission, fingerprints, result.reason))
        self.book.db.commit()

    def take_back(self, student):
        """Take back what an earlier submission got, but for marks given by hand."""
        self.graded(student).unlink(missing_ok=True)
        try:
            [row] = self.book.find_submission(self.name, file_name(student)).notebooks
        except api.MissingEntry:
            return
        for grade in row.grades:
            grade.auto_score, grade.needs_manual_grade = None, False
        self.book.db.execute(
            text("DELETE FROM rnncourse_ledger WHERE assignment = :name AND student = :student"),
            {"name": self.name, "student": file_name(student)},
        )
        self.book.db.commit()
        self.ledger.pop(file_name(student), None)

    def graded(self, student):
        """The file of a student's graded notebook."""
        return self.folder / "autograded" / file_name(student) / self.name / f"{self.name}.ipynb"

    def marks(self):
        """The marks in the gradebook, by student (as a file name) and grade_id."""
        marks, comments = {}, {}
        for student, cell, comment in self._rows(api.Comment, api.Comment.comment):
            comments[student, cell] = comment
        columns = api.Grade.auto_score, api.Grade.manual_score, api.Grade.score
        rows = self._rows(api.Grade, *columns, api.Grade.needs_manual_grade)
        for student, cell, auto, manual, score, waits in rows:
            score = None if auto is None and manual is None else score
            mark = Mark(score, waits, comments.get((student, cell)))
            marks.setdefault(student, {})[cell] = mark
        for (student, cell), comment in comments.items():
            marks[student].setdefault(cell, Mark(None, comment=comment))
        return marks

    def _rows(self, table, *columns):
        """Columns of all grades or comments of the assignment, with student and cell."""
        return (
            self.book.db.query(api.Student.id, api.BaseCell.name, *columns)
            .select_from(table)
            .join(api.BaseCell, api.BaseCell.id == table.cell_id)
            .join(api.SubmittedNotebook, api.SubmittedNotebook.id == table.notebook_id)
            .join(api.SubmittedNotebook.assignment)
            .join(api.SubmittedAssignment.student)
            .join(api.SubmittedAssignment.assignment)
            .filter(api.Assignment.name == self.name)
        )

    def _check_cells(self):
        """nbgrader cannot add or remove cells of what was handed in."""
        kinds = ("grade", "solution", "task")
        try:
            notebook = self.book.find_notebook(self.name, self.name)
        except api.MissingEntry:
            return  # the first time that this assignment is graded here
        before = {(c.name, kind) for kind in kinds for c in getattr(notebook, f"{kind}_cells")}
        before |= {(cell.name, "source") for cell in notebook.source_cells}
        cells = self.assignment.cells.items()
        now = {(name, k) for name, c in cells for k in kinds if c.metadata.nbgrader.get(k)}
        now |= {(name, "source") for name, _ in cells}
        if notebook.submissions and before != now:
            names = ", ".join(sorted({name for name, _ in before ^ now}))
            raise HomeworkError(
                f"cells of {self.name} were added, removed or given another role since submissions "
                f"were graded: {names}. Undo that, or grade into another folder (--output)"
            )

    def _read_ledger(self):
        rows = self.book.db.execute(
            text("SELECT * FROM rnncourse_ledger WHERE assignment = :name"), {"name": self.name}
        )
        return {
            row.student: Entry(row.submission, json.loads(row.fingerprints), row.reason)
            for row in rows
        }

    def _note(self, student, entry):
        self.book.db.execute(
            text("INSERT OR REPLACE INTO rnncourse_ledger VALUES (:name, :who, :what, :how, :why)"),
            {
                "name": self.name,
                "who": student,
                "what": entry.submission,
                "how": json.dumps(entry.fingerprints),
                "why": entry.reason,
            },
        )
        self.ledger[student] = entry


def merged(path, notebook, questions):
    """The graded notebook in a file, with the cells of some questions as they are in another."""
    fresh = {cell.id: cell for cell in notebook.cells}
    whole = nbformat.read(path, as_version=4)
    for number, cell in enumerate(whole.cells):
        about = cell.metadata.get("nbgrader")
        if about and question_of(about.grade_id) in questions:
            whole.cells[number] = fresh[cell.id]
    return whole


def is_blank(cell):
    """Whether an answer is just as it was handed out."""
    return is_solution(cell) and cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
