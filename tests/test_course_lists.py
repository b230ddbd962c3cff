"""A small book whose build makes its lists, and makes them again when a page changes."""

import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from extensions import notebook_of, run_module
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

SETTINGS = """
from pathlib import Path
extensions = ["myst_nb", "sphinx_exercise", "parallel_notebooks"]
extensions += ["cell_anchors", "page_notes", "course_lists"]
exclude_patterns = ["exercises/**"]
html_theme = "basic"
myst_enable_extensions = ["colon_fence", "dollarmath"]
nb_execution_mode = "cache"
nb_execution_cache_path = str(Path(__file__).parent / "cache")
nb_ipywidgets_js = {}
root_doc = "book/index"
"""
LISTS = ("notebooks", "versions", "misstatements", "papers", "exercises", "homework", "explorables")
MISSTATEMENT = """
:::{admonition} A common misstatement
"A number is $1$."

It is [not](#cell-proof).
:::
"""
PAPER = """
:::{admonition} Beside the paper
The paper says *2*, as [the first cell](#cell-setup) does.
:::
"""
EXERCISE = """
```{exercise} Count $n$
:label: ex-count

*Easy, 3 minutes.* How many?
```
"""
EXPLORABLE = """
from rnncourse.explorables import Explorable, Question, Quiz, right, wrong
Explorable(title="A lever", how_to_read="Push *W_hh*, as in `W`.")
"""
QUIZ = 'Quiz(Question("Sure?", right("Yes", "It is."), wrong("No", "It is.")))'


def page(*markdown):
    """A notebook with the given texts and cells of several kinds."""
    compared, varying = (new_output("stream", name="stdout", text="2\n") for _ in range(2))
    return notebook_of(
        new_code_cell("1", id="removed", metadata={"tags": ["remove-cell"]}),
        new_markdown_cell("# A page"),
        new_code_cell("import time; time.sleep(1); print(2)", id="setup", outputs=[compared]),
        *(new_markdown_cell(text) for text in markdown),
        new_code_cell(
            "print(2)", id="varies", outputs=[varying], metadata={"tags": ["nbval-ignore-output"]}
        ),
        new_code_cell("assert 3", id="folded", metadata={"tags": ["hide-cell"]}),
        new_code_cell("assert 2\nif 1:\n    assert 2", id="proof"),
        new_code_cell(EXPLORABLE, id="lever"),
        new_code_cell(QUIZ, id="quiz"),
    )


def build(book):
    """Build the book as ``make book`` does: its exit status and what it said."""
    result = run_module(book, "sphinx", "-W", "--keep-going", "-q", ".", "site")
    return result.returncode, result.stderr


def page_of_lists(book):
    html = (book / "site/book/lists.html").read_text(encoding="utf-8")
    return BeautifulSoup(html, "html.parser")


def write(book, files):
    for name, text in files.items():
        (book / name).parent.mkdir(parents=True, exist_ok=True)
        (book / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The folder of a book with one chapter, which has a homework."""
    root = tmp_path_factory.mktemp("course")
    homework = notebook_of(new_markdown_cell("# Homework 1: sums\n| 1 | 9 |\n| 2 | 20 |"))
    places = "".join(f"## {name}\n```{{course-list}} {name}\n```\n" for name in LISTS)
    files = {
        "conf.py": SETTINGS,
        "book/index.md": "# Book\n```{toctree}\nlists\n01-sums/index\n```",
        "book/lists.md": "# Lists\n" + places,
        "book/01-sums/index.md": "# Sums\nAnd `exercises/hw1/hw1.ipynb`.\n```{toctree}\npage\n```",
        "book/01-sums/page.ipynb": nbformat.writes(page(MISSTATEMENT, PAPER, EXERCISE)),
        "exercises/hw1/hw1.ipynb": nbformat.writes(homework),
    }
    write(root, files)
    return root


@pytest.fixture(scope="module")
def lists(book):
    status, said = build(book)
    assert not status, said
    return page_of_lists(book)


def links(part):
    """Words and address of each link to a page."""
    return [(link.get_text(), link["href"]) for link in part.select("a[href*=html]")]


def rows(part):
    return [[cell.get_text() for cell in row.select("td")] for row in part.select("tbody tr")]


PAGE = "01-sums/page.html"


def test_cells_are_places_to_link_to(book, lists):
    html = (book / "site/book" / PAGE).read_text(encoding="utf-8")
    shown = ["setup", "varies", "folded", "proof", "lever", "quiz"]
    assert re.findall(r'id="cell-(\w+)"', html) == shown
    assert 'href="#cell-proof"' in html


def test_notebooks_are_counted_and_timed(lists):
    chapter, notebook, total = rows(lists.select_one("#notebooks"))
    assert chapter == ["Chapter 1: Sums"]
    seconds = notebook[1]
    assert notebook == ["A page", seconds, "6", "3", "1"]
    assert total == ["All 1", seconds, "6", "3", "1"]
    assert 1 <= float(seconds) < 60


def test_boxes_lead_to_their_places_and_cells(lists):
    claim = lists.select_one("#misstatements li")
    said, answer, _ = claim.select("p")
    assert said.get_text() == "“A number is \\(1\\).”"
    assert answer.get_text() == "It is not."
    assert links(claim) == [
        ("not", f"{PAGE}#cell-proof"),
        ("A page", f"{PAGE}#a-common-misstatement-1"),
        ("the cell that settles it", f"{PAGE}#cell-proof"),
    ]
    paper = lists.select_one("#papers section")
    assert paper.h3.get_text().startswith("A page")
    assert paper.select_one(".admonition em").get_text() == "2"
    assert links(paper) == [
        ("the first cell", f"{PAGE}#cell-setup"),
        ("Where it stands on its page", f"{PAGE}#beside-the-paper-1"),
    ]


def test_exercises_and_homework_say_what_they_take(lists):
    exercises = lists.select_one("#exercises section")
    assert rows(exercises) == [["A page"], ["Count \\(n\\)", "Easy", "3"]]
    assert links(exercises)[-1][1] == f"{PAGE}#ex-count"
    assert rows(lists.select_one("#homework")) == [["Homework 1: sums", "1", "29"]]


def test_explorables_say_what_they_show(lists):
    (section,) = lists.select("#explorables section")
    assert [title.get_text() for title in section.select("dt")] == ["A lever"]
    assert "<em>W<sub>hh</sub></em>" in str(section.dd)
    assert links(section) == [("A page", f"{PAGE}#cell-lever")]


def test_a_changed_page_changes_the_lists_and_must_prove_its_claims(book, lists):
    changed = page(PAPER.replace("*2*", "*3*"), EXERCISE.replace("Easy, 3", "Easy, some"))
    changed.cells.append(new_markdown_cell(MISSTATEMENT))
    write(book, {"book/01-sums/page.ipynb": nbformat.writes(changed)})
    status, said = build(book)
    assert status
    assert "no cell with an assert comes after this misstatement" in said
    assert "an exercise begins with what it takes" in said
    new = page_of_lists(book)
    assert new.select_one("#papers .admonition em").get_text() == "3"
    assert not links(new.select_one("#misstatements"))
    assert rows(new.select_one("#notebooks")) == rows(lists.select_one("#notebooks"))  # kept run
