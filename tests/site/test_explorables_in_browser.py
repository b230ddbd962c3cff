"""Each explorable by itself in a browser, on the host script of the book and with no kernel."""

import json

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import ROOT
from ipywidgets.embed import embed_data

from rnncourse.cells import Weights
from rnncourse.explorables import (
    BackwardPass,
    Cliff,
    Initialisation,
    Question,
    Quiz,
    Sampling,
    SpectralRadius,
    Truncation,
    Unroll,
    right,
    wrong,
)
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


def spectral_radius():
    return SpectralRadius(np.random.default_rng(3))


def cliff():
    return Cliff(steps=15)


def backward_pass(step=21):
    """The three steps that the page three-steps-by-hand computes, but for tanh and more digits."""
    weights = Weights(*(np.full(shape, 0.75) for shape in ((1, 1), (1, 1), (1,), (1,))))
    output = LinearWeights(np.array([[-1.6]]), np.array([0.3]))
    return BackwardPass([-1.25, 0.5, 2.0], [0.5, -1.0, 1.0], weights, output, step=step)


def truncation():
    return Truncation(np.random.default_rng(3), steps=40)


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
@pytest.mark.parametrize(
    "make",
    [unroll, sampling, initialisation, spectral_radius, cliff, backward_pass, truncation, quiz],
)
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


def test_spectral_radius_answers_every_control(page_of):
    page = page_of(spectral_radius())
    live = page.locator("[aria-live=polite]")
    radius, inputs = (page.get_by_role("slider", name=name) for name in ("radius", "inputs"))
    assert "is above 1: the bound lets it grow" in live.inner_text()
    assert "the gradient first grows" in live.inner_text()
    page.get_by_label("sigmoid").check()
    assert "is below 1: the gradient must vanish" in live.inner_text()
    page.get_by_label("tanh").check()
    page.get_by_label("orthogonal").check()
    radius.press("End")
    assert "σ1 = 2.00, ρ = 2.00" in live.inner_text()
    assert "grows all the way" in live.inner_text()  # without inputs every slope is 1
    inputs.press("End")
    assert "grows all the way" not in live.inner_text()
    page.get_by_label("shear").check()
    assert "σ1 = 3.24, ρ = 2.00" in live.inner_text()


def test_cliff_steps_clips_and_resets(page_of):
    page = page_of(Cliff())
    live = page.locator("[aria-live=polite]")
    one, ten, reset = (page.get_by_role("button", name=n) for n in ("One", "Ten", "Reset"))
    assert live.inner_text().startswith("Start: w = 4.90, b = −2.25")
    assert reset.is_disabled()
    one.click()
    assert live.inner_text().startswith("Step 1:")
    ten.press("Enter")
    ten.press("Enter")
    assert "throws the ball out of the map" in live.inner_text()
    assert one.is_disabled()
    assert ten.is_disabled()
    clip = page.get_by_role("slider", name="clip at")
    assert clip.get_attribute("aria-valuetext") == "no clipping"
    for _ in range(5):
        clip.press("ArrowLeft")
    assert clip.get_attribute("aria-valuetext") == "0.5"
    assert live.inner_text().startswith("Step 21:")
    assert "of 21 steps were clipped" in live.inner_text()
    assert one.is_enabled()
    reset.click()
    page.get_by_role("slider", name="start w").press("Home")
    assert live.inner_text().startswith("Start: w = 4.00")


def left_alone(button):
    """Whether a button calls itself disabled, keeps the keyboard's focus and ignores its keys."""
    live = button.page.locator("[aria-live=polite]")
    text, focused = live.inner_text(), button.evaluate("e => e === document.activeElement")
    button.press("Enter")
    button.press("Space")
    return button.is_disabled() and focused and live.inner_text() == text


def test_buttons_at_their_end_keep_the_focus_and_do_nothing(page_of):
    page = page_of(unroll())
    next_ = page.get_by_role("button", name="Next")
    next_.press("Enter")
    assert left_alone(next_)
    page = page_of(Cliff(steps=10))
    ten, reset = (page.get_by_role("button", name=name) for name in ("Ten", "Reset"))
    ten.press("Enter")  # throws the ball out
    assert left_alone(ten)
    for _ in range(5):
        page.get_by_role("slider", name="clip at").press("ArrowLeft")
    assert page.locator("[aria-live=polite]").inner_text().startswith("Step 20:")
    reset.press("Enter")
    assert left_alone(reset)
    page = page_of(sampling())
    clear = page.get_by_role("button", name="Clear")
    page.get_by_role("button", name="Draw 10").click()
    clear.press("Enter")
    assert left_alone(clear)


OVERLAPS = """() => {
  const boxes = [...document.querySelectorAll("svg rect")].map((e) => e.getBoundingClientRect());
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
  return boxes.flatMap((a, i) => boxes.slice(0, i).filter((b) => !apart(a, b)).map((b) => [a.x, a.y, b.x, b.y]));
}"""  # noqa: E501

TOO_WIDE = """() => [...document.querySelectorAll("svg rect + text")]
  .map((text) => [text.textContent, text.getBBox().width, text.previousSibling.getBBox().width])
  .filter(([, text, box]) => text > box)"""


@pytest.mark.parametrize("width", [1280, 374])  # the book leaves as much room on a 390 px screen
def test_backward_pass_has_room_for_every_number(page_of, width):
    page = page_of(backward_pass(), width=width)
    page.add_style_tag(content="body { font-family: 'DejaVu Sans', Verdana; }")  # a wide one
    assert page.locator("svg rect + text").count() > 30
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate(TOO_WIDE) == []


