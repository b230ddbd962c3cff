"""Answers as Python files, for a tool that looks for copies."""

import pytest

from grading.toy_course import PARTLY, RIGHT, hand_in
from tools.answers import write_answers
from tools.homework import HomeworkError


def test_each_students_own_code_is_written_and_nothing_else(course, assignment, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    for name, answers in {"Ada": RIGHT, "Bob Doe": PARTLY}.items():
        (tmp_path / "in" / f"{name}.ipynb").write_text(hand_in(assignment.released, answers))
    (tmp_path / "in" / "Cy.ipynb").write_text("%PDF")

    assert write_answers(tmp_path / "in", "toy", tmp_path / "out", course) == 2
    assert "left out: Cy: the file is not a notebook" in capsys.readouterr().out
    written = {p.relative_to(tmp_path / "out").as_posix(): p.read_text()
               for p in (tmp_path / "out").rglob("*.py")}  # fmt: skip
    assert len(written) == 4
    assert RIGHT["q1"] in written["students/Ada/toy.py"]
    assert "check_array" not in written["students/Ada/toy.py"], "a test is not the student's"
    assert "BEGIN SOLUTION" in written["solutions/toy.py"]
    assert "NotImplementedError" in written["handed-out/toy.py"]


def test_an_unknown_assignment_is_named(course, tmp_path):
    with pytest.raises(HomeworkError, match="no assignment 'hw99'"):
        write_answers(tmp_path, "hw99", tmp_path / "out", course)
