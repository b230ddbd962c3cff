"""Recurrent cells: one time step, elementwise.

Every cell mixes an affine map of the input with an affine map of the previous hidden state:

    a_x = W_ih x_t + b_ih        a_h = W_hh h_{t-1} + b_hh

``rnncourse.recurrent.Recurrent`` computes these two and owns the loop over time. What is left to a
cell is what makes it that cell: a formula without matrix products, and its derivative. In the
code below ``a_x`` and ``a_h`` are (N, G·H), G gate blocks side by side, and h and c are (N, H).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from rnncourse import init, validate
from rnncourse.functional import LEAK, elu, leaky_relu, relu, sigmoid


class Weights(NamedTuple):
    """What a recurrent layer learns; also the shape of its gradient.

    Shapes: W_ih (G·H, D), W_hh (G·H, H), b_ih (G·H,), b_hh (G·H,), where G counts the gate blocks.
    Names, order and the two biases are those of torch.nn.
    """

    W_ih: np.ndarray
    W_hh: np.ndarray
    b_ih: np.ndarray
    b_hh: np.ndarray


class HState(NamedTuple):
    """The state of a cell that hands on only its output. Shape: h (N, H)."""

    h: np.ndarray


class LSTMState(NamedTuple):
    """The state of an LSTM: its output h and its memory c. Shapes: (N, H) each."""

    h: np.ndarray
    c: np.ndarray


@dataclass(frozen=True)
class Cell:
    """What ``Recurrent`` needs of a cell: derive from it, write one step each way, and train it.

    ``forward(a_x, a_h, state)`` is one step from the two pre-activations and the previous state.
    ``backward(cache, dstate)`` takes the gradient of the loss with respect to the new state and
    returns it with respect to a_x, a_h and the previous state (as far as the step uses that
    directly; the path through a_h belongs to the layer).

    A cell may have weights of its own: a NamedTuple that begins with the four of ``Weights``,
    returned by ``shapes`` and ``init``. Both steps get the further ones as further arguments, and
    ``backward`` returns their gradients last (``variants.PeepholeLSTM`` is an example).
    The steps check nothing: they run once for every step of a layer, and the layer has checked.
    Raises: ValueError for a size below 1.
    """

    input_size: int
    hidden_size: int

    gates: ClassVar[int] = 1
    State: ClassVar[type] = HState

    def __post_init__(self):
        validate.sizes(self, "input_size", "hidden_size")

    @property
    def shapes(self):
        """The shape of each weight, in the type that will hold them."""
        G, H, D = self.gates, self.hidden_size, self.input_size
        return Weights(W_ih=(G * H, D), W_hh=(G * H, H), b_ih=(G * H,), b_hh=(G * H,))

    def init(self, rng, dtype=np.float64):
        """Xavier for the inputs, orthogonal for the recurrence, gate by gate; zero biases."""
        G, H, D = self.gates, self.hidden_size, self.input_size
        W_ih = [init.xavier_uniform((H, D), rng, dtype) for _ in range(G)]
        W_hh = [init.orthogonal((H, H), rng, dtype) for _ in range(G)]
        b_ih, b_hh = init.zeros((2, G * H), dtype=dtype)
        return Weights(np.concatenate(W_ih), np.concatenate(W_hh), b_ih, b_hh)

    def forward(self, a_x, a_h, state):
        raise NotImplementedError(f"{type(self).__name__} should define forward")

    def backward(self, cache, dstate):
        raise NotImplementedError(f"{type(self).__name__} should define backward")

    def split(self, a):
        """Cut (N, G·H) into blocks of (N, H), one for each gate."""
        H = self.hidden_size
        return [a[..., start : start + H] for start in range(0, a.shape[-1], H)]


def join(*blocks):
    """Put blocks of (N, H) side by side, one for each gate."""
    return np.concatenate(blocks, axis=-1)


class Nonlinearity(NamedTuple):
    """A function and its slope, the latter in terms of the function's own output."""

    function: Callable
    slope: Callable


