"""The package gives PyTorch's numbers: outputs, states, gradients and optimiser steps."""

from functools import partial

import numpy as np
import pytest
import torch_reference as ref
from helpers import random_like

from rnncourse.bidirectional import Bidirectional, Reversed
from rnncourse.cells import GRU, LSTM, RNN
from rnncourse.convert import flip_update_gate, from_torch, to_torch
from rnncourse.functional import cross_entropy, mean_squared_error
from rnncourse.fused import FusedLSTM
from rnncourse.layers import Dropout, Embedding, LayerNorm, Linear
from rnncourse.optim import SGD, Adam, clip_by_global_norm
from rnncourse.recurrent import Recurrent
from rnncourse.stack import EachStep, Stack
from rnncourse.tree import tree_leaves, tree_map
from rnncourse.variants import (
    CoupledLSTM,
    LayerNormRNN,
    NoForgetLSTM,
    PeepholeLSTM,
    ResetBeforeGRU,
    ResidualRNN,
)

torch = pytest.importorskip("torch")
pack = torch.nn.utils.rnn.pack_padded_sequence
unpack = torch.nn.utils.rnn.pad_packed_sequence

NEAR = {"rtol": 1e-12, "atol": 1e-10}  # linear cells make numbers of tens of thousands
T, N, D, H = 6, 5, 3, 4


def tensor(array):
    """A float64 tensor of its own that collects a gradient."""
    return torch.tensor(array, requires_grad=True)


def leaves(tree):
    return [leaf for _, leaf in tree_leaves(tree)]


def gradients(tensors):
    return [leaf.grad for leaf in leaves(tensors)]


def assert_alike(tree, tensors):
    for ours, theirs in zip(leaves(tree), leaves(tensors), strict=True):
        np.testing.assert_allclose(ours, torch.as_tensor(theirs).detach().numpy(), **NEAR)


def run(layer, lengths=None, rng=None):
    """Random weights (biases too), inputs and initial state; what the layer makes of them; and
    the gradients of all three, for a loss on the outputs and on the final state."""
    dice = np.random.default_rng(0)
    sizes = (layer.init(dice), np.empty((T, N, layer.input_size)), layer.zero_state(N))
    weights, xs, start = random_like(sizes, dice)
    ys, end, cache = layer.forward(weights, xs, start, lengths, rng)
    on_outputs = random_like((ys, end), dice)
    return (weights, xs, start), (ys, end), on_outputs, layer.backward(weights, cache, *on_outputs)


def back_propagate(outputs, on_outputs):
    torch.autograd.backward(leaves(outputs), [*map(torch.tensor, leaves(on_outputs))])


# ---- What torch.nn has. Weights and their gradients change sides by ``convert``.

RELU = {"nonlinearity": "relu"}
TORCH_CELLS = {
    "RNN": (Recurrent, RNN, torch.nn.RNN),
    "RNN relu": (Recurrent, partial(RNN, **RELU), partial(torch.nn.RNN, **RELU)),
    "LSTM": (Recurrent, LSTM, torch.nn.LSTM),
    "LSTM fused": (FusedLSTM, LSTM, torch.nn.LSTM),
    "GRU": (Recurrent, GRU, torch.nn.GRU),
}


def both_ways(one, size, join="concatenate"):
    return Bidirectional(one(size), one(size), join)


TORCH_LAYERS = {
    "one layer": (lambda one: one(D), {}),
    "both ways": (lambda one: both_ways(one, D), {"bidirectional": True}),
    "three layers": (lambda one: Stack((one(D), one(H), one(H))), {"num_layers": 3}),
    "two layers both ways": (
        lambda one: Stack((both_ways(one, D), both_ways(one, 2 * H))),
        {"num_layers": 2, "bidirectional": True},
    ),
}


def as_torch(state):
    """The states of all layers and directions in two arrays (h, c), or in one, h."""
    named = tree_leaves(state)
    h, c = (np.array([a for name, a in named if name.endswith(last)]) for last in "hc")
    return (h, c) if len(c) else h


