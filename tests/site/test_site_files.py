"""What can be said of the site from its files alone: links, resources, descriptions of images."""

import functools
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from PIL import Image
from sources import cells

from tools.book import ROOT

IMAGE_FILE = re.compile(r"\.(png|jpe?g|gif|svg|webp)\b", re.IGNORECASE)
CSS_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)")


@functools.cache
def anchors(page: Path) -> set[str]:
    """All fragments that a link may point to in a page; not parsed, for any page leads to most."""
    return set(re.findall(r'\sid="([^"]*)"', page.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def page(site, page_name) -> Path:
    """The file of a page of the book."""
    assert (site / page_name).is_file(), f"{page_name} is in _toc.yml but was not built"
    return site / page_name


@pytest.fixture(scope="module")
def soup(page) -> BeautifulSoup:
    """The parsed page."""
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def targets(soup):
    """Each address in a page and whether the browser fetches it without being asked."""
    for tag in soup.find_all(href=True):
        yield tag["href"], tag.name == "link" and "stylesheet" in tag.get("rel", [])
    for tag in soup.find_all(src=True):
        yield tag["src"], True


def test_every_internal_link_and_resource_exists(page, soup, site):
    broken = []
    for target, _ in targets(soup):
        url = urlsplit(target)
        if url.scheme or url.netloc:
            continue
        path = (page.parent / unquote(url.path)).resolve() if url.path else page
        if not path.is_relative_to(site) or not path.is_file():
            broken.append(f"{target}: no such file")
        elif path.suffix == ".html" and url.fragment and unquote(url.fragment) not in anchors(path):
            broken.append(f"{target}: no such place in {path.name}")
    assert not broken, "\n".join(broken)


def test_no_resource_lies_on_another_host(soup):
    foreign = [t for t, fetched in targets(soup) if fetched and urlsplit(t).netloc]
    assert not foreign, f"loaded from elsewhere: {foreign}"


def test_every_image_is_described(soup):
    undescribed = [
        image["src"]
        for image in soup.select("article img")
        if not image.get("alt", "").strip() or IMAGE_FILE.search(image["alt"])
    ]
    assert not undescribed, (
        f"images without words for those who cannot see them: {undescribed}; in a notebook set "
        'the cell\'s metadata "mystnb": {"image": {"alt": "what is to be seen"}}'
    )


def test_style_sheets_find_their_fonts_and_images(site):
    missing = []
    for style_sheet in site.rglob("*.css"):
        for target in CSS_URL.findall(style_sheet.read_text(encoding="utf-8")):
            if target.startswith(("data:", "#", "%23")):
                continue
            url = urlsplit(target)
            if url.netloc or not (style_sheet.parent / unquote(url.path)).is_file():
                missing.append(f"{style_sheet.relative_to(site)}: {target}")
    assert not missing, "\n".join(missing)


def test_figures_are_light(site):
    figures = list((site / "_images").glob("*.png"))
    assert figures
    for path in figures:
        with Image.open(path) as figure:
            assert figure.mode == "P", f"{path.name} is not reduced to a palette"


def test_a_notebook_is_there_to_take_away_and_to_run(page, soup, page_name):
    """Its own file lies in the site, and Colab and Binder are told where it is."""
    source = Path(page_name).with_suffix(".ipynb")
    if not (ROOT / source).is_file():
        return
    links = {tag["href"] for tag in soup.select("a[href]")}
    taken = next(link for link in links if link.endswith(f"_sources/{source.as_posix()}"))
    ours, theirs = cells(ROOT / source), cells(page.parent / taken)
    assert [cell.source for cell in theirs] == [cell.source for cell in ours]
    repository = "rnncourse/rnncourse"
    assert f"https://colab.research.google.com/github/{repository}/blob/main/{source}" in links
    binder = f"https://mybinder.org/v2/gh/{repository}/main?urlpath=lab/tree/{source}"
    assert binder in links
