"""What must hold for every input: laws of models, of training and of the text tools."""

import hypothesis.strategies as st
import numpy as np
import pytest
from helpers import assert_same
from hypothesis import given

from rnncourse import init
from rnncourse.cells import RNN, HState
from rnncourse.data import make_adding, make_recall
from rnncourse.decode import distribution, generate, greedy, sample
from rnncourse.functional import cross_entropy, log_softmax, sigmoid, softmax
from rnncourse.gradcheck import GradientError, gradient_check
from rnncourse.layers import Embedding, Linear
from rnncourse.models import Regressor, SequenceModel
from rnncourse.optim import (
    SGD,
    Adam,
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    global_norm,
)
from rnncourse.recurrent import Recurrent
from rnncourse.stack import Stack
from rnncourse.text import KneserNey, Vocabulary, pad_sequences
from rnncourse.train import train
from rnncourse.tree import tree_leaves, tree_map
from rnncourse.variants import LayerNormRNN

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 4)

# --- A whole model -------------------------------------------------------------------------


def test_float32_stays_float32():
    rng = np.random.default_rng(3)
    model = SequenceModel(Embedding(4, 2), Recurrent(RNN(2, 3)), Linear(3, 4))
    weights = model.init(rng, np.float32)
    loss, gradient = model.loss_and_gradient(weights, make_recall(rng, 5, 3))
    weights, _ = Adam(lr=0.1).update(weights, gradient, Adam(lr=0.1).init(weights))
    assert loss.dtype == np.float32
    assert {a.dtype for _, a in tree_leaves((weights, gradient))} == {np.dtype(np.float32)}


def test_a_regressor_stays_float32():
    rng = np.random.default_rng(3)
    cell = LayerNormRNN(2, 3, eps=np.float64(1e-3))
    model = Regressor(Recurrent(cell), Linear(3, 1))
    weights = model.init(rng, np.float32)
    loss, gradient = model.loss_and_gradient(weights, make_adding(rng, 5, 3, np.float32))
    assert loss.dtype == np.float32
    assert {a.dtype for _, a in tree_leaves((weights, gradient))} == {np.dtype(np.float32)}


def test_a_regressor_drops_only_with_an_rng():
    layers = (Recurrent(RNN(2, 8)), Recurrent(RNN(8, 8)))
    model = Regressor(Stack(layers, dropout=0.5), Linear(8, 1))
    weights, batch = model.init(rng := np.random.default_rng(3)), make_adding(rng, 5, 3)
    whole, _ = model.loss_and_gradient(weights, batch)
    dropped, _ = model.loss_and_gradient(weights, batch, np.random.default_rng(0))
    again, _ = model.loss_and_gradient(weights, batch, np.random.default_rng(0))
    assert whole == model.loss(weights, batch)
    assert dropped == again != whole


def test_one_step_at_a_time_equals_the_whole_sequence():
    rng = np.random.default_rng(4)
    model = SequenceModel(Embedding(4, 2), Recurrent(RNN(2, 3)), Linear(3, 4))
    weights, ids = model.init(rng), rng.integers(0, 4, (6, 2))
    logits, last, _ = model.forward(weights, ids)
    state = None
    for t in range(6):
        step_logits, state = model.step(weights, ids[t], state)
        assert_same(step_logits, logits[t])
    assert_same(state, last)


# --- Functions, initialisation -------------------------------------------------------------


@given(seeds, st.floats(1e-3, 1e3))
def test_softmax_gives_probabilities_and_ignores_a_constant(seed, scale):
    z = scale * np.random.default_rng(seed).normal(size=(3, 5))
    p = softmax(z)
    assert_same(p.sum(axis=-1), np.ones(3))
    assert_same(softmax(z + 100), p, rtol=1e-9, atol=1e-9)
    assert_same(np.exp(log_softmax(z)), p)
    assert_same(sigmoid(z[:, 0] - z[:, 1]), softmax(z[:, :2])[:, 0])


def test_softmax_of_unsigned_integers_is_that_of_floats():
    assert_same(softmax(np.array([1, 2, 3], np.uint8)), softmax(np.array([1.0, 2.0, 3.0])))


def test_sigmoid_does_not_overflow():
    with np.errstate(over="raise"):
        np.testing.assert_array_equal(sigmoid(np.array([-1e4, 1e4])), [0, 1])


def test_cross_entropy_of_a_fair_guess_is_log_v_and_masked_places_do_not_count():
    targets = np.array([0, 3, 1])
    logits = np.array([[0.0] * 5, [1e3, 0, 0, -1e3, 0], [0.0] * 5])
    loss, dlogits = cross_entropy(logits, targets, np.array([1, 0, 1]))
    assert loss == pytest.approx(np.log(5))
    assert not dlogits[1].any()


