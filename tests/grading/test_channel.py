"""The channel: honest values arrive as they were; a forged message does nothing but fail."""

import json
import socket
import string
import sys
import threading
import types

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as arrays

from rnncourse.cells import HState, Weights
from tools.grading import answers, tester
from tools.grading.channel import (
    DEPTH,
    LIMIT,
    ChannelError,
    decode,
    encode,
    frame,
    message_in,
    receive,
    send,
    size_in,
)

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
keys = st.booleans() | st.integers() | st.text()
plain = st.recursive(
    scalars | st.complex_numbers(allow_nan=False),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(keys | st.tuples(keys), inner)
        | st.sets(keys)
        | st.frozensets(keys)
    ),
    max_leaves=15,
)
numeric = st.sampled_from(["?", "<i2", "<i8", "<u1", "<f4", "<f8", ">f8", "<c16", "<U3", "S2"])


def refuse(*given):
    raise AssertionError(f"{given} should be plain data")


def over(value):
    """The value as it arrives, by way of real bytes."""
    return decode(message_in(frame(encode(value, refuse))[4:]), refuse)


@given(plain)
def test_plain_data_arrives_as_it_was(value):
    assert over(value) == value
    assert repr(over(value)) == repr(value) or isinstance(
        value, (set, frozenset, list, dict, tuple)
    )


