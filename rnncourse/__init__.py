"""Recurrent neural networks from first principles, in NumPy with hand-derived gradients.

Begin with ``rnncourse.cells`` (what happens in one time step) and ``rnncourse.recurrent`` (what
happens over a sequence); ``rnncourse.bidirectional`` and ``rnncourse.stack`` make either direction
and any depth of them. Axes are (T, N, D): time, batch, features.
"""

from rnncourse.bidirectional import Bidirectional, Reversed, reverse
from rnncourse.cells import GRU, LSTM, RNN, Cell, HState, LSTMState, Weights
from rnncourse.layers import Dropout, Embedding, LayerNorm, Linear
from rnncourse.models import Batch, RegressionBatch, Regressor, SequenceModel
from rnncourse.recurrent import Recurrent
from rnncourse.stack import EachStep, Stack
from rnncourse.variants import (
    CoupledLSTM,
    LayerNormRNN,
    NoForgetLSTM,
    PeepholeLSTM,
    ResetBeforeGRU,
    ResidualRNN,
)

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Batch",
    "Bidirectional",
    "Cell",
    "CoupledLSTM",
    "Dropout",
    "EachStep",
    "Embedding",
    "HState",
    "LSTMState",
    "LayerNorm",
    "LayerNormRNN",
    "Linear",
    "NoForgetLSTM",
    "PeepholeLSTM",
    "Recurrent",
    "RegressionBatch",
    "Regressor",
    "ResetBeforeGRU",
    "ResidualRNN",
    "Reversed",
    "SequenceModel",
    "Stack",
    "Weights",
    "reverse",
]
