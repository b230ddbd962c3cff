"""GateViewer and ForgetProduct show in the browser what the package computes in Python."""

import json

import numpy as np
import pytest
from front_end import FrontEnd

from rnncourse.cells import LSTM, Weights
from rnncourse.diagnostics import gate_activations, retention
from rnncourse.explorables import ForgetProduct, GateViewer
from rnncourse.functional import sigmoid
from rnncourse.recurrent import Recurrent

# --- GateViewer ---

TEXT = "One *line*,\nand `another`.\n"


def lstm_blocks(units=3):
    """All that an LSTM with large random weights did on the text."""
    rng = np.random.default_rng(0)
    layer = Recurrent(LSTM(2, units))
    weights = Weights(*(2 * rng.normal(size=w.shape) for w in layer.init(rng)))
    hs, _, cache = layer.forward(weights, rng.normal(size=(len(TEXT), 1, 2)))
    c = np.arctanh([step.tanh_c for step in cache.steps])
    blocks = gate_activations(cache) | {"c": c, "h": hs}
    return {name: block[:, 0] for name, block in blocks.items()}


def test_gate_viewer_carries_every_value_to_two_decimals():
    blocks = lstm_blocks()
    explorable = GateViewer(TEXT, blocks)
    assert explorable.blocks == ["i", "f", "g", "o", "c", "h"]
    for name, block in blocks.items():
        carried = np.array(explorable.values[name]) / 100
        assert carried.shape == (3, len(TEXT))
        assert np.abs(carried - block.T).max() <= 0.005 + 1e-9
    assert (explorable.block, explorable.unit, explorable.position) == ("i", 0, 0)
    assert explorable.text == TEXT


def test_gate_viewer_scales_gates_from_0_to_1_and_the_rest_evenly_about_0():
    large, small = np.array([[0.5, -7.3], [2.0, 1.0]]), np.array([[0.1, 0.2], [-0.3, 0.2]])
    gates = dict.fromkeys("ifrzo", abs(small))
    explorable = GateViewer("ab", gates | {"c": large, "c/10": small, "h": small, "n": -large})
    assert all(explorable.ranges.pop(gate) == [0, 1] for gate in gates)
    assert explorable.ranges == {"c": [-7.3, 7.3], "c/10": [-1, 1], "h": [-1, 1], "n": [-7.3, 7.3]}


def test_gate_viewer_summary_is_that_of_the_values():
    block = lstm_blocks()["c"]
    explorable = GateViewer(TEXT, {"c": block})
    for values in np.array(explorable.values["c"]) / 100:
        found = FrontEnd(explorable)("summary", values.tolist())
        expected = {"lowest": values.min(), "mean": values.mean(), "highest": values.max()}
        assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("value", "ends", "expected"),
    [
        (0.25, [0, 1], {"zero": 0, "from": 0, "to": 0.25, "strength": 0.25}),
        (0, [0, 1], {"zero": 0, "from": 0, "to": 0, "strength": 0}),
        (1, [0, 1], {"zero": 0, "from": 0, "to": 1, "strength": 1}),
        (1, [-4, 4], {"zero": 0.5, "from": 0.5, "to": 0.625, "strength": 0.25}),
        (-1, [-4, 4], {"zero": 0.5, "from": 0.375, "to": 0.5, "strength": 0.25}),
        (-4, [-4, 4], {"zero": 0.5, "from": 0, "to": 0.5, "strength": 1}),
    ],
)
def test_gate_viewer_bars_start_at_zero(value, ends, expected):
    front_end = FrontEnd(GateViewer("a", {"f": [[0.5]]}))
    assert front_end("bar", value, ends) == pytest.approx(expected)


def test_gate_viewer_knows_units_by_their_true_numbers():
    blocks = lstm_blocks()
    units = np.array([40, 7, 12])
    notes = {("f", units[1]): "Falls.", ("c", 12): "Counts.", ("f", 40): "Stays."}
    explorable = GateViewer(TEXT, blocks, units=units, notes=notes, block="f", unit=units[1])
    assert explorable.units == [40, 7, 12]
    assert explorable.notes == {"f": {"7": "Falls.", "40": "Stays."}, "c": {"12": "Counts."}}
    assert (explorable.block, explorable.unit) == ("f", 7)
    assert GateViewer(TEXT, blocks, units=units).unit == 40
    json.dumps(explorable.get_state(), default=None)  # plain numbers, not NumPy's


