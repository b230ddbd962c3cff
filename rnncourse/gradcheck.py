"""Is a hand-derived gradient right? Compare it with finite differences."""

import numpy as np

from rnncourse import validate
from rnncourse.tree import tree_leaves, tree_map


class GradientError(AssertionError):
    """A gradient and a finite difference disagree; the message says where and by how much."""


def gradient_check(loss, weights, gradient, *, step=1e-5, tolerance=1e-7, samples=None, rng=None):
    """Compare ``gradient`` with central differences of ``loss`` and return the worst error.

    (loss(w + step) - loss(w - step)) / (2 step), one entry of one array at a time. An entry's
    error is relative to the largest gradient among those tried in its array; ``samples`` limits
    how many are tried, drawn with ``rng``.
    Shapes: ``weights`` and ``gradient`` are trees alike; loss(tree) is a number.
    Raises: GradientError beyond ``tolerance``, naming the array, the index and both values;
    TypeError unless every array is float64 (float32 is too coarse) and the loss one number.
    Reference: Goodfellow, Bengio & Courville 2016, section 11.5.

    >>> worst = gradient_check(lambda w: (w**3).sum(), np.array([1.0, 2.0]), np.array([3.0, 12.0]))
    >>> bool(worst < 1e-9)
    True
    """
    if samples is not None:
        validate.rng(rng)
        validate.whole("samples", samples, 1)
    validate.positive("step", step)
    validate.positive("tolerance", tolerance)
    weights = tree_map(np.array, weights)  # a copy that can be nudged in place
    gradient = tree_map(lambda w, g: np.asarray(g), weights, gradient)  # the trees must match
    if isinstance(value := loss(weights), tuple) or np.ndim(value):
        raise TypeError(f"loss(weights) should be one number, got {type(value).__name__}")
    worst = 0.0
    pairs = zip(tree_leaves(weights), tree_leaves(gradient), strict=True)
    for (name, array), (_, analytic) in pairs:
        if array.dtype != np.float64:
            raise TypeError(f"{name} should be float64 for a gradient check, got {array.dtype}")
        indices = list(np.ndindex(array.shape))
        if samples is not None and samples < len(indices):
            indices = [indices[i] for i in rng.choice(len(indices), samples, replace=False)]
        numeric = [_central_difference(loss, weights, array, index, step) for index in indices]
        claimed = [analytic[index] for index in indices]
        scale = max(np.nanmax(np.abs([*claimed, *numeric]), initial=0), 1e-12)
        errors = np.abs(np.subtract(claimed, numeric)) / scale
        if errors.size == 0:
            continue
        largest = int(np.argmax(errors))  # nan counts as the largest
        if not errors[largest] <= tolerance:
            index = indices[largest]
            place = f"{name}[{', '.join(map(str, index))}]" if index else name
            raise GradientError(
                f"{place}: the gradient says {claimed[largest]:.9g}, finite differences say "
                f"{numeric[largest]:.9g} (relative error {errors[largest]:.1e})"
            )
        worst = max(worst, float(errors[largest]))
    return worst


def _central_difference(loss, weights, array, index, step):
    kept = array[index]
    array[index] = kept + step
    above = loss(weights)
    array[index] = kept - step
    below = loss(weights)
    array[index] = kept
    return (above - below) / (2 * step)
