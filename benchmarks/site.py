"""What does each page of the built book cost its readers?

    python benchmarks/site.py

KB        all that the page fetches, compressed
requests  how many files that is; foreign: those from another host
axe       violations that axe finds, in the light on a desktop and in the dark on a phone
shift     the cumulative layout shift while the page loads, on a phone
seconds   until the page has loaded and asks for nothing more, in a browser that has cached nothing

The site is the one in _build/html (`make book`), served from this machine.
"""

import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "site")]  # a visit belongs to the tests

from visit import PAGES, Visit, serving  # noqa: E402

from tools.book import SITE  # noqa: E402
from tools.browser import chromium  # noqa: E402

COLUMNS = ("KB", "requests", "foreign", "axe light", "axe dark", "shift", "seconds")


def cost(browser, address: str, page: str) -> tuple:
    """The figures of one page."""
    session = browser.new_context(color_scheme="light")
    start = time.perf_counter()
    visit = Visit(session, address + page)
    seconds = time.perf_counter() - start - Visit.IDLE
    asked = [url for url in visit.requests if urlsplit(url).scheme == "http"]
    weight = sum(visit.sizes(SITE).values()) / 1000
    visit.empty_code()
    visit.show("dark")
    dark = visit.axe().violations_count
    visit.show("light")
    visit.widen()
    light = visit.axe().violations_count
    session.close()
    foreign = len(visit.foreign_requests())
    return round(weight), len(asked), foreign, light, dark, round(visit.layout_shift(), 4), seconds


def main():
    """Print the table, and its worst row last."""
    print(f"| page | {' | '.join(COLUMNS)} |\n|---{'|--:' * len(COLUMNS)}|")
    rows = []
    with serving(SITE) as address, chromium() as browser:
        for page in PAGES:
            rows.append(cost(browser, address, page))
            print_row(page, rows[-1])
    print_row("the worst of all", tuple(map(max, zip(*rows, strict=True))))


def print_row(name: str, figures: tuple) -> None:
    """One line of the table."""
    *counted, seconds = figures
    print(f"| {name} | {' | '.join(map(str, counted))} | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main()
