"""A page opened on Colab, which has that one notebook and nothing else, finds the course there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sources import cells

from tools.book import ROOT, notebooks

PAGES = notebooks()
GITHUB = re.compile(r"https://github\.com/\S+")

# What the cell does in Colab's shell, with a pip that only tells what it was asked for.
RUN_IN_COLAB = """
import sys
from IPython.core.interactiveshell import InteractiveShell

class Shell(InteractiveShell):
    __module__ = "google.colab._shell"

shell = Shell.instance()
shell.register_magic_function(lambda line: print("pip", line), magic_name="pip")
shell.run_cell(sys.stdin.read()).raise_error()
print("folder", shell.run_line_magic("pwd", ""))
"""


def first_cell(page):
    """The first code cell of a page."""
    return next(cell for cell in cells(page) if cell.cell_type == "code")


def run_in_colab(source, home, **environment):
    """Run a cell in a shell that calls itself Colab's; return the lines it printed."""
    done = subprocess.run(
        [sys.executable, "-c", RUN_IN_COLAB],
        input=source,
        env=os.environ | {"HOME": str(home), "IPYTHONDIR": str(home / "ipython")} | environment,
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def without_folder(page):
    """The first code cell of a page with the names that depend on its folder replaced."""
    folder = page.parent.relative_to(ROOT)
    up = "/".join([".."] * len(folder.parts))
    source = first_cell(page).source.replace(f"rnncourse/{folder.as_posix()}\n", "FOLDER\n")
    return source.replace(f'"{up}[', '"UP[').replace(f" {up}/", " UP/")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_begins_with_this_cell(page):
    cell = first_cell(page)
    assert cell.id == "colab"
    assert cell.metadata.tags == ["remove-cell"]  # the book does not show it
    assert without_folder(page) == without_folder(PAGES[0])


def test_the_cell_fetches_the_course_and_goes_to_its_folder(tmp_path):
    page = ROOT / "book/02-vanilla-rnn/the-cell.ipynb"
    source = first_cell(page).source
    github = GITHUB.search(source).group()
    here = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{ROOT.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": github,
    }
    *installed, folder = run_in_colab(source, tmp_path, **here)
    folder = Path(folder.removeprefix("folder "))
    assert folder == tmp_path / "rnncourse/book/02-vanilla-rnn"
    assert (folder / page.name).is_file()
    package, data = installed
    project = re.fullmatch(r'pip install -q "(.*)\[book\]"', package).group(1)
    assert (folder / project / "pyproject.toml").is_file()
    pinned = re.fullmatch(r"pip install -q --no-deps --require-hashes -r (.*)", data).group(1)
    assert (folder / pinned).is_file()


def test_elsewhere_the_cell_does_nothing(tmp_path):
    source = first_cell(PAGES[0]).source
    elsewhere = source.replace("google.colab", "another.place")
    assert run_in_colab(elsewhere, tmp_path) == [f"folder {tmp_path}"]
