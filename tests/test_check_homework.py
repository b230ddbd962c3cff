"""What a learner reads when checking homework: one line a question, in clear words."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from rnncourse.homework import check

ROOT = Path(__file__).resolve().parent.parent


def given(source, grade_id="setup"):
    return homework_cell(source, grade_id, grade=False, solution=False)


def answer(source, grade_id):
    return homework_cell(source, grade_id, grade=False, solution=True)


def visible_test(source, question):
    return homework_cell(source, f"{question}-visible", grade=True, solution=False, points=1)


def hidden_test(question):
    return homework_cell("", f"{question}-hidden", grade=True, solution=False, points=2)


def homework_cell(source, grade_id, **about):
    return new_code_cell(source, metadata={"nbgrader": {"grade_id": grade_id, **about}})


def question(name, answered, test):
    return [answer(answered, name), visible_test(test, name), hidden_test(name)]


def saved(folder, *cells):
    path = folder / "homework.ipynb"
    nbformat.write(new_notebook(cells=list(cells)), path)
    return path


def lines(capsys):
    """What was printed: a heading, a line a question, and the sum."""
    heading, *questions, total = capsys.readouterr().out.splitlines()
    return heading, dict(line.split(maxsplit=1) for line in questions), total


def test_each_question_is_told_what_is_wrong(tmp_path, capsys):
    two_lines = "assert x == 1, 'x should be 1,\\n  got 2'"
    written = {"nbgrader": {"grade_id": "q12", "grade": True, "solution": True, "points": 3}}
    cells = [
        given("import no_such_package"),
        *question("q1", "x = 1", "assert x == 1"),
        *question("q2", "def f():\n    raise NotImplementedError()", "f()"),
        *question("q3", "x = 2", two_lines),
        *question("q4", "y = (2\nz = 3", "y"),
        *question("q5", "def g(): pass", "f5()"),
        *question("q6", "def f():\n    while True: pass", "f()"),
        *question("q7", "x = 1", "1 / 0"),
        *question("q8", "", "")[1:],
        *question("q9", "x = 1", "")[::2],
        answer("x = 1", "q10"),
        *question("q10", "x = 1", "x"),
        *question("q11", "1 / 0", "assert x == 1"),
        given("x == 1 / 0", "q11-look"),
        new_markdown_cell("Because.", metadata=written),
        *question("q13", "x = 1", "x"),
        new_code_cell("while True: pass"),
    ]
    check(saved(tmp_path, *cells), time_limit=2)
    heading, questions, total = lines(capsys)
    assert heading.startswith(f"{tmp_path / 'homework.ipynb'}, as saved on ")
    assert questions == {
        "setup": "ModuleNotFoundError: No module named 'no_such_package'",
        "q1": "1 of 1  passed",
        "q2": "0 of 1  not answered yet: `raise NotImplementedError()` is still there",
        "q3": "0 of 1  x should be 1, got 2",
        "q4": "0 of 1  SyntaxError: '(' was never closed (line 1)",
        "q5": "0 of 1  NameError: name 'f5' is not defined: "
        "misspelt, renamed, or made in a cell that is gone?",
        "q6": "0 of 1  stopped after 2 seconds: is there an endless loop?",
        "q7": "0 of 1  ZeroDivisionError: division by zero",
        "q8": "the answer cell is gone: copy it from a fresh notebook",
        "q9": "the visible tests are gone: copy their cell from a fresh notebook",
        "q10": "1 of 1  cell q10 is there more than once: keep one",
        "q11": "1 of 1  passed",
        "q12": "answered in words, which a person marks: not checked here",
        "q13": "1 of 1  passed",
    }
    assert total == "Visible tests: 4 of 10 marks. The hidden ones are your grader's."


def test_an_answer_that_ends_python_leaves_the_rest_unknown(tmp_path, capsys):
    cells = question("q1", "import os; os._exit(1)", "x") + question("q2", "x = 1", "x")
    check(saved(tmp_path, *cells))
    _, questions, _ = lines(capsys)
    assert questions == {
        "q1": "0 of 1  Python ended here: by exit(), or because memory ran out?",
        "q2": "0 of 1  not run, because Python had ended above",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"no notebook, or a damaged one \(NotJSONError\)"),
        ("[]", "no notebook, or a damaged one"),
        (nbformat.writes(new_notebook(cells=[new_code_cell("1", id="one")])), "has no test cells"),
    ],
)
def test_what_is_no_homework_is_refused(tmp_path, text, words):
    path = tmp_path / "homework.ipynb"
    path.write_text(text)
    with pytest.raises(ValueError, match=words):
        check(path)


def test_what_to_install_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbclient", None)
    with pytest.raises(ImportError, match="nbclient is needed .*: pip install nbclient ipykernel"):
        check(saved(tmp_path, *question("q1", "x = 1", "x")))


def command(path):
    run = [sys.executable, "-m", "rnncourse.homework", str(path)]
    return subprocess.run(run, capture_output=True, text=True, check=False)


def test_a_file_that_is_not_there():
    run = command("none.ipynb")
    assert (run.returncode, run.stdout, run.stderr) == (1, "", "there is no notebook none.ipynb\n")


def test_the_homework_as_it_is_handed_out():
    run = command(ROOT / "exercises" / "hw2" / "hw2.ipynb")
    _, *questions, total = run.stdout.splitlines()
    assert run.returncode == 1
    assert run.stderr == ""
    assert [line.split()[0] for line in questions] == [f"q{n}" for n in range(1, 7)]
    assert all("0 of 1  not answered yet" in line for line in questions)
    assert total.startswith("Visible tests: 0 of 6 marks.")


def test_an_answer_in_words_is_left_to_a_person():
    *_, written, total = command(ROOT / "exercises" / "hw5" / "hw5.ipynb").stdout.splitlines()
    assert written.split(maxsplit=1) == [
        "q6", "answered in words, which a person marks: not checked here",
    ]  # fmt: skip
    assert total.startswith("Visible tests: 0 of 5 marks.")


def test_a_solved_homework_that_checks_itself(tmp_path):
    homework = nbformat.read(ROOT / "solutions" / "hw2" / "hw2.ipynb", as_version=4)
    for cell in homework.cells:
        if cell.get("id", "").endswith("-hidden"):
            cell.source = ""
    asking = "from rnncourse.homework import check\ncheck('hw2.ipynb')"
    homework.cells.insert(0, new_code_cell(asking))
    nbformat.write(homework, tmp_path / "hw2.ipynb")
    run = command(tmp_path / "hw2.ipynb")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines()[-1].startswith("Visible tests: 6 of 6 marks.")

    asked = new_notebook(cells=[new_code_cell(asking)])
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(asked, kernel_name="python3", resources=where).execute()
    printed = "".join(output.text for output in asked.cells[0].outputs if output.name == "stdout")
    assert printed.splitlines()[1:] == run.stdout.splitlines()[1:]
