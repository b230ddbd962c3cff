"""The models that chapters train, in PyTorch: nn.RNN, nn.LSTM and nn.GRU with ends attached.

Names, axes and states are those of the NumPy package: symbols are ids (T, N), time first; a state
is an HState or LSTMState, here of tensors (L, N, H), where L counts layers, twice if bidirectional.
Ids, lengths and masks may be arrays or tensors. ``torch.manual_seed`` decides the first weights.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnncourse import validate
from rnncourse.cells import HState, LSTMState
from rnncourse.torch_attention import Attention

CELLS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}


class Reader(nn.Module):
    """What every model begins with:  ids -> embedding -> dropout -> recurrent -> hs, state.

    ``cell`` is a name in CELLS or that class of torch.nn; dropout also acts between layers.
    With ``lengths``, row n ends after lengths[n] steps: its state freezes and its outputs are 0.
    Shapes: ids (T, N); lengths (N,) from 0 to T; hs (T, N, H), or (T, N, 2H) if bidirectional.
    Raises: ValueError or TypeError for sizes, names or data that do not fit, saying how.
    Reference: the page padding-and-masking.

    >>> reader = Reader(vocabulary_size=10, embedding_size=4, hidden_size=8, bidirectional=True)
    >>> hs, state = reader.read(np.zeros((5, 2), int), lengths=[5, 3])
    >>> tuple(hs.shape), tuple(state.c.shape), tuple(reader.final(state).shape)
    ((5, 2, 16), (2, 2, 8), (2, 16))
    """

    def __init__(
        self, vocabulary_size, embedding_size, hidden_size, *,
        cell="LSTM", num_layers=1, bidirectional=False, dropout=0.0,
    ):  # fmt: skip
        super().__init__()
        self.vocabulary_size, self.embedding_size = vocabulary_size, embedding_size
        self.hidden_size, self.num_layers = hidden_size, num_layers
        validate.sizes(self, "vocabulary_size", "embedding_size", "hidden_size", "num_layers")
        name = type(self).__name__
        if cell not in CELLS.values():
            cell = CELLS[validate.choice(f"{name}: cell", cell, CELLS)]
        validate.share(f"{name}: dropout", dropout)
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        self.dropout = nn.Dropout(dropout)
        self.recurrent = cell(
            embedding_size, hidden_size, num_layers, bidirectional=bidirectional,
            dropout=dropout if num_layers > 1 else 0.0,
        )  # fmt: skip
        self.State = LSTMState if isinstance(self.recurrent, nn.LSTM) else HState
        self.directions = 2 if bidirectional else 1
        self.features, self.layers = self.directions * hidden_size, self.directions * num_layers

    def read(self, ids, state=None, lengths=None):
        """Return the outputs of the last layer and the final state of every layer."""
        name, ids = f"{type(self).__name__}(vocabulary_size={self.vocabulary_size})", _array(ids)
        if ids.ndim != 2 or ids.size == 0:
            raise ValueError(f"{name}: ids should be (T, N), both at least 1, got {ids.shape}")
        validate.ids(f"{name}: ids", ids, self.vocabulary_size)
        zeros = self.embedding.weight.new_zeros(self.layers, ids.shape[1], self.hidden_size)
        start = self.State(*(zeros for _ in self.State._fields)) if state is None else state
        _check_state(f"{name}: state", start, self.State, zeros)
        xs = self.dropout(self.embedding(torch.as_tensor(ids, device=zeros.device).long()))
        if lengths is not None:  # torch packs no empty row: let it run for a step, undone below
            lengths = torch.as_tensor(validate.lengths(name, _array(lengths), *ids.shape)).long()
            xs = pack_padded_sequence(xs, lengths.clamp(min=1), enforce_sorted=False)
        hs, end = self.recurrent(xs, start if self.State is LSTMState else start.h)
        end = LSTMState(*end) if self.State is LSTMState else HState(end)
        if lengths is None:
            return hs, end
        begun = (lengths > 0)[:, None].to(zeros.device)
        hs = torch.where(begun, pad_packed_sequence(hs, total_length=len(ids))[0], 0)
        return hs, _map(lambda after, before: torch.where(begun, after, before), end, start)

    def final(self, state):
        """What the last layer makes of each row: h (N, H), or that of both directions (N, 2H)."""
        return torch.cat([*state.h[-self.directions :]], dim=-1)


class LanguageModel(Reader):
    """Predict each next symbol from those before it:  Reader -> linear -> logits.

    The state returned carries a text on into the next window; ``detach`` it in between for
    truncated backpropagation. Call ``eval()`` before ``step``, which rnncourse.decode drives.
    Shapes: ids (T, N); lengths (N,); logits (T, N, V).
    Raises: as Reader, whose options it takes; ValueError if bidirectional.
    Reference: the page language-models; Mikolov et al. 2010.

    >>> model = LanguageModel(vocabulary_size=10, embedding_size=4, hidden_size=8, cell="GRU")
    >>> logits, state = model(np.zeros((5, 2), int))
    >>> logits, state = model(np.zeros((5, 2), int), detach(state))
    >>> tuple(logits.shape), tuple(state.h.shape)
    ((5, 2, 10), (1, 2, 8))
    """

    def __init__(self, vocabulary_size, embedding_size, hidden_size, **options):
        super().__init__(vocabulary_size, embedding_size, hidden_size, **options)
        if self.directions == 2:
            raise ValueError("LanguageModel: bidirectional should be False, or it sees the answers")
        self.linear = nn.Linear(hidden_size, vocabulary_size)

    def forward(self, ids, state=None, lengths=None):
        """Return the logits of every step and the final state."""
        hs, state = self.read(ids, state, lengths)
        return self.linear(hs), state

    @torch.no_grad()
    def step(self, ids, state=None):
        """One step without gradient: ids (N,) in, logits (N, V) and the next state out."""
        logits, state = self(_one_step(ids), state)
        return logits[0], state


class Tagger(Reader):
    """Label every symbol:  Reader -> linear -> logits.

    Shapes: ids (T, N); lengths (N,); logits (T, N, output_size), meaningless on the padding.
    Raises: as Reader, whose options it takes.
    Reference: the pages five-task-patterns and bidirectional.

    >>> model = Tagger(10, 4, 8, output_size=3, bidirectional=True)
    >>> tuple(model(np.zeros((5, 2), int), lengths=[5, 3]).shape)
    (5, 2, 3)
    """

    def __init__(self, vocabulary_size, embedding_size, hidden_size, output_size, **options):
        super().__init__(vocabulary_size, embedding_size, hidden_size, **options)
        self.output_size = output_size
        validate.sizes(self, "output_size")
        self.linear = nn.Linear(self.features, output_size)

    def forward(self, ids, lengths=None):
        """Return the logits of every step."""
        hs, _ = self.read(ids, lengths=lengths)
        return self.linear(hs)


class Classifier(Tagger):
    """Label every row as a whole:  Reader -> final state, of both directions -> linear -> logits.

    Shapes: ids (T, N); lengths (N,); logits (N, output_size).
    Raises: as Reader, whose options it takes.
    Reference: the page five-task-patterns.

    >>> model = Classifier(10, 4, 8, output_size=3)
    >>> tuple(model(np.zeros((5, 2), int), lengths=[5, 3]).shape)
    (2, 3)
    """

    def forward(self, ids, lengths=None):
        """Return the logits of every row."""
        _, state = self.read(ids, lengths=lengths)
        return self.linear(self.final(state))


class DecoderState(NamedTuple):
    """What a decoder works from: its own state; the encoder's outputs (S, N, H) and their mask."""

    recurrent: HState | LSTMState
    memory: torch.Tensor
    mask: torch.Tensor


