"""What to measure in a recurrent network: gradients over time, spectra, gates, memory.

Gradients over time need no more than the public interface: run forward one step at a time,
carrying the state, then backward one step at a time, handing back its gradient. "∂/∂h_t" is with
respect to the state after t steps as later steps read it, each of its arrays an input by itself.
Entry t of a result belongs to that state: entry 0 to the initial one, entry T to the last.
"""

import tracemalloc
from typing import NamedTuple

import numpy as np

from rnncourse import validate
from rnncourse.recurrent import RecurrentCache, SequenceLayer
from rnncourse.tree import tree_leaves, tree_map

SIGMOID_GATES = ("i", "f", "o", "r", "z")
CANDIDATES = ("g", "n")


def gradient_norms(layer, weights, xs, dstate, state=None):
    """Length of the gradient at every step of a loss at the end:  ‖∂L_T/∂h_t‖, t = 0 to T.

    ``dstate`` is ∂L_T/∂state_T, such as ``layer.final_backward`` gives; its norm is entry T.
    All rows have T steps: measure padded ones one by one.
    Shapes: xs (T, N, D); the result is shaped like a state, with arrays (T + 1, N).
    Raises: ValueError or TypeError for a layer that reads ahead or data that do not fit.
    Reference: Pascanu, Mikolov & Bengio 2013; the page why-gradients-vanish.

    >>> from rnncourse import RNN, HState, Recurrent, Weights
    >>> layer, zero = Recurrent(RNN(1, 1)), np.zeros(1)
    >>> weights = Weights(np.eye(1), 0.5 * np.eye(1), zero, zero)
    >>> gradient_norms(layer, weights, np.zeros((3, 1, 1)), HState(np.ones((1, 1)))).h[:, 0]
    array([0.125, 0.25 , 0.5  , 1.   ])
    """
    return _norms(_backward(layer, weights, _forward(layer, weights, xs, state), dstate))


def gradient_norm_map(layer, weights, xs, dstates, state=None):
    """The same for losses at several steps:  ‖∂L_s/∂h_t‖, zero where t > s.

    ``dstates`` maps a step s from 1 to T to ∂L_s/∂state_s; each makes a row of the map.
    Shapes: xs (T, N, D); the result is shaped like a state, with arrays (len(dstates), T + 1, N).
    Raises: as ``gradient_norms``; ValueError for no loss or a step outside 1 to T.
    Reference: the page why-gradients-vanish.

    >>> from rnncourse import RNN, HState, Recurrent, Weights
    >>> layer, zero, one = Recurrent(RNN(1, 1)), np.zeros(1), HState(np.ones((1, 1)))
    >>> weights = Weights(np.eye(1), 0.5 * np.eye(1), zero, zero)
    >>> gradient_norm_map(layer, weights, np.zeros((2, 1, 1)), {1: one, 2: one}).h[..., 0]
    array([[0.5 , 1.  , 0.  ],
           [0.25, 0.5 , 1.  ]])
    """
    run = _forward(layer, weights, xs, state)
    validate.kind("dstates", dstates, dict)
    if not dstates or not set(dstates) <= set(range(1, len(run) + 1)):
        raise ValueError(f"dstates should map steps from 1 to {len(run)}, got {list(dstates)}")
    rows = []
    for step, dstate in dstates.items():
        gradients = _backward(layer, weights, run[:step], dstate)
        unreached = [tree_map(np.zeros_like, dstate)] * (len(run) - step)
        rows.append(_norms(gradients + unreached))
    return tree_map(lambda *row: np.stack(row), *rows)


def jacobian_products(layer, weights, xs, state=None):
    """How the last state of one sequence depends on each state before:  ∂h_T/∂h_t, t = 0 to T.

    Exact: S copies of the sequence are a batch, and row i carries the i-th unit vector backward.
    Shapes: xs (T, 1, D); the result (T + 1, S, S), where S counts all numbers of a state (H for
    an RNN; 2H for an LSTM, h before c). Entry [t, i, j] is ∂state_T[i]/∂state_t[j].
    Raises: as ``gradient_norms``; ValueError for more than one sequence.
    Reference: Pascanu, Mikolov & Bengio 2013; the page why-gradients-vanish.

    >>> from rnncourse import RNN, Recurrent, Weights
    >>> W, zero = np.array([[0.0, 2.0], [0.5, 0.0]]), np.zeros(2)
    >>> weights = Weights(np.zeros((2, 1)), W, zero, zero)
    >>> jacobian_products(Recurrent(RNN(1, 2)), weights, np.zeros((1, 1, 1)))[0]
    array([[0. , 2. ],
           [0.5, 0. ]])
    """
    xs = _check_run(layer, xs)
    if xs.shape[1] != 1:
        raise ValueError(f"xs should be one sequence, (T, 1, D), got {xs.shape}")
    sizes = [array.size for _, array in tree_leaves(layer.zero_state(1, xs.dtype))]
    S = sum(sizes)
    if state is not None:
        state = tree_map(lambda array: np.repeat(array, S, axis=0), state)
    run = _forward(layer, weights, np.repeat(xs, S, axis=1), state)
    parts = iter(np.split(np.eye(S, dtype=xs.dtype), np.cumsum(sizes)[:-1], axis=1))
    unit_vectors = tree_map(lambda _: next(parts), layer.zero_state(S, xs.dtype))
    gradients = _backward(layer, weights, run, unit_vectors)
    return np.stack([np.hstack([array for _, array in tree_leaves(g)]) for g in gradients])


