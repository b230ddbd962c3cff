"""How training starts and steps: gate biases, weight decay, and trees that are none."""

import numpy as np
import pytest
from helpers import assert_refused, random_like

from rnncourse.cells import HState
from rnncourse.data import classification_batch
from rnncourse.functional import sigmoid
from rnncourse.init import chrono_biases, gate_biases
from rnncourse.optim import (
    SGD,
    Adam,
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    global_norm,
)
from rnncourse.text import Vocabulary
from rnncourse.train import train
from rnncourse.tree import parameter_count, tree_leaves, tree_map

nan, inf = np.nan, np.inf

# --- Weight decay --------------------------------------------------------------------------

DECAYING = {
    "SGD": (SGD(0.1, weight_decay=0.3), "SGD", {"lr": 0.1, "weight_decay": 0.3}),
    "momentum": (
        SGD(0.1, momentum=0.9, weight_decay=0.3),
        "SGD",
        {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.3},
    ),
    "Adam": (Adam(0.1, weight_decay=0.3), "AdamW", {"lr": 0.1, "weight_decay": 0.3}),
    "Adam with its own settings": (
        Adam(0.02, betas=(0.5, 0.7), eps=1e-3, weight_decay=2.0),
        "AdamW",
        {"lr": 0.02, "betas": (0.5, 0.7), "eps": 1e-3, "weight_decay": 2.0},
    ),
    "Adam without decay": (Adam(0.1), "AdamW", {"lr": 0.1, "weight_decay": 0.0}),
}


