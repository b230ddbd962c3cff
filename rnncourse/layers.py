"""Layers: whole sequences in, whole sequences out.

A layer knows three verbs. ``init`` makes weights, ``forward`` returns its outputs and a cache,
``backward`` takes one gradient for each output and returns one for each differentiable argument,
in the same order. A layer keeps sizes only: weights, states and caches are passed in and
returned, so nothing is hidden and everything can be checked.

Time is the first axis: (T, N, D) for T steps, N sequences, D features.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnncourse import init, validate
from rnncourse.cells import Cell, Weights


class RecurrentCache(NamedTuple):
    """What ``Recurrent.backward`` needs to remember of ``forward``; it grows with T."""

    xs: np.ndarray  # (T, N, D)
    previous_hs: np.ndarray  # (T, N, H): h_0 to h_{T-1}
    steps: list  # the cell's own cache of each step
    running: np.ndarray | None  # (T, N, 1): is the row still inside its sequence?


@dataclass(frozen=True)
class Recurrent:
    """Run a cell over time:  state_t = cell(W_ih x_t + b_ih, W_hh h_{t-1} + b_hh, state_{t-1}).

    Shapes: xs (T, N, D); hs (T, N, H); each array of a state (N, H); lengths (N,) whole numbers.
    With ``lengths``, row n ends after lengths[n] steps: its state freezes and its outputs are 0.
    Raises: ValueError or TypeError when the weights or the data do not fit, saying how.
    Reference: the page the-cell; backpropagation through time in Werbos 1990.

    >>> from rnncourse.cells import RNN
    >>> layer = Recurrent(RNN(input_size=3, hidden_size=2))
    >>> weights = layer.init(np.random.default_rng(0))
    >>> hs, state, cache = layer.forward(weights, np.ones((5, 4, 3)))
    >>> hs.shape, state.h.shape
    ((5, 4, 2), (4, 2))
    """

    cell: Cell

    def __post_init__(self):
        if not isinstance(self.cell, Cell):
            raise TypeError(f"Recurrent: cell should be one such as RNN(3, 2), got {self.cell!r}")

    def init(self, rng, dtype=np.float64):
        """Xavier for the inputs, orthogonal for the recurrence, zero biases."""
        cell, gates = self.cell, range(self.cell.gates)
        H, D = cell.hidden_size, cell.input_size
        return Weights(
            W_ih=np.concatenate([init.xavier_uniform((H, D), rng, dtype) for _ in gates]),
            W_hh=np.concatenate([init.orthogonal((H, H), rng, dtype) for _ in gates]),
            b_ih=init.zeros(cell.gates * H, dtype=dtype),
            b_hh=init.zeros(cell.gates * H, dtype=dtype),
        )

    def zero_state(self, batch_size, dtype=np.float64):
        """The state that ``forward`` starts from when it is given none."""
        fields, shape = self.cell.State._fields, (batch_size, self.cell.hidden_size)
        return self.cell.State(*(np.zeros(shape, dtype) for _ in fields))

    def forward(self, weights, xs, state=None, lengths=None):
        """Return the outputs hs, the final state, and a cache for ``backward``."""
        xs, state, running = self._check_forward(weights, xs, state, lengths)
        T, N, _ = xs.shape
        a_x = _affine(xs, weights.W_ih, weights.b_ih)  # all steps in one matrix product
        hs = np.empty((T + 1, N, self.cell.hidden_size), xs.dtype)
        hs[0] = state.h
        steps = []
        for t in range(T):
            a_h = hs[t] @ weights.W_hh.T + weights.b_hh
            new, step = self.cell.forward(a_x[t], a_h, state)
            state = new if running is None else _choose(running[t], new, state)
            hs[t + 1] = state.h
            steps.append(step)
        outputs = hs[1:].copy() if running is None else np.where(running, hs[1:], 0)
        state = type(state)(*map(np.array, state))  # copies: changing them leaves the cache alone
        return outputs, state, RecurrentCache(xs, hs[:-1], steps, running)

    def backward(self, weights, cache, dhs, dstate=None):
        """Return the gradients of the weights, of xs and of the initial state."""
        dhs, dstate = self._check_backward(weights, cache, dhs, dstate)
        xs, previous_hs, steps, running = cache
        T, N, _ = xs.shape
        da_x = np.empty((T, N, len(weights.b_ih)), xs.dtype)
        da_h = np.empty_like(da_x)
        nothing = self.zero_state(N, xs.dtype)
        for t in reversed(range(T)):
            dnew = dstate._replace(h=dstate.h + dhs[t])  # from the output, and from later steps
            if running is not None:
                dnew = _choose(running[t], dnew, nothing)
                dfrozen = _choose(running[t], nothing, dstate)
            da_x[t], da_h[t], dstate = self.cell.backward(steps[t], dnew)
            dstate = dstate._replace(h=dstate.h + da_h[t] @ weights.W_hh)
            if running is not None:
                dstate = type(dstate)(*map(np.add, dstate, dfrozen))
        dweights = Weights(
            W_ih=_flat(da_x).T @ _flat(xs),
            W_hh=_flat(da_h).T @ _flat(previous_hs),
            b_ih=da_x.sum(axis=(0, 1)),
            b_hh=da_h.sum(axis=(0, 1)),
        )
        return dweights, (_flat(da_x) @ weights.W_ih).reshape(xs.shape), dstate

    def _check_forward(self, weights, xs, state, lengths):
        name, D = self._check_weights(weights), self.cell.input_size
        xs = np.asarray(xs)
        if xs.ndim != 3 or xs.shape[2] != D:
            raise ValueError(f"{name}: xs should be (T, N, {D}), got {xs.shape}")
        validate.dtype(f"{name}: xs", xs, weights.W_ih.dtype)
        T, N, _ = xs.shape
        state = self.zero_state(N, xs.dtype) if state is None else state
        self._check_state(f"{name}: state", state, N, xs.dtype)
        if lengths is None:
            return xs, state, None
        running = np.arange(T)[:, None, None] < validate.lengths(name, lengths, T, N)[:, None]
        return np.where(running, xs, 0), state, running  # whatever fills the padding is not read

    def _check_backward(self, weights, cache, dhs, dstate):
        T, N, _ = cache.xs.shape
        name, expected = self._check_weights(weights), (T, N, self.cell.hidden_size)
        validate.shape(f"{name}: dhs", dhs, expected, "(T, N, H)")
        validate.dtype(f"{name}: dhs", dhs, cache.xs.dtype)
        if dstate is None:
            return dhs, self.zero_state(N, cache.xs.dtype)
        self._check_state(f"{name}: dstate", dstate, N, cache.xs.dtype)
        return dhs, dstate

    def _check_weights(self, weights):
        cell = self.cell
        name = f"{type(cell).__name__}(input_size={cell.input_size})"
        G, H, D = cell.gates * cell.hidden_size, cell.hidden_size, cell.input_size
        validate.weights(name, weights, Weights((G, D), (G, H), (G,), (G,)))
        return name

    def _check_state(self, name, state, batch_size, dtype):
        expected = (batch_size, self.cell.hidden_size)
        validate.state(name, state, self.cell.State, expected, dtype)


class LinearWeights(NamedTuple):
    """Weights of ``Linear``. Shapes: W (outputs, inputs), b (outputs,)."""

    W: np.ndarray
    b: np.ndarray


@dataclass(frozen=True)
class Linear:
    """A fully connected layer, the same at every step:  ys = xs Wᵀ + b.

    Shapes: xs (..., input_size); ys (..., output_size).
    Raises: ValueError or TypeError when the weights or the data do not fit, saying how.
    Reference: the page initialisation-and-heads.

    >>> layer = Linear(input_size=3, output_size=2)
    >>> weights = layer.init(np.random.default_rng(0))
    >>> ys, cache = layer.forward(weights, np.ones((5, 4, 3)))
    >>> ys.shape
    (5, 4, 2)
    """

    input_size: int
    output_size: int

    def __post_init__(self):
        validate.sizes(self, "input_size", "output_size")

    def init(self, rng, dtype=np.float64):
        """Xavier weights, zero bias."""
        shape = (self.output_size, self.input_size)
        return LinearWeights(
            init.xavier_uniform(shape, rng, dtype), init.zeros(self.output_size, dtype=dtype)
        )

    def forward(self, weights, xs):
        """Return ys and a cache for ``backward``."""
        name = self._check_weights(weights)
        xs = np.asarray(xs)
        if xs.ndim < 1 or xs.shape[-1] != self.input_size:
            raise ValueError(f"{name}: xs should be (..., {self.input_size}), got {xs.shape}")
        validate.dtype(f"{name}: xs", xs, weights.W.dtype)
        return _affine(xs, weights.W, weights.b), xs

    def backward(self, weights, cache, dys):
        """Return the gradients of the weights and of xs."""
        name, xs = self._check_weights(weights), cache
        validate.shape(f"{name}: dys", dys, (*xs.shape[:-1], self.output_size))
        validate.dtype(f"{name}: dys", dys, xs.dtype)
        flat_dys = _flat(dys)
        dweights = LinearWeights(W=flat_dys.T @ _flat(xs), b=flat_dys.sum(axis=0))
        return dweights, (flat_dys @ weights.W).reshape(xs.shape)

    def _check_weights(self, weights):
        name, shape = f"Linear(input_size={self.input_size})", (self.output_size, self.input_size)
        validate.weights(name, weights, LinearWeights(shape, shape[:1]))
        return name


class EmbeddingWeights(NamedTuple):
    """Weights of ``Embedding``: row v of W (V, E) is the vector of symbol v."""

    W: np.ndarray


@dataclass(frozen=True)
class Embedding:
    """Look up a learned vector for each symbol:  xs = W[ids].

    The same as a one-hot vector times W, without the multiplications by zero.
    Shapes: ids (...) whole numbers in [0, vocabulary_size); xs (..., embedding_size).
    Raises: ValueError or TypeError for ids that are not such numbers.
    Reference: the page training-and-inference.

    >>> layer = Embedding(vocabulary_size=10, embedding_size=3)
    >>> xs, cache = layer.forward(layer.init(np.random.default_rng(0)), np.array([[1, 4]]))
    >>> xs.shape
    (1, 2, 3)
    """

    vocabulary_size: int
    embedding_size: int

    def __post_init__(self):
        validate.sizes(self, "vocabulary_size", "embedding_size")

    def init(self, rng, dtype=np.float64):
        """Standard normal entries, so that inputs have spread 1."""
        return EmbeddingWeights(
            init.normal((self.vocabulary_size, self.embedding_size), rng, dtype)
        )

    def forward(self, weights, ids):
        """Return xs and a cache for ``backward``."""
        name = self._check_weights(weights)
        ids = np.asarray(ids)
        validate.ids(f"{name}: ids", ids, self.vocabulary_size)
        return weights.W[ids], ids

    def backward(self, weights, cache, dxs):
        """Return the gradient of the weights; whole numbers have none."""
        name, ids = self._check_weights(weights), cache
        validate.shape(f"{name}: dxs", dxs, (*ids.shape, self.embedding_size))
        validate.dtype(f"{name}: dxs", dxs, weights.W.dtype)
        dW = np.zeros_like(weights.W)
        np.add.at(dW, ids, dxs)  # a symbol that occurs twice gets both gradients
        return EmbeddingWeights(dW)

    def _check_weights(self, weights):
        name = f"Embedding(vocabulary_size={self.vocabulary_size})"
        shape = (self.vocabulary_size, self.embedding_size)
        validate.weights(name, weights, EmbeddingWeights(shape))
        return name


def _flat(array):
    """(..., F) as (rows, F), so that one matrix product serves all steps."""
    return np.reshape(array, (-1, np.shape(array)[-1]))


def _affine(xs, W, b):
    return (_flat(xs) @ W.T + b).reshape(*xs.shape[:-1], len(W))


def _choose(condition, state, other):
    """Row by row, one state or the other."""
    return type(state)(*(np.where(condition, a, b) for a, b in zip(state, other, strict=True)))
