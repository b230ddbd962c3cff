"""Text as numbers equals scikit-learn's where that has it, and formulas written out elsewhere."""

import string
from itertools import pairwise, product
from math import log, log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.metrics import ndcg_score
from sklearn.metrics.pairwise import cosine_similarity

from rnncourse.data import load_chinese_news, load_newsgroups
from rnncourse.text import (
    BM25,
    Segmenter,
    Vocabulary,
    characters,
    cosine,
    count,
    inverse_document_frequency,
    ndcg,
    ngrams,
    precision,
    rank,
    reciprocal_rank,
    tf_idf,
    words,
)

TWO = [["猫", "喜欢", "鱼"], ["狗", "不", "喜欢", "鱼"]]
texts = st.lists(st.text(string.ascii_letters + " ,.'猫鱼_7"), min_size=1, max_size=6)
few_counts = st.integers(1, 5).flatmap(
    lambda M: st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=M, max_size=M)
)


@pytest.fixture(scope="module")
def posts():
    return load_newsgroups(["sci.space", "rec.autos"]).train_texts[:300]


def dense(matrix):
    return matrix.toarray()


@given(texts)
def test_words_are_those_of_scikit_learn(some):
    analyse = CountVectorizer(token_pattern=r"\w+").build_analyzer()
    assert [words(text) for text in some] == [analyse(text) for text in some]


def test_words_and_ngrams_of_real_posts_are_counted_as_by_scikit_learn(posts):
    theirs = CountVectorizer(token_pattern=r"\w+", ngram_range=(1, 2))
    expected = theirs.fit_transform(posts)
    documents = [ngrams(words(post), 1, 2) for post in posts]
    vocabulary = Vocabulary.of(documents)
    assert list(vocabulary.symbols) == list(theirs.get_feature_names_out())
    assert (count(documents, vocabulary) != expected).nnz == 0


def test_character_ngrams_of_real_posts_are_counted_as_by_scikit_learn(posts):
    theirs = CountVectorizer(analyzer="char", ngram_range=(2, 3))
    expected = theirs.fit_transform(posts[:50])
    documents = [ngrams(post, 2, 3, separator="") for post in posts[:50]]
    vocabulary = Vocabulary.of(documents)
    assert list(vocabulary.symbols) == list(theirs.get_feature_names_out())
    assert (count(documents, vocabulary) != expected).nnz == 0


def test_the_two_sentences_of_the_page():
    vocabulary = Vocabulary(("猫", "狗", "喜欢", "不", "鱼"))
    assert dense(count(TWO, vocabulary)).tolist() == [[1, 0, 1, 0, 1], [0, 1, 1, 1, 1]]
    assert count([], vocabulary).shape == (0, 5)
    assert dense(count([["龙", "鱼", "鱼"], []], vocabulary)).tolist() == [[0, 0, 0, 0, 2], [0] * 5]


def test_characters_and_rare_words():
    assert characters("猫 喜欢\n鱼") == ["猫", "喜", "欢", "鱼"]
    assert Vocabulary.of(TWO, min_count=2).symbols == ("喜欢", "鱼")
    assert Vocabulary.of(TWO, special=["?"], min_count=3).symbols == ("?",)
    assert "鱼" in Vocabulary.of(TWO)
    assert "龙" not in Vocabulary.of(TWO)


def test_a_longer_run_than_the_text_is_no_ngram():
    assert ngrams("ab", 3, separator="") == []
    assert ngrams("abc", 1, 9, separator="") == ["a", "b", "c", "ab", "bc", "abc"]


def ways_to_cut(text):
    """Every list of words that joins to the text."""
    for cuts in product([False, True], repeat=max(0, len(text) - 1)):
        ends = [0, *(place + 1 for place, cut in enumerate(cuts) if cut), len(text)]
        yield [text[a:b] for a, b in pairwise(ends)]


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=1), st.text("abcd", max_size=7))
def test_the_segmenter_finds_the_most_probable_of_all_ways_to_cut(known, text):
    total = len(known)

    def score(cut):
        if any(word not in known and len(word) > 1 for word in cut):
            return -np.inf
        return sum(log(max(known.count(word), 0.5) / total) for word in cut)

    found = Segmenter([known]).cut(text)
    assert "".join(found) == text
    if text:
        assert score(found) == pytest.approx(max(map(score, ways_to_cut(text))))


