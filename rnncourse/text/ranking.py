"""Order documents by score, and say how good the order is."""

import numpy as np
from scipy import sparse

from rnncourse import validate


def cosine(queries, documents):
    """The cosine of the angle between every query and every document.

    cosine[q, d] = q · d / (‖q‖ ‖d‖), and 0 where either is a row of zeros

    Shapes: queries (Q, V), documents (M, V), sparse or not -> (Q, M).
    Raises: ValueError unless both have V columns of finite numbers.
    Reference: Salton & Buckley 1988; the page weighting-and-ranking.

    >>> cosine(np.array([[1.0, 0.0]]), np.array([[3.0, 4.0], [0.0, 2.0]]))
    array([[0.6, 0. ]])
    """
    queries = validate.matrix("queries", queries)
    documents = validate.matrix("documents", documents, queries.shape[1])
    products = _unit("queries", queries) @ _unit("documents", documents).T
    return products.toarray() if sparse.issparse(products) else np.asarray(products)


def rank(scores):
    """Numbers of the documents, the best first; those with equal scores by number.

    Shapes: (M,) -> (M,), or (Q, M) -> (Q, M).
    Raises: ValueError for nan, or scores of another shape.

    >>> rank(np.array([0.1, 0.7, 0.7]))
    array([1, 2, 0])
    """
    scores = validate.array("scores", scores).astype(float)
    if scores.ndim not in (1, 2):
        raise ValueError(f"scores should be (M,) or (Q, M), got {scores.shape}")
    if np.isnan(scores).any():
        raise ValueError("scores should be numbers, got nan")
    return np.argsort(-scores, axis=-1, kind="stable")


def reciprocal_rank(scores, relevance):
    """1 / the place of the most relevant document: 1 if it comes first, ½ if second.

    Of several that are equally relevant the first counts; 0 if none is relevant. The mean over
    queries is MRR.
    Shapes: scores (M,) and relevance (M,) of one query.
    Raises: ValueError unless both are (M,) and no relevance is negative.
    Reference: Voorhees 1999; the page weighting-and-ranking.

    >>> reciprocal_rank([0.9, 0.5, 0.1], relevance=[1, 2, 0])
    0.5
    """
    relevance = _in_order(scores, relevance)
    if not relevance.any():
        return 0.0
    return 1 / (1 + int(relevance.argmax()))


def precision(scores, relevance, depth=10):
    """The share of relevant documents among the first ``depth``.

    Shapes: scores (M,) and relevance (M,) of one query.
    Raises: ValueError as ``reciprocal_rank``, or for a depth that is not in [1, M].

    >>> precision([0.9, 0.5, 0.1], relevance=[1, 0, 2], depth=2)
    0.5
    """
    relevance = _in_order(scores, relevance)
    validate.whole("depth", depth, 1, len(relevance))
    return float((relevance[:depth] > 0).mean())


def ndcg(scores, relevance, depth=10):
    """Relevance gained in the first ``depth`` places, beside that of the best order: 0 to 1.

    DCG = Σ_i relevance_i / log2(i + 1) over places i = 1 … depth;   nDCG = DCG / best DCG

    0 where nothing is relevant.
    Shapes: scores (M,) and relevance (M,) of one query.
    Raises: ValueError as ``reciprocal_rank``, or for a depth below 1.
    Reference: Järvelin & Kekäläinen 2002; the page weighting-and-ranking.

    >>> round(ndcg([0.9, 0.5, 0.1], relevance=[1, 2, 0]), 3)
    0.86
    """
    relevance = _in_order(scores, relevance)
    validate.whole("depth", depth, 1)
    found, best = relevance[:depth], np.sort(relevance)[::-1][:depth]
    discounts = 1 / np.log2(np.arange(len(found)) + 2)
    return float(found @ discounts / (best @ discounts)) if best.any() else 0.0


def _in_order(scores, relevance):
    """The relevance of the documents in the order of their scores."""
    scores, relevance = validate.array("scores", scores), validate.array("relevance", relevance)
    if scores.ndim != 1 or not scores.size:
        raise ValueError(f"scores should be (M,) of one query, got {scores.shape}")
    validate.shape("relevance", relevance, scores.shape, "(M,)")
    validate.amounts("relevance", relevance)
    return relevance[rank(scores)].astype(float)


def _unit(name, rows):
    """Each row divided by its Euclidean length; a row of zeros stays."""
    rows = rows.astype(float)
    squares = rows.multiply(rows) if sparse.issparse(rows) else rows * rows
    lengths = np.sqrt(np.asarray(squares.sum(1)).ravel())
    if not np.isfinite(lengths).all():  # a sparse product would pass over some of them
        raise ValueError(f"{name} should be finite, got nan or infinity")
    inverse = 1 / np.where(lengths > 0, lengths, 1)
    return sparse.diags_array(inverse) @ rows
