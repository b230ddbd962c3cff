"""The lists that the build makes leave nothing out that the sources have."""

import json
import re

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, pages_of_the_book

EXPLORABLE = re.compile(r"<(?!Quiz)\w+ explorable>")


@pytest.fixture(scope="module")
def notebooks():
    """The cells of every notebook of the book, by the name of its page in the site."""
    paths = {name: (ROOT / name).with_suffix(".ipynb") for name in pages_of_the_book()}
    return {
        name: json.loads(path.read_text(encoding="utf-8"))["cells"]
        for name, path in paths.items()
        if path.is_file()
    }


@pytest.fixture
def listed(site):
    """What a selector finds in a page of lists."""

    def select(page, selector):
        html = (site / "book" / page).read_text(encoding="utf-8")
        return BeautifulSoup(html, "html.parser").select(selector)

    return select


def occurrences(notebooks, text):
    sources = ("".join(cell["source"]) for cells in notebooks.values() for cell in cells)
    return sum(source.count(text) for source in sources)


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
    assert len(rows) == len(list((ROOT / "exercises").glob("hw*/hw*.ipynb")))


def test_every_explorable_is_listed(notebooks, listed):
    shown = sum(
        len(EXPLORABLE.findall(json.dumps(cell.get("outputs", []))))
        for cells in notebooks.values()
        for cell in cells
    )
    assert len(listed("explorables.html", "dd a[href*='#cell-']")) == shown > 0


def test_every_cell_has_an_address(site, notebooks):
    for name, cells in notebooks.items():
        html = (site / name).read_text(encoding="utf-8")
        for cell in cells:
            shown = "remove-cell" not in cell["metadata"].get("tags", [])
            if cell["cell_type"] == "code" and shown:
                assert f'id="cell-{cell["id"]}"' in html, f"{name} has no cell {cell['id']}"
