"""Diagnostics: each measurement against a case known by hand, differences, or PyTorch."""

import tracemalloc

import hypothesis.strategies as st
import numpy as np
import pytest
from helpers import assert_refused, random_like
from hypothesis import given

from rnncourse import init
from rnncourse.bidirectional import Bidirectional, Reversed
from rnncourse.cells import GRU, LSTM, RNN, HState, Weights
from rnncourse.diagnostics import (
    activation_bytes,
    gate_activations,
    gate_statistics,
    gradient_norm_map,
    gradient_norms,
    jacobian_bound,
    jacobian_products,
    peak_bytes,
    retention,
    spectral_norm,
    spectral_radius,
)
from rnncourse.layers import Linear
from rnncourse.recurrent import Recurrent
from rnncourse.stack import EachStep, Stack
from rnncourse.tree import tree_leaves, tree_map
from rnncourse.variants import CoupledLSTM, NoForgetLSTM, PeepholeLSTM, ResetBeforeGRU

NEAR = {"rtol": 1e-12, "atol": 0}
T, N, D, H = 6, 3, 2, 4
LAYERS = {
    "tanh": Recurrent(RNN(D, H)),
    "relu": Recurrent(RNN(D, H, "relu")),
    "LSTM": Recurrent(LSTM(D, H)),
    "GRU": Recurrent(GRU(D, H)),
    "LSTM of 1997": Recurrent(NoForgetLSTM(D, H)),
    "coupled LSTM": Recurrent(CoupledLSTM(D, H)),
    "peephole LSTM": Recurrent(PeepholeLSTM(D, H)),
    "reset-before GRU": Recurrent(ResetBeforeGRU(D, H)),
    "stack": Stack((Recurrent(LSTM(D, 3)), EachStep(Linear(3, 2)), Recurrent(RNN(2, H)))),
    "residual stack": Stack((Recurrent(GRU(D, 3)), Recurrent(RNN(3, 3))), shortcut="residual"),
    "dense stack": Stack((Recurrent(RNN(D, 3)), Recurrent(GRU(5, 2))), shortcut="dense"),
}
each_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


def case(layer, steps=T, rows=N, seed=0):
    """Random weights, inputs, first state and gradient of the last state."""
    rng = np.random.default_rng(seed)
    states = [random_like(layer.zero_state(rows), rng) for _ in range(2)]
    return random_like(layer.init(rng), rng), rng.normal(size=(steps, rows, D)), *states


def flat(tree):
    """All arrays of a state side by side."""
    return np.concatenate([array for _, array in tree_leaves(tree)], axis=-1)


def rnn(W_hh, nonlinearity="tanh"):
    """A vanilla RNN that adds its input to W_hh h."""
    H = len(W_hh)
    return Recurrent(RNN(H, H, nonlinearity)), Weights(np.eye(H), W_hh, np.zeros(H), np.zeros(H))


def gated(cell, **biases):
    """A layer whose gates depend on nothing but a bias, given for each gate by name."""
    order = {"LSTM": "ifgo", "GRU": "rzn"}[type(cell).__name__]
    b = np.concatenate([np.broadcast_to(biases.get(k, 0.0), cell.hidden_size) for k in order])
    G = len(order) * cell.hidden_size
    zeros = np.zeros((G, cell.input_size)), np.zeros((G, cell.hidden_size))
    return Recurrent(cell), Weights(*zeros, b.astype(float), np.zeros(G))


def logit(p):
    return np.log(np.divide(p, np.subtract(1, p)))


# --- gradients over time -------------------------------------------------------------------


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_a_linear_rnn_has_the_powers_of_its_matrix(nonlinearity):
    rng = np.random.default_rng(1)
    W, d = np.abs(rng.normal(size=(H, H))), rng.normal(size=(N, H))
    layer, weights = rnn(W, nonlinearity)
    # tanh has slope 1 at zero, and ReLU wherever its argument is above zero
    xs = np.full((T, N, H), 0.0 if nonlinearity == "tanh" else 0.5)
    powers = [np.linalg.matrix_power(W, T - t) for t in range(T + 1)]
    norms = gradient_norms(layer, weights, xs, HState(d)).h
    np.testing.assert_allclose(norms, [np.linalg.norm(d @ P, axis=1) for P in powers], **NEAR)
    np.testing.assert_allclose(jacobian_products(layer, weights, xs[:, :1]), powers, **NEAR)


