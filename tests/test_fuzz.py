"""Hand in anything wrongly: the package says what came, or gets it right.

``valid_calls`` lists a valid call of every public function and method, ``spoil`` the ways to
spoil an argument. One argument at a time is spoilt, or one entry of its containers. Then the call
either raises a ValueError or TypeError, with words, from the package's own code and not from
deep inside a library; or it gives the right result, or one of the right shapes and dtypes where
only numbers have changed. A cell's two steps are left out: they are called once a step by a
layer, which has checked. A cache is spoilt as a whole only: it is passed on, never made by hand.
"""

import copy
import inspect
import warnings
from pathlib import Path

import numpy as np
import pytest
import valid_calls
from scipy import sparse
from spoil import ALIKE, spoil

import rnncourse

PACKAGE = Path(rnncourse.__file__).parent
CALLS = [call for section in valid_calls.SECTIONS for call in section()]


# What is taken as it comes, and why.
TAKEN = {
    ("Bidirectional.forward", "state"): "None starts a direction at zero",
    ("Bidirectional.backward", "dstate"): "None is a gradient of zero",
    ("Stack.forward", "state"): "None starts a layer at zero",
    ("Stack.backward", "dstate"): "None is a gradient of zero",
    ("Stack.final", "state"): "only the top layer's state is read",
    ("Bidirectional.final", "state"): "NumPy joins dtypes",
    ("Dropout.backward", "cache"): "None means that nothing was dropped",
    ("Dropout.backward", "dys"): "of any shape where nothing was dropped",
    ("sigmoid", "z"): "elementwise, as NumPy's own functions",
    ("relu", "z"): "elementwise, as NumPy's own functions",
    ("leaky_relu", "z"): "elementwise, as NumPy's own functions",
    ("elu", "z"): "elementwise, as NumPy's own functions",
    ("perplexity", "loss"): "elementwise, as NumPy's own functions",
    ("bits", "loss"): "elementwise, as NumPy's own functions",
    ("train", "evaluate"): "what is empty is no function to call",
    ("Vocabulary.of", "texts"): "a text is whatever gives symbols, one after the other",
    ("KneserNey.distribution", "context"): "a text is whatever gives symbols",
    ("language_model_batch", "texts"): "a text is whatever gives symbols",
    ("minibatches", "steps"): "any number of them",
    ("random_windows", "steps"): "any number of them",
}
# In a tree a list is a branch, not an array.
OF_TREES = {"rnncourse.optim", "rnncourse.tree", "rnncourse.train", "rnncourse.gradcheck"}


def spoilings(call):
    for name, value in call.bound.arguments.items():
        parameter = call.bound.signature.parameters[name]
        for way in spoil(value, whole=name == "cache"):
            kind = {parameter.VAR_POSITIONAL: tuple, parameter.VAR_KEYWORD: dict}
            fits = isinstance(way.value, kind.get(parameter.kind, object))
            if way.how.endswith("a list") and call.function.__module__ in OF_TREES:
                continue
            if fits and way.value is not parameter.default:
                yield name, way


def run(call, arguments):
    generators = {
        name: copy.deepcopy(value)
        for name, value in arguments.items()
        if isinstance(value, np.random.Generator)
    }
    bound = inspect.BoundArguments(call.bound.signature, {**arguments, **generators})
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = call.function(*bound.args, **bound.kwargs)
        return list(result) if inspect.isgenerator(result) else result


def agree(a, b, on_numbers):
    """Two results are built alike, of the same shapes and dtypes, and of the same numbers."""
    if isinstance(a, (list, tuple)):
        pairs = zip(a, b, strict=False) if type(a) is type(b) else ()
        return type(a) is type(b) and len(a) == len(b) and all(agree(*p, on_numbers) for p in pairs)
    if isinstance(a, dict):
        alike = type(a) is type(b) and a.keys() == b.keys()
        return alike and all(agree(a[key], b[key], on_numbers) for key in a)
    if sparse.issparse(a):
        return sparse.issparse(b) and agree(a.toarray(), b.toarray(), on_numbers)
    if isinstance(a, np.ndarray):
        alike = isinstance(b, np.ndarray) and a.shape == b.shape
        alike = alike and (a.dtype == b.dtype or {a.dtype.kind, b.dtype.kind} <= {"i", "u"})
        close = alike and np.allclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True)
        return close if on_numbers else alike
    if isinstance(a, (int, float, np.number)):
        number = isinstance(b, (int, float, np.number)) and np.isreal(b)
        return number and (not on_numbers or bool(np.isclose(a, b, rtol=1e-9, equal_nan=True)))
    if hasattr(a, "__dict__") and not callable(a):
        return type(a) is type(b) and agree(vars(a), vars(b), on_numbers)
    return type(a) is type(b) and (not on_numbers or a == b)


def complaint(call, error):
    """What is wrong with an error, or None."""
    traceback = error.__traceback__
    while traceback.tb_next:
        traceback = traceback.tb_next
    file = Path(traceback.tb_frame.f_code.co_filename)
    if file.name == "valid_calls.py":
        return None  # a function that the caller brought, such as a loss
    if not isinstance(error, (ValueError, TypeError, *call.also)):
        return f"{type(error).__name__} at {file.name}:{traceback.tb_lineno}: {error}"
    if not file.is_relative_to(PACKAGE) or not str(error):
        return f"from deep inside, {file.name}:{traceback.tb_lineno}: {error}"
    return None


def trouble(call, name, way, expected):
    arguments = {**call.bound.arguments, name: way.value}
    try:
        result = run(call, arguments)
    except Exception as error:
        return complaint(call, error)
    if agree(expected, result, on_numbers=True):
        return None
    if (call.name, name) in TAKEN:
        return None
    only_numbers = way.owes == ALIKE or call.function.__module__ in OF_TREES
    if only_numbers and agree(expected, result, on_numbers=False):
        return None
    try:
        right = call.right(result, **arguments)
    except Exception:
        right = False
    return None if right else "accepted in silence"


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_spoilt_arguments(call):
    expected = run(call, call.bound.arguments)
    found = {
        f"{name}, {way.how}: {problem}"
        for name, way in spoilings(call)
        if (problem := trouble(call, name, way, expected))
    }
    assert not found


def test_every_public_function_and_method_is_in_the_table():
    assert valid_calls.missing(CALLS) == set()
