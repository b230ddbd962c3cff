"""From texts to batches, whole or in random pieces."""

import numpy as np

from rnncourse import validate
from rnncourse.models import Batch
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
    return Batch(ids, np.broadcast_to(labels, ids.shape), mask)


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
    mask = (np.arange(len(ids))[:, None] < lengths).astype(float)
    return Batch(ids, targets, mask)


def minibatches(batch, batch_size, steps, rng):
    """Yield ``steps`` random selections of ``batch_size`` sequences of a Batch, cut after
    the last step at which any of them has a loss.

    Shapes: batch (T, N) -> (at most T, batch_size).
    Raises: ValueError unless 1 <= batch_size <= N.

    >>> whole = Batch(np.arange(6).reshape(3, 2), np.zeros((3, 2), int), np.ones((3, 2)))
    >>> [batch.ids.shape for batch in minibatches(whole, 1, 2, np.random.default_rng(0))]
    [(3, 1), (3, 1)]
    """
    validate.rng(rng)
    validate.kind("batch", batch, Batch)
    batch = Batch(*(validate.array("each array of the batch", array) for array in batch))
    if batch.ids.ndim != 2:
        raise ValueError(f"the batch's ids should be (T, N), got {batch.ids.shape}")
    for array in batch:
        validate.shape("each array of the batch", array, batch.ids.shape, "(T, N)")
    N = batch.ids.shape[1]
    validate.whole("batch_size", batch_size, 1, N)
    validate.whole("steps", steps, 0)
    ends = len(batch.mask) - np.argmax(batch.mask[::-1] > 0, axis=0)  # after the last loss
    return (
        Batch(*(array[: ends[rows].max(), rows] for array in batch))
        for rows in (rng.choice(N, batch_size, replace=False) for _ in range(steps))
    )


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