def test_an_orthogonal_matrix_keeps_the_gradient():
    layer, weights = rnn(init.orthogonal((H, H), np.random.default_rng(2)))
    norms = gradient_norms(layer, weights, np.zeros((100, 1, H)), HState(np.eye(H)[:1])).h
    np.testing.assert_allclose(norms, 1)
    assert norms.shape == (101, 1)


def test_saturation_shrinks_the_gradient_by_the_slope():
    layer, weights = rnn(np.array([[3.0]]))
    xs = np.array([0.7, -0.2]).reshape(2, 1, 1)
    h1 = np.tanh(0.7)
    h2 = np.tanh(-0.2 + 3 * h1)
    slopes = 3 * (1 - np.array([h1, h2]) ** 2)
    norms = gradient_norms(layer, weights, xs, HState(np.array([[-5.0]]))).h[:, 0]
    np.testing.assert_allclose(norms, [5 * slopes.prod(), 5 * slopes[1], 5], **NEAR)


@pytest.mark.parametrize("scale", [1e-60, 1e60])
def test_tiny_and_huge_gradients_keep_their_digits(scale):
    layer, weights = rnn(scale * np.eye(2))
    norms = gradient_norms(layer, weights, np.zeros((5, 1, 2)), HState(np.array([[3.0, -4.0]]))).h
    np.testing.assert_allclose(norms[:, 0], 5 * scale ** np.arange(5.0, -1, -1), **NEAR)


@each_layer
def test_the_norms_end_with_what_came_in_and_begin_with_the_whole_backward_pass(layer):
    weights, xs, start, dlast = case(layer)
    norms = gradient_norms(layer, weights, xs, dlast, start)
    ys, _, cache = layer.forward(weights, xs, start)
    _, _, dfirst = layer.backward(weights, cache, np.zeros_like(ys), dlast)

    for (_, norm), (_, first), (_, last) in zip(
        tree_leaves(norms), tree_leaves(dfirst), tree_leaves(dlast), strict=True
    ):
        assert norm.shape == (T + 1, N)
        np.testing.assert_allclose(norm[0], np.linalg.norm(first, axis=1), rtol=1e-9)
        np.testing.assert_allclose(norm[-1], np.linalg.norm(last, axis=1), **NEAR)


@each_layer
def test_each_row_of_the_map_is_a_run_cut_short(layer):
    weights, xs, start, dstate = case(layer)
    steps = [5, 2]
    chosen = {s: tree_map(lambda array, s=s: s * array, dstate) for s in steps}
    rows = gradient_norm_map(layer, weights, xs, chosen, start)
    for k, s in enumerate(steps):
        short = gradient_norms(layer, weights, xs[:s], chosen[s], start)
        for (_, row), (_, expected) in zip(tree_leaves(rows), tree_leaves(short), strict=True):
            assert row.shape == (2, T + 1, N)
            np.testing.assert_array_equal(row[k, : s + 1], expected)
            assert (row[k, s + 1 :] == 0).all()


@each_layer
def test_jacobian_products_equal_finite_differences(layer):
    weights, xs, start, _ = case(layer, rows=1)
    found = jacobian_products(layer, weights, xs, start)
    state, step = start, 1e-6
    for t in range(T + 1):
        leaves, columns = [array for _, array in tree_leaves(state)], []
        for array in leaves:
            for j in range(array.shape[1]):
                ends = []
                for sign in (1, -1):
                    array[0, j] += sign * step
                    end = layer.forward(weights, xs[t:], state)[1] if t < T else state
                    ends.append(flat(end)[0].copy())
                    array[0, j] -= sign * step
                columns.append((ends[0] - ends[1]) / (2 * step))
        np.testing.assert_allclose(found[t], np.transpose(columns), rtol=0, atol=1e-7)
        if t < T:
            state = layer.forward(weights, xs[t : t + 1], state)[1]


@each_layer
def test_the_gradient_is_the_jacobian_product_times_what_came_in(layer):
    weights, xs, start, dlast = case(layer, rows=1)
    products = jacobian_products(layer, weights, xs, start)
    norms = gradient_norms(layer, weights, xs, dlast, start)
    squares = sum(array**2 for _, array in tree_leaves(norms))
    expected = np.linalg.norm(flat(dlast) @ products, axis=-1)
    np.testing.assert_allclose(np.sqrt(squares), expected, rtol=1e-9)


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 5),
    st.integers(1, 8),
    st.floats(0.01, 3.0),
    st.sampled_from(["tanh", "relu"]),
)
def test_no_jacobian_product_exceeds_the_bound(seed, size, steps, scale, nonlinearity):
    rng = np.random.default_rng(seed)
    layer, weights = rnn(scale * rng.normal(size=(size, size)), nonlinearity)
    xs, start = rng.normal(size=(steps, 1, size)), HState(rng.normal(size=(1, size)))
    norms = spectral_norm(jacobian_products(layer, weights, xs, start))
    bound = jacobian_bound(weights.W_hh, steps)
    assert norms.shape == bound.shape == (steps + 1,)
    assert (norms <= bound * (1 + 1e-9)).all()


