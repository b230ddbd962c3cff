"""Which words stand near which: what word2vec and fastText learn from."""

import numpy as np

from rnncourse import validate


def context_pairs(lengths, window, rng=None):
    """All pairs (centre, context) of places at most ``window`` apart in the same document.

    Places count through all documents laid end to end. With an ``rng``, each centre draws its own
    window from 1 to ``window``, so that near words count more often, as word2vec does.
    Shapes: lengths of the documents (M,) -> centres (P,), contexts (P,), in the order of centres.
    Raises: ValueError for a window below 1 or a negative length.
    Reference: Mikolov et al. 2013; the page word2vec.

    >>> centres, contexts = context_pairs([3, 2], window=1)
    >>> [(int(i), int(j)) for i, j in zip(centres, contexts)]
    [(0, 1), (1, 0), (1, 2), (2, 1), (3, 4), (4, 3)]
    """
    validate.whole("window", window, 1)
    lengths = validate.array("lengths", lengths)
    if lengths.ndim != 1:
        raise ValueError(f"lengths should be (M,), got {lengths.shape}")
    if lengths.size:  # NumPy reads [] as floats
        validate.ids("lengths", lengths, np.inf)
    lengths = lengths.astype(int)
    ends = np.cumsum(lengths)
    places = np.arange(lengths.sum())
    reach = np.full(len(places), window)
    if rng is not None:
        reach = validate.rng(rng).integers(1, window + 1, len(places))
    first = np.maximum(places - reach, np.repeat(ends - lengths, lengths))
    last = np.minimum(places + reach, np.repeat(ends, lengths) - 1)
    width = last - first + 1  # of the window, the centre among it
    centres = np.repeat(places, width)
    steps = np.arange(len(centres)) - np.repeat(np.cumsum(width) - width, width)
    contexts = np.repeat(first, width) + steps
    others = centres != contexts
    return centres[others], contexts[others]


def keep_probability(frequencies, threshold=1e-3):
    """How often each word is kept when the most frequent ones are thinned out.

    keep(w) = min(1, √(threshold / p(w)) + threshold / p(w)),   p(w) = n(w) / Σ n

    Shapes: frequencies n (V,), each above 0 -> (V,).
    Raises: ValueError for a frequency or a threshold that is not above 0.
    Reference: Mikolov et al. 2013, as their program computes it; the page word2vec.

    >>> keep_probability(np.array([900, 100]), threshold=0.1).round(3)
    array([0.444, 1.   ])
    """
    validate.positive("threshold", threshold)
    ratio = threshold / _shares(frequencies)
    return np.minimum(1, np.sqrt(ratio) + ratio)


def noise_distribution(frequencies, power=0.75):
    """How often each word is drawn as a wrong answer: p(w) ∝ n(w)^power.

    A power below 1 gives rare words more than their share.
    Shapes: frequencies n (V,), each above 0 -> (V,).
    Raises: ValueError for a frequency that is not above 0 or a power that is not finite.
    Reference: Mikolov et al. 2013; the page word2vec.

    >>> noise_distribution(np.array([81, 16]), power=0.5).round(3)
    array([0.692, 0.308])
    """
    validate.finite("power", power)
    weights = _shares(frequencies) ** power
    return weights / weights.sum()


def _shares(frequencies):
    """Each frequency divided by their sum."""
    frequencies = validate.array("frequencies", frequencies)
    if frequencies.ndim != 1:
        raise ValueError(f"frequencies should be (V,), got {frequencies.shape}")
    validate.amounts("frequencies", frequencies, zero=False)
    return frequencies / frequencies.sum()
