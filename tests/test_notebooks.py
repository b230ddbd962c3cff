"""The notebooks of the book and of the homework are clean, and the lint sees what is not."""

from pathlib import Path

import nbformat
import pytest
from extensions import notebook_of
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import notebooks

ROOT = Path(__file__).resolve().parent.parent
COMMITTED = sorted([*ROOT.glob("book/**/*.ipynb"), *ROOT.glob("solutions/**/*.ipynb")])


def code(source="1 + 1", *outputs, execution_count=1, tags=(), **metadata):
    return new_code_cell(
        source,
        outputs=list(outputs),
        execution_count=execution_count,
        metadata={"tags": list(tags), **metadata},
    )


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def display(**data):
    return new_output("display_data", data={k.replace("_", "/"): v for k, v in data.items()})


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_committed_notebook_is_clean(path):
    assert notebooks.lint(notebooks.read(path)) == []


def test_there_are_notebooks_to_lint():
    assert COMMITTED


ALT = {"image": {"alt": "The loss falls from 3.4 to 1.8 nats in a thousand steps."}}


@pytest.mark.parametrize(
    "cell",
    [
        new_markdown_cell("# A title"),
        code("print(1)", stream("1\n")),
        code("", execution_count=None),
        code("plot()", display(text_plain="<Figure size 640x480 with 1 Axes>"), mystnb=ALT),
        code("1 / 0", new_output("error", ename="E", evalue="e"), tags=["raises-exception"]),
        code("object()", stream("<object at 0x7f00aabbccdd>"), tags=["nbval-ignore-output"]),
        code(f"# {'x' * 95}\n" * 40, nbgrader={"grade": True}),
        code("Quiz()\n" * 40, tags=["hide-input"]),
        code("urls", stream("https://example.org/home/page and a ratio 1/2 and 0xff")),
    ],
    ids=lambda cell: cell.source[:12],
)
def test_lint_passes(cell):
    assert notebooks.lint(notebook_of(cell)) == []


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        (code(execution_count=None), "was never run"),
        (code(execution_count=7), "was not run from top to bottom"),
        (code("1 / 0", new_output("error", ename="E", evalue="e")), "failed: E: e"),
        (code("warn()", stream("UserWarning: no", "stderr")), "writes to stderr: UserWarning"),
        (
            code("plot()", display(text_plain="<Figure size 640x480 with 1 Axes>")),
            "figure without an alt text",
        ),
        (
            code(
                "plot()",
                display(text_plain="<Figure size 640x480 with 1 Axes>"),
                mystnb={"image": {"alt": "Loss."}},
            ),
            "figure without an alt text",
        ),
        (code("pass\n" * 26), "has 26 lines"),
        (code("x = 1" + " + 1" * 30), "line over 88 columns"),
        (code(tags=["nbval-skip"]), "unknown tag nbval-skip"),
        (new_markdown_cell("text", metadata={"tags": ["hide_input"]}), "unknown tag hide_input"),
        (code("path", stream("/home/ada/rnn/x.py:3")), "path of one machine: /home/ada"),
        (code("path", stream(r"C:\Users\ada")), "path of one machine: C:"),
        (code("f", stream("<function f at 0x7f00aabbccdd>")), "memory address"),
    ],
)
def test_lint_reports(cell, problem):
    (found,) = notebooks.lint(notebook_of(cell))
    assert problem in found


def test_lint_reports_a_kept_image():
    notebook = notebook_of(code())
    notebook.cells[0].outputs = [display(text_plain="x", image_png="iVBORw0KGgo=")]
    (found,) = notebooks.lint(notebook)
    assert "keeps an image in its output (image/png)" in found


def test_lint_names_the_cell():
    notebook = notebook_of(new_markdown_cell("text"), code(execution_count=None))
    (found,) = notebooks.lint(notebook)
    assert found.startswith(f"cell 2 ({notebook.cells[1].id}): ")


def test_lint_reports_missing_id_and_kernel():
    notebook = notebook_of(code())
    del notebook.cells[0]["id"]
    notebook.metadata.kernelspec.name = "my-env"
    kernel, identity = notebooks.lint(notebook)
    assert kernel == "the kernel is not python3"
    assert identity == "cell 1 (no id): has no id"


def test_lint_reports_what_is_not_normalised():
    notebook = notebook_of(code())
    notebook.cells[0].metadata["collapsed"] = True
    (found,) = notebooks.lint(notebook)
    assert found.startswith("not normalised")


