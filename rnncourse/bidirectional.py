"""Both directions: reading backwards, and two readings joined at every step."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnncourse import validate
from rnncourse.layers import Linear
from rnncourse.recurrent import Around, SequenceLayer, check_layers, kept, zero_padding


def reverse(xs, lengths=None):
    """Turn each row round within its length; the padding stays where it is.

    Shapes: xs (T, N, ...); lengths (N,) whole numbers from 0 to T, or None for T each.
    Turning twice gives xs again.
    Raises: ValueError or TypeError for lengths that do not fit.
    Reference: the page bidirectional.

    >>> reverse(np.array([[1, 4], [2, 5], [3, 0]]), lengths=[3, 2]).T
    array([[3, 2, 1],
           [5, 4, 0]])
    """
    xs = np.asarray(xs)
    if xs.ndim < 2:
        raise ValueError(f"reverse: xs should be (T, N, ...), got {xs.shape}")
    if lengths is None:
        return xs[::-1].copy()
    T, N = xs.shape[:2]
    lengths, t = validate.lengths("reverse", lengths, T, N), np.arange(T)[:, None]
    return xs[np.where(t < lengths, lengths - 1 - t, t), np.arange(N)]


class ReversedCache(NamedTuple):
    """What ``Reversed.backward`` needs of ``forward``."""

    layer: tuple
    lengths: np.ndarray | None


@dataclass(frozen=True)
class Reversed(Around):
    """Run a layer from the end of each row to its start; outputs keep the places of their inputs.

    Shapes: as the layer's.
    Raises: TypeError unless ``layer`` is a sequence layer, and as that layer does.
    Reference: Schuster & Paliwal 1997; the page bidirectional.

    >>> from rnncourse import RNN, Recurrent
    >>> layer = Reversed(Recurrent(RNN(3, 2)))
    >>> ys, state, _ = layer.forward(layer.init(np.random.default_rng(0)), np.ones((5, 4, 3)))
    >>> bool((ys[0] == state.h).all())  # the first output is the last one computed
    True
    """

    reads_ahead = True

    def __post_init__(self):
        check_layers("Reversed", (self.layer,))

    def forward(self, weights, xs, state=None, lengths=None, rng=None):
        """Return ys, the state after the first step of each row, and a cache for ``backward``."""
        xs = validate.sequences("Reversed: xs", xs, self.input_size)
        ys, state, cache = self.layer.forward(weights, reverse(xs, lengths), state, lengths, rng)
        return reverse(ys, lengths), state, ReversedCache(cache, kept(lengths))

    def backward(self, weights, cache, dys, dstate=None):
        """Return the gradients of the weights, of xs and of the initial state."""
        validate.kind("Reversed: cache", cache, ReversedCache)
        cache, lengths = cache
        validate.sequences("Reversed: dys", dys, self.output_size)
        dys = reverse(dys, lengths)
        dweights, dxs, dstate = self.layer.backward(weights, cache, dys, dstate)
        return dweights, reverse(dxs, lengths), dstate


class BidirectionalWeights(NamedTuple):
    """Weights of ``Bidirectional``; ``projection`` is () unless join="project"."""

    left_to_right: tuple
    right_to_left: tuple
    projection: tuple


class BidirectionalState(NamedTuple):
    """A state for each direction: where each chain starts, or where it has ended.

    The right-to-left chain starts at the end of each row, so its end is no start for what follows.
    """

    left_to_right: tuple
    right_to_left: tuple


class BidirectionalCache(NamedTuple):
    """What ``Bidirectional.backward`` needs of ``forward``."""

    left_to_right: tuple
    right_to_left: ReversedCache
    projection: np.ndarray | None
    lengths: np.ndarray | None


@dataclass(frozen=True)
class Bidirectional(SequenceLayer):
    """Two layers read each row, one from either end; their outputs are joined at every step.

        y_t = [→h_t ; ←h_t]    or    →h_t + ←h_t    or    W [→h_t ; ←h_t] + b

    It needs the whole of each row: its state cannot be carried on to what follows.
    Shapes: ys (T, N, 2H) for join="concatenate", (T, N, H) for "sum" and "project".
    Raises: ValueError or TypeError for layers that do not go together, or as the layers do.
    Reference: Schuster & Paliwal 1997; the page bidirectional.

    >>> from rnncourse import RNN, Recurrent
    >>> layer = Bidirectional(Recurrent(RNN(3, 2)), Recurrent(RNN(3, 2)))
    >>> weights = layer.init(np.random.default_rng(0))
    >>> ys, state, cache = layer.forward(weights, np.ones((5, 4, 3)))
    >>> ys.shape, layer.final(state).shape
    ((5, 4, 4), (4, 4))
    """

    left_to_right: SequenceLayer
    right_to_left: SequenceLayer
    join: str = "concatenate"
    reads_ahead = True

    def __post_init__(self):
        check_layers("Bidirectional", (self.left_to_right, self.right_to_left))
        a, b = self.left_to_right, self.right_to_left
        validate.choice("Bidirectional: join", self.join, ("concatenate", "sum", "project"))
        if a.input_size != b.input_size:
            raise ValueError(
                "Bidirectional: both layers should read the same inputs, got the input sizes "
                f"{a.input_size} and {b.input_size}"
            )
        if self.join != "concatenate" and a.output_size != b.output_size:
            raise ValueError(
                f"Bidirectional: join={self.join!r} needs outputs of one size, got "
                f"{a.output_size} and {b.output_size}"
            )

    @property
    def input_size(self):
        return self.left_to_right.input_size

    @property
    def output_size(self):
        return self._joined_size if self.join == "concatenate" else self.left_to_right.output_size

    @property
    def summary_size(self):
        ahead, back = (layer.summary_size for layer in self._directions)
        return ahead if self.join == "sum" else ahead + back

    def init(self, rng, dtype=np.float64):
        """Each part in its own way."""
        return BidirectionalWeights(
            *(layer.init(rng, dtype) for layer in self._directions),
            self._projection.init(rng, dtype) if self.join == "project" else (),
        )

    def zero_state(self, batch_size, dtype=np.float64):
        """A state for each direction."""
        return BidirectionalState(
            *(layer.zero_state(batch_size, dtype) for layer in self._directions)
        )

    def forward(self, weights, xs, state=None, lengths=None, rng=None):
        """Return the joined outputs, both final states, and a cache for ``backward``."""
        validate.kind("Bidirectional: weights", weights, BidirectionalWeights)
        xs = validate.sequences("Bidirectional: xs", xs, self.input_size)
        state = self.zero_state(xs.shape[1], xs.dtype) if state is None else state
        validate.kind("Bidirectional: state", state, BidirectionalState)
        runs = zip(self._directions, weights[:2], state, strict=True)
        ys, states, caches = zip(
            *(layer.forward(w, xs, start, lengths, rng) for layer, w, start in runs), strict=True
        )
        ys, projection_cache = self._joined(ys), None
        if self.join == "project":
            ys, projection_cache = self._projection.forward(weights.projection, ys)
            ys = zero_padding(ys, lengths)
        cache = BidirectionalCache(*caches, projection_cache, kept(lengths))
        return ys, BidirectionalState(*states), cache

    def backward(self, weights, cache, dys, dstate=None):
        """Return the gradients of the weights, of xs and of both initial states."""
        validate.kind("Bidirectional: weights", weights, BidirectionalWeights)
        validate.kind("Bidirectional: cache", cache, BidirectionalCache)
        *caches, projection_cache, lengths = cache
        dys = validate.sequences("Bidirectional: dys", dys, self.output_size)
        if dstate is None:
            dstate = BidirectionalState(None, None)
        validate.kind("Bidirectional: dstate", dstate, BidirectionalState)
        dprojection = ()
        if self.join == "project":
            dprojection, dys = self._projection.backward(
                weights.projection, projection_cache, zero_padding(dys, lengths)
            )
        size = self.left_to_right.output_size
        runs = zip(
            self._directions, weights[:2], caches, self._parted(dys, size), dstate, strict=True
        )
        dweights, dxs, dstates = zip(
            *(layer.backward(*arguments) for layer, *arguments in runs), strict=True
        )
        dweights = BidirectionalWeights(*dweights, dprojection)
        return dweights, dxs[0] + dxs[1], BidirectionalState(*dstates)

    def final(self, state):
        """Where both chains have ended, joined: (N, 2H), or (N, H) for join="sum".

        A projection is not applied: what reads this summary brings weights of its own.
        """
        validate.kind("Bidirectional: state", state, BidirectionalState)
        pairs = zip(self._directions, state, strict=True)
        return self._joined([layer.final(layer_state) for layer, layer_state in pairs])

    def final_backward(self, dsummary):
        """From the gradient of ``final`` to that of both states."""
        dsummary = self._check_summary(dsummary)
        parts = self._parted(dsummary, self.left_to_right.summary_size)
        pairs = zip(self._directions, parts, strict=True)
        return BidirectionalState(*(layer.final_backward(part) for layer, part in pairs))

    @property
    def _directions(self):
        return self.left_to_right, Reversed(self.right_to_left)

    @property
    def _joined_size(self):
        return self.left_to_right.output_size + self.right_to_left.output_size

    @property
    def _projection(self):
        return Linear(self._joined_size, self.output_size)

    def _joined(self, parts):
        return sum(parts) if self.join == "sum" else np.concatenate(parts, axis=-1)

    def _parted(self, gradient, size):
        if self.join == "sum":
            return gradient, gradient
        return np.split(gradient, [size], axis=-1)
