"""One submission, graded from end to end in the sandbox: what its tests and limits let through."""

import time
from dataclasses import replace

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from grading.toy_course import RIGHT, hand_in, make_course
from tools.grading import worker
from tools.grading.assignment import prepare

# In place of q2: a function that the package has, too.
SOFTMAX = """\
def softmax(z):
    ### BEGIN SOLUTION
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
    ### END SOLUTION"""
TEST = 'check_array("softmax", softmax(np.log([[1.0, 3.0]])), np.array([[0.25, 0.75]]))'
OWN = "def softmax(z):\n    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)"
ANSWERS = RIGHT | {"q2": OWN}


@pytest.fixture(scope="module")
def assignment(tmp_path_factory):
    """The toy with another q2, for which the package's softmax is withheld, and a demonstration."""
    course = make_course(
        tmp_path_factory.mktemp("course"), q2=SOFTMAX, q2_visible=TEST, q2_hidden=TEST
    )
    path = course / "solutions" / "toy" / "toy.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["rnncourse"] = {"withheld": ["rnncourse.functional.softmax"]}
    notebook.cells.insert(2, new_code_cell("print('a demonstration')", id="look"))
    nbformat.write(notebook, path)
    return prepare("toy", course)


def graded(assignment, answers=ANSWERS, edit=None, **options):
    """The result, and the outputs of each cell as text."""
    contents = hand_in(assignment.released, answers, edit=edit).encode()
    result = worker.grade("ada", contents, assignment, **options)
    cells = nbformat.reads(result.notebook, as_version=4).cells
    return result, {c.id: str(c.get("outputs", "")) for c in cells}


@pytest.fixture
def limited(monkeypatch):
    """Set limits of the next submissions."""

    def limit(**limits):
        def execute(*args):
            step = execution(*args)
            for name, value in limits.items():
                setattr(step, name, value)
            return step

        monkeypatch.setattr(worker, "execution", execute)

    execution = worker.execution
    return limit


def test_what_is_withheld_earns_nothing_and_an_own_implementation_all(assignment):
    result, _ = graded(assignment)
    assert (result.scores["q2-visible"], result.scores["q2-hidden"]) == (1, 2)
    taken = ANSWERS | {"q2": "from rnncourse.functional import softmax"}
    result, outputs = graded(assignment, taken)
    assert (result.scores["q2-visible"], result.scores["q2-hidden"]) == (0, 0)
    assert "is what this homework asks you to write" in outputs["q2-hidden"]
    assert result.scores["q1-hidden"] == 2


def test_of_some_questions_only_the_tests_are_run(assignment):
    result, outputs = graded(assignment, questions=["q1", "q4"])
    scores = {"q1-visible": 1, "q1-hidden": 2, "q4-visible": 1, "q4-hidden": 2}
    assert result.scores == scores
    not_run = {name for name, text in outputs.items() if "was not to be graded" in text}
    assert not_run == {f"{q}-{kind}" for q in ("q2", "q3", "q5") for kind in ("visible", "hidden")}


def test_a_demonstration_is_run_only_where_a_student_changed_it(assignment):
    def change(notebook):
        notebook.cells[2].source += "\nprint('of mine')"

    _, outputs = graded(assignment)
    assert outputs["own-2"] == "[]"
    _, outputs = graded(assignment, edit=change)
    assert "a demonstration\\nof mine" in outputs["own-2"]


def test_a_test_is_run_even_where_a_demonstration_says_the_same(assignment):
    source = nbformat.reads(assignment.source, as_version=4)
    test = next(cell for cell in source.cells if cell.id == "q1-visible")
    source.cells.append(new_code_cell(test.source, id="the-same"))
    shown = replace(assignment, source=nbformat.writes(source))
    wrong = ANSWERS | {"q1": "def clamp(x, low, high):\n    return None"}
    result, _ = graded(shown, wrong)
    assert result.scores["q1-visible"] == 0


def test_all_cells_together_have_room_for_so_much_output(assignment, limited):
    limited(room=10_000)
    talks = RIGHT["q1"] + "\nfor n in range(100):\n    print('x' * 1000)"
    result, outputs = graded(assignment, ANSWERS | {"q1": talks})
    assert "it ends here" in outputs["q1"]
    assert len(outputs["q1"]) < 20_000
    assert outputs["q3"] == "[]", "it prints, too"
    assert sum(filter(None, result.scores.values())) == 15


def test_all_cells_together_have_so_much_time(assignment, limited):
    limited(all_time=3)
    sleeps = "import time\ntime.sleep(300)\n" + RIGHT["q1"]
    start = time.monotonic()
    result, _ = graded(assignment, ANSWERS | {"q1": sleeps})
    assert time.monotonic() - start < 30, "a cell may take 60 seconds"
    assert result.reason.startswith("out of time: q1")
    assert result.scores["q1-hidden"] == 0
