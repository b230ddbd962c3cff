"""From texts to batches, whole or in random pieces."""

import math

import numpy as np

from rnncourse import validate
from rnncourse.models import Batch
from rnncourse.recurrent import running_steps
from rnncourse.text import Vocabulary, pad_sequences

PADDING, START, END = "<pad>", "<start>", "<end>"


def classification_batch(vocabulary, texts, labels):
    """Texts and one label each as a Batch whose mask is 1 at each text's last symbol.

    Shapes: N texts, labels (N,) -> ids, targets and mask (T, N).
    Raises: ValueError when the numbers differ, a text is empty or a label negative; TypeError for
    labels that are no whole numbers; KeyError for unknown symbols.

    >>> vocabulary = Vocabulary.of(["ab", "b"], special=[PADDING])
    >>> batch = classification_batch(vocabulary, ["ab", "b"], np.array([3, 7]))
    >>> batch.ids.T, batch.mask.T
    (array([[1, 2],
           [2, 0]]), array([[0., 1.],
           [1., 0.]]))
    """
    validate.kind("vocabulary", vocabulary, Vocabulary)
    labels = validate.array("labels", labels)
    validate.shape("labels", labels, (len(texts),), "(N,)")
    ids, lengths = pad_sequences(
        [vocabulary.encode(text) for text in texts], vocabulary.id(PADDING)
    )
    if not lengths.all():
        raise ValueError(f"text {int(np.argmin(lengths))} is empty: it has no last symbol")
    validate.ids("labels", labels, np.inf)  # how many classes there are, the model knows
    mask = np.zeros(ids.shape)
    mask[lengths - 1, np.arange(len(texts))] = 1
    return Batch(ids, np.broadcast_to(labels, ids.shape), mask, lengths)


def language_model_batch(vocabulary, texts):
    """Texts as a Batch in which every symbol is to be predicted from those before it.

    START goes in front and END behind, so the model also learns how texts begin and end.
    Shapes: N texts -> ids, targets and mask (T + 1, N) with T the longest text.
    Raises: KeyError for unknown symbols.

    >>> vocabulary = Vocabulary.of(["hi"], special=[PADDING, START, END])
    >>> batch = language_model_batch(vocabulary, ["hi"])
    >>> batch.ids.T, batch.targets.T
    (array([[1, 3, 4]]), array([[3, 4, 2]]))
    """
    padding = validate.kind("vocabulary", vocabulary, Vocabulary).id(PADDING)
    ids, lengths = pad_sequences([vocabulary.encode([START, *text]) for text in texts], padding)
    targets, _ = pad_sequences([vocabulary.encode([*text, END]) for text in texts], padding)
    mask = running_steps("mask", lengths, *ids.shape)[..., 0].astype(float)
    return Batch(ids, targets, mask, lengths)


def minibatches(batch, batch_size, steps, rng):
    """Yield ``steps`` random selections of ``batch_size`` rows of a Batch, cut where the longest
    of them ends; in a batch without lengths, after the last step at which any has a loss.

    Shapes: batch (T, N) -> (at most T, batch_size).
    Raises: ValueError unless 1 <= batch_size <= N.

    >>> whole = Batch(np.arange(6).reshape(3, 2), np.zeros((3, 2), int), np.ones((3, 2)))
    >>> [batch.ids.shape for batch in minibatches(whole, 1, 2, np.random.default_rng(0))]
    [(3, 1), (3, 1)]
    """
    validate.rng(rng)
    batch, ends = _checked(batch)
    N = len(ends)
    validate.whole("batch_size", batch_size, 1, N)
    validate.whole("steps", steps, 0)
    choices = (rng.choice(N, batch_size, replace=False) for _ in range(steps))
    return (_cut(batch.rows(rows), ends[rows].max()) for rows in choices)


