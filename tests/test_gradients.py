"""Every hand-derived gradient of the package equals finite differences."""

from functools import partial

import numpy as np
import pytest
from helpers import random_like

from rnncourse.cells import RNN, HState
from rnncourse.functional import cross_entropy, mean_squared_error
from rnncourse.gradcheck import gradient_check
from rnncourse.layers import Embedding, Linear, Recurrent
from rnncourse.models import Batch, SequenceModel

check = partial(gradient_check, tolerance=1e-7)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@pytest.mark.parametrize("lengths", [None, (2, 5, 0, 4)], ids=["whole", "lengths"])
def test_recurrent(nonlinearity, lengths):
    """Loss on the outputs and on the final state; every weight random, biases included."""
    rng = np.random.default_rng(3)
    T, N, D, H = 5, 4, 2, 3
    layer = Recurrent(RNN(D, H, nonlinearity))
    weights = random_like(layer.init(rng), rng)
    xs, state = rng.normal(size=(T, N, D)), HState(rng.normal(size=(N, H)))
    on_outputs, on_state = rng.normal(size=(T, N, H)), HState(rng.normal(size=(N, H)))

    def loss(tree):
        hs, last, _ = layer.forward(*tree, lengths)
        return (on_outputs * hs).sum() + (on_state.h * last.h).sum()

    _, _, cache = layer.forward(weights, xs, state, lengths)
    gradient = layer.backward(weights, cache, on_outputs, on_state)
    if nonlinearity == "relu":  # where a sum crosses zero there is no derivative to check
        before = xs @ weights.W_ih.T + weights.b_ih + cache.previous_hs @ weights.W_hh.T
        assert np.abs(before + weights.b_hh).min() > 1e-3
    check(loss, (weights, xs, state), gradient)


def test_recurrent_without_a_loss_on_the_state():
    rng = np.random.default_rng(0)
    layer = Recurrent(RNN(2, 3))
    weights = random_like(layer.init(rng), rng)
    xs, on_outputs = rng.normal(size=(4, 2, 2)), rng.normal(size=(4, 2, 3))
    _, _, cache = layer.forward(weights, xs)
    dweights, dxs, _ = layer.backward(weights, cache, on_outputs)
    check(lambda tree: (on_outputs * layer.forward(*tree)[0]).sum(), (weights, xs), (dweights, dxs))


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3)], ids=str)
def test_linear(shape):
    rng = np.random.default_rng(1)
    layer = Linear(3, 2)
    weights = random_like(layer.init(rng), rng)
    xs = rng.normal(size=shape)
    ys, cache = layer.forward(weights, xs)
    dys = rng.normal(size=ys.shape)
    gradient = layer.backward(weights, cache, dys)
    check(lambda tree: (dys * layer.forward(*tree)[0]).sum(), (weights, xs), gradient)


def test_embedding_adds_up_repeated_symbols():
    rng = np.random.default_rng(2)
    layer = Embedding(5, 3)
    weights = layer.init(rng)
    ids = np.array([[1, 4, 1], [0, 1, 1]])
    xs, cache = layer.forward(weights, ids)
    dxs = rng.normal(size=xs.shape)
    check(
        lambda w: (dxs * layer.forward(w, ids)[0]).sum(),
        weights,
        layer.backward(weights, cache, dxs),
    )


MASKS = {
    "no mask": None,
    "some": np.array([[1, 0, 1], [0, 0, 1]]),
    "weights": np.array([[0.5, 0.0, 2.0], [1.0, 0.1, 0.0]]),
}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_cross_entropy(mask):
    rng = np.random.default_rng(4)
    logits, targets = rng.normal(size=(2, 3, 5)), rng.integers(0, 5, (2, 3))
    _, dlogits = cross_entropy(logits, targets, mask)
    check(lambda z: cross_entropy(z, targets, mask)[0], logits, dlogits)


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_mean_squared_error(mask):
    rng = np.random.default_rng(5)
    predictions, targets = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    _, dpredictions = mean_squared_error(predictions, targets, mask)
    check(lambda y: mean_squared_error(y, targets, mask)[0], predictions, dpredictions)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_sequence_model(nonlinearity):
    rng = np.random.default_rng(6)
    T, N, V = 4, 3, 5
    model = SequenceModel(Embedding(V, 2), Recurrent(RNN(2, 3, nonlinearity)), Linear(3, V))
    weights = random_like(model.init(rng), rng)
    ids, targets = rng.integers(0, V, (2, T, N))
    batch = Batch(ids, targets, mask=rng.integers(0, 2, (T, N)))
    loss, gradient = model.loss_and_gradient(weights, batch)
    assert loss == model.loss(weights, batch)
    check(lambda w: model.loss(w, batch), weights, gradient)


def test_sequence_model_hands_gradients_to_the_initial_state():
    rng = np.random.default_rng(7)
    model = SequenceModel(Embedding(5, 2), Recurrent(RNN(2, 3)), Linear(3, 5))
    weights = random_like(model.init(rng), rng)
    ids, lengths = rng.integers(0, 5, (4, 3)), np.array([4, 1, 0])
    state = HState(rng.normal(size=(3, 3)))
    logits, last, cache = model.forward(weights, ids, state, lengths)
    on_logits, on_state = random_like((logits, last), rng)

    def loss(tree):
        logits, last, _ = model.forward(tree[0], ids, tree[1], lengths)
        return (on_logits * logits).sum() + (on_state.h * last.h).sum()

    check(loss, (weights, state), model.backward(weights, cache, on_logits, on_state))
