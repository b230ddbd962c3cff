"""Repair what the theme leaves undone: accessibility, and scripts that no page needs.

The theme offers no option for these, so the finished pages are edited. Each edit leaves an edited
page as it is, because a later build rewrites only the pages that changed.
"""

import re
from pathlib import Path

EDITS = [
    # A list entry may no longer have this role; the list round it (below) had no entries
    (r'role="doc-biblioentry"', 'role="listitem"'),
    # Let the visible text name the control, also for someone who speaks commands to the browser
    (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    # The arrow that unfolds a chapter in the side bar has no text at all
    (
        r'(>([^<>]+)</a><details[^>]*>)<summary>(?=<span class="toctree-toggle")',
        r'\1<summary aria-label="Pages of \2">',
    ),
    (r' title="Search" aria-label="Search"', ' title="Search"'),
    # All content belongs to a landmark
    (
        r'<div id="pst-primary-sidebar" class=',
        '<div id="pst-primary-sidebar" role="complementary" aria-label="Book" class=',
    ),
    # A notebook is kept, not opened in a tab of raw JSON
    (r'(<a href="[^"]*_sources/[^"]*\.ipynb") target="_blank"', r"\1 download"),
    # Colours from the first paint on: without this the theme chooses them once the page is there
    (
        r'dataset\.theme = localStorage\.getItem\("theme"\) \|\| "auto"',
        'dataset.theme = ((mode) => mode === "light" || mode === "dark" ? mode : '
        'matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")'
        "(document.documentElement.dataset.mode)",
    ),
    # 1.5 MB that redraws the icons which the style sheet already shows
    (r'<script defer src="[^"]*scripts/fontawesome\.js[^"]*"></script>', ""),
]
# The search index is for the search page; the theme loads it on every page, for search as you type
SEARCH_SCRIPT = r'<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>'


def offer_notebook(app, pagename, templatename, context, doctree) -> None:
    """Let one click take a page's notebook away, which the theme folds into a menu."""
    buttons = context.get("header_buttons", [])
    for place, menu in enumerate(buttons):
        if menu["label"] == "download-buttons" and pagename in app.env.nb_metadata:
            source = next(b for b in menu["buttons"] if b["label"] == "download-source-button")
            look = {key: menu[key] for key in ("icon", "tooltip")}
            buttons[place] = source | look | {"text": None, "classes": "pst-navbar-icon"}


def edit_pages(app, exception) -> None:
    """Apply the edits to every page of the site and drop the theme's source maps."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for page in site.rglob("*.html"):
        html = edited = page.read_text("utf-8")
        for pattern, replacement in EDITS:
            edited = re.sub(pattern, replacement, edited)
        if page != site / "search.html":
            edited = re.sub(SEARCH_SCRIPT, "", edited)
        if edited != html:
            page.write_text(edited, "utf-8")
    for source_map in site.rglob("*.map"):
        source_map.unlink()


def setup(app):
    """Edit the pages before anything else looks at them."""
    app.connect("html-page-context", offer_notebook, priority=502)  # the theme has 501
    app.connect("build-finished", edit_pages, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