def test_gate_viewer_is_small():
    """A page carries the data of its explorables; five blocks of eight units are a usual size."""
    rng = np.random.default_rng(1)
    blocks = {name: rng.random((400, 8)) for name in "ifoch"}
    state = GateViewer(400 * "a", blocks).get_state(["text", "values", "ranges", "notes"])
    assert len(json.dumps(state)) < 70_000


def test_gate_viewer_says_what_does_not_fit():
    block = np.full((2, 3), 0.5)
    with pytest.raises(TypeError, match="text should be str, got list"):
        GateViewer(["a", "b"], {"f": block})
    with pytest.raises(ValueError, match="length of the text should be from 1 to 2000, got 0"):
        GateViewer("", {"f": block})
    with pytest.raises(TypeError, match="blocks should be dict, got ndarray"):
        GateViewer("ab", block)
    with pytest.raises(ValueError, match="one block or more, got none"):
        GateViewer("ab", {})
    with pytest.raises(TypeError, match="blocks should hold strings, got 0"):
        GateViewer("ab", {0: block})
    with pytest.raises(ValueError, match=r"block 'f' should be \(2, units\), got \(2,\)"):
        GateViewer("ab", {"f": block[:, 0]})
    with pytest.raises(ValueError, match=r"block 'f' should be \(2, units\), got \(2, 0\)"):
        GateViewer("ab", {"f": block[:, :0]})
    with pytest.raises(ValueError, match=r"block 'f' should be \(3, 3\), got \(2, 3\)"):
        GateViewer("abc", {"f": block})
    with pytest.raises(ValueError, match=r"block 'i' should be \(2, 3\), got \(2, 2\)"):
        GateViewer("ab", {"f": block, "i": block[:, 1:]})
    with pytest.raises(ValueError, match="block 'f' should be finite, got nan"):
        GateViewer("ab", {"f": np.full((2, 3), np.nan)})
    for outside, found in ((-0.1, "-0.1 to -0.1"), (1.2, "1.2 to 1.2")):
        with pytest.raises(ValueError, match=rf"'f', a sigmoid gate, .* \[0, 1\], got {found}"):
            GateViewer("ab", {"f": np.full((2, 3), outside)})
    with pytest.raises(ValueError, match="numbers in all blocks should be from 1 to 40000, got 60"):
        GateViewer(1000 * "a", {"f": np.zeros((1000, 30)), "i": np.zeros((1000, 30))})
    with pytest.raises(ValueError, match="block should be one of 'f', got 'i'"):
        GateViewer("ab", {"f": block}, block="i")
    with pytest.raises(ValueError, match="unit should be one of 5, 6, 7, got 0"):
        GateViewer("ab", {"f": block}, units=[5, 6, 7], unit=0)
    for units in ([5, 6], [5, 6, 6], [5, 6, 7, 8]):
        with pytest.raises(ValueError, match=r"units should be 3 different numbers, .* got \[5, 6"):
            GateViewer("ab", {"f": block}, units=units)
    with pytest.raises(ValueError, match="each of units should be a whole number .* got 0.5"):
        GateViewer("ab", {"f": block}, units=[0.5, 1, 2])
    with pytest.raises(ValueError, match="position should be from 0 to 1, got 2"):
        GateViewer("ab", {"f": block}, position=2)
    for key in (("f", 3), ("i", 0), "f"):
        with pytest.raises(ValueError, match=r"notes should be for a \(block, unit\)"):
            GateViewer("ab", {"f": block}, notes={key: "Falls."})
    with pytest.raises(TypeError, match=r"note \('f', 0\) should be str, got int"):
        GateViewer("ab", {"f": block}, notes={("f", 0): 1})


# --- ForgetProduct ---


