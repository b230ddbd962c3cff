"""The homework: exercises/ comes from solutions/ and leaks nothing, and the marks are fair."""

import csv
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

import rnncourse
from tools import grade, homework
from tools.homework import ROOT

SOLVED = ROOT / "solutions" / "hw2" / "hw2.ipynb"
RELEASED = ROOT / "exercises" / "hw2" / "hw2.ipynb"
POINTS = {"q1": 3, "q2": 3, "q3": 4, "q4": 3, "q5": 3, "q6": 4}

# Plausible wrong answers, three a question: what they misunderstand, and the change that turns the
# solution into them. All first ones are handed in together, then all second ones, then the third.
WRONG = {
    "q1": [
        ("one bias forgotten", '"b_ih", "b_hh", "W_hy"', '"b_ih", "W_hy"'),
        ("W_ih transposed", '"W_ih": (H, D)', '"W_ih": (D, H)'),
        ("batch first", '"hs": (T, N, H)', '"hs": (N, T, H)'),
    ],
    "q2": [
        ("hears logits", "ys.append(y)", "ys.append(y)\n        y = h @ W_hy.T + b_y"),
        ("always hears y_0", "y @ W_yh.T", "y_0 @ W_yh.T"),
        ("softmax over the batch", "softmax(h @ W_hy.T + b_y)", "softmax((h @ W_hy.T + b_y).T).T"),
    ],
    "q3": [
        ("direct path forgotten", "dh_new * (1 - alpha)", "np.zeros_like(da)"),
        ("slope of the new state", "alpha * c, c", "alpha * c, (1 - alpha) * h + alpha * c"),
        ("alpha forgotten", "dh_new * alpha * (1 - c**2)", "dh_new * (1 - c**2)"),
    ],
    "q4": [
        ("absolute threshold", "min_p * p.max(axis=-1, keepdims=True)", "min_p"),
        ("does not sum to 1", "return kept / kept.sum(axis=-1, keepdims=True)", "return kept"),
        ("one largest p for all rows", "p.max(axis=-1, keepdims=True)", "p.max()"),
    ],
    "q5": [
        ("still the reciprocal", "np.exp(-mean)", "np.exp(mean)"),
        ("still divides by T", "/ lengths", "/ T"),
        ("still the other order", "targets.reshape", "targets.T.reshape"),
    ],
    "q6": [
        ("one batch, 300 times", "batches, optimiser,", "[next(batches)] * 300, optimiser,"),
        ("no network at all", "return logits[-1].argmax(axis=-1)", "return test_ids[0]"),
        ("scale ignored", "W_hh=scale * weights", "W_hh=weights"),
    ],
}  # fmt: skip

# Kinds of submission, by what differs from the solution, and the marks they should get.
FULL = dict(POINTS)
EXPECTED = {
    "perfect": FULL,
    "partly-wrong": FULL | {"q1": 1, "q3": 0, "q6": 1},
    "crashing": FULL | {"q2": 0},
    "untouched": dict.fromkeys(POINTS, 0),
}


def read(path):
    return nbformat.read(path, as_version=4)


def answer(notebook, question):
    return next(cell for cell in notebook.cells if cell.id == question)


def change(notebook, question, old, new):
    cell = answer(notebook, question)
    assert cell.source.count(old) == 1, f"{question}: {old!r} should occur once in the solution"
    cell.source = cell.source.replace(old, new)


def submissions():
    """Yield the name and notebook of each submission to grade."""
    partly, crashing = read(SOLVED), read(SOLVED)
    for question, which in [("q1", 2), ("q3", 0), ("q6", 2)]:
        change(partly, question, *WRONG[question][which][1:])
    answer(crashing, "q2").source = "1 / 0"
    yield from [("perfect", read(SOLVED)), ("partly-wrong", partly)]
    yield from [("crashing", crashing), ("untouched", read(RELEASED))]
    for number in range(3):
        wrong = read(SOLVED)
        for question, answers in WRONG.items():
            change(wrong, question, *answers[number][1:])
        yield f"wrong-{number}", wrong


