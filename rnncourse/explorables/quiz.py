"""Quiz: a few questions to check oneself, with an explanation for every option."""

from dataclasses import asdict, dataclass

import traitlets

from rnncourse.explorables.base import Explorable, front_end


@dataclass(frozen=True)
class Option:
    """One answer and why it is right or wrong; make it with ``right`` or ``wrong``."""

    text: str
    why: str
    correct: bool

    def __post_init__(self):
        for field in ("text", "why"):
            value = getattr(self, field)
            if not isinstance(value, str):
                raise TypeError(f"an option's {field} should be a string, got {value!r}")
            if not value.strip():
                raise ValueError(f"an option's {field} should not be empty: {self}")


def right(text: str, why: str) -> Option:
    """The right answer of a question, and why it is right."""
    return Option(text, why, correct=True)


def wrong(text: str, why: str) -> Option:
    """A wrong answer of a question, and why it is wrong."""
    return Option(text, why, correct=False)


@dataclass(frozen=True, init=False)
class Question:
    """A question and its options, exactly one of them right.

    Raises: TypeError, ValueError saying what is wrong with which question.

    >>> Question("2 + 2?", wrong("5", "One too many."), wrong("3", "One too few."))
    Traceback (most recent call last):
    ValueError: question '2 + 2?' should have exactly one right option, got 0
    """

    text: str
    options: tuple[Option, ...]

    def __init__(self, text: str, *options: Option):
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"a question should be a non-empty string, got {text!r}")
        for option in options:
            if not isinstance(option, Option):
                raise TypeError(f"question {text!r} should get right() or wrong(), got {option!r}")
        if len({option.text for option in options}) < max(2, len(options)):
            raise ValueError(f"question {text!r} should have two or more different options")
        if (count := sum(option.correct for option in options)) != 1:
            raise ValueError(f"question {text!r} should have exactly one right option, got {count}")
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "options", options)


class Quiz(Explorable):
    """Questions answered in the page; each choice shows its explanation at once.

    Texts are plain but for `code` and *emphasis*; in emphasis W_ih and h_{t−1} get a subscript.
    Raises: TypeError for anything that is no ``Question``, ValueError for a quiz without one.

    >>> Quiz(
    ...     Question(
    ...         "Which is carried from one step to the next?",
    ...         right("*h_t*, the hidden state", "It is all the network remembers."),
    ...         wrong("*W_hh*", "The weights do not change from step to step."),
    ...     ),
    ... )
    <Quiz explorable>
    """

    _esm = front_end("quiz")

    title = traitlets.Unicode("Check yourself").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "Choose an answer to read why it is right or wrong. You may change your mind."
    ).tag(sync=True)
    questions = traitlets.List().tag(sync=True)
    answers = traitlets.List().tag(sync=True)  # the chosen option of each question, -1 for none yet

    def __init__(self, *questions: Question, **traits):
        if not questions:
            raise ValueError("a quiz should have one question or more, got none")
        for question in questions:
            if not isinstance(question, Question):
                raise TypeError(f"a quiz should be made of Question(), got {question!r}")
        super().__init__(
            questions=[asdict(question) for question in questions],
            answers=[-1] * len(questions),
            **traits,
        )
