"""Every recurrent layer and every way to wire such layers, for tests that must hold for all.

``build(wiring, recurrent)`` combines any of the one with any of the other.
"""

from functools import partial

from rnncourse import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    CoupledLSTM,
    EachStep,
    LayerNorm,
    LayerNormRNN,
    Linear,
    NoForgetLSTM,
    PeepholeLSTM,
    Recurrent,
    ResetBeforeGRU,
    ResidualRNN,
    Reversed,
    Stack,
)
from rnncourse.fused import FusedLSTM

CELLS = {
    "RNN tanh": RNN,
    "RNN relu": partial(RNN, nonlinearity="relu"),
    "RNN leaky_relu": partial(RNN, nonlinearity="leaky_relu"),
    "RNN elu": partial(RNN, nonlinearity="elu"),
    "RNN sigmoid": partial(RNN, nonlinearity="sigmoid"),
    "RNN linear": partial(RNN, nonlinearity="linear"),
    "ResidualRNN": ResidualRNN,
    "LayerNormRNN": partial(LayerNormRNN, eps=0.1),
    "LSTM": LSTM,
    "LSTM forget_bias": partial(LSTM, forget_bias=1.5),
    "NoForgetLSTM": NoForgetLSTM,
    "CoupledLSTM": CoupledLSTM,
    "PeepholeLSTM": PeepholeLSTM,
    "GRU": GRU,
    "ResetBeforeGRU": ResetBeforeGRU,
}
RECURRENT = {
    **{name: lambda D, H, cell=cell: Recurrent(cell(D, H)) for name, cell in CELLS.items()},
    "FusedLSTM": lambda D, H: FusedLSTM(LSTM(D, H)),
}

# In each, run(inputs, outputs) makes a recurrent layer. Sizes differ where they may, so that no
# mix-up of two sizes goes unseen. LayerNorm with its usual eps is so steep where all units are
# almost alike, as with dead ReLUs, that finite differences fail.
LEFT_TO_RIGHT = {
    "alone": lambda run, D, H: run(D, H),
    "Stack": lambda run, D, H: Stack((run(D, H), run(H, H + 1))),
    "Stack residual": lambda run, D, H: Stack((run(D, D), run(D, D)), "residual"),
    "Stack residual, projected": lambda run, D, H: Stack(
        (run(D, D + 1), run(D + 1, D)), "residual"
    ),
    "Stack dense": lambda run, D, H: Stack((run(D, H), run(D + H, H + 1)), "dense"),
    "Stack with LayerNorm": lambda run, D, H: Stack(
        (run(D, H), EachStep(LayerNorm(H, eps=0.1)), run(H, H))
    ),
    "Stack with Linear": lambda run, D, H: Stack(
        (run(D, H), EachStep(Linear(H, H + 1)), run(H + 1, H))
    ),
    "Stack with dropout": lambda run, D, H: Stack((run(D, H), run(H, H)), dropout=0.4),
}
BOTH_WAYS = {
    "Reversed": lambda run, D, H: Reversed(run(D, H)),
    "Bidirectional": lambda run, D, H: Bidirectional(run(D, H), run(D, H + 1)),
    "Bidirectional sum": lambda run, D, H: Bidirectional(run(D, H), run(D, H), "sum"),
    "Bidirectional project": lambda run, D, H: Bidirectional(run(D, H), run(D, H), "project"),
    "joined at every layer": lambda run, D, H: Stack(
        (Bidirectional(run(D, H), run(D, 1)), Bidirectional(run(H + 1, H), run(H + 1, H)))
    ),
    "separate chains": lambda run, D, H: Bidirectional(
        Stack((run(D, H), run(H, H + 1))), Stack((run(D, H), run(H, H)))
    ),
    "alternating": lambda run, D, H: Stack((run(D, H), Reversed(run(H, H + 1)))),
    "all at once": lambda run, D, H: Stack(
        (
            Bidirectional(run(D, H), run(D, H), "project"),
            EachStep(LayerNorm(H, eps=0.1)),
            Reversed(Stack((run(H, H), run(2 * H, D)), "dense", dropout=0.3)),
        ),
        "residual",
        dropout=0.3,
    ),
}
WIRINGS = LEFT_TO_RIGHT | BOTH_WAYS


def build(wiring, recurrent, input_size=2, hidden_size=3):
    """A layer; of its 3 hidden units LayerNorm leaves a circle, of 2 only a sign."""
    return WIRINGS[wiring](RECURRENT[recurrent], input_size, hidden_size)
