"""Laws of sequence layers: what holds for every one of them, whatever it reads."""

from functools import partial

import hypothesis.strategies as st
import numpy as np
import pytest
from every_layer import LEFT_TO_RIGHT, RECURRENT, WIRINGS, build
from helpers import Case, Results, assert_equal, assert_near
from hypothesis import given, settings

from rnncourse.bidirectional import (
    Bidirectional,
    BidirectionalState,
    BidirectionalWeights,
    Reversed,
    reverse,
)
from rnncourse.cells import LSTM
from rnncourse.fused import FusedLSTM
from rnncourse.layers import Dropout, Linear, LinearWeights
from rnncourse.recurrent import Recurrent
from rnncourse.stack import EachStep, Stack, StackWeights
from rnncourse.tree import tree_leaves, tree_map

few = settings(max_examples=12)  # so many for each wiring

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 3)
each_wiring = pytest.mark.parametrize("wiring", WIRINGS)
each_recurrent = pytest.mark.parametrize("recurrent", RECURRENT)


def lengths_of(T, N):
    return st.lists(st.integers(0, T), min_size=N, max_size=N).map(partial(np.array, dtype=int))


@st.composite
def cases(draw, wiring, padded=True):
    layer = build(wiring, draw(st.sampled_from(list(RECURRENT))), draw(sizes), draw(sizes))
    T, N = draw(st.integers(0, 5)), draw(sizes)
    lengths = draw(st.none() | lengths_of(T, N)) if padded else None
    return Case.random(layer, T, N, lengths, draw(seeds))


# --- Rows, lengths, steps ------------------------------------------------------------------


@each_wiring
@few
@given(st.data())
def test_a_row_in_a_padded_batch_equals_the_row_alone(wiring, data):
    case = data.draw(cases(wiring))
    together, total = case.run(), tree_map(np.zeros_like, case.weights)
    for n in range(case.xs.shape[1]):
        length = len(case.xs) if case.lengths is None else case.lengths[n]
        row, inside = slice(n, n + 1), slice(length)
        alone = case.of_rows(row).of_steps(inside).run()
        assert_near(together.ys[inside, row], alone.ys)
        assert_near(together.dxs[inside, row], alone.dxs)
        assert not together.ys[length:, row].any()
        assert not together.dxs[length:, row].any()
        states = together.last, together.dstart
        assert_near(tree_map(lambda a, row=row: a[row], states), (alone.last, alone.dstart))
        total = tree_map(np.add, total, alone.dweights)
    assert_near(together.dweights, total)


@each_wiring
@few
@given(st.data())
def test_the_order_of_the_sequences_in_a_batch_does_not_matter(wiring, data):
    case = data.draw(cases(wiring))
    order = np.arange(case.xs.shape[1])[::-1]
    results, turned = case.run(), case.of_rows(order).run()
    assert_near((turned.ys, turned.dxs), (results.ys[:, order], results.dxs[:, order]))
    states = results.last, results.dstart
    assert_near((turned.last, turned.dstart), tree_map(lambda a: a[order], states))
    assert_near(turned.dweights, results.dweights)


@each_wiring
@pytest.mark.parametrize("garbage", [7.0, np.nan, np.inf])
def test_what_fills_the_padding_does_not_matter(wiring, garbage):
    lengths = [2, 5, 0]
    padding = np.arange(5)[:, None] >= lengths
    for recurrent in RECURRENT:
        case = Case.random(build(wiring, recurrent), 5, 3, lengths)
        spoilt = case._replace(xs=case.xs.copy(), dys=case.dys.copy())
        spoilt.xs[padding] = spoilt.dys[padding] = garbage
        assert_equal(spoilt.run(), case.run())


@each_wiring
@few
@given(st.data())
def test_a_row_of_length_zero_keeps_its_state_and_its_gradient(wiring, data):
    case = data.draw(cases(wiring))
    case = case._replace(lengths=np.zeros(case.xs.shape[1], int))
    results = case.run()
    assert_equal((results.last, results.dstart), (case.start, case.dlast))
    assert not any(a.any() for _, a in tree_leaves((results.ys, results.dxs, results.dweights)))


@each_wiring
@pytest.mark.parametrize(("T", "N"), [(0, 3), (4, 0), (0, 0)])
def test_no_steps_or_no_sequences(wiring, T, N):
    for recurrent in RECURRENT:
        case = Case.random(build(wiring, recurrent), T, N, np.full(N, T))
        results = case.run()
        assert (results.ys.shape, results.dxs.shape) == (case.dys.shape, case.xs.shape)
        assert_equal((results.last, results.dstart), (case.start, case.dlast))
        assert_equal(results.dweights, tree_map(np.zeros_like, case.weights))