@pytest.fixture(scope="module")
def marks(tmp_path_factory):
    """Marks by submission and question, from one run of the command in a foreign folder."""
    folder = tmp_path_factory.mktemp("grading")
    (folder / "submissions").mkdir()
    for name, notebook in submissions():
        nbformat.write(notebook, folder / "submissions" / f"{name}.ipynb")
    run = subprocess.run(
        [sys.executable, "-m", "tools.grade", "submissions"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "Grading" not in run.stderr, "the progress bar is for a terminal"
    table = (folder / "grades" / "hw2" / "marks.csv").read_text(encoding="utf-8-sig")
    print(table)
    rows = {row["student"]: row for row in csv.DictReader(table.splitlines())}
    assert set(rows) == {path.stem for path in (folder / "submissions").iterdir()}
    return {name: {q: float(row[q]) for q in POINTS} for name, row in rows.items()}


@pytest.mark.parametrize("submission", EXPECTED)
def test_marks(marks, submission):
    assert marks[submission] == EXPECTED[submission]


def test_an_answer_that_never_ends_costs_its_own_question(tmp_path):
    notebook = read(SOLVED)
    answer(notebook, "q4").source = "while True:\n    pass"
    answer(notebook, "q6").source = ""  # its training is no matter of seconds everywhere
    (tmp_path / "submissions").mkdir()
    nbformat.write(notebook, tmp_path / "submissions" / "loop.ipynb")
    [result] = grade.grade_folder(tmp_path / "submissions", "hw2", tmp_path, timeout=8)
    assert result.marks == FULL | {"q4": 0, "q6": 0}
    assert result.reason == "out of time: q4"


@pytest.mark.parametrize(
    ("number", "question", "what"),
    [(n, q, answers[n][0]) for q, answers in WRONG.items() for n in range(3)],
)
def test_a_wrong_answer_passes_no_hidden_test(marks, number, question, what):
    # One mark is for the visible tests, so more than one means that the hidden tests passed.
    assert marks[f"wrong-{number}"][question] <= 1, f"{question}, {what}: got full marks"


class Asked:
    """The learner's side of one question, answered by the solution, perhaps with a change."""

    def __init__(self, question, old="", new=""):
        cells = {cell.id: cell.source for cell in read(SOLVED).cells}
        self.hidden = cells[f"{question}-hidden"]
        self.space, self.inputs = {"__name__": "homework"}, []
        for given in ("setup", "q3-cell", "q5-broken"):
            exec(cells[given], self.space)
        names = set(self.space)
        assert cells[question].count(old) == 1 or not old
        exec(cells[question].replace(old, new) if old else cells[question], self.space)
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


# Training takes longest, so question 6 is tried in fewer classes.
SEEDS = {question: [0, 1, 2**127, *range(2, 19)] for question in POINTS} | {"q6": [1, 2**127]}


@pytest.mark.parametrize("question", POINTS)
def test_the_solution_passes_in_every_class_and_each_class_has_its_own_inputs(question):
    asked = Asked(question)
    inputs = []
    for seed in SEEDS[question]:
        assert asked.trouble(seed) == ""
        inputs.append(tuple(asked.inputs))
    assert len(set(inputs)) == len(inputs)
    assert len(inputs[0]) < 1500, "each call crosses from the tester to the student's process"


@pytest.mark.parametrize(
    ("question", "what", "old", "new"),
    [(question, *answer) for question, answers in WRONG.items() for answer in answers],
)
def test_a_wrong_answer_passes_in_no_class(question, what, old, new):
    asked = Asked(question, old, new)
    assert all(asked.trouble(seed) for seed in SEEDS[question])


SCALE_ALL = """from rnncourse.tree import tree_map
    weights = tree_map(lambda a: scale * a, model.init(np.random.default_rng(seed)))"""
BATCHES_FIRST = """late = np.random.default_rng(seed)
    [make_recall(late, length, 32) for _ in range(300)]
    weights = model.init(late)"""
# The experiment of question 6 done otherwise, and what the hidden test says to it.
OTHERWISE = [
    ("W_hh=scale * weights", "W_hh=weights", "multiply W_hh by `scale`"),
    ("W_hh=scale", "W_ih=scale * weights.recurrent.W_ih, W_hh=scale", "`scale`, not W_ih"),
    ("weights = weights._replace(recurrent=recurrent)", SCALE_ALL, "`scale`, not all weights"),
    ("weights = model.init(rng)", BATCHES_FIRST, "draw the weights first"),
    ("batches, optimiser,", "[next(batches)] * 300, optimiser,", "draw each one anew"),
    ("Adam(0.01)", "Adam(0.001)", "should be Adam(0.01)"),
    ("clip=1.0", "clip=None", "clip should be 1.0"),
    ("weights, _ = train", "_, _ = train", "use the weights that `train` returns"),
    ("logits[-1]", "logits[0]", "of the last step, not of the first"),
    ("logits[-1]", "logits[length - 1]", "may be longer than `length`"),
    ("default_rng(seed)", "default_rng()", "one seed gave two different answers"),
    ("default_rng(seed)", "default_rng(0)", "two seeds gave the same answers"),
    ("Recurrent(RNN(4, 16)), Linear(16", "Recurrent(RNN(4, 32)), Linear(32", "number by number"),
]


@pytest.mark.parametrize(("old", "new", "words"), OTHERWISE, ids=[words for *_, words in OTHERWISE])
def test_another_experiment_is_told_what_differs(old, new, words):
    assert words in Asked("q6", old, new).trouble(seed=3)


def test_exercises_are_in_step_with_solutions():
    assert list(homework.out_of_step()) == [], "run make homework"


def test_a_change_or_a_stray_file_is_noticed_and_mended(tmp_path):
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    for folder in ("solutions", "exercises"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    assert list(homework.out_of_step(tmp_path)) == []
    released = tmp_path / "exercises" / "hw2" / "hw2.ipynb"
    released.write_bytes(released.read_bytes().replace(b"Jordan", b"Jardon"))
    (tmp_path / "exercises" / "stray.txt").write_text("")
    assert list(homework.out_of_step(tmp_path)) == ["hw2/hw2.ipynb", "stray.txt"]
    homework.write_exercises(tmp_path)
    assert list(homework.out_of_step(tmp_path)) == []
    assert released.read_bytes() == RELEASED.read_bytes()


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


def region(cell, name):
    """The lines between ### BEGIN and ### END, stripped."""
    lines, inside = [], False
    for line in cell.source.splitlines():
        if f"### BEGIN {name}" in line or f"### END {name}" in line:
            inside = "BEGIN" in line
        elif inside and line.strip():
            lines.append(line.strip())
    return lines


def test_no_solution_and_no_hidden_test_is_released():
    released = RELEASED.read_text(encoding="utf-8")
    for marker in ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS"):
        assert marker not in released
    # A line may also stand, rightly, where learners see it: in a locked cell or a visible test.
    cells = read(SOLVED).cells
    regions = [region(c, part) for c in cells for part in ("SOLUTION", "HIDDEN TESTS")]
    secret = {line for lines in regions for line in lines}
    public = {line.strip() for c in cells if not is_secret(c) for line in c.source.splitlines()}
    shown = {line.strip() for c in read(RELEASED).cells for line in c.source.splitlines()}
    assert secret - public, "the solution should hold lines of its own"
    assert shown & (secret - public) == set()
    assert all(not cell.get("outputs") for cell in read(RELEASED).cells)


def is_secret(cell):
    return "### BEGIN" in cell.source


def test_each_question_has_an_answer_a_visible_and_a_hidden_test():
    cells = {cell.id: cell for cell in read(SOLVED).cells}
    for question, points in POINTS.items():
        tests = [cells[f"{question}-{kind}"] for kind in ("visible", "hidden")]
        assert [region(cell, "HIDDEN TESTS") != [] for cell in tests] == [False, True]
        assert sum(cell.metadata.nbgrader.points for cell in tests) == points
        assert region(cells[question], "SOLUTION")
        assert f"({points} marks" in cells[f"{question}-task"].source


def test_an_untouched_notebook_stops_only_where_an_answer_is_missing(marks, tmp_path):
    notebook = read(RELEASED)
    NotebookClient(notebook, kernel_name="python3", timeout=60, allow_errors=True).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    errors = [output.ename for output in outputs if output.output_type == "error"]
    assert set(errors) == {"NotImplementedError"}
    written = "".join(output.text for output in outputs if output.get("name") == "stderr")
    assert str(Path(rnncourse.__file__).parent) not in written, "no warning from our own code"
    assert sum(marks["untouched"].values()) == 0
