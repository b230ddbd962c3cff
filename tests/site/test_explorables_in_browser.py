"""Each explorable by itself in a browser, on the host script of the book and with no kernel."""

import json

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import ROOT
from ipywidgets.embed import embed_data

from rnncourse.cells import Weights
from rnncourse.explorables import Initialisation, Question, Quiz, Sampling, Unroll, right, wrong
from rnncourse.layers import LinearWeights

HOST = ROOT / "book" / "_static" / "afm-host.js"
MIME = "application/vnd.jupyter.widget"
SMALLEST_TEXT = 11  # CSS pixels, as drawn

SMALL_TEXTS = """smallest => [...document.querySelectorAll(".explorable *")]
  .filter((e) => [...e.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
  .map((e) => {
    const drawing = e.closest("svg");
    const scale = drawing ? drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width : 1;
    return [e.textContent, scale * parseFloat(getComputedStyle(e).fontSize)];
  })
  .filter(([, size]) => size < smallest - 0.01)"""  # noqa: E501


def unroll():
    rng = np.random.default_rng(0)
    weights = Weights(*(rng.normal(size=shape) for shape in ((4, 8), (4, 4), (4,), (4,))))
    output = LinearWeights(rng.normal(size=(8, 4)), rng.normal(size=8))
    return Unroll("abcdefgh", weights, output, step=7)  # the largest sizes it takes


def sampling():
    logits = np.random.default_rng(1).normal(0, 2, 27)
    return Sampling(" abcdefghijklmnopqrstuvwxyz", logits, top_k=5)


def initialisation():
    return Initialisation(np.random.default_rng(2))


def quiz():
    return Quiz(
        Question(
            "Is <b>this</b> *W_ih* or `code`?",
            right("*h_{t−1}*", "Of course, <i>plain</i>."),
            wrong("2 * 3 * 4", "Stars with room around them stay stars."),
        )
    )


@pytest.fixture
def page_of(browser, tmp_path):
    """Opens a page that holds one explorable, from disk; fails the test on any error in it."""
    errors, contexts = [], []

    def as_script(kind, data):
        text = json.dumps(data).replace("</", "<\\/")
        return f'<script type="{MIME}-{kind}+json">{text}</script>'

    def open_page(explorable, *, views=1, width=1280, theme="light"):
        data = embed_data(views=[explorable], drop_defaults=False)
        file = tmp_path / "page.html"
        file.write_text(
            f'<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><title>Explorable</title>'
            f"<main><h1>Explorable</h1>{views * as_script('view', data['view_specs'][0])}</main>"
            f"{as_script('state', data['manager_state'])}"
            f"<script>{HOST.read_text(encoding='utf-8')}</script></html>",
            encoding="utf-8",
        )
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.goto(file.as_uri())
        page.wait_for_selector(".explorable")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("make", [unroll, sampling, initialisation, quiz])
def test_fits_is_legible_and_accessible(page_of, make, width, theme):
    page = page_of(make(), width=width, theme=theme)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(SMALL_TEXTS, SMALLEST_TEXT) == []
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_lays_out_anew_when_the_width_changes(page_of):
    page = page_of(unroll())
    wide = page.locator("svg").bounding_box()
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_function("document.querySelector('svg').clientWidth < 390")
    narrow = page.locator("svg").bounding_box()
    assert narrow["height"] > 1.5 * wide["height"]  # stacked, not shrunk


def test_unroll_steps_by_button_and_by_key(page_of):
    page = page_of(unroll())
    live, slider = page.locator("[aria-live=polite]"), page.get_by_role("slider")
    page.get_by_role("button", name="Next").click()
    assert live.inner_text().startswith("Step 8 of 8")
    assert page.get_by_role("button", name="Next").is_disabled()
    slider.press("Home")
    assert live.inner_text().startswith("Step 1 of 8 reads “a”")
    assert slider.get_attribute("aria-valuetext") == "1 of 8"
    assert page.get_by_role("button", name="Back").is_disabled()


def test_sampling_draws_and_clears(page_of):
    page = page_of(sampling())
    written = page.locator(".written[role=status]")
    page.get_by_role("button", name="Draw 10").click()
    drawn = written.inner_text()
    assert len(drawn.removeprefix("Drawn: ")) == 10
    page.get_by_role("slider", name="top-k").press("Home")  # only the greedy choice is left
    assert len(set(written.inner_text().removeprefix("Drawn: "))) == 1
    assert page.locator("[aria-live=polite]").inner_text().startswith("Entropy: 0.00 bits")
    page.get_by_role("button", name="Clear").click()
    assert written.inner_text() == ""


def test_sampling_tells_screen_readers_the_probabilities(page_of):
    page = page_of(Sampling("ab ", np.log([0.3, 0.6, 0.1])))
    page.get_by_role("img", name="b 60.0 %, a 30.0 %, ␣ 10.0 %").wait_for()
    page.get_by_role("slider", name="top-k").press("Home")
    page.get_by_role("img", name="b 100.0 %, a 0.0 %, ␣ 0.0 %").wait_for()


def test_initialisation_answers_gain_and_matrix(page_of):
    page = page_of(initialisation())
    live, gain = page.locator("[aria-live=polite]"), page.get_by_role("slider", name="gain")
    texts = [live.inner_text()]
    page.get_by_label("Gaussian").check()
    texts.append(live.inner_text())
    gain.press("Home")
    texts.append(live.inner_text())
    assert len(set(texts)) == 3
    assert "reaches step 0 with 0: nothing is left of it" in texts[-1]


def test_quiz_explains_and_keeps_text_as_text(page_of):
    page = page_of(quiz())
    question = page.locator("fieldset")
    assert "<b>this</b> Wih or code" in question.locator("legend").inner_text()
    assert question.locator("legend em").inner_html() == "W<sub>ih</sub>"
    assert question.locator("b, i").count() == 0
    page.get_by_label("2 * 3 * 4").check()
    assert "Not quite. Stars" in page.get_by_role("status").inner_text()
    page.get_by_role("radio").first.press("Space")
    assert "Right. Of course, <i>plain</i>." in page.get_by_role("status").inner_text()
    assert page.locator("[aria-live=polite]").inner_text().startswith("Score: 1 right of 1")


def test_two_views_of_a_quiz_show_the_same_answer(page_of):
    page = page_of(quiz(), views=2)
    page.wait_for_function("document.querySelectorAll('.explorable').length === 2")
    first, second = page.locator(".explorable").all()
    first.get_by_role("radio").nth(1).check()
    first.get_by_role("radio").nth(0).check()  # the explanation follows a change of mind
    assert second.get_by_role("radio").nth(0).is_checked()
    assert second.get_by_role("status").inner_text().startswith("✓ Right.")
