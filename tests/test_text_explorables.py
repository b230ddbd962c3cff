"""Ranking scores as BM25, ContextWindow makes word2vec's examples, EmbeddingMap finds words."""

import json
from itertools import product

import numpy as np
import pytest
from front_end import FrontEnd
from scipy import sparse

from rnncourse.explorables import ContextWindow, EmbeddingMap, Ranking
from rnncourse.explorables.ranking import K1, B
from rnncourse.text import BM25, Vocabulary, count, ndcg, rank, reciprocal_rank
from rnncourse.text.windows import context_pairs, keep_probability, noise_distribution
from rnncourse.text.word_vectors import WordVectors

# --- Ranking ---

VOCABULARY = Vocabulary(tuple("abcdefghij"))
QUERIES = ["a c e".split(), "b b j".split(), "a unknown".split()]


def collection(rng, M=60):
    """Random counts, and relevance that is 1 or 2 for some documents and for none of the last."""
    counts = rng.poisson(rng.uniform(0, 3, (M, 1)) * rng.uniform(0.1, 1, 10))
    counts[counts.sum(axis=1) == 0, 0] = 1
    relevance = rng.choice(3, p=[0.91, 0.06, 0.03], size=(3, M))
    relevance[2] = 0
    return sparse.csr_array(counts), [f"document {d}" for d in range(M)], relevance


def ranking(rng, **options):
    counts, names, relevance = collection(rng)
    return Ranking(counts, VOCABULARY, names, QUERIES, relevance, **options), counts, relevance


def browser_order(front_end, explorable, q, k1, b):
    settings = {"k1": k1, "b": b, "average": explorable.average}
    return front_end("ranked", explorable.queries[q], settings)


@pytest.mark.parametrize("seed", [0, 1])
def test_ranking_scores_as_the_package_does(seed):
    explorable, counts, _ = ranking(np.random.default_rng(seed))
    asked, front_end = count(QUERIES, VOCABULARY), FrontEnd(explorable)
    for k1, b in product((0, 0.5, 1.2, 10), (0, 0.75, 1)):
        scores = BM25(counts, k1, b).scores(asked)
        for q in range(len(QUERIES)):
            for document in browser_order(front_end, explorable, q, k1, b):
                number = int(document["name"].split()[1])
                assert document["score"] == pytest.approx(scores[q, number], rel=1e-12)
                assert sum(document["parts"]) == pytest.approx(document["score"], rel=1e-12)


def test_ranking_shows_the_order_of_the_whole_collection_at_every_setting():
    depth = 7
    explorable, counts, relevance = ranking(np.random.default_rng(2), depth=depth)
    asked, front_end = count(QUERIES, VOCABULARY), FrontEnd(explorable)
    assert max(len(query["documents"]) for query in explorable.queries) < len(relevance[0])
    for k1, b in product(K1, B):
        scores = BM25(counts, k1, b).scores(asked)
        for q in range(len(QUERIES)):
            order = browser_order(front_end, explorable, q, k1, b)
            names = [document["name"] for document in order[:depth]]
            assert names == [f"document {d}" for d in rank(scores[q])[:depth]]
            found = [document["relevance"] for document in order]
            expected = ndcg(scores[q], relevance[q], depth)
            assert front_end("ndcg", found, depth) == pytest.approx(expected, abs=1e-12)
            place = front_end("placeOfBest", found)
            if place <= depth:
                best = reciprocal_rank(scores[q], relevance[q])
                assert (1 / place if place else 0) == pytest.approx(best)


def test_ranking_carries_what_it_knows_of_the_words():
    vocabulary = Vocabulary(("cat", "dog", "fish"))
    counts = count([["cat", "fish", "fish"], ["cat"], ["dog", "dog", "dog", "cat"]], vocabulary)
    query = ["a", "cat", "fish", "cat"]
    explorable = Ranking(counts, vocabulary, ["x", "y", "z"], [query], [[0, 1, 0]])
    (carried,) = explorable.queries
    assert carried["text"] == "a cat fish cat"
    assert carried["words"] == ["fish", "cat"]  # what tells most comes first
    assert carried["times"] == [1, 2]
    assert carried["df"] == [1, 3]
    assert carried["documents"][0] == {"name": "x", "length": 3, "relevance": 0, "counts": [2, 1]}
    assert explorable.average == pytest.approx(8 / 3)
    assert explorable.documents == 3
    json.dumps(explorable.get_state(), default=None)  # plain numbers, not NumPy's


