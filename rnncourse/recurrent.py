"""The recurrent layer: it owns the loop over time and the matrix products; the cell, the rest.

A sequence layer knows three verbs. ``init`` makes weights, ``forward`` returns its outputs, its
last state and a cache, ``backward`` takes one gradient for each output and returns one for each
differentiable argument, in the same order. A layer keeps sizes only: weights, states and caches
are passed in and returned, so nothing is hidden and everything can be checked.

Time is the first axis: (T, N, D) for T steps, N sequences, D features.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnncourse import validate
from rnncourse.cells import Cell


class SequenceLayer:
    """What every layer over time can do; ``Recurrent`` and the combinators derive from it.

    init(rng, dtype=float64) -> weights              zero_state(N, dtype=float64) -> state
    forward(weights, xs, state=None, lengths=None, rng=None) -> ys, state, cache
    backward(weights, cache, dys, dstate=None) -> dweights, dxs, dstate
    final(state) -> summary                          final_backward(dsummary) -> dstate

    Shapes: xs (T, N, input_size); ys (T, N, output_size); summary (N, summary_size).
    With ``lengths`` (N,), row n ends after lengths[n] steps. What stands in the padding of xs and
    dys is not read; ys and dxs are 0 there.
    ``rng`` is for dropout: without it nothing is dropped.
    A state carried from one call to the next is plain numbers, so the gradient ends there, which
    is truncated backpropagation. A layer that reads right to left cannot be carried on: it would
    need the state of what comes after.
    Nothing passed in is changed. Leave weights and xs as they are until ``backward`` has run.
    """

    reads_ahead = False  # does an output depend on later inputs?

    @property
    def summary_size(self):
        """The length of the vector that ``final`` gives for each row."""
        return self.output_size

    def _check_summary(self, dsummary):
        name = type(self).__name__
        dsummary = validate.array(f"{name}: dsummary", dsummary)
        if dsummary.ndim != 2 or dsummary.shape[1] != self.summary_size:
            raise ValueError(
                f"{name}: dsummary should be (N, {self.summary_size}), got {dsummary.shape}"
            )
        validate.dtype(f"{name}: dsummary", dsummary, dsummary.dtype)
        return dsummary


@dataclass(frozen=True)
class Around(SequenceLayer):
    """A layer around another, with its sizes, weights and states."""

    layer: SequenceLayer

    @property
    def input_size(self):
        return self.layer.input_size

    @property
    def output_size(self):
        return self.layer.output_size

    @property
    def summary_size(self):
        return self.layer.summary_size

    def init(self, rng, dtype=np.float64):
        """The layer's own weights."""
        return self.layer.init(rng, dtype)

    def zero_state(self, batch_size, dtype=np.float64):
        """The layer's own state."""
        return self.layer.zero_state(batch_size, dtype)

    def final(self, state):
        """The layer's own summary of each row."""
        return self.layer.final(state)

    def final_backward(self, dsummary):
        """From the gradient of ``final`` to that of the state."""
        return self.layer.final_backward(dsummary)


class RecurrentCache(NamedTuple):
    """What ``Recurrent.backward`` needs to remember of ``forward``; it grows with T."""

    xs: np.ndarray  # (T, N, D)
    previous_hs: np.ndarray  # (T, N, H): h_0 to h_{T-1}
    steps: list  # the cell's own cache of each step
    running: np.ndarray | None  # (T, N, 1): is the row still inside its sequence?
    cell: Cell  # whose steps they are

    @property
    def sizes(self):
        """T, N and the dtype."""
        return *self.xs.shape[:2], self.xs.dtype


