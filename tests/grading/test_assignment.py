"""What grading reads off an assignment in solutions/."""

import importlib
import subprocess
import sys
from dataclasses import replace

import pytest

import tools.grading
from grading.toy_course import POINTS, make_course
from tools.grading.assignment import prepare
from tools.grading.withheld import folder_of
from tools.homework import ROOT, HomeworkError


def test_fingerprints_tell_which_question_changed(assignment, tmp_path):
    before = assignment.fingerprints()

    def differ(other, timeout=None):
        after = other.fingerprints(timeout)
        return {question for question in before if before[question] != after[question]}

    def changed(**cells):
        return differ(prepare("toy", make_course(tmp_path / "course", **cells)))

    assert differ(replace(assignment)) == set()
    assert differ(replace(assignment, seed="1")) == differ(assignment, timeout=5) == {*POINTS}
    assert changed(title="# Other words") == set()
    assert changed(q2_visible="assert running_mean") == {"q2"}
    assert changed(setup="import cmath") == {*POINTS}


def test_another_notebook_or_one_of_another_name_is_refused(tmp_path):
    folder = make_course(tmp_path) / "solutions" / "toy"
    (folder / "more.ipynb").write_bytes((folder / "toy.ipynb").read_bytes())
    with pytest.raises(HomeworkError, match="one notebook, toy.ipynb: see more.ipynb"):
        prepare("toy", tmp_path)
    (folder / "toy.ipynb").unlink()
    with pytest.raises(HomeworkError, match="see more.ipynb, toy.ipynb"):
        prepare("toy", tmp_path)


def test_only_a_package_can_be_withheld():
    assert folder_of("json").name == "json"
    assert folder_of("no_such_package") is None
    with pytest.raises(ValueError, match="textwrap is a single module"):
        folder_of("textwrap")


def test_where_there_is_no_sandbox_the_message_says_so(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(ImportError, match="graded on Linux.*; this is darwin"):
        importlib.reload(tools.grading)


def test_homework_is_released_and_checked_everywhere():
    program = """
import sys
sys.modules |= dict.fromkeys(["fcntl", "resource"])  # which are not on Windows
import rnncourse.homework, tools.homework
assert "tools.grading" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
