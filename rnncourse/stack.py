"""Depth: layers on top of each other, with or without shortcuts past them.

With ``rnncourse.bidirectional`` the three ways to wire a deep bidirectional network are three
expressions:

    Stack((Bidirectional(a, b), Bidirectional(c, d)))      joined at every layer
    Bidirectional(Stack((a, c)), Stack((b, d)))            two chains, joined at the top
    Stack((a, Reversed(b), c, Reversed(d)))                one chain that turns at every layer
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnncourse import validate
from rnncourse.layers import Dropout, Linear, PointwiseLayer
from rnncourse.recurrent import Around, SequenceLayer, check_layers, kept, zero_padding


class StackWeights(NamedTuple):
    """Weights of ``Stack``; a projection is () where a shortcut needs none."""

    layers: tuple
    projections: tuple


class StackCache(NamedTuple):
    """What ``Stack.backward`` needs of ``forward``, one entry for each layer."""

    layers: tuple
    dropouts: tuple
    projections: tuple
    lengths: np.ndarray | None


@dataclass(frozen=True)
class Stack(SequenceLayer):
    """Layers on top of each other: each reads what comes out of the one below.

        x_{l+1} = layer_l(x_l)                  plain
        x_{l+1} = layer_l(x_l) + x_l            shortcut="residual"; W x_l + b where sizes differ
        x_{l+1} = [x_l ; layer_l(x_l)]          shortcut="dense": everything below is read

    ``dropout`` is the share of entries dropped from what each layer but the first reads.
    Shapes: xs (T, N, D); ys (T, N, output_size); the state is a tuple, one entry a layer.
    Raises: ValueError or TypeError for layers whose sizes do not fit, or as the layers do.
    Reference: He et al. 2016; Huang et al. 2017; the pages stacked and residual-and-dense.

    >>> from rnncourse import RNN, Recurrent
    >>> layer = Stack((Recurrent(RNN(3, 2)), Recurrent(RNN(2, 2))), shortcut="residual")
    >>> weights = layer.init(np.random.default_rng(0))
    >>> ys, state, cache = layer.forward(weights, np.ones((5, 4, 3)))
    >>> ys.shape, len(state), weights.projections[0].W.shape, weights.projections[1]
    ((5, 4, 2), 2, (2, 3), ())
    """

    layers: tuple
    shortcut: str | None = None
    dropout: float = 0.0

    def __post_init__(self):
        check_layers("Stack", self.layers)
        validate.choice("Stack: shortcut", self.shortcut, (None, "residual", "dense"))
        validate.share("Stack: dropout", self.dropout)
        size = self.input_size
        for number, layer in enumerate(self.layers):
            if layer.input_size != size:
                raise ValueError(
                    f"Stack: layer {number} should take the {size} features from below, "
                    f"but its input size is {layer.input_size}"
                )
            size = layer.output_size + (size if self.shortcut == "dense" else 0)

    @property
    def input_size(self):
        return self.layers[0].input_size

    @property
    def output_size(self):
        if self.shortcut == "dense":
            return self.input_size + sum(layer.output_size for layer in self.layers)
        return self.layers[-1].output_size

    @property
    def summary_size(self):
        return self.layers[-1].summary_size

    @property
    def reads_ahead(self):
        return any(layer.reads_ahead for layer in self.layers)

    def init(self, rng, dtype=np.float64):
        """Each part in its own way."""
        projections = map(self._projection, self.layers)
        return StackWeights(
            tuple(layer.init(rng, dtype) for layer in self.layers),
            tuple(linear.init(rng, dtype) if linear else () for linear in projections),
        )

    def zero_state(self, batch_size, dtype=np.float64):
        """A state for each layer."""
        return tuple(layer.zero_state(batch_size, dtype) for layer in self.layers)

    def forward(self, weights, xs, state=None, lengths=None, rng=None):
        """Return the top's outputs, all final states, and a cache for ``backward``."""
        self._check_weights(weights)
        xs = zero_padding(validate.sequences("Stack: xs", xs, self.input_size), lengths)
        state = self.zero_state(xs.shape[1], xs.dtype) if state is None else state
        validate.entries("Stack: state", state, len(self.layers))
        states, caches, dropout = [], [], Dropout(self.dropout)
        for number, layer in enumerate(self.layers):
            inputs, dropout_cache = dropout.forward((), xs, rng if number else None)
            ys, layer_state, cache = layer.forward(
                weights.layers[number], inputs, state[number], lengths, rng
            )
            xs, projection_cache = self._shortcut(
                layer, weights.projections[number], xs, ys, lengths
            )
            states.append(layer_state)
            caches.append((cache, dropout_cache, projection_cache))
        return xs, tuple(states), StackCache(*zip(*caches, strict=True), kept(lengths))

    def backward(self, weights, cache, dys, dstate=None):
        """Return the gradients of the weights, of xs and of all initial states."""
        self._check_weights(weights)
        validate.kind("Stack: cache", cache, StackCache)
        validate.entries("Stack: cache.layers", cache.layers, len(self.layers))
        validate.sequences("Stack: dys", dys, self.output_size)
        dstate = (None,) * len(self.layers) if dstate is None else dstate
        validate.entries("Stack: dstate", dstate, len(self.layers))
        dxs, gradients, dropout = zero_padding(dys, cache.lengths), [], Dropout(self.dropout)
        for number in reversed(range(len(self.layers))):
            layer = self.layers[number]
            layer_dys, dshort, dprojection = self._shortcut_backward(
                layer, weights.projections[number], cache.projections[number], dxs
            )
            dlayer, dinputs, dlayer_state = layer.backward(
                weights.layers[number], cache.layers[number], layer_dys, dstate[number]
            )
            _, dxs = dropout.backward((), cache.dropouts[number], dinputs)
            dxs = dxs + dshort
            gradients.append((dlayer, dprojection, dlayer_state))
        dlayers, dprojections, dstates = zip(*reversed(gradients), strict=True)
        return StackWeights(dlayers, dprojections), dxs, dstates

    def final(self, state):
        """The top layer's summary of each row; shortcuts past that layer are not in it."""
        validate.entries("Stack: state", state, len(self.layers))
        return self.layers[-1].final(state[-1])

    def final_backward(self, dsummary):
        """From the gradient of ``final`` to that of all states."""
        dsummary = self._check_summary(dsummary)
        below = (layer.zero_state(len(dsummary), dsummary.dtype) for layer in self.layers[:-1])
        return (*below, self.layers[-1].final_backward(dsummary))

    def _projection(self, layer):
        """What makes x_l fit to be added to the layer's outputs; None where it fits or is not."""
        if self.shortcut != "residual" or layer.input_size == layer.output_size:
            return None
        return Linear(layer.input_size, layer.output_size)

    def _shortcut(self, layer, projection_weights, xs, ys, lengths):
        """What the next layer reads, and the cache of the projection if there is one."""
        if self.shortcut is None:
            return ys, None
        if self.shortcut == "dense":
            return np.concatenate([xs, ys], axis=-1), None
        if (projection := self._projection(layer)) is None:
            return xs + ys, None
        projected, cache = projection.forward(projection_weights, xs)
        return zero_padding(projected, lengths) + ys, cache

    def _shortcut_backward(self, layer, projection_weights, cache, dsum):
        """The gradients of ys, of xs as used by the shortcut, of the projection's weights."""
        if self.shortcut is None:
            return dsum, 0, ()
        if self.shortcut == "dense":
            dxs, dys = np.split(dsum, [dsum.shape[-1] - layer.output_size], axis=-1)
            return dys, dxs, ()
        if (projection := self._projection(layer)) is None:
            return dsum, dsum, ()
        dprojection, dxs = projection.backward(projection_weights, cache, dsum)
        return dsum, dxs, dprojection

    def _check_weights(self, weights):
        validate.kind("Stack: weights", weights, StackWeights)
        validate.entries("Stack: weights.layers", weights.layers, len(self.layers))
        validate.entries("Stack: weights.projections", weights.projections, len(self.layers))


