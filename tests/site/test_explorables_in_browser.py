"""Each explorable by itself in a browser, on the host script of the book and with no kernel."""

import io
import json
import re

import numpy as np
import pytest
from ipywidgets.embed import embed_data
from PIL import Image
from visit import axe

from rnncourse.cells import GRU, LSTM, HState, LSTMState, Weights
from rnncourse.explorables import (
    BackwardPass,
    BothEnds,
    Cliff,
    ContextWindow,
    EmbeddingMap,
    ForgetProduct,
    GateViewer,
    GRUStep,
    Initialisation,
    LSTMStep,
    NameReader,
    Padding,
    Question,
    Quiz,
    Ranking,
    Sampling,
    SpectralRadius,
    Truncation,
    Unroll,
    Wiring,
    right,
    wrong,
)
from rnncourse.explorables.name_reader import END
from rnncourse.layers import Embedding, Linear, LinearWeights
from rnncourse.models import SequenceModel
from rnncourse.recurrent import Recurrent
from rnncourse.text import Vocabulary, count
from tools.book import ROOT

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


def gate_viewer(**options):
    """As long as the pages' texts, with characters that the explorables take for markup."""
    text = ("See *emphasis*, `code` and\tmore.\n\n" + "A_word_that_is_too_long_for_a_phone " * 12)[
        :400
    ]
    values = np.random.default_rng(4).uniform(-1, 1, (len(text), 3))
    blocks = {"f": values**2, "i": 1 - values**2, "o": abs(values), "c": 12.3 * values, "h": values}
    notes = {("f", 17): "Note one, on *c_t*.", ("c", 40): "Note two."}
    return GateViewer(text, blocks, units=[3, 17, 40], notes=notes, **options)


def gate_viewer_of_a_state():
    return gate_viewer(block="c", unit=40)


def forget_product():
    return ForgetProduct(np.random.default_rng(5))


LSTM_SETTINGS = {"i": 0.25, "f": 0.75, "g": -0.5, "o": 0.4, "c": 1.5}
GRU_SETTINGS = {"r": 0.25, "z": 0.75, "h": 0.8, "w": -1.5, "ax_n": 1.0}


def lstm_step(stage="candidate", **settings):
    return LSTMStep(**LSTM_SETTINGS | settings, stage=stage)


def gru_step(stage="candidate", **settings):
    return GRUStep(**GRU_SETTINGS | settings, stage=stage)


def wiring(**options):
    """With all that can be drawn in the least room: two chains, shortcuts and projections."""
    options = {"wiring": "both_turning", "shortcut": "residual", "layers": 4} | options
    return Wiring(**options, input_size=32, hidden_size=512)


def wiring_joined():
    return wiring(wiring="joined")


def padding(treatment="padded", **options):
    """As many rows, and as long, as it takes."""
    lengths = np.random.default_rng(6).integers(1, 81, 64)
    return Padding(lengths, treatment=treatment, **options)


def padding_packed():
    return padding("packed", batch_size=16, buckets=4)


SENTENCES = [
    "oslo on *monday* leave `rome` early reach",
    "a word_that_is_too_long_for_a_phone_" * 2,
]
TAGS = ["other", "home", "away from home", "<b>"]


def both_ends(**options):
    """Random probabilities and tags; words and a tag that look like markup."""
    rng = np.random.default_rng(7)
    readers = [rng.dirichlet(np.ones(4), (7, 2)).round(4) for _ in range(3)]
    readers = [reader / reader.sum(axis=-1, keepdims=True) for reader in readers]
    options = {"targets": rng.integers(0, 4, (7, 2)), "place": 4} | options
    return BothEnds(SENTENCES, *readers, TAGS, **options)


def ranking(**options):
    """A long name, and words of a query beyond those that have a colour of their own."""
    documents = [word * (n + 1) for n, word in enumerate(["a b ", "b c d ", "e f g h ", "a h "])]
    documents = [text.split() for text in documents] + [["i"]] * 8
    vocabulary = Vocabulary.of(documents)
    names = ["a.name_that_is_too_long_for_a_phone_" * 2, *(f"<b>{n}</b>" for n in range(11))]
    relevance = np.zeros((2, 12), dtype=int)
    relevance[0, [0, 2]] = 2, 1
    queries = [list("abbcdefgh"), ["a", "*unknown*"]]
    return Ranking(count(documents, vocabulary), vocabulary, names, queries, relevance, **options)


def context_window(**options):
    """The largest window, at a word that is too long, among words that look like markup."""
    words = ["the", "*cat*", "`eats`", "<b>the</b>", "word_that_is_too_long_for_a_phone_" * 2]
    sentence = [*words, "很", "the", "快", "the"]
    frequencies = {word: 100 if word == "the" else 1 for word in sentence}
    options = {"place": 5, "window": 5, "negatives": 10} | options
    return ContextWindow(sentence, frequencies, **options)


def context_window_cbow():
    return context_window(architecture="cbow")


def embedding_map(**options):
    rng = np.random.default_rng(8)
    words = ["*a*", "`b`", "<b>c</b>", "中国", "word_that_is_too_long_for_a_phone_" * 2]
    words += [f"word{n}" for n in range(295)]
    return EmbeddingMap(words, rng.normal(size=(300, 10)), labels=words[::10], **options)


def name_reader(**options):
    """As large as it may be; a language whose name looks like markup."""
    vocabulary = Vocabulary(tuple(END + " '*`abcdefghijklmnopqrstuvwxyzä"))
    model = SequenceModel(Embedding(len(vocabulary), 8), Recurrent(GRU(8, 64)), Linear(64, 12))
    languages = ["*Elvish*", "<b>Orkish</b>", *(f"Language {n}" for n in range(10))]
    weights = model.init(np.random.default_rng(9))
    options = {"name": "O'`B*", "step": 3, "examples": ["Rossini", "van den Berg"]} | options
    return NameReader(vocabulary, languages, weights, **options)


def name_reader_of_a_long_name():
    return name_reader(name="a name that is very long", step=20)