def test_ranking_says_how_good_the_order_is():
    front_end = FrontEnd(ranking(np.random.default_rng(3))[0])
    grades = ["no", "related", "asked for"]

    def says(relevance, depth=3):
        return front_end("quality", relevance, depth, grades)

    assert says([2, 1, 0]) == (
        "nDCG of the first 3: 1.00. The first document that is “asked for” is at place 1: "
        "reciprocal rank 1.00."
    )
    assert "“related” is at place 2: reciprocal rank 0.50" in says([0, 1, 0])
    assert says([1, 0, 0, 2]).endswith("No document that is “asked for” is among them.")
    assert says([0, 0]) == "No document is relevant to this query."


def test_ranking_says_what_does_not_fit():
    counts, names, relevance = collection(np.random.default_rng(4), M=5)

    def fails(error, message, queries=QUERIES, counts=counts, names=names, relevance=relevance,
              vocabulary=VOCABULARY, **options):  # fmt: skip
        with pytest.raises(error, match=message):
            Ranking(counts, vocabulary, names, queries, relevance, **options)

    fails(TypeError, "vocabulary should be Vocabulary, got str", vocabulary="abc")
    fails(ValueError, r"counts should be \(M, V\) = \(5, 10\), got \(4, 10\)", counts=counts[:4])
    fails(ValueError, r"counts should be \(M, V\) = \(4, 10\), got \(5, 10\)", names=names[1:])
    fails(TypeError, "counts should be an array of real numbers", counts=[["a"]])
    fails(TypeError, "each name should be str, got int", names=[1, 2, 3, 4, 5])
    fails(TypeError, "queries should be list, got str", queries="a b")
    fails(TypeError, "a query should be list, got str", queries=["a", "b", "c"])
    fails(ValueError, "number of queries should be from 1 to 8, got 0", queries=[])
    fails(ValueError, r"relevance should be \(Q, M\) = \(2, 5\), got", queries=QUERIES[:2])
    fails(ValueError, r"relevance should lie in \[0, 3\), got", relevance=relevance + 3)
    fails(ValueError, r"relevance should lie in \[0, 1\), got", grades=("all",))
    fails(ValueError, "number of known words in 'z' should be from 1 to 20, got 0",
          queries=[["a"], ["b"], ["z"]])  # fmt: skip
    fails(ValueError, "k1 should be one of 0, 0.2, .* got 1.3", k1=1.3)
    fails(ValueError, "b should be one of 0, 0.1, .* got 2", b=2)
    fails(ValueError, r"query should be a whole number in \[1, 3\], got 4", query=4)
    fails(ValueError, r"depth should be a whole number in \[1, 20\], got 21", depth=21)


# --- ContextWindow ---

FREQUENCIES = {"the": 600, "cat": 40, "eats": 20, "fish": 30, "猫": 1}
WINDOW = FrontEnd(ContextWindow("the cat", FREQUENCIES))


@pytest.mark.parametrize("length", [2, 3, 9])
@pytest.mark.parametrize("window", [1, 2, 5])
def test_context_window_makes_the_pairs_of_the_package(length, window):
    centres, contexts = context_pairs([length], window)
    for place in range(length):
        expected = contexts[centres == place].tolist()
        assert WINDOW("around", place, window, length) == expected
        skip_gram = WINDOW("examples", "skip-gram", place, window, length)
        assert skip_gram == [{"bag": [place], "target": context} for context in expected]
        (cbow,) = WINDOW("examples", "cbow", place, window, length)
        assert cbow == {"bag": expected, "target": place}


def test_context_window_draws_from_the_noise_distribution():
    counts = np.array(list(FREQUENCIES.values()))
    chances = WINDOW("noiseDistribution", counts.tolist())
    np.testing.assert_allclose(chances, noise_distribution(counts), rtol=1e-12)
    drawn = [
        WINDOW("noise", chances, 10, {"seed": 0, "drawn": n, "place": n % 7, "target": n % 5})
        for n in range(1000)
    ]
    shares = np.bincount(np.ravel(drawn), minlength=len(counts)) / np.size(drawn)
    np.testing.assert_allclose(shares, chances, rtol=0, atol=0.02)


def test_context_window_draws_the_same_noise_for_the_same_state():
    chances = [0.1] * 10
    state = {"seed": 3, "drawn": 0, "place": 2, "target": 4}
    first = WINDOW("noise", chances, 8, state)
    assert WINDOW("noise", chances, 8, state) == first
    assert WINDOW("noise", chances, 3, state) == first[:3]  # fewer are the first of them
    for name in state:
        other = WINDOW("noise", chances, 8, state | {name: state[name] + 1})
        assert other != first


