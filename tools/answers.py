"""Write the answers of a class as Python files, for a tool that looks for copies.

    python -m tools.answers SUBMISSIONS --assignment hw2 --output answers

Written: answers/students/<student>/hw2.py and, for what all have in common, hw2.py in
answers/handed-out and answers/solutions. Submissions that cannot be graded are left out.
"""

import argparse
import sys
from pathlib import Path

import nbformat

from tools.grading.assignment import prepare
from tools.grading.collect import collect, file_name
from tools.grading.folder import write_whole
from tools.grading.submission import SubmissionError, read_submission
from tools.homework import ROOT, HomeworkError


def write_answers(submissions, assignment, output, course=ROOT):
    """Write the files; return how many students' there are.

    Raises: HomeworkError for missing or empty submissions or an unknown assignment.
    """
    prepared = prepare(assignment, course)
    notebooks = {
        "handed-out": nbformat.reads(prepared.released, as_version=4),
        "solutions": nbformat.reads(prepared.source, as_version=4),
    }
    common = len(notebooks)
    for submission in collect(Path(submissions), assignment):
        try:
            notebook, _ = read_submission(submission.read(), prepared)
        except SubmissionError as error:
            print(f"left out: {submission.student}: {error}")
        else:
            notebooks[f"students/{file_name(submission.student)}"] = notebook
    for folder, notebook in notebooks.items():
        cells = [c.source for c in notebook.cells if is_answer(c, prepared)]
        path = Path(output, folder, f"{assignment}.py")
        write_whole(path, "\n\n\n".join(cells).encode(errors="replace"))
    return len(notebooks) - common


def is_answer(cell, assignment):
    """Whether it holds a student's own code: an answer, or a cell that they added."""
    about = cell.metadata.get("nbgrader", {})
    own = about.get("grade_id") in assignment.answers if about else True
    return own and cell.cell_type == "code"


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tools.answers", description="Write answers.")
    parser.add_argument("submissions", help="folder or zip file, as for tools.grade")
    parser.add_argument(
        "--assignment", required=True, metavar="HW", help="which homework it is, such as hw2"
    )
    parser.add_argument("--output", default="answers", help="folder; default: %(default)s")
    options = parser.parse_args(arguments)
    try:
        count = write_answers(options.submissions, options.assignment, options.output)
    except HomeworkError as error:
        sys.exit(f"error: {error}")
    print(f"answers of {count} students: {options.output}")


if __name__ == "__main__":
    main()
