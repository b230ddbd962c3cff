"""Keep notebooks clean: run them, normalise what is saved, and lint it.

    python -m tools.notebooks run FILES…         run in place, then normalise and lint
    python -m tools.notebooks normalise FILES…   keep text outputs; drop images and metadata
    python -m tools.notebooks lint FILES…        report what should not be committed
    python -m tools.notebooks sources FILES…     print text and code, without outputs

A committed notebook holds its text outputs, which the tests compare, and nothing that is heavy or
differs from run to run.
"""

import argparse
import hashlib
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

CHECK_FIGURES = Path(__file__).with_name("check_figures.py").resolve()

NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
CELL_METADATA = {"deletable", "editable", "mystnb", "nbgrader", "tags"}
OUTPUT_DATA = {"text/plain", "text/markdown", "text/latex"}
TAGS = {
    "full-width", "hide-cell", "hide-input", "hide-output", "margin", "nbval-check-output",
    "nbval-ignore-output", "raises-exception", "remove-cell", "remove-input", "remove-output",
    "scroll-output",
}  # fmt: skip
FOLDED = {"hide-cell", "hide-input", "remove-cell", "remove-input"}

LONGEST_CELL = 25  # lines
LONGEST_LINE = 88  # columns: what a page of the book shows
SHORTEST_ALT = 30  # characters: less cannot tell what is to be seen

PROGRESS_BAR = re.compile(r"\d+%\|")
FIGURE = re.compile(r"<Figure size ")
MACHINE_PATH = re.compile(
    r"(?<![\w.:/])/(?:home|Users|root|tmp|var|opt|usr|mnt|private|work)/\S+|\b[A-Z]:\\\S+"
)
MEMORY_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


def read(path):
    """The notebook as it is in the file: nbformat.read would give random ids to cells without."""
    return nbformat.v4.reads(path.read_text(encoding="utf-8"))


def normalise(notebook):
    """Change a notebook in place to the one form in which it is committed; return it.

    Kept: sources, tags, alt texts, the metadata of nbgrader and of the course, text outputs.
    Dropped: images, widgets' state, progress bars, times of execution, the version of Python.
    """
    own = {key: value for key, value in notebook.metadata.items() if key == "rnncourse"}
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA | own)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    taken = set()
    for number, cell in enumerate(notebook.cells):
        if cell.get("id") is None or cell.id in taken:
            cell.id = hashlib.sha256(f"{number} {cell.source}".encode()).hexdigest()[:8]
        taken.add(cell.id)
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in CELL_METADATA}
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(_normalise_output, cell.outputs) if output]
    return notebook


def _normalise_output(output):
    """The output's text, or None when nothing is left."""
    if output.output_type in ("display_data", "execute_result"):
        output.data = {k: v for k, v in output.data.items() if k in OUTPUT_DATA}
        output.metadata = {}
        if not output.data or PROGRESS_BAR.search(output.data.get("text/plain", "")):
            return None
    if output.get("name") == "stderr":
        lines = re.split(r"[\r\n]+", output.text)
        lines = [line for line in lines if line.strip() and not PROGRESS_BAR.search(line)]
        if not lines:
            return None
        output.text = "\n".join(lines) + "\n"
    return output


def lint(notebook):
    """List what is wrong with a notebook, one line each, naming the cell by number and id."""
    problems = []
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        problems.append("the kernel is not python3")
    counts = [c.execution_count for c in notebook.cells if c.get("execution_count") is not None]
    if counts != list(range(1, len(counts) + 1)):
        problems.append("was not run from top to bottom in a fresh kernel")
    for number, cell in enumerate(notebook.cells, start=1):
        where = f"cell {number} ({cell.get('id', 'no id')})"
        problems += [f"{where}: {problem}" for problem in _lint_cell(cell)]
    if not problems and notebook != normalise(nbformat.from_dict(notebook)):
        problems.append("not normalised: run python -m tools.notebooks normalise on it")
    return problems


def _lint_cell(cell):
    """Yield what is wrong with one cell."""
    tags = set(cell.metadata.get("tags", []))
    if "id" not in cell:
        yield "has no id"
    if unknown := sorted(tags - TAGS):
        yield f"unknown tag {', '.join(unknown)}"
    if cell.cell_type != "code":
        return

    homework = "nbgrader" in cell.metadata  # not on a page, so its cells may be longer and wider
    lines = cell.source.splitlines()
    if lines and cell.execution_count is None:
        yield "was never run"
    if len(lines) > LONGEST_CELL and not homework and not tags & FOLDED:
        yield f"has {len(lines)} lines, more than {LONGEST_CELL}: move some into the package"
    for line in lines:
        if len(line) > LONGEST_LINE and not homework:
            yield f"line over {LONGEST_LINE} columns: {line[:40]}…"

    for output in cell.outputs:
        yield from _lint_output(output, tags)
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
    if any(FIGURE.search(_text(output)) for output in cell.outputs) and len(alt) < SHORTEST_ALT:
        yield (
            f"figure without an alt text of {SHORTEST_ALT} characters or more "
            "in the cell's metadata, at mystnb: image: alt"
        )


def _lint_output(output, tags):
    """Yield what is wrong with one output of a cell that has these tags."""
    text = _text(output)
    if kinds := sorted(kind for kind in output.get("data", {}) if kind.startswith("image/")):
        yield f"keeps an image in its output ({', '.join(kinds)})"
    if output.output_type == "error" and "raises-exception" not in tags:
        yield f"failed: {output.ename}: {output.evalue}"
    if output.get("name") == "stderr":
        yield f"writes to stderr: {text.strip()[:200]}"
    if path := MACHINE_PATH.search(text):
        yield f"shows a path of one machine: {path.group()}"
    if "nbval-ignore-output" not in tags and (address := MEMORY_ADDRESS.search(text)):
        yield f"shows a memory address, other at each run: {address.group()}"


def _text(output):
    """All text that an output shows."""
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    return "\n".join(v for v in output.data.values() if isinstance(v, str))


def run(notebook, folder):
    """Run all cells in place, as if opened in ``folder``; return the notebook.

    Raises: CellExecutionError when a cell fails that is not tagged raises-exception.
    """
    NotebookClient(
        notebook,
        kernel_name="python3",
        extra_arguments=["--log-level=40", f"--IPKernelApp.exec_files={CHECK_FIGURES}"],
        timeout=300,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    return notebook


def print_sources(path, notebook):
    """What people wrote, line by line, and where; what a model wrote may be misspelt."""
    for cell in notebook.cells:
        for line in cell.source.splitlines():
            print(f"{path} ({cell.id}): {line}")


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m tools.notebooks", description="Run, normalise and lint notebooks."
    )
    parser.add_argument("action", choices=["run", "normalise", "lint", "sources"])
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args(arguments)

    problems = []
    for path in options.files:
        notebook = read(path)
        if options.action == "sources":
            print_sources(path, notebook)
            continue
        if options.action == "run":
            print(f"running {path}", flush=True)
            try:
                run(notebook, path.parent)
            except CellExecutionError as error:
                problems.append(f"{path}: {error}")
                continue
        if options.action != "lint":
            nbformat.write(normalise(notebook), path)
        if options.action != "normalise":
            problems += [f"{path}: {problem}" for problem in lint(notebook)]
    print(*problems, sep="\n", end="\n" if problems else "")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
