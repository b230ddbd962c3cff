"""From logits to symbols: how a trained network writes."""

import numpy as np

from rnncourse import validate
from rnncourse.functional import softmax


def greedy(logits):
    """The most probable symbol. Shape: logits (V,).

    >>> greedy(np.array([0.1, 2.0, -1.0]))
    1
    """
    return int(np.argmax(_check_logits(logits)))


def distribution(logits, temperature=1.0, top_k=None):
    """Probabilities to draw from:  softmax(logits / temperature), over the k largest logits only.

    Below 1 a temperature sharpens the choice, above 1 it flattens it. Shapes: logits (V,) -> (V,).
    Raises: ValueError unless temperature is a finite number above 0 and top_k a whole one from
    1 to V.
    Reference: the page training-and-inference; top-k in Fan, Lewis & Dauphin 2018.

    >>> distribution(np.array([0.0, 0.0, -5.0]), top_k=2)
    array([0.5, 0.5, 0. ])
    """
    logits = _check_logits(logits)
    if not 0 < temperature < np.inf:
        raise ValueError(f"temperature should be a finite number above 0, got {temperature}")
    logits = logits - logits.max()  # so that dividing by a small temperature cannot overflow
    if top_k is None:
        return softmax(logits / temperature)
    if top_k not in range(1, logits.size + 1):
        raise ValueError(f"top_k should be a whole number in [1, {logits.size}], got {top_k}")
    allowed = np.argsort(-logits, kind="stable")[:top_k]  # of equals, the first ones
    kept = np.full_like(logits, -np.inf)
    kept[allowed] = logits[allowed]
    return softmax(kept / temperature)


def sample(logits, rng, temperature=1.0, top_k=None):
    """Draw a symbol from ``distribution(logits, temperature, top_k)``.

    >>> sample(np.array([0.0, 50.0]), np.random.default_rng(0))
    1
    """
    probabilities = distribution(logits, temperature, top_k)
    return int(validate.rng(rng).choice(probabilities.size, p=probabilities / probabilities.sum()))


def generate(step, first, choose, *, length, state=None, stop=None):
    """Feed each chosen symbol back as the next input; return the symbols chosen.

    ``step(ids (1,), state)`` returns logits (1, V) and the next state; ``choose(logits (V,))``
    returns a symbol. It ends after ``length`` symbols, or when ``stop`` is chosen (not returned).
    Raises: ValueError for a negative length.
    Reference: the page training-and-inference.

    >>> count = lambda ids, state: (np.eye(5)[(ids + 1) % 5], state)
    >>> generate(count, 0, greedy, length=10, stop=4)
    [1, 2, 3]
    """
    if length < 0:
        raise ValueError(f"length should be at least 0, got {length}")
    symbol, written = first, []
    for _ in range(length):
        logits, state = step(np.array([symbol]), state)
        symbol = choose(logits[0])
        if symbol == stop:
            break
        written.append(symbol)
    return written


def _check_logits(logits):
    logits = np.asarray(logits, dtype=float)
    if logits.ndim != 1 or logits.size == 0:
        raise ValueError(f"logits should be (V,) with V at least 1, got {logits.shape}")
    if not np.isfinite(logits.max()):  # also when one is nan, or all are -inf
        raise ValueError(f"the largest of the logits should be finite, got {logits.max()}")
    return logits
