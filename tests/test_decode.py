"""Decoding: a nucleus is as small as can be, and a wide beam finds all there is to find."""

from itertools import combinations

import hypothesis.strategies as st
import numpy as np
import pytest
from helpers import assert_refused, random_like
from hypothesis import given

from rnncourse import RNN, Embedding, HState, Linear, Recurrent, SequenceModel
from rnncourse.decode import beam_search, distribution, generate, greedy, sample
from rnncourse.functional import log_softmax, softmax

seeds = st.integers(0, 2**32 - 1)

# --- Top-p ---------------------------------------------------------------------------------


@given(seeds, st.integers(1, 6), st.floats(0.01, 1), st.floats(0.2, 3))
def test_the_nucleus_is_the_smallest_and_likeliest_set_that_reaches_p(seed, V, top_p, temperature):
    logits = np.random.default_rng(seed).normal(size=V)
    p = softmax(logits / temperature)
    found = distribution(logits, temperature, top_p=top_p)
    sets = [set_ for size in range(1, V + 1) for set_ in combinations(range(V), size)]
    reaching = [list(set_) for set_ in sets if p[list(set_)].sum() >= top_p - 1e-12]
    smallest = [set_ for set_ in reaching if len(set_) == len(reaching[0])]
    nucleus = max(smallest, key=lambda set_: p[set_].sum())
    expected = np.zeros(V)
    expected[nucleus] = p[nucleus] / p[nucleus].sum()
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_of_equals_the_nucleus_takes_the_first_and_no_more_than_it_needs():
    tenths = np.zeros(10)
    for k in range(1, 11):  # as sums of floats, 0.1 + ... + 0.1 falls short of 0.8
        np.testing.assert_array_equal(distribution(tenths, top_p=k / 10) > 0, np.arange(10) < k)
    many = distribution(np.tile([0.0, 9.0], 25), top_p=0.39)  # about 0.04 each
    np.testing.assert_array_equal(np.flatnonzero(many), np.arange(1, 21, 2))
    mixed = np.log([0.1, 0.4, 0.1, 0.4])
    np.testing.assert_allclose(distribution(mixed, top_p=0.4), [0, 1, 0, 0])
    np.testing.assert_allclose(distribution(mixed, top_p=0.9), np.array([1, 4, 0, 4]) / 9)


def test_p_of_one_keeps_even_the_least_likely_and_a_tiny_p_the_likeliest():
    logits = np.array([0.0, -60.0, -700.0])
    np.testing.assert_array_equal(distribution(logits, top_p=1), softmax(logits))
    assert distribution(logits, top_p=1)[2] > 0
    np.testing.assert_array_equal(distribution(logits, top_p=1e-300), [1, 0, 0])


def test_temperature_comes_first_then_top_k_then_top_p():
    p = np.array([0.5, 0.3, 0.15, 0.05])
    np.testing.assert_allclose(distribution(np.log(p), top_k=2, top_p=0.6), [1, 0, 0, 0])
    hot = distribution(np.log(p), temperature=100.0, top_p=0.6)  # about a quarter each
    np.testing.assert_array_equal(hot > 0, [True, True, True, False])


def test_sample_stays_in_the_nucleus():
    logits, rng = np.log([0.1, 0.5, 0.1, 0.3]), np.random.default_rng(0)
    counts = np.bincount([sample(logits, rng, top_p=0.7) for _ in range(2000)], minlength=4)
    np.testing.assert_allclose(counts / 2000, [0, 5 / 8, 0, 3 / 8], atol=0.03)
    assert {sample(logits, rng, top_k=3, top_p=0.1) for _ in range(50)} == {1}


# --- Beam search ---------------------------------------------------------------------------


@st.composite
def languages(draw):
    """Random logits after every beginning: row V n + 1 + s continues row n by the symbol s."""
    V, length = draw(st.integers(1, 3)), draw(st.integers(0, 4))
    nodes = sum(V**t for t in range(length + 1))
    table = 2 * np.random.default_rng(draw(seeds)).normal(size=(nodes, V))
    return table, length, draw(st.sampled_from([None, *range(V)]))


def reading(table):
    """A step whose nested state is the row that each sequence has come to."""
    V = table.shape[1]

    def step(ids, state):
        if state is None:
            nodes = np.zeros(len(ids), int)
        else:
            nodes = V * state[0].h[:, 0] + 1 + ids
            np.testing.assert_array_equal(state[1]["again"][0], state[0].h[:, 0])
        return table[nodes], (HState(nodes[:, None]), {"again": [nodes]})

    return step


