"""Weights go to torch.nn and back by renaming alone; what does not fit is refused in clear words.

That both sides then compute the same is in ``test_torch``.
"""

import subprocess
import sys

import numpy as np
import pytest
from helpers import random_like

from rnncourse import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    CoupledLSTM,
    EachStep,
    Embedding,
    LayerNorm,
    Linear,
    NoForgetLSTM,
    PeepholeLSTM,
    Recurrent,
    ResetBeforeGRU,
    ResidualRNN,
    Reversed,
    SequenceModel,
    Stack,
)
from rnncourse.convert import flip_update_gate, from_torch, to_torch
from rnncourse.layers import LinearWeights
from rnncourse.tree import tree_leaves, tree_map

torch = pytest.importorskip("torch")
nn = torch.nn
torch_models = pytest.importorskip("rnncourse.torch_models")

D, H, V = 3, 4, 5


def both_ways(Cell, size=D):
    return Bidirectional(Recurrent(Cell(size, H)), Recurrent(Cell(size, H)))


def relu(input_size, hidden_size):
    return RNN(input_size, hidden_size, "relu")


PAIRS = {
    "RNN": (Recurrent(RNN(D, H)), nn.RNN(D, H)),
    "RNN relu": (Recurrent(relu(D, H)), nn.RNN(D, H, nonlinearity="relu")),
    "LSTM": (Recurrent(LSTM(D, H, forget_bias=1.0)), nn.LSTM(D, H)),
    "GRU": (Recurrent(GRU(D, H)), nn.GRU(D, H)),
    "both ways": (both_ways(GRU), nn.GRU(D, H, bidirectional=True)),
    "stack": (Stack((Recurrent(LSTM(D, H)), Recurrent(LSTM(H, H)))), nn.LSTM(D, H, num_layers=2)),
    "stack with dropout": (
        Stack((Recurrent(RNN(D, H)), Recurrent(RNN(H, H))), dropout=0.5),
        nn.RNN(D, H, num_layers=2, dropout=0.5),
    ),
    "stack both ways": (
        Stack((both_ways(LSTM), both_ways(LSTM, 2 * H), both_ways(LSTM, 2 * H))),
        nn.LSTM(D, H, num_layers=3, bidirectional=True),
    ),
    "Linear": (Linear(D, H), nn.Linear(D, H)),
    "Embedding": (Embedding(V, D), nn.Embedding(V, D)),
    "LayerNorm": (LayerNorm(D), nn.LayerNorm(D)),
    "LanguageModel": (
        SequenceModel(
            Embedding(V, D), Stack((Recurrent(GRU(D, H)), Recurrent(GRU(H, H)))), Linear(H, V)
        ),
        torch_models.LanguageModel(V, D, H, cell="GRU", num_layers=2),
    ),
    "Tagger": (
        SequenceModel(Embedding(V, D), both_ways(LSTM), Linear(2 * H, 2)),
        torch_models.Tagger(V, D, H, 2, bidirectional=True),
    ),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("layer", "module"), PAIRS.values(), ids=PAIRS)
def test_there_and_back(layer, module, dtype):
    rng = np.random.default_rng(0)
    weights = random_like(layer.init(rng, dtype), rng)
    module = module.to(torch.float32 if dtype == np.float32 else torch.float64)
    state_dict = to_torch(layer, weights)
    assert [*state_dict] == [*module.state_dict()]
    module.load_state_dict(state_dict)
    for back in (from_torch(layer, module.state_dict()), from_torch(layer, state_dict)):
        assert type(back) is type(weights)
        tree_map(np.testing.assert_array_equal, weights, back)
        assert {array.dtype for _, array in tree_leaves(back)} == {np.dtype(dtype)}


@pytest.mark.parametrize("name", ["LanguageModel", "Tagger"])
def test_a_whole_model_computes_the_same(name):
    model, module = PAIRS[name]
    module = module.double().eval()
    ids = np.random.default_rng(1).integers(0, V, (6, 2))
    logits, _, _ = model.forward(from_torch(model, module.state_dict()), ids)
    expected = module(ids)[0] if name == "LanguageModel" else module(ids)
    np.testing.assert_allclose(logits, expected.detach().numpy(), rtol=0, atol=1e-10)