class EncoderDecoder(nn.Module):
    """Read one sequence, write another: the encoder's final state starts the decoder.

    With ``attention`` "additive" or "dot", each output of the decoder looks back at the source.
    ``bidirectional`` is the encoder alone; the decoder is then twice as wide.
    To write, call ``eval()``, start from ``encode(source)`` of one source (S, 1), and let
    rnncourse.decode drive ``step``: ``generate`` as it is, ``beam_search`` with ``select=select``.
    Shapes: source (S, N) and its lengths (N,); ids (T, N), the symbol before each to write;
    logits (T, N, V); weights (T, N, S), or None without attention.
    Raises: as Reader, whose options it takes, and Attention.
    Reference: Sutskever, Vinyals & Le 2014; Luong, Pham & Manning 2015.

    >>> model = EncoderDecoder(10, 12, 4, 8, attention="dot")
    >>> logits, weights = model(np.zeros((5, 2), int), np.zeros((3, 2), int), lengths=[5, 3])
    >>> tuple(logits.shape), tuple(weights.shape)
    ((3, 2, 12), (3, 2, 5))
    """

    def __init__(
        self, source_vocabulary_size, target_vocabulary_size, embedding_size, hidden_size, *,
        attention=None, **options,
    ):  # fmt: skip
        super().__init__()
        self.encoder = Reader(source_vocabulary_size, embedding_size, hidden_size, **options)
        options["bidirectional"] = False  # a decoder cannot read what it has yet to write
        size = self.encoder.features
        self.decoder = Reader(target_vocabulary_size, embedding_size, size, **options)
        self.attention = None if attention is None else Attention(size, attention)
        self.linear = nn.Linear(size, target_vocabulary_size)

    def forward(self, source, ids, lengths=None):
        """Teacher forcing: return the logits of every step and the attention weights."""
        logits, _, weights = self._decode(ids, self.encode(source, lengths))
        return logits, weights

    def encode(self, source, lengths=None):
        """Return the state that ``step`` starts from."""
        hs, state = self.encoder.read(source, lengths=lengths)
        S, N, _ = hs.shape
        ends = np.full(N, S) if lengths is None else _array(lengths)
        mask = torch.as_tensor(np.arange(S)[:, None] < ends, device=hs.device)
        layers = self.decoder.layers  # each takes both directions of the encoder, side by side
        state = _map(lambda h: h.unflatten(0, (layers, -1)).movedim(1, 2).flatten(2), state)
        return DecoderState(state, hs, mask)

    @torch.no_grad()
    def step(self, ids, state):
        """One step without gradient: ids (N,) in, logits (N, V) and the next state out."""
        logits, state, _ = self._decode(_one_step(ids), state)
        return logits[0], state

    def _decode(self, ids, state):
        if not isinstance(state, DecoderState):
            raise TypeError(f"state should be a DecoderState of encode, got {type(state).__name__}")
        recurrent, memory, mask = state
        if np.shape(ids)[1:] != mask.shape[1:]:
            raise ValueError(f"ids should be (T, N = {mask.shape[1]}), got {_array(ids).shape}")
        hs, recurrent = self.decoder.read(ids, recurrent)
        hs, weights = (hs, None) if self.attention is None else self.attention(hs, memory, mask)
        return self.linear(hs), DecoderState(recurrent, memory, mask), weights


