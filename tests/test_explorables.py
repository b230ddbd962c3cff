"""The explorables compute in the browser what the package computes in Python."""

import json
import re

import numpy as np
import pytest
from front_end import FrontEnd, equal_numbers
from helpers import assert_near

from rnncourse import explorables
from rnncourse.cells import GRU, RNN, HState, Weights
from rnncourse.decode import distribution
from rnncourse.diagnostics import jacobian_bound, jacobian_products, spectral_norm, spectral_radius
from rnncourse.explorables import (
    BackwardPass,
    BothEnds,
    Cliff,
    ContextWindow,
    EmbeddingMap,
    Explorable,
    ForgetProduct,
    GateViewer,
    GRUStep,
    Initialisation,
    LSTMStep,
    NameReader,
    Padding,
    Question,
    Quiz,
    Ranking,
    Sampling,
    SpectralRadius,
    Truncation,
    Unroll,
    Wiring,
    right,
    wrong,
)
from rnncourse.explorables.base import HERE
from rnncourse.explorables.name_reader import END
from rnncourse.functional import sigmoid, softmax
from rnncourse.gradcheck import gradient_check
from rnncourse.layers import Embedding, Linear, LinearWeights
from rnncourse.models import SequenceModel
from rnncourse.recurrent import Recurrent
from rnncourse.text import Vocabulary


def random_weights(rng, input_size, hidden_size) -> Weights:
    """Weights with random biases too: zero biases would hide a forgotten one."""
    H, D = hidden_size, input_size
    return Weights(*(rng.normal(size=shape) for shape in ((H, D), (H, H), (H,), (H,))))


def quiz() -> Quiz:
    return Quiz(
        Question("2 + 2?", right("4", "Count."), wrong("5", "One too many.")),
        Question("1 + 1?", wrong("3", "One too many."), right("2", "Count.")),
    )


def random_output(rng, input_size, output_size) -> LinearWeights:
    return LinearWeights(rng.normal(size=(output_size, input_size)), rng.normal(size=output_size))


def backward_pass(rng, targets=(0.5, -1.0, 1.0), **options) -> BackwardPass:
    weights, output = random_weights(rng, 1, 1), random_output(rng, 1, 1)
    return BackwardPass(rng.normal(size=len(targets)), targets, weights, output, **options)


def name_reader(rng) -> NameReader:
    vocabulary = Vocabulary(("a", "b", END))
    model = SequenceModel(Embedding(3, 2), Recurrent(GRU(2, 4)), Linear(4, 2))
    return NameReader(vocabulary, ("Abba", "Baba"), model.init(rng), name="ab")


def every_explorable() -> list[Explorable]:
    rng = np.random.default_rng(0)
    return [
        Unroll("hello", random_weights(rng, 4, 3)),
        Sampling("abc", [2.0, 1.0, -1.0]),
        Initialisation(rng),
        SpectralRadius(rng),
        Cliff(),
        backward_pass(rng),
        Truncation(rng),
        GateViewer("ab", {"f": [[0.9], [0.1]]}),
        ForgetProduct(rng),
        LSTMStep(),
        GRUStep(),
        Wiring(),
        Padding(),
        name_reader(rng),
        BothEnds(["ab cd"], *[np.full((2, 1, 2), 0.5)] * 3, "xy"),
        Ranking(np.eye(2, dtype=int), Vocabulary(("a", "b")), ["x", "y"], [["a"]], [[1, 0]]),
        ContextWindow("ab cd", {"ab": 2, "cd": 1}),
        EmbeddingMap("abcdef", np.eye(6)),
        quiz(),
    ]


EVERY = pytest.mark.parametrize("explorable", every_explorable(), ids=repr)


# --- all of them ---


def test_every_explorable_is_tested():
    classes = {getattr(explorables, name) for name in explorables.__all__}
    subclasses = {c for c in classes if isinstance(c, type) and issubclass(c, Explorable)}
    tested = {type(explorable).__mro__[1] for explorable in every_explorable()}
    assert subclasses - {Explorable} == tested


@EVERY
def test_repr_holds_no_address(explorable):
    name = type(explorable).__name__
    assert repr(explorable) == f"<{name} explorable>"
    bundle, _ = explorable._repr_mimebundle_()
    assert bundle["text/plain"] == f"<{name} explorable>"
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == explorable.model_id


@EVERY
def test_front_end_stands_alone(explorable):
    """A page loads it from a blob URL, so it may import nothing, and it takes text as text."""
    assert not re.search(r"^\s*import\b|\bimport\(|\bfetch\(|https?://(?!www\.w3\.org/2000/svg)",
                         explorable._esm, re.MULTILINE)  # fmt: skip
    assert explorable._esm.endswith("export default { render };\n")
    assert "innerHTML" not in explorable._esm
    assert ".explorable" in explorable._css