def test_normalise_keeps_text_and_drops_the_rest():
    bar = " 10%|█         | 1/10 [00:00<00:01, 7.1it/s]"
    cell = code(
        "train()",
        stream("done\n"),
        stream(f"\r{bar}\r          \r", "stderr"),
        stream(f"\r{bar}\rUserWarning: no\n", "stderr"),
        display(text_plain=bar),
        display(image_png="iVBORw0KGgo="),
        display(text_plain="<Figure size 1x1>", text_html="<b>x</b>", image_png="iVBORw0KGgo="),
        display(text_markdown="`x`", text_plain="x"),
        execution={"iopub.execute_input": "2026-01-01"},
    )
    about = {"withheld": ["torch"]}
    notebook = new_notebook(cells=[cell], metadata={"widgets": {"state": {}}, "rnncourse": about})
    notebook.metadata["language_info"] = {"name": "python", "version": "3.11.7"}
    notebooks.normalise(notebook)
    assert [output.get("text") or dict(output.data) for output in cell.outputs] == [
        "done\n",
        "UserWarning: no\n",
        {"text/plain": "<Figure size 1x1>"},
        {"text/markdown": "`x`", "text/plain": "x"},
    ]
    assert set(cell.metadata) == {"tags"}
    assert set(notebook.metadata) == {"kernelspec", "language_info", "rnncourse"}
    assert notebook.metadata.rnncourse == about
    assert "version" not in notebook.metadata.language_info


def test_normalise_gives_lasting_distinct_ids():
    def identities():
        notebook = new_notebook(cells=[new_markdown_cell("same") for _ in range(4)])
        del notebook.cells[0]["id"], notebook.cells[1]["id"]
        notebook.cells[2].id = notebook.cells[3].id = "kept"
        return [cell.id for cell in notebooks.normalise(notebook).cells]

    assert identities() == identities()
    assert len(set(identities())) == 4
    assert identities()[2] == "kept"


def test_normalise_twice_changes_nothing():
    notebook = notebook_of(code("1", display(text_plain="1")), new_markdown_cell("text"))
    assert notebooks.normalise(nbformat.from_dict(notebook)) == notebook


def write(notebook, folder):
    path = folder / "page.ipynb"
    nbformat.write(notebook, path)
    return path


FIGURE = """
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.plot([1, 2])
{}
plt.show()
"""
LABELS_AND_PROBLEM = {
    'ax.set(title="Loss falls", xlabel="step", ylabel="loss, nats")': None,
    'fig.suptitle("Loss falls"); ax.set_axis_off()': None,
    'ax.set(xlabel="step", ylabel="loss, nats")': "it lacks a title",
    'ax.set(title="Loss falls", ylabel="loss")': "it lacks a label on each x axis",
    "": "it lacks a title, a label on each x axis, a label on each y axis",
}


def test_run_reports_unlabelled_figures(tmp_path, capsys):
    cells = [code(FIGURE.format(labels).strip(), mystnb=ALT) for labels in LABELS_AND_PROBLEM]
    path = write(notebook_of(*cells), tmp_path)
    with pytest.raises(SystemExit) as done:
        notebooks.main(["run", str(path)])
    assert done.value.code == 1
    _, *reports = capsys.readouterr().out.splitlines()
    problems = {number: p for number, p in enumerate(LABELS_AND_PROBLEM.values(), start=1) if p}
    assert len(reports) == len(problems)
    for report, (number, problem) in zip(reports, problems.items(), strict=True):
        assert f"{path}: cell {number} " in report
        assert report.endswith(f"unlabelled figure: {problem}")
    for cell in notebooks.read(path).cells:
        assert "<Figure" in str(cell.outputs)
        assert "image/png" not in str(cell.outputs)


def test_run_says_which_notebook_fails_and_leaves_it_alone(tmp_path, capsys):
    path = write(notebook_of(code("1 / 0", execution_count=None)), tmp_path)
    before = path.read_bytes()
    with pytest.raises(SystemExit) as done:
        notebooks.main(["run", str(path)])
    assert done.value.code == 1
    out = capsys.readouterr().out
    assert str(path) in out
    assert "ZeroDivisionError" in out
    assert path.read_bytes() == before


def test_run_lets_a_tagged_cell_fail(tmp_path):
    cells = [code("1 / 0", tags=["raises-exception"]), code("print('after')")]
    notebook = notebooks.run(notebook_of(*cells), tmp_path)
    assert notebook.cells[1].outputs[0].text == "after\n"


def test_run_raises_for_an_untagged_one(tmp_path):
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        notebooks.run(notebook_of(code("1 / 0")), tmp_path)


@pytest.mark.parametrize("action", ["normalise", "lint"])
def test_command_line(action, tmp_path, capsys):
    messy = new_notebook(cells=[code("1", display(text_plain="1", image_png="iVBORw0KGgo="))])
    path = write(messy, tmp_path)
    with pytest.raises(SystemExit) as done:
        notebooks.main([action, str(path)])
    assert done.value.code == (action == "lint")
    assert ("keeps an image" in capsys.readouterr().out) == (action == "lint")
    assert ("image/png" in path.read_text()) == (action == "lint")