def test_a_symmetric_linear_rnn_reaches_the_bound():
    W = np.diag([0.5, -1.5])
    layer, weights = rnn(W)
    norms = spectral_norm(jacobian_products(layer, weights, np.zeros((T, 1, 2))))
    np.testing.assert_allclose(norms, jacobian_bound(W, T), **NEAR)
    quarter = jacobian_bound(W, T, max_slope=0.25)
    np.testing.assert_allclose(quarter, (1.5 / 4) ** np.arange(T, -1.0, -1), **NEAR)
    assert jacobian_bound(10 * W, 1000)[0] == np.inf


def test_a_matrix_that_shrinks_in_the_end_may_lengthen_first():
    W = np.array([[0.9, 5.0], [0.0, 0.9]])
    layer, weights = rnn(W)
    norms = spectral_norm(jacobian_products(layer, weights, np.zeros((200, 1, 2))))
    assert spectral_radius(W) < 1 < spectral_norm(W) < norms.max()
    assert norms[0] < 1e-4


def test_spectra_of_matrices_known_by_hand():
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])  # its eigenvalues are complex, of modulus 1
    shear = np.array([[0.0, 7.0], [0.0, 0.0]])
    stretch = np.diag([2.0, -3.0])
    matrices = np.stack([turn, shear, stretch])
    np.testing.assert_allclose(spectral_radius(matrices), [1, 0, 3], rtol=1e-12)
    np.testing.assert_allclose(spectral_norm(matrices), [1, 7, 3], rtol=1e-12)
    assert spectral_radius(stretch) == pytest.approx(3)
    assert spectral_norm(np.array([[3.0], [4.0]])) == pytest.approx(5)
    np.testing.assert_allclose(jacobian_bound(matrices, 1), [[1, 1], [7, 1], [3, 1]], rtol=1e-12)


def test_nothing_is_cast():
    layer = LAYERS["LSTM"]
    single = [tree_map(np.float32, tree) for tree in case(layer, rows=1)]
    weights, xs, start, dlast = single
    measured = (
        gradient_norms(layer, weights, xs, dlast, start),
        gradient_norm_map(layer, weights, xs, {1: dlast}, start),
        jacobian_products(layer, weights, xs, start),
        jacobian_products(layer, weights, xs),
        retention(layer.forward(weights, xs)[2]),
    )
    assert {array.dtype for _, array in tree_leaves(measured)} == {np.dtype("float32")}


@pytest.mark.parametrize("name", ["tanh", "relu", "LSTM", "GRU"])
def test_gradient_norms_equal_autograd(name):
    torch = pytest.importorskip("torch")
    layer = LAYERS[name]
    weights, xs, start, dlast = case(layer)
    kinds = {"LSTM": torch.nn.LSTMCell, "GRU": torch.nn.GRUCell}
    options = {} if name in kinds else {"nonlinearity": name}
    cell = kinds.get(name, torch.nn.RNNCell)(D, H, dtype=torch.float64, **options)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    cell.load_state_dict(dict(zip(names, map(torch.tensor, weights), strict=True)))

    state = [torch.tensor(array, requires_grad=True) for array in start]
    states = [state]
    for x in torch.tensor(xs):
        new = cell(x, tuple(state) if name == "LSTM" else state[0])
        # clones: a gradient is then that of the state as the next step's input
        state = [part.clone() for part in (new if name == "LSTM" else [new])]
        states.append(state)
    loss = sum((part * torch.tensor(d)).sum() for part, d in zip(state, dlast, strict=True))
    gradients = torch.autograd.grad(loss, [part for state in states for part in state])

    norms = gradient_norms(layer, weights, xs, dlast, start)
    expected = np.reshape([g.norm(dim=-1).numpy() for g in gradients], (T + 1, len(norms), N))
    np.testing.assert_allclose(np.stack(norms, axis=1), expected, rtol=1e-10)


# --- gates ---------------------------------------------------------------------------------