@EVERY
def test_front_end_declares_each_name_once(explorable):
    """It stands in one file with common.mjs; a module that declares a name twice does not load."""
    names = re.findall(r"^(?:export )?(?:const|let|function) (\w+)", explorable._esm, re.MULTILINE)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", sorted(HERE.glob("*.mjs")), ids=lambda path: path.name)
def test_front_end_is_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 200


@EVERY
def test_state_travels_as_json(explorable):
    assert json.loads(json.dumps(explorable.get_state(), default=None))["title"]


# --- Unroll ---


@pytest.mark.parametrize(("text", "hidden_size"), [("hello", 3), ("a", 1), ("the letters", 4)])
def test_unroll_computes_what_the_package_computes(text, hidden_size):
    rng = np.random.default_rng(1)
    vocabulary = sorted(set(text))
    V = len(vocabulary)
    weights = random_weights(rng, V, hidden_size)
    output = LinearWeights(rng.normal(size=(V, hidden_size)), rng.normal(size=V))
    explorable = Unroll(text, weights, output if V > 1 else None, vocabulary=vocabulary)
    front_end = FrontEnd(explorable)

    xs = np.eye(V)[[vocabulary.index(symbol) for symbol in text]]
    hs, _, _ = Recurrent(RNN(V, hidden_size)).forward(weights, xs[:, None])
    states = front_end("states", explorable.xs, explorable.weights)
    assert states[0] == [0] * hidden_size
    np.testing.assert_allclose(states[1:], hs[:, 0], rtol=0, atol=1e-12)

    if V > 1:
        expected, _ = Linear(hidden_size, V).forward(output, hs[:, 0])
        logits = [front_end("logits", h, explorable.output) for h in states[1:]]
        np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-12)
        probabilities = [front_end("softmax", z) for z in logits]
        np.testing.assert_allclose(probabilities, softmax(expected), rtol=0, atol=1e-12)


def test_unroll_takes_inputs_that_are_not_one_hot():
    rng = np.random.default_rng(2)
    weights, xs = random_weights(rng, 2, 3), rng.normal(size=(4, 2))
    explorable = Unroll(["a", "b", "b", "a"], weights, xs=xs)
    states = FrontEnd(explorable)("states", explorable.xs, explorable.weights)
    hs, _, _ = Recurrent(RNN(2, 3)).forward(weights, xs[:, None])
    np.testing.assert_allclose(states[1:], hs[:, 0], rtol=0, atol=1e-12)


def test_unroll_orders_its_vocabulary_by_first_appearance():
    explorable = Unroll("hello", random_weights(np.random.default_rng(0), 4, 3))
    assert explorable.vocabulary == ["h", "e", "l", "o"]
    assert np.argmax(explorable.xs, axis=1).tolist() == [0, 1, 2, 2, 3]


def test_unroll_says_what_does_not_fit():
    rng = np.random.default_rng(0)
    weights = random_weights(rng, 4, 3)
    with pytest.raises(ValueError, match=r"W_ih should be \(3, 4\), got \(3, 5\)"):
        Unroll("hello", weights._replace(W_ih=np.zeros((3, 5))))
    with pytest.raises(ValueError, match=r"b_hh should be finite, got nan"):
        Unroll("hello", weights._replace(b_hh=np.full(3, np.nan)))
    with pytest.raises(ValueError, match="hidden size should be from 1 to 4, got 5"):
        Unroll("hello", random_weights(rng, 4, 5))
    with pytest.raises(ValueError, match="number of symbols should be from 1 to 12, got 0"):
        Unroll("", weights)
    with pytest.raises(ValueError, match="in the vocabulary, got 'z'"):
        Unroll("hez", weights, vocabulary="helo")
    with pytest.raises(ValueError, match="each symbol once and none empty, got 'l'"):
        Unroll("hello", weights, vocabulary="hello")
    with pytest.raises(ValueError, match=r"output W should be \(4, 3\), got \(4, 2\)"):
        Unroll("hello", weights, LinearWeights(np.zeros((4, 2)), np.zeros(4)))
    with pytest.raises(ValueError, match=r"xs should be \(5, 4\), got \(4, 4\)"):
        Unroll("hello", weights, xs=np.eye(4))
    with pytest.raises(ValueError, match="step should be from 1 to 5, got 6"):
        Unroll("hello", weights, step=6)
    with pytest.raises(TypeError, match="should hold strings, got 1"):
        Unroll([1, 2], weights)


# --- Sampling ---


