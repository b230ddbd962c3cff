"""Explorables: figures to push and quizzes, which work in a page with no kernel behind it."""

from rnncourse.explorables.backward_pass import BackwardPass
from rnncourse.explorables.base import Explorable
from rnncourse.explorables.both_ends import BothEnds
from rnncourse.explorables.cliff import Cliff
from rnncourse.explorables.context_window import ContextWindow
from rnncourse.explorables.embedding_map import EmbeddingMap
from rnncourse.explorables.forget_product import ForgetProduct
from rnncourse.explorables.gate_viewer import GateViewer
from rnncourse.explorables.gru_step import GRUStep
from rnncourse.explorables.initialisation import Initialisation
from rnncourse.explorables.lstm_step import LSTMStep
from rnncourse.explorables.name_reader import NameReader
from rnncourse.explorables.padding import Padding
from rnncourse.explorables.quiz import Question, Quiz, right, wrong
from rnncourse.explorables.ranking import Ranking
from rnncourse.explorables.sampling import Sampling
from rnncourse.explorables.spectral_radius import SpectralRadius
from rnncourse.explorables.truncation import Truncation
from rnncourse.explorables.unroll import Unroll
from rnncourse.explorables.wiring import Wiring

__all__ = [
    "BackwardPass",
    "BothEnds",
    "Cliff",
    "ContextWindow",
    "EmbeddingMap",
    "Explorable",
    "ForgetProduct",
    "GateViewer",
    "GRUStep",
    "Initialisation",
    "LSTMStep",
    "NameReader",
    "Padding",
    "Question",
    "Quiz",
    "Ranking",
    "Sampling",
    "SpectralRadius",
    "Truncation",
    "Unroll",
    "Wiring",
    "right",
    "wrong",
]