def test_backward_pass_steps_by_button_and_by_key(page_of):
    page = page_of(backward_pass(step=1))
    live, slider = page.locator("[aria-live=polite]"), page.get_by_role("slider")
    back, next_ = page.get_by_role("button", name="Back"), page.get_by_role("button", name="Next")
    assert back.is_disabled()
    assert live.inner_text().startswith("Forward. a1 = wih x1")
    assert page.locator("svg .backward").count() == 0
    slider.press("ArrowRight")
    assert live.inner_text().startswith("Forward. y1 = why h1 + by")
    for _ in range(6):
        next_.click()
    assert slider.get_attribute("aria-valuetext") == "8 of 21"
    assert live.inner_text().startswith("Back. ∂L/∂y3 = y3 − target3")
    assert page.locator("svg .backward").count() == 1
    for _ in range(4):
        next_.click()
    assert live.inner_text().startswith("Back. Two arrows meet at h2")
    assert page.locator("svg .backward.now").count() == 2
    slider.press("End")
    assert next_.is_disabled()
    assert page.locator("svg .backward").count() == 3 + 3 + 2 + 3  # L to y, y to h, a to h, h to a


def test_backward_pass_adds_up_what_each_step_gives(page_of):
    page = page_of(backward_pass(step=17))
    row = page.get_by_role("row", name="why")
    parts = [float(text.replace("−", "-")) for text in row.locator("td").all_inner_texts()[1:]]
    assert sum(parts[:3]) == pytest.approx(parts[3], abs=0.002)  # as rounded for the reader
    assert page.get_by_role("row", name="by").locator("td").last.inner_text() == ""
    page.get_by_role("slider").press("End")
    assert "" not in page.locator("td").all_inner_texts()


def test_backward_pass_without_a_loss_at_each_step(page_of):
    weights = Weights(*(np.full(shape, 0.5) for shape in ((1, 1), (1, 1), (1,), (1,))))
    output = LinearWeights(np.ones((1, 1)), np.zeros(1))
    page = page_of(BackwardPass([1.0, 2.0], [None, 3.0], weights, output, nonlinearity="linear"))
    page.get_by_role("slider").press("End")
    assert page.locator("svg .kind-output").count() == 1
    for _ in range(6):
        page.get_by_role("button", name="Back").click()
    live = page.locator("[aria-live=polite]")
    assert "Step 1 has no loss, so one arrow arrives at h1" in live.inner_text()


def test_truncation_answers_k_and_gain(page_of):
    page = page_of(truncation())
    live, k = page.locator("[aria-live=polite]"), page.get_by_role("slider", name="steps back")
    assert live.inner_text().startswith("Gain 0.90, k = 5: the truncated gradient of Whh is off by")
    assert page.locator("svg .box:not(.ghost)").count() == 5
    k.press("ArrowRight")
    assert "k = 6" in live.inner_text()
    before = live.inner_text()
    page.get_by_role("slider", name="gain").press("End")
    assert live.inner_text() != before
    k.press("End")
    assert live.inner_text().endswith("nothing is left out, so this is the full gradient of Whh.")
    page.get_by_role(
        "img", name="The loss at step 40 reaches back to step 1", exact=True
    ).wait_for()


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


ENDS = """line => {
  const points = line.getAttribute("points").split(" ");
  return [points[0], points.at(-1)].map((point) => point.split(",").map(Number));
}"""


@pytest.mark.parametrize(("radius", "rises"), [(2.0, True), (0.5, False)])
def test_a_chart_has_more_at_the_top_and_later_steps_on_the_right(page_of, radius, rises):
    rng = np.random.default_rng(0)
    page = page_of(SpectralRadius(rng, radius=radius, nonlinearity="linear", kind="orthogonal"))
    (x, y), (last_x, last_y) = page.locator("polyline.kind-gradient").evaluate(ENDS)
    assert last_x > x + 100
    assert (last_y < y) == rises


def test_the_bound_runs_above_what_the_eigenvalues_alone_would_say(page_of):
    shear = SpectralRadius(
        np.random.default_rng(0), radius=0.9, nonlinearity="linear", kind="shear"
    )
    page = page_of(shear)
    bound, eigenvalues = (
        page.locator(f"polyline.kind-weight.{kind}").evaluate(ENDS) for kind in ("dashed", "dotted")
    )
    assert bound[1][1] < bound[0][1] < eigenvalues[1][1]  # one rises from 1, one falls


def test_the_map_of_the_cliff_is_darker_where_the_error_is_higher(page_of):
    page = page_of(Cliff())
    alpha = """async (image, [across, down]) => {
      const picture = new Image();
      picture.src = image.getAttribute("href");
      await picture.decode();
      const sheet = document.createElement("canvas");
      [sheet.width, sheet.height] = [picture.width, picture.height];
      const pen = sheet.getContext("2d");
      pen.drawImage(picture, 0, 0);
      return pen.getImageData(across * picture.width, down * picture.height, 1, 1).data[3];
    }"""
    image = page.locator("svg image")

    def shade(w, b):  # the map shows w from 4 to 5.4 and b from -2.8, at the bottom, to -1.8
        return image.evaluate(alpha, [(w - 4) / 1.4, (-1.8 - b) / 1.0])

    assert shade(4.2, -2.7) > 2 * shade(4.2, -2.1)
    assert shade(5.2, -2.0) > 1.2 * shade(4.2, -2.1)
