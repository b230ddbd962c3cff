"""Layers that treat each step by itself: whatever stands on the leading axes, (T, N) or none.

For layers over time see ``rnncourse.recurrent``.
``init`` makes weights, ``forward(weights, xs)`` returns outputs and a cache, ``backward(weights,
cache, dys)`` the gradients of the weights and of xs. Sizes are kept, all else is passed in.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnncourse import init, validate
from rnncourse.functional import normalise, normalise_backward


class PointwiseLayer:
    """What ``stack.EachStep`` can put into a sequence: has input_size and output_size."""


class LinearWeights(NamedTuple):
    """Weights of ``Linear``. Shapes: W (outputs, inputs), b (outputs,)."""

    W: np.ndarray
    b: np.ndarray


@dataclass(frozen=True)
class Linear(PointwiseLayer):
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
        xs = validate.vectors(f"{name}: xs", xs, self.input_size, weights.W.dtype)
        return _affine(xs, weights.W, weights.b), xs

    def backward(self, weights, cache, dys):
        """Return the gradients of the weights and of xs."""
        name = self._check_weights(weights)
        xs = validate.kind(f"{name}: cache", cache, np.ndarray)
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
        ids = validate.array(f"{name}: ids", ids)
        validate.ids(f"{name}: ids", ids, self.vocabulary_size)
        return weights.W[ids], ids

    def backward(self, weights, cache, dxs):
        """Return the gradient of the weights; whole numbers have none."""
        name = self._check_weights(weights)
        ids = validate.kind(f"{name}: cache", cache, np.ndarray)
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


@dataclass(frozen=True)
class Dropout:
    """In training, set a random share p of the entries to 0 and scale the rest:  ys = m xs / (1-p).

    The mean stays, so nothing has to change at inference: without an rng, ys = xs.
    (The paper's p is the share kept, and it scales at inference; libraries do it as here.)
    Shapes: xs (...); ys (...). The weights are ().
    Raises: ValueError unless 0 <= p < 1; TypeError for an rng that is not a Generator.
    Reference: Srivastava et al. 2014.

    >>> ys, _ = Dropout(0.5).forward((), np.ones(6), np.random.default_rng(0))
    >>> ys
    array([2., 0., 0., 0., 2., 2.])
    """

    p: float

    def __post_init__(self):
        validate.share("Dropout: p", self.p)

    def init(self, rng, dtype=np.float64):
        """There is nothing to learn."""
        return ()

    def forward(self, weights, xs, rng=None):
        """Return ys and a cache for ``backward``; each call with an rng draws anew."""
        xs = validate.array("Dropout: xs", xs)
        validate.dtype("Dropout: xs", xs, xs.dtype)
        if rng is None or self.p == 0:
            return xs, None
        kept = validate.rng(rng).random(xs.shape) >= self.p
        mask = (kept / (1 - self.p)).astype(xs.dtype)
        return mask * xs, mask

    def backward(self, weights, cache, dys):
        """Return the empty gradient of the weights and that of xs."""
        dys = validate.array("Dropout: dys", dys)
        if cache is None:
            return (), dys
        mask = validate.kind("Dropout: cache", cache, np.ndarray)
        validate.shape("Dropout: dys", dys, mask.shape)
        validate.dtype("Dropout: dys", dys, mask.dtype)
        return (), mask * dys


class LayerNormWeights(NamedTuple):
    """Weights of ``LayerNorm``, each (size,)."""

    gain: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class LayerNorm(PointwiseLayer):
    """Give the features of each vector mean 0 and spread 1, then learned ones:

        ys = gain * x̂ + bias,    x̂ = (xs - mean) / sqrt(variance + eps),    over the last axis

    Shapes: xs (..., size); ys (..., size).
    Raises: ValueError or TypeError when the weights or the data do not fit, saying how.
    Reference: Ba, Kiros & Hinton 2016.

    >>> layer = LayerNorm(2)
    >>> ys, _ = layer.forward(layer.init(np.random.default_rng(0)), np.array([[1.0, 5.0]]))
    >>> ys.round(3)
    array([[-1.,  1.]])
    """

    size: int
    eps: float = 1e-5

    def __post_init__(self):
        validate.sizes(self, "size")
        validate.positive("LayerNorm: eps", self.eps)

    @property
    def input_size(self):
        return self.size

    @property
    def output_size(self):
        return self.size

    def init(self, rng, dtype=np.float64):
        """Gain 1, bias 0."""
        return LayerNormWeights(
            init.zeros(self.size, dtype=dtype) + 1, init.zeros(self.size, dtype=dtype)
        )

    def forward(self, weights, xs):
        """Return ys and a cache for ``backward``."""
        name = self._check_weights(weights)
        xs = validate.vectors(f"{name}: xs", xs, self.size, weights.gain.dtype)
        normalised, spread = normalise(xs, self.eps)
        return weights.gain * normalised + weights.bias, (normalised, spread)

    def backward(self, weights, cache, dys):
        """Return the gradients of the weights and of xs."""
        name = self._check_weights(weights)
        normalised, spread = validate.cache(name, cache, 2)
        validate.shape(f"{name}: dys", dys, normalised.shape)
        validate.dtype(f"{name}: dys", dys, normalised.dtype)
        dxs = normalise_backward(normalised, spread, weights.gain * dys)
        return LayerNormWeights(_flat(dys * normalised).sum(axis=0), _flat(dys).sum(axis=0)), dxs

    def _check_weights(self, weights):
        name = f"LayerNorm(size={self.size})"
        validate.weights(name, weights, LayerNormWeights((self.size,), (self.size,)))
        return name


def _flat(array):
    """(..., F) as (rows, F), so that one matrix product serves all steps."""
    return np.reshape(array, (-1, np.shape(array)[-1]))


def _affine(xs, W, b):
    return (_flat(xs) @ W.T + b).reshape(*xs.shape[:-1], len(W))