def test_the_segmenter_cuts_news_that_it_has_not_read():
    paragraphs = load_chinese_news().paragraphs[::4]
    segmenter = Segmenter(p for i, p in enumerate(paragraphs) if i % 50)

    def spans(cut):
        ends = np.cumsum([0, *map(len, cut)]).tolist()
        return set(pairwise(ends))

    found = right = both = 0
    for paragraph in paragraphs[::50]:
        ours, theirs = spans(segmenter.cut("".join(paragraph))), spans(paragraph)
        found, right, both = found + len(ours), right + len(theirs), both + len(ours & theirs)
    assert 0.88 < 2 * both / (found + right) < 0.95


@pytest.mark.parametrize(("tf", "sublinear"), [("count", False), ("log", True)])
@pytest.mark.parametrize("norm", ["l2", None])
@pytest.mark.parametrize(("variant", "smooth"), [("smooth", True), ("plain", False)])
def test_tf_idf_is_that_of_scikit_learn(posts, tf, sublinear, norm, variant, smooth):
    counts = CountVectorizer(token_pattern=r"\w+").fit_transform(posts)
    theirs = TfidfTransformer(sublinear_tf=sublinear, norm=norm, smooth_idf=smooth)
    expected = theirs.fit_transform(counts)
    idf = inverse_document_frequency(counts, variant) + (variant == "plain")  # theirs adds 1
    ours = tf_idf(counts, idf, tf=tf, norm=norm)
    np.testing.assert_allclose(dense(ours), dense(expected), rtol=1e-12)


def test_tf_idf_from_text_to_features_is_that_of_scikit_learn(posts):
    documents = [words(post) for post in posts]
    counts = count(documents, Vocabulary.of(documents))
    expected = TfidfVectorizer(token_pattern=r"\w+").fit_transform(posts)
    ours = tf_idf(counts, inverse_document_frequency(counts))
    np.testing.assert_allclose(dense(ours), dense(expected), rtol=1e-12)


def test_every_weight_by_its_formula():
    counts = np.array([[2, 0, 1], [1, 0, 0], [4, 3, 0]])
    df = np.array([3, 1, 1])
    for variant, formula in {
        "plain": lambda d: log(3 / d),
        "one-more": lambda d: log(3 / (1 + d)),
        "smooth": lambda d: log(4 / (1 + d)) + 1,
        "robertson": lambda d: log((3 - d + 0.5) / (d + 0.5)),
        "lucene": lambda d: log(1 + (3 - d + 0.5) / (d + 0.5)),
    }.items():
        found = inverse_document_frequency(counts, variant)
        np.testing.assert_allclose(found, [formula(d) for d in df], rtol=1e-12)
    idf = np.array([2.0, 3.0, 5.0])
    for tf, expected in {
        "count": [[4, 0, 5], [2, 0, 0], [8, 9, 0]],
        "share": [[4 / 3, 0, 5 / 3], [2, 0, 0], [8 / 7, 9 / 7, 0]],
        "binary": [[2, 0, 5], [2, 0, 0], [2, 3, 0]],
        "log": [[2 + 2 * log(2), 0, 5], [2, 0, 0], [2 + 2 * log(4), 3 + 3 * log(3), 0]],
    }.items():
        np.testing.assert_allclose(dense(tf_idf(counts, idf, tf=tf, norm=None)), expected)


def test_one_more_document_makes_the_shared_words_negative_and_the_others_nothing():
    counts = count(TWO, Vocabulary(("猫", "狗", "喜欢", "不", "鱼")))
    idf = inverse_document_frequency(counts, "one-more")
    np.testing.assert_allclose(idf, [0, 0, log(2 / 3), 0, log(2 / 3)], atol=1e-15)


def okapi(query, counts, k1, b, k3, idf):
    """BM25 as a sum over the words of a query, document by document."""
    M, lengths = len(counts), counts.sum(1)
    scores = []
    for document, length in zip(counts, lengths, strict=True):
        score = 0.0
        for term, q in enumerate(query):
            df, tf = np.count_nonzero(counts[:, term]), document[term]
            if not q or not tf:
                continue
            odds = (M - df + 0.5) / (df + 0.5)
            weight = log(odds) if idf == "robertson" else log(1 + odds)
            k = k1 * (1 - b + b * length / lengths.mean())
            score += (
                weight * tf * (k1 + 1) / (tf + k) * (q if k3 is None else q * (k3 + 1) / (q + k3))
            )
        scores.append(score)
    return scores


