"""The homework: exercises/ comes from solutions/ and leaks nothing, and the marks are fair."""

import csv
import os
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from itertools import takewhile
from pathlib import Path

import nbformat
import numpy as np
import pytest
from homework import HOMEWORK
from nbclient import NotebookClient
from nbgrader.api import Gradebook

import rnncourse
from tools import grade, homework
from tools.grading.assignment import prepare, question_of
from tools.grading.submission import SubmissionError, read_submission
from tools.homework import ROOT

QUESTIONS = [(name, q) for name, one in HOMEWORK.items() for q in one.POINTS]
# Plausible wrong answers: homework, question, what it misunderstands, and the change.
WRONG = [(name, q, *wrong) for name, q in QUESTIONS for wrong in HOMEWORK[name].WRONG[q]]
TOLD = [
    (name, q, *told)
    for name, one in HOMEWORK.items()
    for q, answers in one.TOLD.items()
    for told in answers
]
every_homework = pytest.mark.parametrize("name", HOMEWORK)
every_question = pytest.mark.parametrize(("name", "question"), QUESTIONS)


def test_each_homework_says_what_the_tests_need():
    assert list(HOMEWORK) == homework.assignments()
    for one in HOMEWORK.values():
        assert set(one.WRONG) == set(one.POINTS)
        assert {len(answers) for answers in one.WRONG.values()} == {3}


def solved(name):
    return nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4)


def released(name):
    return nbformat.reads(released_text(name), as_version=4)


def released_text(name):
    return (ROOT / "exercises" / name / f"{name}.ipynb").read_text(encoding="utf-8")


def answer(notebook, question):
    return next(cell for cell in notebook.cells if cell.id == question)


def change(notebook, question, old, new):
    cell = answer(notebook, question)
    assert cell.source.count(old) == 1, f"{question}: {old!r} should occur once in the solution"
    cell.source = cell.source.replace(old, new)


def with_wrong(name, which):
    """The solution with a wrong answer to some questions: {question: number in WRONG}."""
    notebook = solved(name)
    for question, number in which.items():
        change(notebook, question, *HOMEWORK[name].WRONG[question][number][1:])
    return notebook


def submissions(name):
    """Yield the name and notebook of each submission to grade."""
    one, crashing = HOMEWORK[name], solved(name)
    answer(crashing, "q2").source = "1 / 0"
    yield from [("perfect", solved(name)), ("crashing", crashing), ("untouched", released(name))]
    yield "partly-wrong", with_wrong(name, {q: number for q, (number, _) in one.PARTLY.items()})
    for number in range(3):
        yield f"wrong-{number}", with_wrong(name, dict.fromkeys(one.POINTS, number))


def expected_marks(name):
    """The marks that kinds of submission should get."""
    one = HOMEWORK[name]
    return {
        "perfect": one.POINTS,
        "crashing": one.POINTS | {"q2": 0},
        "untouched": dict.fromkeys(one.POINTS, 0),
        "partly-wrong": one.POINTS | {q: marks for q, (_, marks) in one.PARTLY.items()},
    }


