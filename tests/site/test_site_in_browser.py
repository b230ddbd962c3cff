"""The site in a real browser: privacy, errors, weight, accessibility, and what the reader moves."""

import pytest
from playwright.sync_api import expect
from visit import CODE, FORMULA, PAGES, Visit

KILOBYTE = 1000
# The layout shift of one frame in another font, which a busy machine may show, is 0.007; that of
# colours that come late, 0.015; good, says web.dev, is less than 0.1.
STILL = 0.01


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
    """The visit with blocks of code and formulas emptied, each as large as it was."""
    served.empty_code()
    return served


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
    sizes = served.sizes(site)
    heaviest = sorted(sizes.items(), key=lambda item: -item[1])[:5]
    assert sum(sizes.values()) <= 500 * KILOBYTE, f"heaviest, in bytes: {heaviest}"


@pytest.mark.parametrize("way", ["served", "from_disk"])
def test_stands_still_while_it_loads(request, way, page_name):
    visit = request.getfixturevalue(way)
    late = [url for url in visit.requests if url.endswith((".woff", ".woff2", ".ttf"))]
    assert late == [], "these fonts come after the text; see EMBEDDED in book/_ext/katex_math.py"
    assert visit.layout_shift() <= STILL, visit.shifts


def test_code_that_scrolls_can_be_scrolled_from_the_keyboard(served):
    out_of_reach = served.page.evaluate(
        """(code) => [...document.querySelectorAll(code)]
            .filter((e) => e.scrollWidth > e.clientWidth && e.tabIndex < 0)
            .map((e) => e.innerText.slice(0, 120))""",
        CODE,
    )
    assert out_of_reach == []


def test_code_wraps_on_a_phone(served):
    wide = served.page.evaluate(
        """() => [...document.querySelectorAll("article [class*=highlight-]:not(.output) pre")]
            .filter((e) => e.scrollWidth > e.clientWidth)
            .map((e) => e.innerText.slice(0, 120))"""
    )
    assert wide == []


def test_fits_a_phone(served):
    wide = served.page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.querySelectorAll("article *")]
            .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
            .slice(0, 5).map((e) => e.outerHTML.slice(0, 120))"""
    )
    overflow = served.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, f"the page is {overflow} px too wide; look at {wide}"


def test_is_accessible_dark_on_a_phone(without_code):
    without_code.show("dark")
    results = without_code.axe()
    assert results.violations_count == 0, results.generate_report()


def test_is_accessible_light_on_a_desktop(without_code):
    without_code.widen()
    without_code.show("light")
    results = without_code.axe()
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("way", ["served", "from_disk"])
def test_explorables_start_and_move(request, way, page_name):
    visit = request.getfixturevalue(way)
    page = visit.page
    explorables = page.locator(".explorable")
    views = page.locator("script[type='application/vnd.jupyter.widget-view+json']").count()
    expect(explorables).to_have_count(views)  # waits for each to start
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
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
def test_code_and_formulas_of_every_kind_have_contrast(online, address, theme):
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
        [[address + name for name in PAGES], CODE, FORMULA],
    )
    assert kinds > 20
    visit.widen()
    # axe does not measure colours on the shades that mark code as wider than its block.
    visit.page.add_style_tag(content="pre { background-image: none !important }")
    visit.show(theme)
    results = visit.axe(runOnly="color-contrast")
    assert results.violations_count == 0, results.generate_report()
    visit.page.close()


def test_a_link_leads_to_its_place_below_explorables(online, address):
    visit = Visit(online, address + "book/03-bptt/the-general-case.html#references")
    expect(visit.page.locator(".explorable")).not_to_have_count(0)
    expect(visit.page.locator("#references")).to_be_in_viewport()
    assert visit.layout_shift() <= STILL, visit.shifts
    visit.page.close()