def test_an_open_forget_gate_keeps_the_gradient_of_the_cell():
    layer, weights = gated(LSTM(D, H), f=1000.0)
    dlast = random_like(layer.zero_state(N), np.random.default_rng(3))._replace(h=np.zeros((N, H)))
    norms = gradient_norms(layer, weights, np.zeros((50, N, D)), dlast)
    np.testing.assert_allclose(norms.c, np.broadcast_to(norms.c[-1], (51, N)), **NEAR)
    assert (norms.c > 0).all()
    assert (norms.h == 0).all()


@pytest.mark.parametrize("cell", [LSTM(D, H), GRU(D, H)], ids=["LSTM", "GRU"])
def test_without_recurrent_weights_retention_is_the_jacobian(cell):
    layer = Recurrent(cell)
    weights, xs, _, _ = case(layer, rows=1)
    weights = weights._replace(W_hh=np.zeros_like(weights.W_hh))
    if cell.gates == 3:
        weights.b_hh[2 * H :] = 0
    kept = retention(layer.forward(weights, xs)[2])
    direct = jacobian_products(layer, weights, xs)[:, -H:, -H:]
    assert kept.shape == (T + 1, 1, H)
    np.testing.assert_allclose([np.diag(k[0]) for k in kept], direct, rtol=1e-12, atol=1e-300)


def test_retention_multiplies_from_the_end_and_skips_the_padding():
    layer, weights = gated(LSTM(D, 2), f=logit([0.25, 0.5]))
    xs = np.zeros((4, 2, D))
    kept = retention(layer.forward(weights, xs, lengths=[4, 1])[2])
    np.testing.assert_allclose(kept[:, 0, 0], [1 / 256, 1 / 64, 1 / 16, 1 / 4, 1], **NEAR)
    np.testing.assert_allclose(kept[:, 1, 1], [1 / 2, 1, 1, 1, 1], **NEAR)


def test_gate_activations_are_those_of_the_equations():
    layer = LAYERS["GRU"]
    weights, xs, start, _ = case(layer)
    hs, _, cache = layer.forward(weights, xs, start)
    gates = gate_activations(cache)
    assert list(gates) == ["r", "z", "n"]
    before = np.concatenate([start.h[None], hs[:-1]])
    blended = (1 - gates["z"]) * gates["n"] + gates["z"] * before
    np.testing.assert_allclose(blended, hs, rtol=0, atol=1e-12)

    layer = LAYERS["LSTM"]
    weights, xs, start, _ = case(layer)
    hs, last, cache = layer.forward(weights, xs, start)
    gates = gate_activations(cache)
    assert list(gates) == ["i", "f", "g", "o"]
    c = start.c
    for i, f, g in zip(gates["i"], gates["f"], gates["g"], strict=True):
        c = f * c + i * g
    np.testing.assert_allclose(c, last.c, rtol=0, atol=1e-12)
    np.testing.assert_allclose(gates["o"][-1] * np.tanh(c), last.h, rtol=0, atol=1e-12)


def test_gate_statistics_of_gates_set_by_hand():
    share = np.array([0.05, 0.3, 0.95])
    layer, weights = gated(GRU(1, 3), r=logit(share), z=logit(share[::-1]))
    statistics = gate_statistics(layer.forward(weights, np.ones((T, N, 1)))[2])
    assert list(statistics) == ["r", "z"]  # the candidate n is no gate
    np.testing.assert_allclose(statistics["r"].mean, share)
    np.testing.assert_array_equal(statistics["r"].left_saturated, [1, 0, 0])
    np.testing.assert_array_equal(statistics["r"].right_saturated, [0, 0, 1])
    np.testing.assert_allclose(statistics["z"].mean, share[::-1])
    np.testing.assert_array_equal(statistics["z"].right_saturated, [1, 0, 0])


def test_gate_statistics_count_a_share_of_the_steps():
    layer, weights = gated(LSTM(1, 1))
    weights.W_ih[0] = 1.0  # the input gate reads x
    xs = logit([0.01, 0.05, 0.5, 0.99, 0.2]).reshape(5, 1, 1)
    statistics = gate_statistics(layer.forward(weights, xs)[2])["i"]
    np.testing.assert_allclose(np.ravel(statistics), [1.75 / 5, 2 / 5, 1 / 5])


