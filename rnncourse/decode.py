"""From logits to symbols: how a trained network writes."""

from typing import NamedTuple

import numpy as np

from rnncourse import validate
from rnncourse.functional import log_softmax, softmax
from rnncourse.tree import tree_leaves, tree_map


def greedy(logits):
    """The most probable symbol. Shape: logits (V,).

    >>> greedy(np.array([0.1, 2.0, -1.0]))
    1
    """
    return int(np.argmax(_check_logits(logits)))


def distribution(logits, temperature=1.0, top_k=None, top_p=1.0):
    """Probabilities to draw from:  softmax(logits / temperature), over the likeliest symbols only.

    Below 1 a temperature sharpens the choice, above 1 it flattens it. ``top_k`` keeps the k
    largest logits; of what is left, ``top_p`` keeps the nucleus: as few symbols as reach
    probability p together. Of equals, both keep the first. Shapes: logits (V,) -> (V,).
    Raises: ValueError unless temperature is a finite number above 0, top_k a whole one from
    1 to V and top_p above 0 and at most 1.
    Reference: the page training-and-inference; top-k in Fan, Lewis & Dauphin 2018; top-p in
    Holtzman et al. 2020.

    >>> distribution(np.array([0.0, 0.0, -5.0]), top_k=2)
    array([0.5, 0.5, 0. ])
    >>> distribution(np.log([0.1, 0.5, 0.3, 0.1]), top_p=0.7)
    array([0.   , 0.625, 0.375, 0.   ])
    """
    logits = _check_logits(logits)
    validate.positive("temperature", temperature)
    if top_k is not None:
        validate.whole("top_k", top_k, 1, logits.size)
    validate.finite("top_p", top_p)
    if not 0 < top_p <= 1:
        raise ValueError(f"top_p should be above 0 and at most 1, got {top_p}")
    ranking = np.argsort(-logits, kind="stable")
    logits = logits - logits.max()  # so that dividing by a small temperature cannot overflow
    logits = logits / temperature
    if top_k is not None:
        logits[ranking[top_k:]] = -np.inf
    if top_p < 1:
        reached = np.cumsum(softmax(logits)[ranking])
        short_of_p = np.count_nonzero(reached < top_p - 1e-12)  # the sums are rounded
        logits[ranking[short_of_p + 1 :]] = -np.inf
    return softmax(logits)


def sample(logits, rng, temperature=1.0, top_k=None, top_p=1.0):
    """Draw a symbol from ``distribution(logits, temperature, top_k, top_p)``.

    >>> sample(np.array([0.0, 50.0]), np.random.default_rng(0))
    1
    """
    probabilities = distribution(logits, temperature, top_k, top_p)
    return int(validate.rng(rng).choice(probabilities.size, p=probabilities / probabilities.sum()))


def generate(step, first, choose, *, length, state=None, stop=None):
    """Feed each chosen symbol back as the next input; return the symbols chosen.

    ``step(ids (1,), state)`` returns logits (1, V) and the next state; ``choose(logits (V,))``
    returns a symbol. It ends after ``length`` symbols, or when ``stop`` is chosen (not returned).
    Raises: ValueError unless length is a whole number of at least 0.
    Reference: the page training-and-inference.

    >>> count = lambda ids, state: (np.eye(5)[(ids + 1) % 5], state)
    >>> generate(count, 0, greedy, length=10, stop=4)
    [1, 2, 3]
    """
    validate.whole("length", length, 0)
    symbol, written = first, []
    for _ in range(length):
        logits, state = step(np.array([symbol]), state)
        symbol = choose(logits[0])
        if symbol == stop:
            break
        written.append(symbol)
    return written


class Hypothesis(NamedTuple):
    """What ``beam_search`` found: symbols, and the logarithm of their probability (nats)."""

    symbols: list
    log_probability: float


def beam_search(
    step, first, *, width, length, state=None, stop=None, length_penalty=0.0, select=None
):
    """Look for the most probable sequences; return at most ``width`` of them, the best first.

    At each of ``length`` steps grow every sequence by every symbol and keep the best ``width``.
    One that chooses ``stop`` leaves the beam, is not dropped any more, and narrows the rest.
    The best has the largest log p / ((5 + n) / 6)^length_penalty; n and p count its stop.
    ``step`` is that of ``generate``, but (B,) in and (B, V) out. ``state`` is a tree with the
    batch on axis 0; for any other, ``select(state, rows)`` has to pick rows of the batch.
    Raises: ValueError for settings out of range, or logits or a state without B rows.
    Reference: Sutskever, Vinyals & Le 2014, section 3.2; the penalty in Wu et al. 2016, section 7.

    >>> chances = np.array([[0.1, 0.5, 0.4], [0.4, 0.3, 0.3], [0.9, 0.05, 0.05]])
    >>> step = lambda ids, state: (np.log(chances[ids]), state)
    >>> for width in 1, 2:  # greedy begins better and ends worse
    ...     best = beam_search(step, 0, width=width, length=5, stop=0)[0]
    ...     print(best.symbols, round(np.exp(best.log_probability), 2))
    [1] 0.2
    [2] 0.36
    """
    validate.whole("width", width, 1)
    validate.whole("length", length, 0)
    validate.between("length_penalty", length_penalty, 0)
    ids, beam, finished = np.array([first]), [Hypothesis([], 0.0)], []
    for _ in range(length):
        logits, state = step(ids, state)
        so_far = np.array([[hypothesis.log_probability] for hypothesis in beam])
        totals = so_far + log_softmax(_check_logits(logits, (len(beam),)))
        best = np.argsort(-totals, axis=None, kind="stable")[: width - len(finished)]
        possible = best[totals.flat[best] > -np.inf]
        rows, grown = [], []
        for row, symbol in zip(*np.unravel_index(possible, totals.shape), strict=True):
            longer = Hypothesis([*beam[row].symbols, int(symbol)], float(totals[row, symbol]))
            if symbol == stop:
                finished.append(longer)
            else:
                rows.append(row)
                grown.append(longer)
        beam = grown
        if not beam:
            break
        ids = np.array([hypothesis.symbols[-1] for hypothesis in beam])
        state = select(state, rows) if select else _select_rows(state, rows, len(logits))

    def score(hypothesis):
        symbols, log_probability = hypothesis
        return log_probability / ((5 + len(symbols)) / 6) ** length_penalty

    ranked = sorted([*finished, *beam], key=score, reverse=True)
    return [Hypothesis([s for s in symbols if s != stop], log_p) for symbols, log_p in ranked]


def _select_rows(state, rows, batch_size):
    if state is None:
        return None
    for name, array in tree_leaves(state, "state"):
        if np.shape(array)[:1] != (batch_size,):
            raise ValueError(
                f"{name} should have the {batch_size} sequences of the beam on axis 0, got "
                f"{np.shape(array)}; for another axis give select(state, rows), for a model of "
                "torch_models select=torch_models.select"
            )
    return tree_map(lambda array: array[rows], state)


def _check_logits(logits, batch=()):
    logits = validate.array("logits", logits).astype(float)
    if logits.ndim == 0 or logits.shape[:-1] != batch or logits.size == 0:
        wanted = f"({batch[0]}, V)" if batch else "(V,)"
        raise ValueError(f"logits should be {wanted} with V at least 1, got {logits.shape}")
    largest = logits.max(axis=-1)
    if not np.isfinite(largest).all():  # also when one is nan, or all are -inf
        raise ValueError(f"the largest of the logits should be finite, got {largest}")
    return logits
