"""word2vec and fastText: pairs, probabilities, gradients, and what they learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from rnncourse.gradcheck import gradient_check
from rnncourse.text import (
    Subwords,
    Vocabulary,
    Word2Vec,
    Word2VecBatch,
    Word2VecWeights,
    WordVectors,
    context_pairs,
    fasttext,
    keep_probability,
    noise_distribution,
    train_fasttext,
    train_word2vec,
    word2vec,
)


@given(st.lists(st.integers(0, 6), max_size=5), st.integers(1, 4))
def test_pairs_stand_in_one_document_and_within_the_window(lengths, window):
    document = [d for d, length in enumerate(lengths) for _ in range(length)]
    expected = [
        (i, j)
        for i in range(len(document))
        for j in range(len(document))
        if i != j and document[i] == document[j] and abs(i - j) <= window
    ]
    centres, contexts = context_pairs(np.array(lengths, dtype=int), window)
    assert [(int(i), int(j)) for i, j in zip(centres, contexts, strict=True)] == expected


def test_a_drawn_window_is_of_any_size_up_to_its_limit_and_even_on_both_sides():
    centres, contexts = context_pairs([3000], 4, np.random.default_rng(0))
    inside = (centres > 3) & (centres < 2996)
    distances = (contexts - centres)[inside]
    shares = np.bincount(np.abs(distances))[1:] / 2992 / 2
    np.testing.assert_allclose(shares, [1, 0.75, 0.5, 0.25], atol=0.04)
    assert distances.sum() == 0


def test_thinning_and_noise_by_their_formulas():
    frequencies = np.array([5000, 400, 1])
    shares = frequencies / 5401
    ratio = 1e-2 / shares
    expected = [min(1, np.sqrt(r) + r) for r in ratio]
    np.testing.assert_allclose(keep_probability(frequencies, 1e-2), expected)
    weights = frequencies**0.75
    np.testing.assert_allclose(noise_distribution(frequencies), weights / weights.sum())
    np.testing.assert_allclose(noise_distribution(frequencies, 0), [1 / 3] * 3)


V, R, E, N, K = 6, 9, 4, 5, 7


def random_batch(rng, rows=R):
    """Bags of one to four rows, a row twice among them; noise words that repeat."""
    bags = np.zeros((N, rows))
    for bag in bags:
        np.add.at(bag, rng.integers(0, rows, rng.integers(1, 5)), 1)
    bags /= bags.sum(1, keepdims=True)
    noise_weights = rng.integers(0, 3, (N, K)) * 0.7
    targets, noise = rng.integers(0, V, N), rng.integers(0, V, K)
    return Word2VecBatch(sparse.csr_array(bags), targets, noise, noise_weights)


def random_weights(rng):
    return Word2VecWeights(rng.normal(size=(R, E)), rng.normal(size=(V, E)))


def test_the_loss_is_the_sum_of_its_formula():
    rng = np.random.default_rng(0)
    weights, batch = random_weights(rng), random_batch(rng)
    bags = batch.bags.toarray()

    def log_sigma(z):
        return np.log(1 / (1 + np.exp(-z)))

    expected = 0.0
    for n in range(N):
        h = bags[n] @ weights.W_in
        expected -= log_sigma(weights.W_out[batch.targets[n]] @ h)
        for k in range(K):
            expected -= batch.noise_weights[n, k] * log_sigma(-weights.W_out[batch.noise[k]] @ h)
    loss, _ = Word2Vec(V, E, R).loss_and_gradient(weights, batch)
    assert loss == pytest.approx(expected / N, rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_is_that_of_finite_differences(seed):
    rng = np.random.default_rng(seed)
    model, weights, batch = Word2Vec(V, E, R), random_weights(rng), random_batch(rng)
    _, gradient = model.loss_and_gradient(weights, batch)
    worst = gradient_check(lambda w: model.loss_and_gradient(w, batch)[0], weights, gradient)
    assert worst < 1e-7


def test_a_step_changes_what_the_batch_uses_as_the_whole_gradient_would():
    rng = np.random.default_rng(0)
    weights, batch = random_weights(rng), random_batch(rng)
    loss, gradient = Word2Vec(V, E, R).loss_and_gradient(weights, batch)
    expected = [w - 0.1 * N * g for w, g in zip(weights, gradient, strict=True)]
    weights = Word2VecWeights(*(w.astype(np.float32) for w in weights))
    batch = batch._replace(
        bags=batch.bags.astype(np.float32), noise_weights=batch.noise_weights.astype(np.float32)
    )
    assert word2vec._descend(weights, batch, 0.1) == pytest.approx(loss, rel=1e-5)
    for found, right in zip(weights, expected, strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cbow", [False, True])
def test_the_examples_are_those_of_the_pairs(cbow):
    words, document = np.array([3, 1, 4, 1, 5, 0, 2]), np.array([0, 0, 0, 0, 0, 1, 1])
    parts = sparse.random_array((V, R), density=0.5, rng=np.random.default_rng(1), format="csr")
    parts += sparse.eye_array(V, R)
    bags, targets = word2vec._examples(words, document, 1, parts, cbow, np.random.default_rng(0))
    neighbours = {0: [1], 1: [0, 2], 2: [1, 3], 3: [2, 4], 4: [3], 5: [6], 6: [5]}
    dense = parts.toarray()
    if cbow:
        expected = [(dense[words[others]].mean(0), words[i]) for i, others in neighbours.items()]
    else:
        expected = [(dense[words[i]], words[j]) for i in neighbours for j in neighbours[i]]
    found = sorted((int(t), *bag.round(9)) for bag, t in zip(bags.toarray(), targets, strict=True))
    assert found == sorted((int(t), *bag.round(9)) for bag, t in expected)


def test_a_target_is_none_of_its_own_noise_and_noise_counts_as_it_should():
    targets = np.array([0, 1, 2, 3])
    summed = np.array([0.5, 0.5, 1.0])  # word 1 is never drawn
    batch = word2vec._batch(None, targets, summed, 5, 1000, np.random.default_rng(0))
    assert set(batch.noise) == {0, 2}
    own = batch.noise == targets[:, None]
    assert (batch.noise_weights[own] == 0).all()
    np.testing.assert_allclose(batch.noise_weights[~own], 5 / 1000)
    assert batch.noise_weights[1].sum() == pytest.approx(5, rel=1e-4)


def test_pieces_are_whole_documents_and_all_of_them(monkeypatch):
    monkeypatch.setattr(word2vec, "CHUNK", 4)
    words, lengths = np.arange(13), np.array([0, 3, 2, 0, 6, 1, 1, 0])
    pieces = list(word2vec._pieces(words, lengths))
    np.testing.assert_array_equal(np.concatenate([piece for piece, _ in pieces]), words)
    documents = [set(document.tolist()) for _, document in pieces]
    assert len(pieces) > 1
    assert sum(map(len, documents)) == len(set.union(*documents))


@pytest.fixture(scope="module")
def two_topics():
    """Words of two topics that never meet: fruit and tools, and words that stand with both."""
    rng = np.random.default_rng(0)
    topics = ["apple pear plum grape".split(), "saw hammer drill file".split()]
    both = "the a of".split()
    return [rng.choice(topics[document % 2] * 2 + both, 12).tolist() for document in range(400)]


TRAINING = {"embedding_size": 8, "window": 3, "epochs": 4, "lr": 0.05, "progress": False,
            "batch_size": 64, "shared_noise": 16, "threshold": 0.05}  # fmt: skip


@pytest.mark.parametrize("train", [
    lambda *arguments, **options: train_word2vec(*arguments, architecture="skip-gram", **options),
    lambda *arguments, **options: train_word2vec(*arguments, architecture="cbow", **options),
    lambda *arguments, **options: train_fasttext(*arguments, buckets=500, **options),
], ids=["skip-gram", "cbow", "fasttext"])  # fmt: skip
def test_words_of_a_topic_come_together(two_topics, train):
    vocabulary = Vocabulary.of(two_topics)
    vectors, losses = train(two_topics, vocabulary, np.random.default_rng(0), **TRAINING)
    assert np.mean(losses[-20:]) < 0.95 * np.mean(losses[:5])
    for topic in ("apple pear plum grape".split(), "saw hammer drill file".split()):
        for word in topic:
            near = {other for other, _ in vectors.nearest(word, 3)}
            assert near == set(topic) - {word}
    again, losses_again = train(two_topics, vocabulary, np.random.default_rng(0), **TRAINING)
    np.testing.assert_array_equal(again.vectors, vectors.vectors)
    assert losses_again == losses


@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")
def test_a_rate_that_is_too_large_is_named(two_topics):
    with pytest.raises(FloatingPointError, match=r"batch \d+: .* smaller learning rate than 1000"):
        train_word2vec(two_topics, Vocabulary.of(two_topics), np.random.default_rng(0),
                       **{**TRAINING, "lr": 1000.0})  # fmt: skip


@pytest.mark.parametrize(("documents", "threshold"), [
    ([["a"], ["b"]], 1.0),  # words stand alone
    ([["a", "b"]] * 5, 1e-30),  # all words are thinned out
])  # fmt: skip
@pytest.mark.parametrize("train", [train_word2vec, train_fasttext])
def test_without_neighbours_nothing_can_be_learnt(documents, threshold, train):
    with pytest.raises(ValueError, match="should hold neighbours, got none that a threshold of"):
        train(documents, Vocabulary(("a", "b")), np.random.default_rng(0), threshold=threshold,
              progress=False)  # fmt: skip


def test_the_hash_is_fnv_1a():
    # Check values that its authors publish, and that Python's own hash, salted, has no part in.
    hashes = {"": 0x811C9DC5, "a": 0xE40C292C, "foobar": 0xBF9CF968}
    assert {text: fasttext._fnv1a(text) for text in hashes} == hashes
    subwords = Subwords(Vocabulary(("x",)), 3, 3, buckets=1000)
    assert subwords.parts("ab") == [1 + fasttext._fnv1a(ngram) % 1000 for ngram in ("<ab", "ab>")]


def test_a_word_is_the_mean_of_its_parts_known_or_not(two_topics):
    vocabulary = Vocabulary.of(two_topics)
    vectors, _ = train_fasttext(two_topics, vocabulary, np.random.default_rng(0), **TRAINING)
    subwords = vectors.subwords
    for word in ("apple", "apples", "aple"):
        parts = subwords.parts(word)
        assert (parts[0] < len(vocabulary)) == (word in vocabulary)
        np.testing.assert_allclose(vectors.vector(word), vectors.W_in[parts].mean(0), rtol=1e-5)
        row = subwords.matrix([word]).toarray()[0]
        np.testing.assert_allclose(row, np.bincount(parts, minlength=len(row)) / len(parts))
    place = vocabulary.id("apple")
    np.testing.assert_allclose(vectors.vectors[place], vectors.vector("apple"), rtol=1e-5)
    assert vectors.nearest("aplpe", 1)[0][0] in "apple pear plum grape".split()
    with pytest.raises(KeyError):
        WordVectors(vocabulary, vectors.vectors).vector("apples")


def test_neighbours_and_analogies():
    vocabulary = Vocabulary(("king", "queen", "man", "woman", "tax"))
    rows = np.array([[1.0, 1, 0], [1, -1, 0], [0, 1, 0.2], [0, -1, 0.2], [0.3, 0, 1]])
    vectors = WordVectors(vocabulary, rows)
    assert vectors.similarity("man", "woman") == pytest.approx(-0.96 / 1.04)
    assert vectors.nearest("king", 2)[0][0] == "man"
    assert "king" not in {word for word, _ in vectors.nearest("king", 5)}
    assert len(vectors.nearest("king", 5)) == 4
    assert vectors.nearest(rows[0], 1)[0] == ("king", pytest.approx(1))
    assert vectors.nearest(rows[0], 1, without=["king"])[0][0] == "man"
    assert vectors.analogy("man", "woman", "king", 1)[0][0] == "queen"
    near = [word for word, _ in vectors.analogy("man", "man", "king", 2, without_question=False)]
    assert near == ["king", "man"]
    assert "man" not in dict(vectors.analogy("man", "man", "king", 4))
    rows[4] = 0
    assert vectors.similarity("man", "tax") == 0
    with pytest.raises(ValueError, match="vector of 'tax' should have a direction, got zeros"):
        vectors.analogy("man", "woman", "tax")
