"""The class's gradebook: nothing is lost, nothing is done twice, and a hand's marks stay."""

import multiprocessing
import random
import shutil
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import replace

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.server_extensions.formgrader.handlers import template_path
from traitlets.config import PyFileConfigLoader

from grading.quick import Here, quick_grade
from grading.toy_course import GUESSED, POINTS, RIGHT, hand_in, hidden, make_course, marks
from tools import grade
from tools.grading import worker
from tools.grading.assignment import prepare
from tools.grading.folder import class_seed, locked
from tools.grading.record import Record
from tools.homework import HomeworkError

OTHER_TEST = hidden("assert clamp(1.5, 0, 3) == 1, 'it should be 1'")  # of q1: GUESSED passes


@pytest.fixture(scope="module", autouse=True)
def graded_by_worker():
    """The students that the worker was asked to grade, and for which questions; it is quick."""
    calls, prepared = [], {}

    def count(student, notebook, assignment, **options):
        calls.append((student, options.get("questions")))
        return quick_grade(student, notebook, assignment, **options)

    def prepare_once(name, course, seed, sandbox):
        source = (course / "solutions" / name / f"{name}.ipynb").read_text()
        if (name, source) not in prepared:
            prepared[name, source] = prepare(name, course)
        return replace(prepared[name, source], seed=seed, sandbox=sandbox)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "grade", count)
        patch.setattr(grade, "prepare", prepare_once)
        yield calls


class Class:
    """A course of its own, submissions to it, and what grading makes of them."""

    def __init__(self, root):
        self.course = make_course(root / "course")
        self.output, self.folder = root / "grades", root / "submissions"
        self.folder.mkdir()

    def change(self, **cells):
        make_course(self.course, **cells)

    def hand_in(self, student, answers, assignment):
        (self.folder / f"{student}.ipynb").write_text(hand_in(assignment.released, answers))

    def grade(self, **options):
        """Grade; return (marks, status, reason) by student."""
        rows = grade.grade_folder(
            self.folder, "toy", self.output, self.course, engine=Here(), **options
        )
        return {row.student: (row.marks, row.status, row.reason) for row in rows}

    def page(self, student):
        return (self.output / "toy" / "feedback" / f"{student}.html").read_text()

    @property
    def table(self):
        return (self.output / "toy" / "marks.csv").read_text(encoding="utf-8-sig")

    @contextmanager
    def book(self):
        with Gradebook(f"sqlite:///{self.output / 'gradebook.db'}", "rnncourse") as book:
            yield book
            book.db.commit()

    def mark_by_hand(self, student, score, comment=None):
        """What formgrader does when an instructor types a mark."""
        with self.book() as book:
            mark = book.find_grade("q6", "toy", "toy", student)
            mark.manual_score, mark.needs_manual_grade = score, False
            book.find_comment("q6", "toy", "toy", student).manual_comment = comment


@pytest.fixture(scope="module")
def once(tmp_path_factory, assignment, graded_by_worker):
    """A class that was graded: ada right, bob wrong, cy blank, and a file that is no notebook."""
    group = Class(tmp_path_factory.mktemp("class"))
    group.hand_in("ada", RIGHT, assignment)
    group.hand_in("bob", GUESSED, assignment)
    group.hand_in("cy", {}, assignment)
    (group.folder / "dan.ipynb").write_text("no notebook")
    group.results = group.grade()
    return group


@pytest.fixture
def group(once, tmp_path, graded_by_worker):
    """The same in a folder of its own, to go on with."""
    for name in ("course", "grades", "submissions"):
        shutil.copytree(once.output.parent / name, tmp_path / name)
    again = Class.__new__(Class)
    again.course, again.output = tmp_path / "course", tmp_path / "grades"
    again.folder = tmp_path / "submissions"
    graded_by_worker.clear()
    return again