@given(seeds, sizes, sizes, st.floats(0.1, 3))
def test_orthogonal_is_orthogonal(seed, outputs, inputs, gain):
    W = init.orthogonal((outputs, inputs), np.random.default_rng(seed), gain=gain)
    small = W @ W.T if outputs <= inputs else W.T @ W
    assert_same(small, gain**2 * np.eye(min(outputs, inputs)))


def test_random_orthogonal_matrices_favour_no_direction():
    """Without the fixing of signs, QR gives diagonal entries of one sign."""
    rng = np.random.default_rng(0)
    diagonals = np.array([np.diag(init.orthogonal((3, 3), rng)) for _ in range(2000)])
    assert np.abs(diagonals.mean(axis=0)).max() < 0.06  # a standard error is 0.013


OUTPUTS, INPUTS = 300, 500
SPREADS = {
    "xavier_uniform": (init.xavier_uniform, 2 / (OUTPUTS + INPUTS)),
    "xavier_normal": (init.xavier_normal, 2 / (OUTPUTS + INPUTS)),
    "he_uniform": (init.he_uniform, 2 / INPUTS),
    "he_normal": (init.he_normal, 2 / INPUTS),
    "normal": (init.normal, 1),
}


@pytest.mark.parametrize(("function", "variance"), SPREADS.values(), ids=SPREADS)
def test_initialisation_has_its_variance_and_mean_zero(function, variance):
    W = function((OUTPUTS, INPUTS), np.random.default_rng(0), np.float32)
    assert W.dtype == np.float32
    assert W.var() == pytest.approx(variance, rel=0.02)
    assert abs(W.mean()) < 0.01 * np.sqrt(variance)
    if "uniform" in function.__name__:
        assert np.abs(W).max() <= np.sqrt(3 * variance) * (1 + 1e-6)
    else:
        assert np.abs(W).max() > 3.5 * np.sqrt(variance)


def test_identity_takes_its_gain():
    np.testing.assert_array_equal(init.identity((3, 3), gain=0.5), 0.5 * np.eye(3))


def test_an_embedding_starts_with_spread_one():
    assert Embedding(300, 50).init(np.random.default_rng(0)).W.std() == pytest.approx(1, rel=0.02)


# --- Trees, gradient check, training -------------------------------------------------------

