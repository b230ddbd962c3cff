"""Text as numbers: from counts of words to word vectors, and n-gram models.

``rnncourse.text.bert``, which needs PyTorch, is imported by its own name.
"""

from rnncourse.text.counts import count
from rnncourse.text.fasttext import Subwords, SubwordVectors, train_fasttext
from rnncourse.text.glove import GloVe, GloVeBatch, GloVeWeights, cooccurrences, train_glove
from rnncourse.text.ngram import KneserNey
from rnncourse.text.ranking import cosine, ndcg, precision, rank, reciprocal_rank
from rnncourse.text.segment import Segmenter
from rnncourse.text.tokens import characters, ngrams, words
from rnncourse.text.vocabulary import Vocabulary, pad_sequences
from rnncourse.text.weighting import BM25, inverse_document_frequency, tf_idf
from rnncourse.text.windows import context_pairs, keep_probability, noise_distribution
from rnncourse.text.word2vec import Word2Vec, Word2VecBatch, Word2VecWeights, train_word2vec
from rnncourse.text.word_vectors import WordVectors

__all__ = [
    "BM25",
    "GloVe",
    "GloVeBatch",
    "GloVeWeights",
    "KneserNey",
    "Segmenter",
    "SubwordVectors",
    "Subwords",
    "Vocabulary",
    "Word2Vec",
    "Word2VecBatch",
    "Word2VecWeights",
    "WordVectors",
    "characters",
    "context_pairs",
    "cooccurrences",
    "cosine",
    "count",
    "inverse_document_frequency",
    "keep_probability",
    "ndcg",
    "ngrams",
    "noise_distribution",
    "pad_sequences",
    "precision",
    "rank",
    "reciprocal_rank",
    "tf_idf",
    "train_fasttext",
    "train_glove",
    "train_word2vec",
    "words",
]
