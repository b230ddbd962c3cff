"""The pages of the site, a server for them, and a visit to one.

The tests of this folder and benchmarks/site.py look at the site in this way.
"""

import functools
import gzip
import http.server
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from axe_playwright_python.sync_playwright import Axe

from tools import book

# Every page of the book, as a path in the site, and the pages that Sphinx adds
PAGES = [f"{page.name}.html" for page in book.pages()] + ["genindex.html", "search.html"]

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
SETTLED = 400  # milliseconds: the theme reacts to a new width after 300
# What looks alike on all pages, and would take axe most of its time on each of them.
CODE, FORMULA = "pre", ".katex-html"

RECORD_SHIFTS = """
    window.layoutShifts = [];
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => layoutShifts.push({
        score: entry.value,
        moved: entry.sources.map(({ node: n }) => (n?.outerHTML ?? n?.textContent)?.slice(0, 80)),
    }))).observe({ type: "layout-shift", buffered: true });
"""


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files without a log line for each."""

    def log_message(self, *args):
        pass


@contextmanager
def serving(folder: Path):
    """Serve a folder from this machine; gives its address, ``http://127.0.0.1:port/``."""
    handler = functools.partial(QuietHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Visit:
    """A page opened on a phone, with a record of what it asked for, said and moved."""

    IDLE = 0.5  # seconds without a request, after which Playwright calls the network idle

    def __init__(self, session, url):
        self.requests, self.errors = [], []
        self.page = session.new_page()
        self.page.set_viewport_size(PHONE)
        self.page.add_init_script(RECORD_SHIFTS)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self.hear)
        self.page.goto(url)
        self.page.wait_for_load_state("networkidle")
        self.shifts = self.page.evaluate("layoutShifts")

    def hear(self, message):
        """Keep the errors that the page writes to the console."""
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url')})")

    def foreign_requests(self) -> list[str]:
        """The addresses the page asked for that are neither this site's nor inside the page."""
        home = urlsplit(self.page.url)
        return [
            url
            for url in self.requests
            if urlsplit(url)[:2] != home[:2] and urlsplit(url).scheme not in ("data", "blob")
        ]

    def sizes(self, site: Path) -> dict[str, int]:
        """The compressed bytes of each address that the page asked its server for."""
        return {
            url: compressed_size(site / unquote(urlsplit(url).path).lstrip("/"))
            for url in self.requests
            if urlsplit(url).scheme == "http"
        }

    def layout_shift(self) -> float:
        """How much of what the reader saw moved, and how far, while the page loaded."""
        return sum(shift["score"] for shift in self.shifts)

    def empty_code(self) -> None:
        """Empty the blocks of code and the formulas, and leave each as large as it was."""
        self.page.evaluate(
            """(parts) => {
                const emptied = [...document.querySelectorAll(parts)];
                const sizes = emptied.map((e) => e.getBoundingClientRect());
                emptied.forEach((e, i) => {
                    e.replaceChildren();
                    e.style.cssText += `; display: inline-block; box-sizing: border-box;
                        width: ${sizes[i].width}px; height: ${sizes[i].height}px`;
                });
            }""",
            f"article :is({CODE}, {FORMULA}):not(.explorable *)",
        )

    def widen(self) -> None:
        """Give the page the window of a desktop and time to lay itself out."""
        self.page.set_viewport_size(DESKTOP)
        self.page.wait_for_timeout(SETTLED)

    def show(self, theme: str) -> None:
        """Switch the page to a theme, light or dark, and wait until no colour is on its way."""
        self.page.emulate_media(color_scheme=theme)
        self.page.wait_for_function(
            "theme => document.documentElement.dataset.theme === theme", arg=theme
        )
        self.page.wait_for_function(
            """() => document.getAnimations().every(
                (one) => !(one instanceof CSSTransition) || one.playState === "finished")"""
        )

    def axe(self, **more):
        """What axe finds against the accessibility of the page as it stands."""
        return axe(self.page, **more)


def axe(page, **more):
    """What axe finds against the accessibility of a page of the browser as it stands."""
    options = {
        "preload": False,  # fetch no style sheets: their errors would be the checker's own
        "resultTypes": ["violations"],  # a third faster than a list of all that is well
    }
    return Axe().run(page, options=options | more)


@functools.cache
def compressed_size(path: Path) -> int:
    """Bytes of a file as a web server sends it."""
    return len(gzip.compress(path.read_bytes()))