@given(arrays.arrays(numeric, arrays.array_shapes(min_dims=0, min_side=0)))
def test_arrays_arrive_with_dtype_and_shape(array):
    got = over(array)
    assert (got.dtype, got.shape, got.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_an_array_in_another_order_and_one_that_cannot_be_written_arrive():
    array = np.arange(6.0).reshape(2, 3).T
    array.flags.writeable = False
    got = over(array)
    np.testing.assert_array_equal(got, array)
    got[0, 0] = 7  # what arrives is a copy


def test_numpy_scalars_nan_and_named_tuples_keep_their_type():
    assert isinstance(over(np.float32(0.5)), np.float32)
    assert over(np.str_("ab")) == np.str_("ab")
    assert np.isnan(over(float("nan")))
    assert over(float("-inf")) == float("-inf")
    state = over(HState(np.ones((2, 3))))
    assert isinstance(state, HState)
    assert isinstance(over(Weights(*np.ones((4, 1)))), Weights)


def test_tensors_arrive():
    torch = pytest.importorskip("torch")
    got = over(torch.ones(2, 3, requires_grad=True))
    assert torch.equal(got, torch.ones(2, 3))
    assert not got.requires_grad


def test_who_imports_torch_where_it_is_withheld_can_still_answer(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", types.ModuleType("torch"))
    assert encode(refuse, lambda value: "a function") == "a function"


class Always(float):
    def __eq__(self, other):
        return True

    __hash__ = float.__hash__


class AlwaysArray(np.ndarray):
    def __eq__(self, other):
        return np.ones(self.shape, bool)


@pytest.mark.parametrize("value", [Always(2), object(), lambda: 1, range(3), np.array([object()])])
def test_what_is_not_plain_data_stays(value):
    assert encode([value], lambda kept: {"handle": [1, type(kept).__name__]}) == {
        "list": [{"handle": [1, type(value).__name__]}]
    }


def test_of_an_array_that_equals_everything_only_the_numbers_arrive():
    got = over(np.zeros(3).view(AlwaysArray))
    assert type(got) is np.ndarray
    assert not (got == np.ones(3)).any()


@pytest.mark.parametrize(
    "forged",
    [
        None, 1, "text", [], {}, {"plain": []}, {"plain": {}}, {"plain": 1, "list": []},
        {"list": 5}, {"list": [5]}, {"tuple": None}, {"dict": [[{"plain": 1}]]},
        {"dict": [[{"list": []}, {"plain": 1}]]}, {"complex": ["x", 1]}, {"set": [{"list": []}]},
        {"array": ["O", [1], "AAAAAAAAAAA="]}, {"array": ["V8", [1], "AAAAAAAAAAA="]},
        {"array": ["<f8", [2], "AAAAAAAAAAA="]}, {"array": ["<f8", [-1], "AAAAAAAAAAA="]},
        {"array": ["<f8", [10**12], ""]}, {"array": ["<f8", [1.0], "AAAAAAAAAAA="]},
        {"array": ["<f8", [1], "not base64!!"]}, {"array": ["i4,i4", [1], "AAAAAAAAAAA="]},
        {"array": ["<f8", 1, "AAAAAAAAAAA="]}, {"array": []}, {"scalar": ["<f8", [0], ""]},
        {"record": ["os", "system", []]}, {"record": ["rnncourse.cells", "RNN", []]},
        {"record": ["rnncourse.cells", "HState", []]}, {"record": ["rnncourse.nowhere", "A", []]},
        {"record": ["rnncourse.cells", "np.ndarray", []]}, {"record": [["rnncourse."], "A", []]},
        {"tensor": ["<U1", [1], "AAAAAA=="]},
    ],
)  # fmt: skip
def test_a_forged_value_is_refused(forged):
    def other(kind, contents):
        raise ChannelError(f"no value is of the kind {kind}")

    if forged == {"scalar": ["<f8", [0], ""]}:
        assert decode(forged, other).shape == (0,)  # an empty array: harmless
    else:
        with pytest.raises(ChannelError):
            decode(forged, other)


def test_what_is_nested_without_end_is_refused_on_both_sides():
    circular = []
    circular.append(circular)
    with pytest.raises(ChannelError, match="nested"):
        encode(circular, refuse)
    deep = {"plain": 1}
    for _ in range(DEPTH + 2):
        deep = {"list": [deep]}
    with pytest.raises(ChannelError, match="nested"):
        decode(deep, refuse)
    with pytest.raises(ChannelError, match="not a message"):
        message_in(b"[" * 1_000_000)


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff", b"nan", b"1" * 10_000])
def test_bytes_that_are_no_message_are_refused(payload):
    with pytest.raises(ChannelError, match="not a message"):
        message_in(payload)


def test_a_frame_is_of_limited_size():
    with pytest.raises(ChannelError, match="larger than 64 MB"):
        frame("x" * LIMIT)
    with pytest.raises(ChannelError, match="larger than 64 MB"):
        size_in(b"\xff\xff\xff\xff")


def test_a_closed_channel_is_noticed():
    one, other = socket.socketpair()
    with one, other:
        send(one, {"a": 1})
        assert receive(other) == {"a": 1}
        one.sendall(b"\0\0\0\x09{")
        one.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError):
            receive(other)


# --- The tester's side -----------------------------------------------------------------------


class Scripted:
    """Stands for the kernel: gives these answers, one after the other, and keeps the questions."""

    def __init__(self, *replies):
        self.replies, self.questions, self.ours, theirs = list(replies), [], *socket.socketpair()
        self.thread = threading.Thread(target=self._serve, args=(theirs,), daemon=True)
        self.thread.start()

    def _serve(self, channel):
        for reply in self.replies:
            self.questions.append(receive(channel)["question"])
            if isinstance(reply, bytes):
                channel.sendall(reply)
            else:
                send(channel, reply)
        channel.close()


def run(source, *replies):
    student = tester.Student(Scripted(*replies).ours)
    return tester.run_cell("q1", source, tester.Namespace({"f", "answer"}, student))


FUNCTION = {"value": {"handle": [7, "function"]}}


def test_a_name_of_the_answers_is_the_students_and_any_other_is_not():
    assert run("assert answer == 42", {"value": {"plain": 42}}) == []
    (error,) = run("assert other == 42")
    assert (error["ename"], error["evalue"]) == ("NameError", "name 'other' is not defined")


def test_a_call_crosses_and_what_it_printed_is_shown():
    (shown,) = run("print(f(1, n=2))", FUNCTION, {"value": {"plain": 3}, "printed": "hello\n"})
    assert shown == {"output_type": "stream", "name": "stdout", "text": "hello\n3\n"}


@pytest.mark.parametrize(
    ("answer", "name", "message"),
    [
        ({"error": ["ValueError", "no"]}, "ValueError", "no"),
        ({"error": ["SystemExit", "0"]}, "StudentError", "SystemExit: 0"),
        ({"error": ["Own", "words"]}, "StudentError", "Own: words"),
        ({"error": ["StopIteration", ""]}, "StudentError", "StopIteration: "),  # ends no loop
        ({"error": ["UnicodeDecodeError", "x"]}, "StudentError", "UnicodeDecodeError: x"),
        ({"error": ["eval", "x"]}, "StudentError", "eval: x"),
        ({"error": 5}, "ChannelError", "the answer cannot be used"),
        ({}, "ChannelError", "the answer cannot be used"),
        ([], "ChannelError", "the answer cannot be used"),
        ({"value": {"handle": ["x", "f"]}}, "ChannelError", "the answer cannot be used"),
        ({"value": {"handle": [1, "a b"]}}, "ChannelError", "the answer cannot be used"),
        ({"value": {"generator": []}}, "ChannelError", "the answer cannot be used"),
        ({"value": {"array": ["O", [1], ""]}}, "ChannelError", "the answer cannot be used"),
        ({"outputs": []}, "ChannelError", "the answer cannot be used"),
        (b"\0\0\0\x01{", "ChannelError", "the answer cannot be used"),
    ],
)
def test_an_error_or_a_forged_answer_fails_the_test_alone(answer, name, message):
    (error,) = run("f()", FUNCTION, answer)
    assert error["output_type"] == "error"
    assert error["ename"] == name
    assert error["evalue"].startswith(message)


@pytest.mark.parametrize(
    "test",
    ["assert f() == 1", "assert f()", "assert not f()", "assert f() != 2", "assert 0 < f()",
     "assert f() in [1]", "{f(): 1}"],
)  # fmt: skip
def test_an_object_that_stays_away_equals_nothing(test):
    (error,) = run(test, FUNCTION, {"value": {"handle": [8, "Always"]}})
    assert error["ename"] == "TypeError"
    assert "Always" in error["evalue"]


def test_an_output_is_of_limited_size_and_can_be_written():
    (shown,) = run("print('x' * 10**6)")
    assert len(shown["text"]) == tester.MOST_TEXT
    (error,) = run("raise ValueError(answer)", {"value": {"plain": "\ud800"}})
    json.dumps(error).encode()
    error["evalue"].encode()


def test_partial_credit_is_a_plain_number():
    (shown,) = run("import numpy as np\nnp.float64(1.5)")
    assert shown["data"] == {"text/plain": "1.5"}


@pytest.mark.parametrize("value", ["np.ones(2)", "'full marks'", "-1", "np.nan", "np.inf", "[1]"])
def test_what_is_no_number_of_points_is_no_points(value):
    (error,) = run(f"import numpy as np\n{value}")
    assert error["ename"] == "TypeError"
    assert "points should be a finite number from 0 on" in error["evalue"]


# --- Both sides ------------------------------------------------------------------------------


@pytest.fixture
def student(monkeypatch):
    """A student's namespace whose questions are answered in a thread, and a tester's view of it."""
    ours, theirs = socket.socketpair()
    relayed, channel = socket.socketpair()
    variables = {}
    monkeypatch.setattr(answers, "channel", channel)
    monkeypatch.setitem(answers.OPERATIONS, "variable", variables.__getitem__)

    def relay():
        while True:
            try:
                send(relayed, receive(theirs)["question"])
            except EOFError:
                return send(relayed, None)
            send(theirs, receive(relayed))

    for work in (relay, answers.answer_questions):
        threading.Thread(target=work, daemon=True).start()
    yield variables, tester.Student(ours)
    ours.close()


def test_handles_can_be_called_indexed_measured_iterated_and_handed_back(student):
    variables, view = student

    class Own:
        def __init__(self, values):
            self.values = values

        def double(self):
            return Own([2 * v for v in self.values])

        def __len__(self):
            return len(self.values)

        def __getitem__(self, index):
            return self.values[index]

    variables |= {"Own": Own, "total": lambda own: sum(own.values), "steps": lambda: iter("abc")}
    space = tester.Namespace({"Own", "total", "steps"}, view)
    test = (
        "own = Own([1, 2, 3]).double()\n"
        "assert total(own) == 12 and len(own) == 3 and own[0] == 2 and own.values == [2, 4, 6]\n"
        "assert list(own) == [2, 4, 6] and ''.join(steps()) == 'abc'\n"
        "assert type(own).__name__ == 'Own'\n"
    )
    assert tester.run_cell("q1", test, space) == []


def test_a_generator_is_handed_over_as_a_copy_and_arrays_too(student):
    variables, view = student

    def spoil(array, rng):
        array[:] = 0
        return rng.normal()

    variables["spoil"] = spoil
    space = tester.Namespace({"spoil"}, view)
    test = (
        "import numpy as np\n"
        "for kind in (np.random.PCG64, np.random.MT19937, np.random.Philox):\n"
        "    array, rng = np.ones(3), np.random.Generator(kind(5))\n"
        "    assert spoil(array, rng) == np.random.Generator(kind(5)).normal()\n"
        "    assert array.all() and rng.normal() == np.random.Generator(kind(5)).normal()\n"
    )
    assert tester.run_cell("q1", test, space) == []


def test_a_callback_does_not_cross(student):
    variables, view = student
    variables["f"] = lambda g: g()
    (error,) = tester.run_cell("q1", "f(lambda: 1)", tester.Namespace({"f"}, view))
    assert error["evalue"] == "a test may hand plain data to an answer, not a function"


def test_even_an_exit_is_only_an_error(student):
    variables, view = student

    def leave():
        raise SystemExit(0)

    variables |= {"leave": leave, "stay": lambda: string.digits}
    space = tester.Namespace({"leave", "stay"}, view)
    (error,) = tester.run_cell("q1", "leave()", space)
    assert error["ename"] == "StudentError"
    assert tester.run_cell("q2", "assert stay() == '0123456789'", space) == []
