"""The whole command, from a folder of submissions to marks and pages, on a small course."""

import csv

import pytest

from grading.quick import Here, quick_grade
from grading.toy_course import CANARY, GUESSED, POINTS, RIGHT, hand_in, marks
from tools import grade
from tools.grading.report import Row
from tools.homework import HomeworkError

WARNS = """\
import sys
import warnings

def clamp(x, low, high):
    warnings.warn("slow")
    print("\\n", file=sys.stderr)
    return max(low, min(x, high))
"""
DIES = """\
import os

def clamp(x, low, high):
    if low == 1:  # in the hidden test
        os._exit(0)
    return max(low, min(x, high))
"""
LOOPS = """\
def clamp(x, low, high):
    while low == 1:  # in the hidden test
        pass
    return max(low, min(x, high))
"""
REFRESH = '<meta http-equiv="refresh" content="0; url=data:,">'
MARKUP = {
    "title": f"# Toy\n\n{REFRESH}\n\n*markup* <script>1</script>\n\n|a|\n|-|\n|1|",
    "q3": f"{RIGHT['q3']}\nfrom IPython.display import HTML\nHTML('{REFRESH}<b>bold</b>')",
}


def submissions(assignment):
    """Files of each kind that asks for a kernel, and some that do not get so far."""

    def answered(**answers):
        return hand_in(assignment.released, RIGHT | answers)

    return {
        "right.ipynb": answered(),
        "in a folder/toy.ipynb": answered(),
        "renamed/homework.ipynb": answered(),
        "Zoë [x] *.ipynb": answered(),
        "untouched.ipynb": hand_in(assignment.released),
        "special.ipynb": answered(**GUESSED),
        "warns.ipynb": answered(q1=WARNS),
        "exits.ipynb": answered(q1="def clamp(x, low, high):\n    raise SystemExit"),
        "dies.ipynb": answered(q1=DIES),
        "markup.ipynb": answered(**MARKUP),
        "no setup.ipynb": hand_in(assignment.released, RIGHT, drop={"setup"}),
        "not json.ipynb": "%PDF-1.7",
        "essay.docx": "words",
        "twice.ipynb": answered(),
        "twice/toy.ipynb": answered(),
        ".DS_Store": "",
    }


@pytest.fixture(scope="module")
def graded(course, assignment, tmp_path_factory):
    """The output folder after one run of all cores over all submissions."""
    folder, output = tmp_path_factory.mktemp("submissions"), tmp_path_factory.mktemp("grades")
    for name, text in submissions(assignment).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (output / "toy" / "feedback").mkdir(parents=True)
    (output / "toy" / "feedback" / "left the course.html").write_text("of an earlier run")
    (output / "toy" / "marks.csv").write_text("of an earlier run")
    before = files_in(folder)
    grade.grade_folder(folder, "toy", output, course)
    assert files_in(folder) == before, "grading changed the folder of submissions"
    return output / "toy"