def test_context_window_leaves_out_as_often_as_the_package():
    explorable = ContextWindow("the cat eats the fish", FREQUENCIES, threshold=0.05)
    kept = keep_probability(np.array(list(FREQUENCIES.values())), 0.05)
    expected = 1 - kept[[0, 1, 2, 0, 3]]
    np.testing.assert_allclose(explorable.dropped, expected, rtol=0, atol=0.5001e-4)
    assert expected[0] > 0.5
    whole = ContextWindow("the cat", FREQUENCIES, threshold=0.05, total=10_000)
    share = 0.05 / (600 / 10_000)
    assert whole.dropped == [pytest.approx(max(0, 1 - np.sqrt(share) - share), abs=1e-4), 0]


def test_context_window_takes_words_in_lists_and_says_what_it_shows():
    explorable = ContextWindow(["猫", "eats", "fish"], FREQUENCIES, place=2, architecture="cbow")
    assert explorable.sentence == ["猫", "eats", "fish"]
    json.dumps(explorable.get_state(), default=None)
    bags = WINDOW("examples", "cbow", 1, 2, 3)
    assert WINDOW("summary", "cbow", bags, 1, "Centre word 2, “eats”") == (
        "Centre word 2, “eats”: one example. The mean of 2 context words is to tell it from "
        "1 noise word."
    )
    bags = WINDOW("examples", "skip-gram", 1, 2, 3)
    assert WINDOW("summary", "skip-gram", bags, 4, "Centre") == (
        "Centre: 2 examples, one a context word. Each is to be told from 4 noise words of its "
        "own, 8 in all."
    )


def test_context_window_says_what_does_not_fit():
    def fails(error, message, sentence="the cat", frequencies=FREQUENCIES, **options):
        with pytest.raises(error, match=message):
            ContextWindow(sentence, frequencies, **options)

    fails(ValueError, "length of the sentence should be from 2 to 40, got 1", sentence="the")
    fails(ValueError, "length of the sentence should be from 2 to 40, got 41", sentence="the " * 41)
    fails(TypeError, "each word should be str, got int", sentence=["the", 1])
    fails(ValueError, "each word of the sentence should be one of .* got 'dog'", sentence="the dog")
    fails(TypeError, "frequencies should be dict, got list", frequencies=["the", "cat"])
    fails(ValueError, "number of frequencies should be from 2 to 1000, got 1001",
          frequencies={str(n): 1 for n in range(1001)})  # fmt: skip
    fails(ValueError, "the frequency of 'cat' should be a whole number of at least 1, got 0",
          frequencies={"the": 1, "cat": 0})  # fmt: skip
    fails(ValueError, "total should be a whole number of at least 691, got 690", total=690)
    fails(ValueError, "threshold should be a finite number above 0, got 0", threshold=0)
    fails(ValueError, "architecture should be one of 'skip-gram', 'cbow', got 'x'",
          architecture="x")  # fmt: skip
    for name, low, high, wrong in (
        ("place", 1, 2, 3),
        ("window", 1, 5, 0),
        ("negatives", 1, 10, 11),
    ):
        message = rf"{name} should be a whole number in \[{low}, {high}\], got {wrong}"
        fails(ValueError, message, **{name: wrong})


# --- EmbeddingMap ---


def word_vectors(rng, N=30, E=8):
    words = [f"w{n}" for n in range(N)]
    return WordVectors(Vocabulary(tuple(words)), rng.normal(size=(N, E)) + 0.5), words


def test_embedding_map_finds_the_neighbours_that_the_package_finds():
    known, words = word_vectors(np.random.default_rng(0))
    explorable = EmbeddingMap(words, known.vectors)
    for i, word in enumerate(words):
        neighbours, cosines = zip(*known.nearest(word), strict=True)
        assert [words[j] for j in explorable.neighbours[i]] == list(neighbours)
        thousandths = np.array(explorable.cosines[i])
        np.testing.assert_allclose(thousandths / 1000, cosines, rtol=0, atol=0.5001e-3)


def test_embedding_map_is_the_plane_of_most_variance():
    known, words = word_vectors(np.random.default_rng(1))
    units = known.vectors / np.linalg.norm(known.vectors, axis=1, keepdims=True)
    variances, axes = np.linalg.eigh(np.cov(units.T))
    expected = (units - units.mean(axis=0)) @ axes[:, [-1, -2]]
    expected *= np.sign(expected[np.abs(expected).argmax(axis=0), [0, 1]])
    explorable = EmbeddingMap(words, known.vectors)
    places = np.array(explorable.points) / 1000 * np.abs(expected).max()
    np.testing.assert_allclose(places, expected, rtol=0, atol=1e-3)
    assert explorable.variance == pytest.approx(variances[-2:].sum() / variances.sum())


