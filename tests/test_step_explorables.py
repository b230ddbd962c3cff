"""LSTMStep and GRUStep compute in the browser what the package's cells compute."""

import re

import numpy as np
import pytest
from front_end import FrontEnd, equal_numbers

from rnncourse.cells import GRU, LSTM, HState, LSTMState
from rnncourse.explorables import GRUStep, LSTMStep

LSTM_FRONT_END, GRU_FRONT_END = FrontEnd(LSTMStep()), FrontEnd(GRUStep())


def logit(gate):
    return np.log(gate / (1 - gate))


def lstm_settings(rng):
    i, f, o = rng.uniform(0.05, 0.95, 3)
    return dict(zip("ifgoc", (i, f, rng.uniform(-0.9, 0.9), o, rng.uniform(-3, 3)), strict=True))


def gru_settings(rng):
    (r, z), (w, ax_n) = rng.uniform(0.05, 0.95, 2), rng.uniform(-2, 2, 2)
    return {"r": r, "z": z, "h": rng.uniform(-1, 1), "w": w, "ax_n": ax_n}


def by_lstm(i, f, g, o, c):
    """One step of the package's cell, from the pre-activations that give these gates."""
    a = np.array([[logit(i), logit(f), np.arctanh(g), logit(o)]])
    before = LSTMState(h=np.zeros((1, 1)), c=np.array([[c]]))
    state, cache = LSTM(1, 1).forward(a, np.zeros_like(a), before)
    return {
        "kept": (cache.f * cache.c_before).item(),
        "written": (cache.i * cache.g).item(),
        "c": state.c.item(),
        "squashed": cache.tanh_c.item(),
        "h": state.h.item(),
    }


def by_gru(r, z, h, w, ax_n):
    """One step of the package's cell, its recurrent weight w and no bias in the candidate."""
    a_x, a_h = np.array([[logit(r), logit(z), ax_n]]), np.array([[0.0, 0.0, w * h]])
    state, cache = GRU(1, 1).forward(a_x, a_h, HState(np.array([[h]])))
    n = cache.n.item()
    return {
        "ah_n": cache.ah_n.item(),
        "gated": (cache.r * cache.ah_n).item(),
        "a": np.arctanh(n),
        "n": n,
        "written": state.h.item() - (cache.z * cache.h_before).item(),
        "kept": (cache.z * cache.h_before).item(),
        "h": state.h.item(),
    }


CASES = pytest.mark.parametrize(
    ("front_end", "function", "settings_of", "by_package"),
    [
        (LSTM_FRONT_END, "lstmStep", lstm_settings, by_lstm),
        (GRU_FRONT_END, "gruStep", gru_settings, by_gru),
    ],
    ids=["LSTM", "GRU"],
)


@CASES
def test_a_step_computes_what_the_package_computes(front_end, function, settings_of, by_package):
    rng = np.random.default_rng(0)
    for _ in range(20):
        settings = settings_of(rng)
        found = front_end(function, settings)
        assert found == pytest.approx(by_package(**settings), rel=1e-9, abs=1e-12)


@CASES
def test_steps_in_a_row_are_a_run_of_the_package(front_end, function, settings_of, by_package):
    rng = np.random.default_rng(1)
    carried = "c" if function == "lstmStep" else "h"
    state = expected = 0.5
    for _ in range(10):
        settings = settings_of(rng)
        state = front_end(function, settings | {carried: state})[carried]
        expected = by_package(**settings | {carried: expected})[carried]
    assert state == pytest.approx(expected, rel=1e-9)


def test_a_gate_at_its_end_keeps_replaces_or_hides_exactly():
    settings = {"i": 0, "f": 1, "g": 0.3, "o": 0, "c": 2.5}
    assert LSTM_FRONT_END("lstmStep", settings)["c"] == 2.5
    assert LSTM_FRONT_END("lstmStep", settings)["h"] == 0
    assert LSTM_FRONT_END("lstmStep", settings | {"i": 1, "f": 0})["c"] == 0.3
    settings = {"r": 1, "z": 1, "h": 0.7, "w": -1, "ax_n": 2}
    assert GRU_FRONT_END("gruStep", settings)["h"] == 0.7  # a large z keeps, as in PyTorch
    replaced = GRU_FRONT_END("gruStep", settings | {"z": 0})["h"]
    assert replaced == pytest.approx(np.tanh(2 - 0.7), rel=1e-12)
    forgotten = GRU_FRONT_END("gruStep", settings | {"z": 0, "r": 0})["h"]
    assert forgotten == pytest.approx(np.tanh(2), rel=1e-12)


# --- in words ---

LSTM_ENDS = {"forget": "kept", "candidate": "written", "cell": "c", "output": "h"}
GRU_ENDS = {"reset": "gated", "candidate": "n", "state": "h"}


