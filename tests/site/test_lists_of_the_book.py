"""The lists that the build makes leave nothing out that the sources have."""

import json
import re

import pytest
from bs4 import BeautifulSoup
from sources import cells

from tools import book

EXPLORABLE = re.compile(r"<(?!Quiz)\w+ explorable>")


@pytest.fixture(scope="module")
def notebooks():
    """The cells of every notebook of the book, by the name of its page in the site."""
    return {
        file.relative_to(book.ROOT).with_suffix(".html").as_posix(): cells(file)
        for file in book.notebooks()
    }


@pytest.fixture
def listed(site):
    """What a selector finds in a page of lists."""

    def select(page, selector):
        html = (site / "book" / page).read_text(encoding="utf-8")
        return BeautifulSoup(html, "html.parser").select(selector)

    return select


def occurrences(notebooks, text):
    return sum(cell.source.count(text) for page in notebooks.values() for cell in page)


def test_every_notebook_is_listed(notebooks, listed):
    rows = listed("does-it-hold.html", "#the-notebooks td:nth-child(1):not([colspan]) a")
    assert len(rows) == len(notebooks)


@pytest.mark.parametrize(
    ("text", "page", "selector"),
    [
        ("{admonition} A common misstatement", "does-it-hold.html", "#common-misstatements li"),
        ("{admonition} Beside the paper", "does-it-hold.html", ".admonition"),
        ("```{exercise} ", "exercises.html", "td a[href*='#ex-']"),
    ],
)
def test_everything_of_a_kind_is_listed(notebooks, listed, text, page, selector):
    assert len(listed(page, selector)) == occurrences(notebooks, text) > 0


def test_every_homework_is_listed(listed):
    rows = listed("exercises.html", "#homework tbody tr")
    assert len(rows) == len(list((book.ROOT / "exercises").glob("hw*/hw*.ipynb")))


def test_every_explorable_is_listed(notebooks, listed):
    shown = sum(
        len(EXPLORABLE.findall(json.dumps(cell.get("outputs", []))))
        for page in notebooks.values()
        for cell in page
    )
    assert len(listed("explorables.html", "dd a[href*='#cell-']")) == shown > 0


def test_every_cell_has_an_address(site, notebooks):
    for name, page in notebooks.items():
        html = (site / name).read_text(encoding="utf-8")
        for cell in page:
            shown = "remove-cell" not in cell["metadata"].get("tags", [])
            if cell["cell_type"] == "code" and shown:
                assert f'id="cell-{cell["id"]}"' in html, f"{name} has no cell {cell['id']}"