@pytest.mark.parametrize("temperature", [0.1, 0.7, 1.0, 3.0])
@pytest.mark.parametrize("top_k", [1, 3, 12])
def test_sampling_draws_from_what_the_package_draws_from(temperature, top_k):
    logits = np.random.default_rng(3).normal(0, 3, 12)
    logits[4] = logits[7] = logits.max() + 0.5  # a tie that top_k=1 cuts: the first one stays
    explorable = Sampling("abcdefghijkl", logits)
    found = FrontEnd(explorable)("distribution", explorable.logits, temperature, top_k)
    expected = distribution(logits, temperature, top_k)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_sampling_entropy_in_bits():
    front_end = FrontEnd(Sampling("ab", [0, 0]))
    assert front_end("entropy", [0.25] * 4) == 2
    assert front_end("entropy", [1, 0]) == 0


def test_sampling_draws_follow_the_probabilities_and_the_seed():
    front_end = FrontEnd(Sampling("abc", [0, 0, 0]))
    probabilities = [0.6, 0.0, 0.3, 0.1]
    draws = front_end("draw", probabilities, 20_000, 5)
    shares = np.bincount(draws, minlength=4) / len(draws)
    assert shares[1] == 0
    np.testing.assert_allclose(shares, probabilities, atol=0.02)  # about six standard errors
    assert front_end("draw", probabilities, 10, 5) == draws[:10]
    assert front_end("draw", probabilities, 10, 6) != draws[:10]


def test_sampling_first_draws_of_neighbouring_seeds_are_spread():
    first = FrontEnd(Sampling("ab", [0, 0])).context.eval(
        "JSON.stringify(Array.from({ length: 20 }, (_, seed) => generator(seed)()))"
    )
    gaps = np.diff([0, *sorted(json.loads(first)), 1])
    assert gaps.max() < 0.3  # 20 fair draws leave a wider gap once in 60 times


def test_sampling_says_what_does_not_fit():
    with pytest.raises(ValueError, match=r"logits should be \(3,\), got \(2,\)"):
        Sampling("abc", [0.0, 1.0])
    with pytest.raises(ValueError, match="temperature should be from 0.1 to 3, got 0"):
        Sampling("abc", [0.0, 1.0, 2.0], temperature=0)
    with pytest.raises(ValueError, match="top_k should be from 1 to 3, got 4"):
        Sampling("abc", [0.0, 1.0, 2.0], top_k=4)
    with pytest.raises(ValueError, match="should be from 2 to 200, got 1"):
        Sampling("a", [0.0])


# --- Initialisation ---


@pytest.mark.parametrize("kind", ["orthogonal", "gaussian"])
@pytest.mark.parametrize(("gain", "noise"), [(0.5, 0.0), (1.0, 0.1), (1.5, 0.3)])
def test_initialisation_computes_what_the_package_computes(kind, gain, noise):
    H, T = 8, 12
    explorable = Initialisation(np.random.default_rng(4), hidden_size=H, steps=T)
    Q, inputs = np.array(explorable.matrices[kind]), np.array(explorable.inputs)
    data = {"Q": explorable.matrices[kind], "start": explorable.start}
    data |= {"inputs": explorable.inputs, "gradient": explorable.gradient}
    found = FrontEnd(explorable)("run", data, gain, noise)

    layer = Recurrent(RNN(H, H))
    weights = Weights(noise * np.eye(H), gain * Q, np.zeros(H), np.zeros(H))
    start, last = np.array([explorable.start]), HState(np.array([explorable.gradient]))
    hs, _, _ = layer.forward(weights, inputs[:, None], HState(start))
    hs = np.concatenate([start[None], hs])
    np.testing.assert_allclose(found["spreads"], hs.std(axis=(1, 2)), rtol=1e-10)

    assert found["norms"][T] == pytest.approx(np.linalg.norm(explorable.gradient))
    for t in range(T):  # the gradient at h_t: of the rest of the sequence, started from h_t
        rest, _, cache = layer.forward(weights, inputs[t:, None], HState(hs[t]))
        _, _, dstate = layer.backward(weights, cache, np.zeros_like(rest), last)
        assert found["norms"][t] == pytest.approx(np.linalg.norm(dstate.h), rel=1e-10)


def test_initialisation_matrices_are_what_they_are_called():
    explorable = Initialisation(np.random.default_rng(5))
    Q = np.array(explorable.matrices["orthogonal"])
    np.testing.assert_allclose(Q @ Q.T, np.eye(32), atol=1e-4)
    assert np.var(explorable.matrices["gaussian"]) == pytest.approx(1 / 32, rel=0.2)


