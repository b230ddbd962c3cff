"""One training loop: batches in, weights and a history out."""

import time
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from rnncourse import validate
from rnncourse.optim import clip_by_global_norm, global_norm


class History(NamedTuple):
    """What happened in training.

    ``losses`` and ``norms`` (of the gradient, before clipping) have one number a step;
    ``evaluations`` holds pairs (step, value); ``seconds`` is the whole time.
    """

    losses: list
    norms: list
    evaluations: list
    seconds: float


def train(
    loss_and_gradient, weights, batches, optimiser, *,
    clip=None, evaluate=None, every=100, until=None, progress=True,
):  # fmt: skip
    """For each batch: forward, backward, clip, update. Return the weights and a ``History``.

    ``loss_and_gradient(weights, batch)`` returns a number and a tree like the weights.
    ``clip`` bounds the gradient's global norm. ``evaluate(weights)`` is called every ``every``
    steps and after the last one; training ends early where it returns ``until`` or less.
    The weights passed in are not changed.
    Raises: FloatingPointError, naming the step, when the loss or its gradient is not finite;
    ValueError when there are no batches, every < 1, or an until that is not finite or has no
    evaluate; TypeError when batches is no iterable.
    Reference: the page training-and-inference.

    >>> from rnncourse.optim import SGD
    >>> weights, history = train(lambda w, x: ((w - x) ** 2, 2 * (w - x)), np.array(0.0),
    ...                          [1.0] * 20, SGD(lr=0.25), progress=False)
    >>> round(float(weights), 3)
    1.0
    """
    _check(batches, optimiser, evaluate, every, until)
    state = optimiser.init(weights)
    losses, norms, evaluations = [], [], []
    start = time.perf_counter()
    bar = tqdm(batches, disable=not progress, leave=False)
    for batch in bar:
        loss, gradient = loss_and_gradient(weights, batch)  # forward and backward
        norm = global_norm(gradient)
        if not (np.isfinite(loss) and np.isfinite(norm)):
            raise FloatingPointError(
                f"step {len(losses) + 1}: the loss is {loss} and its gradient's norm {norm}; "
                "a smaller learning rate or clipping the gradient may help"
            )
        if clip is not None:
            gradient, _ = clip_by_global_norm(gradient, clip)  # clip
        weights, state = optimiser.update(weights, gradient, state)  # update
        losses.append(float(loss))
        norms.append(float(norm))
        if evaluate and len(losses) % every == 0:
            evaluations.append((len(losses), float(evaluate(weights))))
            bar.set_postfix(loss=f"{loss:.3f}", evaluation=f"{evaluations[-1][1]:.3f}")
            if until is not None and evaluations[-1][1] <= until:
                break
    if not losses:
        raise ValueError("batches should hold at least one batch, got none")
    if evaluate and len(losses) % every:
        evaluations.append((len(losses), float(evaluate(weights))))
    return weights, History(losses, norms, evaluations, time.perf_counter() - start)


def _check(batches, optimiser, evaluate, every, until):
    validate.whole("every", every, 1)
    if until is not None:
        validate.finite("until", until)
        if evaluate is None:
            raise ValueError("until needs evaluate, the function whose value should reach it")
    if not (hasattr(optimiser, "init") and hasattr(optimiser, "update")):
        raise TypeError(f"optimiser should be one such as Adam(lr=0.01), got {optimiser!r}")
    if not isinstance(batches, Iterable):
        raise TypeError(f"batches should be an iterable of batches, got {type(batches).__name__}")
