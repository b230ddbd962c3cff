"""The PDF of a small book: one chapter's first page, one of its pages, and the bibliography."""

import re
from unicodedata import normalize

import pytest
import yaml
from bs4 import BeautifulSoup
from pypdf import PdfReader

from tools.book import ROOT, Page
from tools.pdf import WIDTH, one_page, print_book

CHAPTER, PAGE = "book/02-vanilla-rnn/index", "book/02-vanilla-rnn/the-cell"

pytestmark = pytest.mark.xdist_group("pdf")  # printed once


def words(text: str) -> str:
    """The text without what differs between a page and its print: ligatures, spaces, breaks."""
    return re.sub(r"[\s\u200b\u2060]+", "", normalize("NFKC", text))


@pytest.fixture(scope="module")
def article(site):
    """The page of the chapter, as it is in the site."""
    soup = BeautifulSoup((site / f"{PAGE}.html").read_text(encoding="utf-8"), "html.parser")
    return soup.select_one("article")


@pytest.fixture(scope="module")
def html(site, tmp_path_factory):
    """The single page that is printed."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    pages = [Page(CHAPTER, part="A part"), Page(PAGE, depth=2), Page("book/bibliography")]
    file = tmp_path_factory.mktemp("pdf") / "book.html"
    file.write_text(one_page(site, pages, config), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def pdf(html, browser):
    """What was printed."""
    print_book(browser, html, html.with_suffix(".pdf"))
    return PdfReader(html.with_suffix(".pdf"))


@pytest.fixture(scope="module")
def text(pdf):
    """The printed words."""
    return words("".join(page.extract_text() for page in pdf.pages))


def test_the_outline_has_chapters_pages_and_sections(pdf, article):
    def nested(outline):
        entries = []
        for entry in outline:
            if isinstance(entry, list):
                entries[-1][1].extend(nested(entry))
            else:
                entries.append((entry.title, []))
        return entries

    outline = nested(pdf.outline)
    assert [title for title, _ in outline][1:] == ["Contents", "The vanilla RNN", "Bibliography"]
    (_, (page,)) = outline[2]
    headings = [re.sub(r"#$", "", heading.get_text()) for heading in article.select("h1, h2")]
    assert [page[0], *(title for title, _ in page[1])] == headings


def test_links_lead_on_inside_the_book(pdf):
    destinations = set(pdf.named_destinations)
    links = [
        annotation.get_object() for page in pdf.pages for annotation in page.get("/Annots", [])
    ]
    inside = [link["/Dest"].lstrip("/") for link in links if "/Dest" in link]
    assert len(inside) > 10
    assert set(inside) <= {name.lstrip("/") for name in destinations}
    assert not [link for link in links if "file:" in str(link.get("/A", ""))]


def test_code_is_printed_whole_and_nothing_is_wider_than_the_paper(html, text, article, browser):
    code = article.select(".cell:not([class*=hide]) .cell_input pre")
    assert code
    assert [block.get_text() for block in code if words(block.get_text()) not in text] == []
    page = browser.new_page(viewport={"width": WIDTH, "height": 1000})
    page.emulate_media(media="print")
    page.goto(html.as_uri())
    too_wide = page.evaluate(
        """() => [...document.querySelectorAll("article *")]
            .filter((e) => e.getBoundingClientRect().right > innerWidth + 1
                || /^(auto|scroll|hidden)/.test(getComputedStyle(e).overflowX)
                    && e.scrollWidth > e.clientWidth + 1 && e.matches("pre, div, table"))
            .map((e) => e.outerHTML.slice(0, 120))"""
    )
    page.close()
    assert too_wide == []


def test_answers_are_printed(text, article):
    inside = article.select(".solution section p")
    solutions = [piece for p in inside for piece in p.find_all(string=True, recursive=False)]
    assert len(solutions) > 10
    assert [piece for piece in solutions if words(piece) not in text] == []
    assert text.count("✓Right.") == text.count("of4.") == 4  # one a question of the quiz


def test_explorables_are_drawn_and_say_where_they_move(text):
    assert "Step1of5reads“h”" in text
    assert text.count("Thisfigurehascontrols.") == 1
