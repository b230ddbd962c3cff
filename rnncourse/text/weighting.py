"""Weights in place of counts: TF-IDF and BM25."""

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from rnncourse import validate

INVERSE_DOCUMENT_FREQUENCY = {  # M documents, of which df contain the term
    "plain": lambda M, df: np.log(M / df),
    "one-more": lambda M, df: np.log(M / (1 + df)),
    "smooth": lambda M, df: np.log((1 + M) / (1 + df)) + 1,
    "robertson": lambda M, df: np.log((M - df + 0.5) / (df + 0.5)),
    "lucene": lambda M, df: np.log(1 + (M - df + 0.5) / (df + 0.5)),
}
TERM_FREQUENCY = {  # n times in a document of some length
    "count": lambda n, length: n,
    "share": lambda n, length: n / length,
    "log": lambda n, length: 1 + np.log(n),
    "binary": lambda n, length: np.ones(len(n)),
}


def inverse_document_frequency(counts, variant="smooth"):
    """How much a term tells: the fewer documents contain it, the more.

    plain      log(M / df)
    one-more   log(M / (1 + df)): 0 for df = M - 1, negative for a term in every document
    smooth     log((1 + M) / (1 + df)) + 1: scikit-learn's
    robertson  log((M - df + ½) / (df + ½)): negative for df > M / 2
    lucene     log(1 + (M - df + ½) / (df + ½)): never negative

    Shapes: counts (M, V) -> (V,).
    Raises: ValueError for another variant, for negative counts, without a document, or for the
    plain one where a term stands in no document.
    Reference: Spärck Jones 1972; Robertson & Zaragoza 2009; Kamphuis et al. 2020.

    >>> counts = sparse.csr_array([[1, 0], [1, 2]])
    >>> inverse_document_frequency(counts, "one-more").round(3)
    array([-0.405,  0.   ])
    """
    counts = _counts("counts", counts)
    validate.choice("variant", variant, INVERSE_DOCUMENT_FREQUENCY)
    if not counts.shape[0]:
        raise ValueError("counts should be of at least one document, got none")
    frequencies = np.bincount(counts.indices, minlength=counts.shape[1])
    if variant == "plain" and not frequencies.all():
        raise ValueError("plain: each term should stand in a document, and one stands in none")
    return INVERSE_DOCUMENT_FREQUENCY[variant](counts.shape[0], frequencies)


def tf_idf(counts, idf, tf="count", norm="l2"):
    """Counts weighted by how much each term tells.

    weights[d, t] = tf(t, d) · idf[t], then each row divided by its length if norm is "l2"
    tf: count n, share n / |d|, log 1 + log n, or binary 1, and 0 where the count is 0

    Shapes: counts (M, V), idf (V,) -> a sparse matrix (M, V). A document without a term is a row
    of zeros.
    Raises: ValueError for another tf or norm, or an idf that is not (V,).
    Reference: Salton & Buckley 1988; the page weighting-and-ranking.

    >>> counts = sparse.csr_array([[1, 0], [1, 2]])
    >>> tf_idf(counts, np.array([0.0, 2.0]), norm=None).toarray()
    array([[0., 0.],
           [0., 4.]])
    """
    counts = _counts("counts", counts)
    validate.shape("idf", idf, counts.shape[1:], "(V,)")
    validate.choice("tf", tf, TERM_FREQUENCY)
    validate.choice("norm", norm, ("l2", None))
    weights = TERM_FREQUENCY[tf](counts.data, _lengths(counts)[_rows(counts)])
    weights = weights * np.asarray(idf)[counts.indices]
    if norm == "l2":
        squares = np.bincount(_rows(counts), weights**2, minlength=counts.shape[0])
        lengths = np.sqrt(np.where(squares > 0, squares, 1))
        weights /= lengths[_rows(counts)]
    return sparse.csr_array((weights, counts.indices, counts.indptr), shape=counts.shape)


@dataclass(frozen=True)
class BM25:
    """How well documents answer a query: TF-IDF whose counts saturate, seen against length.

    score(q, d) = Σ_t q_t · idf(t) · tf (k1 + 1) / (tf + k1 (1 - b + b |d| / avgdl))

    k1 says how slowly further occurrences stop counting (0: at once), b how far a long document is
    discounted (0: not at all, 1: in proportion). q_t is how often the query has the term; with k3
    it saturates too: q_t (k3 + 1) / (q_t + k3). ``index`` (V, M) is an inverted index: row t holds
    the documents with term t and what the term adds to their score.
    Shapes: counts (M, V) of the documents.
    Raises: ValueError for k1 or k3 below 0, b outside [0, 1], another idf, or no token at all.
    Reference: Robertson & Zaragoza 2009; Kamphuis et al. 2020; the page weighting-and-ranking.

    >>> documents = sparse.csr_array([[1, 0], [1, 2]])
    >>> BM25(documents).scores(sparse.csr_array([[0, 1]])).round(3)
    array([[0.   , 0.836]])
    """

    counts: sparse.csr_array = field(repr=False)
    k1: float = 1.2
    b: float = 0.75
    idf: str = "lucene"
    k3: float | None = None
    index: sparse.csr_array = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        counts = _counts("BM25: counts", self.counts)
        validate.between("BM25: k1", self.k1, 0)
        validate.between("BM25: b", self.b, 0, 1)
        if self.k3 is not None:
            validate.between("BM25: k3", self.k3, 0)
        validate.choice("BM25: idf", self.idf, INVERSE_DOCUMENT_FREQUENCY)
        lengths = _lengths(counts)
        if not lengths.any():
            raise ValueError("BM25: counts should hold at least one token, got none")
        relative = 1 - self.b + self.b * lengths / lengths.mean()
        tf = counts.data
        saturated = tf * (self.k1 + 1) / (tf + self.k1 * relative[_rows(counts)])
        weights = saturated * inverse_document_frequency(counts, self.idf)[counts.indices]
        by_document = sparse.csr_array((weights, counts.indices, counts.indptr), shape=counts.shape)
        object.__setattr__(self, "index", by_document.T.tocsr())

    def scores(self, queries):
        """The score of every document for every query.

        Shapes: counts of the queries (Q, V) -> (Q, M).
        """
        queries = _counts("BM25: queries", queries, self.index.shape[0])
        if self.k3 is not None:
            q = queries.data
            weights = q * (self.k3 + 1) / (q + self.k3)
            queries = sparse.csr_array((weights, queries.indices, queries.indptr), queries.shape)
        return (queries @ self.index).toarray()


def _counts(name, given, columns=None):
    """Return ``given`` as a sparse matrix of floats that stores each count above 0 once."""
    counts = sparse.csr_array(validate.matrix(name, given, columns), dtype=float, copy=True)
    counts.sum_duplicates()
    counts.eliminate_zeros()
    validate.amounts(name, counts.data)
    return counts


def _lengths(counts):
    return np.asarray(counts.sum(1)).ravel()


def _rows(counts):
    """The row of each stored count."""
    return np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
