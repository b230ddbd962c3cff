"""A small course made while the tests run: one assignment, `toy`, with one question of each kind.

q1 a function of numbers       q4 two functions, and a cache that goes from one to the other
q2 a function of arrays        q5 partial credit: the test's last value is the number of points
q3 an answer that is data      q6 words, marked by hand

Each of q1 to q5 has visible tests (1 mark) and hidden tests (2 marks); q6 is worth 2.
"""

import json
import shutil

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.homework import ROOT, release

POINTS = {"q1": 3, "q2": 3, "q3": 3, "q4": 3, "q5": 3, "q6": 2}
BY_HAND = {"q6"}

# In each hidden test, so that one that leaks is recognised wherever it appears.
CANARY = "heliotrope-4711"

SETUP = """\
import numpy as np

from rnncourse.checks import check_array"""

Q1 = '''\
def clamp(x, low, high):
    """x, but at least low and at most high."""
    ### BEGIN SOLUTION
    return max(low, min(x, high))
    ### END SOLUTION'''
Q1_VISIBLE = """\
assert clamp(5, 0, 3) == 3, f"clamp(5, 0, 3) should be 3, got {clamp(5, 0, 3)}"
assert clamp(2, 0, 3) == 2, f"clamp(2, 0, 3) should be 2, got {clamp(2, 0, 3)}\""""
Q1_HIDDEN = """\
from rnncourse.checks import class_rng

xs = class_rng("toy q1").normal(2, 3, size=5).tolist()
expected = [sorted([1.0, x, 2.5])[1] for x in xs]
answers = map(clamp, xs, [1.0] * 5, [2.5] * 5)
for x, got, right in zip(xs, answers, expected):
    assert got == right, f"clamp({x}, 1.0, 2.5) should be {right}, got {got}\""""

Q2 = '''\
def running_mean(xs):
    """At each step the mean of the steps so far: (T, N) -> (T, N)."""
    ### BEGIN SOLUTION
    return np.cumsum(xs, axis=0) / np.arange(1, len(xs) + 1)[:, None]
    ### END SOLUTION'''
Q2_VISIBLE = """\
means = running_mean(np.array([[1.0], [3.0], [5.0]]))
check_array("the means", means, np.array([[1.0], [2.0], [3.0]]), axes="T N")"""
Q2_HIDDEN = """\
from rnncourse.checks import class_rng

xs = class_rng("toy q2").normal(size=(6, 3))
means = running_mean(xs)
expected = np.stack([xs[: t + 1].mean(axis=0) for t in range(len(xs))])
check_array("the means", means, expected, axes="T N")"""

Q3 = """\
# The shapes of the weights of an RNN with 3 inputs and 4 units.
### BEGIN SOLUTION
shapes = {"W_ih": (4, 3), "W_hh": (4, 4), "b": (4,)}
### END SOLUTION"""
Q3_VISIBLE = """\
for name in ("W_ih", "W_hh", "b"):
    assert name in shapes, f"shapes lacks {name}\""""
Q3_HIDDEN = """\
for name, expected in {"W_ih": (4, 3), "W_hh": (4, 4), "b": (4,)}.items():
    assert shapes[name] == expected, f"{name} should be {expected}, got {shapes[name]}\""""

Q4_LAYER = '''\
def leaky_layer(steps, h, alpha):
    """Your leaky_step, over all steps: the last state, and the caches."""
    caches = []
    for a in steps:
        h, cache = leaky_step(a, h, alpha)
        caches.append(cache)
    return h, caches'''
Q4 = '''\
def leaky_step(a, h, alpha):
    """One step of a leaky unit: the new state (N, H), and a cache for the way back."""
    ### BEGIN SOLUTION
    c = np.tanh(a)
    return (1 - alpha) * h + alpha * c, (c, alpha)
    ### END SOLUTION


def leaky_step_back(cache, dh_new):
    """One step back: the gradients of a and of the old state."""
    ### BEGIN SOLUTION
    c, alpha = cache
    return dh_new * alpha * (1 - c**2), dh_new * (1 - alpha)
    ### END SOLUTION'''
