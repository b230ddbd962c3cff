"""Every hand-derived gradient of the package equals finite differences."""

from functools import partial

import numpy as np
import pytest
from every_layer import LEFT_TO_RIGHT, RECURRENT, WIRINGS, build
from helpers import dot, random_like

from rnncourse.bidirectional import Bidirectional
from rnncourse.cells import GRU, RNN, HState
from rnncourse.functional import cross_entropy, mean_squared_error
from rnncourse.gradcheck import GradientError, gradient_check
from rnncourse.layers import Dropout, Embedding, LayerNorm, Linear
from rnncourse.models import Batch, RegressionBatch, Regressor, SequenceModel
from rnncourse.recurrent import Recurrent
from rnncourse.stack import EachStep
from rnncourse.tree import tree_leaves, tree_map
from rnncourse.variants import LayerNormRNN

check = partial(gradient_check, tolerance=1e-7)

T, N = 4, 3
each_length = pytest.mark.parametrize("lengths", [None, (2, 4, 0)], ids=["whole", "lengths"])
each_recurrent = pytest.mark.parametrize("recurrent", RECURRENT)


def check_along_lines(loss, tree, gradient, rng):
    """For each array one difference, along a random line on which all its entries move.

    Each entry moves uphill as far as the gradient knows, so that nothing cancels out: a line
    finds what one entry at a time finds, in a small part of the time. A mistake is named by the
    number of its array.
    """

    def uphill(g):
        line = np.abs(rng.normal(size=g.shape)) * np.where(g < 0, -1, 1)
        return line / np.sqrt(g.size)  # all together go as far as a single entry would

    def moved(steps):
        step = iter(steps)
        return tree_map(lambda array, along: array + next(step) * along, tree, line)

    line = tree_map(uphill, gradient)
    slopes = np.array([slope for _, slope in tree_leaves(tree_map(dot, gradient, line))])
    return check(lambda steps: loss(moved(steps)), np.zeros_like(slopes), slopes)


def problem(layer, lengths, seed):
    """A loss on outputs, final state and summary; where to take its gradient; and the gradient.

    All is random: weights with their biases, inputs, initial state, what each result weighs. What
    is dropped is the same at every call.
    """
    rng = np.random.default_rng(seed)
    weights = random_like(layer.init(rng), rng)
    xs, state = rng.normal(size=(T, N, layer.input_size)), random_like(layer.zero_state(N), rng)

    def forward(weights, xs, state):
        return layer.forward(weights, xs, state, lengths, np.random.default_rng(seed))

    def results(tree):
        ys, last, _ = forward(*tree)
        return ys, last, layer.final(last)

    on_ys, on_last, on_summary = on_all = random_like(results((weights, xs, state)), rng)
    dlast = tree_map(np.add, on_last, layer.final_backward(on_summary))
    _, _, cache = forward(weights, xs, state)
    gradient = layer.backward(weights, cache, on_ys, dlast)
    return (lambda tree: dot(on_all, results(tree))), (weights, xs, state), gradient, cache


@each_length
@each_recurrent
def test_recurrent(recurrent, lengths):
    """One entry at a time."""
    loss, tree, gradient, cache = problem(build("alone", recurrent), lengths, seed=3)
    if recurrent == "RNN relu":  # where a sum crosses zero there is no derivative to check
        weights, xs, _ = tree
        before = xs @ weights.W_ih.T + weights.b_ih + cache.previous_hs @ weights.W_hh.T
        assert np.abs(before + weights.b_hh).min() > 1e-3
    check(loss, tree, gradient)


@each_length
@each_recurrent
@pytest.mark.parametrize("wiring", WIRINGS)
def test_every_wiring_of_every_recurrent_layer(wiring, recurrent, lengths):
    loss, tree, gradient, _ = problem(build(wiring, recurrent), lengths, seed=0)
    check_along_lines(loss, tree, gradient, np.random.default_rng(1))


def test_normalising_over_the_batch():
    class BatchNormRNN(LayerNormRNN):
        axis = 0

    loss, (weights, *rest), (dweights, *drest), _ = problem(
        Recurrent(BatchNormRNN(2, 3, eps=0.1)), None, seed=3
    )
    biases = {"b_ih", "b_hh"}  # a mean takes out what all rows share
    assert all(np.abs(getattr(dweights, name)).max() < 1e-12 for name in biases)
    others = set(weights._fields) - biases

    def pick(tree, more):
        return {name: getattr(tree, name) for name in others}, more

    check(
        lambda picked: loss((weights._replace(**picked[0]), *picked[1])),
        pick(weights, rest),
        pick(dweights, drest),
    )


def test_a_line_finds_a_mistake_in_a_single_entry():
    loss, tree, gradient, _ = problem(build("Stack", "LSTM"), None, seed=0)
    gradient[0].layers[1].W_hh[3, 1] *= 1.001
    with pytest.raises(GradientError, match=r"array\[5\]"):
        check_along_lines(loss, tree, gradient, np.random.default_rng(1))