def every_sequence(table, length, stop, node=0, symbols=(), log_p=0.0):
    """All that can be written, each with its log-probability, by trying everything."""
    if len(symbols) == length:
        yield list(symbols), log_p
        return
    for symbol, chance in enumerate(softmax(table[node])):
        grown = log_p + np.log(chance)
        if symbol == stop:
            yield list(symbols), grown
        else:
            child = table.shape[1] * node + 1 + symbol
            yield from every_sequence(table, length, stop, child, (*symbols, symbol), grown)


def assert_same_sequences(found, expected):
    assert [symbols for symbols, _ in found] == [symbols for symbols, _ in expected]
    np.testing.assert_allclose([p for _, p in found], [p for _, p in expected], rtol=1e-10)


@given(languages(), st.sampled_from([0.0, 0.6, 3.0]))
def test_a_beam_wide_enough_is_an_exhaustive_search(language, length_penalty):
    table, length, stop = language

    def score(sequence):
        symbols, log_p = sequence
        chosen = min(len(symbols) + 1, length)  # the stop is one more, unless there was none
        return log_p / ((5 + chosen) / 6) ** length_penalty

    expected = sorted(every_sequence(*language), key=score, reverse=True)
    found = beam_search(reading(table), 0, width=len(expected), length=length, stop=stop,
                        length_penalty=length_penalty)  # fmt: skip
    assert_same_sequences(found, expected)


@given(languages(), st.integers(1, 6))
def test_a_narrow_beam_finds_different_sequences_with_their_right_probabilities(language, width):
    table, length, stop = language
    everything = {tuple(symbols): log_p for symbols, log_p in every_sequence(*language)}
    found = beam_search(reading(table), 0, width=width, length=length, stop=stop)
    assert 1 <= len(found) <= width
    assert len({tuple(symbols) for symbols, _ in found}) == len(found)
    log_ps = [log_p for _, log_p in found]
    assert log_ps == sorted(log_ps, reverse=True)
    np.testing.assert_allclose(log_ps, [everything[tuple(symbols)] for symbols, _ in found])


@given(languages())
def test_width_one_is_greedy(language):
    table, length, stop = language
    (found,) = beam_search(reading(table), 0, width=1, length=length, stop=stop)
    assert found.symbols == generate(reading(table), 0, greedy, length=length, stop=stop)


def test_what_has_stopped_keeps_its_place_and_narrows_the_beam():
    """0 stops. Of 0.45, 0.35 and 0.2 two are kept, and one of them is done: a beam of 1 goes on.

    With a heavy length penalty the second overtakes: log 0.14 / (7/6)^5.85 = log 0.45.
    """
    chances = np.array([[0.45, 0.35, 0.2], [0.4, 0.35, 0.25], [0.9, 0.05, 0.05]])

    def found(length_penalty):
        return beam_search(lambda ids, state: (np.log(chances[ids]), state), 0, width=2, length=9,
                           stop=0, length_penalty=length_penalty)  # fmt: skip

    expected = [([], np.log(0.45)), ([1], np.log(0.35 * 0.4))]
    assert_same_sequences(found(length_penalty=0), expected)
    assert_same_sequences(found(length_penalty=5.8), expected)
    assert_same_sequences(found(length_penalty=5.9), expected[::-1])


def test_of_equals_the_first_comes_first():
    odd = np.tile([0.0, 1.0], 25)  # enough of them for an unstable sort to mix them up

    def step(ids, state):
        return np.tile(odd, (len(ids), 1)), state

    found = beam_search(step, 0, width=25 + 3, length=2)
    expected = [[1, s] for s in range(1, 50, 2)] + [[3, 1], [3, 3], [3, 5]]
    assert [symbols for symbols, _ in found] == expected


def test_what_is_impossible_is_not_found():
    def only_forward(ids, state):
        return np.where(np.arange(3) > ids[:, None], 0.0, -np.inf), state

    found = beam_search(only_forward, 0, width=9, length=5, stop=2)
    assert_same_sequences(found, [([], np.log(1 / 2)), ([1], np.log(1 / 2))])


def test_it_returns_plain_numbers():
    best, *_ = beam_search(reading(np.zeros((7, 2), np.float32)), 0, width=2, length=2)
    assert {type(symbol) for symbol in best.symbols} == {int}
    assert type(best.log_probability) is float


@pytest.mark.parametrize("started", [False, True], ids=["no state", "a first state"])
@pytest.mark.parametrize("stop", [None, 1])
def test_a_real_model_is_searched_exhaustively(started, stop):
    rng = np.random.default_rng(0)
    model = SequenceModel(Embedding(3, 2), Recurrent(RNN(2, 4)), Linear(4, 3))
    weights = random_like(model.init(rng), rng)
    state = HState(rng.normal(size=(1, 4))) if started else None

    def log_probabilities(ids):
        return log_softmax(model.forward(weights, np.array(ids)[:, None], state)[0])[:, 0]

    def step(ids, state):
        return model.step(weights, ids, state)

    expected = search_by_forward(log_probabilities, first=2, V=3, length=4, stop=stop)
    found = beam_search(step, 2, width=len(expected), length=4, state=state, stop=stop)
    assert_same_sequences(found, expected)