@pytest.mark.parametrize("bias", [-2.0, 1.0, 3.5])
@pytest.mark.parametrize("spread", [0.0, 0.7, 3.0])
def test_forget_product_is_what_an_lstm_with_such_gates_retains(bias, spread):
    explorable = ForgetProduct(np.random.default_rng(2), steps=30, sequences=3)
    front_end, noise = FrontEnd(explorable), np.array(explorable.noise)
    assert noise.shape == (3, 30)

    rng = np.random.default_rng(3)
    W_ih, b_ih, b_hh = rng.normal(size=(4, 1)), rng.normal(size=4), rng.normal(size=4)
    W_ih[1], b_ih[1] = spread, bias - b_hh[1]  # gate order i, f, g, o
    weights = Weights(W_ih, np.zeros((4, 1)), b_ih, b_hh)
    _, _, cache = Recurrent(LSTM(1, 1)).forward(weights, noise.T[..., None])
    kept = retention(cache)[::-1, :, 0].T  # entry d: over the last d steps
    for sequence, expected in zip(explorable.noise, kept, strict=True):
        found = front_end("products", sequence, bias, spread)
        np.testing.assert_allclose(found, expected, rtol=1e-10)

    typical = front_end("geometricMean", explorable.noise, bias, spread)
    assert typical**90 == pytest.approx(kept[:, -1].prod(), rel=1e-9)


@pytest.mark.parametrize("bias", [-2.0, 0.0, 1.0, 6.0])
def test_forget_product_without_spread_is_a_power(bias):
    explorable = ForgetProduct(np.random.default_rng(4), steps=20)
    front_end, f = FrontEnd(explorable), sigmoid(np.array(bias))
    found = front_end("products", explorable.noise[0], bias, 0)
    np.testing.assert_allclose(found, f ** np.arange(21), rtol=1e-10)
    assert front_end("geometricMean", explorable.noise, bias, 0) == pytest.approx(f)
    half_life = front_end("halfLife", front_end("sigmoid", bias))
    assert f**half_life == pytest.approx(0.5)


def test_forget_product_says_how_to_read_a_bias_of_1():
    explorable = ForgetProduct(np.random.default_rng(0))
    front_end = FrontEnd(explorable)
    f = front_end("sigmoid", 1)
    text = explorable.how_to_read.replace("\u00a0", " ").replace("*", "")
    said = f"with b = 1, f is about {f:.2f} and half is lost after {front_end('halfLife', f):.1f}"
    assert said in text


def test_forget_product_draws_up_to_the_edge_of_the_chart():
    front_end = FrontEnd(ForgetProduct(np.random.default_rng(0)))
    high = (0.97 ** np.arange(201)).tolist()
    np.testing.assert_allclose(front_end("untilEdge", high), list(enumerate(high)))
    low = 0.5 ** np.arange(201)
    points = np.array(front_end("untilEdge", low.tolist()))
    np.testing.assert_allclose(points[:-1], list(enumerate(low[:20])))  # 0.5^20 is below 1e-6
    np.testing.assert_allclose(points[-1], [np.log(1e-6) / np.log(0.5), 1e-6])
    assert front_end("untilEdge", [1, 0.1, 0, 0]) == [[0, 1], [1, 0.1], [1, 1e-6]]


def test_forget_product_repeats_with_its_rng_and_is_small():
    first, second, other = (ForgetProduct(np.random.default_rng(seed)) for seed in (6, 6, 7))
    assert first.noise == second.noise != other.noise
    noise = np.array(first.noise)
    assert noise.shape == (5, 200)
    assert abs(noise.mean()) < 0.1  # three standard errors
    assert noise.std() == pytest.approx(1, abs=0.1)
    assert len(json.dumps(first.noise)) < 10_000


def test_forget_product_says_what_does_not_fit():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="bias should be from -2 to 6, got 7"):
        ForgetProduct(rng, bias=7)
    with pytest.raises(ValueError, match="spread should be from 0 to 3, got -1"):
        ForgetProduct(rng, spread=-1)
    with pytest.raises(ValueError, match="steps should be from 20 to 400, got 10"):
        ForgetProduct(rng, steps=10)
    with pytest.raises(ValueError, match="sequences should be from 1 to 9, got 0"):
        ForgetProduct(rng, sequences=0)
    with pytest.raises(TypeError, match=r"rng should be a numpy\.random\.Generator, got int"):
        ForgetProduct(0)