def test_padding_does_not_count_as_gate_activity():
    layer, lengths = LAYERS["LSTM"], [2, 6, 0]
    weights, xs, start, _ = case(layer)
    weights = tree_map(lambda array: 3 * array, weights)  # far into saturation
    cache = layer.forward(weights, xs, start, lengths)[2]
    alone = []
    for n in (0, 1):
        first = tree_map(lambda array, n=n: array[n : n + 1], start)
        alone.append(layer.forward(weights, xs[: lengths[n], n : n + 1], first)[2])
    for name, found in gate_statistics(cache).items():
        values = np.concatenate([gate_activations(cache)[name][:, 0] for cache in alone])
        assert values.shape == (8, H)
        np.testing.assert_allclose(found.mean, values.mean(axis=0), **NEAR)
        np.testing.assert_array_equal(found.left_saturated, (values < 0.1).mean(axis=0))
        np.testing.assert_array_equal(found.right_saturated, (values > 0.9).mean(axis=0))
    activations = gate_activations(cache)["g"]
    inside = np.arange(T)[:, None] < np.array(lengths)
    assert (np.isnan(activations) == ~inside[..., None]).all()


# --- memory --------------------------------------------------------------------------------


@each_layer
def test_memory_grows_linearly_with_the_steps(layer):
    sizes = []
    for steps in (20, 40, 60):
        weights, xs, _, _ = case(layer, steps)
        sizes.append(activation_bytes(layer.forward(weights, xs)[2]))
    assert sizes[1] - sizes[0] == sizes[2] - sizes[1]
    assert 1.9 < sizes[1] / sizes[0] < 2.1


@pytest.mark.parametrize("name", ["tanh", "LSTM", "GRU"])
def test_memory_is_what_the_allocator_says(name):
    layer = LAYERS[name]
    weights, xs, start, _ = case(layer, steps=100, rows=500)
    tracemalloc.start()
    try:
        cache = layer.forward(weights, xs, start)[2]
        allocated, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert activation_bytes(cache) - xs.nbytes == pytest.approx(allocated, rel=0.05)


def test_a_view_keeps_all_of_its_array_alive():
    array = np.zeros((8, 4))
    assert activation_bytes(array[:1]) == 256
    assert activation_bytes([array[0], {"rest": array[1:].T}, (array, None, 3)]) == 256
    assert activation_bytes((array, array.copy())) == 512
    assert activation_bytes(np.broadcast_to(np.zeros(2), (5, 2))) == 16
    windows = np.lib.stride_tricks.sliding_window_view(np.zeros(100), 10)
    assert activation_bytes(windows) == 800
    assert activation_bytes(np.zeros(100).view(np.matrix)[0, 3:]) == 800


# --- bad input -----------------------------------------------------------------------------

rng = np.random.default_rng(0)
layer = LAYERS["tanh"]
weights, xs, start, dlast = case(layer)
cache = layer.forward(weights, xs)[2]
linear = Linear(D, H)
both = Bidirectional(layer, layer)
lstm_layer, lstm_weights = gated(LSTM(D, H))
padded = lstm_layer.forward(lstm_weights, xs, lengths=[0, 0, 0])[2]
empty = lstm_layer.forward(lstm_weights, xs[:0])[2]
nan = np.full((2, 2), np.nan)
reads = "keep a state and read left to right, got"


def test_the_peak_of_a_pass_grows_in_proportion_to_its_length():
    """Twice the steps, twice the memory beyond that of one step."""
    layer = Recurrent(LSTM(4, 32))
    weights = layer.init(np.random.default_rng(0))

    def peak(T):
        xs, dhs = np.zeros((T, 8, 4)), np.zeros((T, 8, 32))
        return peak_bytes(lambda: layer.backward(weights, layer.forward(weights, xs)[2], dhs))

    assert peak(200) - peak(100) == pytest.approx(2 * (peak(100) - peak(50)), rel=0.05)


