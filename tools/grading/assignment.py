"""What grading needs to know about an assignment: one plain value, which travels anywhere."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property

import nbformat
from nbgrader.utils import is_grade, is_locked, is_solution, is_task

from tools.grading.folder import scratch
from tools.homework import ROOT, HomeworkError, course_config, files_in, release


@dataclass(frozen=True)
class Assignment:
    """A released assignment, ready to grade."""

    name: str
    settings: dict  # of nbgrader, from the course's nbgrader_config.py
    gradebook: bytes = field(repr=False)  # nbgrader's, with the tests and no student
    source: str = field(repr=False)  # the notebook in solutions/, with solutions and hidden tests
    released: str = field(repr=False)  # the notebook as learners get it
    files: dict = field(repr=False)  # contents of the files released beside it, by path
    seed: str = "0"  # of the class: hidden inputs are drawn from it
    sandbox: bool = True  # and tests in a process of their own; else plain nbgrader

    @cached_property
    def cells(self):
        """nbgrader's cells as released, by grade_id, in their order."""
        notebook = nbformat.reads(self.released, as_version=4)
        return {c.metadata.nbgrader.grade_id: c for c in notebook.cells if is_known(c)}

    @cached_property
    def points(self):
        """The points of each question."""
        points = {}
        for grade_id, cell in self.cells.items():
            if is_marked(cell):
                question = question_of(grade_id)
                points[question] = points.get(question, 0) + cell.metadata.nbgrader.points
        return points

    @property
    def answers(self):
        """grade_id of each cell that a learner fills in."""
        return [grade_id for grade_id, cell in self.cells.items() if is_solution(cell)]

    def fingerprints(self, timeout=None):
        """For each question, a digest of all that its marks depend on but the submission."""
        source = nbformat.reads(self.source, as_version=4)
        about = source.metadata.get("rnncourse")
        common = [self.name, self.settings, about, self.files, self.seed, self.sandbox, timeout]
        own = {}
        for cell in filter(is_known, source.cells):
            question = question_of(cell.metadata.nbgrader.grade_id)
            given = not (is_solution(cell) or is_marked(cell)) or question not in self.points
            group = common if given else own.setdefault(question, [])
            group.append([cell.metadata.nbgrader, cell.cell_type, cell.source])
        return {question: digest([common, own[question]]) for question in self.points}


def is_known(cell):
    """Whether nbgrader treats a cell as its own: an answer, a test, a given cell, a task."""
    return is_solution(cell) or is_locked(cell) or is_task(cell)


def is_marked(cell):
    """Whether marks are given for a cell: a test, a written answer, a task."""
    return is_grade(cell) or is_task(cell)


def digest(value):
    """A short name for bytes, or for a value made of plain data."""
    if not isinstance(value, bytes):
        value = json.dumps(value, sort_keys=True, default=repr).encode()
    return hashlib.sha256(value).hexdigest()[:32]


def question_of(grade_id):
    """The question a cell belongs to: "q2" for q2-visible and q2-hidden."""
    return grade_id.split("-")[0]


def prepare(name, course=ROOT, seed="0", sandbox=True):
    """Release an assignment in a temporary folder and gather all that grading needs.

    Raises: HomeworkError when there is no such assignment, or not just one notebook in it.
    """
    with scratch() as workspace:
        gradebook = workspace / "gradebook.db"
        files = files_in(release(name, workspace, course, gradebook))
        if notebooks := {path for path in files if path.endswith(".ipynb")} ^ {f"{name}.ipynb"}:
            wrong = ", ".join(sorted(notebooks))
            raise HomeworkError(
                f"solutions/{name} should hold one notebook, {name}.ipynb: see {wrong}"
            )
        return Assignment(
            name=name,
            settings={section: dict(values) for section, values in course_config(course).items()},
            gradebook=gradebook.read_bytes(),
            source=(course / "solutions" / name / f"{name}.ipynb").read_text(encoding="utf-8"),
            released=files.pop(f"{name}.ipynb").decode(),
            files=files,
            seed=seed,
            sandbox=sandbox,
        )
