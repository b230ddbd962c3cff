"""Symbols to whole numbers and back."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from rnncourse import validate


@dataclass(frozen=True)
class Vocabulary:
    """A fixed list of symbols (characters or words), each known by its place.

    Raises: ValueError for a symbol listed twice; KeyError, on encoding, for one not
    listed; ValueError, on decoding, for an id out of range.
    Reference: the page training-and-inference.

    >>> vocabulary = Vocabulary.of(["abba", "cab"])
    >>> vocabulary.symbols, vocabulary.encode("cab")
    (('a', 'b', 'c'), array([2, 0, 1]))
    >>> vocabulary.decode([2, 0, 1])
    'cab'
    """

    symbols: tuple[str, ...]
    separator: str = ""
    _ids: dict = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        validate.kind("Vocabulary: symbols", self.symbols, tuple)
        for text in (*self.symbols, self.separator):
            validate.kind("Vocabulary: a symbol or the separator", text, str)
        ids = {symbol: place for place, symbol in enumerate(self.symbols)}
        if len(ids) < len(self.symbols):
            twice = sorted({s for s in self.symbols if self.symbols.count(s) > 1})
            raise ValueError(f"each symbol should be listed once, got twice: {twice}")
        object.__setattr__(self, "_ids", ids)

    @classmethod
    def of(cls, texts, special=(), separator="", min_count=1):
        """Collect the symbols of some texts in sorted order, after the ``special`` ones.

        Of the others, only those that stand there ``min_count`` times or more.
        Raises: TypeError for a text that is neither a string nor a list of strings.
        """
        validate.whole("min_count", min_count, 1)
        counts = Counter()
        for text in texts:
            counts.update(text if isinstance(text, str) else validate.tokens("a text", text))
        found = {symbol for symbol, count in counts.items() if count >= min_count}
        return cls((*special, *sorted(found - set(special))), separator)

    def __len__(self):
        return len(self.symbols)

    def __contains__(self, symbol):
        return symbol in self._ids

    def id(self, symbol):
        """The place of one symbol."""
        if symbol not in self._ids:
            raise KeyError(f"{symbol!r} is not among the {len(self)} symbols of this vocabulary")
        return self._ids[symbol]

    def encode(self, text):
        """A string (by character) or a list of symbols, as an array of whole numbers."""
        return np.array([self.id(symbol) for symbol in text], dtype=np.int64)

    def encode_known(self, tokens):
        """The places of those tokens that are listed, as a list; the others are left out.

        Raises: TypeError for a string, or what is no list of strings.
        """
        places = map(self._ids.get, validate.tokens("a document", tokens))
        return [place for place in places if place is not None]

    def encode_documents(self, documents):
        """The places of the listed tokens of all documents, laid end to end.

        Shapes: M documents (lists of tokens) -> ids (P,), and lengths (M,), how many each has.
        Raises: TypeError for a document that is a string, or what is no list of strings.
        """
        rows = [self.encode_known(document) for document in documents]
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        return np.fromiter(chain.from_iterable(rows), np.int64, lengths.sum()), lengths

    def decode(self, ids):
        """Whole numbers as text, joined by ``separator``."""
        if len(ids):
            validate.ids("ids", np.asarray(ids), len(self))
        return self.separator.join(self.symbols[i] for i in ids)


def pad_sequences(sequences, padding=0):
    """Lay sequences of unlike length side by side, time first, filling up with ``padding``.

    Shapes: N arrays of ids -> ids (T, N) with T the longest length, and lengths (N,).
    Raises: ValueError when there is no sequence or one is not a list; TypeError unless its numbers
    are whole.

    >>> ids, lengths = pad_sequences([np.array([5, 6, 7]), np.array([8])])
    >>> ids.T, lengths
    (array([[5, 6, 7],
           [8, 0, 0]]), array([3, 1]))
    """
    if not len(sequences):
        raise ValueError("sequences should hold at least one sequence, got none")
    validate.whole("padding", padding, -np.inf)
    sequences = [validate.array("each sequence", sequence) for sequence in sequences]
    shapes = {sequence.ndim for sequence in sequences}
    if shapes != {1}:
        raise ValueError(f"each sequence should be (T,), got arrays of {sorted(shapes)} axes")
    for kind in {sequence.dtype for sequence in sequences if len(sequence)}:
        if not np.issubdtype(kind, np.integer):
            raise TypeError(f"each sequence should hold whole numbers, got {kind}")
    lengths = np.array([len(sequence) for sequence in sequences])
    ids = np.full((lengths.max(), len(sequences)), padding, dtype=np.int64)
    for n, sequence in enumerate(sequences):
        ids[: len(sequence), n] = sequence
    return ids, lengths