def test_initialisation_repeats_with_its_rng():
    first, second, other = (Initialisation(np.random.default_rng(seed)) for seed in (6, 6, 7))
    assert first.matrices == second.matrices != other.matrices
    assert first.inputs == second.inputs != other.inputs


def test_initialisation_says_what_does_not_fit():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="gain should be from 0 to 2.5, got 3"):
        Initialisation(rng, gain=3)
    with pytest.raises(
        ValueError, match="kind should be one of 'orthogonal', 'gaussian', got 'xavier'"
    ):
        Initialisation(rng, kind="xavier")
    with pytest.raises(TypeError, match=r"rng should be a numpy\.random\.Generator, got int"):
        Initialisation(0)


# --- BackwardPass ---


def browser_passes(explorable: BackwardPass):
    arguments = explorable.xs, explorable.targets, explorable.weights, explorable.nonlinearity
    return FrontEnd(explorable)("passes", *arguments)


@pytest.mark.parametrize("nonlinearity", ["tanh", "linear"])
@pytest.mark.parametrize(
    "targets", [(0.5, -1.0, 1.0), (None, None, 1.0), (2.0, None, 0.0), (0.3, 0.4), (1.0,)]
)
def test_backward_pass_computes_what_the_package_computes(targets, nonlinearity):
    rng = np.random.default_rng(6)
    T = len(targets)
    weights, output, xs = random_weights(rng, 1, 1), random_output(rng, 1, 1), rng.normal(size=T)
    explorable = BackwardPass(xs, targets, weights, output, nonlinearity=nonlinearity)
    found = browser_passes(explorable)

    layer, linear = Recurrent(RNN(1, 1, nonlinearity)), Linear(1, 1)
    counted = np.array([target is not None for target in targets])[:, None, None]
    wanted = np.array([target or 0.0 for target in targets])[:, None, None]

    def run(tree):
        weights, output = tree
        hs, _, cache = layer.forward(weights, xs[:, None, None])
        ys, linear_cache = linear.forward(output, hs)
        errors = np.where(counted, ys - wanted, 0)
        return hs, cache, ys, linear_cache, errors

    def loss(tree):
        return 0.5 * (run(tree)[-1] ** 2).sum()

    hs, cache, ys, linear_cache, dys = run((weights, output))
    doutput, dhs = linear.backward(output, linear_cache, dys)
    dweights, dxs, _ = layer.backward(weights, cache, dhs)

    def assert_found(name, array):
        np.testing.assert_allclose(found[name][1:], np.ravel(array), rtol=0, atol=1e-12)

    assert found["h"][0] == 0
    assert_found("h", hs)
    assert_found("dy", dys)
    assert_found("fromOutput", dhs)
    assert_found("da", dxs / weights.W_ih)
    assert_found("dh", np.add(found["fromOutput"][1:], found["fromLater"][1:]))
    for t in range(T):
        expected = ys[t].item() if counted[t] else None
        assert found["y"][t + 1] == (expected if expected is None else pytest.approx(expected))
    losses = [value for value in found["loss"] if value is not None]
    assert sum(losses) == pytest.approx(loss((weights, output)))

    parts = {name: np.array(values) for name, values in found["parts"].items()}
    assert all(part.shape == (T,) for part in parts.values())
    total = {name: part.sum() for name, part in parts.items()}
    gradient = (
        Weights(*(np.full(np.shape(w), total[n.lower()]) for n, w in weights._asdict().items())),
        LinearWeights(np.array([[total["w_hy"]]]), np.array([total["b_y"]])),
    )
    assert_near(gradient, (dweights, doutput))
    gradient_check(loss, (weights, output), gradient)


def test_backward_pass_splits_each_gradient_by_step():
    """The part of one step is the gradient of a copy of the weight that only this step uses."""
    rng = np.random.default_rng(7)
    explorable = backward_pass(rng)
    w = {name: np.full(3, value) for name, value in explorable.weights.items()}

    def loss(w):
        h = total = 0.0
        for t, (x, target) in enumerate(zip(explorable.xs, explorable.targets, strict=True)):
            h = np.tanh(w["w_ih"][t] * x + w["b_ih"][t] + w["w_hh"][t] * h + w["b_hh"][t])
            total += 0.5 * (w["w_hy"][t] * h + w["b_y"][t] - target) ** 2
        return total

    parts = browser_passes(explorable)["parts"]
    gradient_check(loss, w, {name: np.array(parts[name]) for name in w})