def bucketed(lengths, batch_size, buckets, rng):
    """Share rows out in batches of like length: as many groups as ``buckets``, by length.

    The rows are shuffled, sorted by length and parted into groups of one size, or nearly; a group
    is shuffled and parted into batches of one size, or nearly, and in the end the batches are
    shuffled. With one bucket the batches are random, with as many as there are batches, sorted.
    Shapes: lengths (N,) -> a list of arrays of row numbers, each of at most ``batch_size``.
    Raises: ValueError or TypeError unless lengths are whole and 1 <= buckets <= N.
    Reference: Khomenko et al. 2016; the page bucketing-and-packing.

    >>> batches = bucketed([9, 2, 8, 1, 7, 3], 3, buckets=2, rng=np.random.default_rng(0))
    >>> sorted(sorted(batch.tolist()) for batch in batches)
    [[0, 2, 4], [1, 3, 5]]
    """
    lengths = _lengths(lengths)
    validate.whole("batch_size", batch_size, 1)
    validate.whole("buckets", buckets, 1, len(lengths))
    shuffled = validate.rng(rng).permutation(len(lengths))  # rows of one length, in any order
    by_length = shuffled[np.argsort(lengths[shuffled], kind="stable")]
    groups = map(rng.permutation, np.array_split(by_length, buckets))
    batches = [
        batch
        for group in groups
        for batch in np.array_split(group, math.ceil(len(group) / batch_size))
    ]
    return [batches[place] for place in rng.permutation(len(batches))]


def padding_share(lengths, batches):
    """How much of some batches is padding: 1 - real steps / (T N of each, added up).

    Shapes: lengths (N,); batches, arrays of row numbers, each as long as its longest row.
    Raises: ValueError or TypeError for lengths or row numbers that do not fit.
    Reference: the page bucketing-and-packing.

    >>> padding_share([9, 1, 5, 5], [[0, 1], [2, 3]])
    0.2857142857142857
    """
    lengths, real, computed = _lengths(lengths), 0, 0
    for batch in batches:
        batch = _whole_numbers("each batch", batch, len(lengths))
        real += lengths[batch].sum()
        computed += lengths[batch].max() * batch.size
    if not computed:
        raise ValueError("batches should hold at least one step, got none")
    return float(1 - real / computed)


def random_windows(ids, length, batch_size, steps, rng):
    """Yield Batches of windows of a long text, each to predict its next symbol at every step.

    Shapes: ids (S,) -> ``steps`` Batches of (length, batch_size).
    Raises: ValueError when the text is not longer than the window.

    >>> batch = next(random_windows(np.arange(9), 3, 2, 1, np.random.default_rng(0)))
    >>> bool((batch.targets == batch.ids + 1).all())
    True
    """
    validate.rng(rng)
    ids = validate.array("ids", ids)
    for name, number in (("length", length), ("batch_size", batch_size)):
        validate.whole(name, number, 1)
    validate.whole("steps", steps, 0)
    if ids.ndim != 1 or length >= len(ids):
        raise ValueError(
            f"ids should be one row, longer than a window; got {ids.shape} and a window of {length}"
        )
    offsets = np.arange(length)[:, None]
    mask = np.ones((length, batch_size))
    starts = (rng.integers(0, len(ids) - length, batch_size) for _ in range(steps))
    return (Batch(ids[offsets + start], ids[offsets + start + 1], mask) for start in starts)


def _checked(batch):
    """The batch as arrays that fit together, and where each of its rows can be cut, (N,)."""
    ids, targets, mask, lengths = validate.kind("batch", batch, Batch)
    ids, targets, mask = (
        validate.array("each array of the batch", array) for array in (ids, targets, mask)
    )
    if ids.ndim != 2:
        raise ValueError(f"the batch's ids should be (T, N), got {ids.shape}")
    for array in (targets, mask):
        validate.shape("each array of the batch", array, ids.shape, "(T, N)")
    if lengths is None:
        return Batch(ids, targets, mask), len(mask) - np.argmax(mask[::-1] > 0, axis=0)
    lengths = validate.lengths("the batch", lengths, *ids.shape)
    return Batch(ids, targets, mask, lengths), lengths


def _cut(batch, steps):
    """The first steps of a batch."""
    ids, targets, mask, lengths = batch
    return Batch(ids[:steps], targets[:steps], mask[:steps], lengths)


def _lengths(lengths):
    return _whole_numbers("lengths", lengths, np.inf)


def _whole_numbers(name, given, end):
    """Return ``given`` as an array; raise unless it is a row of whole numbers in [0, end)."""
    given = validate.array(name, given)
    validate.shape(name, given, (given.size,))
    if not given.size:
        raise ValueError(f"{name} should hold at least one number, got none")
    validate.ids(name, given, end)
    return given
