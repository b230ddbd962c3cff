"""Four ways to word vectors on one corpus: what the page subwords-and-global-counts shows.

    python benchmarks/subwords.py                  all runs that the file lacks: some five minutes
    python benchmarks/subwords.py --only GloVe     those whose method has this in its name
    python benchmarks/subwords.py --quick          a small part of the corpus, nothing written

Each run is a row of book/01-text-features/subwords.csv, written as soon as it is done, so a run
that was cut short goes on where it stopped. A topical word stands in one group of posts in 7 of 10
or more of its posts. ``same`` is the share of topical words whose nearest topical neighbour is of
the same group, ``rare`` and ``frequent`` that of those in fewer than 20 and in 50 or more posts.
``misspelt`` is the share of words, of six letters or more and two of them swapped, whose nearest
word is the right one, ``plural`` that of unknown words of later posts that a known word differs
from by an s; ``seconds`` is processor time.
"""

from itertools import product
from pathlib import Path

import numpy as np
from filed_runs import arguments, fill
from scipy import sparse
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_limits

from rnncourse.data import load_newsgroups
from rnncourse.text import (
    Subwords,
    Vocabulary,
    WordVectors,
    cooccurrences,
    cosine,
    count,
    train_fasttext,
    train_glove,
    train_word2vec,
)

FILE = Path(__file__).parents[1] / "book" / "01-text-features" / "subwords.csv"
GROUPS = ("rec.autos", "rec.sport.hockey", "sci.med", "sci.space")
MIN_COUNT, WINDOW, SIZE, BUCKETS = 10, 5, 50, 50_000
SKIP_GRAM = {"embedding_size": SIZE, "window": WINDOW, "epochs": 3, "threshold": 1e-4,
             "progress": False}  # fmt: skip
SEEDS = (0, 1, 2)
COLUMNS = (
    "method", "seed", "words", "rows",
    "same", "rare", "frequent", "unseen", "misspelt", "plural", "seconds",
)  # fmt: skip


def word2vec(documents, vocabulary, rng):
    """One vector a word."""
    return train_word2vec(documents, vocabulary, rng, lr=0.1, batch_size=512, **SKIP_GRAM)[0]


def fasttext(documents, vocabulary, rng):
    """One vector a word and one a bucket of n-grams."""
    return train_fasttext(documents, vocabulary, rng, lr=0.6, batch_size=256, buckets=BUCKETS,
                          **SKIP_GRAM)[0]  # fmt: skip


def glove(documents, vocabulary, rng):
    """Two vectors a word, added up."""
    return train_glove(documents, vocabulary, rng, window=WINDOW, embedding_size=SIZE,
                       x_max=10.0, epochs=15, progress=False)[0]  # fmt: skip


def factorised(documents, vocabulary, rng):
    """The positive pointwise mutual information, by its largest singular values."""
    X = cooccurrences(documents, vocabulary, WINDOW).tocoo()
    n = X.sum(axis=1)
    ppmi = np.maximum(0, np.log(X.data * n.sum() / (n[X.row] * n[X.col])))
    matrix = sparse.csr_array((ppmi, (X.row, X.col)), shape=X.shape)
    U, S, _ = svds(matrix, SIZE, rng=rng)
    return WordVectors(vocabulary, U * np.sqrt(S))


class Letters:
    """No training: words are alike that share n-grams of characters."""

    def __init__(self, documents, vocabulary, rng):
        self.subwords, self.vocabulary = Subwords(vocabulary, buckets=BUCKETS), vocabulary
        self.vectors = self.of(vocabulary.symbols)

    def of(self, words):
        return self.subwords.matrix(words)[:, len(self.vocabulary) :]  # not the words' own rows


METHODS = {
    "n-grams alone": Letters,
    "word2vec": word2vec,
    "fastText": fasttext,
    "GloVe": glove,
    "PPMI + SVD": factorised,
}

ROWS = {  # how many vectors there are, for V words
    "n-grams alone": lambda V: BUCKETS,
    "word2vec": lambda V: V,
    "fastText": lambda V: V + BUCKETS,
    "GloVe": lambda V: 2 * V,
    "PPMI + SVD": lambda V: V,
}
ANSWERS_FOR_UNKNOWN = ("n-grams alone", "fastText")


