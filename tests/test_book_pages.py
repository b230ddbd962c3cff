"""What every page of a chapter offers its reader, and the order of the glossary."""

import re

import pytest
from sources import code, text

from tools import book

BOOK = book.ROOT / "book"
PAGES = [notebook for notebook in book.notebooks() if notebook.parent != BOOK]
NEEDS_NOTHING = {"counting-words"}  # the first page
BOX = re.compile(r":::\{admonition\} On this page\n:class: tip\n(.*?)\n:::", re.DOTALL)
EXERCISE = re.compile(r"```\{exercise\} (.*?)\n```", re.DOTALL)
ENTRY = re.compile(r"^((?:\S.*\n)+)  (.*)$", re.MULTILINE)
HAN = re.compile("[\u3400-\u9fff]")
LINK_TO_PAGE = re.compile(r" See \[\]\(\S+\)\.$")


@pytest.fixture(scope="module", params=PAGES, ids=lambda page: page.stem)
def page(request):
    return request.param


def test_says_what_it_gives_and_takes(page):
    (box,) = BOX.findall(text(page))
    able, needs = box.split("**Needs** ")
    assert "**You will be able to**" in able
    assert 2 <= able.count("\n- ") <= 5
    needs, time = needs.split("**Time** ")
    assert re.fullmatch(r"\d+ minutes", time)
    links = re.findall(r"\]\((.*?)\)", needs)
    assert links or page.stem in NEEDS_NOTHING
    for link in links:
        assert (page.parent / link).is_file()


def test_can_be_practised(page):
    exercises = EXERCISE.findall(text(page))
    assert len(exercises) >= 2
    assert any("bug" in exercise for exercise in exercises)
    for exercise in exercises:
        assert re.search(r"^\*(Easy|Medium|Hard), \d+ minutes[^*]*\.\*", exercise, re.MULTILINE)
    assert len(re.findall(r"\bQuestion\(", code(page))) >= 3


def test_ends_with_what_to_keep_and_where_it_is_from(page):
    assert text(page).count(":::{admonition} Take away\n:class: important\n") == 1
    _, references = text(page).split("\n## References\n")
    assert "{cite" in references


@pytest.fixture(scope="module")
def glossary():
    """The names and the definition of each entry."""
    listing = text(BOOK / "glossary.md").partition("```{glossary}\n")[2]
    return [(names.splitlines(), definition) for names, definition in ENTRY.findall(listing)]


def test_the_glossary_is_in_order(glossary):
    names = [names[0].lower().replace("–", "-") for names, _ in glossary]
    assert names == sorted(names)
    every = [name for names, _ in glossary for name in names]
    assert len(every) == len(set(every))


def test_the_glossary_speaks_chinese_and_leads_to_a_page(glossary):
    for names, definition in glossary:
        assert names == ["BERT"] or HAN.search(names[-1]), names
        assert names == ["beam search", "束搜索"] or re.search(LINK_TO_PAGE, definition), names
