"""GloVe: word vectors fitted to the logarithms of how often words stand near each other."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse
from tqdm import tqdm

from rnncourse import init, validate
from rnncourse.text.vocabulary import Vocabulary
from rnncourse.text.word_vectors import WordVectors

TINY = 1e-12  # where a gradient has always been 0, so that 0 / 0 is 0


def cooccurrences(documents, vocabulary, window=10):
    """How near and how often words stand to each other: X[i, j] sums 1 / distance.

    The sum is over all pairs of i and j at most ``window`` words apart in one document, to both
    sides, so X is symmetric. Tokens that the vocabulary does not list are left out first.
    Shapes: documents (lists of tokens) -> a sparse matrix (V, V).
    Raises: ValueError unless window is a whole number of at least 1; TypeError for a document
    that is a string.
    Reference: Pennington, Socher & Manning 2014, section 4.2; the page subwords-and-global-counts.

    >>> documents = [["ice", "is", "cold"], ["cold", "ice"]]
    >>> cooccurrences(documents, Vocabulary(("ice", "is", "cold"))).toarray()
    array([[0. , 1. , 1.5],
           [1. , 0. , 1. ],
           [1.5, 1. , 0. ]])
    """
    validate.kind("vocabulary", vocabulary, Vocabulary)
    validate.whole("window", window, 1)
    ids, lengths = vocabulary.encode_documents(documents)
    document = np.repeat(np.arange(len(lengths)), lengths)
    shape = (len(vocabulary), len(vocabulary))
    to_the_right = sparse.csr_array(shape)
    for distance in range(1, min(window + 1, lengths.max(initial=0))):
        together = document[:-distance] == document[distance:]
        pairs = (ids[:-distance][together], ids[distance:][together])
        nearness = np.full(len(pairs[0]), 1 / distance)
        to_the_right = to_the_right + sparse.csr_array((nearness, pairs), shape=shape)
    return to_the_right + to_the_right.T


class GloVeWeights(NamedTuple):
    """Two vectors and two biases a word: W and W_context (V, E), b and b_context (V,)."""

    W: np.ndarray
    W_context: np.ndarray
    b: np.ndarray
    b_context: np.ndarray


class GloVeBatch(NamedTuple):
    """Entries X[rows, columns] = counts of the co-occurrences, each (N,), counts above 0."""

    rows: np.ndarray
    columns: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True)
class GloVe:
    """The weighted regression  w_i · w̃_j + b_i + b̃_j ≈ log X_ij:

        L = mean of f(X_ij) (w_i · w̃_j + b_i + b̃_j - log X_ij)²,   f(x) = min(1, (x / x_max)^alpha)

    Shapes: a batch holds N entries; weights as in ``GloVeWeights``.
    Raises: ValueError or TypeError for settings, weights or a batch that do not fit.
    Reference: Pennington, Socher & Manning 2014, section 3; the page subwords-and-global-counts.

    >>> model = GloVe(vocabulary_size=5, embedding_size=2)
    >>> batch = GloVeBatch(np.array([0, 3]), np.array([4, 1]), np.array([1.0, 100.0]))
    >>> loss, gradient = model.loss_and_gradient(model.init(np.random.default_rng(0)), batch)
    >>> gradient.W.shape, model.weigh(batch.counts).round(3)
    ((5, 2), array([0.032, 1.   ]))
    """

    vocabulary_size: int
    embedding_size: int
    x_max: float = 100.0
    alpha: float = 0.75

    def __post_init__(self):
        validate.sizes(self, "vocabulary_size", "embedding_size")
        validate.positive("GloVe: x_max", self.x_max)
        validate.positive("GloVe: alpha", self.alpha)

    def init(self, rng, dtype=np.float64):
        """Small vectors, between -1/2E and 1/2E, and biases of 0."""
        validate.rng(rng)
        V, E = self.vocabulary_size, self.embedding_size
        vectors = rng.uniform(-0.5 / E, 0.5 / E, (2, V, E))
        W, W_context = vectors.astype(validate.float_dtype(dtype))
        return GloVeWeights(W, W_context, *init.zeros((2, V), dtype=dtype))

    def weigh(self, counts):
        """f: rare pairs, whose counts say little, weigh less, and none weighs more than 1."""
        counts = validate.array("GloVe: counts", counts)
        validate.amounts("GloVe: counts", counts, zero=False)
        return np.minimum(1, (counts / float(self.x_max)) ** float(self.alpha))

    def loss_and_gradient(self, weights, batch):
        """The loss of a batch, and its gradient, 0 for words that are not in it."""
        name, V = f"GloVe(vocabulary_size={self.vocabulary_size})", self.vocabulary_size
        matrix = (V, self.embedding_size)
        validate.weights(name, weights, GloVeWeights(matrix, matrix, (V,), (V,)))
        validate.kind(f"{name}: batch", batch, GloVeBatch)
        rows, columns, counts = (
            validate.array(f"{name}: {field}", given)
            for field, given in zip(batch._fields, batch, strict=True)
        )
        if rows.ndim != 1 or len(rows) == 0:
            raise ValueError(f"{name}: rows should be (N,) with at least one, got {rows.shape}")
        validate.ids(f"{name}: rows", rows, V)
        validate.shape(f"{name}: columns", columns, rows.shape, "(N,)")
        validate.ids(f"{name}: columns", columns, V)
        validate.shape(f"{name}: counts", counts, rows.shape, "(N,)")
        return self._loss_and_gradient(weights, batch._replace(counts=counts))

    def _loss_and_gradient(self, weights, batch):
        """The same without checks: ``weights`` may hold some words only, numbered anew."""
        W, W_context, b, b_context = weights
        rows, columns, counts = batch
        counts = counts.astype(W.dtype)
        importance = self.weigh(counts)
        products = np.einsum("ne,ne->n", W[rows], W_context[columns])
        residuals = products + b[rows] + b_context[columns] - np.log(counts)
        weighted = importance * residuals
        loss = (weighted * residuals).mean()
        slopes = weighted * (2 / len(rows))  # dL / d products
        dproducts = sparse.csr_array((slopes, (rows, columns)), shape=(len(W), len(W_context)))
        return float(loss), GloVeWeights(
            W=dproducts @ W_context,
            W_context=dproducts.T @ W,
            b=dproducts.sum(axis=1),
            b_context=dproducts.sum(axis=0),
        )


def train_glove(
    documents, vocabulary, rng, *,
    embedding_size=50, window=10, x_max=100.0, alpha=0.75, epochs=15, batch_size=16384, lr=0.05,
    progress=True,
):  # fmt: skip
    """Fit GloVe to the co-occurrences of some documents by AdaGrad, in float32.

    s <- s + g²;  w <- w - lr g / sqrt(s), for the words in the batch: others have a gradient of 0.
    Returns WordVectors, the sum W + W_context, and the losses, one a batch.
    Raises: ValueError or TypeError for settings out of range, or when no two words of the
    vocabulary stand near each other.
    Reference: Pennington, Socher & Manning 2014, section 4.2; Duchi, Hazan & Singer 2011.

    >>> documents = [["ice", "is", "cold"], ["steam", "is", "hot"]] * 9
    >>> vectors, losses = train_glove(documents, Vocabulary.of(documents), np.random.default_rng(0),
    ...                               embedding_size=2, progress=False)
    >>> vectors.vectors.shape, losses[-1] < losses[0]
    ((5, 2), True)
    """
    validate.whole("epochs", epochs, 1)
    validate.whole("batch_size", batch_size, 1)
    validate.positive("lr", lr)
    validate.rng(rng)
    X = cooccurrences(documents, vocabulary, window).tocoo()
    if X.nnz == 0:
        raise ValueError("documents should hold two known words within the window, got none")
    model = GloVe(len(vocabulary), embedding_size, x_max, alpha)
    weights = model.init(rng, np.float32)
    squares = GloVeWeights(*map(np.zeros_like, weights))
    losses = []
    for _ in tqdm(range(epochs), disable=not progress, leave=False):
        order = rng.permutation(X.nnz)
        for start in range(0, X.nnz, batch_size):
            chosen = np.sort(order[start : start + batch_size])  # by rows: quicker to look up
            rows, row_places = np.unique(X.row[chosen], return_inverse=True)
            columns, column_places = np.unique(X.col[chosen], return_inverse=True)
            places = GloVeWeights(rows, columns, rows, columns)
            loss, gradient = model._loss_and_gradient(
                GloVeWeights(*(w[place] for w, place in zip(weights, places, strict=True))),
                GloVeBatch(row_places, column_places, X.data[chosen]),
            )
            for w, s, g, place in zip(weights, squares, gradient, places, strict=True):
                s[place] = square = s[place] + g * g
                w[place] -= float(lr) * g / (np.sqrt(square) + TINY)
            losses.append(loss)
    return WordVectors(vocabulary, weights.W + weights.W_context), losses
