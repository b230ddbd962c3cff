"""The messages that learners read must name the array and the misconception."""

import numpy as np
import pytest

from rnncourse.checks import check_array, class_rng

EXPECTED = np.arange(6.0).reshape(2, 3)


def test_equal_arrays_pass():
    check_array("hs", EXPECTED + 1e-9, EXPECTED)
    check_array("loss", np.float64(0.5), 0.5)


@pytest.mark.parametrize(
    ("got", "message"),
    [
        ([[0.0]], r"hs should be a NumPy array, got list"),
        (EXPECTED.T, r"hs has shape \(3, 2\), expected \(N, H\) = \(2, 3\): the same axes"),
        (EXPECTED[0], r"hs has shape \(3,\), expected \(N, H\) = \(2, 3\)$"),
        (np.full((2, 3), np.nan), r"hs should be finite, but 6 of its entries are inf or nan"),
        (EXPECTED.astype(str), r"hs should hold numbers, got <U"),
        (EXPECTED + 1, r"hs: you began counting at one"),
        (np.where(EXPECTED > 2, np.nan, EXPECTED), r"hs: row 2 divides by zero"),
        (EXPECTED * [1, 1, 2], r"not the right values: at \[0, 2\] it is 4, expected 2"),
    ],
)
def test_a_wrong_answer_is_told_why(got, message):
    mistakes = {
        "another shape explains nothing": np.zeros((4, 5)),
        "you began counting at one": EXPECTED + 1,
        "row 2 divides by zero": [[0, 1, 2], [np.nan] * 3],
    }
    with pytest.raises(AssertionError, match=message):
        check_array("hs", got, EXPECTED, axes="N H", mistakes=mistakes)


def drawn(name):
    return class_rng(name).integers(10**9, size=3).tolist()


def test_each_class_and_each_name_draw_their_own(monkeypatch):
    monkeypatch.delenv("RNNCOURSE_CLASS_SEED", raising=False)
    unset = drawn("q1")
    draws = {"q2": drawn("q2")}
    for seed in ("0", "1", str(2**127), str(2**127 + 2**64)):
        monkeypatch.setenv("RNNCOURSE_CLASS_SEED", seed)
        assert drawn("q1") == drawn("q1")
        draws[seed] = drawn("q1")
    assert draws["0"] == unset
    assert len({tuple(numbers) for numbers in draws.values()}) == len(draws)


@pytest.mark.parametrize("seed", ["", "x", "-1", "0.5", "0x1f", " 7", "²"])
def test_a_malformed_seed_is_refused(monkeypatch, seed):
    monkeypatch.setenv("RNNCOURSE_CLASS_SEED", seed)
    with pytest.raises(ValueError, match=f"should be a whole number, such as 7, got {seed!r}$"):
        class_rng("q1")
