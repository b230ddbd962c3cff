"""Recurrent neural networks from first principles, in NumPy with hand-derived gradients.

Begin with ``rnncourse.cells`` (what happens in one time step) and ``rnncourse.layers`` (what
happens over a sequence). Axes are (T, N, D): time, batch, features.
"""

from rnncourse.cells import RNN, HState, Weights
from rnncourse.layers import Embedding, Linear, Recurrent
from rnncourse.models import Batch, SequenceModel

__all__ = [
    "RNN",
    "Batch",
    "Embedding",
    "HState",
    "Linear",
    "Recurrent",
    "SequenceModel",
    "Weights",
]