def test_backward_pass_goes_forward_and_then_back():
    explorable = backward_pass(np.random.default_rng(8), targets=(None, 1.0))
    plan = FrontEnd(explorable)("plan", browser_passes(explorable))
    forward = ["h 1", "h 2", "y 2", "loss"]
    back = ["dy 2", "dh 2", "da 2", "dh 1", "da 1"]
    assert plan == forward + back + ["w_hy", "b_y", "w_hh", "w_ih", "b"]


@pytest.mark.parametrize("targets", [(0.5, -1.0, 1.0), (2.0, None, 0.0), (1.0,)])
def test_backward_pass_can_start_at_any_of_its_steps(targets):
    explorable = backward_pass(np.random.default_rng(9), targets)
    last = len(FrontEnd(explorable)("plan", browser_passes(explorable)))
    assert backward_pass(np.random.default_rng(9), targets, step=last).step == last
    with pytest.raises(ValueError, match=f"step should be from 1 to {last}, got {last + 1}"):
        backward_pass(np.random.default_rng(9), targets, step=last + 1)


def test_backward_pass_says_what_does_not_fit():
    rng = np.random.default_rng(0)
    weights, output = random_weights(rng, 1, 1), random_output(rng, 1, 1)
    xs, targets = [1.0, 0.0, 2.0], [0.0, 1.0, 0.0]
    with pytest.raises(ValueError, match=r"W_hh should be \(1, 1\), got \(2, 2\)"):
        BackwardPass(xs, targets, weights._replace(W_hh=np.eye(2)), output)
    with pytest.raises(ValueError, match="b_ih should be finite, got nan"):
        BackwardPass(xs, targets, weights._replace(b_ih=np.array([np.nan])), output)
    with pytest.raises(ValueError, match=r"output W should be \(1, 1\), got \(2, 1\)"):
        BackwardPass(xs, targets, weights, random_output(rng, 1, 2))
    with pytest.raises(ValueError, match="number of steps should be from 1 to 3, got 4"):
        BackwardPass([1.0] * 4, [0.0] * 4, weights, output)
    with pytest.raises(ValueError, match=r"xs should be \(3,\), got \(3, 1\)"):
        BackwardPass(np.ones((3, 1)), targets, weights, output)
    with pytest.raises(ValueError, match="targets should be as many as xs, 3, got 2"):
        BackwardPass(xs, targets[:2], weights, output)
    with pytest.raises(ValueError, match=r"targets should be \(\), got \(2,\)"):
        BackwardPass(xs, [0.0, [1.0, 2.0], 0.0], weights, output)
    with pytest.raises(ValueError, match="the last step should have a target, got None"):
        BackwardPass(xs, [0.0, 1.0, None], weights, output)
    with pytest.raises(ValueError, match="nonlinearity should be one of 'tanh', 'linear', got"):
        BackwardPass(xs, targets, weights, output, nonlinearity="relu")


@pytest.mark.parametrize("nonlinearity", ["tanh", "linear"])
@pytest.mark.parametrize("targets", [(0.5, -1.0, 1.0), (None, None, 1.0), (2.0, None, 0.0)])
def test_backward_pass_says_nothing_that_does_not_add_up(targets, nonlinearity):
    pairs = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        explorable = backward_pass(rng, targets, nonlinearity=nonlinearity)
        front_end, run = FrontEnd(explorable), browser_passes(explorable)
        for entry in front_end("plan", run):
            weights = explorable.weights
            sentence = front_end("sentence", entry, run, weights, explorable.nonlinearity)
            pairs += equal_numbers(sentence)
    assert len(pairs) > 100
    for one, other in pairs:  # of numbers rounded to three digits
        assert one == pytest.approx(other, rel=0.01, abs=0.004)


# --- Truncation ---


def truncation_data(explorable: Truncation):
    return {name: getattr(explorable, name) for name in ("matrix", "start", "inputs", "targets")}


