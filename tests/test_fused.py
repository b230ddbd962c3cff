"""The fast LSTM gives the numbers of its specification, ``Recurrent(LSTM(...))``."""

import numpy as np
import pytest
from helpers import random_like

from rnncourse import GRU, LSTM, Bidirectional, Recurrent, Stack, fused
from rnncourse.fused import FusedLSTM
from rnncourse.gradcheck import gradient_check
from rnncourse.tree import tree_leaves

SIZES = [(6, 5, 3, 4), (1, 1, 1, 1), (7, 3, 2, 5), (0, 3, 2, 2), (4, 0, 2, 2)]


def run(layer, weights, xs, start, lengths, rng):
    hs, last, cache = layer.forward(weights, xs, start, lengths)
    dhs, dlast = random_like((hs, last), rng)
    return hs, last, layer.backward(weights, cache, dhs, dlast)


def assert_same(tree, other, tolerance=1e-12):
    for (name, a), (_, b) in zip(tree_leaves(tree), tree_leaves(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("block", [1, 50, fused.BLOCK])
@pytest.mark.parametrize("with_lengths", [False, True])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_equals_the_readable_form(sizes, with_lengths, block, monkeypatch):
    monkeypatch.setattr(fused, "BLOCK", block)  # factors of one step, of some, of all at once
    T, N, D, H = sizes
    rng = np.random.default_rng(0)
    readable, fast = Recurrent(LSTM(D, H)), FusedLSTM(LSTM(D, H))
    weights = random_like(readable.init(rng), rng)
    xs, start = rng.normal(size=(T, N, D)), random_like(readable.zero_state(N), rng)
    lengths = rng.integers(0, T + 1, N) if with_lengths else None
    if with_lengths and N > 2:
        lengths[:2] = 0, T
    results = [
        run(layer, weights, xs, start, lengths, np.random.default_rng(1))
        for layer in (readable, fast)
    ]
    assert_same(*results)


def test_against_finite_differences():
    rng = np.random.default_rng(2)
    layer = FusedLSTM(LSTM(2, 3))
    weights = random_like(layer.init(rng), rng)
    xs, start = rng.normal(size=(4, 3, 2)), random_like(layer.zero_state(3), rng)
    hs, last, cache = layer.forward(weights, xs, start, [4, 0, 2])
    dhs, dlast = random_like((hs, last), rng)

    def loss(tree):
        hs, last, _ = layer.forward(*tree, [4, 0, 2])
        return (hs * dhs).sum() + (last.h * dlast.h).sum() + (last.c * dlast.c).sum()

    gradient = layer.backward(weights, cache, dhs, dlast)
    assert gradient_check(loss, (weights, xs, start), gradient, tolerance=1e-7) < 1e-7


def test_stands_wherever_a_recurrent_layer_does():
    rng = np.random.default_rng(3)

    def wired(kind):
        pair = (kind(LSTM(3, 4)), kind(LSTM(3, 4)))
        return Stack((Bidirectional(*pair), kind(LSTM(8, 2))))

    weights = random_like(wired(Recurrent).init(rng), rng)
    start = random_like(wired(Recurrent).zero_state(5), rng)
    xs, lengths = rng.normal(size=(6, 5, 3)), [6, 1, 0, 3, 6]
    results = [
        run(wired(kind), weights, xs, start, lengths, np.random.default_rng(4))
        for kind in (Recurrent, FusedLSTM)
    ]
    assert_same(*results)


def test_nothing_is_shared_and_a_cache_serves_twice():
    rng = np.random.default_rng(5)
    layer = FusedLSTM(LSTM(3, 4))
    weights, xs, dhs = layer.init(rng), rng.normal(size=(5, 2, 3)), rng.normal(size=(5, 2, 4))
    hs, last, cache = layer.forward(weights, xs)
    first = layer.backward(weights, cache, dhs)
    hs[:] = last.h[:] = last.c[:] = np.nan
    first[0].b_ih[:] = np.nan
    second = layer.backward(weights, cache, dhs)
    assert np.isfinite(first[0].b_hh).all()
    assert_same(first[1:], second[1:])
    assert all(np.isfinite(array).all() for _, array in tree_leaves(second))


def test_garbage_in_the_padding_is_not_read_and_float32_stays():
    rng = np.random.default_rng(6)
    layer, lengths = FusedLSTM(LSTM(2, 3)), np.array([5, 2, 0])
    weights = random_like(layer.init(rng, np.float32), rng)
    xs, dhs = (rng.normal(size=(5, 3, F)).astype(np.float32) for F in (2, 3))
    padding = np.arange(5)[:, None] >= lengths
    clean = layer.forward(weights, xs, lengths=lengths)
    expected = (*clean[:2], layer.backward(weights, clean[2], dhs))
    xs[padding], dhs[padding] = np.nan, np.inf
    spoilt = layer.forward(weights, xs, lengths=lengths)
    found = (*spoilt[:2], layer.backward(weights, spoilt[2], dhs))
    assert_same(expected, found, tolerance=0)
    assert {array.dtype for _, array in tree_leaves(found)} == {np.dtype(np.float32)}


def test_refuses_other_cells():
    with pytest.raises(TypeError, match=r"one such as LSTM\(3, 2\), got GRU"):
        FusedLSTM(GRU(3, 2))


def test_refuses_a_cache_of_another_layer():
    layer, xs = FusedLSTM(LSTM(2, 3)), np.ones((4, 1, 2))
    weights = layer.init(np.random.default_rng(0))
    _, _, cache = Recurrent(layer.cell).forward(weights, xs)
    with pytest.raises(TypeError, match="cache should be FusedCache, got RecurrentCache"):
        layer.backward(weights, cache, np.ones((4, 1, 3)))
