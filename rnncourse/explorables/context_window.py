"""ContextWindow: the examples that word2vec makes of a sentence, word by word."""

import numpy as np
import traitlets

from rnncourse import validate
from rnncourse.explorables.base import Explorable, front_end
from rnncourse.text.windows import keep_probability

MOST_WORDS = 1000  # that noise is drawn from: they travel with the page


class ContextWindow(Explorable):
    """Slides word2vec's window along a sentence: positive pairs, and noise words drawn for them.

    A sentence is a list of words, or a string to be split at its spaces. ``frequencies``: how often
    each word stands in the corpus; it holds the words that noise is drawn from, by n(w)^0.75, and
    those of the sentence. ``total``: tokens of the corpus, if these words are not all of it.
    ``threshold`` is subsampling's. ``place`` counts from 1.
    Shapes: 2 to 40 words; frequencies of at most 1000; window 1 to 5, negatives 1 to 10.
    Raises: TypeError, ValueError for a word without a frequency or an argument out of its range.
    Reference: Mikolov et al. 2013; the page word2vec.

    >>> ContextWindow("the cat eats the fish", {"the": 60, "cat": 4, "eats": 2, "fish": 3})
    <ContextWindow explorable>
    """

    _esm = front_end("random", "context_window")

    title = traitlets.Unicode("A window slides along a sentence").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "The arrows lead from what the model is given, the bag, to what it should tell from noise, "
        "the target. Noise that happens to be the target is left out. Below a frequent word: how "
        "often subsampling leaves it out of the sentence before any window is laid."
    ).tag(sync=True)
    sentence = traitlets.List().tag(sync=True)
    dropped = traitlets.List().tag(sync=True)  # of each word, how often it is left out
    vocabulary = traitlets.List().tag(sync=True)
    counts = traitlets.List().tag(sync=True)
    place = traitlets.Int().tag(sync=True)
    window = traitlets.Int().tag(sync=True)
    architecture = traitlets.Unicode().tag(sync=True)
    negatives = traitlets.Int().tag(sync=True)
    seed = traitlets.Int().tag(sync=True)
    drawn = traitlets.Int(0).tag(sync=True)  # how often noise was drawn anew

    def __init__(
        self,
        sentence,
        frequencies,
        *,
        total=None,
        threshold=1e-3,
        place=1,
        window=2,
        architecture="skip-gram",
        negatives=3,
        seed=0,
        **traits,
    ):
        words = sentence.split() if isinstance(sentence, str) else sentence
        words = [validate.kind("each word", word, str) for word in words]
        validate.between("the length of the sentence", len(words), 2, 40)
        counts = _frequencies(frequencies, words)
        validate.whole("place", place, 1, len(words))
        validate.whole("window", window, 1, 5)
        validate.whole("negatives", negatives, 1, 10)
        validate.whole("seed", seed, 0)
        known = sum(counts.values())
        total = known if total is None else total
        validate.whole("total", total, known)
        super().__init__(
            sentence=words,
            dropped=_dropped(words, counts, total, threshold),
            vocabulary=list(counts),
            counts=list(counts.values()),
            place=int(place),
            window=int(window),
            architecture=validate.choice("architecture", architecture, ("skip-gram", "cbow")),
            negatives=int(negatives),
            seed=int(seed),
            **traits,
        )


def _frequencies(given, sentence):
    counts = validate.kind("frequencies", given, dict)
    validate.between("the number of frequencies", len(counts), 2, MOST_WORDS)
    for word, n in counts.items():
        validate.kind("each word of frequencies", word, str)
        validate.whole(f"the frequency of {word!r}", n, 1)
    for word in sentence:
        validate.choice("each word of the sentence", word, counts)
    return {word: int(n) for word, n in counts.items()}


def _dropped(sentence, counts, total, threshold):
    """How often subsampling leaves each word of the sentence out."""
    others = [total - sum(counts.values())]  # of the corpus, as if they were one word
    frequencies = [*counts.values(), *(n for n in others if n > 0)]
    kept = dict(zip(counts, keep_probability(np.array(frequencies), threshold), strict=False))
    return [round(1 - float(kept[word]), 4) for word in sentence]
