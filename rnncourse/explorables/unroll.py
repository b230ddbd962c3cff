"""Unroll: a vanilla RNN, folded and unrolled, with its real numbers at every step."""

import numpy as np
import traitlets

from rnncourse import validate
from rnncourse.explorables.base import Explorable, distinct_symbols, finite_array, front_end


class Unroll(Explorable):
    """Unrolls h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh) one step at a time, from h_0 = 0.

    ``weights``: a ``Weights``. ``output``: a ``LinearWeights``, adds p_t = softmax(W_hy h_t + b_y).
    Without ``xs``, x_t is the one-hot vector of the symbol, in the order of ``vocabulary``.
    Shapes: xs (T, D), T ≤ 12, D ≤ 8, H ≤ 4; output W (V, H), V ≤ 8, named by ``vocabulary``.
    Raises: TypeError, ValueError naming the array and the shape it should have.

    >>> from rnncourse.recurrent import Recurrent
    >>> from rnncourse.cells import RNN
    >>> weights = Recurrent(RNN(4, 3)).init(np.random.default_rng(0))
    >>> Unroll("hello", weights)
    <Unroll explorable>
    """

    _esm = front_end("unroll")

    title = traitlets.Unicode("Unrolling a recurrent network").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "Blue boxes are inputs with the symbol read below them, orange boxes hidden states, green "
        "boxes outputs with their likeliest symbol above them, grey labels weights. A cell’s bar "
        "runs right for a positive number and left for a negative one."
    ).tag(sync=True)
    step = traitlets.Int(1).tag(sync=True)
    symbols = traitlets.List().tag(sync=True)
    vocabulary = traitlets.List().tag(sync=True)
    xs = traitlets.List().tag(sync=True)
    weights = traitlets.Dict().tag(sync=True)
    output = traitlets.Dict().tag(sync=True)

    def __init__(
        self, symbols, weights, output=None, *, xs=None, vocabulary=None, step=1, **traits
    ):
        symbols = list(symbols)
        if vocabulary is None:
            vocabulary = dict.fromkeys(symbols)  # each symbol once, in the order they come
        vocabulary = distinct_symbols("vocabulary", vocabulary)
        validate.between("the number of symbols", len(symbols), 1, 12)
        if xs is None:
            if unknown := [s for s in symbols if s not in vocabulary]:
                raise ValueError(f"symbols should be in the vocabulary, got {unknown[0]!r}")
            xs = np.eye(len(vocabulary))[[vocabulary.index(s) for s in symbols]]
        size, hidden = np.shape(xs)[-1], np.shape(weights.W_hh)[-1]
        validate.between("the input size", size, 1, 8)
        validate.between("the hidden size", hidden, 1, 4)
        shapes = {
            "W_ih": (hidden, size),
            "W_hh": (hidden, hidden),
            "b_ih": (hidden,),
            "b_hh": (hidden,),
        }
        if output is not None:
            validate.between("the vocabulary's length", len(vocabulary), 2, 8)
            output = {
                "W": finite_array("output W", output.W, (len(vocabulary), hidden)),
                "b": finite_array("output b", output.b, (len(vocabulary),)),
            }
        super().__init__(
            symbols=symbols,
            vocabulary=vocabulary,
            xs=finite_array("xs", xs, (len(symbols), size)),
            weights={k: finite_array(k, getattr(weights, k), s) for k, s in shapes.items()},
            output=output or {},
            step=validate.between("step", step, 1, len(symbols)),
            **traits,
        )
