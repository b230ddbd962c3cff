"""Check your homework before you hand it in.

    python -m rnncourse.homework exercises/hw2/hw2.ipynb

Its visible tests run in a fresh kernel, and one line a question says what is wrong.
"""

import argparse
import logging
import os
import re
import sys
import warnings
from collections import Counter
from datetime import datetime
from pathlib import Path

from rnncourse import validate

CHECKING = "RNNCOURSE_CHECKING"  # set in the kernel of a check, where no other may begin


def check(notebook, *, time_limit=60):
    """Run the visible tests of a saved homework notebook; print what is wrong, a line a question.

    All cells up to the last test run in order, in a kernel of their own, each for at most
    ``time_limit`` seconds. What is not saved is not seen.
    Raises: FileNotFoundError when there is no such file; ValueError when it is no homework;
    ImportError unless nbclient and ipykernel, which run notebooks, are installed.

    >>> check("no-such-homework.ipynb")
    Traceback (most recent call last):
    FileNotFoundError: there is no notebook no-such-homework.ipynb
    """
    _all_pass(notebook, time_limit)


def _all_pass(notebook, time_limit):
    """Check a notebook and print what comes out; return whether all visible tests pass."""
    path = Path(notebook)
    validate.positive("time_limit", time_limit)
    if CHECKING in os.environ:
        print("This cell is run by a check, which begins no other.")
        return True
    homework = _read(path)
    saved = datetime.fromtimestamp(path.stat().st_mtime)
    print(f"{path}, as saved on {saved:%d %B at %H:%M:%S}:", flush=True)
    _run(homework, path.parent, time_limit)

    questions = {}
    for cell in homework.cells:
        if name := _about(cell, "grade_id"):
            questions.setdefault(name.split("-")[0], []).append(cell)
    troubles = {name: _trouble(cells) for name, cells in questions.items()}
    for name, cells in questions.items():
        if any(_is_marked_by_hand(cell) for cell in cells):
            print(f"  {name:5} {'':7} answered in words, which a person marks: not checked here")
        elif troubles[name] or _points(cells):
            print(f"  {name:5} {_marks(cells):7} {troubles[name] or 'passed'}")
    print(f"Visible tests: {_marks(homework.cells)} marks. The hidden ones are your grader's.")
    return not any(troubles.values())


def _read(path):
    """The notebook in a file."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no notebook {path}")
    try:
        import ipykernel  # noqa: F401  (nbclient needs it to run Python)
        import nbclient  # noqa: F401
        import nbformat
    except ImportError as error:
        raise ImportError(
            f"{error.name} is needed to check homework: pip install nbclient ipykernel"
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of cell ids: missing and double ones are mended
            notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        any_test = any(_is_test(cell) for cell in notebook.cells)
    except Exception as error:  # whatever a file may hold
        what = f"{path} is no notebook, or a damaged one"
        raise ValueError(f"{what} ({type(error).__name__})") from error
    if not any_test:
        raise ValueError(f"{path} has no test cells: is it the homework as it was handed out?")
    return notebook


def _run(notebook, folder, time_limit):
    """Run the cells up to the last test; note in ``cell.trouble`` what went wrong, or ""."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    stopped = f"stopped after {time_limit:g} seconds: is there an endless loop?"
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        extra_arguments=["--log-level=40"],  # errors alone
        timeout=time_limit,
        interrupt_on_timeout=True,
        error_on_timeout={"ename": "CellTimeoutError", "evalue": stopped},
        resources={"metadata": {"path": str(folder)}},
        log=logging.Logger("silent", level=logging.CRITICAL + 1),
    )
    ended, last = "", max(n for n, cell in enumerate(notebook.cells) if _is_test(cell))
    with client.setup_kernel(env=os.environ | {CHECKING: "yes"}):
        for number, cell in enumerate(notebook.cells):
            cell.trouble = ended
            if ended or number > last:
                continue
            try:
                client.execute_cell(cell, number)
            except CellExecutionError as error:
                cell.trouble = _sentence(error.ename, error.evalue)
            except DeadKernelError:
                cell.trouble = "Python ended here: by exit(), or because memory ran out?"
                ended = "not run, because Python had ended above"


def _sentence(kind, message):
    """One line about an error."""
    message = re.sub(r"\(\S+\.py, line (\d+)\)", r"(line \1)", " ".join(message.split()))
    if kind == "NotImplementedError":
        return "not answered yet: `raise NotImplementedError()` is still there"
    if kind in ("AssertionError", "CellTimeoutError") and message:
        return message
    hint = ": misspelt, renamed, or made in a cell that is gone?" if kind == "NameError" else ""
    return f"{kind}: {message}{hint}"


def _trouble(cells):
    """What is wrong with a question, given its cells; "" for nothing."""
    [(name, count)] = Counter(_about(cell, "grade_id") for cell in cells).most_common(1)
    if count > 1:
        return f"cell {name} is there more than once: keep one"
    tests = [cell for cell in cells if _is_test(cell)]
    answers = [cell for cell in cells if _about(cell, "solution") and not _about(cell, "grade")]
    if tests and not answers:
        return "the answer cell is gone: copy it from a fresh notebook"
    if answers and not any(_is_visible(test) for test in tests):
        return "the visible tests are gone: copy their cell from a fresh notebook"
    if tests and not any(test.trouble for test in tests):
        return ""  # other cells may fail as they like
    return next((cell.trouble for cell in cells if cell.trouble), "")


def _about(cell, key):
    """What nbgrader notes about a cell; None for other cells."""
    return cell.metadata.get("nbgrader", {}).get(key)


def _is_marked_by_hand(cell):
    return _about(cell, "task") or (_about(cell, "grade") and _about(cell, "solution"))


def _is_test(cell):
    return _about(cell, "grade") and not _about(cell, "solution")


def _is_visible(test):
    return test.source.strip()  # what was hidden left an empty cell


def _points(cells):
    """The marks for the visible tests among the cells."""
    tests = [cell for cell in cells if _is_test(cell) and _is_visible(cell)]
    return sum(_about(test, "points") or 0 for test in tests)


def _marks(cells):
    """How many of these marks were earned, in words; "" where there are none."""
    earned = _points(cell for cell in cells if not cell.trouble)
    return f"{earned:g} of {_points(cells):g}" if _points(cells) else ""


def _main():
    parser = argparse.ArgumentParser(
        prog="python -m rnncourse.homework", description="Check your homework."
    )
    parser.add_argument("notebook", help="such as exercises/hw2/hw2.ipynb")
    try:
        sys.exit(not _all_pass(parser.parse_args().notebook, time_limit=60))
    except (FileNotFoundError, ValueError, ImportError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    _main()
