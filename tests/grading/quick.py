"""Stand-ins that make grading quick: no kernel, no other process."""

from concurrent.futures import Future

import nbformat
from nbformat.v4 import new_output
from nbgrader.utils import determine_grade, is_grade, is_locked

from tools.grading.assignment import question_of
from tools.grading.submission import SubmissionError, read_submission
from tools.grading.worker import Result


def quick_grade(student, contents, assignment, *, timeout=None, questions=None):
    """What worker.grade gives, but without a kernel: for answers that are known to be harmless."""
    try:
        notebook, remarks = read_submission(contents, assignment)
    except SubmissionError as error:
        return Result(student, reason=str(error))
    source = nbformat.reads(assignment.source, as_version=4)
    tests = {cell.id: cell.source for cell in source.cells if is_locked(cell)}
    names, scores = {}, {}
    for c in notebook.cells:
        c.source = tests.get(c.id, c.source)
        if c.cell_type == "code":
            try:
                exec(c.source, names)
            except Exception as error:
                about = {"ename": type(error).__name__, "evalue": str(error), "traceback": ["…"]}
                c.outputs = [new_output("error", **about)]
        if is_grade(c) and (not questions or question_of(c.id) in questions):
            scores[c.id] = determine_grade(c)[0]
    return Result(student, scores, "; ".join(remarks), nbformat.writes(notebook))


class Here:
    """An engine that does each call at once, in this process."""

    size, tries, crash = 1, 1, ()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, call):
        future = Future()
        future.set_result(call())
        return future
