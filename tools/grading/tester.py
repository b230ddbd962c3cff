"""The tester: a process that runs the locked cells of an assignment, and asks the student's kernel.

Tests, expected values and the class seed are in this process alone. A name that the answers
define is looked up in the student's kernel, where calls of it run; plain data come back.
"""

import ast
import builtins
import contextlib
import io
import linecache
import math
import os
import traceback

import numpy as np

from tools.grading.channel import ChannelError, decode, encode, receive, send

MOST_TEXT = 100_000  # characters of an output
END_LOOPS = (StopIteration, StopAsyncIteration)  # a test's loop, when an answer raises them


class StudentError(Exception):
    """An exception of the student's own kind."""


class Remote:
    """What is not plain data stays with the student; it can be used and handed back.

    It compares with nothing, so that no object of a student's can equal what a test expects.
    """

    def __init__(self, student, handle):
        self._student, self._handle = student, handle

    def __call__(self, *args, **kwargs):
        return self._student.ask("call", self, *args, **kwargs)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self._student.ask("attribute", self, name)

    def __getitem__(self, key):
        return self._student.ask("item", self, key)

    def __len__(self):
        return self._student.ask("length", self)

    def __iter__(self):
        return iter(self._student.ask("items", self))

    def _refuse(self, *_):
        raise TypeError(
            f"this should be plain data, such as a number, a list or an array, "
            f"but it is of type {type(self).__name__}"
        )

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = _refuse
    __hash__ = None


class Student:
    """The student's kernel, as the tests see it."""

    def __init__(self, channel):
        self.channel = channel

    def ask(self, operation, of, *args, **kwargs):
        """Have something done in the student's kernel; return its value or raise its error."""
        question = {
            "operation": operation,
            "of": encode(of, self._write),
            "args": [encode(value, self._write) for value in args],
            "kwargs": {name: encode(value, self._write) for name, value in kwargs.items()},
        }
        send(self.channel, {"question": question})
        try:
            answer = receive(self.channel)
            print(end=str(answer.get("printed", "")))
            if "value" in answer:
                return decode(answer["value"], self._read)
            name, message = answer["error"]
        except (ChannelError, AttributeError, TypeError, ValueError, KeyError) as error:
            raise ChannelError(f"the answer cannot be used: {error}") from None
        raise _exception(str(name), str(message))

    def _write(self, value):
        if isinstance(value, Remote):
            return {"handle": value._handle}
        if isinstance(value, np.random.Generator):  # a copy: the test's own stays as it is
            return {"generator": encode(value.bit_generator.state, self._write)}
        raise TypeError(f"a test may hand plain data to an answer, not a {type(value).__name__}")

    def _read(self, kind, contents):
        if kind != "handle":
            raise ChannelError("it is of no known kind")
        handle, name = contents
        if type(handle) is not int or not str(name).isidentifier():
            raise ChannelError("it is not a handle")
        return type(str(name)[:80], (Remote,), {})(self, handle)


def _exception(name, message):
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception) and kind not in END_LOOPS:
        with contextlib.suppress(TypeError):  # UnicodeError and its like want more than a message
            return kind(message)
    return StudentError(f"{name}: {message}")


class Namespace(dict):
    """The tests' variables. A name that the answers define is looked up at the student's."""

    def __init__(self, answers, student):
        super().__init__(__name__="__main__", __builtins__=builtins)
        self.answers, self.student, self.found = answers, student, {}

    def __missing__(self, name):
        if name not in self.answers:
            raise KeyError(name)
        if name not in self.found:  # asked for once a cell: only the student's cells change it
            self.found[name] = self.student.ask("variable", name)
        return self.found[name]


def run_cell(name, source, namespace):
    """Run a cell; return its outputs as a notebook has them."""
    namespace.found.clear()
    filename, printed, outputs = f"<{name}>", io.StringIO(), []
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            value = _execute(source, filename, namespace)
        if value is not None:
            data = {"text/plain": repr(_points(value))}
            outputs.append({"output_type": "execute_result", "data": data, "metadata": {}})
            outputs[-1]["execution_count"] = None
    except BaseException as error:  # whatever it is, the test did not pass
        outputs.append(_error(error, filename))
    if printed.getvalue():
        text = _shown(printed.getvalue())
        outputs.insert(0, {"output_type": "stream", "name": "stdout", "text": text})
    return outputs


def _execute(source, filename, namespace):
    """Run the source; the value of a last line that is an expression is the cell's value."""
    tree = ast.parse(source, filename)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, filename, "exec"), namespace)
    if last is not None:
        return eval(compile(ast.Expression(last.value), filename, "eval"), namespace)


def _points(value):
    """A cell's value as a number of points: for nbgrader, all that is none means full marks."""
    if not isinstance(value, (int, float, np.number, np.bool_)) or not 0 <= value < math.inf:
        kind = type(value).__name__
        raise TypeError(f"points should be a finite number from 0 on: is this {kind} one?")
    return float(value)


def _error(error, filename):
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == filename]
    message = _shown(str(error))
    lines = [*traceback.format_list(frames), f"{type(error).__name__}: {message}"]
    return {
        "output_type": "error",
        "ename": type(error).__name__,
        "evalue": message,
        "traceback": [_shown(line) for line in lines],
    }


def _shown(text):
    """Text that fits into a notebook: not endless, and nothing that UTF-8 cannot write."""
    return text[:MOST_TEXT].encode(errors="replace").decode()


def main(channel):
    """Run cells as the grader asks for them, until it closes the channel."""
    start = receive(channel)
    os.environ["RNNCOURSE_CLASS_SEED"] = start["seed"]
    namespace = Namespace(frozenset(start["answers"]), Student(channel))
    with contextlib.suppress(EOFError):
        while True:
            cell = receive(channel)
            send(channel, {"outputs": run_cell(cell["name"], cell["source"], namespace)})