class EachStepCache(NamedTuple):
    """What ``EachStep.backward`` needs of ``forward``."""

    layer: tuple
    lengths: np.ndarray | None


@dataclass(frozen=True)
class EachStep(Around):
    """A layer of ``rnncourse.layers`` at every step, to stand in a ``Stack``; its state is ().

    Shapes: as the layer's. With ``lengths`` the outputs in the padding are 0.
    Raises: TypeError unless ``layer`` is such a layer, and as that layer does.
    Reference: the page stacked.

    >>> from rnncourse import RNN, LayerNorm, Recurrent
    >>> Stack((Recurrent(RNN(3, 2)), EachStep(LayerNorm(2)), Recurrent(RNN(2, 2)))).output_size
    2
    """

    layer: PointwiseLayer

    def __post_init__(self):
        if not isinstance(self.layer, PointwiseLayer):
            raise TypeError(
                "EachStep: layer should be one such as Linear(3, 2) or LayerNorm(3), "
                f"got {self.layer!r}"
            )

    @property
    def summary_size(self):
        return 0

    def zero_state(self, batch_size, dtype=np.float64):
        """Nothing is carried from step to step."""
        return ()

    def forward(self, weights, xs, state=None, lengths=None, rng=None):
        """Return the outputs of every step, the empty state, and a cache for ``backward``."""
        xs = zero_padding(validate.sequences("EachStep: xs", xs, self.input_size), lengths)
        ys, cache = self.layer.forward(weights, xs)
        return zero_padding(ys, lengths), (), EachStepCache(cache, kept(lengths))

    def backward(self, weights, cache, dys, dstate=None):
        """Return the gradients of the weights and of xs, and the empty state."""
        validate.kind("EachStep: cache", cache, EachStepCache)
        cache, lengths = cache
        validate.sequences("EachStep: dys", dys, self.output_size)
        dweights, dxs = self.layer.backward(weights, cache, zero_padding(dys, lengths))
        return dweights, dxs, ()

    def final(self, state):
        raise TypeError("EachStep: keeps no state to sum a row up; end a Stack with another layer")

    final_backward = final
