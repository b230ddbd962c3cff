"""The hours that the front page and the chapters name are the sums of the pages' own minutes."""

import re

import pytest
from sources import text

from tools.book import ROOT

BOOK = ROOT / "book"
CHAPTERS = sorted(path.parent for path in BOOK.glob("0*/index.md"))


def reading(path):
    """The minutes that a page gives for reading it."""
    return int(re.search(r"\*\*Time\*\* (\d+) minutes", text(path))[1])


def exercises(path):
    """The minutes that a page gives for its exercises, together."""
    minutes = re.findall(r"^\*[^*]*?(\d+) minutes", text(path), re.MULTILINE)
    assert len(minutes) == text(path).count("```{exercise}")
    return sum(map(int, minutes))


def homework(number):
    """The minutes that a homework gives for its questions, together."""
    source = ROOT / "solutions" / f"hw{number}" / f"hw{number}.ipynb"
    return sum(map(int, re.findall(r"^\| \d .*\| (\d+) \|$", text(source), re.MULTILINE)))


def halves(minutes):
    """Hours, to the half, as the book writes them."""
    whole, half = divmod(round(minutes / 30), 2)
    return f"{whole}{'½' * half}"


@pytest.fixture(scope="module", params=CHAPTERS, ids=lambda folder: folder.name)
def chapter(request):
    """A chapter's folder, and its hours to read, with exercises, and for its homework."""
    pages = sorted(request.param.glob("*.ipynb"))
    read, work = sum(map(reading, pages)), sum(map(exercises, pages))
    number = min(int(request.param.name[:2]), 6)  # the last two chapters share one
    return request.param, halves(read), halves(read + work), halves(homework(number))


def test_a_chapter_says_how_long_it_takes(chapter):
    folder, read, work, homework = chapter
    page = text(folder / "index.md")
    assert re.search(r"\*\*Time:\*\* (\S+) hours? to read, (\S+) with", page).groups() == (
        read,
        work,
    )
    assert re.search(r"takes about (\S+) hours", page)[1] == homework


def test_the_front_page_says_how_long_each_chapter_takes(chapter):
    folder, read, work, homework = chapter
    row = re.search(
        rf"\({folder.name}/index\.md\) \|(.*)\|$", text(BOOK / "index.ipynb"), re.MULTILINE
    )
    found = [cell.strip().split(",")[0] for cell in row[1].split("|")]
    assert found == [read, work, "" if folder == CHAPTERS[-1] else homework]


def test_the_front_page_says_how_long_each_page_takes():
    listed = re.findall(r"\]\((\S+\.ipynb)\), (\d+) min", text(BOOK / "index.ipynb"))
    assert len(listed) > 10
    assert [
        (name, minutes) for name, minutes in listed if reading(BOOK / name) != int(minutes)
    ] == []


def test_a_weekend_takes_as_long_as_it_says():
    """Two hours a day to read, and an hour and a half for the exercises."""
    days = re.findall(r"-card\} (?:Saturday|Sunday)(.*?):::", text(BOOK / "index.ipynb"), re.DOTALL)
    assert len(days) == 2
    for day in days:
        pages = [BOOK / name for name in re.findall(r"\((\S+\.ipynb)\)", day)]
        assert halves(sum(map(reading, pages))) == "2"
        assert halves(sum(map(exercises, pages))) == "1½"