NONLINEARITIES = {
    "tanh": Nonlinearity(np.tanh, lambda h: 1 - h * h),
    "relu": Nonlinearity(relu, lambda h: (h > 0).astype(h.dtype)),
    "leaky_relu": Nonlinearity(leaky_relu, lambda h: np.where(h > 0, 1, LEAK).astype(h.dtype)),
    "elu": Nonlinearity(elu, lambda h: 1 + np.minimum(h, 0)),
    "sigmoid": Nonlinearity(sigmoid, lambda h: h * (1 - h)),
    "linear": Nonlinearity(lambda a: a, np.ones_like),
}


@dataclass(frozen=True)
class RNN(Cell):
    """The vanilla (Elman) cell:  h_t = f(a_x + a_h).

    ``nonlinearity`` f is one of "tanh", "relu", "leaky_relu", "elu", "sigmoid", "linear".
    Shapes: a_x, a_h and h (N, H).
    Raises: ValueError for a size below 1 or an unknown nonlinearity.
    Reference: Elman 1990; the page the-cell.

    >>> cell = RNN(input_size=3, hidden_size=2)
    >>> state, _ = cell.forward(np.array([[0.5, 0.0]]), np.array([[0.5, 0.0]]), None)
    >>> state.h.round(4)
    array([[0.7616, 0.    ]])
    """

    nonlinearity: str = "tanh"

    def __post_init__(self):
        super().__post_init__()
        name = f"{type(self).__name__}: nonlinearity"
        validate.choice(name, self.nonlinearity, NONLINEARITIES)

    def forward(self, a_x, a_h, state):
        h = NONLINEARITIES[self.nonlinearity].function(a_x + a_h)
        return HState(h), h

    def backward(self, cache, dstate):
        h = cache
        da = dstate.h * NONLINEARITIES[self.nonlinearity].slope(h)
        return da, da, HState(np.zeros_like(da))  # the old state is used through a_h alone


class LSTMCache(NamedTuple):
    """One step of an LSTM as ``backward`` needs it. Shapes: (N, H) each."""

    c_before: np.ndarray
    i: np.ndarray
    f: np.ndarray
    g: np.ndarray
    o: np.ndarray
    tanh_c: np.ndarray


@dataclass(frozen=True)
class MemoryCell(Cell):
    """What LSTMs share: a memory c that gates write (i), keep (f) and read (o).

        c_t = f c_{t-1} + i g        h_t = o tanh(c_t)

    They differ in how the pre-activations a = a_x + a_h become the gates i, f, o and the
    candidate g, which each defines:

        open_gates(a) -> i, f, g, o        open_gates_backward(cache, di, df, dg, do) -> da
    """

    State: ClassVar[type] = LSTMState

    def forward(self, a_x, a_h, state):
        i, f, g, o = self.open_gates(a_x + a_h)
        c = f * state.c + i * g
        tanh_c = np.tanh(c)
        return LSTMState(h=o * tanh_c, c=c), LSTMCache(state.c, i, f, g, o, tanh_c)

    def backward(self, cache, dstate):
        c_before, i, f, g, o, tanh_c = cache
        do = dstate.h * tanh_c
        dc = dstate.c + dstate.h * o * (1 - tanh_c * tanh_c)
        da = self.open_gates_backward(cache, di=dc * g, df=dc * c_before, dg=dc * i, do=do)
        return da, da, LSTMState(h=np.zeros_like(dc), c=dc * f)