def test_what_each_got(once):
    results = once.results
    assert results["ada"] == (marks(), "needs marking", "")
    assert results["bob"] == (marks(q1=1), "needs marking", "")
    assert results["cy"] == (dict.fromkeys(POINTS, 0), "graded", "")
    assert results["dan"][1] == "not graded"


def test_the_gradebook_is_nbgraders_own(once):
    with once.book() as book:
        assert {student.id for student in book.students} == {"ada", "bob", "cy"}
        submission = book.find_submission("toy", "bob")
        assert (submission.score, submission.max_score) == (13, 17)
        assert submission.needs_manual_grade
        assert book.find_grade("q1-hidden", "toy", "toy", "bob").auto_score == 0
        comments = {
            c.name: c.comment for c in book.find_submission_notebook("toy", "toy", "cy").comments
        }
    assert comments == dict.fromkeys(POINTS, "No response.")
    notebook = nbformat.read(once.output / "autograded" / "bob" / "toy" / "toy.ipynb", 4)
    assert ", 1.0, 2.5) should be " in str([cell.get("outputs") for cell in notebook.cells])


def test_formgrader_can_show_the_folder_and_runs_nothing_in_it(group, assignment):
    evil = '<script>steal()</script><img src="data:,x" onerror="steal()">'
    evil += "\n\n[x](javascript:steal())"
    group.hand_in("eve", RIGHT | {"title": evil, "q6": f"*Because* {evil}"}, assignment)
    group.grade()
    settings = PyFileConfigLoader("nbgrader_config.py", str(group.output)).load_config()
    courses = NbGraderAPI(CourseDirectory(config=settings, root=str(group.output)), config=settings)
    assert [(a["name"], a["max_score"]) for a in courses.get_assignments()] == [("toy", 17)]
    found = courses.get_notebook_submissions("toy", "toy")
    assert {f["student"]: f["score"] for f in found} == {"ada": 15, "bob": 13, "cy": 0, "eve": 15}

    settings.HTMLExporter.template_name = "formgrade"
    settings.HTMLExporter.extra_template_basedirs = [template_path]
    notebook = group.output / "autograded" / "eve" / "toy" / "toy.ipynb"
    about = {"index": 0, "total": 1, "base_url": ""}
    html, _ = HTMLExporter(config=settings).from_filename(str(notebook), resources=about)
    assert "<em>Because</em>" in html
    assert html.count("&lt;script&gt;steal()") == 2
    assert html.count('src="data:,x"') == 2
    for danger in ("<script>steal", "onerror", 'href="javascript'):
        assert danger not in html


def test_what_is_done_is_not_done_again(group, graded_by_worker):
    before, pages = group.table, {p: p.stat().st_mtime_ns for p in group.output.rglob("*.html")}
    group.grade()
    assert graded_by_worker == [("dan", [*POINTS])]  # what failed is tried again
    assert group.table == before
    assert {p: p.stat().st_mtime_ns for p in group.output.rglob("*.html")} == pages


def test_what_was_handed_in_anew_is_graded_anew(group, assignment, graded_by_worker):
    group.hand_in("bob", RIGHT, assignment)
    group.hand_in("dan", RIGHT, assignment)
    results = group.grade()
    assert [student for student, _ in graded_by_worker] == ["bob", "dan"]
    assert results["bob"][0]["q1"] == results["dan"][0]["q1"] == 3


def test_a_submission_that_became_unreadable_loses_its_marks_but_not_the_hands(group, assignment):
    group.mark_by_hand("ada", 1.5)
    (group.folder / "ada.ipynb").write_text("")
    assert group.grade()["ada"] == ({}, "not graded", "the file is empty: save the notebook again "
                                                      "and hand that in")  # fmt: skip
    assert not (group.output / "toy" / "feedback" / "ada.html").exists()
    with group.book() as book:
        assert book.find_submission("toy", "ada").score == 1.5
    group.hand_in("ada", RIGHT, assignment)
    assert group.grade()["ada"][0] == marks(q6=1.5)