def masked_cross_entropy(logits, targets, mask=None):
    """Mean of -log softmax(logits)[target], weighted by the mask: ``functional.cross_entropy``.

    Shapes: logits (..., V); targets (...) in [0, V); mask (...) at least 0, or None for all ones.
    Where it is 0, the logits are not read.
    Raises: ValueError or TypeError for logits, targets or a mask that do not fit.
    Reference: the page padding-and-masking.

    >>> masked_cross_entropy(torch.zeros(2, 4), [3, 0], mask=[1, 0]).exp()
    tensor(4.)
    """
    if not (isinstance(logits, torch.Tensor) and logits.is_floating_point() and logits.ndim):
        raise TypeError(f"logits should be a tensor (..., V) of floats, got {logits!r}")
    shape, targets = tuple(logits.shape[:-1]), _array(targets)
    mask = np.ones(shape) if mask is None else _array(mask)
    validate.shape("targets", targets, shape)
    validate.ids("targets", targets, logits.shape[-1])
    validate.shape("mask", mask, shape)
    validate.amounts("mask", mask)
    if not mask.any():
        raise ValueError("mask should be above 0 somewhere, got zeros everywhere")
    targets = torch.as_tensor(targets, device=logits.device).long()
    mask = torch.as_tensor(mask, device=logits.device).to(logits.dtype)
    log_probabilities = torch.where(mask[..., None] > 0, logits, 0).log_softmax(dim=-1)
    chosen = log_probabilities.gather(-1, targets[..., None])[..., 0]
    return -(mask * chosen).sum() / mask.sum()


def detach(state):
    """The same state, cut off from its past: no gradient flows back through it.

    >>> detach(HState(torch.ones(1, 1, 2, requires_grad=True))).h.requires_grad
    False
    """
    return _map(torch.Tensor.detach, state)


def select(state, rows):
    """The given rows of a state, the way ``decode.beam_search`` asks for them.

    >>> select(HState(torch.tensor([[[1.0], [2.0], [3.0]]])), [2, 0]).h.tolist()
    [[[3.0], [1.0]]]
    """
    return _map(lambda tensor: tensor[:, rows], state)


def _map(function, state, *others):
    """Apply ``function`` to each tensor of a state."""
    if isinstance(state, torch.Tensor):
        return function(state, *others)
    if not isinstance(state, (HState, LSTMState, DecoderState)):
        raise TypeError(f"state should be what a model returned, got {type(state).__name__}")
    return type(state)(*(_map(function, *tensors) for tensors in zip(state, *others, strict=True)))


def _check_state(name, state, kind, like):
    if type(state) is not kind:
        raise TypeError(f"{name} should be {kind.__name__}, got {type(state).__name__}")
    wanted = tuple(like.shape), like.dtype
    for found in _map(lambda tensor: (tuple(tensor.shape), tensor.dtype), state):
        if found != wanted:
            raise ValueError(f"{name} should be (L, N, H) = {wanted}, got {found}")


def _one_step(ids):
    ids = _array(ids)
    validate.shape("ids of one step", ids, (ids.size,), "(N,)")
    return ids[None]


def _array(values):  # a copy, since torch refuses some arrays: one reversed, say
    return np.array(values.detach().cpu().numpy() if isinstance(values, torch.Tensor) else values)
