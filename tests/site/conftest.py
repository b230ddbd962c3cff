"""The built site, a server for it and one browser, shared by the tests of this folder."""

import os
from contextlib import contextmanager
from pathlib import Path

import pytest
from visit import PAGES, serving

from tools.book import SITE
from tools.browser import NoBrowserError, chromium


def pytest_generate_tests(metafunc):
    """Run a test that asks for ``page_name`` once for each page, all tests of a page together."""
    if "page_name" in metafunc.fixturenames:
        pages = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in PAGES]
        metafunc.parametrize("page_name", pages, scope="module")


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    if not (SITE / "index.html").is_file():
        pytest.fail(f"there is no built site in {SITE}: run `make book` first", pytrace=False)
    return SITE


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
