"""Documents as rows of counts: the bag of words."""

import numpy as np
from scipy import sparse

from rnncourse import validate
from rnncourse.text.vocabulary import Vocabulary


def count(documents, vocabulary):
    """How often each symbol of the vocabulary stands in each document.

    counts[d, t] = tf(t, d). A token that the vocabulary does not list is left out.
    Shapes: M documents (lists of tokens) -> a sparse matrix (M, V) of whole numbers. Only counts
    above 0 are stored, so memory grows with the number of tokens and not with M · V.
    Raises: TypeError for a document that is a string: cut it into tokens first.
    Reference: Salton & Buckley 1988; the page counting-words.

    >>> documents = [["猫", "喜欢", "鱼"], ["狗", "不", "喜欢", "鱼"]]
    >>> count(documents, Vocabulary(("猫", "狗", "喜欢", "不", "鱼"))).toarray()
    array([[1, 0, 1, 0, 1],
           [0, 1, 1, 1, 1]])
    """
    validate.kind("vocabulary", vocabulary, Vocabulary)
    columns, lengths = vocabulary.encode_documents(documents)
    once_each, ends = np.ones_like(columns), np.cumsum([0, *lengths])
    counts = sparse.csr_array((once_each, columns, ends), shape=(len(lengths), len(vocabulary)))
    counts.sum_duplicates()
    return counts
