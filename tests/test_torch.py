"""The package gives PyTorch's numbers: outputs, states, gradients and optimiser steps."""

import numpy as np
import pytest
from helpers import random_like

from rnncourse.cells import RNN, HState
from rnncourse.functional import cross_entropy, mean_squared_error
from rnncourse.layers import Embedding, Linear, Recurrent
from rnncourse.optim import SGD, Adam, clip_by_global_norm
from rnncourse.tree import tree_leaves

torch = pytest.importorskip("torch")
pack = torch.nn.utils.rnn.pack_padded_sequence
unpack = torch.nn.utils.rnn.pad_packed_sequence

NEAR = {"rtol": 0, "atol": 1e-10}


def tensor(array):
    """A float64 tensor of its own that collects a gradient."""
    return torch.tensor(array, requires_grad=True)


def assert_alike(tree, tensors):
    arrays = [array for _, array in tree_leaves(tree)]
    for ours, theirs in zip(arrays, tensors, strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), **NEAR)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@pytest.mark.parametrize("lengths", [None, (2, 6, 1, 6, 4)], ids=["whole", "lengths out of order"])
def test_recurrent(nonlinearity, lengths):
    rng = np.random.default_rng(0)
    T, N, D, H = 6, 5, 3, 4
    layer = Recurrent(RNN(D, H, nonlinearity))
    weights = random_like(layer.init(rng), rng)
    xs, state = rng.normal(size=(T, N, D)), HState(rng.normal(size=(N, H)))
    on_outputs, on_state = rng.normal(size=(T, N, H)), HState(rng.normal(size=(N, H)))
    hs, last, cache = layer.forward(weights, xs, state, lengths)
    gradient = layer.backward(weights, cache, on_outputs, on_state)

    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    theirs = torch.nn.RNN(D, H, nonlinearity=nonlinearity, dtype=torch.float64)
    theirs.load_state_dict(dict(zip(names, map(torch.tensor, weights), strict=True)))
    inputs, start = tensor(xs), tensor(state.h[None])
    if lengths is None:
        outputs, end = theirs(inputs, start)
    else:
        packed, end = theirs(pack(inputs, lengths, enforce_sorted=False), start)
        outputs, _ = unpack(packed)
    loss = (outputs * torch.tensor(on_outputs)).sum() + (end[0] * torch.tensor(on_state.h)).sum()
    loss.backward()

    assert_alike((hs, last), [outputs, end[0]])
    parameters = [getattr(theirs, name).grad for name in names]
    assert_alike(gradient, [*parameters, inputs.grad, start.grad[0]])


def test_linear():
    rng = np.random.default_rng(1)
    layer = Linear(3, 2)
    weights = random_like(layer.init(rng), rng)
    xs, dys = rng.normal(size=(4, 5, 3)), rng.normal(size=(4, 5, 2))
    ys, cache = layer.forward(weights, xs)
    W, b, inputs = tensor(weights.W), tensor(weights.b), tensor(xs)
    outputs = torch.nn.functional.linear(inputs, W, b)
    outputs.backward(torch.tensor(dys))
    assert_alike(ys, [outputs])
    assert_alike(layer.backward(weights, cache, dys), [W.grad, b.grad, inputs.grad])


def test_embedding():
    rng = np.random.default_rng(2)
    layer = Embedding(6, 3)
    weights, ids = layer.init(rng), rng.integers(0, 6, (4, 5))
    dxs = rng.normal(size=(4, 5, 3))
    xs, cache = layer.forward(weights, ids)
    W = tensor(weights.W)
    outputs = torch.nn.functional.embedding(torch.tensor(ids), W)
    outputs.backward(torch.tensor(dxs))
    assert_alike(xs, [outputs])
    assert_alike(layer.backward(weights, cache, dxs), [W.grad])


def test_cross_entropy():
    rng = np.random.default_rng(3)
    logits, targets = 20 * rng.normal(size=(4, 5, 6)), rng.integers(0, 6, (4, 5))
    mask = rng.integers(0, 2, (4, 5))
    loss, dlogits = cross_entropy(logits, targets, mask)
    theirs = tensor(logits)
    masked = torch.where(torch.tensor(mask) > 0, torch.tensor(targets), -100)  # -100 is ignored
    expected = torch.nn.functional.cross_entropy(theirs.flatten(0, 1), masked.flatten())
    expected.backward()
    assert_alike((loss, dlogits), [expected, theirs.grad])


def test_mean_squared_error():
    rng = np.random.default_rng(4)
    predictions, targets = rng.normal(size=(2, 4, 5))
    loss, dpredictions = mean_squared_error(predictions, targets)
    theirs = tensor(predictions)
    expected = torch.nn.functional.mse_loss(theirs, torch.tensor(targets))
    expected.backward()
    assert_alike((loss, dpredictions), [expected, theirs.grad])


OPTIMISERS = {
    "SGD": (SGD(lr=0.1), lambda ws: torch.optim.SGD(ws, lr=0.1)),
    "momentum": (
        SGD(lr=0.1, momentum=0.9),
        lambda ws: torch.optim.SGD(ws, lr=0.1, momentum=0.9),
    ),
    "Adam": (Adam(lr=0.1), lambda ws: torch.optim.Adam(ws, lr=0.1)),
    "Adam with its own settings": (
        Adam(lr=0.02, betas=(0.5, 0.7), eps=1e-3),
        lambda ws: torch.optim.Adam(ws, lr=0.02, betas=(0.5, 0.7), eps=1e-3),
    ),
}


@pytest.mark.parametrize(("optimiser", "torch_optimiser"), OPTIMISERS.values(), ids=OPTIMISERS)
def test_optimiser_over_several_steps(optimiser, torch_optimiser):
    rng = np.random.default_rng(5)
    weights = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=3)}
    theirs = [tensor(weights["W"]), tensor(weights["b"])]
    torch_optimiser, state = torch_optimiser(theirs), optimiser.init(weights)
    for _ in range(6):
        gradient = random_like(weights, rng)
        weights, state = optimiser.update(weights, gradient, state)
        for parameter, (_, array) in zip(theirs, tree_leaves(gradient), strict=True):
            parameter.grad = torch.tensor(array)
        torch_optimiser.step()
        assert_alike(weights, theirs)


@pytest.mark.parametrize("limit", [0.5, 100.0], ids=["clipped", "short enough"])
def test_clip_by_global_norm(limit):
    rng = np.random.default_rng(6)
    gradient = (rng.normal(size=(3, 2)), rng.normal(size=4))
    theirs = [torch.zeros(array.shape, dtype=torch.float64) for array in gradient]
    for parameter, array in zip(theirs, gradient, strict=True):
        parameter.grad = torch.tensor(array)
    expected_norm = torch.nn.utils.clip_grad_norm_(theirs, limit)
    clipped, norm = clip_by_global_norm(gradient, limit)
    np.testing.assert_allclose(norm, expected_norm, **NEAR)
    for ours, parameter in zip(clipped, theirs, strict=True):
        # torch divides by norm + 1e-6, so a clipped gradient is that much shorter than ours
        np.testing.assert_allclose(ours, parameter.grad, rtol=1e-6)