def assert_torch_nn_agrees(layer, module, lengths=None, rng=None):
    (weights, xs, start), (ys, end), (on_ys, on_end), gradient = run(layer, lengths, rng)
    module.load_state_dict(to_torch(layer, weights))
    inputs, begin = tree_map(tensor, (xs, as_torch(start)))
    if lengths is None:
        results = module(inputs, begin)
    else:
        packed, last = module(pack(inputs, lengths, enforce_sorted=False), begin)
        results = unpack(packed)[0], last
    back_propagate(results, (on_ys, as_torch(on_end)))
    assert_alike((ys, as_torch(end)), results)
    dweights, dxs, dstart = gradient
    named = {name: parameter.grad for name, parameter in module.named_parameters()}
    assert_alike(dweights, from_torch(layer, named))
    assert_alike((dxs, as_torch(dstart)), gradients((inputs, begin)))


@pytest.mark.parametrize("lengths", [None, (2, 6, 1, 6, 4)], ids=["whole", "lengths out of order"])
@pytest.mark.parametrize(("build", "options"), TORCH_LAYERS.values(), ids=TORCH_LAYERS)
@pytest.mark.parametrize(("Layer", "Cell", "Module"), TORCH_CELLS.values(), ids=TORCH_CELLS)
def test_layer_of_torch_nn(Layer, Cell, Module, build, options, lengths):
    layer = build(lambda size: Layer(Cell(size, H)))
    assert_torch_nn_agrees(layer, Module(D, H, **options, dtype=torch.float64), lengths)


class Replay(np.random.Generator):
    """Drops what torch has dropped: its masks, one after the other, in the place of chance."""

    def __init__(self, masks):
        super().__init__(np.random.PCG64())
        self.masks = iter(masks)

    def random(self, size):
        return (next(self.masks) > 0).astype(float)


def test_stack_with_dropout():
    module = torch.nn.LSTM(D, H, num_layers=3, dropout=0.3, dtype=torch.float64)
    layer = Stack((Recurrent(LSTM(D, H)), *[Recurrent(LSTM(H, H))] * 2), dropout=0.3)
    torch.manual_seed(0)
    ones = torch.ones(T, N, H, dtype=torch.float64)
    masks = [torch.nn.functional.dropout(ones, 0.3).numpy() for _ in range(2)]
    torch.manual_seed(0)
    assert_torch_nn_agrees(layer, module, rng=Replay(masks))


# ---- Every cell in every wiring, most of which torch.nn lacks, against ``torch_reference``.

CELLS = {
    "RNN": (RNN, partial(ref.elman, torch.tanh)),
    "RNN relu": (partial(RNN, **RELU), partial(ref.elman, torch.relu)),
    **{
        f"RNN {name}": (partial(RNN, nonlinearity=name), partial(ref.elman, function))
        for name, function in {
            "leaky_relu": torch.nn.functional.leaky_relu,
            "elu": torch.nn.functional.elu,
            "sigmoid": torch.sigmoid,
            "linear": torch.nn.Identity(),
        }.items()
    },
    "ResidualRNN": (ResidualRNN, ref.residual),
    "LayerNormRNN": (LayerNormRNN, partial(ref.elman_with_layer_norm, 1e-5)),
    "LayerNormRNN eps": (partial(LayerNormRNN, eps=0.5), partial(ref.elman_with_layer_norm, 0.5)),
    "LSTM": (LSTM, ref.lstm),
    "NoForgetLSTM": (NoForgetLSTM, ref.lstm_without_forget_gate),
    "CoupledLSTM": (CoupledLSTM, ref.lstm_with_coupled_gates),
    "PeepholeLSTM": (PeepholeLSTM, ref.lstm_with_peepholes),
    "GRU": (GRU, partial(ref.gru_of_cho, ref.reset_after)),
    "ResetBeforeGRU": (ResetBeforeGRU, partial(ref.gru_of_cho, ref.reset_before)),
}
WIRINGS = {
    "alone": (lambda one: one(D), lambda read, *given: read(*given)),
    "sum": (lambda one: both_ways(one, D, "sum"), partial(ref.joined, ref.added)),
    "project": (lambda one: both_ways(one, D, "project"), partial(ref.joined, ref.projected)),
    "joined at every layer": (
        lambda one: Stack((both_ways(one, D), both_ways(one, 2 * H))),
        partial(ref.levels, ref.concatenated, [ref.no_shortcut] * 2),
    ),
    "two chains": (
        lambda one: Bidirectional(Stack((one(D), one(H))), Stack((one(D), one(H)))),
        ref.two_chains,
    ),
    "alternating": (lambda one: Stack((one(D), Reversed(one(H)))), ref.turning),
    "residual": (
        lambda one: Stack((one(D), one(H)), "residual"),
        partial(ref.chain, [ref.projected_shortcut, ref.added]),
    ),
    "residual, both ways": (
        lambda one: Stack((both_ways(one, D, "sum"), both_ways(one, H, "sum")), "residual"),
        partial(ref.levels, ref.added, [ref.projected_shortcut, ref.added]),
    ),
    "single steps in between and on top": (
        lambda one: Stack((one(D), EachStep(LayerNorm(H)), one(H), EachStep(Linear(H, 2)))),
        ref.with_single_steps,
    ),
    "dense": (
        lambda one: Stack((one(D), one(D + H)), "dense"),
        partial(ref.chain, [ref.concatenated] * 2),
    ),
}