Q4_VISIBLE = """\
h, cache = leaky_step(np.array([[0.0]]), np.array([[1.0]]), 0.25)
check_array("the new state", h, np.array([[0.75]]), axes="N H")
da, dh = leaky_step_back(cache, np.array([[1.0]]))
check_array("da", da, np.array([[0.25]]), axes="N H")
check_array("dh", dh, np.array([[0.75]]), axes="N H")"""
Q4_HIDDEN = """\
from rnncourse.checks import class_rng

rng = class_rng("toy q4")
steps, start, alpha = rng.normal(size=(4, 2, 3)), rng.normal(size=(2, 3)), 0.3
last, caches = leaky_layer(steps, start.copy(), alpha)
h, dh = start, np.ones((2, 3))
for a in steps:
    h = (1 - alpha) * h + alpha * np.tanh(a)
check_array("the last state", last, h, axes="N H")
for a, cache in zip(steps[::-1], caches[::-1], strict=True):
    expected = dh * alpha / np.cosh(a) ** 2, dh * (1 - alpha)
    da, dh = leaky_step_back(cache, dh)
    check_array("da", da, expected[0], axes="N H")
    check_array("dh", dh, expected[1], axes="N H")"""

Q5 = '''\
def words(text):
    """The words of a text, in small letters."""
    ### BEGIN SOLUTION
    return text.lower().split()
    ### END SOLUTION'''
Q5_VISIBLE = 'assert words("a cat") == ["a", "cat"], f"expected two words, got {words(\'a cat\')}"'
Q5_HIDDEN = """\
from rnncourse.checks import class_rng

rng = class_rng("toy q5")
cases = [["".join(rng.choice(list("abc"), size=3)) for _ in range(2)] for _ in range(4)]
texts = [" ".join(case) for case in cases]
texts = [texts[0], texts[1], texts[2].upper(), texts[3].title()]
0.5 * sum(words(text) == case for text, case in zip(texts, cases, strict=True))"""

Q6 = "*Why does the leaky unit remember longer?* Its state is kept but for a share of alpha."

# Every question right, in ways that differ from the solution; the cache is a class of their own.
RIGHT = {
    "q1": "def clamp(x, low, high):\n    return low if x < low else high if x > high else x",
    "q2": """\
def running_mean(xs):
    return np.array([xs[: t + 1].mean(axis=0) for t in range(len(xs))])""",
    "q3": 'print("thinking")\nshapes = dict(W_ih=(4, 3), W_hh=(4, 4), b=(4,))',
    "q4": """\
class Cache:
    def __init__(self, c, alpha):
        self.c, self.alpha = c, alpha


def leaky_step(a, h, alpha):
    c = np.tanh(a)
    return h + alpha * (c - h), Cache(c, alpha)


def leaky_step_back(cache, dh_new):
    return cache.alpha * dh_new * (1 - cache.c**2), dh_new - cache.alpha * dh_new""",
    "q5": "def words(text):\n    return [word.lower() for word in text.split()]",
    "q6": "A small alpha keeps most of the old state at each step.",
}
RIGHT_MARKS = {"q1": 3, "q2": 3, "q3": 3, "q4": 3, "q5": 3, "q6": 0}

# q1 and q2 wrong, q3 and q5 in part; q4 right. What each wrong answer gives has the right type.
PARTLY = RIGHT | {
    "q1": "def clamp(x, low, high):\n    return low",
    "q2": "def running_mean(xs):\n    return xs",
    "q3": "shapes = dict(W_ih=(3, 4), W_hh=(4, 4), b=(4,))",
    "q5": "def words(text):\n    return text.split()",
}
PARTLY_MARKS = {"q1": 0, "q2": 0, "q3": 1, "q4": 3, "q5": 2, "q6": 0}

