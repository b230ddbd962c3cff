"""Tasks made of random numbers, in which one thing is difficult: distance, or agreement."""

import numpy as np

from rnncourse import validate
from rnncourse.models import Batch, RegressionBatch
from rnncourse.recurrent import running_steps
from rnncourse.text import Vocabulary, pad_sequences


def make_recall(rng, length, batch_size, symbols=4):
    """Remember the first symbol: it is the target at the last step, all between is noise.

    Shapes: ids, targets and mask (length, batch_size); ids in [0, symbols).
    Raises: ValueError unless length >= 1, batch_size >= 1 and symbols >= 2.

    >>> batch = make_recall(np.random.default_rng(0), length=5, batch_size=3)
    >>> bool((batch.targets[-1] == batch.ids[0]).all()), int(batch.mask.sum())
    (True, 3)
    """
    validate.whole("length", length, 1)
    validate.whole("batch_size", batch_size, 1)
    validate.whole("symbols", symbols, 2)
    ids = validate.rng(rng).integers(0, symbols, (length, batch_size))
    mask = np.zeros(ids.shape)
    mask[-1] = 1
    return Batch(ids, np.broadcast_to(ids[0], ids.shape), mask)


def make_adding(rng, length, batch_size, dtype=np.float64):
    """Add two numbers of many: one of each half of the sequence is marked.

    At each step the input is a number from [0, 1) and a mark, 1 at two steps and 0 elsewhere.
    Who always answers 1, the mean, has a squared error of 1/6.
    Shapes: xs (length, batch_size, 2); targets (batch_size, 1), the sum of the marked numbers.
    Raises: ValueError unless length >= 2 and batch_size >= 1.
    Reference: Hochreiter & Schmidhuber 1997, experiment 4, in the form of Le, Jaitly & Hinton
    2015, section 4.1; the page seeing-it-fail.

    >>> batch = make_adding(np.random.default_rng(0), length=6, batch_size=3)
    >>> numbers, marks = batch.xs[..., 0], batch.xs[..., 1]
    >>> bool(np.isclose((numbers * marks).sum(axis=0), batch.targets[:, 0]).all())
    True
    """
    validate.whole("length", length, 2)
    validate.whole("batch_size", batch_size, 1)
    validate.float_dtype(dtype)
    xs = np.zeros((length, batch_size, 2), dtype)
    xs[..., 0] = validate.rng(rng).random((length, batch_size))
    half, rows = length // 2, np.arange(batch_size)
    for marked in (rng.integers(0, half, batch_size), rng.integers(half, length, batch_size)):
        xs[marked, rows, 1] = 1
    return RegressionBatch(xs, (xs[..., :1] * xs[..., 1:]).sum(axis=0))


def make_copy(rng, delay, batch_size, symbols=8, length=10):
    """Read ``length`` symbols, wait ``delay`` steps, then say them again, in order, on a signal.

    A blank, id ``symbols``, stands at every other step but the one of the signal, ``symbols`` + 1;
    the answer begins at the step after it. Only the answer counts, so guessing has a
    cross-entropy of log(symbols).
    Shapes: ids, targets and mask (2 length + delay + 1, batch_size).
    Raises: ValueError unless delay >= 0 and all else is at least 1, symbols at least 2.
    Reference: Hochreiter & Schmidhuber 1997; Arjovsky, Shah & Bengio 2016, section 5.1, where the
    blanks count too; the page seeing-it-fail.

    >>> batch = make_copy(np.random.default_rng(0), delay=2, batch_size=1, symbols=4, length=3)
    >>> batch.ids[:, 0]
    array([3, 2, 2, 4, 4, 5, 4, 4, 4])
    >>> batch.targets[6:, 0], batch.mask[:, 0]
    (array([3, 2, 2]), array([0., 0., 0., 0., 0., 0., 1., 1., 1.]))
    """
    validate.whole("delay", delay, 0)
    for name, number in (("batch_size", batch_size), ("length", length)):
        validate.whole(name, number, 1)
    validate.whole("symbols", symbols, 2)
    word = validate.rng(rng).integers(0, symbols, (length, batch_size))
    blank, signal = symbols, symbols + 1
    ids = np.full((2 * length + delay + 1, batch_size), blank)
    ids[:length], ids[length + delay] = word, signal
    targets, mask = np.full(ids.shape, blank), np.zeros(ids.shape)
    targets[-length:], mask[-length:] = word, 1
    return Batch(ids, targets, mask)


