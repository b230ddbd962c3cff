"""The grading tool, tried on a two-question assignment made here; hw2 has its own tests."""

import csv
import shutil

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import grade
from tools.homework import ROOT, HomeworkError, release

HIDDEN = """\
### BEGIN HIDDEN TESTS
assert double(21) == 42, "double(21) should be 42"
### END HIDDEN TESTS"""


def cell(kind, grade_id, source, points=None):
    """A cell with nbgrader's metadata: an answer, a test worth points, or a locked cell."""
    metadata = {
        "grade_id": grade_id,
        "schema_version": 3,
        "grade": kind == "test",
        "solution": kind == "answer",
        "locked": kind != "answer",
        "task": False,
    }
    if points is not None:
        metadata["points"] = points
    return new_code_cell(source, id=grade_id, metadata={"nbgrader": metadata})


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with one assignment, `toy`: q1 for 3 marks, q2 for 2."""
    root = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# Toy", id="title"),
            cell("given", "setup", "import math"),
            cell(
                "answer",
                "q1",
                "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION",
            ),
            cell("test", "q1-visible", "assert double(1) == 2", 1),
            cell("test", "q1-hidden", HIDDEN, 2),
            cell("answer", "q2", "### BEGIN SOLUTION\nanswer = 42\n### END SOLUTION"),
            cell("test", "q2-visible", "assert answer == 42", 2),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    (root / "solutions" / "toy").mkdir(parents=True)
    nbformat.write(notebook, root / "solutions" / "toy" / "toy.ipynb")
    return root


@pytest.fixture(scope="module")
def released(course, tmp_path_factory):
    return release("toy", tmp_path_factory.mktemp("release"), course) / "toy.ipynb"


def handed_in(released, answers=None, drop=(), copy=(), tag=None):
    """The released notebook with cells filled in, dropped, copied or all tagged, as text."""
    notebook = nbformat.read(released, as_version=4)
    for c in notebook.cells:
        c.source = (answers or {}).get(c.id, c.source)
        c.metadata["tags"] = [tag] if tag else []
    notebook.cells = [c for c in notebook.cells if c.id not in drop]
    copies = [c | {"id": f"{c.id}-copy"} for c in notebook.cells if c.id in copy]
    notebook.cells += map(nbformat.from_dict, copies)
    return nbformat.writes(notebook)


RIGHT = {"q1": "def double(x):\n    return x + x", "q2": "answer = 42"}
WARNS = """\
import sys
import warnings

def double(x):
    warnings.warn("slow")
    print("\\n", file=sys.stderr)
    return x + x