@pytest.fixture(scope="module")
def marks_of(tmp_path_factory):
    """Marks by submission and question, from one run of the command in a foreign folder."""

    @cache
    def marks(name):
        folder = tmp_path_factory.mktemp(name)
        (folder / "submissions").mkdir()
        for student, notebook in submissions(name):
            nbformat.write(notebook, folder / "submissions" / f"{student}.ipynb")
        run = subprocess.run(
            [sys.executable, "-m", "tools.grade", "submissions", "--assignment", name],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        assert "Grading" not in run.stderr, "the progress bar is for a terminal"
        table = (folder / "grades" / name / "marks.csv").read_text(encoding="utf-8-sig")
        print(table)
        rows = {row["student"]: row for row in csv.DictReader(table.splitlines())}
        assert set(rows) == {path.stem for path in (folder / "submissions").iterdir()}
        questions = HOMEWORK[name].POINTS
        return {student: {q: float(row[q]) for q in questions} for student, row in rows.items()}

    return marks


@every_homework
def test_marks(marks_of, name):
    expected = expected_marks(name)
    assert {student: marks_of(name)[student] for student in expected} == expected


@every_homework
def test_a_wrong_answer_passes_no_hidden_test(marks_of, name):
    # One mark is for the visible tests, so more than one means that the hidden tests passed.
    passed = [
        what
        for question, answers in HOMEWORK[name].WRONG.items()
        for number, (what, *_) in enumerate(answers)
        if marks_of(name)[f"wrong-{number}"][question] > 1
    ]
    assert passed == []


def test_an_answer_that_never_ends_costs_its_own_question(tmp_path):
    notebook = solved("hw2")
    answer(notebook, "q4").source = "while True:\n    pass"
    answer(notebook, "q6").source = ""  # its training is no matter of seconds everywhere
    (tmp_path / "submissions").mkdir()
    nbformat.write(notebook, tmp_path / "submissions" / "loop.ipynb")
    [result] = grade.grade_folder(tmp_path / "submissions", "hw2", tmp_path, timeout=8)
    assert result.marks == HOMEWORK["hw2"].POINTS | {"q4": 0, "q6": 0}
    assert result.reason == "out of time: q4"


def is_marked(cell):
    return cell.metadata.get("nbgrader", {}).get("grade", False)


def is_written(cell):
    """Whether a cell asks for words, which are marked by hand."""
    return cell.metadata.get("nbgrader", {}).get("task", False)


def is_given(cell):
    """Whether answers and tests may use what a cell defines."""
    locked = cell.metadata.get("nbgrader", {}).get("locked", False)
    return locked and not is_marked(cell) and not is_written(cell)


class Asked:
    """The learner's side of one question, answered by the solution, perhaps with a change."""

    def __init__(self, name, question, old="", new=""):
        notebook = solved(name)
        if old:
            change(notebook, question, old, new)
        self.hidden = answer(notebook, f"{question}-hidden").source
        self.space, self.inputs = {"__name__": "homework"}, []
        for cell in takewhile(lambda cell: cell.id != question, notebook.cells):
            if is_given(cell):
                exec(cell.source, self.space)
        names = set(self.space)
        exec(answer(notebook, question).source, self.space)
        for name in set(self.space) - names:
            self.space[name] = self.noting(self.space[name])

    def noting(self, function):
        def noting_function(*arrays, **named):
            self.inputs.append(repr((arrays, named)))
            return function(*arrays, **named)

        return noting_function

    def trouble(self, seed):
        """What the hidden tests say in the class with this seed; "" when they pass."""
        self.inputs.clear()
        with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
            patch.setenv("RNNCOURSE_CLASS_SEED", str(seed))
            try:
                exec(self.hidden, self.space)
            except AssertionError as error:
                return str(error)
        return ""


def seeds(name, question):
    """The classes in which to try the hidden tests of a question."""
    return HOMEWORK[name].SEEDS.get(question, [0, 1, 2**127, *range(2, 19)])


@every_question
def test_the_solution_passes_in_every_class_and_each_class_has_its_own_inputs(name, question):
    asked = Asked(name, question)
    inputs = []
    for seed in seeds(name, question):
        assert asked.trouble(seed) == ""
        inputs.append(tuple(asked.inputs))
    assert len(set(inputs)) == len(inputs)
    assert len(inputs[0]) < 1500, "each call crosses from the tester to the student's process"


@pytest.mark.parametrize(("name", "question", "what", "old", "new"), WRONG)
def test_a_wrong_answer_passes_in_no_class(name, question, what, old, new):
    asked = Asked(name, question, old, new)
    assert all(asked.trouble(seed) for seed in seeds(name, question))


@pytest.mark.parametrize(("name", "question", "words", "old", "new"), TOLD)
def test_a_wrong_answer_is_told_what_it_did(name, question, words, old, new):
    assert words in Asked(name, question, old, new).trouble(seed=3)


def test_exercises_are_in_step_with_solutions():
    assert list(homework.out_of_step()) == [], "run make homework"


def test_a_change_or_a_stray_file_is_noticed_and_mended(tmp_path):
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    for folder in ("solutions", "exercises"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    assert list(homework.out_of_step(tmp_path)) == []
    changed = tmp_path / "exercises" / "hw2" / "hw2.ipynb"
    before = changed.read_bytes()
    changed.write_bytes(before.replace(b"Jordan", b"Jardon"))
    (tmp_path / "exercises" / "stray.txt").write_text("")
    assert list(homework.out_of_step(tmp_path)) == ["hw2/hw2.ipynb", "stray.txt"]
    homework.write_exercises(tmp_path)
    assert list(homework.out_of_step(tmp_path)) == []
    assert changed.read_bytes() == before


@pytest.mark.parametrize("own", [True, False], ids=["also on PATH", "not on PATH"])
def test_the_scripts_of_this_python_go_before_others(tmp_path, monkeypatch, own):
    others, scripts = tmp_path / "others", sysconfig.get_path("scripts")
    others.mkdir()
    shutil.copy(shutil.which("alembic", path=scripts), others)
    monkeypatch.setenv("PATH", os.pathsep.join([str(others), scripts] if own else [str(others)]))
    homework.release("hw2", tmp_path)
    assert Path(shutil.which("alembic")).parent == Path(scripts)


def test_a_source_without_cell_ids_is_refused(tmp_path):
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    shutil.copytree(ROOT / "solutions", tmp_path / "solutions")
    source = tmp_path / "solutions" / "hw2" / "hw2.ipynb"
    source.write_text(source.read_text().replace('"id": "title"', '"id": "how"'))
    with pytest.raises(homework.HomeworkError, match="each cell needs an id"):
        homework.release_all(tmp_path)


PARTS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")  # what learners do not get


def region(cell, name):
    """The lines between ### BEGIN and ### END, stripped."""
    lines, inside = [], False
    for line in cell.source.splitlines():
        if f"### BEGIN {name}" in line or f"### END {name}" in line:
            inside = "BEGIN" in line
        elif inside and line.strip():
            lines.append(line.strip())
    return lines


@every_homework
def test_no_solution_and_no_hidden_test_is_released(name):
    for marker in ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "MARK SCHEME"):
        assert marker not in released_text(name)
    # A line may also stand, rightly, where learners see it: in a locked cell or a visible test.
    cells = solved(name).cells
    regions = [region(c, part) for c in cells for part in PARTS]
    secret = {line for lines in regions for line in lines}
    public = {line.strip() for c in cells if not is_secret(c) for line in c.source.splitlines()}
    shown = {line.strip() for c in released(name).cells for line in c.source.splitlines()}
    assert secret - public, "the solution should hold lines of its own"
    assert shown & (secret - public) == set()
    assert all(not cell.get("outputs") for cell in released(name).cells)


def is_secret(cell):
    return "### BEGIN" in cell.source


@every_question
def test_each_question_has_an_answer_a_visible_and_a_hidden_test(name, question):
    cells = {cell.id: cell for cell in solved(name).cells}
    points = HOMEWORK[name].POINTS[question]
    tests = [cells[f"{question}-{kind}"] for kind in ("visible", "hidden")]
    assert [region(cell, "HIDDEN TESTS") != [] for cell in tests] == [False, True]
    assert [cell.metadata.nbgrader.points for cell in tests] == [1, points - 1]
    assert region(cells[question], "SOLUTION")
    assert f"({points} marks" in cells[f"{question}-task"].source


WRITTEN = [(name, cell.id) for name in HOMEWORK for cell in solved(name).cells if is_written(cell)]
every_written_answer = pytest.mark.parametrize(("name", "task"), WRITTEN)


def test_homework_5_has_a_written_answer():
    assert ("hw5", "q6-task") in WRITTEN


@every_written_answer
def test_a_written_answer_has_a_mark_scheme_and_a_cell_to_write_into(name, task):
    cells = {cell.id: cell for cell in solved(name).cells}
    assert region(cells[task], "MARK SCHEME")
    assert f"({cells[task].metadata.nbgrader.points} marks" in cells[task].source
    ids = [cell.id for cell in released(name).cells]
    following = released(name).cells[ids.index(task) + 1]
    assert (following.cell_type, "nbgrader" in following.metadata) == ("markdown", False)


@every_written_answer
def test_a_mark_given_by_hand_reaches_the_table_and_the_page(name, task, tmp_path):
    """As the page *For instructors* describes it, but for the browser."""
    notebook = solved(name)
    place = [cell.id for cell in notebook.cells].index(task) + 1
    notebook.cells[place].source = "Along c it is *f* alone."
    for cell in notebook.cells:  # for these marks, other answers are not needed
        cell.source = "" if cell.id in HOMEWORK[name].POINTS else cell.source
    (tmp_path / "submissions").mkdir()
    nbformat.write(notebook, tmp_path / "submissions" / "ada.ipynb")
    question, points = question_of(task), answer(notebook, task).metadata.nbgrader.points
    scheme = [line for line in region(answer(notebook, task), "MARK SCHEME") if len(line) > 20]

    def graded():
        [row] = grade.grade_folder(tmp_path / "submissions", name, tmp_path / "grades")
        page = (tmp_path / "grades" / name / "feedback" / "ada.html").read_text()
        assert "Along c it is <em>f</em> alone." in page
        assert not any(line in page for line in scheme)
        return row.status, row.marks[question], page

    status, mark, page = graded()
    assert (status, mark) == ("needs marking", None)
    assert "not marked yet" in page

    # What the formgrader shows, and what it writes when someone types a mark and a comment.
    shown = tmp_path / "grades" / "autograded" / "ada" / name / f"{name}.ipynb"
    assert "BEGIN MARK SCHEME" in answer(nbformat.read(shown, as_version=4), task).source
    with Gradebook(f"sqlite:///{tmp_path / 'grades' / 'gradebook.db'}", "rnncourse") as book:
        found = book.find_grade(task, name, name, "ada")
        found.manual_score, found.needs_manual_grade = points - 0.5, False
        book.find_comment(task, name, name, "ada").manual_comment = "And along h?"
        book.db.commit()

    status, mark, page = graded()
    assert (status, mark) == ("graded", points - 0.5)
    assert f"{points - 0.5} of {points}" in page
    assert "And along h?" in page


@every_homework
def test_the_questions_are_those_of_the_notebook(name):
    marked = {cell.id.split("-")[0] for cell in solved(name).cells if is_marked(cell)}
    assert marked == set(HOMEWORK[name].POINTS)


@every_homework
def test_an_untouched_notebook_stops_only_where_an_answer_is_missing(name):
    notebook = released(name)
    NotebookClient(notebook, kernel_name="python3", timeout=60, allow_errors=True).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    errors = [output.ename for output in outputs if output.output_type == "error"]
    assert set(errors) == {"NotImplementedError"}
    written = "".join(output.text for output in outputs if output.get("name") == "stderr")
    assert str(Path(rnncourse.__file__).parent) not in written, "no warning from our own code"


def test_one_homework_handed_in_as_another_is_refused():
    with pytest.raises(SubmissionError, match="one of hw2: is it another homework"):
        read_submission(released_text("hw3").encode(), prepare("hw2"))