def search_by_forward(log_probabilities, first, V, length, stop):
    """Every sequence, scored by a whole forward pass over what stands before each symbol."""
    done, open_ = [], [[]]
    for t in range(length):
        grown = [[*symbols, s] for symbols in open_ for s in range(V)]
        last = t == length - 1
        done += [symbols for symbols in grown if last or symbols[-1] == stop]
        open_ = [symbols for symbols in grown if symbols[-1] != stop]
    scored = []
    for symbols in done:
        log_p = log_probabilities([first, *symbols[:-1]])[np.arange(len(symbols)), symbols].sum()
        scored.append(([s for s in symbols if s != stop], log_p))
    return sorted(scored, key=lambda sequence: -sequence[1])


def test_select_serves_states_with_the_batch_on_another_axis():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    embedding = torch.nn.Embedding(3, 4).double()
    lstm = torch.nn.LSTM(4, 5, num_layers=2).double()
    linear = torch.nn.Linear(5, 3).double()
    linear.weight.data *= 10  # surer of itself, so that a wrong state shows

    @torch.no_grad()
    def run(ids, state=None):
        hs, state = lstm(embedding(torch.as_tensor(ids)), state)
        return linear(hs), state

    def step(ids, state):
        logits, state = run(ids[None], state)
        return logits[0], state

    def select(state, rows):
        return tuple(array[:, rows] for array in state)

    def log_probabilities(ids):
        return log_softmax(run(np.array(ids)[:, None])[0].numpy())[:, 0]

    expected = search_by_forward(log_probabilities, first=0, V=3, length=4, stop=0)
    found = beam_search(step, 0, width=len(expected), length=4, stop=0, select=select)
    assert_same_sequences(found, expected)


# --- Bad input -----------------------------------------------------------------------------

nan, inf = np.nan, np.inf


def search(logits=None, state=None, **options):
    def step(ids, _):
        return (np.zeros((len(ids), 4)) if logits is None else logits), state

    return beam_search(step, 0, **{"width": 2, "length": 3, **options})


BAD_INPUT = [
    (lambda: distribution([1.0, 2.0], top_p=0), ValueError, "top_p .* at most 1, got 0"),
    (lambda: distribution([1.0, 2.0], top_p=1.5), ValueError, "top_p .* got 1.5"),
    (lambda: distribution([1.0, 2.0], top_p=nan), ValueError, "top_p .* got nan"),
    (lambda: distribution([1.0, 2.0], top_k=2.0), ValueError, r"whole number .* got 2\.0"),
    (lambda: distribution([1.0, 2.0], top_k=True), ValueError, "whole number .* got True"),
    (lambda: generate(None, 0, greedy, length=2.5), ValueError, r"length .* got 2\.5"),
    (lambda: search(width=0), ValueError, "width .* whole number of at least 1, got 0"),
    (lambda: search(width=1.0), ValueError, r"width .* got 1\.0"),
    (lambda: search(length=-1), ValueError, "length .* whole number of at least 0, got -1"),
    (lambda: search(length_penalty=-1), ValueError, "length_penalty .* got -1"),
    (lambda: search(length_penalty=nan), ValueError, "length_penalty .* got nan"),
    (lambda: search(np.zeros(4)), ValueError, r"logits should be \(1, V\) .* got \(4,\)"),
    (lambda: search(np.zeros((1, 4))), ValueError, r"logits should be \(2, V\) .* got \(1, 4\)"),
    (lambda: search(np.zeros((1, 0))), ValueError, r"V at least 1, got \(1, 0\)"),
    (lambda: search(np.array([[nan, 1.0]])), ValueError, "finite, got .*nan"),
    (lambda: search(np.full((1, 2), -inf)), ValueError, "finite, got .*-inf"),
    (
        lambda: search(state=(HState(np.zeros((3, 1, 5))),)),
        ValueError,
        r"state\[0\]\.h should have the 1 sequences .* axis 0, got \(3, 1, 5\); .* select",
    ),
    (lambda: search(state=np.float64(3)), ValueError, r"state should have .* got \(\)"),
]


@pytest.mark.parametrize(("call", "exception", "words"), BAD_INPUT)
def test_bad_input_is_refused_in_clear_words(call, exception, words):
    assert_refused(call, exception, words)
