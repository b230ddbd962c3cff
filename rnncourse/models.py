"""Whole networks, each with the batch format that trains it: symbols in, or numbers in."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnncourse import validate
from rnncourse.functional import cross_entropy, mean_squared_error
from rnncourse.layers import Embedding, EmbeddingWeights, Linear, LinearWeights
from rnncourse.recurrent import SequenceLayer


class Batch(NamedTuple):
    """Sequences to learn from. Shapes: ids and targets (T, N) whole numbers; mask (T, N).

    The mask is 1 where an output is compared with its target and 0 elsewhere. It alone makes the
    task: 1 everywhere to tag each symbol or to predict the next one, 1 at each row's last symbol
    to classify the row, by a layer that reads left to right: the other way it has then read one
    symbol. For such a layer use ``final``.
    ``lengths`` (N,) says where each row ends and its padding begins; None: no row is padded.
    A layer that reads right to left starts there.
    """

    ids: np.ndarray
    targets: np.ndarray
    mask: np.ndarray
    lengths: np.ndarray | None = None

    def rows(self, rows):
        """The batch of the given rows alone, cut where the longest of them ends."""
        lengths = None if self.lengths is None else self.lengths[rows]
        T = len(self.ids) if lengths is None else lengths.max()
        return Batch(self.ids[:T, rows], self.targets[:T, rows], self.mask[:T, rows], lengths)


class SequenceWeights(NamedTuple):
    """Weights of ``SequenceModel``, one entry for each layer."""

    embedding: EmbeddingWeights
    recurrent: tuple
    linear: LinearWeights


@dataclass(frozen=True)
class SequenceModel:
    """Symbols in, logits at every step out:  ids -> embedding -> recurrent -> linear.

    Shapes: ids (T, N); logits (T, N, V).
    Raises: ValueError when the layers' sizes do not fit together, or as the layers do.
    Reference: the page five-task-patterns.

    >>> from rnncourse import RNN, Recurrent
    >>> model = SequenceModel(Embedding(10, 4), Recurrent(RNN(4, 8)), Linear(8, 10))
    >>> weights = model.init(np.random.default_rng(0))
    >>> logits, state, cache = model.forward(weights, np.zeros((5, 2), int))
    >>> logits.shape, state.h.shape
    ((5, 2, 10), (2, 8))
    """

    embedding: Embedding
    recurrent: SequenceLayer
    linear: Linear

    def __post_init__(self):
        validate.kind("SequenceModel: embedding", self.embedding, Embedding)
        validate.kind("SequenceModel: recurrent", self.recurrent, SequenceLayer)
        validate.kind("SequenceModel: linear", self.linear, Linear)
        if self.embedding.embedding_size != self.recurrent.input_size:
            raise ValueError(
                f"SequenceModel: the embedding gives {self.embedding.embedding_size} features "
                f"but the recurrent layer takes {self.recurrent.input_size}"
            )
        if self.recurrent.output_size != self.linear.input_size:
            raise ValueError(
                f"SequenceModel: the recurrent layer gives {self.recurrent.output_size} features "
                f"but the linear layer takes {self.linear.input_size}"
            )

    def init(self, rng, dtype=np.float64):
        """Initialise each layer in its own way."""
        return SequenceWeights(
            self.embedding.init(rng, dtype),
            self.recurrent.init(rng, dtype),
            self.linear.init(rng, dtype),
        )

    def forward(self, weights, ids, state=None, lengths=None, rng=None):
        """Return the logits of every step, the final state, and a cache for ``backward``.

        ``rng`` is for dropout in the recurrent layer: without it nothing is dropped.
        """
        validate.kind("SequenceModel: weights", weights, SequenceWeights)
        ids = validate.array("SequenceModel: ids", ids)
        if ids.ndim != 2:
            raise ValueError(f"SequenceModel: ids should be (T, N), got {ids.shape}")
        xs, embedding_cache = self.embedding.forward(weights.embedding, ids)
        hs, state, recurrent_cache = self.recurrent.forward(
            weights.recurrent, xs, state, lengths, rng
        )
        logits, linear_cache = self.linear.forward(weights.linear, hs)
        return logits, state, (embedding_cache, recurrent_cache, linear_cache)

    def backward(self, weights, cache, dlogits, dstate=None):
        """Return the gradients of the weights and of the initial state."""
        validate.kind("SequenceModel: weights", weights, SequenceWeights)
        embedding_cache, recurrent_cache, linear_cache = validate.cache("SequenceModel", cache, 3)
        dlinear, dhs = self.linear.backward(weights.linear, linear_cache, dlogits)
        drecurrent, dxs, dstate = self.recurrent.backward(
            weights.recurrent, recurrent_cache, dhs, dstate
        )
        dembedding = self.embedding.backward(weights.embedding, embedding_cache, dxs)
        return SequenceWeights(dembedding, drecurrent, dlinear), dstate

    def loss_and_gradient(self, weights, batch, rng=None):
        """Mean cross-entropy (nats) where the batch's mask is 1, and its gradient."""
        validate.kind("SequenceModel: batch", batch, Batch)
        logits, _, cache = self.forward(weights, batch.ids, None, batch.lengths, rng)
        loss, dlogits = cross_entropy(logits, batch.targets, batch.mask)
        gradient, _ = self.backward(weights, cache, dlogits)
        return loss, gradient

    def loss(self, weights, batch):
        """Mean cross-entropy (nats) where the batch's mask is 1."""
        validate.kind("SequenceModel: batch", batch, Batch)
        logits, _, _ = self.forward(weights, batch.ids, None, batch.lengths)
        return cross_entropy(logits, batch.targets, batch.mask)[0]

    def step(self, weights, ids, state=None):
        """One step, for generation: ids (N,) in, logits (N, V) and the next state out."""
        if self.recurrent.reads_ahead:
            raise TypeError(
                "SequenceModel: step should have a layer that reads left to right, got "
                f"{self.recurrent!r}, which reads what has yet to be written"
            )
        ids = validate.array("SequenceModel: ids", ids)
        if ids.ndim != 1:
            raise ValueError(f"SequenceModel: ids of one step should be (N,), got {ids.shape}")
        logits, state, _ = self.forward(weights, ids[None], state)
        return logits[0], state


