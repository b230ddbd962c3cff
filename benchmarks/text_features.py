"""Counting and ranking: how fast beside scikit-learn and rank_bm25, and at what size?

First the posts of 20 Newsgroups, already cut into words, in one process and in turn; each figure
is the median over the rounds, of processor time. A query is the first three words of a post.

count    documents a second: collect the vocabulary and count (scikit-learn: CountVectorizer)
index    documents a second from words to a BM25 index (rank_bm25: BM25Okapi)
query    queries a second, one at a time, each scored against all documents

Then documents generated with words as frequent as Zipf's law has them, up to 100,000 of 100 words
on average, with the seconds and megabytes they take. Twice the documents should take twice of
each. With --file, this table is also written where the page weighting-and-ranking reads it;
`make bench OPTIONS=--file` does so.
"""

import argparse
import csv
import statistics
import time
from pathlib import Path

import numpy as np
from rank_bm25 import BM25Okapi
from sklearn.feature_extraction.text import CountVectorizer

from rnncourse.data import load_newsgroups
from rnncourse.diagnostics import peak_bytes
from rnncourse.text import BM25, Vocabulary, count, inverse_document_frequency

TABLE = Path(__file__).parents[1] / "book" / "01-text-features" / "size.csv"
COLUMNS = ["documents", "words", "vocabulary", "count_s", "index_s", "query_ms", "index_MB",
           "peak_MB"]  # fmt: skip
SIZES = (12_500, 25_000, 50_000, 100_000)
QUERIES = 20


def seconds(function):
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def medians(functions, rounds):
    """Seconds of each function, all of them in turn in every round, and their last results."""
    times, results = {name: [] for name in functions}, {}
    for _ in range(rounds):
        for name, function in functions.items():
            taken, results[name] = seconds(function)
            times[name].append(taken)
    return {name: statistics.median(taken) for name, taken in times.items()}, results


def our_counts(documents):
    vocabulary = Vocabulary.of(documents)
    return vocabulary, count(documents, vocabulary)


def our_index(documents):
    vocabulary, counts = our_counts(documents)
    return vocabulary, BM25(counts, k1=1.5, idf="robertson")


def same_scores(queries, ours, theirs, counts, vocabulary):
    """To words in more than half of the documents rank_bm25 gives a weight of its own."""
    idf = inverse_document_frequency(counts, "robertson")
    for query, a, b in zip(queries, ours, theirs, strict=True):
        if (idf[vocabulary.encode(query)] > 0).all():
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def ask_us(vocabulary, index, queries):
    return [index.scores(count([query], vocabulary))[0] for query in queries]


def compare(rounds):
    documents = [post.split() for post in load_newsgroups().train_texts]
    queries = [document[:3] for document in documents[:: len(documents) // QUERIES]]
    times, results = medians({
        "count, ours": lambda: our_counts(documents),
        "count, scikit-learn": lambda: CountVectorizer(analyzer=list).fit_transform(documents),
        "index, ours": lambda: our_index(documents),
        "index, rank_bm25": lambda: BM25Okapi(documents, k1=1.5, b=0.75),
    }, rounds)  # fmt: skip
    assert (results["count, ours"][1] != results["count, scikit-learn"]).nnz == 0
    ours, theirs = results["index, ours"], results["index, rank_bm25"]
    asked, scores = medians({
        "query, ours": lambda: ask_us(*ours, queries),
        "query, rank_bm25": lambda: [theirs.get_scores(query) for query in queries],
    }, rounds)  # fmt: skip
    same_scores(queries, *scores.values(), results["count, ours"][1], ours[0])
    print(f"{len(documents):,} posts, {sum(map(len, documents)):,} words")
    for what, many, other in (("count", len(documents), "scikit-learn"),
                              ("index", len(documents), "rank_bm25"),
                              ("query", len(queries), "rank_bm25")):  # fmt: skip
        our_time, their_time = ({**times, **asked}[f"{what}, {who}"] for who in ("ours", other))
        print(f"{what}: ours {many / our_time:,.0f} a second, {other} {many / their_time:,.0f}, "
              f"ratio {their_time / our_time:.2f}", flush=True)  # fmt: skip


def generate(rng, size, vocabulary_size=50_000, length=100):
    """Documents whose words follow Zipf's law, of lengths drawn around ``length``."""
    lengths = rng.poisson(rng.gamma(4, length / 4, size))
    probabilities = 1 / np.arange(1, vocabulary_size + 1)
    summed = np.cumsum(probabilities / probabilities.sum())
    names = [f"w{i}" for i in range(vocabulary_size)]
    places = np.searchsorted(summed[:-1], rng.random(lengths.sum())).tolist()
    ends = np.cumsum(lengths).tolist()
    return [[names[i] for i in places[end - n : end]] for end, n in zip(ends, lengths, strict=True)]


def measure(documents, rounds):
    """A row of the table of sizes."""
    queries = [document[:3] for document in documents[:: len(documents) // QUERIES]]
    times, results = medians({"count": lambda: our_counts(documents)}, rounds)
    vocabulary, counts = results["count"]
    indexed, results = medians({"index": lambda: BM25(counts)}, rounds)
    bm25 = results["index"]
    asked, _ = medians({"query": lambda: ask_us(vocabulary, bm25, queries)}, rounds)
    stored = sum(part.nbytes for part in (bm25.index.data, bm25.index.indices, bm25.index.indptr))
    peak = peak_bytes(lambda: BM25(our_counts(documents)[1]))
    return [len(documents), sum(map(len, documents)), len(vocabulary), f"{times['count']:.2f}",
            f"{indexed['index']:.2f}", f"{1000 * asked['query'] / len(queries):.2f}",
            f"{stored / 1e6:.1f}", f"{peak / 1e6:.0f}"]  # fmt: skip


def grow(rounds):
    """Print the table of sizes and return its rows."""
    everything = generate(np.random.default_rng(0), max(SIZES))
    rows = []
    print("\n" + "".join(f"{name:>12}" for name in COLUMNS))
    for size in SIZES:
        rows.append(measure(everything[:size], rounds))
        print("".join(f"{value:>12}" for value in rows[-1]), flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each figure")
    parser.add_argument("--file", action="store_true", help=f"write {TABLE.name} of the book")
    options = parser.parse_args()
    compare(options.rounds)
    rows = grow(options.rounds)
    if options.file:
        with TABLE.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])


if __name__ == "__main__":
    main()
