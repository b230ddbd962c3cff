"""Cells: which are special cases of which, and the weights they start from."""

import numpy as np
import pytest
from every_layer import CELLS
from helpers import Case, assert_same

from rnncourse.cells import GRU, LSTM, Weights
from rnncourse.recurrent import Recurrent
from rnncourse.variants import (
    CoupledLSTM,
    LayerNormRNN,
    NoForgetLSTM,
    PeepholeLSTM,
    ResetBeforeGRU,
)


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


# --- Normalised sums -----------------------------------------------------------------------


@pytest.mark.parametrize(("axis", "along"), [(-1, "units"), (0, "rows")])
def test_the_sum_has_mean_0_and_spread_1_along_the_axis(axis, along):
    class Normalised(LayerNormRNN):
        pass

    Normalised.axis = axis
    layer, rng = Recurrent(Normalised(2, 5, "linear", eps=1e-12)), np.random.default_rng(0)
    hs, _, _ = layer.forward(layer.init(rng), rng.normal(size=(4, 6, 2)))
    over = {"units": 2, "rows": 1}[along]
    np.testing.assert_allclose(hs.mean(axis=over), 0, atol=1e-12)
    np.testing.assert_allclose(hs.std(axis=over), 1, rtol=1e-6)


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
def test_all_else_starts_at_zero_but_the_forget_gate_at_its_bias_and_a_gain_at_one(cell):
    weights = Recurrent(cell(2, 3)).init(np.random.default_rng(0))._asdict()
    vectors = {name: array for name, array in weights.items() if array.ndim == 1}
    b_ih = vectors.pop("b_ih")
    assert np.all(vectors.pop("gain", 1) == 1)
    np.testing.assert_array_equal(b_ih[3:6], getattr(cell(2, 3), "forget_bias", 0))
    assert not any(array.any() for array in (b_ih[:3], b_ih[6:], *vectors.values()))
