"""Ranking: what k1 and b of BM25 do to the order of real documents."""

from itertools import product

import numpy as np
import traitlets
from scipy import sparse

from rnncourse import validate
from rnncourse.explorables.base import (
    Explorable,
    distinct_symbols,
    front_end,
)
from rnncourse.text import BM25, Vocabulary, count, inverse_document_frequency, rank

K1 = (0, 0.2, 0.5, 0.8, 1, 1.2, 1.5, 2, 3, 4, 5, 7, 10)
B = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 1)


class Ranking(Explorable):
    """Ranks the documents of a collection by BM25, its k1 and b on sliders.

    The page carries every document that comes among the first ``depth`` at any setting, and all
    relevant ones, so what it shows is the order of the whole collection.
    ``queries`` are lists of words; ``relevance`` numbers their documents' ``grades``.
    Shapes: counts (M, V) of a ``Vocabulary``, M names, Q ≤ 8 queries, relevance (Q, M); depth ≤ 20.
    Raises: TypeError, ValueError for shapes that do not fit, or a k1 or b that its slider lacks.
    Reference: Robertson & Zaragoza 2009; the page weighting-and-ranking.

    >>> vocabulary = Vocabulary.of([["cat", "fish"], ["cat"]])
    >>> counts = count([["cat", "fish"], ["cat"]], vocabulary)
    >>> Ranking(counts, vocabulary, ["one", "two"], [["fish"]], [[1, 0]])
    <Ranking explorable>
    """

    _esm = front_end("ranking")

    title = traitlets.Unicode("BM25 ranks documents").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "The first documents of the collection, best first. The parts of a bar are what each word "
        "of the query adds to the score; ▸ marks a relevant document. The curves show what a word "
        "adds as a document repeats it."
    ).tag(sync=True)
    queries = traitlets.List().tag(sync=True)  # each: its words, what is known of them, documents
    grades = traitlets.List().tag(sync=True)
    documents = traitlets.Int().tag(sync=True)  # in the whole collection
    average = traitlets.Float().tag(sync=True)  # length of its documents
    depth = traitlets.Int().tag(sync=True)
    k1_values = traitlets.List(list(K1)).tag(sync=True)
    b_values = traitlets.List(list(B)).tag(sync=True)
    query = traitlets.Int().tag(sync=True)
    k1 = traitlets.Float().tag(sync=True)
    b = traitlets.Float().tag(sync=True)

    def __init__(
        self,
        counts,
        vocabulary,
        names,
        queries,
        relevance,
        *,
        grades=("not relevant", "relevant", "highly relevant"),
        query=1,
        k1=1.2,
        b=0.75,
        depth=10,
        **traits,
    ):
        names = [validate.kind("each name", name, str) for name in names]
        M, V = len(names), len(validate.kind("vocabulary", vocabulary, Vocabulary))
        counts = _counts(counts, (M, V))
        queries = [_words(given) for given in validate.kind("queries", queries, list)]
        Q = validate.between("the number of queries", len(queries), 1, 8)
        grades = distinct_symbols("grades", grades)
        relevance = _relevance(relevance, (Q, M), len(grades))
        validate.whole("query", query, 1, Q)
        validate.whole("depth", depth, 1, 20)
        super().__init__(
            queries=_candidates(counts, vocabulary, names, queries, relevance, depth),
            grades=grades,
            documents=M,
            average=float(counts.sum() / M),
            depth=int(depth),
            query=int(query),
            k1=validate.choice("k1", k1, K1),
            b=validate.choice("b", b, B),
            **traits,
        )


def _counts(counts, shape):
    counts = counts if sparse.issparse(counts) else validate.array("counts", counts)
    if counts.shape != shape:
        raise ValueError(f"counts should be (M, V) = {shape}, got {counts.shape}")
    return sparse.csr_array(counts)


def _words(query):
    return [validate.kind("each word", word, str) for word in validate.kind("a query", query, list)]


def _relevance(relevance, shape, grades):
    relevance = relevance.toarray() if sparse.issparse(relevance) else relevance
    validate.shape("relevance", relevance, shape, "(Q, M)")
    relevance = np.asarray(relevance)
    validate.ids("relevance", relevance, grades)
    return relevance


def _candidates(counts, vocabulary, names, queries, relevance, depth):
    """Of each query its words, and of the documents that may be shown what scores them."""
    asked = count(queries, vocabulary)
    for words, n in zip(queries, (asked > 0).sum(axis=1), strict=True):
        validate.between(f"the number of known words in {' '.join(words)!r}", n, 1, 20)
    terms = np.flatnonzero(asked.sum(axis=0))
    lengths = counts.sum(axis=1)
    found = counts[:, terms]
    others = sparse.csr_array((lengths - found.sum(axis=1))[:, None])  # they only fill a document
    asked, found = asked[:, terms].toarray(), sparse.csr_array(found)
    whole = sparse.hstack([found, others])
    seen = relevance > 0
    padded = np.pad(asked, ((0, 0), (0, 1)))
    for k1, b in product(K1, B):
        best = rank(BM25(whole, k1, b).scores(padded))[:, :depth]
        np.put_along_axis(seen, best, True, axis=1)
    idf = inverse_document_frequency(found, "lucene")
    frequencies = (found > 0).sum(axis=0)
    found = found.toarray()
    result = []
    for q, words in enumerate(queries):
        order = [t for t in np.argsort(-idf, kind="stable") if asked[q, t]]
        result.append(
            {
                "text": " ".join(words),
                "words": [vocabulary.symbols[terms[t]] for t in order],
                "times": asked[q, order].tolist(),
                "idf": idf[order].tolist(),
                "df": frequencies[order].tolist(),
                "documents": [
                    {
                        "name": names[d],
                        "length": int(lengths[d]),
                        "relevance": int(relevance[q, d]),
                        "counts": found[d, order].tolist(),
                    }
                    for d in np.flatnonzero(seen[q])
                ],
            }
        )
    return result
