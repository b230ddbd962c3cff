"""Recurrent neural networks from first principles, in NumPy with hand-derived gradients.

Begin with ``rnncourse.cells`` (what happens in one time step) and ``rnncourse.recurrent`` (what
happens over a sequence). Axes are (T, N, D): time, batch, features. The modules:

    cells, variants          one time step: RNN, LSTM and GRU; other cells
    recurrent, fused         over time: a cell, its loop and its products; an LSTM in one, for speed
    bidirectional, stack     either direction; any depth
    layers, models           each step by itself: Linear, Embedding and others; whole networks
    functional, init         activations and losses; first values of weights
    optim, train, decode     optimisers and clipping; the loop of training; from logits to symbols
    gradcheck, diagnostics   is a gradient right? what becomes of it over time?
    tree, validate           weights as trees of arrays; checks of what users hand in
    data, text               tasks, collections and batches; text as numbers, word vectors, n-grams
    plot, explorables        figures; figures to push, and quizzes
    torch_models, torch_attention, convert   what chapters train in PyTorch; weights there and back
    notebook, checks, homework   for notebooks: show source, compare answers, check homework
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