@pytest.mark.parametrize(
    ("front_end", "settings_of", "by_package", "ends"),
    [
        (LSTM_FRONT_END, lstm_settings, by_lstm, LSTM_ENDS),
        (GRU_FRONT_END, gru_settings, by_gru, GRU_ENDS),
    ],
    ids=["LSTM", "GRU"],
)
def test_each_part_says_what_it_computes(front_end, settings_of, by_package, ends):
    rng, pairs = np.random.default_rng(2), []
    for _ in range(20):
        settings = {name: round(float(value), 2) for name, value in settings_of(rng).items()}
        expected = by_package(**settings)
        for stage, name in ends.items():
            sentence = front_end("sentence", stage, settings)
            last = re.search(r"= (−?\d+\.\d\d)\.$", sentence)[1].replace("−", "-")
            assert float(last) == pytest.approx(expected[name], abs=0.005 + 1e-9)
            pairs += equal_numbers(sentence)
    assert len(pairs) >= 60
    for one, other in pairs:  # of numbers with two decimals, up to 3 in size
        assert one == pytest.approx(other, abs=0.021)


def in_numbers(sentence):
    """What follows the formula in symbols."""
    return re.search(r"= ((?:tanh\()?[\d−].*)", sentence)[1]


def test_lstm_names_the_numbers_it_uses():
    settings = {"i": 0.1, "f": 0.9, "g": -0.5, "o": 0.25, "c": 2.0}

    def says(stage, **changes):
        return in_numbers(LSTM_FRONT_END("sentence", stage, settings | changes))

    assert says("forget") == "0.90 × 2.00 = 1.80."
    assert says("input") == "0.10."
    assert says("candidate") == "0.10 × (−0.50) = −0.05."
    assert says("cell") == "0.90 × 2.00 + 0.10 × (−0.50) = 1.75."
    assert says("output") == "0.25 × tanh(1.75) = 0.25 × 0.94 = 0.24."
    assert says("forget", f=0, c=-1.0) == "0.00 × (−1.00) = 0.00."  # no minus before a zero
    shares = {0: "nothing of", 0.3: "30 % of", 1: "all of"}
    for f, share in shares.items():
        assert f"keeps {share} the memory" in LSTM_FRONT_END(
            "sentence", "forget", settings | {"f": f}
        )


def test_gru_names_the_numbers_it_uses():
    settings = {"r": 0.25, "z": 0.7, "h": 0.8, "w": 1.5, "ax_n": -1.0}

    def says(stage):
        return in_numbers(GRU_FRONT_END("sentence", stage, settings))

    assert says("reset") == "0.25 × 1.50 × 0.80 = 0.25 × 1.20 = 0.30."
    assert says("update").startswith("0.70 × 0.80 = 0.56. ")
    assert says("update").endswith("1 − *z_t* = 0.30.")
    assert says("candidate") == "tanh(−1.00 + 0.30) = tanh(−0.70) = −0.60."
    assert says("state").endswith("0.30 × (−0.60) + 0.70 × 0.80 = 0.38.")


# --- what does not fit ---


def test_the_parts_are_those_of_the_front_end():
    for explorable, stage in ((LSTMStep, "output"), (GRUStep, "state")):
        assert explorable(stage=stage).stage == stage
        stages = explorable.class_traits()["stage"].values
        listed = re.search(r"stages: \{(.*?)\}", explorable._esm)[1]
        assert tuple(re.findall(r"(\w+):", listed)) == stages


@pytest.mark.parametrize(
    ("name", "low", "high"), [*((gate, 0, 1) for gate in "ifo"), ("g", -1, 1), ("c", -3, 3)]
)
def test_lstm_step_says_what_does_not_fit(name, low, high):
    for end in (low, high):
        assert getattr(LSTMStep(**{name: end}), name) == end
    for value in (low - 0.1, high + 0.1):
        with pytest.raises(ValueError, match=f"{name} should be from {low} to {high}, got {value}"):
            LSTMStep(**{name: value})
    with pytest.raises(ValueError, match=f"{name} should be a finite number, got nan"):
        LSTMStep(**{name: float("nan")})
    with pytest.raises(TypeError, match=f"{name} should be a number, got str"):
        LSTMStep(**{name: "0"})


@pytest.mark.parametrize(
    ("name", "low", "high"), [("r", 0, 1), ("z", 0, 1), ("h", -1, 1), ("w", -2, 2), ("ax_n", -2, 2)]
)
def test_gru_step_says_what_does_not_fit(name, low, high):
    for end in (low, high):
        assert getattr(GRUStep(**{name: end}), name) == end
    for value in (low - 0.1, high + 0.1):
        with pytest.raises(ValueError, match=f"{name} should be from {low} to {high}, got {value}"):
            GRUStep(**{name: value})
    with pytest.raises(ValueError, match=f"{name} should be a finite number, got nan"):
        GRUStep(**{name: float("nan")})
    with pytest.raises(TypeError, match=f"{name} should be a number, got str"):
        GRUStep(**{name: "0"})


def test_steps_say_which_parts_there_are():
    with pytest.raises(
        ValueError, match="stage should be one of 'forget', 'input', .* got 'reset'"
    ):
        LSTMStep(stage="reset")
    with pytest.raises(ValueError, match="stage should be one of 'reset', 'update', .* got 'cell'"):
        GRUStep(stage="cell")
