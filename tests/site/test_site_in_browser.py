"""The site in a real browser: privacy, errors, weight, accessibility, and what the reader moves."""

import gzip
from functools import cache
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import pages_of_the_book
from playwright.sync_api import expect

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
SETTLED = 400  # milliseconds: the theme reacts to a new width after 300
# What looks alike on all pages, and would take axe most of its time on each of them.
CODE, FORMULA = "pre", ".katex-html"
KILOBYTE = 1000


class Visit:
    """A page opened on a phone, with a record of what it asked for and said."""

    def __init__(self, session, url):
        self.requests, self.errors = [], []
        self.page = session.new_page()
        self.page.set_viewport_size(PHONE)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self.hear)
        self.page.goto(url)
        self.page.wait_for_load_state("networkidle")

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


@pytest.fixture(scope="module")
def served(online, address, page_name):
    """The page as a web server delivers it."""
    visit = Visit(online, address + page_name)
    yield visit
    visit.page.close()


@pytest.fixture(scope="module")
def from_disk(offline, site, page_name):
    """The page as it opens from a folder or a USB stick."""
    visit = Visit(offline, (site / page_name).as_uri())
    yield visit
    visit.page.close()


@pytest.fixture(scope="module")
def without_code(served):
    """The page with blocks of code and formulas emptied, each as large as it was."""
    served.page.evaluate(
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
    return served.page


@pytest.fixture(scope="module")
def axe():
    """Check a page's accessibility; the checker travels in its package, so it works offline."""
    options = {
        "preload": False,  # no style sheets fetched by the checker: their errors would be its own
        "resultTypes": ["violations"],  # a third faster than a list of all that is well
    }

    def check(page, **more):
        return Axe().run(page, options=options | more)

    return check


@cache
def compressed_size(path):
    """Bytes of a file as a web server sends it."""
    return len(gzip.compress(path.read_bytes()))


def widen(page):
    """Give the page the window of a desktop and time to lay itself out."""
    page.set_viewport_size(DESKTOP)
    page.wait_for_timeout(SETTLED)


def show(page, theme):
    """Switch the page to a theme, light or dark, and wait until no colour is on its way."""
    page.emulate_media(color_scheme=theme)
    page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
    page.wait_for_function(
        """() => document.getAnimations().every(
            (one) => !(one instanceof CSSTransition) || one.playState === "finished")"""
    )


def push(page, control):
    """Work a slider, a radio button or a button from the keyboard."""
    control.focus()
    if control.get_attribute("type") == "range":
        at_end = control.evaluate("slider => Number(slider.value) >= Number(slider.max)")
        page.keyboard.press("ArrowLeft" if at_end else "ArrowRight")
    else:
        page.keyboard.press("Space")


@pytest.mark.parametrize("way", ["served", "from_disk"])
def test_stays_on_the_site_and_runs_without_error(request, way, page_name):
    visit = request.getfixturevalue(way)
    assert visit.foreign_requests() == []
    assert visit.errors == []


def test_is_light_to_load(served, site):
    sizes = {
        url: compressed_size(site / unquote(urlsplit(url).path).lstrip("/"))
        for url in served.requests
        if urlsplit(url).scheme == "http"
    }
    heaviest = sorted(sizes.items(), key=lambda item: -item[1])[:5]
    assert sum(sizes.values()) <= 500 * KILOBYTE, f"heaviest, in bytes: {heaviest}"


def test_code_that_scrolls_can_be_scrolled_from_the_keyboard(served):
    out_of_reach = served.page.evaluate(
        """(code) => [...document.querySelectorAll(code)]
            .filter((e) => e.scrollWidth > e.clientWidth && e.tabIndex < 0)
            .map((e) => e.innerText.slice(0, 120))""",
        CODE,
    )
    assert out_of_reach == []


def test_fits_a_phone(served):
    wide = served.page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.querySelectorAll("article *")]
            .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
            .slice(0, 5).map((e) => e.outerHTML.slice(0, 120))"""
    )
    overflow = served.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, f"the page is {overflow} px too wide; look at {wide}"


def test_is_accessible_dark_on_a_phone(without_code, axe):
    show(without_code, "dark")
    results = axe(without_code)
    assert results.violations_count == 0, results.generate_report()


def test_is_accessible_light_on_a_desktop(without_code, axe):
    widen(without_code)
    show(without_code, "light")
    results = axe(without_code)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("way", ["served", "from_disk"])
def test_explorables_start_and_move(request, way, page_name):
    visit = request.getfixturevalue(way)
    page = visit.page
    explorables = page.locator(".explorable")
    views = page.locator("script[type='application/vnd.jupyter.widget-view+json']").count()
    expect(explorables).to_have_count(views)  # waits for each to start
    for explorable in explorables.all():
        name = explorable.locator(".explorable-title").inner_text()
        picture = explorable.locator(".explorable-picture")
        before = picture.inner_html()
        controls = "input[type=range], button:enabled, input[type=radio]:not(:checked)"
        push(page, explorable.locator(controls).first)
        assert picture.inner_html() != before, f"the picture of {name!r} stayed as it was"
    assert visit.errors == []


def test_quizzes_explain_every_option(served):
    for question in served.page.locator(".explorable fieldset.question").all():
        explanations = set()
        options = question.locator("input[type=radio]").all()
        for option in options:
            push(served.page, option)
            explanations.add(question.get_by_role("status").inner_text())
        assert len(explanations - {""}) == len(options), question.inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_code_and_formulas_of_every_kind_have_contrast(online, address, axe, theme):
    """One page of specimens: each block of code with a kind of token that those before lack."""
    visit = Visit(online, address + "book/index.html")
    kinds = visit.page.evaluate(
        """async ([pages, code, formula]) => {
            const article = document.querySelector("article"), seen = new Set();
            article.replaceChildren(article.querySelector("h1"));
            for (const name of pages) {
                const text = await (await fetch(name)).text();
                const page = new DOMParser().parseFromString(text, "text/html");
                for (const block of page.querySelectorAll(code)) {
                    const whole = block.closest(".cell_input, .cell_output, [class*=highlight-]");
                    const kinds = [block, ...block.querySelectorAll("span")]
                        .map((token) => `${whole?.className} ${token.className}`);
                    if (kinds.every((kind) => seen.has(kind))) continue;
                    kinds.forEach((kind) => seen.add(kind));
                    article.append(whole ?? block);
                }
                article.append(page.querySelector(`.katex:has(${formula})`) ?? "");
            }
            return seen.size;
        }""",
        [[address + name for name in pages_of_the_book()], CODE, FORMULA],
    )
    assert kinds > 20
    widen(visit.page)
    # axe does not measure colours on the shades that mark code as wider than its block.
    visit.page.add_style_tag(content="pre { background-image: none !important }")
    show(visit.page, theme)
    results = axe(visit.page, runOnly="color-contrast")
    assert results.violations_count == 0, results.generate_report()
    visit.page.close()


@pytest.mark.parametrize("way", ["served", "from disk"])
def test_search_lists_pages(online, offline, address, site, way):
    session, home = (online, address) if way == "served" else (offline, site.as_uri() + "/")
    visit = Visit(session, home + "book/index.html")
    visit.page.keyboard.press("Control+k")
    visit.page.keyboard.type("hidden state")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("#search-results li a")
    assert visit.errors == []
    visit.page.close()