def test_parameters_and_gradients_convert_like_a_state_dict():
    layer, module = Recurrent(LSTM(D, H)), nn.LSTM(D, H)
    module(torch.ones(2, 1, D))[0].sum().backward()
    named = dict(module.named_parameters())
    tree_map(
        np.testing.assert_array_equal,
        from_torch(layer, named),
        from_torch(layer, module.state_dict()),
    )
    gradient = from_torch(layer, {name: tensor.grad for name, tensor in named.items()})
    np.testing.assert_array_equal(gradient.W_hh, module.weight_hh_l0.grad.numpy())


def test_nothing_is_shared_between_the_two_sides():
    layer = Linear(2, 2)
    weights = LinearWeights(np.ones((2, 2)), np.ones(2))
    state_dict = to_torch(layer, weights)
    back = from_torch(layer, state_dict)
    for tensor in state_dict.values():
        tensor.zero_()
    assert weights.W.all()
    assert weights.b.all()
    assert back.W.all()
    assert back.b.all()


def test_weights_may_lie_in_memory_in_any_way():
    W = np.arange(6.0).reshape(3, 2)[::-1].T
    state_dict = to_torch(Linear(3, 2), LinearWeights(W, np.ones(4)[::-2]))
    np.testing.assert_array_equal(state_dict["weight"].numpy(), W)


LACKING = {
    "another nonlinearity": Recurrent(RNN(D, H, "elu")),
    "a residual over time": Recurrent(ResidualRNN(D, H)),
    "peepholes": Recurrent(PeepholeLSTM(D, H)),
    "coupled gates": Recurrent(CoupledLSTM(D, H)),
    "no forget gate": Recurrent(NoForgetLSTM(D, H)),
    "reset before": Recurrent(ResetBeforeGRU(D, H)),
    "reversed": Reversed(Recurrent(RNN(D, H))),
    "sum": Bidirectional(Recurrent(RNN(D, H)), Recurrent(RNN(D, H)), join="sum"),
    "project": Bidirectional(Recurrent(RNN(D, H)), Recurrent(RNN(D, H)), join="project"),
    "two cells": Bidirectional(Recurrent(RNN(D, H)), Recurrent(relu(D, H))),
    "two sizes": Bidirectional(Recurrent(GRU(D, H)), Recurrent(GRU(D, H + 1))),
    "two chains": Bidirectional(Stack((Recurrent(RNN(D, H)),)), Stack((Recurrent(RNN(D, H)),))),
    "nested both ways": Bidirectional(both_ways(RNN), both_ways(RNN)),
    "residual": Stack((Recurrent(RNN(D, H)), Recurrent(RNN(H, H))), shortcut="residual"),
    "dense": Stack((Recurrent(RNN(D, H)),), shortcut="dense"),
    "stack of two cells": Stack((Recurrent(RNN(D, H)), Recurrent(LSTM(H, H)))),
    "stack of two sizes": Stack((Recurrent(RNN(D, H)), Recurrent(RNN(H, D)))),
    "stack one way and both": Stack((both_ways(GRU), Recurrent(GRU(2 * H, H)))),
    "stack of stacks": Stack((Stack((Recurrent(RNN(D, H)),)), Stack((Recurrent(RNN(H, H)),)))),
    "alternating": Stack((Recurrent(RNN(D, H)), Reversed(Recurrent(RNN(H, H))))),
    "layer norm in between": Stack((Recurrent(RNN(D, H)), EachStep(LayerNorm(H)))),
    "a bare cell": RNN(D, H),
    "a torch module": nn.LSTM(D, H),
    "deep inside": SequenceModel(Embedding(V, D), Recurrent(PeepholeLSTM(D, H)), Linear(H, V)),
}


@pytest.mark.parametrize("layer", LACKING.values(), ids=LACKING)
def test_what_torch_lacks_is_refused(layer):
    with pytest.raises(TypeError, match=r"torch\.nn has .* no counterpart of"):
        to_torch(layer, ())
    with pytest.raises(TypeError, match=r"torch\.nn has .* no counterpart of"):
        from_torch(layer, {})