@pytest.mark.parametrize("wiring", LEFT_TO_RIGHT)
@few
@given(st.data())
def test_a_run_in_two_parts_with_the_state_carried_is_one_run(wiring, data):
    case = data.draw(cases(wiring, padded=False))
    split = data.draw(st.integers(0, len(case.xs)))
    first, second = case.of_steps(slice(split)), case.of_steps(slice(split, None))
    first_ys, middle, first_cache = first.forward()
    second_ys, last, second_cache = second._replace(start=middle).forward()
    later, second_dxs, dmiddle = second.backward(second_cache)
    earlier, first_dxs, dstart = first._replace(dlast=dmiddle).backward(first_cache)
    ys, dxs = np.concatenate([first_ys, second_ys]), np.concatenate([first_dxs, second_dxs])
    dweights = tree_map(np.add, earlier, later)
    assert_near(Results(ys, last, dweights, dxs, dstart), case.run())


@each_wiring
@few
@given(st.data())
def test_no_state_is_a_state_of_zeros_and_no_gradient_of_it_one_of_zeros(wiring, data):
    case = data.draw(cases(wiring))
    zeros = case.layer.zero_state(case.xs.shape[1])
    assert_equal(
        case._replace(start=None, dlast=None).run(), case._replace(start=zeros, dlast=zeros).run()
    )


# --- A second form ---------------------------------------------------------------------------


@few
@given(cases("alone"))
def test_the_fused_lstm_is_the_lstm(case):
    D, H = case.layer.input_size, case.layer.output_size
    T, N, _ = case.xs.shape
    fused = Case.random(FusedLSTM(LSTM(D, H)), T, N, case.lengths)
    assert_near(fused.run(), fused._replace(layer=Recurrent(fused.layer.cell)).run())


# --- Both directions -----------------------------------------------------------------------


def turned(xs, lengths):
    """``reverse`` by hand."""
    xs = xs.copy()
    for n, length in enumerate([len(xs)] * xs.shape[1] if lengths is None else lengths):
        xs[:length, n] = xs[:length, n][::-1]
    return xs


@few
@given(seeds, st.integers(0, 5), st.integers(0, 4), st.data())
def test_reverse_turns_each_row_within_its_length_and_twice_gives_it_back(seed, T, N, data):
    xs = np.random.default_rng(seed).normal(size=(T, N, *data.draw(st.sampled_from([(), (2,)]))))
    lengths = data.draw(st.none() | lengths_of(T, N))
    assert_equal(reverse(xs, lengths), turned(xs, lengths))
    assert_equal(reverse(reverse(xs, lengths), lengths), xs)


@few
@given(cases("alone"))
def test_reversed_is_the_layer_between_two_turns(case):
    ys, last, dweights, dxs, dstart = case.run()
    lengths = case.lengths
    backwards = case._replace(
        layer=Reversed(case.layer), xs=turned(case.xs, lengths), dys=turned(case.dys, lengths)
    )
    expected = Results(turned(ys, lengths), last, dweights, turned(dxs, lengths), dstart)
    assert_equal(backwards.run(), expected)


@few
@given(cases("Bidirectional"))
def test_bidirectional_is_two_runs_side_by_side(case):
    one, other = case.layer.left_to_right, Reversed(case.layer.right_to_left)
    dys = np.split(case.dys, [one.output_size], axis=-1)
    left, right = (
        case._replace(
            layer=single,
            weights=case.weights[k],
            start=case.start[k],
            dys=dys[k],
            dlast=case.dlast[k],
        ).run()
        for k, single in enumerate((one, other))
    )
    expected = Results(
        np.concatenate([left.ys, right.ys], axis=-1),
        BidirectionalState(left.last, right.last),
        BidirectionalWeights(left.dweights, right.dweights, ()),
        left.dxs + right.dxs,
        BidirectionalState(left.dstart, right.dstart),
    )
    assert_equal(case.run(), expected)


@few
@given(cases("Bidirectional project"))
def test_a_projection_is_a_linear_layer_on_both_directions_side_by_side(case):
    one, other, linear = case.layer.left_to_right, case.layer.right_to_left, case.weights.projection
    results = case.run()
    by_hand = case._replace(
        layer=Stack((Bidirectional(one, other), EachStep(Linear(*linear.W.shape[::-1])))),
        weights=StackWeights((case.weights._replace(projection=()), linear), ((), ())),
        start=(case.start, ()),
        dlast=(case.dlast, ()),
    ).run()
    assert_near((results.ys, results.last), (by_hand.ys, by_hand.last[0]))
    assert_near((results.dxs, results.dstart), (by_hand.dxs, by_hand.dstart[0]))
    directions, projection = by_hand.dweights.layers
    assert_near(results.dweights, directions._replace(projection=projection))


