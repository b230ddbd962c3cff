"""Explorables: figures to push and quizzes, which work in a page with no kernel behind it."""

from .base import Explorable
from .quiz import Question, Quiz, right, wrong
from .unroll import Unroll

__all__ = ["Explorable", "Question", "Quiz", "Unroll", "right", "wrong"]