def running(lengths):
    """(T, N, 1): is the row still inside its sequence?"""
    ends = [T] * N if lengths is None else lengths
    return torch.arange(T)[:, None, None] < torch.tensor(ends)[:, None]


@pytest.mark.parametrize("lengths", [None, (2, 6, 0, 6, 4)], ids=["whole", "lengths out of order"])
@pytest.mark.parametrize(("build", "wiring"), WIRINGS.values(), ids=WIRINGS)
@pytest.mark.parametrize(("Cell", "step"), CELLS.values(), ids=CELLS)
def test_cell_in_wiring(Cell, step, build, wiring, lengths):
    layer = build(lambda size: Recurrent(Cell(size, H)))
    given, results, on_outputs, gradient = run(layer, lengths)
    theirs, inside = tree_map(tensor, given), running(lengths)
    ys, end = wiring(partial(ref.read, step, inside), *theirs)
    outputs = torch.where(inside, ys, 0), end
    back_propagate(outputs, on_outputs)
    assert_alike(results, outputs)
    assert_alike(gradient, gradients(theirs))


@pytest.mark.parametrize(
    ("Cell", "z_and_candidate"), [(GRU, ref.reset_after), (ResetBeforeGRU, ref.reset_before)]
)
def test_update_gate_of_the_other_polarity(Cell, z_and_candidate):
    layer = Recurrent(Cell(D, H))
    (weights, *others), results, on_outputs, (dweights, *dothers) = run(layer)
    theirs = tree_map(tensor, (flip_update_gate(layer, weights), *others))
    outputs = ref.read(partial(ref.gru_of_chung, z_and_candidate), running(None), *theirs)
    back_propagate(outputs, on_outputs)
    assert_alike(results, outputs)
    assert_alike((flip_update_gate(layer, dweights), *dothers), gradients(theirs))


# ---- Layers of single steps


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


def test_each_step_leaves_out_the_padding():
    lengths = (2, 6, 0, 6, 4)
    (weights, xs, _), (ys, _), (on_ys, _), (*gradient, _) = run(EachStep(Linear(D, H)), lengths)
    theirs = tree_map(tensor, (weights, xs))
    outputs = torch.nn.functional.linear(theirs[1], *theirs[0])
    outputs = torch.where(running(lengths), outputs, 0)
    back_propagate(outputs, on_ys)
    assert_alike(ys, outputs)
    assert_alike(gradient, gradients(theirs))


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


@pytest.mark.parametrize("eps", [1e-5, 0.5])
def test_layer_norm(eps):
    rng = np.random.default_rng(7)
    layer = LayerNorm(H, eps)
    weights = random_like(layer.init(rng), rng)
    xs, dys = rng.normal(size=(2, T, N, H))
    ys, cache = layer.forward(weights, xs)
    theirs = tree_map(tensor, (weights, xs))
    outputs = torch.nn.functional.layer_norm(theirs[1], (H,), *theirs[0], eps)
    back_propagate(outputs, dys)
    assert_alike(ys, outputs)
    assert_alike(layer.backward(weights, cache, dys), gradients(theirs))


def test_dropout():
    xs, dys = np.random.default_rng(8).normal(size=(2, T, N, H))
    inputs = tensor(xs)
    outputs = torch.nn.functional.dropout(inputs, 0.3)
    back_propagate(outputs, dys)
    ys, cache = Dropout(0.3).forward((), xs, Replay([outputs.detach().numpy() != 0]))
    assert_alike(ys, outputs)
    assert_alike(Dropout(0.3).backward((), cache, dys), [inputs.grad])


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