def test_who_left_the_folder_leaves_the_pages_and_the_table(group):
    (group.folder / "bob.ipynb").unlink()
    assert set(group.grade()) == {"ada", "cy", "dan"}
    assert not (group.output / "toy" / "feedback" / "bob.html").exists()
    assert "bob" not in group.table


def test_marks_by_hand_are_taken_in_without_grading_again(group, graded_by_worker):
    group.mark_by_hand("ada", 1.5, "Well <put>.")
    results = group.grade()
    assert results["ada"] == (marks(q6=1.5), "graded", "")
    assert results["bob"][1] == "needs marking"
    assert "ada,,3,3,3,3,3,1.5,16.5,17,graded," in group.table
    assert "Well &lt;put&gt;." in group.page("ada")
    assert "1.5 of 2" in group.page("ada")
    assert {student for student, _ in graded_by_worker} == {"dan"}


def test_marks_by_hand_survive_grading_again(group, assignment):
    group.mark_by_hand("ada", 1.5, "Well put.")
    group.change(q1_visible="assert clamp(5, 0, 4) == 4")
    assert group.grade()["ada"] == (marks(q6=1.5), "graded", "")
    group.hand_in("ada", RIGHT | {"q6": "Another answer."}, assignment)
    results = group.grade()
    assert results["ada"] == (marks(q6=1.5), "needs marking", "")  # of the new one
    assert "Well put." in group.page("ada")


def test_one_question_is_graded_again_after_its_tests_were_mended(group, graded_by_worker):
    group.mark_by_hand("bob", 2)
    group.change(q1_hidden=OTHER_TEST, q3_visible="assert not shapes, 'other shapes'")
    results = group.grade(questions=["q1"])
    assert results["bob"][0] == marks(q6=2)
    assert results["ada"][0] == marks(q1=1)
    assert ("bob", ["q1"]) in graded_by_worker
    assert "other shapes" not in group.page("ada")
    assert "it should be 1" in group.page("ada")

    graded_by_worker.clear()
    assert group.grade(questions=["q1"]) == results
    assert {student for student, _ in graded_by_worker} == {"dan"}
    assert group.grade()["ada"][0] == marks(q1=1, q3=2)  # and now the other one


def test_who_cannot_be_regraded_keeps_the_marks(group, monkeypatch):
    def fails(student, *what, **options):
        if student == "bob":
            return worker.Result(student, reason="no luck")
        return quick_grade(student, *what, **options)

    group.change(q1_hidden=OTHER_TEST)
    with monkeypatch.context() as patch:
        patch.setattr(worker, "grade", fails)
        results = group.grade(questions=["q1"])
        assert results["bob"] == (marks(q1=1), "needs marking", "not regraded (q1): no luck")
    assert group.grade(questions=["q1"])["bob"] == (marks(), "needs marking", "")


def test_a_question_that_does_not_exist_is_named(group):
    with pytest.raises(HomeworkError, match="toy has no question q7, only q1, q2, q3, q4, q5, q6"):
        group.grade(questions=["q1", "q7"])


def test_cells_cannot_come_or_go_once_submissions_are_graded(group):
    source = group.course / "solutions" / "toy" / "toy.ipynb"
    source.write_text(source.read_text().replace('"q2-visible"', '"q2-shown"'))
    with pytest.raises(HomeworkError, match="were added, removed .*: q2-shown, q2-visible. Undo"):
        group.grade()


def test_another_assignment_may_join_the_gradebook(group, assignment):
    source = group.course / "solutions" / "toy"
    shutil.copytree(source, source.with_name("toy2"))
    (source.with_name("toy2") / "toy.ipynb").rename(source.with_name("toy2") / "toy2.ipynb")
    rows = grade.grade_folder(group.folder, "toy2", group.output, group.course, engine=Here())
    assert {row.student: row.marks.get("q1") for row in rows}["bob"] == 1
    with group.book() as book:
        assert {a.name for a in book.assignments} == {"toy", "toy2"}
        assert len(book.student_submissions("ada")) == 2
    assert group.grade()["bob"][0] == marks(q1=1)