@dataclass(frozen=True)
class LSTM(MemoryCell):
    """Long short-term memory: what to write, to keep and to read is decided at every step.

        i, f, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o)    g = tanh(a_g)    a = a_x + a_h
        c_t = f c_{t-1} + i g                                 h_t = o tanh(c_t)

    Shapes: a_x, a_h (N, 4H), the blocks in PyTorch's order i, f, g, o; h, c (N, H).
    ``forget_bias`` is where the forget gate's bias starts. With 0 a new network keeps about half of
    c at each step, with 1 about 0.73 of it, with 3 about 0.95.
    Raises: ValueError for a size below 1 or a bias that is not a finite number.
    Reference: Hochreiter & Schmidhuber 1997; the forget gate: Gers, Schmidhuber & Cummins 2000;
    its bias: Jozefowicz, Zaremba & Sutskever 2015; the page lstm-step-by-step.

    >>> before = LSTMState(h=np.zeros((1, 1)), c=np.array([[5.0]]))
    >>> state, _ = LSTM(1, 1).forward(np.array([[9.0, -9.0, 9.0, 9.0]]), np.zeros((1, 4)), before)
    >>> state.c.round(2)  # 1 is written, the 5 forgotten
    array([[1.]])
    """

    forget_bias: float = 0.0

    gates: ClassVar[int] = 4

    def __post_init__(self):
        super().__post_init__()
        validate.finite("LSTM: forget_bias", self.forget_bias)

    def init(self, rng, dtype=np.float64):
        """As any cell, but with ``forget_bias`` in the block f of b_ih."""
        b_ih = init.gate_biases((0.0, self.forget_bias, 0.0, 0.0), self.hidden_size, dtype)
        return super().init(rng, dtype)._replace(b_ih=b_ih)

    def open_gates(self, a):
        a_i, a_f, a_g, a_o = self.split(a)
        return sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)

    def open_gates_backward(self, cache, di, df, dg, do):
        _, i, f, g, o, _ = cache
        return join(di * i * (1 - i), df * f * (1 - f), dg * (1 - g * g), do * o * (1 - o))


class GRUCache(NamedTuple):
    """One step of a GRU as ``backward`` needs it. Shapes: (N, H) each."""

    h_before: np.ndarray
    r: np.ndarray
    z: np.ndarray
    n: np.ndarray
    ah_n: np.ndarray


@dataclass(frozen=True)
class GRU(Cell):
    """Gated recurrent unit: the new state lies between the old one and a candidate n.

        r, z = sigmoid(ax_r + ah_r), sigmoid(ax_z + ah_z)        a_x = (ax_r, ax_z, ax_n)
        n = tanh(ax_n + r ah_n)                                  a_h = (ah_r, ah_z, ah_n)
        h_t = (1 - z) n + z h_{t-1}

    Shapes: a_x, a_h (N, 3H), the blocks in PyTorch's order r, z, n; h (N, H).
    A large z keeps the old state; some papers write 1 - z for it (``convert.flip_update_gate``).
    The gate r acts on W_hn h, after the product, as in PyTorch and cuDNN, so that one product
    serves all three blocks; for the other way see ``variants.ResetBeforeGRU``.
    Raises: ValueError for a size below 1.
    Reference: Cho et al. 2014; the page gru.

    >>> before = HState(np.array([[5.0]]))
    >>> state, _ = GRU(1, 1).forward(np.array([[0.0, 9.0, 0.0]]), np.zeros((1, 3)), before)
    >>> state.h.round(2)  # z is open: the state is kept
    array([[5.]])
    """

    gates: ClassVar[int] = 3

    def forward(self, a_x, a_h, state):
        ax_r, ax_z, ax_n = self.split(a_x)
        ah_r, ah_z, ah_n = self.split(a_h)
        r = sigmoid(ax_r + ah_r)
        z = sigmoid(ax_z + ah_z)
        n = np.tanh(ax_n + r * ah_n)
        h = (1 - z) * n + z * state.h
        return HState(h), GRUCache(state.h, r, z, n, np.array(ah_n))  # a view would keep all of a_h

    def backward(self, cache, dstate):
        h_before, r, z, n, ah_n = cache
        dax_n = dstate.h * (1 - z) * (1 - n * n)
        da_z = dstate.h * (h_before - n) * z * (1 - z)
        da_r = dax_n * ah_n * r * (1 - r)
        return join(da_r, da_z, dax_n), join(da_r, da_z, dax_n * r), HState(dstate.h * z)
