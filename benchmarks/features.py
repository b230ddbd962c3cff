"""Every text feature of Chapter 1 before one classifier: what the page choosing-features shows.

    python benchmarks/features.py                 all runs that the file lacks: 15 minutes
    python benchmarks/features.py --only GloVe    those whose method has this in its name
    python benchmarks/features.py --quick         a few posts of each group, nothing written

Each run is a row of book/01-text-features/features.csv, written as soon as it is done, so a run
that was cut short goes on where it stopped. All 20 newsgroups; vocabularies, weights and vectors
come from the training posts, all of them, whose groups they do not use. The classifier, logistic
regression, is told the groups of ``labels`` training posts a group, or of all (0). Its C is the one
of RATES that does best on a fifth of these (five fifths in turn where they are few), and then it is
fitted to all of these. ``accuracy`` is that on the test posts, written later; ``validation`` that
on the fifth. ``columns`` is the size of a vector, ``bytes`` what one takes stored, on average.
``features_s`` is the processor time to make the features of all posts, ``classifier_s`` that of the
last fit, ``seconds`` all that the run took: vectors that two methods share are trained once a seed,
and their time counts in the features_s of both. The seed draws the few labelled posts and whatever
training draws; the methods in ONCE are too slow for more than one.
"""

import time
import warnings
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from filed_runs import arguments, fill
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from rnncourse.data import load_newsgroups
from rnncourse.text import (
    Vocabulary,
    count,
    inverse_document_frequency,
    ngrams,
    tf_idf,
    train_fasttext,
    train_word2vec,
)
from rnncourse.text.bert import CLS, SEP, SPECIAL, TinyBert, pretrain
from rnncourse.text.glove import train_glove
from rnncourse.text.vocabulary import pad_sequences

FILE = Path(__file__).parents[1] / "book" / "01-text-features" / "features.csv"
RATES = (1, 10, 100, 1000)  # C of the classifier
FEW = 300  # labelled posts, below which each fifth takes its turn
SIZE, WINDOW = 100, 5  # of word vectors
BERT_STEPS, BERT_SIZE, LONGEST, PIECES = 1000, 64, 62, 3
SEEDS, LABELS = (0, 1, 2), (5, 10, 20, 50, 100)
COLUMNS = (
    "method", "labels", "seed", "C", "validation", "accuracy",
    "columns", "bytes", "features_s", "classifier_s", "seconds",
)  # fmt: skip


class Posts(NamedTuple):
    """Tokens of the training and of the test posts, and their groups."""

    train: list
    train_labels: np.ndarray
    test: list
    test_labels: np.ndarray


@cache
def posts(a_group=None):
    """The newsgroups, or the first posts of each group."""
    news = load_newsgroups()

    def part(texts, labels):
        found = [np.flatnonzero(labels == g)[:a_group] for g in range(len(news.groups))]
        chosen = np.sort(np.concatenate(found))
        return [texts[i].split() for i in chosen], labels[chosen]

    return Posts(
        *part(news.train_texts, news.train_labels), *part(news.test_texts, news.test_labels)
    )


def counted(given, tokens, min_count):
    """Counts of the training and the test posts under the vocabulary of the training posts."""
    vocabulary = Vocabulary.of(map(tokens, given.train), min_count=min_count)
    return tuple(count(map(tokens, part), vocabulary) for part in (given.train, given.test))


def as_they_are(post):
    return post


def letters(post):
    return ngrams(" ".join(post), 3, separator="")


def binary(train, test):
    return train > 0, test > 0


def counts(train, test):
    return train, test


def counts_of_length_one(train, test):
    same = np.ones(train.shape[1])
    return tf_idf(train, same), tf_idf(test, same)


def weighted(train, test):
    idf = inverse_document_frequency(train)
    return tf_idf(train, idf), tf_idf(test, idf)


def bm25(train, test, k1=1.2, b=0.75):
    """What a term adds to a post's score; idf and mean length are those of the training posts."""
    idf, mean_length = inverse_document_frequency(train, "lucene"), train.sum() / train.shape[0]

    def weigh(X):
        relative = 1 - b + b * X.sum(axis=1) / mean_length
        K = k1 * np.repeat(relative, np.diff(X.indptr))
        saturated = X.data * (k1 + 1) / (X.data + K) * idf[X.indices]
        return sparse.csr_array((saturated, X.indices, X.indptr), shape=X.shape)

    return weigh(train), weigh(test)