def test_the_class_seed_is_drawn_once_and_decides(group, tmp_path, graded_by_worker):
    path = group.output / "class-seed"
    assert path.stat().st_mode & 0o077 == 0
    seed = path.read_text()
    assert seed.isdecimal()
    assert int(seed) > 2**64  # but for one chance in 2**64
    group.grade()
    assert path.read_text() == seed
    assert class_seed(tmp_path / "other") != seed
    graded_by_worker.clear()
    group.grade(seed=7)
    assert path.read_text() == "7"
    assert {student for student, _ in graded_by_worker} == {"ada", "bob", "cy", "dan"}


def test_two_graders_do_not_write_into_one_folder(group):
    before = group.table
    with locked(group.output), pytest.raises(HomeworkError, match="in use: another grader"):
        group.grade()
    assert group.table == before
    group.grade()


class Stop(BaseException):
    """In place of kill -9, at a moment of our choice."""


def stop(*_, **__):
    raise Stop


MOMENTS = {
    "before the marks": (Gradebook, "update_or_create_student"),
    "in the marks": (Record, "_note"),
    "after the marks": (grade, "write_pages"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_stopped_while_recording_it_goes_on(group, assignment, monkeypatch, moment):
    """What is on the disk at each moment is enough to go on from."""
    group.hand_in("ada", GUESSED, assignment)
    with monkeypatch.context() as patch:
        patch.setattr(*MOMENTS[moment], stop)
        with pytest.raises(Stop):
            group.grade()
    database = sqlite3.connect(group.output / "gradebook.db")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    with group.book() as book:
        score = book.find_grade("q1-hidden", "toy", "toy", "ada").auto_score
    assert score == (0 if moment == "after the marks" else 2)
    assert group.grade()["ada"][0] == marks(q1=1)


def test_killed_at_any_moment_it_ends_with_the_same_marks(once, assignment, tmp_path):
    """kill -9, again and again, each time when a little more was done."""
    folder = tmp_path / "submissions"
    folder.mkdir()
    for number in range(16):
        answers = [RIGHT, GUESSED, {}][number % 3]
        (folder / f"student {number}.ipynb").write_text(hand_in(assignment.released, answers))

    def start(output):
        what = (folder, "toy", output, once.course)
        context = multiprocessing.get_context("fork")  # the worker's stand-in goes along
        grader = context.Process(target=grade.grade_folder, args=what, kwargs={"engine": Here()})
        grader.start()
        return grader

    def finish(output):
        grader = start(output)
        grader.join()
        assert grader.exitcode == 0

    class_seed(tmp_path / "whole", 1)
    class_seed(tmp_path / "grades", 1)
    finish(tmp_path / "whole")
    output, rng = tmp_path / "grades", random.Random(0)
    for _ in range(4):
        grader, before = start(output), len(list(output.glob("autograded/*")))
        enough = before + rng.randint(1, 4)
        while grader.is_alive() and len(list(output.glob("autograded/*"))) < enough:
            time.sleep(0.005)
        time.sleep(rng.random() / 50)
        assert grader.is_alive()
        grader.kill()
        grader.join()
        database = sqlite3.connect(output / "gradebook.db")
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
    finish(output)

    def what_is_in(folder):
        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "rnncourse") as book:
            scores = {
                (student.id, grade.name): (grade.score, grade.needs_manual_grade)
                for student in book.students
                for submission in student.submissions
                for grade in submission.notebooks[0].grades
            }
        files = {p.relative_to(folder): p.read_bytes() for p in (folder / "toy").rglob("*.*")}
        return scores, files

    scores, files = what_is_in(output)
    assert (scores, files) == what_is_in(tmp_path / "whole")
    assert len(scores) == 16 * 11
    assert len(files) == 17
