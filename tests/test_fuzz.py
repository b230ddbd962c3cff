"""Hand anything in wrongly: the package says in its own words what came, or gets it right."""

import copy
import dis
import importlib
import inspect
import pkgutil
import warnings
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
import valid_calls as table
from hypothesis import given
from spoil import ALIKE, EQUAL, spoil

import rnncourse
from rnncourse.tree import tree_leaves

SECTIONS = (table.cells, table.layers, table.pointwise, table.models, table.functions, table.initialisers,
            table.training, table.texts_and_data, table.decoding, table.measuring, table.converting)
CALLS = [call for section in SECTIONS for call in section()]
PACKAGE = Path(rnncourse.__file__).parent


def run(call, arguments):
    arguments = {name: copy.deepcopy(value) if isinstance(value, np.random.Generator) else value for name, value in arguments.items()}
    bound = inspect.BoundArguments(call.bound.signature, arguments)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = call.function(*bound.args, **bound.kwargs)
        return list(result) if inspect.isgenerator(result) else result


def complaint(call, error):
    frame, line = list(__import__("traceback").walk_tb(error.__traceback__))[-1]
    tb = error.__traceback__
    while tb.tb_next:
        tb = tb.tb_next
    code = tb.tb_frame.f_code
    where = f"{Path(code.co_filename).name}:{tb.tb_lineno}"
    if not isinstance(error, (ValueError, TypeError, *call.also)):
        return f"{type(error).__name__} at {where}: {error}"
    if not Path(code.co_filename).is_relative_to(PACKAGE):
        return f"from deep inside, {where}: {error}"
    if dis.opname[code.co_code[tb.tb_lasti]] != "RAISE_VARARGS":
        return f"not raised but hit upon at {where}: {type(error).__name__} {error}"
    if "got" not in str(error):
        return f"does not say what came, {where}: {error}"


def same(a, b):
    if isinstance(a, (list, tuple)):
        return isinstance(b, (list, tuple)) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (np.ndarray, float, int, np.number)) and isinstance(b, (np.ndarray, float, int, np.number)):
        if not {np.asarray(x).dtype.kind for x in (a, b)} <= set("biufc"):
            return False
        return np.shape(a) == np.shape(b) and np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind == "f")
    if hasattr(a, "__dict__") and not callable(a) and type(a) is type(b):
        return same(vars(a), vars(b))
    return type(a) is type(b) and a == b


def alike(a, b):
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(alike(a[k], b[k]) for k in a)
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.shape == b.shape and a.dtype == b.dtype
    return type(a) is type(b)


def trouble(call, arguments, owes, expected):
    try:
        result = run(call, arguments)
    except Exception as error:
        return complaint(call, error)
    if bool(same(result, expected)) : return None
    if owes == EQUAL:
        return None if same(result, expected) else "another result"
    if owes == ALIKE and alike(result, expected):
        return None
    try:
        with np.errstate(all="ignore"):
          if call.right(result, **arguments): return None
    except Exception as e:
        return f"accepted in silence ({type(e).__name__} {e})"
    return "accepted in silence"


def spoilings(call):
    parameters = call.bound.signature.parameters
    for name, value in call.bound.arguments.items():
        ways = spoil(value)
        if parameters[name].kind is inspect.Parameter.VAR_POSITIONAL:
            ways = [w for w in ways if isinstance(w.value, tuple)]
        for way in ways:
            if way.value is not parameters[name].default:
                yield name, way


if __name__ == "__main__":
    import time, collections, sys
    t0 = time.time(); n = 0; out = collections.Counter()
    for call in CALLS:
        expected = run(call, call.bound.arguments)
        seen = set()
        for name, way in spoilings(call):
            n += 1
            t = trouble(call, {**call.bound.arguments, name: way.value}, way.owes, expected)
            if t:
                out[call.name] += 1
                if (name, t) not in seen:
                    seen.add((name, t))
                    owner = getattr(call.function, "__self__", "")
                    print(f"{call.name} [{type(owner).__name__}] {name} {way.how}: {t[:230]!r}")
    print(n, time.time() - t0, sum(out.values()), out)