class RegressionBatch(NamedTuple):
    """Sequences of vectors and what to say of each. Shapes: xs (T, N, D); targets (N, K).

    ``lengths`` (N,) says where each row ends and its padding begins; None: no row is padded.
    """

    xs: np.ndarray
    targets: np.ndarray
    lengths: np.ndarray | None = None


class RegressorWeights(NamedTuple):
    """Weights of ``Regressor``, one entry for each layer."""

    recurrent: tuple
    linear: LinearWeights


@dataclass(frozen=True)
class Regressor:
    """Vectors in, K numbers out after the last step:  xs -> recurrent -> final -> linear.

    Shapes: xs (T, N, D); predictions (N, K).
    Raises: ValueError when the layers' sizes do not fit together, or as the layers do.
    Reference: the page seeing-it-fail.

    >>> from rnncourse import RNN, Recurrent
    >>> model = Regressor(Recurrent(RNN(2, 8)), Linear(8, 1))
    >>> weights = model.init(np.random.default_rng(0))
    >>> predictions, cache = model.forward(weights, np.zeros((5, 3, 2)))
    >>> predictions.shape
    (3, 1)
    """

    recurrent: SequenceLayer
    linear: Linear

    def __post_init__(self):
        validate.kind("Regressor: recurrent", self.recurrent, SequenceLayer)
        validate.kind("Regressor: linear", self.linear, Linear)
        if self.recurrent.summary_size != self.linear.input_size:
            raise ValueError(
                f"Regressor: the recurrent layer sums up in {self.recurrent.summary_size} features "
                f"but the linear layer takes {self.linear.input_size}"
            )

    def init(self, rng, dtype=np.float64):
        """Initialise each layer in its own way."""
        return RegressorWeights(self.recurrent.init(rng, dtype), self.linear.init(rng, dtype))

    def forward(self, weights, xs, lengths=None, rng=None):
        """Return the predictions and a cache for ``backward``.

        ``rng`` is for dropout in the recurrent layer: without it nothing is dropped.
        """
        validate.kind("Regressor: weights", weights, RegressorWeights)
        ys, state, recurrent_cache = self.recurrent.forward(
            weights.recurrent, xs, None, lengths, rng
        )
        summary = self.recurrent.final(state)
        predictions, linear_cache = self.linear.forward(weights.linear, summary)
        return predictions, (ys.shape, recurrent_cache, linear_cache)

    def backward(self, weights, cache, dpredictions):
        """Return the gradient of the weights: the loss sees the last state alone."""
        validate.kind("Regressor: weights", weights, RegressorWeights)
        shape, recurrent_cache, linear_cache = validate.cache("Regressor", cache, 3)
        dlinear, dsummary = self.linear.backward(weights.linear, linear_cache, dpredictions)
        drecurrent, _, _ = self.recurrent.backward(
            weights.recurrent,
            recurrent_cache,
            np.zeros(shape, dsummary.dtype),
            self.recurrent.final_backward(dsummary),
        )
        return RegressorWeights(drecurrent, dlinear)

    def loss_and_gradient(self, weights, batch, rng=None):
        """Mean squared error of a ``RegressionBatch``, and its gradient."""
        validate.kind("Regressor: batch", batch, RegressionBatch)
        predictions, cache = self.forward(weights, batch.xs, batch.lengths, rng)
        loss, dpredictions = mean_squared_error(predictions, batch.targets)
        return loss, self.backward(weights, cache, dpredictions)

    def loss(self, weights, batch):
        """Mean squared error of a ``RegressionBatch``."""
        validate.kind("Regressor: batch", batch, RegressionBatch)
        predictions, _ = self.forward(weights, batch.xs, batch.lengths)
        return mean_squared_error(predictions, batch.targets)[0]