@dataclass(frozen=True)
class Recurrent(SequenceLayer):
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

    @property
    def input_size(self):
        return self.cell.input_size

    @property
    def output_size(self):
        return self.cell.hidden_size

    def init(self, rng, dtype=np.float64):
        """The cell's choice."""
        return self.cell.init(rng, dtype)

    def zero_state(self, batch_size, dtype=np.float64):
        """The state that ``forward`` starts from when it is given none."""
        validate.whole("batch_size", batch_size, 0)
        validate.float_dtype(dtype)
        fields, shape = self.cell.State._fields, (batch_size, self.cell.hidden_size)
        return self.cell.State(*(np.zeros(shape, dtype) for _ in fields))

    def forward(self, weights, xs, state=None, lengths=None, rng=None):
        """Return the outputs hs, the final state, and a cache for ``backward``."""
        xs, state, running = self._check_forward(weights, xs, state, lengths)
        (T, N, _), own_weights = xs.shape, weights[4:]
        # As many copies of the biases as rows, here once, so that no step has to broadcast.
        b_ih, b_hh = (np.repeat(b[:, None], N, axis=1) for b in (weights.b_ih, weights.b_hh))
        a_x = weights.W_ih @ _turn(xs) + b_ih  # (T, G·H, N): needs no state, so for all steps
        hs = np.empty((T + 1, self.cell.hidden_size, N), xs.dtype)
        hs[0], steps = state.h.T, []
        for t in range(T):
            a_h = weights.W_hh @ hs[t] + b_hh
            new, step = self.cell.forward(a_x[t].T, a_h.T, state, *own_weights)
            state = new if running is None else _choose(running[t], new, state)
            hs[t + 1] = state.h.T
            steps.append(step)
        hs = _turn(hs)
        outputs = hs[1:].copy("C") if running is None else np.where(running, hs[1:], 0)
        return outputs, _copy(state, "C"), RecurrentCache(xs, hs[:-1], steps, running, self.cell)

    def backward(self, weights, cache, dhs, dstate=None):
        """Return the gradients of the weights, of xs and of the initial state."""
        dhs, dstate = self._check_backward(weights, cache, RecurrentCache, dhs, dstate)
        xs, previous_hs, steps, running, _ = cache
        (T, N, _), own_weights = xs.shape, weights[4:]
        dhs = _turn(_turn(dhs).copy("C"))  # in memory as hs was, each row a column
        da_x = np.empty((T, len(weights.b_ih), N), xs.dtype)
        da_h = np.empty((T, len(weights.b_hh), N), xs.dtype)
        d_own = [np.zeros_like(array) for array in own_weights]
        nothing = self.zero_state(N, xs.dtype)
        for t in reversed(range(T)):
            dnew = dstate._replace(h=dstate.h + dhs[t])  # from the output, and from later steps
            if running is not None:
                dnew = _choose(running[t], dnew, nothing)
                dfrozen = _choose(running[t], nothing, dstate)
            step_x, step_h, dstate, *step_own = self.cell.backward(steps[t], dnew, *own_weights)
            da_x[t], da_h[t] = step_x.T, step_h.T
            dstate = dstate._replace(h=dstate.h + (weights.W_hh.T @ da_h[t]).T)
            if running is not None:
                dstate = type(dstate)(*map(np.add, dstate, dfrozen))
            d_own = list(map(np.add, d_own, step_own))
        columns_x, columns_h = _side_by_side(da_x), _side_by_side(da_h)
        dweights = type(weights)(
            columns_x @ _side_by_side(_turn(xs)).T,
            columns_h @ _side_by_side(_turn(previous_hs)).T,
            columns_x.sum(axis=1),
            columns_h.sum(axis=1),
            *d_own,
        )
        dxs = _turn(weights.W_ih.T @ da_x)
        return dweights, dxs.copy("C"), _copy(dstate, "C")

    def final(self, state):
        """The vector (N, H) that sums up each row: its last hidden state."""
        name = f"{type(self).__name__}: state"
        h = np.asarray(validate.kind(name, state, self.cell.State).h)
        self._check_state(name, state, len(h) if h.ndim else 0, h.dtype)
        return h

    def final_backward(self, dsummary):
        """From the gradient of ``final`` to that of the state.

        Where the loss sees nothing else, hand zeros to ``backward`` for the outputs.
        """
        dsummary = self._check_summary(dsummary)
        return self.zero_state(len(dsummary), dsummary.dtype)._replace(h=dsummary)

    def _check_forward(self, weights, xs, state, lengths):
        name, D = self._check_weights(weights), self.cell.input_size
        xs = validate.sequences(f"{name}: xs", xs, D)
        validate.dtype(f"{name}: xs", xs, weights.W_ih.dtype)
        T, N, _ = xs.shape
        state = self.zero_state(N, xs.dtype) if state is None else state
        self._check_state(f"{name}: state", state, N, xs.dtype)
        if lengths is None:
            return xs, _copy(state, "F"), None
        running = running_steps(name, lengths, T, N)
        return np.where(running, xs, 0), _copy(state, "F"), running  # padding is not read

    def _check_backward(self, weights, cache, kind, dhs, dstate):
        name = self._check_weights(weights)
        validate.kind(f"{name}: cache", cache, kind)
        if cache.cell != self.cell:
            raise TypeError(f"{name}: cache should be of {self.cell}, got one of {cache.cell}")
        T, N, dtype = cache.sizes
        if weights.W_ih.dtype != dtype:
            raise TypeError(
                f"{name}: weights should be {dtype} like the cache, got {weights.W_ih.dtype}"
            )
        validate.shape(f"{name}: dhs", dhs, (T, N, self.cell.hidden_size), "(T, N, H)")
        validate.dtype(f"{name}: dhs", dhs, dtype)
        dstate = self.zero_state(N, dtype) if dstate is None else dstate
        self._check_state(f"{name}: dstate", dstate, N, dtype)
        return np.asarray(dhs), _copy(dstate, "F")

    def _check_weights(self, weights):
        name = f"{type(self.cell).__name__}(input_size={self.cell.input_size})"
        validate.weights(name, weights, self.cell.shapes)
        return name

    def _check_state(self, name, state, batch_size, dtype):
        expected = (batch_size, self.cell.hidden_size)
        validate.state(name, state, self.cell.State, expected, dtype)


