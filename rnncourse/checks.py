"""Compare a learner's answer with what it should be, and say what went wrong."""

import os

import numpy as np

from rnncourse import validate


def check_array(name, got, expected, *, axes="", mistakes=None, tolerance=1e-6):
    """Raise unless ``got`` equals ``expected``; the message names the array and the trouble.

    ``axes`` names the expected axes, such as "T N H". ``mistakes`` maps an explanation to the
    array, perhaps with nan, that this misunderstanding gives: whoever made it reads it. Other
    errors are shown where they begin, at the first wrong entry along the first axis.
    Raises: AssertionError for another type, shape or value than expected.

    >>> check_array("hs", np.zeros((2, 3)), np.zeros((3, 2)), axes="N H")
    Traceback (most recent call last):
    AssertionError: hs has shape (2, 3), expected (N, H) = (3, 2): the same axes in another order
    """
    expected = np.asarray(expected)
    if not isinstance(got, (np.ndarray, np.generic)):
        raise AssertionError(f"{name} should be a NumPy array, got {type(got).__name__}")
    if got.shape != expected.shape:
        wanted = f"({', '.join(axes.split())}) = {expected.shape}" if axes else expected.shape
        swapped = sorted(got.shape) == sorted(expected.shape)
        hint = ": the same axes in another order" if swapped else ""
        raise AssertionError(f"{name} has shape {got.shape}, expected {wanted}{hint}")
    if not np.issubdtype(got.dtype, np.number):
        raise AssertionError(f"{name} should hold numbers, got {got.dtype}")
    right = np.isclose(got, expected, rtol=tolerance, atol=tolerance)
    if right.all():
        return
    for explanation, array in (mistakes or {}).items():
        if np.shape(array) == got.shape and np.allclose(
            got, array, rtol=tolerance, atol=tolerance, equal_nan=True
        ):
            raise AssertionError(f"{name}: {explanation}")
    if not np.isfinite(got).all():
        count = np.count_nonzero(~np.isfinite(got))
        raise AssertionError(f"{name} should be finite, but {count} of its entries are inf or nan")
    first = np.unravel_index(np.argmin(right), right.shape)
    place = f"at [{', '.join(map(str, first))}] it is" if first else "it is"
    raise AssertionError(
        f"{name} has the right shape but not the right values: "
        f"{place} {got[first]:.6g}, expected {expected[first]:.6g}"
    )


def class_rng(name):
    """The source of what a hidden test draws: each class has its own inputs, each name its own.

    It is seeded by ``name`` and by the environment variable RNNCOURSE_CLASS_SEED, a whole number
    that the grader keeps to itself (0 where it is not set): then a published solution tells
    nobody which inputs the tests of another class use.
    Raises: TypeError unless the name is text; ValueError for a seed that is no whole number.

    >>> bool(class_rng("q1").integers(10**9) == class_rng("q1").integers(10**9))
    True
    """
    seed = os.environ.get("RNNCOURSE_CLASS_SEED", "0")
    if not (seed.isascii() and seed.isdigit()):
        raise ValueError(f"RNNCOURSE_CLASS_SEED should be a whole number, such as 7, got {seed!r}")
    return np.random.default_rng([int(seed), *validate.kind("name", name, str).encode()])