@few
@given(cases("Bidirectional sum"))
def test_a_sum_is_a_projection_with_twice_the_identity(case):
    one = np.eye(case.layer.output_size)
    identity = LinearWeights(np.concatenate([one, one], axis=1), np.zeros(len(one)))
    projected = case._replace(
        layer=Bidirectional(case.layer.left_to_right, case.layer.right_to_left, "project"),
        weights=case.weights._replace(projection=identity),
    ).run()
    dweights = projected.dweights._replace(projection=())
    assert_near(case.run(), projected._replace(dweights=dweights))


# --- Depth ---------------------------------------------------------------------------------


@pytest.mark.parametrize("wiring", [wiring for wiring in LEFT_TO_RIGHT if "Stack" in wiring])
@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
@few
@given(st.data())
def test_a_stack_is_its_layers_one_on_the_other(wiring, training, data):
    case = data.draw(cases(wiring, padded=False))
    stack, weights, seed = case.layer, case.weights, data.draw(seeds)
    rng = np.random.default_rng(seed) if training else None
    xs, states = case.xs, []
    for k, layer in enumerate(stack.layers):
        read = Dropout(stack.dropout).forward((), xs, rng)[0] if k else xs
        ys, last, _ = layer.forward(weights.layers[k], read, case.start[k])
        if stack.shortcut == "residual":
            W, b = weights.projections[k] or (np.eye(layer.output_size), 0)
            ys = ys + xs @ W.T + b
        elif stack.shortcut == "dense":
            ys = np.concatenate([xs, ys], axis=-1)
        xs = ys
        states.append(last)
    rng = np.random.default_rng(seed) if training else None
    ys, last, _ = stack.forward(weights, case.xs, case.start, None, rng)
    assert_near((ys, last), (xs, tuple(states)))


def test_each_step_does_the_same_at_every_step_and_keeps_no_state():
    case = Case.random(EachStep(Linear(2, 3)), 4, 2)
    ys, last, cache = case.forward()
    expected, inner_cache = case.layer.layer.forward(case.weights, case.xs)
    assert_equal((ys, last), (expected, ()))
    dweights, dxs = case.layer.layer.backward(case.weights, inner_cache, case.dys)
    assert_equal(case.backward(cache), (dweights, dxs, ()))


def test_dropout_drops_its_share_and_makes_up_for_it():
    xs, rng = np.random.default_rng(0).normal(size=(100, 200)), np.random.default_rng(1)
    ys, _ = Dropout(0.3).forward((), xs, rng)
    kept = ys != 0
    assert kept.mean() == pytest.approx(0.7, abs=0.01)  # a standard error is 0.003
    assert_near(ys, np.where(kept, xs / 0.7, 0))
    again, _ = Dropout(0.3).forward((), xs, rng)
    assert (again != ys).mean() == pytest.approx(2 * 0.3 * 0.7, abs=0.015)


@each_wiring
@each_recurrent
def test_only_dropout_draws_and_only_with_an_rng(wiring, recurrent):
    case = Case.random(build(wiring, recurrent), 4, 3)
    rng = np.random.default_rng(0)
    ys, _, _ = case.layer.forward(case.weights, case.xs, case.start, None, rng)
    drew = rng.bit_generator.state != np.random.default_rng(0).bit_generator.state
    assert drew == (np.abs(ys - case.forward()[0]).max() > 0)
    assert drew == (wiring in ("Stack with dropout", "all at once"))


DROPPING = Stack((Recurrent(LSTM(2, 3)), Recurrent(LSTM(3, 3))), dropout=0.5)


@pytest.mark.parametrize(
    "layer",
    [Reversed(DROPPING), Bidirectional(DROPPING, DROPPING), Stack((DROPPING,))],
    ids=["Reversed", "Bidirectional", "Stack"],
)
def test_the_rng_is_handed_down_to_layers_within_layers(layer):
    case = Case.random(layer, 4, 3)
    ys, _, _ = layer.forward(case.weights, case.xs, rng=np.random.default_rng(0))
    without, _, _ = layer.forward(case.weights, case.xs)
    assert (ys != without).any(axis=(0, 1)).all()


# --- The summary of a row ------------------------------------------------------------------