def quiz():
    return Quiz(
        Question(
            "Is <b>this</b> *W_ih* or `code`?",
            right("*h_{t−1}*", "Of course, <i>plain</i>."),
            wrong("2 * 3 * 4", "Stars with room around them stay stars."),
        )
    )


@pytest.fixture
def page_of(offline, tmp_path):
    """Opens a page that holds one explorable, from disk; fails the test on any error in it."""
    errors, pages = [], []

    def as_script(kind, data):
        text = json.dumps(data, sort_keys=True).replace("</", "<\\/")  # sorted, as in a notebook
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
        page = offline.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": 800})
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.goto(file.as_uri())
        page.wait_for_selector(".explorable")
        return page

    yield open_page
    for page in pages:
        page.close()
    assert errors == []


EVERY_EXPLORABLE = pytest.mark.parametrize(
    "make",
    [
        unroll,
        sampling,
        initialisation,
        spectral_radius,
        cliff,
        backward_pass,
        truncation,
        gate_viewer,
        gate_viewer_of_a_state,
        forget_product,
        lstm_step,
        gru_step,
        wiring,
        wiring_joined,
        padding,
        padding_packed,
        both_ends,
        ranking,
        context_window,
        context_window_cbow,
        embedding_map,
        name_reader,
        name_reader_of_a_long_name,
        quiz,
    ],
)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@EVERY_EXPLORABLE
def test_fits_is_legible_and_accessible(page_of, make, width, theme):
    page = page_of(make(), width=width, theme=theme)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(SMALL_TEXTS, SMALLEST_TEXT) == []
    results = axe(page)
    assert results.violations_count == 0, results.generate_report()


# Every control that the Tab key should reach, in the order of the page: one in a group of radios.
# Which of them has the focus, how it is shown, all there is to see, and what is read aloud.
AT_FOCUS = """() => {
    const stops = [...document.querySelectorAll("main :is(input, button, [tabindex])")].filter((e) => {
        const group = e.type === "radio" ? [...document.getElementsByName(e.name)] : [e];
        return e.checkVisibility() && e === (group.find((radio) => radio.checked) ?? group[0]);
    });
    const e = document.activeElement, at = stops.indexOf(e);
    const values = stops.map(({ value, name, checked }) => [value, name, checked]).join();
    const live = [...document.querySelectorAll("[role=status], [aria-live=polite]")];
    return {
        at, stops: stops.length, kind: e.type, name: e.labels?.[0]?.textContent ?? e.textContent,
        ringed: [e, e.closest("label")].some((it) => it && getComputedStyle(it).outlineStyle === "solid"),
        idle: e.getAttribute("aria-disabled") === "true",
        atEnd: Number(e.value) >= Number(e.max),
        shown: document.querySelector("main").innerHTML + values,
        heard: live.map((it) => it.textContent).join() + (e.type === "button" ? e.ariaPressed : values),
    };
}"""  # noqa: E501


def work(page, control):
    """Work the control that has the focus: a slider, a radio button, a field or a button."""
    if control["kind"] == "text":
        page.keyboard.press("Control+a")
        page.keyboard.type("word9")
    elif control["kind"] == "range":
        page.keyboard.press("ArrowLeft" if control["atEnd"] else "ArrowRight")
    else:
        page.keyboard.press("ArrowDown" if control["kind"] == "radio" else "Space")


@EVERY_EXPLORABLE
def test_keys_alone_reach_and_work_every_control(page_of, make):
    page = page_of(make())
    at, stops = -1, page.evaluate(AT_FOCUS)["stops"]
    while at + 1 < stops:
        page.keyboard.press("Tab")
        before = page.evaluate(AT_FOCUS)
        assert before["at"] == at + 1, f"{before['name']!r} comes out of turn"
        assert before["ringed"], f"{before['name']!r} does not show the focus"
        work(page, before)
        after = page.evaluate(AT_FOCUS)
        at, stops = after["at"], after["stops"]
        assert at >= 0, f"{before['name']!r} lost the focus"
        if not before["idle"]:
            assert after["shown"] != before["shown"], f"{before['name']!r} did nothing"
            assert after["heard"] != before["heard"], f"{before['name']!r} was silent"
    page.keyboard.press("Tab")
    assert page.evaluate(AT_FOCUS)["at"] < 0, "the focus does not come out again"


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


def test_gate_viewer_answers_every_control(page_of):
    explorable = gate_viewer()
    page = page_of(explorable)
    live, about = page.locator("[aria-live=polite]"), page.locator("p[role=status]")
    text = explorable.text

    def shown(block, column, place):
        value = f"{explorable.values[block][column][place] / 100:.2f}".replace("-", "−")
        symbol = {" ": "␣", "\n": "⏎", "\t": "⇥"}.get(text[place], text[place])
        return f"Character {place + 1} of 400, “{symbol}”: {value}"

    names = ["forget gate f", "input gate i", "output gate o", "cell state c", "hidden state h"]
    assert page.locator(".choices label").all_inner_texts() == names
    assert live.inner_text() == shown("f", 0, 0)
    assert about.inner_text().startswith("Unit 3, forget gate f: lowest ")
    assert "Note" not in about.inner_text()
    page.get_by_role("slider", name="unit").press("ArrowRight")
    assert live.inner_text() == shown("f", 1, 0)
    assert about.inner_text().endswith("over this text. Note one, on ct.")
    page.get_by_label("cell state c").check()
    assert live.inner_text() == shown("c", 1, 0)
    assert "Note" not in about.inner_text()
    page.get_by_role("slider", name="unit").press("End")
    assert about.inner_text().startswith("Unit 40, cell state c: lowest −1")
    assert about.inner_text().endswith("Note two.")
    name = "The text, coloured by the cell state c of unit 40: See *emphasis*, `code`"
    page.get_by_role("img", name=name).wait_for()
    orange, blue = (page.locator(f".letters .kind-{kind}") for kind in ("hidden", "input"))
    negative = sum(value < 0 for value in explorable.values["c"][2])
    assert (orange.count(), blue.count()) == (negative, 400 - negative)
    page.get_by_label("forget gate f").check()  # which is never negative
    assert (orange.count(), blue.count()) == (0, 400)
    page.get_by_label("cell state c").check()
    place = page.get_by_role("slider", name="character")
    for key, expected in {"ArrowRight": 1, "End": 399, "ArrowLeft": 398, "Home": 0}.items():
        place.press(key)
        assert live.inner_text() == shown("c", 2, expected)
        assert page.locator(".letter.now").get_attribute("data-place") == str(expected)
    for special in "*`\t\n ":
        page.locator(".letters .letter").nth(text.index(special)).hover()
        assert live.inner_text() == shown("c", 2, text.index(special))


