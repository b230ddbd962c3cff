"""Print the built book as one PDF: python -m tools.pdf

The pages of the site are put one behind the other in a single page, where links between them lead
on inside it, and a headless Chromium prints that page. How it looks on paper is told in the style
sheet of the site, below ``@media print``.
"""

import re
import sys
import tempfile
from collections.abc import Iterable
from html import escape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

from tools import book
from tools.book import Page
from tools.browser import NoBrowserError, chromium

PDF = book.ROOT / "_build" / "rnncourse.pdf"
WIDGET_STATE = 'script[type="application/vnd.jupyter.widget-state+json"]'
LEFT_OUT = "script:not([type$='view+json']), .headerlink"
IDS = ("id", "for", "aria-labelledby", "aria-describedby", "aria-controls")

# Chromium writes a heading twice into the outline when it has moved to the top of the next page.
WRITTEN_TWICE = re.compile(rb"/Title (\(|<FEFF)(.+)\2([)>])")

# Text of 16 CSS pixels is large on paper, so all is drawn smaller. Explorables draw themselves for
# the width they have, which has to be that of the paper: A4, less margins of 20 mm.
SCALE = 0.8
WIDTH = round((210 - 2 * 20) / 25.4 * 96 / SCALE)

TEMPLATE = """<!doctype html>
<html lang="en" data-theme="light" data-mode="light">
<head>
<meta charset="utf-8">
<title>{title}</title>
{styles}
<style>@page {{ size: A4 }}</style>
{states}
<script defer src="{static}/afm-host.js"></script>
</head>
<body class="one-page"><div class="bd-main"><div class="bd-content">
<div class="bd-article-container">
<header class="title-page">
<img src="{static}/logo.svg" alt="">
<h1>{title}</h1>
<p>{author}, {copyright}</p>
<p>On paper the figures with controls stand still, and the code that the site folds away is left
out. Online they move, and every page is a notebook that you can run: {repository[url]}</p>
</header>
<nav class="book-contents"><h1>Contents</h1><ul>{contents}</ul></nav>
{articles}
</div></div></div></body></html>
"""

# The answers that a reader would get one by one stand below the quiz.
PRINT_ANSWERS = """() => {
  for (const quiz of document.querySelectorAll(".explorable:has(.question)")) {
    const answers = quiz.appendChild(document.createElement("ol"));
    answers.className = "printed-answers";
    for (const question of quiz.querySelectorAll(".question")) {
      const answer = answers.appendChild(document.createElement("li"));
      const copies = (selector) => [...question.querySelector(selector).cloneNode(true).childNodes];
      for (const radio of question.querySelectorAll("input")) {
        radio.click();
        const line = answer.appendChild(document.createElement("p"));
        line.append(...copies("label:has(:checked) span"), " – ", ...copies(".feedback"));
      }
    }
  }
  for (const radio of document.querySelectorAll(".question input")) radio.checked = false;
}"""


def anchor(name: str, fragment: str = "") -> str:
    """The id, in the one page, of a place in a page of the book."""
    return f"{name}.{fragment}" if fragment else name


def relocate(article: Tag, page: Page, names: set[str], site: Path) -> None:
    """Make an article's ids its own and lead its links to where their targets are now."""
    folder = (site / page.name).parent
    for tag in article.find_all(True):
        for attribute in IDS:
            if attribute in tag.attrs:
                ids = tag[attribute].split()
                tag[attribute] = " ".join(anchor(page.name, one) for one in ids)
        for attribute in ("src", "href"):
            target = urlsplit(tag.get(attribute, ""))
            if attribute not in tag.attrs or target.scheme or target.netloc:
                continue
            path = (folder / unquote(target.path)).resolve() if target.path else None
            name = page.name if path is None else path.relative_to(site).with_suffix("").as_posix()
            if attribute == "src":
                tag["src"] = path.as_uri()
            elif name in names and (path is None or path.suffix == ".html"):
                tag["href"] = "#" + anchor(name, unquote(target.fragment))
            else:  # a file of the site, which paper does not have
                del tag["href"]


def simplify(article: Tag, page: Page) -> None:
    """Give an article its depth in the outline, and leave out what only weighs on paper."""
    for tag in article.select(LEFT_OUT):
        tag.decompose()
    for heading in article.select("h1, h2, h3, h4, h5"):
        heading["aria-level"] = int(heading.name[1]) + page.depth - 1
    for formula in article.select(".katex"):  # one thing to be read aloud, not fifty
        formula["role"], formula["aria-label"] = "img", formula.annotation.get_text()
        formula.select_one(".katex-mathml").decompose()
    for token in article.select("pre span:is(.n, .nn, .p, .w)"):  # coloured like all text
        token.unwrap()


def one_page(site: Path, pages: Iterable[Page], config: dict) -> str:
    """The HTML of a single page that holds the given ones behind a title page and a contents."""
    pages = list(pages)
    names = {page.name for page in pages}
    styles, states, contents, articles = {}, [], [], []
    for page in pages:
        file = site / f"{page.name}.html"
        soup = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
        for link in soup.select('link[rel="stylesheet"]'):
            path = (file.parent / urlsplit(link["href"]).path).resolve()
            styles[path.as_uri()] = None  # each once, in this order
        states += map(str, soup.select(WIDGET_STATE))
        article = soup.select_one("article")
        simplify(article, page)
        relocate(article, page, names, site)
        article["id"] = anchor(page.name)
        articles.append(str(article))
        if page.part:
            contents.append(f'<li class="part">{escape(page.part)}</li>')
        link = f'<a href="#{anchor(page.name)}">{escape(article.h1.get_text())}</a>'
        contents.append(f'<li class="depth-{page.depth}">{link}</li>')
    styles = sorted(styles, key=lambda style: style.endswith("/course.css"))  # it has the last word
    return TEMPLATE.format(
        **config,
        styles="\n".join(f'<link rel="stylesheet" href="{style}">' for style in styles),
        static=(site / "_static").as_uri(),
        states="\n".join(states),
        contents="\n".join(contents),
        articles="\n".join(articles),
    )


def print_book(browser, html: Path, pdf: Path) -> None:
    """Print a page made by ``one_page`` once its explorables are drawn."""
    page = browser.new_page(viewport={"width": WIDTH, "height": 1000}, color_scheme="light")
    page.set_default_timeout(300_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.emulate_media(media="print")
    page.goto(html.as_uri())
    views = page.locator("script[type$='view+json']").count()
    page.wait_for_function("n => document.querySelectorAll('.explorable').length === n", arg=views)
    page.evaluate(PRINT_ANSWERS)
    if errors:
        raise RuntimeError(f"the book does not print as it should: {errors}")
    printed = page.pdf(scale=SCALE, prefer_css_page_size=True, outline=True, tagged=True)
    page.close()
    # Spaces fill the gap, for a PDF knows its parts by their places.
    pdf.write_bytes(
        WRITTEN_TWICE.sub(
            lambda twice: b"/Title %b%b%b" % twice.groups() + b" " * len(twice[2]), printed
        )
    )


def main() -> None:
    """Print the whole book."""
    config = yaml.safe_load((book.ROOT / "_config.yml").read_text(encoding="utf-8"))
    try:
        with tempfile.TemporaryDirectory() as folder, chromium() as browser:
            html = Path(folder, "book.html")
            html.write_text(one_page(book.SITE, book.pages(), config), encoding="utf-8")
            print_book(browser, html, PDF)
    except NoBrowserError as error:
        sys.exit(f"Chromium or Chrome prints the PDF, but {error}.")
    print(f"The book is ready: {PDF}")


if __name__ == "__main__":
    main()
