"""What passes between the tester and a student's kernel: plain data in frames of limited size.

A frame is a length and so many bytes of JSON. A value is written as {kind: contents}, for example
{"tuple": [{"plain": 1}, {"array": ["<f8", [2, 3], "<base64>"]}]}. Nothing that is read can run
code, or make an object of a type that is not named here. What is not plain data stays where it
is, and each side says what crosses in its place.
"""

import base64
import importlib
import json
import math
import struct
import sys

import numpy as np

LIMIT = 64 << 20  # bytes of a frame
DEPTH = 50
HEADER = struct.Struct("!I")
SCALARS = (type(None), bool, int, float, str)
SEQUENCES = {kind.__name__: kind for kind in (list, tuple, set, frozenset)}
ARRAY_KINDS = "biufcUS"  # of dtype: numbers and text, no objects


class ChannelError(Exception):
    """What came is no message, or a value that may not cross; the message says why."""


# --- Frames ----------------------------------------------------------------------------------


def frame(message):
    """The bytes that carry a message, which is anything that JSON can hold."""
    payload = json.dumps(message).encode()
    return HEADER.pack(check_size(len(payload))) + payload


def size_in(header):
    """How many bytes follow this header."""
    return check_size(*HEADER.unpack(header))


def check_size(size):
    if size > LIMIT:
        raise ChannelError(f"it is larger than {LIMIT >> 20} MB")
    return size


def message_in(payload):
    """The message that these bytes carry."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise ChannelError("it is not a message") from error


def send(socket, message):
    """Send a message."""
    socket.sendall(frame(message))


def receive(socket):
    """Wait for a message. Raises: EOFError when the other side has closed the channel."""
    return message_in(_read(socket, size_in(_read(socket, HEADER.size))))


def _read(socket, size):
    read = bytearray()
    while len(read) < size:
        part = socket.recv(min(size - len(read), 1 << 20))
        if not part:
            raise EOFError("the channel is closed")
        read += part
    return bytes(read)


# --- Values ----------------------------------------------------------------------------------


def encode(value, other, depth=0):
    """Write a value as JSON; ``other(value)`` writes one that is not plain data."""
    if depth > DEPTH:
        raise ChannelError(f"it is nested more than {DEPTH} deep")
    kind = type(value)

    def each(values):
        return [encode(v, other, depth + 1) for v in values]

    if kind in SCALARS:
        return {"plain": value}
    if kind is complex:
        return {"complex": [value.real, value.imag]}
    if kind in SEQUENCES.values():
        return {kind.__name__: each(value)}
    if kind is dict or (isinstance(value, dict) and kind.__module__ == "collections"):
        return {"dict": [each(item) for item in value.items()]}
    if _is_record(kind):
        return {"record": [kind.__module__, kind.__qualname__, each(value)]}
    if isinstance(value, np.generic) and value.dtype.kind in ARRAY_KINDS:
        return {"scalar": _write_array(np.asarray(value))}
    if isinstance(value, np.ndarray) and value.dtype.kind in ARRAY_KINDS:
        return {"array": _write_array(np.asarray(value))}
    # Who never imported torch has no tensor, nor has who imported it where it is withheld.
    tensor = getattr(sys.modules.get("torch"), "Tensor", ())
    if isinstance(value, tensor):
        return {"tensor": _write_array(value.detach().cpu().numpy())}
    return other(value)


def decode(data, other, depth=0):
    """Read what ``encode`` wrote; ``other(kind, contents)`` reads kinds that are not plain data.

    Raises: ChannelError for whatever else a forger may send.
    """
    try:
        return _decode(data, other, depth)
    except (ValueError, TypeError, KeyError, AttributeError, ImportError) as error:
        raise ChannelError("it is not written as agreed") from error


def _decode(data, other, depth):
    if depth > DEPTH:
        raise ChannelError(f"it is nested more than {DEPTH} deep")
    ((kind, contents),) = data.items()

    def each(values):
        return [_decode(v, other, depth + 1) for v in values]

    if kind == "plain" and type(contents) in SCALARS:
        return contents
    if kind == "complex":
        return complex(*map(float, contents))
    if kind in SEQUENCES:
        return SEQUENCES[kind](each(contents))
    if kind == "dict":
        return dict(each(item) for item in contents)
    if kind == "record":
        return _read_record(*contents[:2], each(contents[2]))
    if kind == "scalar":
        return _read_array(*contents)[()]
    if kind == "array":
        return _read_array(*contents)
    if kind == "tensor":
        return importlib.import_module("torch").from_numpy(_read_array(*contents))
    return other(kind, contents)


def _write_array(array):
    array = np.ascontiguousarray(np.asarray(array)).reshape(np.shape(array))
    return [array.dtype.str, list(array.shape), base64.b64encode(array.tobytes()).decode()]


def _read_array(dtype, shape, contents):
    dtype, contents = np.dtype(str(dtype)), base64.b64decode(contents, validate=True)
    fits = all(type(n) is int and n >= 0 for n in shape)
    if not fits or math.prod(shape) * dtype.itemsize != len(contents):
        raise ValueError("the bytes are not those of the shape")
    if dtype.kind not in ARRAY_KINDS:
        raise TypeError("not an array of numbers or text")
    return np.frombuffer(contents, dtype).reshape(shape).copy()


def _is_record(kind):
    """Is it a NamedTuple of the package, such as HState?"""
    return issubclass(kind, tuple) and kind.__module__.startswith("rnncourse.")


def _read_record(module, name, values):
    kind = getattr(importlib.import_module(module), name) if module[:10] == "rnncourse." else None
    if not (isinstance(kind, type) and _is_record(kind)):
        raise TypeError("not a NamedTuple of the package")
    return kind._make(values)
