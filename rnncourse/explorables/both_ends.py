"""BothEnds: what is known of a word from its left, from its right, and from both."""

import numpy as np
import traitlets

from rnncourse import validate
from rnncourse.explorables.base import Explorable, distinct_symbols, front_end


class BothEnds(Explorable):
    """Shows what three readers say of each word of a sentence: which tag, how probable.

    ``left`` has read the words up to and with word t, ``right`` word t and all after it, ``both``
    the whole sentence: the probabilities that trained models gave, which travel rounded to four
    decimals. A sentence is a list of words, or a string to be split at its spaces.
    ``targets``: numbers of the right tags, such as a ``Batch`` has; they are marked. ``sentence``
    and ``place`` count from 1.
    Shapes: N ≤ 12 sentences of at most 40 words; left, right, both (T, N, K), targets (T, N), where
    what stands after the end of a sentence is not read; 2 ≤ K ≤ 8 tags.
    Raises: TypeError, ValueError for shapes that do not fit, or probabilities that are none.
    Reference: Schuster & Paliwal 1997; the page bidirectional.

    >>> coin, sure = np.full((2, 1, 2), 0.5), np.eye(2)[:, None]
    >>> BothEnds(["rome leave"], coin, sure, sure, tags=("home", "other"), targets=[[0], [1]])
    <BothEnds explorable>
    """

    _esm = front_end("both_ends")

    title = traitlets.Unicode("Reading a sentence from both ends").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "A blue line below a word: the chain from left to right has read it. An orange line above: "
        "the chain from right to left has. They meet at word *t*. The bars are the probabilities "
        "that three trained readers give the tags of word *t*; ▸ marks the right tag, where it is "
        "known. Tap a word, or move with the slider."
    ).tag(sync=True)
    sentences = traitlets.List().tag(sync=True)
    tags = traitlets.List().tag(sync=True)
    left = traitlets.List().tag(sync=True)  # of each sentence, of each word, of each tag
    right = traitlets.List().tag(sync=True)
    both = traitlets.List().tag(sync=True)
    targets = traitlets.List().tag(sync=True)
    sentence = traitlets.Int().tag(sync=True)
    place = traitlets.Int().tag(sync=True)

    def __init__(
        self, sentences, left, right, both, tags, *, targets=None, sentence=1, place=1, **traits
    ):
        sentences = [_words(given) for given in validate.kind("sentences", sentences, list)]
        validate.between("the number of sentences", len(sentences), 1, 12)
        tags = distinct_symbols("tags", tags)
        validate.between("the number of tags", len(tags), 2, 8)
        lengths = [
            validate.between("the length of a sentence", len(words), 1, 40) for words in sentences
        ]
        readers = {"left": left, "right": right, "both": both}
        validate.whole("sentence", sentence, 1, len(sentences))
        validate.whole("place", place, 1, lengths[sentence - 1])
        super().__init__(
            sentences=sentences,
            tags=tags,
            targets=[] if targets is None else _targets(targets, lengths, len(tags)),
            sentence=int(sentence),
            place=int(place),
            **{k: _probabilities(k, given, lengths, len(tags)) for k, given in readers.items()},
            **traits,
        )


def _words(sentence):
    words = sentence.split() if isinstance(sentence, str) else sentence
    return [validate.kind("each word", word, str) for word in words]


def _rows(name, given, lengths, shape, axes):
    """The entries (T_n, …) of each sentence, of an array (T, N, …) that may be longer."""
    array = validate.array(name, given)
    wanted = (max(lengths), len(lengths), *shape)
    if array.ndim != len(wanted) or array.shape[1:] != wanted[1:] or len(array) < wanted[0]:
        raise ValueError(f"{name} should be {axes} with at least {wanted}, got {array.shape}")
    return [array[:length, n] for n, length in enumerate(lengths)]


def _probabilities(name, given, lengths, K):
    rows = _rows(name, given, lengths, (K,), "(T, N, K)")
    for row in rows:
        good = (row >= 0).all(axis=-1) & np.isclose(row.sum(axis=-1), 1, rtol=0, atol=1e-4)
        if not good.all():
            raise ValueError(
                f"{name} should hold probabilities that add up to 1 at each word, "
                f"got {row[~good][0]}"
            )
    return [row.astype(np.float64).round(4).tolist() for row in rows]


def _targets(given, lengths, K):
    rows = _rows("targets", given, lengths, (), "(T, N)")
    for row in rows:
        validate.ids("targets", row, K)
    return [row.tolist() for row in rows]