@each_recurrent
@pytest.mark.parametrize("wiring", LEFT_TO_RIGHT)
def test_truncated_backpropagation(wiring, recurrent):
    """After the first chunk its state is carried on, and is but a number for the second."""
    rng = np.random.default_rng(2)
    layer = build(wiring, recurrent)
    weights = random_like(layer.init(rng), rng)
    chunk, xs = rng.normal(size=(2, 4, 3, layer.input_size))
    _, carried, _ = layer.forward(weights, chunk)
    ys, _, cache = layer.forward(weights, xs, carried)
    on_ys = random_like(ys, rng)
    dweights, dxs, _ = layer.backward(weights, cache, on_ys)
    check_along_lines(
        lambda tree: dot(on_ys, layer.forward(*tree, carried)[0]),
        (weights, xs),
        (dweights, dxs),
        rng,
    )


def test_recurrent_without_a_loss_on_the_state():
    rng = np.random.default_rng(0)
    layer = Recurrent(RNN(2, 3))
    weights = random_like(layer.init(rng), rng)
    xs, on_outputs = rng.normal(size=(4, 2, 2)), rng.normal(size=(4, 2, 3))
    _, _, cache = layer.forward(weights, xs)
    dweights, dxs, _ = layer.backward(weights, cache, on_outputs)
    check(lambda tree: (on_outputs * layer.forward(*tree)[0]).sum(), (weights, xs), (dweights, dxs))


@each_length
@pytest.mark.parametrize("pointwise", [Linear(3, 2), LayerNorm(3)], ids=["Linear", "LayerNorm"])
def test_each_step(pointwise, lengths):
    rng = np.random.default_rng(8)
    layer = EachStep(pointwise)
    weights = random_like(layer.init(rng), rng)
    xs = rng.normal(size=(T, N, 3))
    ys, _, cache = layer.forward(weights, xs, (), lengths)
    on_ys = random_like(ys, rng)
    dweights, dxs, _ = layer.backward(weights, cache, on_ys)
    check(
        lambda tree: dot(on_ys, layer.forward(*tree, (), lengths)[0]),
        (weights, xs),
        (dweights, dxs),
    )


@pytest.mark.parametrize("layer", [Linear(3, 2), LayerNorm(3), LayerNorm(3, eps=0.5)], ids=str)
@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3)], ids=str)
def test_layers_that_treat_each_step_by_itself(layer, shape):
    rng = np.random.default_rng(1)
    weights = random_like(layer.init(rng), rng)
    xs = rng.normal(size=shape)
    ys, cache = layer.forward(weights, xs)
    dys = rng.normal(size=ys.shape)
    gradient = layer.backward(weights, cache, dys)
    check(lambda tree: (dys * layer.forward(*tree)[0]).sum(), (weights, xs), gradient)


@pytest.mark.parametrize("seed", [None, 4], ids=["inference", "training"])
def test_dropout(seed):
    rng = np.random.default_rng(9)
    layer, xs = Dropout(0.3), rng.normal(size=(2, 4, 3))

    def forward(xs):
        return layer.forward((), xs, None if seed is None else np.random.default_rng(seed))

    ys, cache = forward(xs)
    dys = rng.normal(size=ys.shape)
    check(lambda xs: (dys * forward(xs)[0]).sum(), xs, layer.backward((), cache, dys)[1])


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


@pytest.mark.parametrize(
    "recurrent",
    [Recurrent(RNN(2, 3)), Recurrent(RNN(2, 3, "relu")), build("separate chains", "LSTM")],
    ids=["tanh", "relu", "deep and bidirectional"],
)
def test_sequence_model(recurrent):
    rng = np.random.default_rng(6)
    T, N, V = 4, 3, 5
    model = SequenceModel(Embedding(V, 2), recurrent, Linear(recurrent.output_size, V))
    weights = random_like(model.init(rng), rng)
    ids, targets = rng.integers(0, V, (2, T, N))
    batch = Batch(ids, targets, mask=rng.integers(0, 2, (T, N)))
    loss, gradient = model.loss_and_gradient(weights, batch)
    assert loss == model.loss(weights, batch)
    check(lambda w: model.loss(w, batch), weights, gradient)


def test_sequence_model_with_lengths_does_not_read_the_padding():
    rng = np.random.default_rng(8)
    both = Bidirectional(Recurrent(GRU(2, 3)), Recurrent(GRU(2, 3)))
    model = SequenceModel(Embedding(5, 2), both, Linear(6, 5))
    weights, (ids, targets) = random_like(model.init(rng), rng), rng.integers(0, 5, (2, 4, 3))
    lengths = np.array([4, 1, 2])
    inside = np.arange(4)[:, None] < lengths
    batch = Batch(ids, targets, inside, lengths)
    loss, gradient = model.loss_and_gradient(weights, batch)
    check(lambda w: model.loss(w, batch), weights, gradient)
    other = batch._replace(ids=np.where(inside, ids, (ids + 1) % 5))
    assert model.loss(weights, other) == loss
    assert model.loss(weights, other._replace(lengths=None)) != loss


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


@pytest.mark.parametrize("lengths", [None, np.array([4, 1, 0])], ids=["whole", "padded"])
@pytest.mark.parametrize("wiring", ["alone", "separate chains"])
def test_regressor(wiring, lengths):
    rng = np.random.default_rng(9)
    layer = build(wiring, "LSTM")
    model = Regressor(layer, Linear(layer.summary_size, 2))
    weights = random_like(model.init(rng), rng)
    batch = RegressionBatch(rng.normal(size=(4, 3, 2)), rng.normal(size=(3, 2)), lengths)
    loss, gradient = model.loss_and_gradient(weights, batch)
    assert loss == model.loss(weights, batch)
    check(lambda w: model.loss(w, batch), weights, gradient)
