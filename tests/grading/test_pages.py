"""What students and instructors get to read: feedback pages and the table of marks."""

import csv

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell

from grading.quick import quick_grade
from grading.toy_course import GUESSED, Q1_HIDDEN, hand_in
from tools.grading import feedback, report
from tools.grading.record import Mark


@pytest.fixture(scope="module")
def result(assignment):
    return quick_grade("ada", hand_in(assignment.released, GUESSED).encode(), assignment)


def page_of(result, comments=None, **scores):
    marks = result.scores | {name.replace("_", "-"): score for name, score in scores.items()}
    marks = {name: (score, (comments or {}).get(name)) for name, score in marks.items()}
    return feedback.page("Ada <L>", "toy", result.notebook, marks)


def total_of(html):
    return html.split('<th scope="row">total</th>')[1].split("</tr>")[0].split()


def test_marks_by_hand_and_comments_are_shown(result):
    html = page_of(result, {"q6": "Well <b>put</b>."}, q6=1.5)
    assert "<td>14.5</td>" in total_of(html)
    assert "<span>1.5 of 2</span>" in html
    assert "Well &lt;b&gt;put&lt;/b&gt;." in html
    assert "Ada &lt;L&gt;" in html
    assert "<L>" not in html


def test_what_waits_for_a_hand_says_so(result):
    html = page_of(result)
    assert html.count("not marked yet") == 3  # in the table, in its last line, at the answer
    assert "<span>not marked yet of 2</span>" in html


def test_a_mark_scheme_is_not_shown(result):
    notebook = nbformat.reads(result.notebook, 4)
    about = {
        "grade": False,
        "solution": False,
        "locked": True,
        "task": True,
        "points": 5,
        "grade_id": "q7",
    }
    text = "Discuss.\n=== BEGIN MARK SCHEME ===\none mark for secrets\n=== END MARK SCHEME ==="
    notebook.cells.append(new_markdown_cell(text, metadata={"nbgrader": about}))
    marks = {name: (score, None) for name, score in result.scores.items()} | {"q7": (5, "Yes!")}
    html = feedback.page("ada", "toy", nbformat.writes(notebook), marks)
    assert "Discuss." in html
    assert "secrets" not in html
    assert "MARK SCHEME" not in html
    assert "<span>5 of 5</span>" in html
    assert "Yes!" in html


def test_feedback_withholds_a_message_that_quotes_a_hidden_test(result):
    notebook = nbformat.reads(result.notebook, 4)
    [failed] = [cell for cell in notebook.cells if cell.get("outputs")]
    failed.outputs[0].evalue = Q1_HIDDEN.splitlines()[-1]
    html = feedback.page("ada", "toy", nbformat.writes(notebook), {})
    assert "answers = map(" not in html
    assert Q1_HIDDEN.splitlines()[-1][:30] not in html
    assert "message is withheld" in html


def test_a_notebook_that_cannot_be_shown_still_gets_its_marks(result, monkeypatch):
    def show(notebook, about):
        if "Toy" in notebook.cells[0].source:
            raise RecursionError
        return to_html(notebook, about)

    to_html = feedback.to_html
    monkeypatch.setattr(feedback, "to_html", show)
    html = page_of(result)
    assert "<h1>Toy" not in html
    assert "cannot be shown" in html
    assert "<td>1</td><td>3</td>" in "".join(html.split())


def table(*rows):
    return list(csv.reader(report.marks_table(rows, {"q1": 3, "q2": 2}).splitlines()))


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", " =1", "\n=1"])
def test_no_cell_of_the_marks_is_a_formula(text):
    row = report.marks_table([report.Row(text, reason=text)], {"q1": 3}).split("\n", 1)[1]
    [row] = csv.reader([row])
    assert row == [f"'{text}", "", "", "", "3", "not graded", f"'{text}"]


def test_the_lines_of_the_table():
    points = {"q1": 3, "q2": 2}
    rows = [
        report.row("ada", {"q1-a": Mark(1.5), "q1-b": Mark(1), "q2": Mark(2)}, points, "late"),
        report.row("bob", {"q1-a": Mark(1), "q1": Mark(None), "q2": Mark(None, True)}, points, ""),
        report.row("cy", {"q1": Mark(1), "q2": Mark(2, True), "warm-up": Mark(None)}, points, ""),
        report.Row("dan", reason="empty", number="12345"),
    ]
    assert table(*rows) == [
        ["student", "id", "q1", "q2", "total", "max", "status", "reason"],
        ["ada", "", "2.5", "2", "4.5", "5", "graded", "late"],
        ["bob", "", "1", "", "1", "5", "needs marking", ""],
        ["cy", "", "1", "2", "3", "5", "needs marking", ""],
        ["dan", "12345", "", "", "", "5", "not graded", "empty"],
    ]