AGREEMENT = Vocabulary(
    ("the", "key", "keys", "to", "cabinet", "cabinets", "near", "door", "doors", "is", "are"), " "
)


def make_agreement(rng, phrases, batch_size):
    """Sentences such as *the key to the cabinets near the doors is*: the verb agrees with the
    first noun, whatever nouns stand between. Only the verb is to be predicted.

    Shapes: ids, targets and mask (2 + 3 phrases, batch_size), symbols of ``AGREEMENT``.
    Raises: ValueError unless phrases >= 0 and batch_size >= 1.
    Reference: Linzen, Dupoux & Goldberg 2016.

    >>> batch = make_agreement(np.random.default_rng(1), phrases=1, batch_size=1)
    >>> AGREEMENT.decode(batch.ids[:, 0]), AGREEMENT.symbols[batch.targets[-1, 0]]
    ('the key to the cabinets', 'is')
    """
    validate.whole("phrases", phrases, 0)
    validate.whole("batch_size", batch_size, 1)
    word = AGREEMENT.id
    plural = validate.rng(rng).integers(0, 2, (1 + phrases, batch_size))
    rows = [np.full(batch_size, word("the")), word("key") + plural[0]]
    for number, (link, noun) in zip(plural[1:], _links(phrases), strict=True):
        rows += [np.full(batch_size, word(link)), np.full(batch_size, word("the"))]
        rows += [word(noun) + number]
    ids = np.stack(rows)
    mask = np.zeros(ids.shape)
    mask[-1] = 1
    return Batch(ids, np.broadcast_to(word("is") + plural[0], ids.shape), mask)


def _links(phrases):
    pairs = [("to", "cabinet"), ("near", "door")]
    return [pairs[i % 2] for i in range(phrases)]


CITIES = ("oslo", "rome", "lima", "cairo")
FILLERS = ("early", "late", "today", "monday", "friday", "alone", "again")
VERBS = ("leave", "reach")
TRIPS = Vocabulary(("<pad>", "outward", "return", *CITIES, *VERBS, *FILLERS), " ")
TRIP_TAGS = ("other", "home", "away")


def make_trips(rng, clauses, batch_size, fillers=3, return_trips=False):
    """Tag the city we leave as home, the one we reach as away; the verb comes last, as in Japanese.

    Each clause is a city, up to ``fillers`` other words and a verb, *leave* or *reach*: *oslo
    monday early leave*. So the clue stands to the right, and who reads from the left tosses a coin.
    With ``return_trips`` each row begins with *outward* or *return*, and on the way back home and
    away change places: now neither direction alone knows anything of the answer.
    Shapes: ids, targets and mask (T, batch_size), symbols of ``TRIPS``, tags of ``TRIP_TAGS``;
    lengths (batch_size,) differ. The mask is 1 up to each row's end.
    Raises: ValueError unless clauses >= 1, batch_size >= 1 and fillers >= 0.
    Reference: the pages bidirectional and three-wirings.

    >>> batch = make_trips(np.random.default_rng(5), clauses=2, batch_size=1, fillers=2)
    >>> TRIPS.decode(batch.ids[:, 0])
    'rome alone early reach cairo friday leave'
    >>> [TRIP_TAGS[tag] for tag in batch.targets[:, 0]]
    ['away', 'other', 'other', 'other', 'home', 'other', 'other']
    """
    validate.whole("clauses", clauses, 1)
    validate.whole("batch_size", batch_size, 1)
    validate.whole("fillers", fillers, 0)
    validate.rng(rng)
    rows = [_trip(rng, clauses, fillers, return_trips) for _ in range(batch_size)]
    words, tags = zip(*rows, strict=True)
    ids, lengths = pad_sequences([TRIPS.encode(row) for row in words], TRIPS.id("<pad>"))
    targets, _ = pad_sequences([np.array(row) for row in tags])
    mask = running_steps("mask", lengths, *ids.shape)[..., 0].astype(float)
    return Batch(ids, targets, mask, lengths)


def _trip(rng, clauses, fillers, return_trips):
    """The words of one row and their tags."""
    returning = return_trips and rng.integers(2)
    words = [("outward", "return")[returning]] if return_trips else []
    tags = [0] * len(words)
    for _ in range(clauses):
        between = list(rng.choice(FILLERS, rng.integers(0, fillers + 1)))
        reach = rng.integers(2)
        words += [rng.choice(CITIES), *between, VERBS[reach]]
        tags += [1 + (reach ^ returning), *[0] * len(between), 0]
    return words, tags