def counting(tokens, min_count, weigh):
    return lambda given, seed, a_group: weigh(*counted(given, tokens, min_count))


WORD_VECTORS = {
    "word2vec": partial(train_word2vec, threshold=1e-4, epochs=2, lr=0.1),
    "fastText": partial(train_fasttext, threshold=1e-4, epochs=1, lr=0.5),
    "GloVe": partial(train_glove, x_max=10.0, epochs=15),
}


@cache
def word_vectors(name, a_group, seed):
    """The vectors, and the processor time they took."""
    start = time.process_time()
    documents = posts(a_group).train
    vocabulary = Vocabulary.of(documents, min_count=5)
    vectors, _ = WORD_VECTORS[name](
        documents, vocabulary, np.random.default_rng(seed),
        embedding_size=SIZE, window=WINDOW, progress=False,
    )  # fmt: skip
    return vectors, time.process_time() - start


def mean_of(name, by_idf, given, seed, a_group):
    """Each post as the mean of its words' vectors, or their mean weighted by idf."""
    vectors, _ = word_vectors(name, a_group, seed)
    train, test = (count(part, vectors.vocabulary) for part in (given.train, given.test))
    weights = inverse_document_frequency(train) if by_idf else np.ones(train.shape[1])
    rows = vectors.vectors * weights[:, None]
    return tuple((X @ rows) / np.maximum(X @ weights, 1e-9)[:, None] for X in (train, test))


@torch.no_grad()
def mean_of_bert(pretraining, given, seed, a_group):
    """The mean vector of a post's words, read in pieces; those after PIECES · LONGEST are not."""
    torch.manual_seed(seed)
    vocabulary = Vocabulary.of(given.train, special=SPECIAL, min_count=20)
    train, test = (
        [np.array(vocabulary.encode_known(post), dtype=int) for post in part]
        for part in (given.train, given.test)
    )
    model = TinyBert(len(vocabulary), BERT_SIZE, longest=LONGEST + 2, dropout=0.0)
    if pretraining:
        with torch.enable_grad():
            pretrain(model, train, vocabulary, np.random.default_rng(seed), pretraining)
    model.eval()
    cls, sep = [vocabulary.id(CLS)], [vocabulary.id(SEP)]

    def read(part):
        pieces = [
            (post, np.concatenate([cls, ids[start : start + LONGEST], sep]))
            for post, ids in enumerate(part)
            for start in range(0, min(len(ids), PIECES * LONGEST), LONGEST)
        ]
        pieces.sort(key=lambda piece: len(piece[1]))  # little padding
        sums, words = np.zeros((len(part), BERT_SIZE)), np.zeros(len(part))
        for start in range(0, len(pieces), 256):
            places, ids = zip(*pieces[start : start + 256], strict=True)
            ids, lengths = pad_sequences(ids, vocabulary.id(SPECIAL[0]))
            hidden = model(ids, np.zeros_like(ids), lengths).numpy()
            steps = np.arange(len(ids))[:, None]
            inside = (steps > 0) & (steps < lengths - 1)  # not [CLS], not [SEP]
            np.add.at(sums, list(places), (hidden * inside[..., None]).sum(axis=0))
            np.add.at(words, list(places), lengths - 2)
        return sums / np.maximum(words, 1)[:, None]

    return read(train), read(test)


def together(given, seed, a_group):
    """TF-IDF and mean vector side by side, each of length 1 on average."""
    sparse_part = scaled(*METHODS["words, TF-IDF"](given, seed, a_group))
    dense_part = scaled(*METHODS["word2vec, mean by IDF"](given, seed, a_group))
    return tuple(
        sparse.hstack([one, sparse.csr_array(other)], format="csr")
        for one, other in zip(sparse_part, dense_part, strict=True)
    )


METHODS = {
    "words, binary": counting(as_they_are, 3, binary),
    "words, counts": counting(as_they_are, 3, counts),
    "words, counts of length 1": counting(as_they_are, 3, counts_of_length_one),
    "words, TF-IDF": counting(as_they_are, 3, weighted),
    "words, BM25": counting(as_they_are, 3, bm25),
    "words and bigrams, TF-IDF": counting(lambda post: ngrams(post, 1, 2), 3, weighted),
    "letter trigrams, TF-IDF": counting(letters, 3, weighted),
}
ALWAYS_THE_SAME = tuple(METHODS)
for name in WORD_VECTORS:
    METHODS[f"{name}, mean"] = partial(mean_of, name, False)
    METHODS[f"{name}, mean by IDF"] = partial(mean_of, name, True)
