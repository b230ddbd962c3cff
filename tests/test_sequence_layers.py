"""What holds for every sequence layer: laws for random cases, and one cell worked out by hand."""

from functools import partial
from typing import NamedTuple

import hypothesis.strategies as st
import numpy as np
import pytest
from every_layer import CELLS, LEFT_TO_RIGHT, RECURRENT, WIRINGS, build
from helpers import assert_same, random_like
from hypothesis import given, settings

from rnncourse.bidirectional import (
    Bidirectional,
    BidirectionalState,
    BidirectionalWeights,
    Reversed,
    reverse,
)
from rnncourse.cells import GRU, LSTM, Cell, HState, Weights
from rnncourse.fused import FusedLSTM
from rnncourse.layers import Dropout, Linear, LinearWeights
from rnncourse.recurrent import Recurrent, SequenceLayer
from rnncourse.stack import EachStep, Stack, StackWeights
from rnncourse.tree import tree_leaves, tree_map
from rnncourse.variants import CoupledLSTM, NoForgetLSTM, PeepholeLSTM, ResetBeforeGRU

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=12)
settings.load_profile("repeatable")  # so many for each wiring

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 3)
each_wiring = pytest.mark.parametrize("wiring", WIRINGS)
each_recurrent = pytest.mark.parametrize("recurrent", RECURRENT)


class Results(NamedTuple):
    """What a layer gives both ways."""

    ys: np.ndarray
    last: tuple
    dweights: tuple
    dxs: np.ndarray
    dstart: tuple


class Case(NamedTuple):
    """A layer and all it takes both ways. Weights, inputs, state and gradients are random."""

    layer: SequenceLayer
    weights: tuple
    xs: np.ndarray
    start: tuple
    lengths: np.ndarray | None
    dys: np.ndarray
    dlast: tuple

    @classmethod
    def random(cls, layer, T, N, lengths=None, seed=0, dtype=np.float64):
        rng = np.random.default_rng(seed)
        nothing = layer.zero_state(N, dtype)
        return cls(
            layer,
            random_like(layer.init(rng, dtype), rng),
            rng.normal(size=(T, N, layer.input_size)).astype(dtype),
            random_like(nothing, rng),
            lengths,
            rng.normal(size=(T, N, layer.output_size)).astype(dtype),
            random_like(nothing, rng),
        )

    def forward(self):
        return self.layer.forward(self.weights, self.xs, self.start, self.lengths)

    def backward(self, cache):
        return self.layer.backward(self.weights, cache, self.dys, self.dlast)

    def run(self):
        ys, last, cache = self.forward()
        return Results(ys, last, *self.backward(cache))

    def of_rows(self, rows):
        """Some of the sequences alone."""
        start, dlast = (tree_map(lambda a: a[rows], state) for state in (self.start, self.dlast))
        lengths = None if self.lengths is None else np.array(self.lengths)[rows]
        xs, dys = self.xs[:, rows], self.dys[:, rows]
        return self._replace(xs=xs, start=start, lengths=lengths, dys=dys, dlast=dlast)

    def of_steps(self, steps):
        """Some of the steps alone; nothing is padding."""
        return self._replace(xs=self.xs[steps], dys=self.dys[steps], lengths=None)


def lengths_of(T, N):
    return st.lists(st.integers(0, T), min_size=N, max_size=N).map(partial(np.array, dtype=int))


@st.composite
def cases(draw, wiring, padded=True):
    layer = build(wiring, draw(st.sampled_from(list(RECURRENT))), draw(sizes), draw(sizes))
    T, N = draw(st.integers(0, 5)), draw(sizes)
    lengths = draw(st.none() | lengths_of(T, N)) if padded else None
    return Case.random(layer, T, N, lengths, draw(seeds))


def assert_near(tree, other):
    """Equal but for the order in which numbers are added up."""
    assert_same(tree, other, rtol=1e-9, atol=1e-9)


def assert_equal(tree, other):
    assert_same(tree, other, rtol=0, atol=0)


# --- Rows, lengths, steps ------------------------------------------------------------------


@each_wiring
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
@given(st.data())
def test_no_state_is_a_state_of_zeros_and_no_gradient_of_it_one_of_zeros(wiring, data):
    case = data.draw(cases(wiring))
    zeros = case.layer.zero_state(case.xs.shape[1])
    assert_equal(
        case._replace(start=None, dlast=None).run(), case._replace(start=zeros, dlast=zeros).run()
    )


# --- Both directions -----------------------------------------------------------------------