def jacobian_bound(W_hh, steps, max_slope=1.0):
    """What ‖∂h_T/∂h_t‖ of a vanilla RNN cannot exceed:  (‖W_hh‖₂ γ)^(T - t), t = 0 to T.

    γ is the largest slope of the nonlinearity: 1 for tanh and ReLU, 1/4 for the sigmoid.
    Shapes: W_hh (..., H, H); the result (..., steps + 1), in the order of ``jacobian_products``.
    Raises: ValueError for a W_hh that is not square, as an LSTM's, or a slope not above 0.
    Reference: Pascanu, Mikolov & Bengio 2013, section 2.1.

    >>> jacobian_bound(np.diag([0.5, -2.0]), steps=3)
    array([8., 4., 2., 1.])
    """
    W_hh = _check_matrix("W_hh", W_hh, square=True)
    validate.whole("steps", steps, 0)
    validate.positive("max_slope", max_slope)
    with np.errstate(over="ignore"):  # a bound may be infinite
        return (spectral_norm(W_hh) * float(max_slope))[..., None] ** np.arange(steps, -1, -1)


def spectral_radius(W):
    """Largest modulus of an eigenvalue:  max |λ|, the rate of W^n for large n.

    Shapes: W (..., n, n); the result (...).
    Raises: ValueError or TypeError for a W that is not square or not finite numbers.

    >>> float(spectral_radius(np.array([[0.0, 100.0], [0.01, 0.0]])).round(9))
    1.0
    """
    return np.abs(np.linalg.eigvals(_check_matrix("W", W, square=True))).max(axis=-1)


def spectral_norm(W):
    """Largest singular value:  ‖W‖₂, the most by which W can lengthen a vector.

    Shapes: W (..., m, n); the result (...).
    Raises: ValueError or TypeError for a W that is no matrix or not finite numbers.

    >>> float(spectral_norm(np.array([[0.0, 100.0], [0.01, 0.0]])))
    100.0
    """
    return np.linalg.norm(_check_matrix("W", W), ord=2, axis=(-2, -1))


class GateStatistics(NamedTuple):
    """What one gate did, unit by unit, over all steps and sequences. Shapes: (H,) each."""

    mean: np.ndarray
    left_saturated: np.ndarray  # share of the time below 0.1: nearly shut
    right_saturated: np.ndarray  # share of the time above 0.9: nearly open


def gate_activations(cache):
    """Values of all gate blocks by name: LSTM i, f, g, o; GRU r, z, n.

    Shapes: ``cache`` is that of ``Recurrent.forward``; each value (T, N, H), nan in the padding.
    In a Stack it is cache.layers[k], in a Bidirectional cache.left_to_right, or, in the order of
    reading, cache.right_to_left.layer. Where a FusedLSTM runs, run a Recurrent instead.
    Raises: TypeError for another cache or a cell without gates.

    >>> from rnncourse import LSTM, Recurrent
    >>> layer = Recurrent(LSTM(3, 2))
    >>> weights = layer.init(np.random.default_rng(0))
    >>> _, _, cache = layer.forward(weights, np.zeros((5, 1, 3)))
    >>> list(gate_activations(cache))
    ['i', 'f', 'g', 'o']
    """
    validate.kind("cache", cache, RecurrentCache)
    if not cache.steps:
        raise ValueError("cache should hold at least one step, got none")
    first = cache.steps[0]
    names = [name for name in getattr(first, "_fields", ()) if name in SIGMOID_GATES + CANDIDATES]
    if not names:
        raise TypeError(f"the cell should have gates, but it cached {type(first).__name__}")
    blocks = {name: np.stack([getattr(step, name) for step in cache.steps]) for name in names}
    if cache.running is None:
        return blocks
    return {name: np.where(cache.running, block, np.nan) for name, block in blocks.items()}


def gate_statistics(cache):
    """Mean of each sigmoid gate, and how often it is nearly shut or nearly open.

    Only steps inside their sequences count. Candidates (g, n) are no gates and are left out.
    Returns a ``GateStatistics`` for each gate by name.
    Raises: as ``gate_activations``; ValueError when all is padding.
    Reference: Karpathy, Johnson & Fei-Fei 2015, section 4.2.

    >>> from rnncourse import LSTM, Recurrent
    >>> layer = Recurrent(LSTM(3, 2, forget_bias=3.0))
    >>> weights = layer.init(np.random.default_rng(0))
    >>> _, _, cache = layer.forward(weights, np.zeros((1, 1, 3)))
    >>> statistics = gate_statistics(cache)
    >>> statistics["f"].mean.round(3), statistics["f"].right_saturated
    (array([0.953, 0.953]), array([1., 1.]))
    """
    blocks = gate_activations(cache)
    T, N, _ = cache.xs.shape
    inside = np.ones((T, N), bool) if cache.running is None else cache.running[..., 0]
    if not inside.any():
        raise ValueError("cache should hold a step inside a sequence, got none")
    gates = {name: block[inside] for name, block in blocks.items() if name in SIGMOID_GATES}
    return {
        name: GateStatistics(*(x.mean(axis=0) for x in (gate, gate < 0.1, gate > 0.9)))
        for name, gate in gates.items()
    }