@pytest.mark.parametrize("gain", [0.6, 0.9, 1.1])
def test_truncation_computes_what_the_package_computes(gain):
    H, T = 3, 9
    explorable = Truncation(np.random.default_rng(10), hidden_size=H, steps=T)
    front_end, data = FrontEnd(explorable), truncation_data(explorable)
    sums = front_end("byDistance", data, gain)
    found = front_end("comparison", sums)

    layer = Recurrent(RNN(H, H))
    weights = Weights(np.eye(H), gain * np.array(explorable.matrix), np.zeros(H), np.zeros(H))
    xs, targets = np.array(explorable.inputs)[:, None], np.array(explorable.targets)[:, None]
    start = HState(np.array([explorable.start]))

    def loss(W_hh):
        hs, _, _ = layer.forward(weights._replace(W_hh=W_hh), xs, start)
        return 0.5 * ((hs - targets) ** 2).sum()

    hs, _, cache = layer.forward(weights, xs, start)
    dweights, _, _ = layer.backward(weights, cache, hs - targets)
    full = dweights.W_hh
    gradient_check(loss, weights.W_hh, full)
    np.testing.assert_allclose(np.sum(sums, axis=0), full.ravel(), rtol=0, atol=1e-12)

    states = np.concatenate([start.h[None], hs])
    for k in range(1, T + 1):  # the definition: each loss by itself, over a window of k steps
        truncated = np.zeros((H, H))
        for t in range(1, T + 1):
            first = max(t - k, 0)
            window, _, cache = layer.forward(weights, xs[first:t], HState(states[first]))
            dhs = np.zeros_like(window)
            dhs[-1] = window[-1] - targets[t - 1]
            truncated += layer.backward(weights, cache, dhs)[0].W_hh
        np.testing.assert_allclose(np.sum(sums[:k], axis=0), truncated.ravel(), rtol=0, atol=1e-12)
        norm = np.linalg.norm(full)
        error = np.linalg.norm(truncated - full) / norm
        cosine = (truncated * full).sum() / (np.linalg.norm(truncated) * norm)
        assert found[k - 1]["error"] == pytest.approx(error, rel=1e-6, abs=1e-12)
        assert found[k - 1]["cosine"] == pytest.approx(cosine, rel=1e-10)
    assert found[-1]["error"] == 0


def test_truncation_is_small_and_repeats_with_its_rng():
    """A page carries the data of its explorables."""
    first, second, other = (
        truncation_data(Truncation(np.random.default_rng(seed), steps=40)) for seed in (6, 6, 7)
    )
    assert first == second != other
    assert len(json.dumps(first)) < 8000


def test_truncation_says_what_does_not_fit():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="k should be from 1 to 30, got 31"):
        Truncation(rng, k=31)
    with pytest.raises(ValueError, match="gain should be from 0.5 to 1.5, got 0"):
        Truncation(rng, gain=0)
    with pytest.raises(ValueError, match="hidden_size should be from 1 to 8, got 9"):
        Truncation(rng, hidden_size=9)
    with pytest.raises(ValueError, match="steps should be from 2 to 40, got 1"):
        Truncation(rng, steps=1)
    with pytest.raises(TypeError, match=r"rng should be a numpy\.random\.Generator, got int"):
        Truncation(0)


# --- SpectralRadius ---


@pytest.mark.parametrize("kind", ["orthogonal", "gaussian", "shear"])
@pytest.mark.parametrize(
    ("nonlinearity", "radius", "scale"),
    [("tanh", 1.5, 0.5), ("tanh", 0.9, 2.0), ("linear", 1.2, 1.0), ("sigmoid", 2.0, 1.0)],
)
def test_spectral_radius_computes_what_the_package_computes(kind, nonlinearity, radius, scale):
    H, T = 8, 15
    explorable = SpectralRadius(np.random.default_rng(8), hidden_size=H, steps=T)
    front_end = FrontEnd(explorable)
    W = radius * np.array(explorable.matrices[kind])
    slopes = front_end("slopes", W.tolist(), explorable.inputs, scale, nonlinearity)
    found = front_end("jacobianNorms", W.tolist(), slopes)

    weights = Weights(scale * np.eye(H), W, np.zeros(H), np.zeros(H))
    xs = np.array(explorable.inputs)[:, None]
    products = jacobian_products(Recurrent(RNN(H, H, nonlinearity)), weights, xs)
    norms = spectral_norm(products)[::-1]
    np.testing.assert_allclose(found, norms, rtol=2e-5)

    largest_slope = 0.25 if nonlinearity == "sigmoid" else 1.0
    assert np.max(slopes) <= largest_slope
    assert np.all(found <= jacobian_bound(W, T, largest_slope)[::-1] * (1 + 1e-9))


@pytest.mark.parametrize("size", [1e-170, 1.0, 1e170])
def test_spectral_norm_at_any_size_and_where_all_singular_values_are_close(size):
    rng = np.random.default_rng(9)
    front_end = FrontEnd(SpectralRadius(rng))
    close = np.array(SpectralRadius(rng).matrices["orthogonal"])
    for matrix in (size * rng.normal(size=(12, 12)), size * close):
        found = front_end("spectralNorm", matrix.tolist())
        assert found == pytest.approx(spectral_norm(matrix), rel=2e-5)
    assert front_end("spectralNorm", np.zeros((3, 3)).tolist()) == 0


