"""GloVe: the counts that it fits, its gradient, and its training."""

import numpy as np
import pytest
from helpers import assert_equal, assert_refused, random_like
from hypothesis import given
from hypothesis import strategies as st

from rnncourse.gradcheck import gradient_check
from rnncourse.text import Vocabulary
from rnncourse.text.glove import GloVe, GloVeBatch, GloVeWeights, cooccurrences, train_glove

V, E, N = 5, 3, 7
LISTED = Vocabulary(tuple("abcd"))
nan, inf = np.nan, np.inf

texts = st.lists(st.text("abcdx", max_size=9).map(list), max_size=4)


def slowly(documents, vocabulary, window):
    """Every pair of places, one at a time."""
    X = np.zeros((len(vocabulary), len(vocabulary)))
    for document in documents:
        ids = [vocabulary.id(token) for token in document if token in vocabulary]
        for i, word in enumerate(ids):
            for j, other in enumerate(ids):
                if 0 < abs(i - j) <= window:
                    X[word, other] += 1 / abs(i - j)
    return X


@given(texts, st.integers(1, 10))
def test_cooccurrences_are_those_of_a_double_loop(documents, window):
    X = cooccurrences(documents, LISTED, window)
    expected = slowly(documents, LISTED, window)
    np.testing.assert_allclose(X.toarray(), expected, rtol=0, atol=1e-12)
    assert X.nnz == (expected > 0).sum()  # a stored 0 would have no logarithm


def test_no_window_reaches_over_the_end_of_a_document():
    apart = cooccurrences([["a"], ["b"]], LISTED, window=5)
    assert apart.nnz == 0
    assert cooccurrences([["a", "b"]], LISTED, window=5).sum() == 2


def test_unlisted_words_are_left_out_before_distances_are_counted():
    assert cooccurrences([["a", "x", "b"]], LISTED, window=1)[0, 1] == 1


def random_batch(rng):
    """Words come up more than once, and counts lie on both sides of x_max."""
    rows, columns = rng.integers(V, size=(2, N))
    return GloVeBatch(rows, columns, np.exp(rng.normal(size=N)))


@pytest.mark.parametrize(("x_max", "alpha"), [(100.0, 0.75), (1.0, 0.75), (2.0, 1.5)])
def test_gradient_equals_finite_differences(x_max, alpha):
    rng = np.random.default_rng(0)
    model, batch = GloVe(V, E, x_max, alpha), random_batch(rng)
    weights = random_like(model.init(rng), rng)
    loss, gradient = model.loss_and_gradient(weights, batch)
    assert type(gradient) is GloVeWeights
    assert loss > 0
    gradient_check(lambda w: model.loss_and_gradient(w, batch)[0], weights, gradient)


def test_loss_is_the_formula():
    rng = np.random.default_rng(1)
    model, batch = GloVe(V, E, x_max=1.2), random_batch(rng)
    assert batch.counts.min() < 1.2 < batch.counts.max()
    W, W_context, b, b_context = weights = random_like(model.init(rng), rng)
    expected = [
        min(1, (x / 1.2) ** 0.75) * (W[i] @ W_context[j] + b[i] + b_context[j] - np.log(x)) ** 2
        for i, j, x in zip(*batch, strict=True)
    ]
    assert abs(model.loss_and_gradient(weights, batch)[0] - np.mean(expected)) < 1e-12


def test_a_word_that_is_not_in_the_batch_has_no_gradient():
    rng = np.random.default_rng(2)
    model = GloVe(V, E)
    batch = GloVeBatch(np.array([0, 0]), np.array([3, 1]), np.array([2.0, 5.0]))
    _, gradient = model.loss_and_gradient(random_like(model.init(rng), rng), batch)
    assert np.array_equal(gradient.W.any(axis=1), [True, False, False, False, False])
    assert np.array_equal(gradient.W_context.any(axis=1), [False, True, False, True, False])
    assert np.array_equal(gradient.b != 0, [True, False, False, False, False])
    assert np.array_equal(gradient.b_context != 0, [False, True, False, True, False])


def corpus(rng, documents=60):
    """Two topics that share one word, s."""
    topics = [list("abcdxs"), list("efghys")]
    return [list(rng.choice(topics[n % 2], size=20)) for n in range(documents)]


def test_training_is_adagrad_on_the_gradient_of_all_words():
    documents = corpus(np.random.default_rng(3))
    vocabulary = Vocabulary.of(documents)
    rng = np.random.default_rng(4)
    settings = {"embedding_size": E, "window": 2, "x_max": 10.0, "epochs": 3, "batch_size": 9}
    vectors, losses = train_glove(documents, vocabulary, rng, **settings, progress=False)

    model, rng = GloVe(len(vocabulary), E, x_max=10.0), np.random.default_rng(4)
    weights = [w.astype(np.float64) for w in model.init(rng, np.float32)]
    squares = [np.zeros_like(w) for w in weights]
    X, expected = cooccurrences(documents, vocabulary, 2).tocoo(), []
    for _ in range(3):
        order = rng.permutation(X.nnz)
        for start in range(0, X.nnz, 9):
            part = order[start : start + 9]
            batch = GloVeBatch(X.row[part], X.col[part], X.data[part])
            loss, gradient = model.loss_and_gradient(GloVeWeights(*weights), batch)
            expected.append(loss)
            for w, s, g in zip(weights, squares, gradient, strict=True):
                s += g**2
                w -= 0.05 * np.divide(g, np.sqrt(s), out=np.zeros_like(g), where=s > 0)
    np.testing.assert_allclose(losses, expected, rtol=1e-3)
    np.testing.assert_allclose(vectors.vectors, weights[0] + weights[1], rtol=0, atol=1e-3)