def retention(cache):
    """What the gates alone let through to the end:  ∏ f_k over k = t + 1 to T, for t = 0 to T.

    In an LSTM this is the direct path ∂c_T/∂c_t; in a GRU, z_k takes the place of f_k.
    Shapes: the result (T + 1, N, H), entry T being 1. Padding retains everything.
    Raises: as ``gate_activations``; TypeError for a cell that neither forgets nor updates.
    Reference: Gers, Schmidhuber & Cummins 2000; the page how-far-gates-remember.

    >>> from rnncourse import LSTM, Recurrent
    >>> layer = Recurrent(LSTM(3, 2))
    >>> weights = layer.init(np.random.default_rng(0))
    >>> _, _, cache = layer.forward(weights, np.zeros((1, 1, 3)))
    >>> retention(cache)[:, 0]
    array([[0.5, 0.5],
           [1. , 1. ]])
    """
    blocks = gate_activations(cache)
    keep = next((blocks[name] for name in ("f", "z") if name in blocks), None)
    if keep is None:
        raise TypeError(f"the cell should have a gate f or z, got {', '.join(blocks)}")
    keep = keep if cache.running is None else np.where(cache.running, keep, 1)
    keep = np.concatenate([keep, np.ones_like(keep[:1])])
    return np.cumprod(keep[::-1], axis=0)[::-1]


def activation_bytes(cache):
    """Memory that a cache keeps alive, in bytes: what a backward pass costs before it begins.

    A view keeps the whole array alive that it looks into; each such array counts once.
    Raises: TypeError for something that holds no array.
    Reference: the page truncated-bptt.

    >>> xs = np.zeros((10, 4))
    >>> activation_bytes((xs, xs[1:], xs.T))
    320
    """
    owners = [_owner(leaf) for _, leaf in tree_leaves(cache) if isinstance(leaf, np.ndarray)]
    if not owners:
        raise TypeError(f"cache should hold arrays, got {type(cache).__name__}")
    return sum({id(owner): owner.nbytes for owner in owners}.values())


def peak_bytes(run):
    """The most memory, in bytes, that what ``run()`` makes takes up at any one time.

    Raises: TypeError unless ``run`` can be called.
    Reference: the page truncated-bptt.

    >>> 8e6 <= peak_bytes(lambda: np.zeros(10**6).sum()) < 8.1e6
    True
    """
    if not callable(run):
        raise TypeError(f"run should be a function, got {type(run).__name__}")
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _forward(layer, weights, xs, state):
    """Run one step at a time; return what each backward step needs."""
    xs, run = _check_run(layer, xs), []
    for t in range(len(xs)):
        ys, state, cache = layer.forward(weights, xs[t : t + 1], state)
        run.append((cache, np.zeros_like(ys)))
    return run


def _backward(layer, weights, run, dstate):
    """Gradients with respect to the states before, between and after the steps of a run."""
    gradients = [dstate]
    for cache, no_dys in reversed(run):
        _, _, dstate = layer.backward(weights, cache, no_dys, dstate)
        gradients.append(dstate)
    return gradients[::-1]


def _norms(gradients):
    """Euclidean norms over the last axis; hypot neither overflows nor loses tiny numbers."""
    return tree_map(lambda *g: np.hypot.reduce(np.stack(g), axis=-1), *gradients)


def _check_run(layer, xs):
    keeps_state = isinstance(layer, SequenceLayer) and tree_leaves(layer.zero_state(1))
    if not keeps_state or layer.reads_ahead:
        raise TypeError(f"layer should keep a state and read left to right, got {layer!r}")
    xs = np.asarray(xs)
    if xs.ndim != 3 or len(xs) == 0:
        raise ValueError(f"xs should be (T, N, D) with T at least 1, got {xs.shape}")
    return xs


def _check_matrix(name, W, square=False):
    W = np.asarray(W)
    if not np.issubdtype(W.dtype, np.number):
        raise TypeError(f"{name} should hold numbers, got {W.dtype}")
    if W.ndim < 2 or W.size == 0 or (square and W.shape[-1] != W.shape[-2]):
        raise ValueError(f"{name} should be a {'square ' * square}matrix, got shape {W.shape}")
    if not np.isfinite(W).all():
        raise ValueError(f"{name} should be finite, got inf or nan")
    return W


def _owner(array):
    """The array that owns the memory which ``array`` looks into."""
    owner, base = array, array.base
    while base is not None:
        owner = base if isinstance(base, np.ndarray) else owner
        base = getattr(base, "base", None)
    return owner