# q1 passes its visible test alone, whatever the class seed.
GUESSED = RIGHT | {"q1": "def clamp(x, low, high):\n    return int(min(x, high))"}


def marks(**changed):
    """The marks of RIGHT while q6 waits for a hand, but for those that are ``changed``."""
    return RIGHT_MARKS | {"q6": None} | changed


def cell(kind, grade_id, source, points=None):
    """A cell with nbgrader's metadata: "given", "answer", "test", or "manual" (an answer in words).

    Only the two that are graded, "test" and "manual", are worth points.
    """
    metadata = {
        "grade_id": grade_id,
        "schema_version": 3,
        "grade": kind in ("test", "manual"),
        "solution": kind in ("answer", "manual"),
        "locked": kind in ("given", "test"),
        "task": False,
    }
    if points is not None:
        metadata["points"] = points
    new_cell = new_markdown_cell if kind == "manual" else new_code_cell
    return new_cell(source, id=grade_id, metadata={"nbgrader": metadata})


def hidden(source):
    return f"### BEGIN HIDDEN TESTS\n# {CANARY}\n{source}\n### END HIDDEN TESTS"


def source_notebook():
    """The assignment as its author writes it, with solutions and hidden tests."""
    return new_notebook(
        cells=[
            new_markdown_cell("# Toy", id="title"),
            cell("given", "setup", SETUP),
            cell("answer", "q1", Q1),
            cell("test", "q1-visible", Q1_VISIBLE, 1),
            cell("test", "q1-hidden", hidden(Q1_HIDDEN), 2),
            cell("answer", "q2", Q2),
            cell("test", "q2-visible", Q2_VISIBLE, 1),
            cell("test", "q2-hidden", hidden(Q2_HIDDEN), 2),
            cell("answer", "q3", Q3),
            cell("test", "q3-visible", Q3_VISIBLE, 1),
            cell("test", "q3-hidden", hidden(Q3_HIDDEN), 2),
            cell("given", "q4-layer", Q4_LAYER),
            cell("answer", "q4", Q4),
            cell("test", "q4-visible", Q4_VISIBLE, 1),
            cell("test", "q4-hidden", hidden(Q4_HIDDEN), 2),
            cell("answer", "q5", Q5),
            cell("test", "q5-visible", Q5_VISIBLE, 1),
            cell("test", "q5-hidden", hidden(Q5_HIDDEN), 2),
            cell("manual", "q6", Q6, 2),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )


def make_course(root, **changed):
    """Write the course into the folder ``root``: settings, and solutions/toy/toy.ipynb.

    ``changed`` gives cells another source, by id: ``q1_visible="assert clamp(1, 0, 1) == 1"``.
    """
    folder = root / "solutions" / "toy"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    notebook = source_notebook()
    for c in notebook.cells:
        c.source = changed.get(c.id.replace("-", "_"), c.source)
    nbformat.write(notebook, folder / "toy.ipynb")
    return root


def release_toy(course, workspace):
    """The text of the notebook as learners get it: no solutions, no hidden tests."""
    return (release("toy", workspace, course) / "toy.ipynb").read_text(encoding="utf-8")


def hand_in(released, answers=None, *, drop=(), copy=(), edit=None):
    """The text of a submission: the released notebook with cells filled in.

    ``answers`` maps a cell's id to its source; the cells in ``drop`` are left out, those in
    ``copy`` are there twice; ``edit`` may change the whole notebook in place.
    """
    notebook = nbformat.reads(released, as_version=4)
    for c in notebook.cells:
        c.source = (answers or {}).get(c.id, c.source)
    notebook.cells = [c for c in notebook.cells if c.id not in drop]
    copies = [c | {"id": f"{c.id}-copy"} for c in notebook.cells if c.id in copy]
    notebook.cells += map(nbformat.from_dict, copies)
    if edit:
        edit(notebook)
    return json.dumps(notebook, indent=1)  # nbformat would repair what an edit breaks
