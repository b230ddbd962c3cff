"""Optimisers and gradient clipping: pure functions on trees of arrays.

An optimiser keeps its settings; what it remembers between steps is passed in and returned.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnncourse import validate
from rnncourse.tree import tree_leaves, tree_map


@dataclass(frozen=True)
class SGD:
    """Gradient descent with momentum, in PyTorch's form:

    v <- momentum v + g + weight_decay w;  w <- w - lr v.
    The decay, the gradient of weight_decay ||w||² / 2, pulls all arrays to zero, biases too.
    Raises: ValueError for settings out of range, or trees that do not match; TypeError for
    trees that hold something other than numbers.
    Reference: Goodfellow, Bengio & Courville 2016, sections 7.1 and 8.3.

    >>> optimiser = SGD(lr=0.5)
    >>> optimiser.update(np.array([1.0]), np.array([0.4]), optimiser.init(np.array([1.0])))
    (array([0.8]), array([0.4]))
    """

    lr: float
    momentum: float = 0.0
    weight_decay: float = 0.0

    def __post_init__(self):
        validate.positive("SGD: lr", self.lr)
        validate.share("SGD: momentum", self.momentum)
        validate.between("SGD: weight_decay", self.weight_decay, 0)

    def init(self, weights):
        """No velocity yet."""
        return tree_map(np.zeros_like, weights)

    def update(self, weights, gradient, velocity):
        """Return the new weights and the new velocity."""
        # a NumPy scalar would set the dtype
        lr, momentum, decay = map(float, (self.lr, self.momentum, self.weight_decay))

        def accelerate(w, g, v):
            return momentum * v + (g + decay * w)

        velocity = tree_map(accelerate, weights, gradient, velocity)
        return tree_map(lambda w, v: w - lr * v, weights, velocity), velocity


class AdamState(NamedTuple):
    """Running means of the gradient and of its square, and the number of steps taken."""

    mean: tuple
    square: tuple
    steps: int


@dataclass(frozen=True)
class Adam:
    """Steps of about ``lr`` in each weight, whatever the size of its gradient.

    m <- β1 m + (1-β1) g;  s <- β2 s + (1-β2) g²;
    w <- (1 - lr weight_decay) w - lr m̂ / (sqrt(ŝ) + eps),
    where m̂ = m / (1 - β1^t) and ŝ = s / (1 - β2^t) make up for the start at zero.
    The decay passes m and s by, as in torch.optim.AdamW. It shrinks all arrays, biases too.
    Raises: ValueError and TypeError as SGD does.
    Reference: Kingma & Ba 2015, algorithm 1; Loshchilov & Hutter 2019, algorithm 2.

    >>> optimiser = Adam(lr=0.1)
    >>> weights, _ = optimiser.update(np.zeros(2), np.array([5.0, -0.01]),
    ...                               optimiser.init(np.zeros(2)))
    >>> weights.round(3)
    array([-0.1,  0.1])
    """

    lr: float
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0

    def __post_init__(self):
        validate.positive("Adam: lr", self.lr)
        validate.entries("Adam: betas", self.betas, 2)
        for beta in self.betas:
            validate.share("Adam: betas", beta)
        validate.positive("Adam: eps", self.eps)
        validate.between("Adam: weight_decay", self.weight_decay, 0)

    def init(self, weights):
        """Both means start at zero."""
        return AdamState(tree_map(np.zeros_like, weights), tree_map(np.zeros_like, weights), 0)

    def update(self, weights, gradient, state):
        """Return the new weights and the new state."""
        validate.kind("Adam: state", state, AdamState)
        lr, eps, decay, beta1, beta2 = map(
            float, (self.lr, self.eps, self.weight_decay, *self.betas)
        )
        validate.whole("AdamState: steps", state.steps, 0)
        steps = state.steps + 1
        mean = tree_map(lambda m, g: beta1 * m + (1 - beta1) * g, state.mean, gradient)
        square = tree_map(lambda s, g: beta2 * s + (1 - beta2) * g * g, state.square, gradient)
        rate = lr / (1 - beta1**steps)
        correction = 1 - beta2**steps
        kept = 1 - lr * decay

        def descend(w, m, s):
            return kept * w - rate * m / (np.sqrt(s / correction) + eps)

        return tree_map(descend, weights, mean, square), AdamState(mean, square, steps)


def global_norm(tree):
    """Length of all arrays laid end to end:  sqrt(sum of squares).

    Raises: TypeError for a tree that holds something other than numbers.

    >>> global_norm((np.array([3.0]), np.array([4.0])))
    5.0
    """
    norms = tree_map(lambda array: np.linalg.norm(np.ravel(array).astype(np.float64)), tree)
    return math.hypot(*(norm for _, norm in tree_leaves(norms)))


def clip_by_value(tree, limit):
    """Cut every entry to [-limit, limit]. This changes the direction of the whole.

    Raises: ValueError unless limit > 0.

    >>> clip_by_value(np.array([3.0, 0.5]), 1.0)
    array([1. , 0.5])
    """
    validate.positive("limit", limit)
    return tree_map(lambda array: np.clip(array, -float(limit), float(limit)), tree)


def clip_by_norm(tree, limit):
    """Shorten each array by itself to length ``limit``. Their balance changes.

    Raises: ValueError unless limit > 0 and every norm is finite.

    >>> clip_by_norm((np.array([3.0, 4.0]), np.array([0.5])), 1.0)
    (array([0.6, 0.8]), array([0.5]))
    """
    validate.positive("limit", limit)
    return tree_map(lambda array: array * _shrink(global_norm(array), limit), tree)


def clip_by_global_norm(tree, limit):
    """Shorten all arrays by one factor, so that ``global_norm`` is at most ``limit``.

    The direction stays. Returns the clipped tree and the norm before clipping.
    Raises: ValueError unless limit > 0 and the norm is finite.
    Reference: Pascanu, Mikolov & Bengio 2013, algorithm 1.

    >>> clipped, norm = clip_by_global_norm((np.array([3.0]), np.array([4.0])), 1.0)
    >>> clipped, norm
    ((array([0.6]), array([0.8])), 5.0)
    """
    validate.positive("limit", limit)
    norm = global_norm(tree)
    factor = _shrink(norm, limit)
    return tree_map(lambda array: array * factor, tree), norm


def _shrink(norm, limit):
    if not math.isfinite(norm):
        raise ValueError(f"a gradient to clip should have a finite norm, got {norm}")
    return min(1.0, float(limit) / norm) if norm > 0 else 1.0