def test_training_finds_the_topics():
    documents = corpus(np.random.default_rng(5))
    vocabulary = Vocabulary.of(documents)
    vectors, losses = train_glove(
        documents, vocabulary, np.random.default_rng(6),
        embedding_size=4, window=5, x_max=10.0, epochs=60, batch_size=32, progress=False,
    )  # fmt: skip
    assert np.mean(losses[-4:]) < 0.05 * np.mean(losses[:4])
    assert vectors.vectors.dtype == np.float32
    for topic in ("abcdx", "efghy"):
        for word in topic:
            nearest = vectors.nearest(word, k=4, without=("s",))
            assert {found for found, _ in nearest} == set(topic) - {word}


def test_a_seed_gives_the_same_vectors_again():
    documents = corpus(np.random.default_rng(7))
    vocabulary = Vocabulary.of(documents)
    first, again, other = (
        train_glove(documents, vocabulary, np.random.default_rng(seed), epochs=2, progress=False)
        for seed in (0, 0, 1)
    )
    assert_equal(first[0].vectors, again[0].vectors)
    assert first[1] == again[1]
    assert (first[0].vectors != other[0].vectors).any()


MODEL, DOCUMENTS = GloVe(V, E), [["a", "b"]]
WEIGHTS = MODEL.init(np.random.default_rng(8))
ONE, COUNT = np.array([1]), np.array([2.0])


def fit(*batch):
    return MODEL.loss_and_gradient(WEIGHTS, GloVeBatch(*batch))


def train(documents=DOCUMENTS, vocabulary=LISTED, rng=None, **settings):
    return train_glove(documents, vocabulary, rng or np.random.default_rng(0), **settings)


REFUSED = [
    (lambda: cooccurrences(["ab"], LISTED), TypeError, "list of tokens"),
    (lambda: cooccurrences(DOCUMENTS, "ab"), TypeError, "vocabulary should be Vocabulary"),
    (lambda: cooccurrences(DOCUMENTS, LISTED, 0), ValueError, "window should be a whole number"),
    (lambda: GloVe(0, 3), ValueError, "vocabulary_size should be a whole number"),
    (lambda: GloVe(5, 3, x_max=0.0), ValueError, "x_max should be a finite number above 0"),
    (lambda: GloVe(5, 3, alpha=nan), ValueError, "alpha should be a finite number"),
    (lambda: MODEL.init(0), TypeError, "rng should be"),
    (lambda: MODEL.init(np.random.default_rng(0), int), TypeError, "dtype should be"),
    (lambda: GloVe(6, E).loss_and_gradient(WEIGHTS, GloVeBatch(ONE, ONE, COUNT)), ValueError,
     r"W should be \(6, 3\), got \(5, 3\)"),
    (lambda: MODEL.loss_and_gradient(WEIGHTS, (ONE, ONE, COUNT)), TypeError, "be GloVeBatch"),
    (lambda: fit(ONE, ONE, np.array([0.0])), ValueError, "finite and above 0, got 0"),
    (lambda: fit(ONE, ONE, np.array([nan])), ValueError, "finite and above 0, got nan"),
    (lambda: fit(ONE, ONE, np.array([inf])), ValueError, "finite and above 0, got inf"),
    (lambda: fit(ONE + 4, ONE, COUNT), ValueError, r"rows should lie in \[0, 5\), got 5 to 5"),
    (lambda: fit(ONE, ONE - 2, COUNT), ValueError, r"columns should lie in \[0, 5\)"),
    (lambda: fit(COUNT, ONE, COUNT), TypeError, "rows should be integers"),
    (lambda: fit(ONE, ONE, np.ones(2)), ValueError, r"counts should be \(N,\) = \(1,\)"),
    (lambda: fit(ONE[:0], ONE[:0], COUNT[:0]), ValueError, "with at least one"),
    (lambda: train(documents=[["a"], ["b"]]), ValueError, "within the window, got none"),
    (lambda: train(documents=[]), ValueError, "within the window, got none"),
    (lambda: train(vocabulary=["a"]), TypeError, "vocabulary should be Vocabulary"),
    (lambda: train(rng=7), TypeError, "rng should be"),
    (lambda: train(epochs=0), ValueError, "epochs should be a whole number"),
    (lambda: train(batch_size=0), ValueError, "batch_size should be a whole number"),
    (lambda: train(lr=-1.0), ValueError, "lr should be a finite number above 0"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "exception", "words"), REFUSED)
def test_bad_input_is_refused(call, exception, words):
    assert_refused(call, exception, words)