def test_embedding_map_does_not_change_when_the_space_is_turned():
    rng = np.random.default_rng(2)
    known, words = word_vectors(rng)
    turn, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    scale = rng.uniform(0.5, 2, (len(words), 1))  # only directions count
    first, other = (EmbeddingMap(words, v) for v in (known.vectors, scale * known.vectors @ turn))
    assert first.neighbours == other.neighbours
    np.testing.assert_allclose(first.points, other.points, atol=1)


def test_embedding_map_finds_a_word_by_what_is_typed():
    words = ["猫", "Cat", "cat", "Mars", "map", "a b", "x"]
    front_end = FrontEnd(EmbeddingMap(words, np.eye(7)))
    for typed, found in {"cat": 2, " Cat ": 1, "CAT": 1, "猫": 0, "mars": 3, "a b": 5}.items():
        assert front_end("place", words, typed) == found
    for typed in ("ca", "", "dog", "*"):
        assert front_end("place", words, typed) == -1
    assert front_end("unknown", words, "ma") == (
        "“ma” is not among the 7 words of this map. There is: Mars, map."
    )
    assert front_end("unknown", words, " dog ") == "“dog” is not among the 7 words of this map."


def test_embedding_map_lays_its_names_out_apart():
    rng = np.random.default_rng(3)
    known, words = word_vectors(rng, N=60)
    explorable = EmbeddingMap(words, known.vectors)
    front_end = FrontEnd(explorable)
    for width in (350, 900):
        laid = front_end("laidOut", explorable.points, width)
        places, points = np.array(laid["places"]), np.array(explorable.points)
        assert places.min() > 20
        assert places[:, 0].max() < width - 20
        assert places[:, 1].max() < laid["height"] - 20
        slopes = [np.polyfit(points[:, axis], places[:, axis], 1)[0] for axis in (0, 1)]
        assert slopes[0] == pytest.approx(-slopes[1])  # up is up, and as far as across
        names = [{"text": f"{n} word", "at": at} for n, at in enumerate(laid["places"])]
        drawn = front_end("labelled", names, [], width, laid["height"])
        assert 10 < len(drawn) < 60
        assert drawn[0]["text"] == "0 word"
        x, y = (np.array([name[axis] for name in drawn]) for axis in "xy")
        near = (abs(x[:, None] - x) < 40) & (abs(y[:, None] - y) < 16)
        assert near.sum() == len(drawn)  # each only to itself


def test_embedding_map_says_which_dots_are_near():
    front_end = FrontEnd(EmbeddingMap("abcdef", np.eye(6)))
    points = [[0, 0], [3, 4], [1, 0], [0, -2], [0, 1]]
    assert front_end("nearestDots", points, [0, 0], 4) == [0, 2, 4, 3]


def test_embedding_map_is_small():
    rng = np.random.default_rng(4)
    words = ["".join(rng.choice(list("abcdefgh"), 9)) + str(n) for n in range(300)]
    explorable = EmbeddingMap(words, rng.normal(size=(300, 100)))
    state = {k: v for k, v in explorable.get_state().items() if k not in ("_esm", "_css", "layout")}
    assert len(json.dumps(state)) < 25_000


def test_embedding_map_says_what_does_not_fit():
    words, vectors = list("abcdef"), np.eye(6)

    def fails(error, message, words=words, vectors=vectors, **options):
        with pytest.raises(error, match=message):
            EmbeddingMap(words, vectors, **options)

    fails(ValueError, "number of words should be from 6 to 400, got 5", words=words[:5])
    fails(ValueError, "words should hold each symbol once and none empty, got 'a'", words="abcdea")
    fails(TypeError, "words should hold strings, got 0", words=range(6))
    fails(ValueError, r"vectors should be \(6, 6\), got \(5, 6\)", vectors=vectors[:5])
    fails(ValueError, r"vectors should be \(6, E\) with E of at least 2, got \(6, 1\)",
          vectors=vectors[:, :1])  # fmt: skip
    fails(TypeError, "vectors should be an array of real numbers", vectors=[["a"] * 6] * 6)
    fails(ValueError, "vectors should be finite, got nan", vectors=np.where(vectors, np.nan, 1))
    fails(ValueError, "each vector should have a direction, got zeros at 2",
          vectors=np.diag([1, 1, 0, 1, 1, 1]))  # fmt: skip
    fails(ValueError, "vectors should differ in direction", vectors=np.ones((6, 3)))
    fails(ValueError, "word should be one of .* got 'z'", word="z")
    fails(ValueError, "each of labels should be one of .* got 'z'", labels=["a", "z"])