BAD_INPUT = [
    (lambda: gradient_norms(linear, linear.init(rng), xs, dlast), TypeError, f"{reads} Linear"),
    (lambda: gradient_norms(both, both.init(rng), xs, dlast), TypeError, f"{reads} Bidirectional"),
    (lambda: gradient_norms(Reversed(layer), weights, xs, dlast), TypeError, f"{reads} Reversed"),
    (lambda: gradient_norms(Stack((both,)), None, xs, dlast), TypeError, f"{reads} Stack"),
    (lambda: gradient_norms(EachStep(linear), None, xs, dlast), TypeError, f"{reads} EachStep"),
    (
        lambda: gradient_norms(Stack((EachStep(linear),)), None, xs, dlast),
        TypeError,
        f"{reads} Stack",
    ),
    (lambda: gradient_norms(layer, weights, xs, None), TypeError, "array of numbers.* NoneType"),
    (lambda: gradient_norms(layer, weights, xs[0], dlast), ValueError, r"\(T, N, D\).*\(3, 2\)"),
    (lambda: gradient_norms(layer, weights, xs[:0], dlast), ValueError, r"T at least 1, got \(0"),
    (lambda: gradient_norms(layer, weights, xs[..., :1], dlast), ValueError, r"\(T, N, 2\), got"),
    (lambda: gradient_norms(layer, weights, xs, dlast.h), TypeError, "should be HState, got nda"),
    (lambda: gradient_norms(layer, weights, xs, HState(dlast.h[:1])), ValueError, r"got \(1, 4\)"),
    (lambda: gradient_norms(layer, weights, xs, dlast, start.h), TypeError, "state should be HSt"),
    (lambda: gradient_norms(layer, linear.init(rng), xs, dlast), TypeError, "should be Weights"),
    (lambda: gradient_norm_map(layer, weights, xs, {}), ValueError, r"from 1 to 6, got \[\]"),
    (lambda: gradient_norm_map(layer, weights, xs, {0: dlast}), ValueError, r"1 to 6, got \[0\]"),
    (lambda: gradient_norm_map(layer, weights, xs, {7: dlast}), ValueError, r"1 to 6, got \[7\]"),
    (
        lambda: gradient_norm_map(layer, weights, xs, [dlast]),
        TypeError,
        "should be dict, got list",
    ),
    (lambda: gradient_norm_map(layer, weights, xs, {1: dlast.h}), TypeError, "should be HState"),
    (lambda: jacobian_products(layer, weights, xs), ValueError, r"\(T, 1, D\), got \(6, 3, 2\)"),
    (lambda: jacobian_products(layer, weights, xs[:, 0]), ValueError, r"\(T, N, D\) with T"),
    (lambda: jacobian_products(linear, weights, xs), TypeError, f"{reads} Linear"),
    (
        lambda: jacobian_products(layer, weights, xs[:, :1], np.zeros((1, H))),
        TypeError,
        "state should be HState, got ndarray",
    ),
    (lambda: jacobian_products(layer, weights, xs[:, :1].astype(int)), TypeError, "got int64"),
    (lambda: jacobian_bound(np.zeros((8, 2)), 3), ValueError, r"W_hh .* square .* got shape \(8"),
    (lambda: jacobian_bound(np.eye(2), -1), ValueError, "steps .* at least 0, got -1"),
    (lambda: jacobian_bound(np.eye(2), 1.5), ValueError, "steps .* whole number .* got 1.5"),
    (lambda: jacobian_bound(np.eye(2), 1, 0), ValueError, "max_slope .* above 0, got 0"),
    (lambda: jacobian_bound(np.eye(2), 1, np.nan), ValueError, "max_slope .* got nan"),
    (lambda: spectral_radius(np.zeros((2, 3))), ValueError, r"square matrix, got shape \(2, 3\)"),
    (lambda: spectral_radius(np.zeros(3)), ValueError, r"matrix, got shape \(3,\)"),
    (lambda: spectral_radius(np.zeros((0, 0))), ValueError, r"got shape \(0, 0\)"),
    (lambda: spectral_radius(nan), ValueError, "W should be finite"),
    (lambda: spectral_radius([["a"]]), TypeError, "W should hold numbers, got <U1"),
    (lambda: spectral_norm(3.0), ValueError, r"W should be a matrix, got shape \(\)"),
    (lambda: spectral_norm(np.array([[np.inf]])), ValueError, "W should be finite"),
    (lambda: gate_activations(padded.steps), TypeError, "should be RecurrentCache, got list"),
    (lambda: gate_activations(cache), TypeError, "should have gates"),
    (lambda: gate_activations(empty), ValueError, "at least one step, got none"),
    (lambda: gate_statistics(cache), TypeError, "should have gates"),
    (lambda: gate_statistics(padded), ValueError, "inside a sequence, got none"),
    (lambda: retention(cache), TypeError, "should have gates"),
    (lambda: retention(None), TypeError, "RecurrentCache, got NoneType"),
    (lambda: peak_bytes(3), TypeError, "run should be a function, got int"),
    (lambda: activation_bytes(3), TypeError, "should hold arrays, got int"),
    (lambda: activation_bytes([None]), TypeError, "should hold arrays, got list"),
]


@pytest.mark.parametrize(("call", "exception", "words"), BAD_INPUT)
def test_bad_input_is_refused_in_clear_words(call, exception, words):
    assert_refused(call, exception, words)