@pytest.mark.parametrize("seed", range(5))
def test_spectral_radius_matrices_are_what_they_are_called(seed):
    matrices = SpectralRadius(np.random.default_rng(seed)).matrices
    orthogonal, gaussian, shear = (
        np.array(matrices[kind]) for kind in ("orthogonal", "gaussian", "shear")
    )
    np.testing.assert_allclose(orthogonal @ orthogonal.T, np.eye(20), atol=1e-3)
    assert spectral_radius(orthogonal) == pytest.approx(1, abs=1e-3)
    assert spectral_radius(gaussian) == pytest.approx(1, abs=1e-3)
    assert spectral_radius(shear) == 1
    assert spectral_norm(shear) == pytest.approx((1 + 5**0.5) / 2)
    # At radius 0.9 the gradient of the Gaussian network grows before it vanishes.
    assert spectral_norm(0.9 * gaussian) > 1.4
    assert spectral_norm(np.linalg.matrix_power(0.9 * gaussian, 40)) < 0.1


def test_spectral_radius_draws_straight_lines_up_to_the_edge():
    front_end = FrontEnd(SpectralRadius(np.random.default_rng(10)))
    ticks = front_end("decades", [1.0, 1.8, 0.03])
    np.testing.assert_allclose(ticks, [0.01, 0.1, 1, 10])
    assert len(front_end("decades", [1.0, 1e-40])) <= 8
    assert front_end("decades", [1.0, 1e-40])[0] == pytest.approx(1e-12)
    assert front_end("powers", 1, 40, ticks) == [[0, 1], [40, 1]]
    np.testing.assert_allclose(front_end("powers", 10**0.5, 40, ticks), [[0, 1], [2, 10]])
    np.testing.assert_allclose(front_end("powers", 0.9, 40, ticks), [[0, 1], [40, 0.9**40]])


@pytest.mark.parametrize(
    ("norms", "story"),
    [
        ([1, 1, 1], "keeps its size"),
        ([1, 0.5, 0.25], "never grows and ends 4 times smaller"),
        ([1, 0.5, 0], "never grows and ends with nothing left"),
        ([1, 2, 0.5], "first grows, 2-fold by *d* = 1, and ends 2 times smaller"),
        ([1, 2, 4], "grows all the way and ends 4 times larger"),
        ([1, 0.994, 0.99], "never grows and ends 1.01 times smaller"),
        ([1, 2, 1.003], "first grows, 2-fold by *d* = 1, and ends about as long as it began"),
        ([1, 1.01, 1.01], "first grows, 1.01-fold by *d* = 1, and ends 1.01 times larger"),
    ],
)
def test_spectral_radius_tells_what_the_gradient_does(norms, story):
    assert FrontEnd(SpectralRadius(np.random.default_rng(11)))("story", norms) == story


def test_spectral_radius_is_small():
    state = SpectralRadius(np.random.default_rng(12)).get_state(["matrices", "inputs"])
    assert len(json.dumps(state)) < 20_000


def test_spectral_radius_says_what_does_not_fit():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="radius should be from 0.3 to 2, got 3"):
        SpectralRadius(rng, radius=3)
    with pytest.raises(ValueError, match="input_scale should be from 0 to 2, got -1"):
        SpectralRadius(rng, input_scale=-1)
    with pytest.raises(ValueError, match="'tanh', 'linear', 'sigmoid', got 'relu'"):
        SpectralRadius(rng, nonlinearity="relu")
    with pytest.raises(ValueError, match="'orthogonal', 'gaussian', 'shear', got 'identity'"):
        SpectralRadius(rng, kind="identity")
    with pytest.raises(ValueError, match="hidden_size should be even, .* got 7"):
        SpectralRadius(rng, hidden_size=7)
    with pytest.raises(ValueError, match="steps should be from 2 to 60, got 100"):
        SpectralRadius(rng, steps=100)
    with pytest.raises(TypeError, match=r"rng should be a numpy\.random\.Generator, got int"):
        SpectralRadius(0)


# --- Cliff ---


def package_error(w, b):
    """The error and its gradient by the package: σ(h_t) is the state of a sigmoid RNN."""
    layer = Recurrent(RNN(1, 1, "sigmoid"))
    weights = Weights(np.zeros((1, 1)), np.array([[w]]), np.zeros(1), np.array([b]))
    start = HState(sigmoid(np.array([[0.5]])))
    ys, state, cache = layer.forward(weights, np.zeros((50, 1, 1)), start)
    off = state.h - 0.7
    gradient, _, _ = layer.backward(weights, cache, np.zeros_like(ys), HState(2 * off))
    return {"E": (off**2).item(), "w": gradient.W_hh.item(), "b": gradient.b_hh.item()}


