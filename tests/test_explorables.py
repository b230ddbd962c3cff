"""The explorables compute in the browser what the package computes in Python."""

import json
import re

import numpy as np
import pytest
import quickjs

from rnncourse import explorables
from rnncourse.cells import RNN, HState, Weights
from rnncourse.decode import distribution
from rnncourse.explorables import (
    Explorable,
    Initialisation,
    Question,
    Quiz,
    Sampling,
    Unroll,
    right,
    wrong,
)
from rnncourse.explorables.base import HERE
from rnncourse.functional import softmax
from rnncourse.layers import Linear, LinearWeights
from rnncourse.recurrent import Recurrent


class FrontEnd:
    """The ES module of an explorable, loaded without a browser, to call its pure functions."""

    def __init__(self, explorable: Explorable):
        source = re.sub(r"^export (default .*)?", "", explorable._esm, flags=re.MULTILINE)
        self.context = quickjs.Context()
        self.context.eval(source)

    def __call__(self, function: str, *arguments):
        call = f"JSON.stringify({function}({', '.join(json.dumps(a) for a in arguments)}))"
        return json.loads(self.context.eval(call))


def random_weights(rng, input_size, hidden_size) -> Weights:
    """Weights with random biases too: zero biases would hide a forgotten one."""
    H, D = hidden_size, input_size
    return Weights(*(rng.normal(size=shape) for shape in ((H, D), (H, H), (H,), (H,))))


def quiz() -> Quiz:
    return Quiz(
        Question("2 + 2?", right("4", "Count."), wrong("5", "One too many.")),
        Question("1 + 1?", wrong("3", "One too many."), right("2", "Count.")),
    )


def every_explorable() -> list[Explorable]:
    rng = np.random.default_rng(0)
    return [
        Unroll("hello", random_weights(rng, 4, 3)),
        Sampling("abc", [2.0, 1.0, -1.0]),
        Initialisation(rng),
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
    with pytest.raises(ValueError, match="'orthogonal' or 'gaussian', got 'xavier'"):
        Initialisation(rng, kind="xavier")
    with pytest.raises(TypeError, match=r"rng should be a numpy\.random\.Generator, got int"):
        Initialisation(0)


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
