"""Functions without weights: activations, the softmax, and losses with their gradients.

A loss returns the pair (value, gradient with respect to its first argument), because a loss is
where every backward pass begins and the two share almost all their work.
"""

import numpy as np

from rnncourse import validate

LEAK = 0.01  # the slope of the leaky ReLU below zero


def sigmoid(z):
    """Squash to (0, 1):  1 / (1 + exp(-z)), written with tanh so that it cannot overflow.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(z)))


def relu(z):
    """Cut off below zero:  max(z, 0).

    >>> relu(np.array([-2.0, 3.0]))
    array([0., 3.])
    """
    return np.maximum(z, 0)


def leaky_relu(z):
    """Let a little through below zero:  z where z > 0, 0.01 z elsewhere.

    Reference: Maas, Hannun & Ng 2013.

    >>> leaky_relu(np.array([-2.0, 3.0]))
    array([-0.02,  3.  ])
    """
    return np.maximum(z, 0) + LEAK * np.minimum(z, 0)


def elu(z):
    """Bend smoothly to -1 below zero:  z where z > 0, exp(z) - 1 elsewhere.

    Reference: Clevert, Unterthiner & Hochreiter 2016, with α = 1.

    >>> elu(np.array([-1000.0, 3.0]))
    array([-1.,  3.])
    """
    return np.maximum(z, 0) + np.expm1(np.minimum(z, 0))


def normalise(z, eps=1e-5, axis=-1):
    """Give what lies along one axis mean 0 and spread 1:  (z - mean) / sqrt(variance + eps).

    Shapes: the result as z; the spread that it was divided by, which ``normalise_backward`` needs,
    with length 1 along the axis.
    Reference: Ba, Kiros & Hinton 2016 (over features); Ioffe & Szegedy 2015 (over the batch).

    >>> normalised, spread = normalise(np.array([[1.0, 5.0]]))
    >>> normalised.round(3), spread.round(3)
    (array([[-1.,  1.]]), array([[2.]]))
    """
    centred = z - z.mean(axis=axis, keepdims=True)
    spread = np.sqrt((centred * centred).mean(axis=axis, keepdims=True) + float(eps))
    return centred / spread, spread


def normalise_backward(normalised, spread, dnormalised, axis=-1):
    """From the gradient of what ``normalise`` returned to that of z.

    Mean and spread depend on z too: what would shift or stretch all alike is lost.
    Shapes: the result as z.

    >>> normalised, spread = normalise(np.array([1.0, 3.0, 5.0]))
    >>> normalise_backward(normalised, spread, np.array([1.0, 1.0, 1.0]))
    array([0., 0., 0.])
    """
    return (
        dnormalised
        - dnormalised.mean(axis=axis, keepdims=True)
        - normalised * (dnormalised * normalised).mean(axis=axis, keepdims=True)
    ) / spread


def log_softmax(z):
    """Logarithm of the softmax over the last axis:  z - log sum exp(z).

    Raises: ValueError for a number or an empty last axis.

    >>> log_softmax(np.array([0.0, 0.0])).round(4)
    array([-0.6931, -0.6931])
    """
    shifted = _shift(z)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(z):
    """Turn logits into probabilities over the last axis:  exp(z_i) / sum_j exp(z_j).

    Raises: ValueError for a number or an empty last axis.

    >>> softmax(np.array([[1000.0, 1000.0], [0.0, -1000.0]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    exponentials = np.exp(_shift(z))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def cross_entropy(logits, targets, mask=None):
    """Mean of -log softmax(logits)[target], weighted by the mask, and its gradient.

    dL/dlogits = mask * (softmax(logits) - onehot(targets)) / sum(mask)

    Shapes: logits (..., V); targets (...) integers in [0, V); mask (...) at least 0, or None for
    all ones. Where it is 0, the logits are not read. Returns the loss in nats and dlogits (..., V).
    Raises: ValueError or TypeError for shapes, targets or a mask that do not fit.
    Reference: the page training-and-inference.

    >>> loss, dlogits = cross_entropy(np.zeros((1, 2)), np.array([1]))
    >>> round(float(loss), 4), dlogits
    (0.6931, array([[ 0.5, -0.5]]))
    """
    logits, targets = validate.array("logits", logits), validate.array("targets", targets)
    if logits.ndim < 1 or targets.shape != logits.shape[:-1]:
        raise ValueError(
            f"targets should have shape {logits.shape[:-1]} to go with logits {logits.shape}, "
            f"got {targets.shape}"
        )
    validate.ids("targets", targets, logits.shape[-1])
    mask, count = _check_mask(mask, targets.shape, logits.dtype)
    log_probabilities = log_softmax(np.where(mask[..., None] > 0, logits, 0))
    chosen = np.take_along_axis(log_probabilities, targets[..., None], axis=-1)[..., 0]
    gradient = np.exp(log_probabilities)
    np.put_along_axis(
        gradient, targets[..., None], np.exp(chosen)[..., None] - 1, axis=-1
    )  # softmax - onehot
    gradient *= (mask / count)[..., None]
    return -(mask * chosen).sum() / count, gradient


def mean_squared_error(predictions, targets, mask=None):
    """Mean of (prediction - target)², weighted by the mask, and its gradient.

    Shapes: predictions, targets and mask share one shape; mask None means all ones.
    Raises: ValueError for shapes or a mask that do not fit.
    Reference: the page training-and-inference.

    >>> loss, dpredictions = mean_squared_error(np.array([3.0, 5.0]), np.array([1.0, 5.0]))
    >>> float(loss), dpredictions
    (2.0, array([2., 0.]))
    """
    predictions = validate.array("predictions", predictions)
    targets = validate.array("targets", targets)
    if predictions.shape != targets.shape:
        raise ValueError(
            f"targets should have the predictions' shape {predictions.shape}, got {targets.shape}"
        )
    mask, count = _check_mask(mask, predictions.shape, predictions.dtype)
    difference = np.where(mask > 0, predictions - targets, 0)
    return (mask * difference**2).sum() / count, 2 * mask * difference / count


def perplexity(loss):
    """Turn a cross-entropy in nats into a perplexity:  exp(loss).

    It is the geometric mean of 1 / p(target), the size of a fair die as hard to guess.

    >>> round(float(perplexity(np.log(6))), 6)
    6.0
    """
    return np.exp(loss)


def bits(loss):
    """Turn nats into bits:  loss / log 2.

    >>> float(bits(np.log(2)))
    1.0
    """
    return loss / np.log(2)


def _shift(z):
    """z less its largest entry, so that exp never overflows."""
    z = validate.array("z", z)
    if z.ndim < 1 or z.shape[-1] < 1:
        raise ValueError(f"z should be (..., V) with V at least one entry, got {z.shape}")
    z = z if z.dtype.kind == "f" else z.astype(float)  # unsigned integers know no numbers below 0
    return z - np.max(z, axis=-1, keepdims=True)


def _check_mask(mask, shape, dtype):
    if not np.issubdtype(dtype, np.floating):
        raise TypeError(f"a loss should be given floating-point numbers, got {dtype}")
    mask = np.ones(shape, dtype) if mask is None else validate.array("mask", mask).astype(dtype)
    if mask.shape != shape:
        raise ValueError(f"mask should have shape {shape}, got {mask.shape}")
    validate.amounts("mask", mask)
    count = mask.sum()
    if not count > 0:
        raise ValueError(f"the mask leaves no place to take the mean over, got a sum of {count}")
    return mask, count