METHODS |= {
    "TF-IDF and word2vec": together,
    "BERT, untrained": partial(mean_of_bert, 0),
    "BERT": partial(mean_of_bert, BERT_STEPS),
}
ONCE = ("fastText", "GloVe", "BERT")
WITH_FEW_LABELS = ("words, TF-IDF", "words, BM25", "word2vec, mean by IDF")


@lru_cache(maxsize=1)
def features(method, seed, a_group):
    """Features of the training and of the test posts, and the processor time they took."""
    name = next((name for name in WORD_VECTORS if name in method), None)
    training = word_vectors(name, a_group, seed)[1] if name else 0.0
    start = time.process_time()
    train, test = METHODS[method](posts(a_group), seed, a_group)
    return train, test, training + time.process_time() - start


def scaled(train, test):
    """Divide by the length (root mean square) of a training row; centre dense ones before.

    A sparse matrix would not stay sparse. No method gains by it but that one grid of C fits all.
    """
    if sparse.issparse(train):
        train, test = train.astype(np.float32), test.astype(np.float32)
        return train / mean_length(train.data, train), test / mean_length(train.data, train)
    mean = train.mean(axis=0)
    train, test = (train - mean).astype(np.float32), (test - mean).astype(np.float32)
    return train / mean_length(train, train), test / mean_length(train, train)


def mean_length(values, X):
    return np.float32(np.sqrt(np.square(values).sum(dtype=float) / X.shape[0]))


def stored(X):
    """Bytes a row: 4 a number, and in a sparse matrix 4 more for its column."""
    return round(8 * X.nnz / X.shape[0]) if sparse.issparse(X) else 4 * X.shape[1]


def labelled(labels, a_group, seed):
    """Which training posts the classifier is told the group of."""
    if not a_group:
        return np.arange(len(labels))
    rng = np.random.default_rng(seed)
    return np.concatenate(
        [rng.choice(np.flatnonzero(labels == g), a_group, replace=False) for g in np.unique(labels)]
    )


def fit(X, labels, C):
    """Logistic regression; it may stop before the last digits have settled."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression(C=C, tol=1e-3, max_iter=100).fit(X, labels)


def choose(X, labels):
    """The C that does best on what was set aside, and its accuracy there."""
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(labels, labels))
    folds = folds if len(labels) < FEW else folds[:1]
    found = {
        C: np.mean([fit(X[a], labels[a], C).score(X[b], labels[b]) for a, b in folds])
        for C in RATES
    }
    best = max(found, key=found.get)
    return best, found[best]


def run(method, labels, seed, a_group=None):
    """Fit and test once."""
    given = posts(a_group)
    train, test, features_s = features(method, seed, a_group)
    size, row = train.shape[1], stored(train)
    train, test = scaled(train, test)
    told = labelled(given.train_labels, labels, seed)
    X, y = train[told], given.train_labels[told]
    C, validation = choose(X, y)
    start = time.process_time()
    classifier = fit(X, y, C)
    classifier_s = time.process_time() - start
    accuracy = classifier.score(test, given.test_labels)
    print(f"{method:26} {labels:4} {seed} {C:4} {accuracy:.4f} {features_s:6.1f}", flush=True)
    return (
        C, f"{validation:.4f}", f"{accuracy:.4f}",
        size, row, f"{features_s:.2f}", f"{classifier_s:.2f}",
    )  # fmt: skip


def keys(only):
    """What tells one run from another; those that share features follow each other."""
    for seed in SEEDS:
        for method in METHODS:
            few = LABELS if method in WITH_FEW_LABELS else ()
            for labels in (0, *few):
                same = method in ALWAYS_THE_SAME and labels == 0
                again = seed > 0 and (same or method.startswith(ONCE))
                if only in method and not again:
                    yield method, labels, seed


def main():
    options = arguments(__doc__.split("\n")[0], "method")
    torch.set_num_threads(1)
    with threadpool_limits(1):
        if options.quick:
            for method, labels, seed in keys(options.only):
                if seed == 0 and labels in (0, 5):
                    run(method, labels, seed, a_group=30)
        else:
            fill(FILE, COLUMNS, keys(options.only), run)


if __name__ == "__main__":
    main()
