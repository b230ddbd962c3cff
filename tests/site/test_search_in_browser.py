"""The search, asked as readers ask it: in English and Chinese, on a server and from a folder."""

import re

import pytest
from playwright.sync_api import expect
from visit import Visit

CELL = "book/02-vanilla-rnn/the-cell"
VANISHING = "book/04-long-range-dependency/why-gradients-vanish"
FOUND = {
    "vanishing gradient": VANISHING,
    "recurrent networks": CELL,
    "梯度消失": VANISHING,
    "随时间反向传播": "book/03-bptt/the-general-case",
    "双曲": "book/05-lstm-gru/variants",
    "门": "book/05-lstm-gru/gru",
    "LSTM的门控": "book/05-lstm-gru/gru",
    "W_hh": CELL,
    "h_t": CELL,
    "Recurrent": CELL,
    "BM25": "book/01-text-features/weighting-and-ranking",
    "clip_by_global_norm": "book/04-long-range-dependency/exploding-and-clipping",
}
ASK = """query => Search._performSearch(...Search._parseQuery(query))
    .reverse().map(([page, title, anchor]) => page + anchor)"""  # best first

pytestmark = pytest.mark.xdist_group("search")  # the index is read once


@pytest.fixture(scope="module")
def search_page(offline, site):
    visit = Visit(offline, (site / "search.html").as_uri())
    yield visit.page
    visit.page.close()


@pytest.mark.parametrize("query", FOUND)
def test_words_lead_to_the_page_that_has_them(search_page, query):
    assert FOUND[query] in search_page.evaluate(ASK, query)


def test_a_term_leads_to_its_definition_first(search_page):
    (first, *_) = search_page.evaluate(ASK, "teacher forcing")
    assert first == "book/glossary#term-teacher-forcing"


def test_every_page_is_found_by_its_title(search_page):
    titles = search_page.evaluate(
        "() => Search._index.docnames.map((page, i) => [page, Search._index.titles[i]])"
    )
    assert len(titles) > 40
    lost = [page for page, title in titles if page not in search_page.evaluate(ASK, title)[:5]]
    assert lost == []


def test_a_link_to_the_glossary_shows_the_chinese_name(site):
    page = (site / f"{VANISHING}.html").read_text("utf-8")
    assert re.search(r'glossary\.html#term-singular-value" title="奇异值"', page)


@pytest.mark.parametrize("way", ["served", "from disk"])
def test_the_keyboard_is_enough(online, offline, address, site, way):
    session, home = (online, address) if way == "served" else (offline, site.as_uri() + "/")
    visit = Visit(session, home + "book/index.html")
    visit.page.keyboard.press("Control+k")
    visit.page.keyboard.type("梯度消失")
    visit.page.keyboard.press("Enter")
    results = visit.page.locator("#search-results li")
    expect(results.first).to_contain_text("Glossary")
    if way == "served":
        expect(results.first).to_contain_text("梯度消失: A gradient that shrinks exponentially")
    expect(visit.page.locator(".search-summary")).to_contain_text("found")
    assert visit.errors == []
    visit.page.close()


def test_says_so_when_nothing_is_found(offline, site):
    visit = Visit(offline, (site / "search.html").as_uri() + "?q=ungefunden")
    expect(visit.page.locator(".search-summary")).to_contain_text("No page has all these words.")
    visit.page.close()
