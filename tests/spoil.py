"""Ways to hand a thing in wrongly, by what it is, and what a call that takes it still owes.

EQUAL: the same numbers in another container; the result has to be that of the right call.
ALIKE: other numbers, nan among them; the result has to have the same structure, shapes and dtypes.
OTHER: something else; whether there is a right result at all, the call's entry in the table says.
"""

from collections.abc import Callable
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy import sparse

EQUAL, ALIKE, OTHER = "equal", "alike", "other"


class Spoilt(NamedTuple):
    how: str
    value: object
    owes: str


class Ragged(list):
    """Rows of unlike lengths, which make no array."""


STRANGE = {
    "None": None,
    "a string": "abc",
    "a number": 1.5,
    "an object": object(),
    "a dict": {},
    "rows of unlike lengths": [[1.0], [1.0, 2.0]],
}
NOT_FLOATS = (np.int64, bool, object, str, complex)
NOT_INTEGERS = (np.float64, bool, object, str, complex)


def spoil(value, whole=False):
    """List all that may come in the place of ``value``; ``whole`` leaves its entries alone."""
    ways = []
    if whole:
        pass
    elif isinstance(value, np.random.Generator):
        seeds = {"a seed": 0, "the module": np.random, "RandomState": np.random.RandomState(0)}
        ways += [Spoilt(how, thing, OTHER) for how, thing in seeds.items()]
    elif isinstance(value, np.ndarray):
        ways += _arrays(value)
    elif sparse.issparse(value):
        ways += _sparse(value)
    elif isinstance(value, bool):
        pass
    elif isinstance(value, (int, float)):
        ways += _numbers(value)
    elif isinstance(value, str):
        ways += [Spoilt(f"the string {text!r}", text, OTHER) for text in ("", "abc", "é")]
    elif isinstance(value, (tuple, list, dict)):
        ways += _containers(value)
    elif isinstance(value, type):
        ways += [Spoilt(f"the type {thing}", thing, OTHER) for thing in (int, bool, str, complex)]
        ways.append(Spoilt("no type", "nonsense", OTHER))
    elif not isinstance(value, Callable):
        ways.append(Spoilt("its class", type(value), OTHER))
    ways += [
        Spoilt(how, thing, OTHER)
        for how, thing in STRANGE.items()
        if type(thing) is not type(value)
    ]
    return ways


def _arrays(a):
    yield Spoilt("a list", a.tolist(), EQUAL)
    yield Spoilt("in Fortran's order", np.asfortranarray(a), EQUAL)
    yield Spoilt("a view", np.repeat(a, 2, axis=0)[::2] if a.ndim else a, EQUAL)
    locked = a.copy()
    locked.flags.writeable = False
    yield Spoilt("read-only", locked, EQUAL)
    yield from _shapes(a)
    yield from _dtypes(a)


def _shapes(a):
    yield Spoilt("an axis in front", a[None], OTHER)
    yield Spoilt("an axis behind", a[..., None], OTHER)
    for axis in range(a.ndim):
        yield Spoilt(
            f"no axis {axis}",
            np.take(np.concatenate([a, a]), 0, axis) if a.size else a.sum(axis),
            OTHER,
        )
        others = {
            "one more": np.concatenate([a, np.roll(a, 1, axis).take([0], axis)], axis)
            if a.size
            else a,
            "one less": a.take(range(a.shape[axis] - 1), axis) if a.size else a,
            "one": a.take([0], axis) if a.size else a,
            "none": a.take(np.arange(0), axis),
        }
        for how, other in others.items():
            if other.shape != a.shape:
                yield Spoilt(f"{how} along axis {axis}", other, OTHER)
    for axes in combinations(range(a.ndim), 2):
        if a.swapaxes(*axes).shape != a.shape:
            yield Spoilt(f"axes {axes} exchanged", a.swapaxes(*axes), OTHER)