def corpus(posts_a_group):
    """The training posts of four groups, the group of each, and the words of later posts."""
    posts = load_newsgroups(GROUPS)
    chosen = np.concatenate(
        [np.flatnonzero(posts.train_labels == g)[:posts_a_group] for g in range(len(GROUPS))]
    )
    later = sorted({word for text in posts.test_texts for word in text.split()})
    return [posts.train_texts[i].split() for i in chosen], posts.train_labels[chosen], later


def topical(documents, labels, vocabulary):
    """The topical words, the group of each, and the number of its posts."""
    stands = count(documents, vocabulary) > 0
    posts = np.array([stands[labels == g].sum(axis=0) for g in range(len(GROUPS))])  # (G, V)
    total = posts.sum(axis=0)
    ids = np.flatnonzero((total >= 10) & (posts.max(axis=0) >= 0.7 * total))
    return np.array(vocabulary.symbols)[ids], posts.argmax(axis=0)[ids], total[ids]


def run(method, seed, posts_a_group=None):
    """Train once. Return the number of words and of vectors, and the shares."""
    rng = np.random.default_rng(seed)
    documents, labels, later = corpus(posts_a_group)
    everything = Vocabulary.of(documents, min_count=MIN_COUNT)
    words, groups, posts = topical(documents, labels, everything)
    unseen = rng.random(len(words)) < 0.1
    vocabulary = Vocabulary(tuple(sorted(set(everything.symbols) - set(words[unseen]))))
    found = METHODS[method](documents, vocabulary, rng)

    known = [vocabulary.id(word) for word in words[~unseen]]
    groups_known, posts = groups[~unseen], posts[~unseen]
    cosines = dense(cosine(found.vectors[known], found.vectors[known]))
    np.fill_diagonal(cosines, -np.inf)
    same = groups_known[cosines.argmax(axis=1)] == groups_known
    shares = [same.mean(), same[posts < 20].mean(), same[posts >= 50].mean(), 0.0, 0.0, 0.0]
    if method in ANSWERS_FOR_UNKNOWN:  # for the others each of them is a KeyError
        near = dense(cosine(vectors(found, words[unseen]), found.vectors[known])).argmax(axis=1)
        pairs = (misspelt(vocabulary, seed), plural(vocabulary, later))
        shares[3] = (groups_known[near] == groups[unseen]).mean()
        shares[4:] = [right_nearest(found, wrong_to_right) for wrong_to_right in pairs]
    return len(vocabulary), ROWS[method](len(vocabulary)), *(f"{share:.4f}" for share in shares)


def vectors(found, words):
    return found.of(words) if isinstance(found, Letters) else np.array([*map(found.vector, words)])


def misspelt(vocabulary, seed):
    """Unknown words by two swapped letters, the first and the last excepted, and the right ones."""
    rng, pairs = np.random.default_rng(seed), {}
    for word in vocabulary.symbols:
        if len(word) >= 6:
            i = rng.integers(1, len(word) - 2)
            pairs[word[:i] + word[i + 1] + word[i] + word[i + 2 :]] = word
    return {wrong: right for wrong, right in pairs.items() if wrong not in vocabulary}


def plural(vocabulary, later):
    """Unknown words of five letters or more that a known word differs from by an s at the end."""
    pairs = {w: w[:-1] if w[:-1] in vocabulary else f"{w}s" for w in later if len(w) >= 5}
    return {w: other for w, other in pairs.items() if w not in vocabulary and other in vocabulary}


def right_nearest(found, pairs):
    """For how many unknown words the nearest word is the right one."""
    nearest = dense(cosine(vectors(found, pairs), found.vectors)).argmax(axis=1)
    return np.mean(nearest == [found.vocabulary.id(right) for right in pairs.values()])


def dense(matrix):
    return matrix.toarray() if sparse.issparse(matrix) else matrix


def main():
    options = arguments(__doc__.split("\n")[0], "method")
    keys = [key for key in product(METHODS, SEEDS) if options.only in key[0]]
    with threadpool_limits(1):
        if options.quick:
            for method, _ in keys[:: len(SEEDS)]:
                print(f"{method:14}", *run(method, 0, posts_a_group=50))
        else:
            fill(FILE, COLUMNS, keys, run)


if __name__ == "__main__":
    main()
