"""A vector for each word, and what its directions say."""

from dataclasses import dataclass

import numpy as np

from rnncourse import validate
from rnncourse.text.ranking import cosine, rank
from rnncourse.text.vocabulary import Vocabulary


@dataclass(frozen=True)
class WordVectors:
    """Words and their vectors: row i of ``vectors`` (V, E) belongs to symbol i.

    Raises: ValueError unless there is one finite vector a word; KeyError, when asked, for an
    unknown word.
    Reference: the page word2vec.

    >>> vocabulary = Vocabulary(("cat", "dog", "tax"))
    >>> vectors = WordVectors(vocabulary, np.array([[1.0, 0.1], [0.9, 0.2], [0.0, 1.0]]))
    >>> vectors.nearest("cat", k=1)[0][0], round(vectors.similarity("cat", "tax"), 3)
    ('dog', 0.1)
    """

    vocabulary: Vocabulary
    vectors: np.ndarray

    def __post_init__(self):
        validate.kind("vocabulary", self.vocabulary, Vocabulary)
        validate.kind("vectors", self.vectors, np.ndarray)
        found = validate.array("vectors", self.vectors).shape
        if len(found) != 2 or found[0] != len(self.vocabulary) or not found[1]:
            raise ValueError(f"vectors should be ({len(self.vocabulary)}, E), got {found}")
        if not np.isfinite(self.vectors).all():
            raise ValueError("vectors should be finite, got nan or infinity")

    def vector(self, word):
        """The vector (E,) of a word."""
        return self.vectors[self.vocabulary.id(word)]

    def similarity(self, a, b):
        """The cosine of two words' vectors."""
        return float(cosine(self.vector(a)[None], self.vector(b)[None])[0, 0])

    def nearest(self, word, k=5, without=()):
        """The k words whose vectors point most nearly the same way, with their cosines.

        ``word`` may also be a vector (E,). A word is not among its own neighbours, nor are those in
        ``without``.
        """
        named = isinstance(word, str)
        vector = self.vector(word) if named else validate.array("word", word)
        validate.shape("word", vector, self.vectors.shape[1:], "(E,)")
        left_out = {*validate.tokens("without", without), *([word] if named else [])}
        validate.whole("k", k, 1, len(self.vocabulary))
        cosines = cosine(vector[None], self.vectors)[0]
        found = []
        for place in rank(cosines)[: k + len(left_out)]:
            if self.vocabulary.symbols[place] not in left_out:
                found.append((self.vocabulary.symbols[place], float(cosines[place])))
        return found[:k]

    def analogy(self, a, b, c, k=5, without_question=True):
        """What is to c as b is to a: the words nearest to b - a + c, each of length 1.

        The three words themselves are left out, as is usual; with without_question=False they
        are not, and often come first.
        Raises: ValueError for a word whose vector is all zeros: it has no direction.
        Reference: Mikolov et al. 2013; Linzen 2016.
        """
        va, vb, vc = map(self._direction, (a, b, c))
        return self.nearest(vb - va + vc, k, (a, b, c) if without_question else ())

    def _direction(self, word):
        """The vector of a word, scaled to length 1."""
        vector = self.vector(word)
        if not vector.any():
            raise ValueError(f"the vector of {word!r} should have a direction, got zeros")
        return vector / np.linalg.norm(vector)
