"""Weights to and from the state dicts of torch.nn, by renaming alone; and between two kinds of GRU.

    Recurrent(cell), cell an RNN, LSTM or GRU              nn.RNN, nn.LSTM or nn.GRU
    Bidirectional(Recurrent, Recurrent) that concatenates  the same, bidirectional=True
    Stack of either, without shortcuts                     the same, num_layers=len(layers)
    Linear, Embedding, LayerNorm                           their namesakes
    SequenceModel                                          torch_models.LanguageModel or Tagger

Nothing is transposed, reordered or cast. All layers of a torch.nn module share one cell and one
hidden size, and so must those of its counterpart. A gradient has the type of the weights and is
converted like them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rnncourse import validate
from rnncourse.bidirectional import Bidirectional, BidirectionalWeights
from rnncourse.cells import GRU, LSTM, RNN, Weights
from rnncourse.layers import (
    Embedding,
    EmbeddingWeights,
    LayerNorm,
    LayerNormWeights,
    Linear,
    LinearWeights,
)
from rnncourse.models import SequenceModel, SequenceWeights
from rnncourse.recurrent import Recurrent
from rnncourse.stack import Stack, StackWeights
from rnncourse.tree import tree_leaves, tree_map
from rnncourse.variants import ResetBeforeGRU


def to_torch(layer, weights):
    """Return the weights as a state dict for the layer's counterpart in torch.nn.

    Shapes: of each tensor, those of the array; it is a copy of the same dtype.
    Raises: TypeError for a layer without counterpart; ValueError or TypeError for weights that
    do not fit the layer.
    Reference: the table at the head of ``rnncourse.convert``.

    >>> import torch
    >>> layer = Recurrent(LSTM(3, 2))
    >>> state_dict = to_torch(layer, layer.init(np.random.default_rng(0), np.float32))
    >>> list(state_dict)
    ['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0']
    >>> torch.nn.LSTM(3, 2).load_state_dict(state_dict)
    <All keys matched successfully>
    """
    import torch  # here, so that the package needs torch only where a tensor is made

    parameters = _parameters(layer)
    tree_map(lambda parameter, array: array, parameters, weights)  # the same tree, the same shapes
    names = [parameter.name for _, parameter in tree_leaves(parameters)]
    arrays = [np.array(array, order="C") for _, array in tree_leaves(weights)]
    for name, array in zip(names, arrays, strict=True):
        validate.dtype(name, array, arrays[0].dtype)
    return dict(zip(names, map(torch.from_numpy, arrays), strict=True))


def from_torch(layer, state_dict):
    """Return weights of the layer from a state dict of its counterpart in torch.nn.

    Shapes: as the layer's weights; each array is a copy of the same dtype.
    Raises: TypeError for a layer without counterpart, or a dict of anything but floating-point
    numbers of one dtype; ValueError for names or shapes that do not fit the layer.
    Reference: the table at the head of ``rnncourse.convert``.

    >>> import torch
    >>> weights = from_torch(Recurrent(LSTM(3, 2)), torch.nn.LSTM(3, 2).state_dict())
    >>> weights.W_ih.shape, weights.W_ih.dtype
    ((8, 3), dtype('float32'))
    """
    parameters = _parameters(layer)
    validate.kind("state_dict", state_dict, Mapping)
    wanted = {parameter.name: parameter.shape for _, parameter in tree_leaves(parameters)}
    if wanted.keys() != state_dict.keys():
        raise ValueError(f"state_dict should hold {[*wanted]}, got {[*state_dict]}")
    arrays = {name: _array(state_dict[name]) for name in wanted}
    for name, array in arrays.items():
        validate.shape(name, array, wanted[name])
        validate.dtype(name, array, next(iter(arrays.values())).dtype)
    return tree_map(lambda parameter: arrays[parameter.name], parameters)


def flip_update_gate(layer, weights):
    """Return weights that give the same GRU when z means the opposite; twice gives them again.

        h_t = z h_{t-1} + (1 - z) n     Cho et al. 2014 (EMNLP), PyTorch, this package: z keeps
        h_t = (1 - z) h_{t-1} + z n     Chung et al. 2014: z writes

    1 - sigmoid(a) = sigmoid(-a), so the block of z changes its sign, in W_ih, W_hh, b_ih and b_hh.
    Shapes: those of the weights. ``layer`` is a GRU, a ResetBeforeGRU, or Recurrent of one.
    Raises: TypeError for any other layer; ValueError or TypeError for weights that do not fit it.
    Reference: the page gru.

    >>> weights = Weights(np.ones((3, 1)), np.ones((3, 1)), np.ones(3), np.ones(3))
    >>> flip_update_gate(GRU(1, 1), weights).b_ih
    array([ 1., -1.,  1.])
    """
    cell = layer.cell if isinstance(layer, Recurrent) else layer
    if not isinstance(cell, (GRU, ResetBeforeGRU)):
        raise TypeError(
            "flip_update_gate: layer should be a GRU, a ResetBeforeGRU or Recurrent of one, "
            f"got {layer!r}"
        )
    validate.weights(type(cell).__name__, weights, cell.shapes)
    z = slice(cell.hidden_size, 2 * cell.hidden_size)

    def flipped(array):
        array = np.array(array)
        array[z] *= -1
        return array

    return weights._replace(**{name: flipped(getattr(weights, name)) for name in Weights._fields})


@dataclass(frozen=True)
class Parameter:
    """A tensor of a state dict. It has a shape, so ``tree_map`` can hold it against an array."""

    name: str
    shape: tuple


def _parameters(layer, prefix=""):
    """The tree of the layer's weights, with a Parameter in the place of each array."""
    match layer:
        case Linear(D, V):
            return LinearWeights(*_named(prefix, "", weight=(V, D), bias=(V,)))
        case Embedding(V, E):
            return EmbeddingWeights(*_named(prefix, "", weight=(V, E)))
        case LayerNorm(D):
            return LayerNormWeights(*_named(prefix, "", weight=(D,), bias=(D,)))
        case SequenceModel():
            return SequenceWeights(
                _parameters(layer.embedding, "embedding."),
                _parameters(layer.recurrent, "recurrent."),
                _parameters(layer.linear, "linear."),
            )
        case Stack(layers, shortcut=None) if len(set(map(_kind, layers))) == 1:
            trees = (_recurrent(one, prefix, f"_l{number}") for number, one in enumerate(layers))
            return StackWeights(tuple(trees), projections=((),) * len(layers))
        case _:
            return _recurrent(layer, prefix, "_l0")