def turned(xs, lengths):
    """``reverse`` by hand."""
    xs = xs.copy()
    for n, length in enumerate([len(xs)] * xs.shape[1] if lengths is None else lengths):
        xs[:length, n] = xs[:length, n][::-1]
    return xs


@given(seeds, st.integers(0, 5), st.integers(0, 4), st.data())
def test_reverse_turns_each_row_within_its_length_and_twice_gives_it_back(seed, T, N, data):
    xs = np.random.default_rng(seed).normal(size=(T, N, *data.draw(st.sampled_from([(), (2,)]))))
    lengths = data.draw(st.none() | lengths_of(T, N))
    assert_equal(reverse(xs, lengths), turned(xs, lengths))
    assert_equal(reverse(reverse(xs, lengths), lengths), xs)


@given(cases("alone"))
def test_reversed_is_the_layer_between_two_turns(case):
    ys, last, dweights, dxs, dstart = case.run()
    lengths = case.lengths
    backwards = case._replace(
        layer=Reversed(case.layer), xs=turned(case.xs, lengths), dys=turned(case.dys, lengths)
    )
    expected = Results(turned(ys, lengths), last, dweights, turned(dxs, lengths), dstart)
    assert_equal(backwards.run(), expected)


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


@given(cases("Bidirectional sum"))
def test_a_sum_is_a_projection_with_twice_the_identity(case):
    one, other = np.eye(case.layer.output_size), np.eye(case.layer.output_size)
    identity = LinearWeights(np.concatenate([one, other], axis=1), np.zeros(len(one)))
    projected = case._replace(
        layer=Bidirectional(case.layer.left_to_right, case.layer.right_to_left, "project"),
        weights=case.weights._replace(projection=identity),
    ).run()
    dweights = projected.dweights._replace(projection=())
    assert_near(case.run(), projected._replace(dweights=dweights))


# --- Depth ---------------------------------------------------------------------------------


@pytest.mark.parametrize("wiring", [wiring for wiring in LEFT_TO_RIGHT if "Stack" in wiring])
@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
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
    left, right = case.forward()[1]
    expected = left.h + right.h if join == "sum" else np.concatenate([left.h, right.h], axis=1)
    assert_equal(case.layer.final((left, right)), expected)


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
def test_results_may_be_changed_without_changing_what_backward_gives(wiring, recurrent, lengths):
    case = Case.random(build(wiring, recurrent), 4, 3, lengths)
    expected = case.run()
    ys, last, cache = case.forward()
    spoil((ys, last))
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
    case.run()
    case.layer.forward(case.weights, case.xs, case.start, lengths, np.random.default_rng(0))
    assert_equal(arguments, kept)


# --- Cells that are special cases of others ------------------------------------------------


def lstm_weights(weights, forget):
    """What an LSTM needs to do as a cell with the gates i, g, o: a forget gate made of i's rows."""
    blocks = (np.split(array, 3) for array in weights)
    return Weights(*(np.concatenate([i, forget(i), g, o]) for i, g, o in blocks))


def test_a_coupled_lstm_is_one_whose_forget_gate_mirrors_the_input_gate():
    case = Case.random(Recurrent(CoupledLSTM(2, 3)), 5, 4, [5, 2, 0, 3])
    weights = lstm_weights(case.weights, np.negative)  # 1 - sigmoid(a) = sigmoid(-a)
    lstm = case._replace(layer=Recurrent(LSTM(2, 3)), weights=weights)
    assert_same(case.forward()[:2], lstm.forward()[:2])


def test_the_lstm_of_1997_is_one_whose_forget_gate_stands_open():
    case = Case.random(Recurrent(NoForgetLSTM(2, 3)), 5, 4, [5, 2, 0, 3])
    weights = lstm_weights(case.weights, lambda i: np.full_like(i, 50 if i.ndim == 1 else 0))
    lstm = case._replace(layer=Recurrent(LSTM(2, 3)), weights=weights)
    assert_same(case.forward()[:2], lstm.forward()[:2])


def test_a_peephole_lstm_without_peepholes_is_an_lstm():
    case = Case.random(Recurrent(PeepholeLSTM(2, 3)), 5, 4, [5, 2, 0, 3])
    blind = case._replace(
        weights=case.weights._replace(p_i=np.zeros(3), p_f=np.zeros(3), p_o=np.zeros(3))
    )
    lstm = case._replace(layer=Recurrent(LSTM(2, 3)), weights=Weights(*case.weights[:4]))
    assert_same(blind.forward()[:2], lstm.forward()[:2])


