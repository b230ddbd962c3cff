"""Other vanilla cells, LSTMs and GRUs: what was tried beside those of ``rnncourse.cells``.

They are cells like any other, for ``rnncourse.recurrent.Recurrent`` to run.
"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from rnncourse import init, validate
from rnncourse.cells import LSTM, RNN, Cell, HState, LSTMCache, LSTMState, MemoryCell, join
from rnncourse.functional import normalise, normalise_backward, sigmoid


@dataclass(frozen=True)
class ResidualRNN(RNN):
    """A vanilla cell that adds to its state instead of replacing it:  h_t = h_{t-1} + f(a_x + a_h).

    The gradient has a way back that no matrix touches:  ∂h_t/∂h_{t-1} = I + diag(f') W_hh.
    The state may grow with T.
    Shapes and errors: as ``RNN``.
    Reference: He et al. 2016 (over layers); the page remedies-measured (over time).

    >>> cell = ResidualRNN(input_size=1, hidden_size=1)
    >>> state, _ = cell.forward(np.array([[0.5]]), np.zeros((1, 1)), HState(np.array([[2.0]])))
    >>> state.h.round(4)
    array([[2.4621]])
    """

    def forward(self, a_x, a_h, state):
        (change,), cache = super().forward(a_x, a_h, state)
        return HState(state.h + change), cache

    def backward(self, cache, dstate):
        da_x, da_h, _ = super().backward(cache, dstate)
        return da_x, da_h, dstate


class LayerNormRNNWeights(NamedTuple):
    """Weights of ``LayerNormRNN``: those of an RNN, and a gain and a shift (H,) for each unit."""

    W_ih: np.ndarray
    W_hh: np.ndarray
    b_ih: np.ndarray
    b_hh: np.ndarray
    gain: np.ndarray
    shift: np.ndarray


@dataclass(frozen=True)
class LayerNormRNN(RNN):
    """A vanilla cell whose sum is normalised:  h_t = f(gain * normalise(a_x + a_h) + shift).

    The sum keeps its spread at every step, however W_hh stretches or shrinks the state.
    Shapes: as ``RNN``; gain and shift (H,) are weights of the cell's own. Mean and spread are
    taken over ``axis``: -1, the units of one row, which should be two or more. A cell derived from
    this one with axis 0 is batch normalisation: rows then depend on each other, so it can neither
    have ``lengths`` nor be measured by ``diagnostics``.
    Raises: ValueError as ``RNN`` does, or for an eps not above 0.
    Reference: Ba, Kiros & Hinton 2016, section 3.1; the page remedies-measured.

    >>> cell, one, zero = LayerNormRNN(1, 2), np.ones(2), np.zeros(2)
    >>> state, _ = cell.forward(np.array([[1.0, 5.0]]), np.zeros((1, 2)), None, one, zero)
    >>> state.h.round(4)  # tanh of -1 and 1
    array([[-0.7616,  0.7616]])
    """

    eps: float = 1e-5

    axis: ClassVar[int] = -1

    def __post_init__(self):
        super().__post_init__()
        validate.positive("LayerNormRNN: eps", self.eps)

    @property
    def shapes(self):
        return LayerNormRNNWeights(*super().shapes, *[(self.hidden_size,)] * 2)

    def init(self, rng, dtype=np.float64):
        """As an RNN; gain 1, shift 0."""
        shift = init.zeros(self.hidden_size, dtype=dtype)
        return LayerNormRNNWeights(*super().init(rng, dtype), shift + 1, shift)

    def forward(self, a_x, a_h, state, gain, shift):
        normalised, spread = normalise(a_x + a_h, self.eps, self.axis)
        state, h = super().forward(gain * normalised, shift, state)
        return state, (normalised, spread, h)

    def backward(self, cache, dstate, gain, shift):
        normalised, spread, h = cache
        dy, _, dstate = super().backward(h, dstate)
        da = normalise_backward(normalised, spread, gain * dy, self.axis)
        return da, da, dstate, (dy * normalised).sum(axis=0), dy.sum(axis=0)


@dataclass(frozen=True)
class NoForgetLSTM(MemoryCell):
    """The memory of 1997, which could not forget:  c_t = c_{t-1} + i g.

    Shapes: a_x, a_h (N, 3H), the blocks i, g, o; h, c (N, H).
    The error flows back through c unchanged, f = 1 at every step; but on a long stream c grows and
    tanh(c) saturates: what is written no longer shows, and h only follows o. (The paper's
    squashing functions were scaled sigmoids, and it cut the gradient short; tanh and the full
    gradient are today's.)
    Raises: ValueError for a size below 1.
    Reference: Hochreiter & Schmidhuber 1997; its saturation: Gers, Schmidhuber & Cummins 2000.

    >>> before = LSTMState(h=np.zeros((1, 1)), c=np.array([[5.0]]))
    >>> state, _ = NoForgetLSTM(1, 1).forward(np.full((1, 3), 9.0), np.zeros((1, 3)), before)
    >>> state.c.round(2)
    array([[6.]])
    """

    gates: ClassVar[int] = 3

    def open_gates(self, a):
        a_i, a_g, a_o = self.split(a)
        return sigmoid(a_i), np.ones_like(a_i), np.tanh(a_g), sigmoid(a_o)

    def open_gates_backward(self, cache, di, df, dg, do):
        _, i, _, g, o, _ = cache
        return join(di * i * (1 - i), dg * (1 - g * g), do * o * (1 - o))


@dataclass(frozen=True)
class CoupledLSTM(MemoryCell):
    """An LSTM that forgets exactly where it writes:  f = 1 - i,  c_t = (1 - i) c_{t-1} + i g.

    Shapes: a_x, a_h (N, 3H), the blocks i, g, o; h, c (N, H).
    A memory that starts within ±1 stays there.
    Raises: ValueError for a size below 1.
    Reference: Greff et al. 2017, the variant CIFG (with peepholes there, without here).

    >>> before = LSTMState(h=np.zeros((1, 1)), c=np.array([[5.0]]))
    >>> state, _ = CoupledLSTM(1, 1).forward(np.full((1, 3), 9.0), np.zeros((1, 3)), before)
    >>> state.c.round(2)
    array([[1.]])
    """

    gates: ClassVar[int] = 3

    def open_gates(self, a):
        a_i, a_g, a_o = self.split(a)
        i = sigmoid(a_i)
        return i, 1 - i, np.tanh(a_g), sigmoid(a_o)

    def open_gates_backward(self, cache, di, df, dg, do):
        _, i, _, g, o, _ = cache
        return join((di - df) * i * (1 - i), dg * (1 - g * g), do * o * (1 - o))


class PeepholeWeights(NamedTuple):
    """Weights of ``PeepholeLSTM``: those of an LSTM, and one number a unit (H,) for each gate."""

    W_ih: np.ndarray
    W_hh: np.ndarray
    b_ih: np.ndarray
    b_hh: np.ndarray
    p_i: np.ndarray
    p_f: np.ndarray
    p_o: np.ndarray


@dataclass(frozen=True)
class PeepholeLSTM(LSTM):
    """An LSTM whose gates see the memory, also while the output is shut.

        i = sigmoid(a_i + p_i c_{t-1})    f = sigmoid(a_f + p_f c_{t-1})    g = tanh(a_g)
        c_t = f c_{t-1} + i g             o = sigmoid(a_o + p_o c_t)        h_t = o tanh(c_t)

    Shapes: as ``LSTM``; the peepholes p_i, p_f, p_o (H,) are weights of the cell's own.
    Raises: ValueError for a size below 1 or a bias that is not a finite number.
    Reference: Gers & Schmidhuber 2000.

    >>> before, one = LSTMState(h=np.zeros((1, 1)), c=np.array([[5.0]])), np.ones(1)
    >>> state, cache = PeepholeLSTM(1, 1).forward(np.zeros((1, 4)), np.zeros((1, 4)), before,
    ...                                           -one, one, one)
    >>> cache.i.round(2), cache.f.round(2)  # a full memory shuts one gate and opens the other
    (array([[0.01]]), array([[0.99]]))
    """

    @property
    def shapes(self):
        return PeepholeWeights(*super().shapes, *[(self.hidden_size,)] * 3)

    def init(self, rng, dtype=np.float64):
        """As an LSTM; the peepholes start shut, at 0."""
        peepholes = init.zeros((3, self.hidden_size), dtype=dtype)
        return PeepholeWeights(*super().init(rng, dtype), *peepholes)

    def forward(self, a_x, a_h, state, p_i, p_f, p_o):
        a_i, a_f, a_g, a_o = self.split(a_x + a_h)
        i = sigmoid(a_i + p_i * state.c)
        f = sigmoid(a_f + p_f * state.c)
        g = np.tanh(a_g)
        c = f * state.c + i * g
        o = sigmoid(a_o + p_o * c)
        tanh_c = np.tanh(c)
        return LSTMState(h=o * tanh_c, c=c), LSTMCache(state.c, i, f, g, o, tanh_c)

    def backward(self, cache, dstate, p_i, p_f, p_o):
        c_before, i, f, g, o, tanh_c = cache
        c = f * c_before + i * g
        da_o = dstate.h * tanh_c * o * (1 - o)
        dc = dstate.c + dstate.h * o * (1 - tanh_c * tanh_c) + da_o * p_o
        da_i = dc * g * i * (1 - i)
        da_f = dc * c_before * f * (1 - f)
        da_g = dc * i * (1 - g * g)
        da = join(da_i, da_f, da_g, da_o)
        dc_before = dc * f + da_i * p_i + da_f * p_f
        dp_i, dp_f, dp_o = ((da_i * c_before).sum(0), (da_f * c_before).sum(0), (da_o * c).sum(0))
        return da, da, LSTMState(np.zeros_like(dc), dc_before), dp_i, dp_f, dp_o


class ResetBeforeWeights(NamedTuple):
    """Weights of ``ResetBeforeGRU``. The candidate's product is apart: it has to wait for r.

    Shapes: W_ih (3H, D), W_hh (2H, H) for r and z, b_ih (3H,), b_hh (2H,), W_hn (H, H), b_hn (H,).
    """

    W_ih: np.ndarray
    W_hh: np.ndarray
    b_ih: np.ndarray
    b_hh: np.ndarray
    W_hn: np.ndarray
    b_hn: np.ndarray


class ResetBeforeCache(NamedTuple):
    """One step of a ``ResetBeforeGRU`` as ``backward`` needs it. Shapes: (N, H) each."""

    h_before: np.ndarray
    r: np.ndarray
    z: np.ndarray
    n: np.ndarray


@dataclass(frozen=True)
class ResetBeforeGRU(Cell):
    """The GRU as printed in 2014: the reset gate acts on h, before the product.

        n = tanh(ax_n + W_hn (r h_{t-1}) + b_hn),    all else as in ``GRU``

    It needs a second product in each step, after r is known, which is why fast libraries reset
    after the product. The two are different functions: weights of one do not fit the other.
    Shapes: a_x (N, 3H), the blocks r, z, n; a_h (N, 2H), the blocks r, z; h (N, H).
    Raises: ValueError for a size below 1.
    Reference: Cho et al. 2014; the page gru.

    >>> before, W, b = HState(np.array([[5.0]])), np.eye(1), np.zeros(1)
    >>> reset = np.array([[-9.0, -9.0, 0.5]])
    >>> state, _ = ResetBeforeGRU(1, 1).forward(reset, np.zeros((1, 2)), before, W, b)
    >>> state.h.round(2)  # r and z are shut: the old state is not seen, h = tanh(ax_n)
    array([[0.46]])
    """

    gates: ClassVar[int] = 3

    @property
    def shapes(self):
        H, D = self.hidden_size, self.input_size
        return ResetBeforeWeights((3 * H, D), (2 * H, H), (3 * H,), (2 * H,), (H, H), (H,))

    def init(self, rng, dtype=np.float64):
        """As a GRU, the candidate's block of the recurrence in its own place."""
        (W_ih, W_hh, b_ih, b_hh), H = super().init(rng, dtype), self.hidden_size
        return ResetBeforeWeights(
            W_ih, W_hh[: 2 * H], b_ih, b_hh[: 2 * H], W_hh[2 * H :], b_hh[2 * H :]
        )

    def forward(self, a_x, a_h, state, W_hn, b_hn):
        ax_r, ax_z, ax_n = self.split(a_x)
        ah_r, ah_z = self.split(a_h)
        r = sigmoid(ax_r + ah_r)
        z = sigmoid(ax_z + ah_z)
        n = np.tanh(ax_n + (r * state.h) @ W_hn.T + b_hn)
        h = (1 - z) * n + z * state.h
        return HState(h), ResetBeforeCache(state.h, r, z, n)

    def backward(self, cache, dstate, W_hn, b_hn):
        h_before, r, z, n = cache
        dax_n = dstate.h * (1 - z) * (1 - n * n)
        da_z = dstate.h * (h_before - n) * z * (1 - z)
        d_reset = dax_n @ W_hn  # the gradient of r h_{t-1}
        da_r = d_reset * h_before * r * (1 - r)
        dh_before = dstate.h * z + d_reset * r
        dW_hn, db_hn = dax_n.T @ (r * h_before), dax_n.sum(axis=0)
        return join(da_r, da_z, dax_n), join(da_r, da_z), HState(dh_before), dW_hn, db_hn