SUMMARIES = {  # from the output at each row's last step and that at its first
    "alone": lambda last, first, layer: last,
    "Stack": lambda last, first, layer: last,
    "Stack dense": lambda last, first, layer: last[:, -layer.layers[-1].output_size :],
    "Stack with LayerNorm": lambda last, first, layer: last,
    "Stack with Linear": lambda last, first, layer: last,
    "Stack with dropout": lambda last, first, layer: last,
    "Reversed": lambda last, first, layer: first,
    "Bidirectional": lambda last, first, layer: ends(last, first, layer),
    "joined at every layer": lambda last, first, layer: ends(last, first, layer.layers[-1]),
    "separate chains": lambda last, first, layer: ends(last, first, layer),
    "alternating": lambda last, first, layer: first,
}


def ends(last, first, layer):
    cut = layer.left_to_right.output_size
    return np.concatenate([last[:, :cut], first[:, cut:]], axis=1)


@pytest.mark.parametrize("wiring", SUMMARIES)
@each_recurrent
@pytest.mark.parametrize("lengths", [None, [3, 5, 1]], ids=["whole", "lengths"])
def test_final_is_the_output_where_reading_ended(wiring, recurrent, lengths):
    case = Case.random(build(wiring, recurrent), 5, 3, lengths)
    ys, last, _ = case.forward()
    at_end = ys[np.array(lengths or [5] * 3) - 1, np.arange(3)]
    assert_equal(case.layer.final(last), SUMMARIES[wiring](at_end, ys[0], case.layer))


@pytest.mark.parametrize("join", ["sum", "project"])
def test_final_of_two_directions(join):
    """A sum is summed up; a projection is left to whoever reads the summary."""
    case = Case.random(build(f"Bidirectional {join}", "GRU"), 5, 3, [3, 5, 1])
    _, last, _ = case.forward()
    ends = last.left_to_right.h, last.right_to_left.h
    expected = sum(ends) if join == "sum" else np.concatenate(ends, axis=1)
    assert_equal(case.layer.final(last), expected)


# --- What is handed over stays as it is ----------------------------------------------------


def for_each_case(test):
    """Each wiring of each recurrent layer, with lengths and without."""
    test = pytest.mark.parametrize("lengths", [None, [3, 0, 4]], ids=["whole", "lengths"])(test)
    return each_wiring(each_recurrent(test))


@for_each_case
def test_float32_stays_float32(wiring, recurrent, lengths):
    case = Case.random(build(wiring, recurrent), 4, 3, lengths, dtype=np.float32)
    for start, dlast in ((case.start, case.dlast), (None, None)):
        results = case._replace(start=start, dlast=dlast).run()
        assert {a.dtype for _, a in tree_leaves(results)} == {np.dtype(np.float32)}
    ys, last, _ = case.layer.forward(
        case.weights, case.xs, lengths=lengths, rng=np.random.default_rng(0)
    )
    summary = case.layer.final(last)
    dstate = case.layer.final_backward(summary)
    assert {a.dtype for _, a in tree_leaves((ys, summary, dstate))} == {np.dtype(np.float32)}


@for_each_case
def test_outputs_and_states_may_be_changed_before_and_between_backward_passes(
    wiring, recurrent, lengths
):
    case = Case.random(build(wiring, recurrent), 4, 3, lengths)
    expected = case.run()
    ys, last, cache = case.forward()
    spoil((ys, last, case.start))  # the state too that it started from
    first = case.backward(cache)
    assert_equal(first, expected[2:])
    spoil(first)
    assert_equal(case.backward(cache), expected[2:])


def spoil(tree):
    tree_map(lambda array: array.fill(np.nan) or array, tree)


@for_each_case
def test_arguments_are_never_changed(wiring, recurrent, lengths):
    case = Case.random(build(wiring, recurrent), 4, 3, lengths)
    arguments = case.weights, case.xs, case.start, case.dys, case.dlast
    kept = tree_map(np.copy, arguments)
    spoil(case.run())  # nor handed back
    case.layer.forward(case.weights, case.xs, case.start, lengths, np.random.default_rng(0))
    assert_equal(arguments, kept)


@pytest.mark.parametrize("recurrent", ["GRU", "FusedLSTM"])
@pytest.mark.parametrize("wiring", WIRINGS)
def test_lengths_may_be_refilled_before_the_backward_pass(wiring, recurrent):
    case = Case.random(build(wiring, recurrent), T=4, N=2, lengths=np.array([4, 2]))
    expected = case.backward(case.forward()[2])
    cache = case.forward()[2]
    case.lengths[:] = 1
    assert_equal(case.backward(cache), expected)


def test_an_empty_list_of_lengths_goes_with_an_empty_batch():
    case = Case.random(build("alone", "LSTM"), T=4, N=0, lengths=[])
    assert case.forward()[0].shape == (4, 0, 3)