def test_the_peephole_of_the_output_gate_sees_the_new_memory():
    """With the old one forgotten, and unseen by i and f, it makes no difference to anything."""
    case = Case.random(Recurrent(PeepholeLSTM(2, 3)), 1, 4)
    b_ih = case.weights.b_ih - 60 * (np.arange(12) // 3 == 1)
    weights = case.weights._replace(b_ih=b_ih, p_i=np.zeros(3), p_f=np.zeros(3))
    case = case._replace(weights=weights)
    forgotten = case._replace(start=case.start._replace(c=np.zeros((4, 3))))
    assert_same(case.forward()[:2], forgotten.forward()[:2])


def test_where_the_reset_gate_acts_makes_no_difference_to_units_that_see_themselves_alone():
    """W (r h) = r (W h) for a diagonal W; a bias is reset along with the product, so it is 0."""
    case = Case.random(Recurrent(ResetBeforeGRU(2, 3)), 5, 4, [5, 2, 0, 3])
    W_hn, b_hn = np.diag([0.7, -1.2, 0.4]), np.zeros(3)
    before = case._replace(weights=case.weights._replace(W_hn=W_hn, b_hn=b_hn))
    W_ih, W_hh, b_ih, b_hh, *_ = case.weights
    weights = Weights(W_ih, np.concatenate([W_hh, W_hn]), b_ih, np.concatenate([b_hh, b_hn]))
    after = case._replace(layer=Recurrent(GRU(2, 3)), weights=weights)
    assert_same(before.forward()[:2], after.forward()[:2])


@given(cases("alone"))
def test_the_fused_lstm_is_the_lstm(case):
    D, H = case.layer.input_size, case.layer.output_size
    T, N, _ = case.xs.shape
    fused = Case.random(FusedLSTM(LSTM(D, H)), T, N, case.lengths)
    assert_near(fused.run(), fused._replace(layer=Recurrent(fused.layer.cell)).run())


# --- First weights -------------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_each_gate_starts_with_its_own_orthogonal_recurrence_and_xavier_inputs(cell):
    D, H = 50, 30
    weights = Recurrent(cell(D, H)).init(np.random.default_rng(0))._asdict()
    inputs = weights.pop("W_ih")
    assert inputs.var() == pytest.approx(2 / (D + H), rel=0.1)
    matrices = [array for array in weights.values() if array.ndim == 2]
    blocks = np.concatenate(matrices).reshape(-1, H, H)
    assert len(blocks) == cell(D, H).gates
    assert_same(blocks @ blocks.transpose(0, 2, 1), np.broadcast_to(np.eye(H), blocks.shape))
    assert all(np.abs(a - b).max() > 0.1 for a, b in zip(blocks, blocks[1:], strict=False))


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_all_else_starts_at_zero_but_the_forget_gate_at_its_bias(cell):
    weights = Recurrent(cell(2, 3)).init(np.random.default_rng(0))._asdict()
    vectors = {name: array for name, array in weights.items() if array.ndim == 1}
    b_ih = vectors.pop("b_ih")
    np.testing.assert_array_equal(b_ih[3:6], getattr(cell(2, 3), "forget_bias", 0))
    assert not any(array.any() for array in (b_ih[:3], b_ih[6:], *vectors.values()))


# --- A counting cell worked out by hand ----------------------------------------------------


class Counting(Cell):
    """h_t = h_{t-1} + a_x: a cell whose every number can be worked out by hand."""

    def forward(self, a_x, a_h, state):
        return HState(state.h + a_x), None

    def backward(self, cache, dstate):
        return dstate.h, np.zeros_like(dstate.h), dstate


def counting(inputs=1, units=1):
    return Recurrent(Counting(inputs, units))


def steps(*features):
    """(T, N, F) from a table for each feature, with a line for each of the N rows."""
    return np.array(features, float).transpose(2, 1, 0)


def state(*units):
    """(N, H) from the numbers of each unit."""
    return HState(np.array(units, float).T)


def linear(W, b):
    """Weights of ``Linear``, or their gradient."""
    return LinearWeights(np.array(W, float), np.array(b, float))


def counts(W, b):
    """Weights of ``counting``, or their gradient: the cell makes no use of W_hh and b_hh."""
    H = len(b)
    return Weights(np.array(W, float), np.zeros((H, H)), np.array(b, float), np.zeros(H))


# Two rows: the first ends after two steps, and what then stands here in xs and dys is padding.
# The lower layer adds 2 x + 10 at each step, the upper one 3 times what it reads, and 1.
LENGTHS = [2, 3]
XS = steps([[5, 6, 7], [1, 2, 3]])
DYS = steps([[2, 20, 999], [1, 10, 100]])
LOWER, LOWER_START, LOWER_DLAST = counts([[2]], [10]), state([200, 100]), state([2000, 1000])
UPPER, UPPER_START, UPPER_DLAST = counts([[3]], [1]), state([2000, 1000]), state([20000, 10000])
BOTH = {"start": (LOWER_START, UPPER_START), "dlast": (LOWER_DLAST, UPPER_DLAST)}
TWO = {"start": BidirectionalState(*BOTH["start"]), "dlast": BidirectionalState(*BOTH["dlast"])}


def by_hand(layer, weights, start, dlast, dys=DYS, **expected):
    return Case(layer, weights, XS, start, LENGTHS, dys, dlast), Results(**expected)


STACK = {
    **BOTH,
    "weights": StackWeights((LOWER, UPPER), ((), ())),
    "ys": steps([[2661, 3388, 0], [1337, 1716, 2143]]),  # 2000 + 3 · 220 + 1 = 2661
    "last": (state([242, 142]), state([3388, 2143])),
    # the upper's a_x: [20022, 20020], [10111, 10110, 10100]; of it the lower's outputs get three
    # times as much, so that its a_x: [122126, 62060], [91963, 61630, 31300]
    "dweights": StackWeights(
        (counts([[1292113]], [369079]), counts([[13090172]], [70363])), ((), ())
    ),
    "dxs": steps([[244252, 124120, 0], [183926, 123260, 62600]]),
    "dstart": (state([122126, 91963]), state([20022, 10111])),
}
BY_HAND = {
    "alone": by_hand(
        counting(),
        LOWER,
        LOWER_START,
        LOWER_DLAST,
        ys=steps([[220, 242, 0], [112, 126, 142]]),  # 200 + 2 · 5 + 10 = 220
        last=state([242, 142]),
        # a_x: [2022, 2020], [1111, 1110, 1100]: what comes later adds up
        dweights=counts([[28861]], [7363]),
        dxs=steps([[4044, 4040, 0], [2222, 2220, 2200]]),
        dstart=state([2022, 1111]),
    ),
    "Reversed": by_hand(
        Reversed(counting()),
        LOWER,
        LOWER_START,
        LOWER_DLAST,
        ys=steps([[242, 222, 0], [142, 130, 116]]),  # 200 + 2 · 6 + 10 = 222
        last=state([242, 142]),
        # a_x: [2002, 2022], [1001, 1011, 1111]: what comes earlier adds up
        dweights=counts([[28498]], [7147]),
        dxs=steps([[4004, 4044, 0], [2002, 2022, 2222]]),
        dstart=state([2022, 1111]),
    ),
    "Bidirectional": by_hand(
        Bidirectional(counting(), counting()),
        BidirectionalWeights(LOWER, UPPER, ()),
        **TWO,
        dys=steps([[2, 20, 999], [1, 10, 100]], [[4, 40, 999], [3, 30, 300]]),
        ys=steps([[220, 242, 0], [112, 126, 142]], [[2035, 2019, 0], [1021, 1017, 1010]]),
        last=BidirectionalState(state([242, 142]), state([2035, 1021])),
        # a_x to the left: [20004, 20044], [10003, 10033, 10333]
        dweights=BidirectionalWeights(counts([[28861]], [7363]), counts([[281352]], [70417]), ()),
        dxs=steps([[64056, 64172, 0], [32231, 32319, 33199]]),
        dstart=BidirectionalState(state([2022, 1111]), state([20044, 10333])),
    ),
    "Bidirectional sum": by_hand(
        Bidirectional(counting(), counting(), "sum"),
        BidirectionalWeights(LOWER, UPPER, ()),
        **TWO,
        ys=steps([[2255, 2261, 0], [1133, 1143, 1152]]),  # 220 + 2035
        last=BidirectionalState(state([242, 142]), state([2035, 1021])),
        # a_x to the left: [20002, 20022], [10001, 10011, 10111]
        dweights=BidirectionalWeights(counts([[28861]], [7363]), counts([[280498]], [70147]), ()),
        dxs=steps([[64050, 64106, 0], [32225, 32253, 32533]]),
        dstart=BidirectionalState(state([2022, 1111]), state([20022, 10111])),
    ),
    "Bidirectional project": by_hand(
        Bidirectional(counting(), counting(), "project"),
        BidirectionalWeights(LOWER, UPPER, linear([[10, 1]], [5])),
        **TWO,
        ys=steps([[4240, 4444, 0], [2146, 2282, 2435]]),  # 10 · 220 + 2035 + 5
        last=BidirectionalState(state([242, 142]), state([2035, 1021])),
        # a_x to the right: [2220, 2200], [2110, 2100, 2000]; to the left as for the sum
        dweights=BidirectionalWeights(
            counts([[36610]], [10630]),
            counts([[280498]], [70147]),
            linear([[20852, 156641]], [133]),
        ),
        dxs=steps([[64446, 64466, 0], [34223, 34233, 34333]]),
        dstart=BidirectionalState(state([2220, 2110]), state([20022, 10111])),
    ),
    "Stack": by_hand(Stack((counting(), counting())), **STACK),
    "Stack with dropout, without an rng": by_hand(
        Stack((counting(), counting()), dropout=0.5), **STACK
    ),
    "Stack residual": by_hand(
        Stack((counting(), counting()), "residual"),
        StackWeights((LOWER, UPPER), ((), ())),
        **BOTH,
        # the upper layer reads [225, 248], [113, 128, 145] and makes [2676, 3421], [1340, ...]
        ys=steps([[2901, 3669, 0], [1453, 1853, 2306]]),
        last=(state([242, 142]), state([3421, 2161])),
        # the lower's outputs get [60068, 60080], [30334, 30340, 30400]
        dweights=StackWeights(
            (counts([[1292974]], [369442]), counts([[13371033]], [70363])), ((), ())
        ),
        dxs=steps([[304364, 184240, 0], [214482, 153820, 93200]]),
        dstart=(state([122148, 92074]), state([20022, 10111])),
    ),
    "Stack residual, projected": by_hand(
        Stack((counting(), counting(1, 2)), "residual"),
        StackWeights((LOWER, counts([[3], [4]], [1, 2])), ((), linear([[10], [20]], [5, 6]))),
        (LOWER_START, state([2000, 1000], [4000, 3000])),
        (LOWER_DLAST, state([20000, 10000], [40000, 30000])),
        dys=steps([[2, 20, 999], [1, 10, 100]], [[4, 40, 999], [3, 30, 300]]),
        # the upper layer reads as above and makes, second, [4902, 5896], [3454, 3968, 4550]
        ys=steps([[4931, 5906, 0], [2475, 3010, 3616]], [[9408, 10862, 0], [5720, 6534, 7456]]),
        last=(state([242, 142]), state([3421, 2161], [5896, 4550])),
        # the lower's outputs get [220342, 221220], [151735, 152350, 158500]
        dweights=StackWeights(
            (
                counts([[5122915]], [1601717]),
                counts([[13371033], [30643189]], [70363, 171047]),
            ),
            ((), linear([[21303], [58499]], [133, 377])),
        ),
        dxs=steps([[1107466, 667660, 0], [1078905, 776050, 477500]]),
        dstart=(state([443562, 463585]), state([20022, 10111], [40044, 30333])),
    ),
    "Stack dense": by_hand(
        Stack((counting(), counting(2, 1)), "dense"),
        StackWeights((LOWER, counts([[3, 4]], [1])), ((), ())),
        **BOTH,
        dys=steps(
            [[2, 20, 999], [1, 10, 100]],
            [[4, 40, 999], [3, 30, 300]],
            [[6, 60, 999], [5, 50, 500]],
        ),
        ys=steps(
            [[5, 6, 0], [1, 2, 3]],
            [[220, 242, 0], [112, 126, 142]],
            [[2896, 3883, 0], [1452, 1963, 2541]],  # 2000 + 3 · 5 + 4 · 220 + 1
        ),
        last=(state([242, 142]), state([3883, 2541])),
        # the upper's a_x: [20066, 20060], [10555, 10550, 10500];
        # the lower's outputs get [80268, 80280], [42223, 42230, 42300]
        dweights=StackWeights(
            (counts([[1735133]], [501411]), counts([[283845, 13271500]], [71731])), ((), ())
        ),
        dxs=steps([[385296, 224760, 0], [287172, 202720, 118200]]),
        dstart=(state([162548, 127753]), state([20066, 10555])),
    ),
    "EachStep": by_hand(
        EachStep(Linear(1, 1)),
        linear([[3]], [1]),
        (),
        (),
        ys=steps([[16, 19, 0], [4, 7, 10]]),
        last=(),
        dweights=linear([[451]], [133]),
        dxs=steps([[6, 60, 0], [3, 30, 300]]),
        dstart=(),
    ),
}


@pytest.mark.parametrize(("case", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_a_counting_cell_worked_out_by_hand(case, expected):
    assert_equal(case.run(), expected)
