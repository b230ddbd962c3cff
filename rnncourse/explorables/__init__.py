"""Explorables: figures to push and quizzes, which work in a page with no kernel behind it."""

from rnncourse.explorables.base import Explorable
from rnncourse.explorables.initialisation import Initialisation
from rnncourse.explorables.quiz import Question, Quiz, right, wrong
from rnncourse.explorables.sampling import Sampling
from rnncourse.explorables.unroll import Unroll

__all__ = [
    "Explorable",
    "Initialisation",
    "Question",
    "Quiz",
    "Sampling",
    "Unroll",
    "right",
    "wrong",
]