arrays = st.integers(0, 3).map(lambda n: np.arange(n, dtype=float))
trees = st.recursive(
    arrays,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | inner.map(HState)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(trees)
def test_tree_map_of_the_identity_is_the_identity(tree):
    same = tree_map(lambda array: array, tree)
    assert repr(same) == repr(tree)
    assert type(same) is type(tree)
    names = [name for name, _ in tree_leaves(tree)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("plant", "place"),
    [
        (lambda g: g.recurrent.W_hh.__setitem__((1, 0), 9.0), r"recurrent\.W_hh\[1, 0\]"),
        (lambda g: g.linear.b.__imul__(-1), r"linear\.b\[1\]"),
        (lambda g: g.embedding.W.__setitem__((2, 1), np.nan), r"embedding\.W\[2, 1\]"),
    ],
    ids=["one entry", "a sign", "nan"],
)
def test_gradient_check_names_the_place_of_a_planted_mistake(plant, place):
    rng = np.random.default_rng(5)
    model = SequenceModel(Embedding(3, 2), Recurrent(RNN(2, 2)), Linear(2, 3))
    weights, batch = model.init(rng), make_recall(rng, 4, 6, symbols=3)
    _, gradient = model.loss_and_gradient(weights, batch)
    kept = tree_map(np.copy, weights)
    assert gradient_check(lambda w: model.loss(w, batch), weights, gradient) < 1e-7
    assert_same(weights, kept)  # nudged on a copy
    plant(gradient)
    with pytest.raises(GradientError, match=place):
        gradient_check(lambda w: model.loss(w, batch), weights, gradient)


def test_gradient_check_tries_as_many_entries_as_it_is_told_wherever_they_lie():
    weights, rng, ever = np.ones(6), np.random.default_rng(0), set()
    for _ in range(20):
        tried = set()

        def loss(w, tried=tried):
            tried.update(np.flatnonzero(w != weights))
            return w.sum()

        gradient_check(loss, weights, np.ones(6), samples=2, rng=rng)
        assert len(tried) == 2
        ever |= tried
    assert len(ever) == 6


@pytest.mark.parametrize(
    "step",
    [
        lambda w, g: SGD(0.1, 0.9).update(w, g, SGD(0.1, 0.9).init(w))[0],
        lambda w, g: Adam(0.1).update(w, g, Adam(0.1).init(w))[0],
        lambda w, g: clip_by_global_norm(g, 0.1)[0],
        lambda w, g: clip_by_norm(g, 0.1),
        lambda w, g: clip_by_value(g, 0.1),
    ],
    ids=["SGD", "Adam", "global norm", "norm", "value"],
)
def test_optimisers_and_clipping_leave_their_inputs_alone(step):
    rng = np.random.default_rng(6)
    weights, gradient = (rng.normal(size=3), rng.normal(size=2)), (np.ones(3), np.full(2, 4.0))
    kept = tree_map(np.copy, (weights, gradient))
    changed = step(weights, gradient)
    assert_same((weights, gradient), kept)
    assert all((a != b).any() for a, b in zip(changed, gradient, strict=True))


@given(seeds, st.floats(0.01, 10))
def test_the_three_clippings(seed, limit):
    rng = np.random.default_rng(seed)
    tree = (3 * rng.normal(size=(2, 3)), rng.normal(size=4))
    clipped, norm = clip_by_global_norm(tree, limit)
    assert global_norm(clipped) == pytest.approx(min(norm, limit))
    assert norm == pytest.approx(np.linalg.norm(np.concatenate([tree[0].ravel(), tree[1]])))
    assert_same(tree_map(lambda a: a * norm / global_norm(clipped), clipped), tree)  # direction
    for before, after in zip(tree, clip_by_norm(tree, limit), strict=True):
        assert global_norm(after) == pytest.approx(min(global_norm(before), limit))
    for before, after in zip(tree, clip_by_value(tree, limit), strict=True):
        np.testing.assert_array_equal(after, np.where(abs(before) < limit, before,
                                                      np.sign(before) * limit))  # fmt: skip


def test_a_gradient_whose_square_is_zero_is_not_clipped_away():
    tiny = np.array([1e-200])
    assert clip_by_global_norm(tiny, 1.0)[0] == clip_by_norm(tiny, 1.0) == tiny


def quadratic(w, batch):
    return float(w @ w), 2 * w


@pytest.mark.filterwarnings("ignore:overflow")
def test_train_says_at_which_step_it_diverged():
    # w -> -19 w at each step, so the loss is 9 · 361^(step - 1), and the square of the gradient's
    # norm four times as much: beyond 1.8e308 from step 121 on
    with pytest.raises(FloatingPointError, match=r"step 121: .* gradient's norm inf"):
        train(
            quadratic, np.array([3.0]), range(2000), SGD(lr=10.0), progress=False,
        )  # fmt: skip


def test_train_learns_clips_evaluates_and_leaves_the_weights_alone():
    start = np.array([30.0, 40.0])
    weights, history = train(
        quadratic, start, range(7), SGD(lr=0.5), clip=10.0,
        evaluate=lambda w: w[0], every=3, progress=False,
    )  # fmt: skip
    np.testing.assert_array_equal(start, [30, 40])
    assert history.losses[:2] == pytest.approx([50**2, 45**2])  # each step 5 towards zero
    assert history.norms[:2] == pytest.approx([100, 90])  # before clipping
    assert [step for step, _ in history.evaluations] == [3, 6, 7]
    assert history.evaluations[0][1] == pytest.approx(21)
    np.testing.assert_allclose(weights, start * (15 / 50))


def test_train_ends_as_soon_as_an_evaluation_is_good_enough():
    def train_until(until):
        weights, history = train(
            quadratic, np.array([30.0, 40.0]), range(100), SGD(lr=0.5), clip=10.0,
            evaluate=lambda w: w[0], every=3, until=until, progress=False,
        )  # fmt: skip
        assert weights[0] == pytest.approx(30 - 3 * len(history.losses))
        return history.evaluations

    assert [step for step, _ in train_until(21.1)] == [3]
    assert [step for step, _ in train_until(20.9)] == [3, 6]
    assert train_until(12)[-1] == (6, pytest.approx(12))


# --- Decoding, text ------------------------------------------------------------------------


@given(seeds, st.integers(1, 6), st.floats(0.1, 5))
def test_distribution_keeps_k_symbols_in_order_and_sums_to_one(seed, k, temperature):
    logits = np.random.default_rng(seed).normal(size=6)
    p = distribution(logits, temperature, top_k=k)
    assert p.sum() == pytest.approx(1)
    assert (p > 0).sum() == k
    best = np.argsort(-logits)[:k]
    assert set(np.flatnonzero(p)) == set(best)
    np.testing.assert_allclose(np.log(p[best[0]] / p[best]),
                               (logits[best[0]] - logits[best]) / temperature)  # fmt: skip
    assert greedy(logits) == sample(logits, np.random.default_rng(seed), top_k=1) == best[0]
    cold, hot = distribution(logits, 0.1), distribution(logits, 5.0)
    assert cold.max() > distribution(logits).max() > hot.max()


def test_sample_follows_the_distribution():
    logits, rng = np.log([0.5, 0.3, 0.2]), np.random.default_rng(9)
    counts = np.bincount([sample(logits, rng) for _ in range(4000)], minlength=3)
    np.testing.assert_allclose(counts / 4000, [0.5, 0.3, 0.2], atol=0.03)


def test_generate_starts_from_the_first_symbol_and_carries_the_state():
    def add(ids, state):
        return np.eye(20)[state + ids], state + ids[0]

    assert generate(add, 3, greedy, state=1, length=3) == [4, 8, 16]


def test_a_special_symbol_that_also_occurs_in_a_text_is_listed_once_and_first():
    assert Vocabulary.of(["ca", "b"], special=["b"]).symbols == ("b", "a", "c")


@given(st.lists(st.text(), min_size=1))
def test_vocabulary_decodes_what_it_encodes(texts):
    vocabulary = Vocabulary.of(texts, special=["<pad>"])
    assert all(vocabulary.decode(vocabulary.encode(text)) == text for text in texts)
    assert len(vocabulary) == 1 + len(set("".join(texts)))
    assert vocabulary.id("<pad>") == 0
    ids, lengths = pad_sequences([vocabulary.encode(text) for text in texts])
    assert [vocabulary.decode(row[:length]) for row, length in zip(ids.T, lengths, strict=True)] \
        == texts  # fmt: skip
    assert not ids[np.arange(len(ids))[:, None] >= lengths].any()


@given(st.text("abc", min_size=4, max_size=30), st.integers(1, 4), st.text("abcd", max_size=5))
def test_kneser_ney_sums_to_one_in_every_context(text, order, context):
    model = KneserNey(text, order)
    p = model.distribution(context)
    assert p.sum() == pytest.approx(1)
    assert (p > 0).all()
    np.testing.assert_allclose([model.probability(s, context) for s in model.symbols], p)


def test_kneser_ney_worked_out_by_hand():
    """Bigrams of "aabab": aa 1, ab 2, ba 1. V = 2.

    d_2 = 2 / (2 + 2 · 1) = 1/2, as two bigrams occur once and one twice.
    Continuation counts: a follows {a, b}: 2; b follows {a}: 1. d_1 = 1 / (1 + 2 · 1) = 1/3.
    p_1(a) = (2 - 1/3) / 3 + (1/3 · 2 / 3) · 1/2 = 5/9 + 1/9 = 2/3, so p_1(b) = 1/3.
    p(a | a) = (1 - 1/2) / 3 + (1/2 · 2 / 3) · 2/3 = 1/6 + 2/9 = 7/18.
    p(a | b) = (1 - 1/2) / 1 + (1/2 · 1 / 1) · 2/3 = 5/6.
    """
    model = KneserNey("aabab", order=2)
    np.testing.assert_allclose(model.distribution(""), [2 / 3, 1 / 3])
    np.testing.assert_allclose(model.distribution("a"), [7 / 18, 11 / 18])
    np.testing.assert_allclose(model.distribution("ab"), [5 / 6, 1 / 6])
    assert model.size == 3 + 2
    expected = -np.log([2 / 3, 11 / 18, 5 / 6]).mean()
    assert model.cross_entropy("aba") == pytest.approx(expected)
    assert KneserNey(["x", "x", "y", "x", "y"], order=2).cross_entropy(["x", "y", "x"]) \
        == pytest.approx(expected)  # fmt: skip


def test_what_is_masked_out_is_not_read():
    logits = np.array([[1.0, 2.0], [np.nan, np.inf]])
    loss, gradient = cross_entropy(logits, np.array([0, 1]), np.array([1.0, 0.0]))
    alone, dlogits = cross_entropy(logits[:1], np.array([0]))
    assert loss == alone
    np.testing.assert_array_equal(gradient, [dlogits[0], [0.0, 0.0]])


def test_a_numpy_scalar_among_the_settings_does_not_change_the_dtype():
    weights = gradient = np.ones(2, np.float32)
    for optimiser in (SGD(np.float64(0.1), np.float64(0.5)), Adam(np.float64(0.1))):
        updated, _ = optimiser.update(weights, gradient, optimiser.init(weights))
        assert updated.dtype == np.float32
    assert clip_by_global_norm(gradient, np.float64(1))[0].dtype == np.float32


def test_a_gradient_too_long_for_float32_is_still_measured_and_clipped():
    clipped, norm = clip_by_global_norm(np.array([3e30, 4e30], np.float32), 1.0)
    assert np.isclose(norm, 5e30)
    np.testing.assert_allclose(clipped, [0.6, 0.8], rtol=1e-6)
