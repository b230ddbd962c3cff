"""The built site, a server for it and one browser, shared by the tests of this folder."""

import functools
import http.server
import os
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tools.browser import NoBrowserError, chromium
from tools.pdf import pages_of

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"


def pages_of_the_book() -> list[str]:
    """Every page in the table of contents, as a path in the site, and the pages Sphinx adds."""

    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [f"{page.name}.html" for page in pages_of(contents)] + ["genindex.html", "search.html"]


def pytest_generate_tests(metafunc):
    """Run a test that asks for ``page_name`` once for each page, all tests of a page together."""
    if "page_name" in metafunc.fixturenames:
        pages = [
            pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in pages_of_the_book()
        ]
        metafunc.parametrize("page_name", pages, scope="module")


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    if not (SITE / "index.html").is_file():
        pytest.fail(f"there is no built site in {SITE}: run `make book` first", pytrace=False)
    return SITE


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


@pytest.fixture(scope="session")
def address(site):
    """The site's address while a local server serves it."""
    with serving(site) as address:
        yield address


def no_browser(reason: str):
    """Skip what needs a browser; fail instead where the environment promises one."""
    if os.environ.get("RNNCOURSE_REQUIRE_BROWSER") == "1":
        pytest.fail(f"RNNCOURSE_REQUIRE_BROWSER=1, but {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser():
    """One headless Chromium for all tests."""
    try:
        with chromium() as browser:
            yield browser
    except NoBrowserError as error:
        no_browser(str(error))


@contextmanager
def session_of(browser):
    """A reader's session. What its pages have in common is fetched and compiled once.

    A browser draws the page in front alone, so only one page of a session may be open.
    """
    session = browser.new_context(color_scheme="light")
    yield session
    session.close()


@pytest.fixture(scope="session")
def online(browser):
    """A session for pages that a server delivers."""
    with session_of(browser) as session:
        yield session


@pytest.fixture(scope="session")
def offline(browser):
    """A session for pages from a folder."""
    with session_of(browser) as session:
        yield session
