"""Data: ``make_*`` generates it, ``load_*`` reads what an installed package carries.

Nothing is downloaded. Each set says where it comes from and under which licence; the page data
says what to beware of.
"""

import importlib
from collections import Counter
from dataclasses import dataclass

import numpy as np

from rnncourse import validate
from rnncourse.models import Batch, RegressionBatch
from rnncourse.text import Vocabulary, pad_sequences

PADDING, START, END = "<pad>", "<start>", "<end>"

SURNAME_LOCALES = {
    "Dutch": "nl_NL",
    "English": "en_GB",
    "Finnish": "fi_FI",
    "French": "fr_FR",
    "German": "de_DE",
    "Irish": "ga_IE",
    "Italian": "it_IT",
    "Slovak": "sk_SK",
    "Spanish": "es_ES",
    "Swedish": "sv_SE",
}


@dataclass(frozen=True)
class Surnames:
    """Family names and the language each is listed under. labels[i] indexes ``languages``."""

    names: tuple[str, ...]
    labels: np.ndarray
    languages: tuple[str, ...]
    source: str = "Faker, faker.providers.person"
    licence: str = "MIT"


@dataclass(frozen=True)
class Text:
    """One long English text."""

    characters: str
    source: str = "Python's own reference manual, pydoc_data.topics"
    licence: str = "PSF-2.0"


def load_surnames(rng, per_language=300):
    """Draw the same number of family names for each of ten languages, in random order.

    A name listed under two of the languages is left out: it has no single right answer.
    Raises: ImportError, saying what to install, without Faker; ValueError when a language has
    fewer names than asked for.

    >>> surnames = load_surnames(np.random.default_rng(0), per_language=5)
    >>> len(surnames.names), len(surnames.languages)
    (50, 10)
    """
    validate.rng(rng)
    lists = {language: _faker_names(locale) for language, locale in SURNAME_LOCALES.items()}
    languages = tuple(lists)
    times_listed = Counter(name for names in lists.values() for name in names)
    names, labels = [], []
    for label, language in enumerate(languages):
        own = [name for name in lists[language] if times_listed[name] == 1]
        validate.whole(f"per_language for {language}", per_language, 1, len(own))
        names += [own[i] for i in rng.choice(len(own), per_language, replace=False)]
        labels += [label] * per_language
    order = rng.permutation(len(names))
    return Surnames(tuple(names[i] for i in order), np.array(labels)[order], languages)


def load_text():
    """Python's reference manual as one string of some hundred thousand characters.

    Its topics quote each other, so a paragraph is kept only where it first stands: otherwise
    text held back for a test would have been read in training. The manual grows from one version
    of Python to the next, so compare results within a run.

    >>> len(load_text().characters) > 300_000
    True
    """
    from pydoc_data.topics import topics

    paragraphs = "\n\n".join(topics[key] for key in sorted(topics)).split("\n\n")
    return Text("\n\n".join(dict.fromkeys(paragraphs)))


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


def _faker_names(locale):
    try:
        module = importlib.import_module(f"faker.providers.person.{locale}")
    except ImportError as error:
        raise ImportError('surnames come with Faker: pip install "rnncourse[book]"') from error
    return list(dict.fromkeys(module.Provider.last_names))