LINEAR = Linear(2, 3)
W, B = np.ones((3, 2)), np.ones(3)
BAD = {
    "one missing": ({"weight": W}, ValueError, r"hold \['weight', 'bias'\], got \['weight'\]"),
    "one too many": (
        {"weight": W, "bias": B, "c": B},
        ValueError,
        r"got \['weight', 'bias', 'c'\]",
    ),
    "another name": ({"weight": W, 0: B}, ValueError, r"got \['weight', 0\]"),
    "shape": ({"weight": W.T, "bias": B}, ValueError, r"weight should be \(3, 2\), got \(2, 3\)"),
    "rank": ({"weight": W, "bias": B[None]}, ValueError, r"bias should be \(3,\), got \(1, 3\)"),
    "dtypes": ({"weight": W, "bias": np.float32(B)}, TypeError, "bias should be float64"),
    "integers": ({"weight": W > 0, "bias": B}, TypeError, "weight should be floating-point"),
    "no array": ({"weight": None, "bias": B}, TypeError, "weight should be an array .* got object"),
    "no dict": ([W, B], TypeError, "state_dict should be Mapping, got list"),
}


@pytest.mark.parametrize(("state_dict", "exception", "words"), BAD.values(), ids=BAD)
def test_bad_state_dict_is_refused(state_dict, exception, words):
    with pytest.raises(exception, match=words):
        from_torch(LINEAR, state_dict)


BAD_WEIGHTS = {
    "shape": (LinearWeights(W.T, B), ValueError, r"W: expected .* \(3, 2\), got .* \(2, 3\)"),
    "dtypes": (LinearWeights(W, np.float32(B)), TypeError, "bias should be float64"),
    "integers": (LinearWeights(W > 0, B), TypeError, "weight should be floating-point"),
    "of another layer": (Embedding(3, 2).init(np.random.default_rng(0)), ValueError, "LinearW"),
    "a bare tuple": ((W, B), ValueError, "expected LinearWeights of W, b, got tuple"),
    "nothing": (None, TypeError, "got NoneType"),
}


@pytest.mark.parametrize(("weights", "exception", "words"), BAD_WEIGHTS.values(), ids=BAD_WEIGHTS)
def test_bad_weights_are_refused(weights, exception, words):
    with pytest.raises(exception, match=words):
        to_torch(LINEAR, weights)


@pytest.mark.parametrize("cell", [GRU(D, H), ResetBeforeGRU(D, H)], ids=["GRU", "ResetBeforeGRU"])
def test_flip_update_gate(cell):
    rng = np.random.default_rng(2)
    weights = random_like(Recurrent(cell).init(rng), rng)
    before = tree_map(np.copy, weights)
    flipped = flip_update_gate(cell, weights)
    tree_map(np.testing.assert_array_equal, weights, before)  # left as they were
    tree_map(np.testing.assert_array_equal, flip_update_gate(Recurrent(cell), flipped), weights)
    for name in ("W_ih", "W_hh", "b_ih", "b_hh"):
        ours, theirs = getattr(weights, name), getattr(flipped, name)
        changed = (ours != theirs).reshape(len(ours), -1)
        assert changed[H : 2 * H].all()
        assert not np.delete(changed, range(H, 2 * H), axis=0).any()


def test_flip_update_gate_refuses_what_has_no_such_gate():
    weights = Recurrent(LSTM(D, H)).init(np.random.default_rng(3))
    for layer in (LSTM(D, H), Recurrent(RNN(D, H)), Stack((Recurrent(GRU(D, H)),)), None):
        with pytest.raises(TypeError, match="layer should be a GRU, a ResetBeforeGRU or Recurrent"):
            flip_update_gate(layer, weights)
    with pytest.raises(ValueError, match=r"GRU: W_ih should be \(12, 3\), got \(16, 3\)"):
        flip_update_gate(GRU(D, H), weights)


def test_torch_is_not_imported_before_it_is_needed():
    code = "import sys, rnncourse.convert; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
