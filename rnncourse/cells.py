"""Recurrent cells: one time step, elementwise.

Every cell mixes an affine map of the input with an affine map of the previous hidden state:

    a_x = W_ih x_t + b_ih        a_h = W_hh h_{t-1} + b_hh

``rnncourse.layers.Recurrent`` computes these two and owns the loop over time. What is left to a
cell is what makes it that cell: a formula without matrix products, and its derivative.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

import numpy as np

from rnncourse import validate
from rnncourse.functional import relu


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


@runtime_checkable
class Cell(Protocol):
    """What ``Recurrent`` needs of a cell. Write these and the cell can be trained.

    ``forward`` computes one step from the two pre-activations, each (N, G·H), and the previous
    state. ``backward`` takes the gradient of the loss with respect to the new state and returns
    it with respect to a_x, a_h and the previous state (as far as it was used directly; the path
    through a_h belongs to the layer).
    """

    input_size: int
    hidden_size: int
    gates: int
    State: type

    def forward(self, a_x, a_h, state): ...

    def backward(self, cache, dstate): ...


class Nonlinearity(NamedTuple):
    """A function and its slope, the latter in terms of the function's own output."""

    function: Callable
    slope: Callable


NONLINEARITIES = {
    "tanh": Nonlinearity(np.tanh, lambda h: 1 - h * h),
    "relu": Nonlinearity(relu, lambda h: (h > 0).astype(h.dtype)),
}


@dataclass(frozen=True)
class RNN:
    """The vanilla (Elman) cell:  h_t = f(a_x + a_h),  f = tanh or ReLU.

    Shapes: a_x, a_h and h (N, H).
    Raises: ValueError for a size below 1 or an unknown nonlinearity.
    Reference: Elman 1990; the page the-cell.

    >>> cell = RNN(input_size=3, hidden_size=2)
    >>> state, _ = cell.forward(np.array([[0.5, 0.0]]), np.array([[0.5, 0.0]]), None)
    >>> state.h.round(4)
    array([[0.7616, 0.    ]])
    """

    input_size: int
    hidden_size: int
    nonlinearity: str = "tanh"

    gates: ClassVar[int] = 1
    State: ClassVar[type] = HState

    def __post_init__(self):
        validate.sizes(self, "input_size", "hidden_size")
        if self.nonlinearity not in NONLINEARITIES:
            raise ValueError(
                f"nonlinearity should be one of {', '.join(NONLINEARITIES)}, "
                f"got {self.nonlinearity!r}"
            )

    def forward(self, a_x, a_h, state):
        h = NONLINEARITIES[self.nonlinearity].function(a_x + a_h)
        return HState(h), h

    def backward(self, cache, dstate):
        h = cache
        da = dstate.h * NONLINEARITIES[self.nonlinearity].slope(h)
        return da, da, HState(np.zeros_like(da))  # the old state is used through a_h alone