@pytest.mark.parametrize(("ours", "name", "options"), DECAYING.values(), ids=DECAYING)
def test_weight_decay_is_that_of_torch(ours, name, options):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    weights = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=3)}
    theirs = [torch.tensor(array) for array in weights.values()]
    optimiser, state = getattr(torch.optim, name)(theirs, **options), ours.init(weights)
    for _ in range(6):
        gradient = random_like(weights, rng)
        weights, state = ours.update(weights, gradient, state)
        for parameter, array in zip(theirs, gradient.values(), strict=True):
            parameter.grad = torch.tensor(array)
        optimiser.step()
        for array, parameter in zip(weights.values(), theirs, strict=True):
            np.testing.assert_allclose(array, parameter.numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("optimiser", [SGD(0.5, weight_decay=0.2), Adam(0.5, weight_decay=0.2)])
def test_without_a_gradient_every_array_shrinks_biases_too(optimiser):
    weights = {"W": np.array([[1.0, -2.0]]), "b": np.array([3.0])}
    state = optimiser.init(weights)
    shrunk, _ = optimiser.update(weights, tree_map(np.zeros_like, weights), state)
    tree_map(lambda w, s: np.testing.assert_allclose(s, 0.9 * w), weights, shrunk)


@pytest.mark.parametrize(
    "optimiser",
    [SGD(0.1, 0.9, weight_decay=np.float64(0.1)), Adam(0.1, weight_decay=np.float64(0.1))],
)
def test_weight_decay_keeps_the_dtype_and_leaves_its_inputs_alone(optimiser):
    rng = np.random.default_rng(1)
    weights = {"W": rng.normal(size=(3, 2)).astype(np.float32)}
    state = optimiser.init(weights)
    before = tree_map(np.copy, (weights, state))
    changed = optimiser.update(weights, before[0], state)
    assert {np.asarray(a).dtype for name, a in tree_leaves(changed) if "steps" not in name} == {
        np.dtype(np.float32)
    }
    tree_map(np.testing.assert_array_equal, (weights, state), before)


# --- Gate biases ---------------------------------------------------------------------------


def test_one_value_a_gate_in_the_order_of_torch():
    """With all else zero, a forget gate far open keeps the cell state; one far shut drops it."""
    torch = pytest.importorskip("torch")
    cell = torch.nn.LSTMCell(2, 3, dtype=torch.float64)
    kept = torch.tensor([[1.0, -2.0, 3.0]], dtype=torch.float64)
    nothing = torch.zeros_like(kept)
    for value, share in ((50.0, 1.0), (0.0, 0.5), (-50.0, 0.0)):
        for parameter in cell.parameters():
            torch.nn.init.zeros_(parameter)
        cell.bias_ih.data = torch.from_numpy(gate_biases((0, value, 0, 0), 3))
        _, c = cell(torch.zeros(1, 2, dtype=torch.float64), (nothing, kept))
        np.testing.assert_allclose(c.detach(), share * kept, atol=1e-12)


def test_gate_biases_of_any_number_of_gates_and_dtype():
    biases = gate_biases(np.array([1.5, -2.0, 0.25]), 2, np.float32)
    np.testing.assert_array_equal(biases, np.array([1.5, 1.5, -2, -2, 0.25, 0.25]))
    assert biases.dtype == np.float32


def test_chrono_biases_spread_the_memory_evenly_up_to_the_longest():
    biases = chrono_biases(5000, 101, np.random.default_rng(0), np.float32)
    assert biases.dtype == np.float32
    i, f, g, o = np.split(biases.astype(float), 4)
    np.testing.assert_array_equal(i, -f)
    assert not g.any()
    assert not o.any()
    memory = 1 / (1 - sigmoid(f))  # in steps, as sigmoid(f) of the state is kept in each
    assert 2 <= memory.min() < 2.5
    assert 100.5 < memory.max() <= 101.001
    shares, _ = np.histogram(memory, bins=10, range=(2, 101.001))
    np.testing.assert_allclose(shares / 5000, 0.1, atol=0.02)  # a standard error is 0.004


# --- Bad input -----------------------------------------------------------------------------

two, both = np.ones(2), {"W": np.ones(2), "b": np.ones(1)}
holed = {"W": np.ones(2), "b": None}
AB = Vocabulary.of(["ab"], special=["<pad>"])


def quadratic(w, batch):
    return float(w @ w), 2 * w


def updated(optimiser, weights, gradient, like):
    return optimiser.update(weights, gradient, optimiser.init(like))


BAD_INPUT = [
    (lambda: SGD(0.1, weight_decay=-1), ValueError, "SGD: weight_decay .* at least 0, got -1"),
    (lambda: SGD(0.1, weight_decay=inf), ValueError, "weight_decay .* finite .* got inf"),
    (lambda: Adam(0.1, weight_decay=nan), ValueError, "Adam: weight_decay .* got nan"),
    (lambda: SGD(0.1).init(None), TypeError, "tree should be an array of .* got NoneType"),
    (lambda: Adam(0.1).init(holed), TypeError, r"tree\.b should be an array .* got NoneType"),
    (lambda: updated(SGD(0.1), two, None, two), TypeError, "tree should be .* got NoneType"),
    (lambda: updated(SGD(0.1), both, holed, both), TypeError, r"tree\.b should .* got NoneType"),
    (lambda: updated(Adam(0.1), both, holed, both), TypeError, r"tree\.b should .* got NoneType"),
    (lambda: updated(Adam(0.1), None, two, two), TypeError, "tree should be .* got NoneType"),
    (lambda: SGD(0.1).update(two, two, None), TypeError, "tree should be .* got NoneType"),
    (lambda: Adam(0.1).update(two, two, None), TypeError, "state .* AdamState, got NoneType"),
    (lambda: Adam(0.1).update(two, two, (two, two, 1)), TypeError, "AdamState, got tuple"),
    (lambda: global_norm(None), TypeError, "tree should be .* got NoneType"),
    (lambda: global_norm((two, "abc")), TypeError, r"tree\[1\] should be .* got str"),
    (lambda: global_norm(x for x in [two]), TypeError, "got generator"),
    (lambda: clip_by_value(holed, 1.0), TypeError, r"tree\.b .* got NoneType"),
    (lambda: clip_by_norm(holed, 1.0), TypeError, r"tree\.b .* got NoneType"),
    (lambda: clip_by_global_norm(holed, 1.0), TypeError, r"tree\.b .* got NoneType"),
    (lambda: parameter_count(None), TypeError, "tree should be .* got NoneType"),
    (lambda: parameter_count(np.array([None])), TypeError, "got an array of object"),
    (lambda: tree_map(np.copy, HState(None)), TypeError, r"tree\.h should be .* got NoneType"),
    (lambda: tree_map(np.add, 1.0, None), TypeError, "tree should be .* got NoneType"),
    (
        lambda: train(quadratic, two, 300, SGD(0.1), progress=False),
        TypeError,
        "batches should be an iterable of batches, got int",
    ),
    (lambda: train(quadratic, two, None, SGD(0.1)), TypeError, "batches .* got NoneType"),
    (
        lambda: train(lambda w, x: (1.0, None), two, [0], SGD(0.1), progress=False),
        TypeError,
        "tree should be .* got NoneType",
    ),
    (lambda: gate_biases(1.0, 2), ValueError, r"one finite number for each gate, got 1\.0"),
    (lambda: gate_biases([], 2), ValueError, r"for each gate, got \[\]"),
    (lambda: gate_biases((0, nan), 2), ValueError, "for each gate, got .*nan"),
    (lambda: gate_biases((0, 1), 0), ValueError, "hidden_size .* at least 1, got 0"),
    (lambda: gate_biases((0, 1), 2.0), ValueError, r"hidden_size .* got 2\.0"),
    (lambda: gate_biases((0, 1), 2, int), TypeError, "dtype .* floating-point"),
    (lambda: chrono_biases(0, 9, np.random.default_rng(0)), ValueError, "hidden_size .* got 0"),
    (lambda: chrono_biases(2, 1.5, np.random.default_rng(0)), ValueError, "longest .* got 1.5"),
    (lambda: chrono_biases(2, inf, np.random.default_rng(0)), ValueError, "longest .* got inf"),
    (lambda: chrono_biases(2, 9, 0), TypeError, "rng should be .* got int"),
    (lambda: classification_batch(AB, ["ab"], [-1]), ValueError, r"\[0, inf\), got -1 to -1"),
    (lambda: classification_batch(AB, ["ab"], [1.0]), TypeError, "labels .* integers.* float64"),
    (
        lambda: classification_batch(AB, ["ab"], ["x"]),
        TypeError,
        "labels should be an array of real numbers, got",
    ),
    (lambda: classification_batch(AB, ["ab"], [None]), TypeError, "real numbers, got object"),
    (lambda: classification_batch(AB, ["ab"], 3), ValueError, r"labels .* \(1,\), got \(\)"),
]


@pytest.mark.parametrize(("call", "exception", "words"), BAD_INPUT)
def test_bad_input_is_refused_in_clear_words(call, exception, words):
    assert_refused(call, exception, words)