def _recurrent(layer, prefix, ending):
    """The same for one layer, in one direction or two."""
    match layer:
        case Recurrent(cell) if _torch_has(cell):
            W_ih, W_hh, b_ih, b_hh = cell.shapes
            shapes = {"weight_ih": W_ih, "weight_hh": W_hh, "bias_ih": b_ih, "bias_hh": b_hh}
            return Weights(*_named(prefix, ending, **shapes))
        case Bidirectional(Recurrent() as one, Recurrent() as other, join="concatenate"):
            if _kind(one) == _kind(other):
                left_to_right = _recurrent(one, prefix, ending)
                right_to_left = _recurrent(other, prefix, f"{ending}_reverse")
                return BidirectionalWeights(left_to_right, right_to_left, projection=())
    raise TypeError(
        "torch.nn has RNN (tanh or ReLU), LSTM and GRU, both directions of one concatenated, "
        "plain stacks of either with one hidden size, Linear, Embedding and LayerNorm; "
        f"it has no counterpart of {layer!r}"
    )


def _torch_has(cell):
    known = type(cell) in (RNN, LSTM, GRU)
    return known and getattr(cell, "nonlinearity", "tanh") in ("tanh", "relu")


def _kind(layer):
    """What all layers and directions of one torch.nn module share."""
    if isinstance(layer, Bidirectional):
        return Bidirectional, _kind(layer.left_to_right)
    cell = getattr(layer, "cell", None)
    return type(cell), layer.output_size, getattr(cell, "nonlinearity", None)


def _named(prefix, ending, **shapes):
    return [Parameter(f"{prefix}{name}{ending}", shape) for name, shape in shapes.items()]


def _array(values):
    """A copy of a tensor, wherever it is and whether or not it collects a gradient; or an array."""
    return np.array(values.detach().cpu().numpy() if hasattr(values, "detach") else values)