def _dtypes(a):
    if a.dtype.kind == "f":
        other = np.float32 if a.dtype == np.float64 else np.float64
        for dtype in (other, *NOT_FLOATS):
            yield Spoilt(f"of {np.dtype(dtype)}", a.astype(dtype), OTHER)
        for hole in (np.nan, np.inf, -np.inf) if a.size else ():
            spoilt = a.copy()
            spoilt[(0,) * a.ndim] = hole
            yield Spoilt(f"with {hole}", spoilt, ALIKE)
    elif a.dtype.kind in "iu":
        for dtype in (np.int32, np.uint8, np.uint64):
            yield Spoilt(f"of {np.dtype(dtype)}", a.astype(dtype), EQUAL)
        for dtype in NOT_INTEGERS:
            yield Spoilt(f"of {np.dtype(dtype)}", a.astype(dtype), OTHER)
        for number in (-1, 10**6) if a.size else ():
            spoilt = a.copy()
            spoilt[(0,) * a.ndim] = number
            yield Spoilt(f"with {number}", spoilt, OTHER)


def _sparse(a):
    dense = a.toarray()
    yield Spoilt("a dense array", dense, EQUAL)
    yield Spoilt("a matrix, not an array", sparse.csr_matrix(a), EQUAL)
    for layout in ("csc", "lil"):
        yield Spoilt(f"laid out as {layout}", a.asformat(layout), EQUAL)
    zeros = sparse.csr_array(dense + 1)
    zeros.data -= 1
    yield Spoilt("with zeros stored", zeros, EQUAL)
    entries = a.tocoo()
    parts = np.concatenate([2 * entries.data, -entries.data])
    in_parts = sparse.coo_array((parts, tuple(np.tile(entries.coords, 2))), a.shape)
    yield Spoilt("in two parts", in_parts, EQUAL)
    if a.dtype.kind in "iu":
        holed = dense.astype(float)
        holed[0, 0] = np.nan
        yield Spoilt("with nan", sparse.csr_array(holed), OTHER)
    for how, other, owes in (*_shapes(dense), *_dtypes(dense)):
        if other.dtype.kind in "biufc":
            kind = sparse.csr_array if other.ndim in (1, 2) else sparse.coo_array
            yield Spoilt(f"{how}, sparse", kind(other), owes)


def _numbers(number):
    yield Spoilt("NumPy's", np.asarray(number)[()], EQUAL)
    for other in (0, -1, np.nan, np.inf, -np.inf, 99, number + 0.5, 1j, True, str(number)):
        yield Spoilt(f"the number {other!r}", other, OTHER)
    yield Spoilt("a list of it", [number], OTHER)
    yield Spoilt("an array of two", np.array([number, number]), OTHER)


def _containers(container):
    if hasattr(container, "_fields"):
        yield Spoilt("a plain tuple", tuple(container), OTHER)
        yield Spoilt("a list", list(container), OTHER)
        yield Spoilt("a dict", container._asdict(), OTHER)
        entries = container._asdict()
        put = lambda key, thing: container._replace(**{key: thing})
    elif isinstance(container, dict):
        entries = container
        put = lambda key, thing: {**container, key: thing}
        yield Spoilt("of pairs", list(container.items()), OTHER)
        yield Spoilt("one entry more", {**container, "more": 0}, OTHER)
        for key in container:
            yield Spoilt(f"no {key}", {k: v for k, v in container.items() if k != key}, OTHER)
    else:
        entries = dict(enumerate(container))
        put = lambda key, thing: type(container)(
            thing if place == key else entry for place, entry in enumerate(container)
        )
        other = list if isinstance(container, tuple) else tuple
        yield Spoilt(f"a {other.__name__}", other(container), OTHER)
        yield Spoilt("one entry less", container[:-1], OTHER)
        yield Spoilt("one entry more", container + container[-1:], OTHER)
    for key, entry in entries.items():
        for how, value, owes in spoil(entry):
            yield Spoilt(f"{key} {how}", put(key, value), owes)
