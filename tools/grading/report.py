"""The marks of a class as CSV, for spreadsheets and learning management systems.

student           the name, as collected
id                the number in a learning management system's file names; empty without one
q1, q2, …         marks of each question; empty while a part has yet to be marked by hand
total             marks so far; empty when not graded
max               what a perfect submission gets
status            graded; needs marking (by hand, in formgrader); not graded
reason            why it was not graded, or what had to be mended to grade it
"""

import csv
import io
from dataclasses import dataclass, field

from tools.grading.assignment import question_of


@dataclass(frozen=True)
class Row:
    """One student's line."""

    student: str
    marks: dict = field(default_factory=dict)  # by question; None: to be marked by hand
    waits: bool = False  # for a hand
    reason: str = ""
    number: str = ""  # of the student, from a learning management system

    @property
    def status(self):
        if not self.marks:
            return "not graded"
        return "needs marking" if self.waits else "graded"


def row(student, marks, points, reason):
    """A student's line, from the mark of each cell."""
    totals = {}
    for question in points:  # there are also cells to fill in that earn nothing
        parts = [mark for grade_id, mark in marks.items() if question_of(grade_id) == question]
        unknown = any(mark.score is None and mark.waits for mark in parts)
        totals[question] = None if unknown else sum(mark.score or 0.0 for mark in parts)
    return Row(student, totals, any(mark.waits for mark in marks.values()), reason)


def marks_table(rows, points):
    """The table as text. Names and reasons come from students: none is run as a formula."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["student", "id", *points, "total", "max", "status", "reason"])
    maximum = number(sum(points.values()))
    for row in rows:
        marks = [number(row.marks.get(question)) for question in points]
        total = number(sum(filter(None, row.marks.values()))) if row.marks else ""
        student, reason = as_text(row.student), as_text(row.reason)
        writer.writerow([student, row.number, *marks, total, maximum, row.status, reason])
    return table.getvalue()


def number(value):
    return "" if value is None else f"{value:g}"


def as_text(value):
    """What a spreadsheet would run as a formula gets a quote before it."""
    return f"'{value}" if value.lstrip().startswith(("=", "+", "-", "@")) else value
