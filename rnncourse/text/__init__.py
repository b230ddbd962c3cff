"""Text as numbers: vocabularies and n-gram models."""

from rnncourse.text.ngram import KneserNey
from rnncourse.text.vocabulary import Vocabulary, pad_sequences

__all__ = ["KneserNey", "Vocabulary", "pad_sequences"]
