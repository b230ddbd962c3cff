"""fastText: a word's vector is the mean of its parts', so unknown words have vectors too."""

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from rnncourse import validate
from rnncourse.text.tokens import ngrams
from rnncourse.text.vocabulary import Vocabulary
from rnncourse.text.word2vec import fit
from rnncourse.text.word_vectors import WordVectors


@dataclass(frozen=True)
class Subwords:
    """The parts of a word: the word itself, if it is known, and its character n-grams.

    A word is first written with its borders, "<fish>". Its n-grams of ``shortest`` to ``longest``
    characters are hashed (FNV-1a, 32 bits) into ``buckets``, so two n-grams may share a row.
    Row i < V belongs to word i, row V + k to bucket k: R = V + buckets rows in all.
    Raises: ValueError unless 1 <= shortest <= longest and there is a bucket.
    Reference: Bojanowski et al. 2017; the page subwords-and-global-counts.

    >>> subwords = Subwords(Vocabulary(("fish", "cat")), shortest=3, longest=4, buckets=1000)
    >>> subwords.ngrams("cat"), len(subwords.parts("cat")), len(subwords.parts("cats"))
    (['<ca', 'cat', 'at>', '<cat', 'cat>'], 6, 7)
    """

    vocabulary: Vocabulary
    shortest: int = 3
    longest: int = 6
    buckets: int = 50_000

    def __post_init__(self):
        validate.kind("Subwords: vocabulary", self.vocabulary, Vocabulary)
        validate.whole("Subwords: shortest", self.shortest, 1)
        validate.whole("Subwords: longest", self.longest, self.shortest)
        validate.whole("Subwords: buckets", self.buckets, 1)

    @property
    def rows(self):
        """R, how many rows there are."""
        return len(self.vocabulary) + self.buckets

    def ngrams(self, word):
        """The character n-grams of a word between its borders."""
        validate.kind("word", word, str)
        return ngrams(f"<{word}>", self.shortest, self.longest, separator="")

    def parts(self, word):
        """The rows of a word; of an unknown word too, if it has an n-gram."""
        own = [self.vocabulary.id(word)] if word in self.vocabulary else []
        V = len(self.vocabulary)
        return own + [V + _fnv1a(ngram) % self.buckets for ngram in self.ngrams(word)]

    def matrix(self, words):
        """Which rows each word is the mean of: (len(words), R), sparse, each row summing to 1.

        Raises: ValueError for an unknown word too short to have an n-gram.
        """
        words = validate.tokens("words", words)
        rows = [self.parts(word) for word in words]
        for word, parts in zip(words, rows, strict=True):
            if not parts:
                raise ValueError(
                    f"{word!r} is unknown and too short for {self.shortest} characters"
                )
        ends = np.cumsum([0, *map(len, rows)])
        columns = np.array([row for parts in rows for row in parts], dtype=int)
        shares = np.repeat([1 / len(parts) for parts in rows], np.diff(ends))
        matrix = sparse.csr_array((shares, columns, ends), shape=(len(rows), self.rows))
        matrix.sum_duplicates()
        return matrix


@dataclass(frozen=True)
class SubwordVectors(WordVectors):
    """Word vectors that also know the parts: ``vector`` answers for any word with an n-gram.

    vector(w) = mean of the rows of W_in (R, E) that are parts of w

    ``nearest`` looks among the words of the vocabulary.
    Raises: ValueError as ``WordVectors``, or unless W_in is (R, E); KeyError for an unknown word
    too short to have an n-gram.
    Reference: Bojanowski et al. 2017; the page subwords-and-global-counts.
    """

    subwords: Subwords = field(repr=False)
    W_in: np.ndarray = field(repr=False)

    def __post_init__(self):
        super().__post_init__()
        validate.kind("subwords", self.subwords, Subwords)
        validate.kind("W_in", self.W_in, np.ndarray)
        validate.shape("W_in", self.W_in, (self.subwords.rows, self.vectors.shape[1]), "(R, E)")

    def vector(self, word):
        """The vector (E,) of a word, known or not."""
        parts = self.subwords.parts(word)
        if not parts:
            raise KeyError(f"{word!r} is unknown and has no n-gram")
        return self.W_in[parts].mean(0)


def train_fasttext(documents, vocabulary, rng, *, shortest=3, longest=6, buckets=50_000, **options):
    """Skip-gram over the parts of words; ``word2vec.fit`` says what the other options are.

    Returns the SubwordVectors and the loss of every batch.
    Raises: ValueError as ``Subwords`` and ``word2vec.fit``.
    Reference: Bojanowski et al. 2017; the page subwords-and-global-counts.

    >>> documents = [["cat", "eats", "fish"], ["dogs", "eat", "fish"]] * 9
    >>> vectors, losses = train_fasttext(documents, Vocabulary.of(documents),
    ...                                  np.random.default_rng(0), embedding_size=4, progress=False)
    >>> vectors.vector("cats").shape, "cats" in vectors.vocabulary
    ((4,), False)
    """
    subwords = Subwords(vocabulary, shortest, longest, buckets)
    parts = subwords.matrix(vocabulary.symbols)
    weights, losses = fit(documents, vocabulary, rng, parts=parts, **options)
    vectors = parts.astype(weights.W_in.dtype) @ weights.W_in
    return SubwordVectors(vocabulary, vectors, subwords, weights.W_in), losses


def _fnv1a(text):
    """FNV-1a, a hash of 32 bits that is the same on every machine (Python's own is not)."""
    value = 2166136261
    for byte in text.encode():
        value = (value ^ byte) * 16777619 % 2**32
    return value
