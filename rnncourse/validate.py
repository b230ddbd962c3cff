"""Checks of what users hand in. Each error says what was expected and what came."""

from collections.abc import Iterable

import numpy as np


def whole(name, number, least, most=np.inf):
    """Return ``number``; raise a ValueError unless it is a whole one from ``least`` to ``most``."""
    is_whole = isinstance(number, (int, np.integer)) and not isinstance(number, bool)
    if not (is_whole and least <= number <= most):
        wanted = f"of at least {least}" if most == np.inf else f"in [{least}, {most}]"
        raise ValueError(f"{name} should be a whole number {wanted}, got {number!r}")
    return number


def sizes(owner, *names):
    """Raise a ValueError unless each named attribute is a whole number of at least 1."""
    for name in names:
        whole(f"{type(owner).__name__}: {name}", getattr(owner, name), 1)


def choice(name, given, known):
    """Return ``given``; raise a ValueError unless it is one of the ``known``."""
    if given not in tuple(known):  # a dict cannot look up a list
        wanted = ", ".join(map(repr, known))
        raise ValueError(f"{name} should be one of {wanted}, got {given!r}")
    return given


def finite(name, number):
    """Return ``number``; raise unless it is one finite real number."""
    if isinstance(number, bool) or not isinstance(number, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} should be a number, got {type(number).__name__}")
    if not np.isfinite(number):
        raise ValueError(f"{name} should be a finite number, got {number}")
    return number


def positive(name, number):
    """Return ``number``; raise unless it is one finite real number above 0."""
    if not finite(name, number) > 0:
        raise ValueError(f"{name} should be a finite number above 0, got {number}")
    return number


def between(name, number, least, most=np.inf):
    """Return ``number``; raise unless it is one finite real number from ``least`` to ``most``."""
    if not least <= finite(name, number) <= most:
        wanted = f"from {least} to {most}" if most < np.inf else f"finite and at least {least}"
        raise ValueError(f"{name} should be {wanted}, got {number}")
    return number


def share(name, number):
    """Return ``number``; raise unless it is one real number of at least 0 and below 1."""
    if not 0 <= finite(name, number) < 1:
        raise ValueError(f"{name} should be at least 0 and below 1, got {number}")
    return number


def amounts(name, array, *, zero=True):
    """Raise a ValueError unless each entry is finite and at least 0; without ``zero``, above it."""
    good = (array >= 0 if zero else array > 0) & (array < np.inf)  # nan is neither
    if not good.all():
        wanted = "at least 0" if zero else "above 0"
        raise ValueError(f"{name} should be finite and {wanted}, got {array[~good][0]}")


def tokens(name, given):
    """Return ``given`` as a list; raise a TypeError unless it holds strings and is not one."""
    if isinstance(given, str):
        raise TypeError(f"{name} should be a list of tokens, got the string {given[:20]!r}")
    if not isinstance(given, Iterable):
        raise TypeError(f"{name} should be a list of tokens, got {type(given).__name__}")
    given = list(given)
    for found in set(map(type, given)):
        if not issubclass(found, str):
            raise TypeError(f"{name} should hold strings, got {found.__name__}")
    return given


def array(name, given):
    """Return ``given`` as an array; raise a TypeError unless it makes one of numbers."""
    try:
        given = np.asarray(given)
    except ValueError as error:
        raise TypeError(f"{name} should be an array, got rows of unlike lengths") from error
    if given.dtype.kind not in "biuf":
        raise TypeError(f"{name} should be an array of real numbers, got {given.dtype}")
    return given


def matrix(name, given, columns=None):
    """Return ``given``, a sparse matrix or an array; raise unless it is (rows, columns) of numbers.

    ``columns`` may be any number of them, if not given.
    """
    if not hasattr(given, "tocsr"):  # is it sparse? SciPy, if asked, would be slow to import
        given = array(name, given)
    elif given.dtype.kind not in "biuf":
        raise TypeError(f"{name} should be a matrix of real numbers, got {given.dtype}")
    if given.ndim != 2 or columns not in (None, given.shape[1]):
        wanted = "two axes" if columns is None else f"two axes, with {columns} columns"
        raise ValueError(f"{name} should have {wanted}, got {given.shape}")
    return given