def files_in(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def rows(graded):
    with open(graded / "marks.csv", encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    ("student", "expected", "reason"),
    [
        ("right", marks(), ""),
        ("in a folder", marks(), ""),
        ("renamed", marks(), "the file was called homework.ipynb"),
        ("Zoë [x] *", marks(), ""),
        ("untouched", dict.fromkeys(POINTS, 0), ""),
        ("special", marks(q1=1), ""),
        ("warns", marks(), ""),
        ("exits", marks(q1=0), ""),
        ("dies", marks(q1=1), ""),
        ("markup", marks(), ""),
        ("no setup", marks(), "cells were deleted and put back: setup"),
    ],
)
def test_marks(rows, student, expected, reason):
    row = rows[student]
    assert {q: float(row[q]) if row[q] else None for q in POINTS} == expected
    assert row["total"] == str(sum(filter(None, expected.values())))
    assert row["max"] == "17"
    assert row["status"] == ("graded" if student == "untouched" else "needs marking")
    assert row["reason"] == reason


@pytest.mark.parametrize(
    ("student", "reason"),
    [
        ("not json", "not a notebook"),
        ("essay", "no notebook toy.ipynb (found: essay.docx)"),
        ("twice", "more than once"),
    ],
)
def test_a_broken_submission_is_reported_and_stops_nothing(rows, graded, student, reason):
    row = rows[student]
    assert row["status"] == "not graded"
    assert reason in row["reason"]
    assert {row[name] for name in (*POINTS, "total")} == {""}
    assert not (graded / "feedback" / f"{student}.html").exists()


def test_every_submission_has_one_line_and_nothing_partial_stays(rows, graded):
    assert len(rows) == 14
    assert [p.name for p in graded.rglob(".*")] == []


def test_no_page_of_an_earlier_run_stays_and_others_may_read_the_pages(graded):
    assert not (graded / "feedback" / "left the course.html").exists()
    assert (graded / "feedback" / "right.html").stat().st_mode & 0o044 == 0o044
    assert len(list((graded / "feedback").iterdir())) == 11


def test_feedback_shows_the_message_of_a_hidden_test_but_not_the_test(graded):
    html = (graded / "feedback" / "special.html").read_text(encoding="utf-8")
    assert ", 1.0, 2.5) should be " in html
    assert "HIDDEN TESTS" not in html
    assert CANARY not in html
    assert "assert" not in html.split("Hidden tests")[1].split("Your answer")[0]


def test_feedback_keeps_markdown_and_shows_other_html_as_text(graded):
    html = (graded / "feedback" / "markup.html").read_text(encoding="utf-8")
    assert "<h1>Toy" in html
    assert "<em>markup</em>" in html
    assert "<td>1</td>" in html
    assert "<b>bold</b>" in html
    assert '<meta http-equiv="refresh"' not in html
    assert html.count("&lt;meta http-equiv") >= 2  # from the Markdown and from the output
    assert "<script" not in html


def test_feedback_asks_no_other_host(graded):
    html = (graded / "feedback" / "right.html").read_text(encoding="utf-8")
    assert "http://" not in html
    assert "https://" not in html
    assert "default-src 'none'" in html  # nor may anything a student wrote


def test_an_endless_loop_costs_its_own_question_and_is_explained(course, assignment, tmp_path):
    loop = RIGHT | {"q1": LOOPS}
    (tmp_path / "submissions").mkdir()
    (tmp_path / "submissions" / "loop.ipynb").write_text(hand_in(assignment.released, loop))
    [row] = grade.grade_folder(
        tmp_path / "submissions", "toy", tmp_path, course, timeout=3, engine=Here()
    )
    assert row.marks == marks(q1=1)
    assert row.reason == "out of time: q1"
    page = (tmp_path / "toy" / "feedback" / "loop.html").read_text(encoding="utf-8")
    assert "is there an endless loop?" in page


def test_without_bubblewrap_nothing_is_graded_and_the_message_says_what_to_do(
    course, assignment, tmp_path, monkeypatch
):
    (tmp_path / "ada.ipynb").write_text(hand_in(assignment.released, RIGHT))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("tools.grading.sandbox._servers", {})
    monkeypatch.setattr(grade, "prepare", lambda *args: assignment)
    with pytest.raises(HomeworkError, match=r"bubblewrap is missing(.|\n)*--unsafe-no-sandbox"):
        grade.grade_folder(tmp_path, "toy", tmp_path / "grades", course, engine=Here())
    assert not (tmp_path / "grades" / "toy").exists()


def test_without_the_sandbox_marks_are_the_same_and_the_table_says_so(
    course, assignment, tmp_path, monkeypatch
):
    monkeypatch.setenv("RNNCOURSE_CLASS_SEED", "0")  # which the grader then sets
    (tmp_path / "in").mkdir()
    for name, answers in {"ada": RIGHT, "bob": GUESSED}.items():
        (tmp_path / "in" / f"{name}.ipynb").write_text(hand_in(assignment.released, answers))
    options = {"engine": Here(), "sandbox": False}
    ada, bob = grade.grade_folder(tmp_path / "in", "toy", tmp_path / "out", course, **options)
    assert (ada.marks, bob.marks) == (marks(), marks(q1=1))
    assert ada.reason == bob.reason == "graded without a sandbox"


def test_a_missing_or_empty_folder_or_assignment_is_named(course, tmp_path):
    with pytest.raises(HomeworkError, match="no folder"):
        grade.grade_folder(tmp_path / "nowhere", "toy", tmp_path, course)
    (tmp_path / "empty").mkdir()
    with pytest.raises(HomeworkError, match="no submissions"):
        grade.grade_folder(tmp_path / "empty", "toy", tmp_path, course)
    with pytest.raises(HomeworkError, match=r"no assignment 'hw99'.*known: toy"):
        grade.grade_folder(tmp_path, "hw99", tmp_path, course)


def test_a_grader_that_cannot_grade_says_so(course, assignment, tmp_path, monkeypatch):
    (tmp_path / "submissions").mkdir()
    (tmp_path / "submissions" / "ada.ipynb").write_text(hand_in(assignment.released, RIGHT))
    monkeypatch.setattr(grade.worker, "autograde", lambda *_: 1 / 0)
    with pytest.raises(HomeworkError, match="not even an untouched toy: .*ZeroDivisionError"):
        grade.grade_folder(
            tmp_path / "submissions", "toy", tmp_path / "grades", course, engine=Here()
        )


def test_the_command_fails_only_when_it_could_not_grade(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit) as stop:
        grade.main([str(tmp_path / "nowhere"), "--assignment", "hw2"])
    assert "error: there is no folder" in str(stop.value)

    for option in ("--workers", "--timeout"):
        with pytest.raises(SystemExit):
            grade.main([str(tmp_path), "--assignment", "hw2", option, "0"])
        assert f"{option}: invalid number value: '0'" in capsys.readouterr().err

    (tmp_path / "file").touch()
    (tmp_path / "ada.ipynb").touch()
    with pytest.raises(SystemExit) as stop:
        grade.main(
            [str(tmp_path), "--assignment", "hw2", "--output", str(tmp_path / "file" / "grades")]
        )
    assert "error: [Errno 20] Not a directory" in str(stop.value)

    rows = [
        Row("ada", {"q1": 3.0}),
        Row("bob", reason="not a notebook"),
        Row("cy", {"q1": 1.0}, waits=True),
    ]
    monkeypatch.setattr(grade, "grade_folder", lambda *args, **options: rows)
    grade.main([str(tmp_path), "--assignment", "hw2", "--question", "q1", "--question", "q2"])
    out = capsys.readouterr().out
    assert "not graded: bob: not a notebook" in out
    assert "2 of 3 graded" in out
    assert "1 wait for marks by hand" in out


def test_ctrl_c_says_how_far_it_came(course, assignment, tmp_path, monkeypatch):
    for name in ("ada", "bob", "cy"):
        (tmp_path / f"{name}.ipynb").write_text(hand_in(assignment.released, RIGHT))

    def interrupted(student, contents, assignment, **options):
        if student == "bob":
            raise KeyboardInterrupt
        return quick_grade(student, contents, assignment, **options)

    monkeypatch.setattr(grade.worker, "grade", interrupted)
    with pytest.raises(KeyboardInterrupt, match="1 of 3 were graded"):
        grade.grade_folder(tmp_path, "toy", tmp_path / "grades", course, engine=Here())
    monkeypatch.setattr(grade, "grade_folder", interrupt)
    with pytest.raises(SystemExit) as stop:
        grade.main([str(tmp_path), "--assignment", "hw2"])
    assert str(stop.value) == "stopped: 1 of 3 were graded; the same command goes on from here"


def interrupt(*_, **__):
    raise KeyboardInterrupt(": 1 of 3 were graded")
