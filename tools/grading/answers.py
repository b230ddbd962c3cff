"""The student's side of the channel: their kernel answers the tester's questions.

All of it runs in the student's process and is theirs to change. So nothing is believed because
it comes from here: an answer is only ever a value that the tests then judge.
"""

import contextlib
import io
import itertools
import operator

import numpy as np

from tools.grading.channel import decode, encode, receive, send

MOST_ITEMS = 1_000_000
MOST_TEXT = 100_000  # characters

channel = None  # the socket to the tester: the fork server puts it here
handles = {}  # objects that stay here, by number


def answer_questions():
    """Answer the tester until it has no more questions; runs as a cell of the kernel."""
    while (question := receive(channel)) is not None:
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                answer = {"value": encode(_answer(**question), _keep)}
        except BaseException as error:  # also what a student's `raise SystemExit` does
            answer = {"error": [type(error).__name__, str(error)[:MOST_TEXT]]}
        send(channel, answer | {"printed": printed.getvalue()[:MOST_TEXT]})


def _answer(operation, of, args, kwargs):
    args = [decode(value, _other) for value in args]
    kwargs = {name: decode(value, _other) for name, value in kwargs.items()}
    return OPERATIONS[operation](decode(of, _other), *args, **kwargs)


def _variable(name):
    from IPython import get_ipython

    namespace = get_ipython().user_ns
    if name not in namespace:
        raise NameError(f"name '{name}' is not defined")
    return namespace[name]


OPERATIONS = {
    "variable": _variable,
    "call": lambda function, *args, **kwargs: function(*args, **kwargs),
    "attribute": getattr,
    "item": operator.getitem,
    "length": len,
    "items": lambda values: list(itertools.islice(values, MOST_ITEMS)),
}


def _keep(value):
    """Keep an object that is not plain data; its number and the name of its type cross."""
    handles[id(value)] = value
    return {"handle": [id(value), type(value).__name__]}


def _other(kind, contents):
    if kind == "handle":
        return handles[contents]
    if kind == "generator":
        state = decode(contents, _other)
        generator = np.random.Generator(getattr(np.random, state["bit_generator"])())
        generator.bit_generator.state = state
        return generator
    raise ValueError(f"no value is of the kind {kind}")