@pytest.mark.parametrize("idf", ["lucene", "robertson"])
@pytest.mark.parametrize(("k1", "b", "k3"), [(1.2, 0.75, None), (0, 0, 0), (7.5, 1, 2.5)])
def test_bm25_is_the_sum_of_its_formula(k1, b, k3, idf):
    rng = np.random.default_rng(0)
    counts, queries = rng.poisson(0.6, (30, 20)), rng.poisson(0.3, (8, 20))
    found = BM25(counts, k1, b, idf, k3).scores(queries)
    expected = [okapi(query, counts, k1, b, k3, idf) for query in queries]
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_bm25_is_that_of_rank_bm25():
    documents = [post.split() for post in load_newsgroups(["sci.space"]).train_texts[:100]]
    theirs = BM25Okapi(documents, k1=1.5, b=0.75, epsilon=0)
    vocabulary = Vocabulary.of(documents)
    query = ["shuttle", "launch", "orbit"]  # in less than half of the posts: see epsilon
    ours = BM25(count(documents, vocabulary), k1=1.5, idf="robertson")
    found = ours.scores(count([query], vocabulary))[0]
    np.testing.assert_allclose(found, theirs.get_scores(query), rtol=1e-10)


@given(few_counts)
def test_matrices_may_hold_zeros_and_count_in_parts(rows):
    counts = np.array(rows)
    ones = [(d, t) for d, t in np.argwhere(counts) for _ in range(counts[d, t])]
    documents, terms = np.array(ones, dtype=int).reshape(-1, 2).T
    in_parts = sparse.coo_array((np.ones(len(ones), int), (documents, terms)), counts.shape)
    with_zeros = sparse.csr_array(counts + 1)
    with_zeros.data -= 1
    for other in (in_parts, with_zeros, sparse.csr_matrix(counts)):
        for variant in ("smooth", "lucene"):
            idf = inverse_document_frequency(counts, variant)
            np.testing.assert_array_equal(inverse_document_frequency(other, variant), idf)
            np.testing.assert_array_equal(
                dense(tf_idf(other, idf, tf="log")), dense(tf_idf(counts, idf, tf="log"))
            )
        if counts.any():
            np.testing.assert_array_equal(BM25(other).scores(other), BM25(counts).scores(counts))


def test_weights_leave_the_counts_alone():
    counts = count(TWO, Vocabulary.of(TWO))
    before = dense(counts)
    tf_idf(counts, inverse_document_frequency(counts))
    BM25(counts).scores(counts)
    np.testing.assert_array_equal(dense(counts), before)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_cosine_is_that_of_scikit_learn_and_nothing_points_nowhere(kind):
    rng = np.random.default_rng(0)
    queries, documents = rng.poisson(1.0, (4, 6)), rng.normal(size=(5, 6))
    queries[1] = documents[2] = 0
    found = cosine(kind(queries), kind(documents))
    np.testing.assert_allclose(found, cosine_similarity(queries, documents), atol=1e-12)


@given(st.data())
def test_ranking_measures(data):
    M = data.draw(st.integers(2, 12))
    scores = np.array(data.draw(st.lists(st.integers(0, 99), min_size=M, max_size=M, unique=True)))
    grades = st.lists(st.integers(0, 3), min_size=M, max_size=M)
    relevance = np.array(data.draw(grades.filter(any)))
    depth = data.draw(st.integers(1, M))
    expected = ndcg_score(relevance[None], scores[None], k=depth)
    assert ndcg(scores, relevance, depth) == pytest.approx(expected)
    order = sorted(range(M), key=lambda d: -scores[d])
    assert rank(scores).tolist() == order
    first = next(i for i, d in enumerate(order) if relevance[d] == relevance.max())
    assert reciprocal_rank(scores, relevance) == 1 / (first + 1)
    hits = sum(relevance[d] > 0 for d in order[:depth])
    assert precision(scores, relevance, depth) == pytest.approx(hits / depth)


def test_ties_go_by_number_and_nothing_relevant_gives_nothing():
    assert rank([[0.5, 0.5, 0.9], [0.0, 0.0, 0.0]]).tolist() == [[2, 0, 1], [0, 1, 2]]
    assert reciprocal_rank([0.5, 0.5], [0, 2]) == 0.5
    assert ndcg([0.5, 0.5], [0, 2]) == pytest.approx(1 / log2(3))
    assert [measure([1.0, 2.0], [0, 0]) for measure in (reciprocal_rank, ndcg)] == [0, 0]