def test_cliff_computes_what_the_package_computes():
    front_end = FrontEnd(Cliff())
    for w, b in np.random.default_rng(13).uniform([4.0, -2.8], [5.4, -1.8], (20, 2)):
        found, step = front_end("error", w, b), 1e-6
        expected = package_error(w, b)
        assert found == pytest.approx(expected, rel=1e-8)
        for name, (dw, db) in {"w": (step, 0), "b": (0, step)}.items():
            ends = [front_end("error", w + k * dw, b + k * db)["E"] for k in (1, -1)]
            slope = (ends[0] - ends[1]) / (2 * step)
            assert found[name] == pytest.approx(slope, rel=1e-4, abs=1e-8)


def test_cliff_is_steep_where_it_should_be():
    front_end = FrontEnd(Cliff())
    wall = max(abs(front_end("error", 4.886, b)["w"]) for b in np.linspace(-2.545, -2.535, 101))
    assert wall > 100
    assert abs(front_end("error", 5.2, -2.2)["w"]) < 0.1


def descent(explorable, threshold, steps):
    """The path in the browser, and what the same rule gives with the package's gradients."""
    start, rate = {"w": explorable.w, "b": explorable.b}, explorable.learning_rate
    found = FrontEnd(explorable)("descend", explorable.ranges, start, rate, threshold, steps)
    w, b = start["w"], start["b"]
    expected = []
    for _ in found:
        here = package_error(w, b)
        norm = np.hypot(here["w"], here["b"])
        expected.append([w, b, here["E"], norm])
        factor = 1 if threshold is None else min(1, threshold / norm)
        w, b = w - rate * factor * here["w"], b - rate * factor * here["b"]
    return np.array([[p["w"], p["b"], p["E"], p["length"]] for p in found]), np.array(expected)


def test_cliff_throws_the_ball_out_unless_the_gradient_is_clipped():
    found, expected = descent(Cliff(), None, 40)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-9)
    assert 10 < len(found) < 30  # the ball stops where it leaves the map
    assert found[-2, 3] > 20  # the gradient that threw it
    assert found[-1, 0] > 6

    for threshold in (0.1, 0.2, 0.5, 1.0):
        found, expected = descent(Cliff(), threshold, 60)
        assert len(found) == 61
        # Steps over the wall magnify rounding, so only the part before the first is compared.
        first = np.argmax(found[:, 3] > 1)
        np.testing.assert_allclose(found[: first + 1], expected[: first + 1], rtol=1e-4)
        assert np.median(found[30:, 2]) < 0.02 < found[0, 2]
        steps = np.hypot(*np.diff(found[:, :2], axis=0).T)
        assert np.all(steps <= 0.2 * threshold * (1 + 1e-9))


def test_cliff_says_what_does_not_fit():
    with pytest.raises(ValueError, match=r"w should be from 4.0 to 5.4, got 3"):
        Cliff(w=3)
    with pytest.raises(ValueError, match=r"b should be from -2.8 to -1.8, got 0"):
        Cliff(b=0)
    with pytest.raises(ValueError, match="learning_rate should be one of 0.02, .* got 0.3"):
        Cliff(learning_rate=0.3)
    with pytest.raises(ValueError, match="threshold should be one of .* None, got 3"):
        Cliff(threshold=3)


# --- Quiz ---


def test_quiz_counts_right_answers():
    explorable = quiz()
    front_end = FrontEnd(explorable)
    questions = explorable.questions
    assert front_end("score", questions, [-1, -1]) == {"right": 0, "given": 0}
    assert front_end("score", questions, [0, 0]) == {"right": 1, "given": 2}
    assert front_end("score", questions, [-1, 1]) == {"right": 1, "given": 1}


def test_quiz_says_what_does_not_fit():
    four, five = right("4", "Count."), wrong("5", "One too many.")
    with pytest.raises(ValueError, match="exactly one right option, got 2"):
        Question("2 + 2?", four, right("four", "Count."))
    with pytest.raises(ValueError, match="exactly one right option, got 0"):
        Question("2 + 2?", five, wrong("3", "One too few."))
    with pytest.raises(ValueError, match="two or more different options"):
        Question("2 + 2?", four)
    with pytest.raises(ValueError, match="two or more different options"):
        Question("2 + 2?", four, wrong("4", "Not so."))
    with pytest.raises(ValueError, match="option's why should not be empty"):
        wrong("5", " ")
    with pytest.raises(TypeError, match=r"should get right\(\) or wrong\(\), got '5'"):
        Question("2 + 2?", four, "5")
    with pytest.raises(ValueError, match="one question or more"):
        Quiz()
    with pytest.raises(TypeError, match=r"made of Question\(\), got '2 \+ 2\?'"):
        Quiz("2 + 2?")