"""
REFRESH = '<meta http-equiv="refresh" content="0; url=data:,">'
MARKUP = {
    "title": f"# Toy\n\n{REFRESH}\n\n*markup* <script>1</script>\n\n|a|\n|-|\n|1|",
    "q2": f"from IPython.display import HTML\nanswer = 42\nHTML('{REFRESH}<b>bold</b>')",
}
OTHER = nbformat.writes(new_notebook(cells=[new_code_cell("1 + 1", id="a")]))


@pytest.fixture(scope="module")
def graded(course, released, tmp_path_factory):
    """Grade one folder that holds (nearly) every kind of submission, once for the module."""
    folder, output = tmp_path_factory.mktemp("submissions"), tmp_path_factory.mktemp("grades")
    files = {
        "right.ipynb": handed_in(released, RIGHT),
        "in a folder/toy.ipynb": handed_in(released, RIGHT),
        "Zoë [x] *.ipynb": handed_in(released, RIGHT),
        "untouched.ipynb": handed_in(released),
        "special.ipynb": handed_in(released, RIGHT | {"q1": "def double(x):\n    return 2"}),
        "warns.ipynb": handed_in(released, RIGHT | {"q1": WARNS}),
        "exits.ipynb": handed_in(released, RIGHT | {"q1": "def double(x):\n    raise SystemExit"}),
        "quotes.ipynb": handed_in(
            released, RIGHT | {"q1": "def double(x):\n    raise OSError(In[-1])"}
        ),
        "markup.ipynb": handed_in(released, RIGHT | MARKUP),
        "tests skipped.ipynb": handed_in(released, tag="skip-execution"),
        "no tests.ipynb": handed_in(released, RIGHT, drop={"q1-visible", "q1-hidden"}),
        "no setup.ipynb": handed_in(released, RIGHT, drop={"setup"}),
        "copied.ipynb": handed_in(released, RIGHT, copy={"q1"}),
        "saved by another editor.IPYNB": "\ufeff" + handed_in(released, RIGHT),
        "old format.ipynb": nbformat.writes(
            nbformat.convert(nbformat.reads(handed_in(released, RIGHT), 4), 3), version=3
        ),
        "dead kernel.ipynb": handed_in(released, RIGHT | {"q1": "import os\nos._exit(1)"}),
        "no answer.ipynb": handed_in(released, RIGHT, drop={"q2"}),
        "not json.ipynb": "%PDF-1.7",
        "not a notebook.ipynb": "[1, 2]",
        "empty.ipynb": "",
        "another.ipynb": OTHER,
        "renamed/homework.ipynb": handed_in(released, RIGHT),
        "essay.docx": "words",
        "twice.ipynb": handed_in(released, RIGHT),
        "twice/toy.ipynb": handed_in(released, RIGHT),
        ".DS_Store": "",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (output / "toy" / "feedback").mkdir(parents=True)
    (output / "toy" / "feedback" / "empty.html").write_text("of an earlier run")
    (output / "toy" / "feedback" / "left the course.html").write_text("of an earlier run")
    (output / "toy" / "marks.csv").write_text("of an earlier run")
    before = grade_files(folder)
    grade.grade_folder(folder, "toy", output, course)
    assert grade_files(folder) == before, "grading changed the folder of submissions"
    return output / "toy"


def grade_files(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def rows(graded):
    with open(graded / "marks.csv", encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    ("student", "q1", "q2", "reason"),
    [
        ("right", "3", "2", ""),
        ("in a folder", "3", "2", ""),
        ("Zoë [x] *", "3", "2", ""),
        ("untouched", "0", "0", ""),
        ("special", "1", "2", ""),
        ("warns", "3", "2", ""),
        ("exits", "0", "2", ""),
        ("quotes", "0", "2", ""),
        ("markup", "3", "2", ""),
        ("no tests", "3", "2", ""),
        ("tests skipped", "0", "0", ""),
        ("no setup", "3", "2", "cells were deleted: setup"),
        ("saved by another editor", "3", "2", ""),
        ("old format", "3", "2", ""),
    ],
)
def test_marks(rows, student, q1, q2, reason):
    row = rows[student]
    assert (row["q1"], row["q2"], row["reason"]) == (q1, q2, reason)
    assert row["total"] == str(int(q1) + int(q2))
    assert (row["max"], row["status"]) == ("5", "graded")


@pytest.mark.parametrize(
    ("student", "reason"),
    [
        ("dead kernel", "Kernel died"),
        ("copied", "cells are there more than once: q1; keep one each"),
        ("no answer", "answer cells were deleted: q2"),
        ("not json", "not a notebook"),
        ("not a notebook", "not a notebook"),
        ("empty", "not a notebook"),
        ("another", "has none of the cells of toy"),
        ("renamed", "no toy.ipynb in the folder renamed (found: homework.ipynb)"),
        ("essay", "essay.docx is not a notebook"),
        ("twice", "more than once"),
    ],
)
def test_a_broken_submission_is_reported_and_stops_nothing(rows, graded, student, reason):
    row = rows[student]
    assert row["status"] == "not graded"
    assert reason in row["reason"]
    assert row["q1"] == row["q2"] == row["total"] == ""
    assert not (graded / "feedback" / f"{student}.html").exists()


def test_every_submission_has_one_line_and_nothing_partial_stays(rows, graded):
    assert len(rows) == 24
    assert [p.name for p in graded.rglob(".*")] == []


def test_no_page_of_an_earlier_run_stays_and_others_may_read_the_pages(graded):
    assert not (graded / "feedback" / "left the course.html").exists()
    assert (graded / "feedback" / "right.html").stat().st_mode & 0o044 == 0o044


def test_feedback_shows_the_message_of_a_hidden_test_but_not_the_test(graded):
    html = (graded / "feedback" / "special.html").read_text(encoding="utf-8")
    assert "double(21) should be 42" in html
    assert "HIDDEN TESTS" not in html
    assert "assert" not in html.split("Hidden tests")[1].split("Your answer")[0]


def test_feedback_withholds_a_message_that_quotes_a_hidden_test(graded):
    html = (graded / "feedback" / "quotes.html").read_text(encoding="utf-8")
    visible, hidden = html.split("Hidden tests")
    assert "OSError: assert double(1) == 2" in visible
    assert "message is withheld" in hidden
    assert "double(21)" not in html


def test_feedback_keeps_markdown_and_shows_other_html_as_text(graded):
    html = (graded / "feedback" / "markup.html").read_text(encoding="utf-8")
    assert "<h1>Toy" in html
    assert "<em>markup</em>" in html
    assert "<td>1</td>" in html
    assert "<b>bold</b>" in html
    assert '<meta http-equiv="refresh"' not in html
    assert html.count("&lt;meta http-equiv") >= 2  # from the Markdown and from the output
    assert "<script" not in html


def test_an_endless_loop_costs_its_own_question_and_is_explained(course, released, tmp_path):
    loop = RIGHT | {"q1": "def double(x):\n    while x == 21:\n        pass\n    return 2 * x"}
    (tmp_path / "submissions").mkdir()
    (tmp_path / "submissions" / "loop.ipynb").write_text(handed_in(released, loop))
    [result] = grade.grade_folder(tmp_path / "submissions", "toy", tmp_path, course, timeout=5)
    assert result.marks == {"q1": 1, "q2": 2}
    assert result.reason == "out of time: q1"
    assert "is there an endless loop?" in result.feedback


def test_links_are_refused(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "toy.ipynb").write_text("hers")
    (tmp_path / "bob.ipynb").symlink_to(tmp_path / "ada" / "toy.ipynb")
    (tmp_path / "cy").symlink_to(tmp_path / "ada")
    (tmp_path / "dan").mkdir()
    (tmp_path / "dan" / "toy.ipynb").symlink_to(tmp_path / "ada" / "toy.ipynb")
    (tmp_path / "eve.ipynb").symlink_to(tmp_path / "nowhere")
    found = {
        student: (notebook, reason) for student, notebook, reason in grade.collect(tmp_path, "toy")
    }
    assert found.pop("ada") == (tmp_path / "ada" / "toy.ipynb", "")
    assert set(found) == {"bob", "cy", "dan", "eve"}
    for notebook, reason in found.values():
        assert notebook is None
        assert "link" in reason


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1"])
def test_no_cell_of_the_marks_is_a_formula(text):
    table = grade.marks_table([grade.Result(text, reason=text)], {"q1": 3})
    _, row = csv.reader(table.splitlines())
    assert row == [f"'{text}", "", "", "3", "not graded", f"'{text}"]


def test_feedback_asks_no_other_host(graded):
    html = (graded / "feedback" / "right.html").read_text(encoding="utf-8")
    assert "http://" not in html
    assert "https://" not in html
    assert "default-src 'none'" in html  # nor may anything a student wrote


def test_a_missing_or_empty_folder_or_assignment_is_named(course, tmp_path):
    with pytest.raises(HomeworkError, match="no folder"):
        grade.grade_folder(tmp_path / "nowhere", "toy", tmp_path, course)
    (tmp_path / "empty").mkdir()
    with pytest.raises(HomeworkError, match="no submissions"):
        grade.grade_folder(tmp_path / "empty", "toy", tmp_path, course)
    with pytest.raises(HomeworkError, match=r"no assignment 'hw99'.*known: toy"):
        grade.grade_folder(tmp_path, "hw99", tmp_path, course)


def test_a_grader_that_cannot_grade_says_so(course, released, tmp_path):
    broken = tmp_path / "course"
    shutil.copytree(course, broken)
    source = broken / "solutions" / "toy" / "toy.ipynb"
    source.write_text(source.read_text().replace('"python3"', '"no such kernel"'))
    (tmp_path / "submissions").mkdir()
    (tmp_path / "submissions" / "ada.ipynb").write_text(handed_in(released, RIGHT))
    with pytest.raises(HomeworkError, match="nothing can be graded here.*no such kernel"):
        grade.grade_folder(tmp_path / "submissions", "toy", tmp_path / "grades", broken)


def test_the_command_fails_only_when_it_could_not_grade(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit) as stop:
        grade.main([str(tmp_path / "nowhere")])
    assert "error: there is no folder" in str(stop.value)

    results = [grade.Result("ada", {"q1": 3.0}), grade.Result("bob", reason="not a notebook")]
    monkeypatch.setattr(grade, "grade_folder", lambda *args, **options: results)
    grade.main([str(tmp_path)])
    out = capsys.readouterr().out
    assert "not graded: bob: not a notebook" in out
    assert "1 of 2 graded" in out


def test_a_file_is_whole_or_absent(tmp_path):
    path = tmp_path / "marks.csv"
    grade.write_whole(path, "first")
    with pytest.raises(UnicodeEncodeError):
        grade.write_whole(path, "\udc80")
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]