def test_gate_viewer_goes_on_by_key_from_where_it_is_tapped(page_of):
    page = page_of(gate_viewer())
    live = page.locator("[aria-live=polite]")
    page.locator(".letters .letter").nth(4).click()
    page.mouse.move(0, 0)
    assert live.inner_text().startswith("Character 5 of 400, “*”")
    page.keyboard.press("ArrowRight")
    assert live.inner_text().startswith("Character 6 of 400, “e”")


def test_gate_viewer_shows_spaces_and_ends_of_lines(page_of):
    page = page_of(GateViewer("a b\n\n c\td", {"f": np.full((9, 1), 0.5)}))
    letters = page.locator(".letters .letter").all()
    assert [letter.text_content() for letter in letters] == list("a b⏎⏎ c⇥d")
    boxes = [letter.bounding_box() for letter in letters]
    assert len({box["width"] for box in (boxes[0], boxes[1], boxes[2], boxes[5])}) == 1
    lines = sorted({box["y"] for box in boxes})
    assert [lines.index(box["y"]) for box in boxes] == [0, 0, 0, 0, 1, 2, 2, 2, 2]
    page.get_by_role("slider").wait_for()  # one block and one unit: nothing to choose
    assert page.get_by_role("radio").count() == 0


def pixels(locator):
    return np.array(Image.open(io.BytesIO(locator.screenshot())).convert("RGB")).astype(float)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_gate_viewer_draws_a_bar_from_the_line_of_zero(page_of, theme):
    """In the lane of 18 pixels below a letter; 9 a side where values can be negative."""

    def bar(letter):
        """The rows, from the bottom, in which the letter's middle has its block's full colour."""
        line = letter.evaluate("e => getComputedStyle(e).getPropertyValue('--line')").lstrip("#")
        rows = pixels(letter)[::-1]
        middle = rows[:, rows.shape[1] // 2]
        colour = [int(line[i : i + 2], 16) for i in (0, 2, 4)]
        return np.flatnonzero((abs(middle - colour) < 12).all(axis=1))

    values = [[0.0], [0.25], [0.5], [1.0]]
    page = page_of(GateViewer("....", {"f": values}, position=3), theme=theme)
    for value, letter in zip(values, page.locator(".letters .letter").all()[:3], strict=False):
        rows = bar(letter)
        assert len(rows) == pytest.approx(18 * value[0], abs=1.5)
        assert len(rows) == 0 or rows[0] <= 2

    page = page_of(
        GateViewer("....", {"c": [[-2.0], [-1.0], [2.0], [0.0]]}, position=3), theme=theme
    )
    lowest, low, high = (bar(letter) for letter in page.locator(".letters .letter").all()[:3])
    assert len(lowest) == pytest.approx(9, abs=1.5)
    assert len(low) == pytest.approx(4.5, abs=1.5)
    assert len(high) == pytest.approx(9, abs=1.5)
    assert lowest.max() < high.min()
    assert lowest.min() < low.min() < low.max() <= lowest.max() + 1


def contrast(one, other):
    """The contrast of two colours by the web's accessibility guidelines."""

    def luminance(colour):
        share = np.asarray(colour) / 255
        linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_gate_viewer_keeps_its_letters_legible_on_every_tint(page_of, theme):
    page = page_of(GateViewer("    .", {"c": [[-1.0], [-0.5], [0.5], [1.0], [0.0]]}, position=4),
                   theme=theme)  # fmt: skip
    text = page.locator(".letters").evaluate("e => getComputedStyle(e).color")
    text = [int(part) for part in text.removeprefix("rgb(").rstrip(")").split(",")]
    tints = [pixels(letter)[3, 3] for letter in page.locator(".letters .letter").all()]
    assert len({tuple(tint) for tint in tints}) == 5
    assert min(contrast(text, tint) for tint in tints) > 4.5


def test_forget_product_answers_bias_and_spread(page_of):
    page = page_of(forget_product())
    live, table = page.locator("[aria-live=polite]"), page.locator("table")
    bias, spread = (page.get_by_role("slider", name=name) for name in ("bias", "spread"))
    chart = page.locator("svg[role=img]")

    def numbers(row):
        cells = table.get_by_role("row", name=row).locator("td").all_inner_texts()
        return np.array([float(text.replace("−", "-")) for text in cells])

    assert live.inner_text().startswith("f = σ(1.00) = 0.7311: half is lost after 2.21 steps. With")
    said = re.search(r"each were (\S+), .* after (\S+) steps", live.inner_text())
    typical, half_life = map(float, said.groups())
    assert half_life == pytest.approx(np.log(0.5) / np.log(typical), rel=0.01)
    f, distances = 1 / (1 + np.exp(-1)), np.array([20, 100, 200])
    np.testing.assert_allclose(numbers("every gate"), f**distances, rtol=0.2)  # one digit
    assert np.all(numbers("least") < numbers(" most"))
    assert chart.locator("polyline.thin").count() == 5
    spread.press("Home")
    assert live.inner_text().endswith("Without spread every gate has this value.")
    assert np.all(numbers("least") == numbers("every gate"))
    assert np.all(numbers(" most") == numbers("every gate"))
    assert chart.locator(".dot").count() == 1
    bias.press("End")
    assert live.inner_text().startswith("f = σ(6.00) = 0.9975: half is lost after 280 steps.")
    assert chart.locator(".dot").count() == 0  # the half-life is beyond the chart
    spread.press("End")
    assert np.all(numbers("least") < numbers("every gate"))
    bias.press("Home")
    assert "half is lost after 0.326 steps" in live.inner_text()


def test_forget_product_leaves_distances_out_that_it_does_not_draw(page_of):
    page = page_of(ForgetProduct(np.random.default_rng(0), steps=150, sequences=1))
    assert page.get_by_role("columnheader").all_inner_texts() == ["distance in steps", "20", "100"]


@pytest.mark.parametrize("spread", [0.0, 2.0])
def test_forget_product_falls_below_the_line_of_its_bias_only_with_a_spread(page_of, spread):
    page = page_of(ForgetProduct(np.random.default_rng(5), bias=5.0, spread=spread))
    chart = page.locator("svg[role=img]")
    alike = chart.locator("polyline.dashed").evaluate(ENDS)
    for drawn in (curve.evaluate(ENDS) for curve in chart.locator("polyline.thin").all()):
        assert drawn[0] == alike[0]
        assert (drawn[1] == pytest.approx(alike[1])) == (spread == 0)
        assert drawn[1][1] >= alike[1][1] - 1e-6


# --- LSTMStep and GRUStep ---

DRAWN = """() => {
  const part = (e) => (e.matches(".subscript") && e.textContent ? "_" : "") + e.textContent;
  const named = (math) => [...math.children].map(part).join("");
  return Object.fromEntries([...document.querySelectorAll(".explorable-picture .number")].map((value) => {
    const beside = value.parentNode.tagName === "g" ? value.parentNode.querySelector(".math") : value.nextSibling;
    return [beside?.matches(".math") ? named(beside) : "tanh", parseFloat(value.textContent.replace("−", "-"))];
  }));
}"""  # noqa: E501


def logit(gate):
    return np.log(gate / (1 - gate))


def lstm_drawn(i, f, g, o, c):
    """What the drawing should show, by the package's cell; and what it carries on."""
    a = np.array([[logit(i), logit(f), np.arctanh(g), logit(o)]])
    before = LSTMState(h=np.zeros((1, 1)), c=np.array([[c]]))
    state, cache = LSTM(1, 1).forward(a, np.zeros_like(a), before)
    new, h, read = state.c.item(), state.h.item(), cache.tanh_c.item()
    gates = {"f_t": f, "i_t": i, "g_t": g, "o_t": o}
    return gates | {
        "c_t−1": c,
        "c_t": new,
        "h_t": h,
        "f_t c_t−1": f * c,
        "i_t g_t": i * g,
        "tanh": read,
    }


def gru_drawn(r, z, h, w, ax_n):
    a_x, a_h = np.array([[logit(r), logit(z), ax_n]]), np.array([[0.0, 0.0, w * h]])
    state, cache = GRU(1, 1).forward(a_x, a_h, HState(np.array([[h]])))
    n, a_n = cache.n.item(), cache.ah_n.item()
    given = {"r_t": r, "z_t": z, "n_t": n, "h_t−1": h, "h_t": state.h.item(), "w": w, "ax_n": ax_n}
    parts = {"z_t h_t−1": z * h, "1 − z_t": 1 - z, "(1 − z_t) n_t": (1 - z) * n}
    return given | parts | {"ah_n": a_n, "r_t ah_n": r * a_n, "ax_n + r_t ah_n": np.arctanh(n)}


def press_times(locator, key, times):
    for _ in range(times):
        locator.press(key)


LSTM_STAGES = ["forget", "input", "candidate", "cell", "output"]
GRU_STAGES = ["reset", "update", "candidate", "state"]
STEPS = pytest.mark.parametrize(
    ("make", "settings", "drawn", "state", "stages"),
    [
        (lstm_step, LSTM_SETTINGS, lstm_drawn, "c_t", LSTM_STAGES),
        (gru_step, GRU_SETTINGS, gru_drawn, "h_t", GRU_STAGES),
    ],
    ids=["LSTM", "GRU"],
)


@STEPS
def test_a_step_draws_the_numbers_of_the_package(page_of, make, settings, drawn, state, stages):
    page = page_of(make(stages[-1]))
    assert page.evaluate(DRAWN) == pytest.approx(drawn(**settings), abs=0.005 + 1e-9)


@STEPS
def test_each_slider_moves_its_own_number(page_of, make, settings, drawn, state, stages):
    page = page_of(make(stages[-1]))
    labels = {"i": "input", "f": "forget", "g": "candidate", "o": "output", "c": "memory"}
    if make is gru_step:
        labels = {"r": "reset", "z": "update", "h": "state", "w": "weight", "ax_n": "input"}
    for name, label in labels.items():
        slider = page.get_by_role("slider", name=label)
        slider.press("ArrowRight")
        slider.press("ArrowRight")
        settings = settings | {name: settings[name] + 0.1}
        assert page.evaluate(DRAWN) == pytest.approx(drawn(**settings), abs=0.005 + 1e-9)


LIT = {
    lstm_step: [
        {"c_t−1", "f_t", "f_t c_t−1"},
        {"i_t"},
        {"g_t", "i_t g_t"},
        {"c_t"},
        {"o_t", "tanh", "h_t"},
    ],
    gru_step: [
        {"h_t−1", "w", "r_t", "ah_n", "r_t ah_n"},
        {"z_t", "z_t h_t−1", "1 − z_t"},
        {"ax_n", "ax_n + r_t ah_n", "n_t"},
        {"(1 − z_t) n_t", "h_t"},
    ],
}


@STEPS
def test_parts_light_up_in_their_order(page_of, make, settings, drawn, state, stages):
    page = page_of(make(stages[0]))
    live, part = page.locator("[aria-live=polite]"), page.get_by_role("button", name="Next part")
    known = set()
    for number, lit in enumerate(LIT[make], start=1):
        known |= lit
        assert set(page.evaluate(DRAWN)) == known
        assert live.inner_text().startswith(f"Time step 1, part {number} of {len(stages)}. ")
        assert page.get_by_role("radio", name=stages[number - 1]).is_checked()
        assert page.locator(".explorable-picture .now").count() > 0
        if number < len(stages):
            part.press("Enter")
    assert left_alone(part)
    assert page.locator(".explorable-picture .later, .explorable-picture .ghost").count() == 0
    page.get_by_role("radio", name=stages[-1]).press("ArrowLeft")
    assert live.inner_text().startswith(f"Time step 1, part {len(stages) - 1} of")
    page.locator(".stages label").first.click()
    assert set(page.evaluate(DRAWN)) == LIT[make][0]


def recorded(page):
    """The steps on the chart, and the numbers of each curve and gate, as a screen reader has it."""
    steps, _, rest = page.locator(".run > svg").get_attribute("aria-label").partition(": ")
    numbers = {}
    for row in rest.replace("−", "-").split("; "):
        name, values = re.fullmatch(r"(\D+?) ([-\d. ]+)", row).groups()
        numbers[name] = [float(value) for value in values.split()]
    return steps, numbers


CHARTED = {  # each row of the chart, and the part that computes its number
    lstm_step: {
        "memory c": "cell",
        "output h": "output",
        "f": "forget",
        "i": "input",
        "o": "output",
    },
    gru_step: {"state h": "state", "candidate n": "candidate", "r": "reset", "z": "update"},
}


@STEPS
def test_the_chart_shows_no_number_before_its_part(page_of, make, settings, drawn, state, stages):
    page = page_of(make(stages[0]))
    page.get_by_role("button", name="Next time step").click()
    carried, *_ = CHARTED[make]  # its curve begins with the state before the first step
    for number in range(len(stages)):
        page.locator(".stages label").nth(number).click()
        known = {
            row: 1 + (row == carried) + (stages.index(part) <= number)
            for row, part in CHARTED[make].items()
        }
        assert {row: len(values) for row, values in recorded(page)[1].items()} == known


@STEPS
def test_the_next_step_carries_the_state_on(page_of, make, settings, drawn, state, stages):
    page = page_of(make(stages[0]))
    step = page.get_by_role("button", name="Next time step")
    carried = {"c_t": "c", "h_t": "h"}[state]
    wanted = {state: [settings[carried]], "other": []}
    other = {"c_t": "h_t", "h_t": "n_t"}[state]
    now = settings
    for _ in range(4):
        numbers = drawn(**now)
        wanted[state].append(numbers[state])
        wanted["other"].append(numbers[other])
        now = now | {carried: numbers[state]}
        step.click()
    assert page.evaluate(DRAWN) == pytest.approx(drawn(**now), abs=0.005 + 1e-9)
    assert page.locator("[aria-live=polite]").inner_text().startswith("Time step 5, ")
    steps, numbers = recorded(page)
    assert steps == "The steps from 0 to 5"
    curves = list(numbers.values())
    assert curves[0][:5] == pytest.approx(wanted[state], abs=0.005 + 1e-9)
    assert curves[1][:4] == pytest.approx(wanted["other"], abs=0.005 + 1e-9)
    assert [len(curve) for curve in curves[:2]] == [6, 5]
    gates = {"c_t": "fio", "h_t": "rz"}[state]
    assert {name: numbers[name] for name in gates} == {name: [settings[name]] * 5 for name in gates}

    page.get_by_role("button", name="Start again").click()
    assert page.locator("[aria-live=polite]").inner_text().startswith("Time step 1, part 1 of")
    assert page.evaluate(DRAWN)[f"{state}−1"] == settings[carried]
    assert recorded(page)[0] == "The steps from 0 to 1"
    assert left_alone(page.get_by_role("button", name="Start again"))


@STEPS
def test_moving_the_state_by_hand_starts_the_record_again(
    page_of, make, settings, drawn, state, stages
):
    page = page_of(make(stages[-1]))
    press_times(page.get_by_role("button", name="Next time step"), "Enter", 2)
    gate = page.get_by_role("slider", name={"c_t": "forget", "h_t": "reset"}[state])
    gate.press("ArrowRight")
    assert recorded(page)[0] == "The steps from 0 to 3"
    slider = page.get_by_role("slider", name={"c_t": "memory", "h_t": "state"}[state])
    slider.press("End")
    steps, numbers = recorded(page)
    assert steps == "The steps from 0 to 1"
    assert next(iter(numbers.values()))[0] == {"c_t": 3, "h_t": 1}[state]


def test_lstm_step_presets_make_the_memory_do_what_they_say(page_of):
    page = page_of(lstm_step("output"))
    step = page.get_by_role("button", name="Next time step")

    def after(preset):
        page.get_by_role("button", name=preset, exact=True).click()
        numbers = page.evaluate(DRAWN)
        assert page.locator("button[aria-pressed=true]").all_inner_texts() == [preset]
        step.click()
        return numbers["c_t"], numbers["h_t"]

    assert after("keep") == (1.5, 0)
    assert after("read") == (1.5, pytest.approx(np.tanh(1.5), abs=0.005))
    assert after("add") == (1, 0)
    assert after("write") == (-0.5, 0)
    assert after("add") == (-1, 0)
    assert after("forget") == (0, 0)


def test_gru_step_presets_make_the_state_do_what_they_say(page_of):
    page = page_of(gru_step("state"))

    def after(preset):
        page.get_by_role("button", name=preset, exact=True).click()
        assert page.locator("button[aria-pressed=true]").all_inner_texts() == [preset]
        return page.evaluate(DRAWN)["h_t"]

    candidate = np.tanh(1 - 1.5 * 0.8)
    assert after("keep") == 0.8
    assert after("blend") == pytest.approx((candidate + 0.8) / 2, abs=0.005)
    assert after("replace") == pytest.approx(candidate, abs=0.005)
    assert after("reset") == pytest.approx(np.tanh(1), abs=0.005)


def test_a_long_run_shows_its_last_steps_and_grows_its_scale(page_of):
    page = page_of(lstm_step("output", c=0.0, g=1.0), width=390)
    page.get_by_role("button", name="add").click()
    press_times(page.get_by_role("button", name="Next time step"), "Enter", 29)
    steps, numbers = recorded(page)
    assert steps == "The steps from 10 to 30"
    assert numbers["memory c"] == list(range(10, 31))
    assert page.get_by_role("slider", name="memory").get_attribute("aria-valuetext") == "29.00"
    chart = page.locator(".run > svg")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert chart.locator(".end.small").all_text_contents() == ["0", "30"]
    marks = chart.locator(".mark.kind-memory").evaluate_all(
        "all => all.map((e) => e.cy.baseVal.value)"
    )
    assert marks == sorted(marks, reverse=True)  # more is higher up
    assert marks[-1] > 0


TEXTS_THAT_MEET = """() => {
  const texts = [...document.querySelectorAll(".explorable-picture text")];
  const boxes = texts.map((e) => e.getBoundingClientRect());
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top + 3 || b.bottom <= a.top + 3;
  return texts.flatMap((one, i) => texts.slice(0, i).filter((_, j) => !apart(boxes[i], boxes[j])).map((other) => [one.textContent, other.textContent]));
}"""  # noqa: E501

TEXTS_OUT_OF_THEIR_BOX = """() => [...document.querySelectorAll(".explorable-picture g > text")]
  .map((text) => [text, text.parentNode.querySelector(".box")])
  .map(([text, box]) => [text.textContent, text.getBBox().width, box.getBBox().width])
  .filter(([, text, box]) => text > box)"""


@pytest.mark.parametrize("width", [1280, 374])
@pytest.mark.parametrize(
    "make", [lambda: lstm_step("output", c=-3.0, f=0.95), lambda: gru_step("state", h=-1.0, w=2.0)]
)
def test_steps_have_room_for_every_number(page_of, make, width):
    page = page_of(make(), width=width)
    page.add_style_tag(content="body { font-family: 'DejaVu Sans', Verdana; }")  # a wide one
    assert page.locator(".explorable-picture .number").count() >= 10
    assert page.evaluate(TEXTS_THAT_MEET) == []
    assert page.evaluate(TEXTS_OUT_OF_THEIR_BOX) == []


def test_a_pipe_is_as_thick_as_its_number_is_large(page_of):
    page = page_of(lstm_step("output", f=0.5, i=0.0, c=2.0))
    pipes = page.locator(".explorable-picture .pipe")
    widths = pipes.locator("polyline").evaluate_all(
        "all => all.map((e) => parseFloat(e.style.strokeWidth))"
    )
    before, kept = widths[:2]  # 2 and 1, of which nothing is added to
    assert before > kept + 1
    assert page.locator(".explorable-picture .pipe.nothing").count() == 1


def cells_drawn(page, kind):
    """How many cells of a kind are drawn in each batch."""
    paths = page.locator(f".batches path.{kind}")
    return paths.evaluate_all("all => all.map((e) => e.getAttribute('d').split('M').length - 1)")


def test_padding_draws_a_cell_for_each_step_and_answers_every_control(page_of):
    lengths = [3, 9, 4, 1, 7, 2]
    page = page_of(Padding(lengths, batch_size=4))
    live, batches = page.locator("[aria-live=polite]"), page.locator(".batches figure")
    captions = page.locator(".batches figcaption")
    assert captions.all_inner_texts() == ["batch 1: 3 rows × 9 steps", "batch 2: 3 rows × 7 steps"]
    assert cells_drawn(page, "real") == [16, 10]
    assert cells_drawn(page, "padding") == [11, 11]
    assert live.inner_text() == (
        "2 batches, together 16 steps of the loop. Of 48 cells, 22 are padding, 45.8 %. "
        "All 48 are computed and all are in the loss, padding as if it were data."
    )
    page.get_by_label("padded and masked").check()
    assert cells_drawn(page, "padding.masked") == [11, 11]
    assert "only the 26 real ones are in the loss" in live.inner_text()
    page.get_by_label("packed").check()
    assert page.locator(".batches path.padding").count() == 0
    assert cells_drawn(page, "real") == [16, 10]
    below = batches.first.locator("text").all_text_contents()
    assert below == ["3", "3", "3", "2", "1", "1", "1", "1", "1"]
    page.get_by_role("img", name="9, 4, 3 steps; running at each step: 3, 3, 3, 2, 1").wait_for()
    page.get_by_role("slider", name="buckets").press("ArrowRight")
    assert captions.all_inner_texts() == [
        "bucket 1, batch 1: 3 rows × 3 steps",
        "bucket 2, batch 2: 3 rows × 9 steps",
    ]
    page.get_by_role("slider", name="rows in a batch").press("Home")
    assert batches.count() == 6
    assert live.inner_text().startswith("6 batches, together 26 steps of the loop. Of 26 cells, 0 ")


def test_padding_lists_what_has_no_room_below_its_columns(page_of):
    page = page_of(padding_packed(), width=390)
    caption = page.locator(".batches figcaption").first.inner_text()
    first = re.search(r"batch_sizes: ([\d ]+)", caption)[1].split()
    assert page.locator(".batches text").count() == 0
    assert [int(count) for count in first] == sorted(map(int, first), reverse=True)
    assert int(first[0]) == 16


def test_both_ends_shows_every_number_of_a_word(page_of):
    explorable = both_ends()
    page = page_of(explorable)
    place, sentence = (page.get_by_role("slider", name=name) for name in ("word", "sentence"))
    for n, words in enumerate(explorable.sentences):
        for t, word in enumerate(words, start=1):
            page.locator(".word").nth(t - 1).click()
            right = TAGS[explorable.targets[n][t - 1]]
            said = page.locator("[aria-live=polite]").inner_text()
            assert said.startswith(f"Word {t} of {len(words)}, “{word}”, is “{right}”. Likeliest ")
            for chart, reader in enumerate(("left", "right", "both")):
                p = getattr(explorable, reader)[n][t - 1]
                texts = page.locator(".charts svg").nth(chart).locator("text").all_text_contents()
                shown = dict(zip(texts[1::2], map(float, texts[2::2]), strict=True))
                names = [f"▸ {tag}" if tag == right else tag for tag in TAGS]
                marked = dict(zip(names, p, strict=True))
                assert shown == pytest.approx(marked, abs=0.005 + 1e-9)
                assert f"“{TAGS[np.argmax(p)]}” {max(p):.2f}" in said
        sentence.press("ArrowRight")
    assert place.get_attribute("max") == str(len(explorable.sentences[-1]))


def test_both_ends_shades_what_each_chain_has_read(page_of):
    page = page_of(both_ends())
    place = page.get_by_role("slider", name="word")

    def shaded(kind):
        return page.locator(f".word.{kind}").all_inner_texts()

    words = SENTENCES[0].split()
    assert shaded("from-left") == words[:4]
    assert shaded("from-right") == words[3:]
    page.locator(".word").nth(1).click()
    page.keyboard.press("ArrowRight")  # goes on by key from where it was tapped
    assert shaded("from-left") == words[:3]
    place.press("End")
    assert shaded("from-left") == words
    assert shaded("from-right") == words[-1:]
    page.get_by_role("slider", name="sentence").press("End")  # of three words: the last stays t
    assert place.input_value() == "3"
    assert shaded("from-left") == SENTENCES[1].split()


def test_both_ends_of_one_sentence_without_tags_that_are_right(page_of):
    even = np.full((1, 1, 2), 0.5)
    page = page_of(BothEnds(["lima"], even, even, even, ["home", "away"]))
    assert page.get_by_role("slider").count() == 1
    assert page.locator("[aria-live=polite]").inner_text().startswith("Word 1 of 1, “lima”. Like")
    assert "▸" not in page.locator(".charts").text_content()


def test_ranking_answers_every_control(page_of):
    explorable = ranking(depth=5)
    page = page_of(explorable)
    live, rows = page.locator("[aria-live=polite]"), page.locator("ol li")
    query, k1, b = (page.get_by_role("slider", name=name) for name in ("query", "k1", "b"))
    assert page.locator(".explorable-picture").inner_text().startswith("Query: “a b b c d e f g h”")
    assert rows.count() == 5
    assert rows.locator("b").count() == 0  # names are text
    texts = rows.all_inner_texts()
    assert [text.partition(".")[0] for text in texts] == list("12345")
    scores = [float(re.search(r"score ([\d.]+)", text)[1]) for text in texts]
    assert scores == sorted(scores, reverse=True)
    (related,) = [text for text in texts if "(relevant)" in text]
    assert "▸ <b>1</b>" in related
    assert "12 words" in related
    assert page.locator("ol li.relevant").count() == sum("▸" in text for text in texts)
    assert "The first document that is “highly relevant” is at place" in live.inner_text()
    parts = rows.first.locator(".part").evaluate_all(
        "all => all.map((e) => e.getBoundingClientRect().width)"
    )
    whole = rows.first.locator(".parts").bounding_box()["width"]
    assert sum(parts) == pytest.approx(whole, abs=1)  # the best score fills its row
    k1.press("Home")  # presence alone counts
    words = explorable.queries[0]["words"]
    said = rows.first.locator(".parts").get_attribute("aria-label")
    idf = dict(zip(words, explorable.queries[0]["idf"], strict=True))
    for word, weight in re.findall(r"(\w) ([\d.]+), ", said):
        assert float(weight) == pytest.approx(idf[word] * (2 if word == "b" else 1), abs=0.006)
    page.get_by_role("img", name="average length 1.00, 1.00, 1.00; twice").wait_for()
    k1.press("End")
    page.get_by_role("img", name="average length 1.00, 3.14, 6.00; twice").wait_for()
    b.press("Home")
    page.get_by_role("img", name="twice the average 1.00, 3.14, 6.00").wait_for()
    query.press("End")
    assert page.locator(".explorable-picture").inner_text().startswith("Query: “a *unknown*”")
    assert live.inner_text() == "No document is relevant to this query."


def test_context_window_turns_its_arrows_round(page_of):
    page = page_of(
        ContextWindow("the cat eats the fish", {"the": 60, "cat": 4, "eats": 2, "fish": 3})
    )
    live, place = page.locator("[aria-live=polite]"), page.get_by_role("slider", name="centre")
    rows = page.locator("tbody tr")

    def roles():
        return [text.strip() for text in page.locator(".role").all_inner_texts()]

    def table():
        return [row.locator("td").all_inner_texts()[:2] for row in rows.all()]

    assert roles() == ["centre", "→", "→", "", ""]
    place.press("ArrowRight")
    place.press("ArrowRight")
    assert roles() == ["←", "←", "centre", "→", "→"]
    words = ["the", "cat", "the", "fish"]
    assert [[bag, target.split()] for bag, target in table()] == [["eats", ["→", w]] for w in words]
    assert live.inner_text().startswith("Centre word 3, “eats”: 4 examples, one a context word.")
    page.get_by_role("slider", name="window").press("ArrowLeft")
    assert roles() == ["", "←", "centre", "→", ""]
    page.get_by_label("CBOW").check()
    assert roles() == ["", "→", "centre", "←", ""]
    ((bag, target),) = table()
    assert (bag.split(), target.split()) == (["cat", "the"], ["→", "eats"])
    assert "The mean of 2 context words" in live.inner_text()
    page.locator(".spot").nth(4).click()
    page.keyboard.press("ArrowLeft")  # goes on by key from where it was tapped
    assert live.inner_text().startswith("Centre word 4, “the”")
    left_out = page.locator(".dropped").all_inner_texts()
    assert all(re.fullmatch(r"\d+ % out", text) for text in left_out)


def test_context_window_draws_noise_again_and_keeps_it_otherwise(page_of):
    page = page_of(context_window(place=3, negatives=6, window=1))
    rows = page.locator("tbody tr")

    def noise():
        return [row.locator(".noise").all_inner_texts() for row in rows.all()]

    first = noise()
    assert [len(row) for row in first] == [6, 6]
    page.get_by_role("slider", name="window").press("ArrowRight")
    assert noise()[1:3] == first
    page.get_by_role("slider", name="window").press("ArrowLeft")
    page.get_by_role("slider", name="noise words").press("ArrowRight")
    assert [row[:6] for row in noise()] == first
    page.get_by_role("slider", name="noise words").press("ArrowLeft")
    page.get_by_role("button", name="Draw noise again").press("Enter")
    assert noise() != first


def test_context_window_marks_noise_that_is_the_target(page_of):
    page = page_of(ContextWindow("a b", {"a": 1, "b": 99}, negatives=10))
    noise = page.locator(".noise").all_inner_texts()
    assert "b (target)" in noise
    assert set(noise) <= {"a", "b (target)"}


def test_embedding_map_is_searched_by_typing_tapping_and_going_on(page_of):
    explorable = embedding_map()
    page, words = page_of(explorable), explorable.words
    live, field = page.locator("[aria-live=polite]"), page.get_by_role("combobox", name="word")
    neighbours = page.locator(".neighbours button")

    def shown():
        return words.index(re.match(r"The nearest words to “(.*)” in all 10", live.inner_text())[1])

    def listed(i):
        cosines = [value / 1000 for value in explorable.cosines[i]]
        near = enumerate(zip(explorable.neighbours[i], cosines, strict=True), start=1)
        return [f"{n} {words[j]} {cosine:.2f}" for n, (j, cosine) in near]

    assert shown() == 0
    field.fill("WORD17")
    assert shown() == words.index("word17")
    assert field.input_value() == "WORD17"  # not rewritten under the reader's hand
    assert neighbours.all_inner_texts() == listed(shown())
    assert page.locator("svg .mark.kind-hidden").count() == 5
    field.fill("nonsense")
    assert live.inner_text() == "“nonsense” is not among the 300 words of this map."
    assert page.locator("svg text.strong").last.text_content() == "word17"
    field.fill("中")
    assert "There is: 中国." in live.inner_text()
    field.fill("中国")
    assert shown() == 3
    third = explorable.neighbours[3][2]
    neighbours.nth(2).press("Enter")
    assert shown() == third
    assert field.input_value() == words[third]
    assert neighbours.nth(2).evaluate("e => e === document.activeElement")
    page.get_by_role("button", name="Next word").press("Enter")
    assert shown() == third + 1
    dot = page.locator("svg .mark.kind-weight").nth(42)
    place = dot.bounding_box()
    page.mouse.click(place["x"] + 2, place["y"] + 2)
    assert shown() == 42
    page.get_by_role("img", name=f"marked are {words[42]}, 1 ").wait_for()


def test_name_reader_reads_what_is_typed_letter_by_letter(page_of):
    page = page_of(name_reader(examples=["Rossini", "*Ab*"]))
    live, field = page.locator("[aria-live=polite]"), page.get_by_role("textbox", name="name")
    slider, letters = page.get_by_role("slider", name="letter"), page.locator("svg .tap")
    best = re.compile(r"^After “(.*?)”: (.+) (\d+) %, then (.+) (\d+) %\. ?(.*)$")

    def said():
        return best.match(live.inner_text())

    assert said()[1] == "o'`"
    assert slider.get_attribute("aria-valuetext") == "3 of 6"
    slider.press("ArrowRight")
    assert said()[1] == "o'`b"
    field.fill("Bár")
    assert said()[1] == "bar⏎"
    assert said()[6] == "It reads á as a, which it has met."
    assert slider.get_attribute("aria-valuetext") == "4 of 4"
    assert int(said()[3]) >= int(said()[5])
    page.get_by_role("img", name=f"Read: “bar⏎”. {said()[2]} {said()[3]} %, {said()[4]}").wait_for()
    bars = page.locator("svg .bar.kind-output").evaluate_all(
        "bars => bars.map((bar) => Number(bar.getAttribute('width')))"
    )
    longest = 100 * max(bars) / sum(bars)
    assert abs(longest - int(said()[3])) < 0.51
    letters.nth(1).click()
    assert said()[1] == "ba"
    page.keyboard.press("ArrowLeft")  # the slider has the focus
    assert said()[1] == "b"
    field.fill("王b明")
    assert said()[6].startswith("王 明: not among the letters that this network has met")
    assert letters.count() == 2
    field.fill("王小明")
    assert live.inner_text().endswith("Write the name in Latin letters.")
    assert letters.count() == 0
    field.fill("")
    assert live.inner_text().startswith("Type a name")
    page.get_by_role("button", name="*Ab*").press("Enter")
    assert said()[1] == "*ab*⏎"
    assert field.input_value() == "*Ab*"
    assert slider.get_attribute("aria-valuetext") == "5 of 5"


@pytest.mark.parametrize("shortcut", ["none", "residual", "dense"])
@pytest.mark.parametrize("kind", ["one", "joined", "apart", "turning", "both_turning"])
def test_wiring_has_room_for_every_box(page_of, kind, shortcut):
    page = page_of(wiring(wiring=kind, shortcut=shortcut), width=374)
    page.add_style_tag(content="body { font-family: 'DejaVu Sans', Verdana; }")  # a wide one
    assert page.locator("svg rect + text").count() >= 4 * (4 + 2)
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_wiring_answers_every_control(page_of):
    page = page_of(Wiring(cell="RNN", wiring="one", layers=1, input_size=1, hidden_size=1))
    live, expression = page.locator("[aria-live=polite]"), page.locator(".listing")

    def drawn(kind):
        return page.locator(f"svg .box.kind-{kind}").count()

    assert live.inner_text().startswith("4 parameters; outputs (T, N, 1), final summary (N, 1).")
    assert expression.inner_text() == "Stack((Recurrent(RNN(1, 1)),))"
    assert (drawn("input"), drawn("hidden"), drawn("output"), drawn("weight")) == (4, 4, 4, 0)
    page.get_by_label("GRU").check()
    page.get_by_role("slider", name="layers").press("ArrowRight")
    page.get_by_role("slider", name="input size").press("ArrowRight")
    page.get_by_role("slider", name="hidden size").press("End")
    page.get_by_label("one chain that turns").check()
    page.get_by_label("residual").check()
    assert expression.inner_text().split("\n") == [
        "Stack((",
        "    Recurrent(GRU(2, 512)),",
        "    Reversed(Recurrent(GRU(512, 512))),",
        '), shortcut="residual")',
    ]
    assert (drawn("hidden"), drawn("weight")) == (8, 4 * (2 + 1))  # two sums, one projection
    page.get_by_role("img", name="layer 2 reads right to left").wait_for()
    page.get_by_label("joined").check()
    assert "(T, N, 1024)" in live.inner_text()
    assert drawn("hidden") == 16
    row = page.get_by_role("row").last.locator("td").all_inner_texts()
    features, cells, each, projections, together = (int(n.replace(",", "")) for n in row)
    assert features == 1024
    assert together == cells * each + projections


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