def float_dtype(given):
    """Return ``given`` as a dtype; raise a TypeError unless it is a floating-point one."""
    try:
        found = np.dtype(given)
    except (TypeError, ValueError) as error:
        raise TypeError(f"dtype should be a floating-point one, got {given!r}") from error
    if given is None or found.kind != "f":
        raise TypeError(f"dtype should be a floating-point one, got {given}")
    return found


def rng(generator):
    """Return ``generator``; raise a TypeError unless it is one (a bare seed is not)."""
    if not isinstance(generator, np.random.Generator):
        raise TypeError(f"rng should be a numpy.random.Generator, got {type(generator).__name__}")
    return generator


def ids(name, array, size):
    """Raise a TypeError or ValueError unless ``array`` holds whole numbers in [0, size)."""
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} should be integers, got {array.dtype}")
    if array.size and not (array.min() >= 0 and array.max() < size):
        raise ValueError(f"{name} should lie in [0, {size}), got {array.min()} to {array.max()}")


def shape(name, given, expected, axes=""):
    """Raise a ValueError unless ``given`` has the ``expected`` shape, named by ``axes``."""
    found = array(name, given).shape
    if found != expected:
        wanted = f"{axes} = {expected}" if axes else expected
        raise ValueError(f"{name} should be {wanted}, got {found}")


def dtype(name, given, expected):
    """Raise a TypeError unless ``given`` is of the floating-point dtype: nothing is cast."""
    found = array(name, given).dtype
    if found.kind != "f":
        raise TypeError(f"{name} should be floating-point numbers, got {found}")
    if found != expected:
        raise TypeError(f"{name} should be {expected} like the weights, got {found}")


def weights(name, given, shapes):
    """Raise unless ``given`` has the type of ``shapes``, its shapes, and one float dtype."""
    if type(given) is not type(shapes):
        raise TypeError(
            f"{name}: weights should be {type(shapes).__name__}, got {type(given).__name__}"
        )
    for field, weight, expected in zip(given._fields, given, shapes, strict=True):
        kind(f"{name}: {field}", weight, np.ndarray)
        shape(f"{name}: {field}", weight, expected)
        dtype(f"{name}: {field}", weight, given[0].dtype)


def state(name, given, expected_kind, expected, expected_dtype):
    """Raise unless ``given`` is of the NamedTuple kind with arrays of the expected shape."""
    kind(name, given, expected_kind)
    for field, part in zip(given._fields, given, strict=True):
        shape(f"{name}.{field}", part, expected, "(N, H)")
        dtype(f"{name}.{field}", part, expected_dtype)


def lengths(name, given, steps, batch_size):
    """Return ``given`` as an array; raise unless it is (N,) whole numbers from 0 to T."""
    given = array(f"{name}: lengths", given)
    given = given.astype(int) if given.size == 0 else given  # NumPy reads [] as floats
    shape(f"{name}: lengths", given, (batch_size,), "(N,)")
    ids(f"{name}: lengths", given, steps + 1)
    return given.astype(int)


def kind(name, given, expected):
    """Return ``given``; raise a TypeError unless it is of the type ``expected``."""
    if not isinstance(given, expected):
        raise TypeError(f"{name} should be {expected.__name__}, got {type(given).__name__}")
    return given


def entries(name, given, count):
    """Raise unless ``given`` is a tuple of ``count`` entries."""
    kind(name, given, tuple)
    if len(given) != count:
        raise ValueError(f"{name} should have {count} entries, got {len(given)}")


def sequences(name, given, size):
    """Return ``given`` as an array; raise unless it is (T, N, size)."""
    given = array(name, given)
    if given.ndim != 3 or given.shape[2] != size:
        raise ValueError(f"{name} should be (T, N, {size}), got {given.shape}")
    return given


def vectors(name, given, size, expected_dtype):
    """Return ``given`` as an array; raise unless it is (..., size) of the floating-point dtype."""
    given = array(name, given)
    if given.ndim < 1 or given.shape[-1] != size:
        raise ValueError(f"{name} should be (..., {size}), got {given.shape}")
    dtype(name, given, expected_dtype)
    return given


def cache(name, given, count):
    """Return ``given``; raise a TypeError unless it looks like what a layer's forward returned."""
    if not isinstance(given, tuple) or len(given) != count:
        raise TypeError(
            f"{name}: cache should be what forward returned, got {type(given).__name__}"
        )
    return given