def running_steps(name, lengths, steps, batch_size):
    """(T, N, 1): is row n still inside its sequence at step t, that is, t < lengths[n]?"""
    lengths = validate.lengths(name, lengths, steps, batch_size)
    return np.arange(steps)[:, None, None] < lengths[:, None]


def kept(lengths):
    """A copy for the cache, which no later change by the caller reaches."""
    return None if lengths is None else np.array(lengths, int)


def zero_padding(steps, lengths):
    """(T, N, F) with zeros after the end of each row."""
    steps = np.asarray(steps)
    if lengths is None:
        return steps
    return np.where(running_steps("padding", lengths, *steps.shape[:2]), steps, 0)


def check_layers(name, layers):
    """Raise unless ``layers`` is a tuple of one or more sequence layers."""
    validate.kind(f"{name}: layers", layers, tuple)
    if not layers:
        raise ValueError(f"{name}: layers should hold at least one layer, got none")
    for layer in layers:
        if not isinstance(layer, SequenceLayer):
            raise TypeError(
                f"{name}: a layer should be one such as Recurrent(RNN(3, 2)) or "
                f"EachStep(Linear(3, 2)), got {layer!r}"
            )


def _choose(condition, state, other):
    """Row by row, one state or the other."""
    return type(state)(*(np.where(condition, a, b) for a, b in zip(state, other, strict=True)))


def _copy(state, order):
    """Copies, so that nobody who changes the state changes the cache; order as np.array's."""
    return type(state)(*(np.array(array, order=order) for array in state))


def _turn(steps):
    """(T, N, F) to (T, F, N) and back.

    Inside the loop the batch is the last axis: a product reads as on paper, W h + b, and each gate
    is one piece of memory, which is what makes the elementwise work fast.
    """
    return steps.swapaxes(1, 2)


def _side_by_side(steps):
    """(T, F, N) as (F, T·N): one column for each step of each row, for a single product."""
    T, F, N = steps.shape
    return steps.transpose(1, 0, 2).reshape(F, T * N)
