"""Cliff: gradient descent on an error surface with a wall, with and without clipping."""

import traitlets

from rnncourse import validate
from rnncourse.explorables.base import Explorable, front_end

LEARNING_RATES = [0.02, 0.05, 0.1, 0.2, 0.5]
THRESHOLDS = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, None]
W_RANGE, B_RANGE = [4.0, 5.4], [-2.8, -1.8]


class Cliff(Explorable):
    """Gradient descent on E = (σ(h_50) - 0.7)² of one unit, h_t = w σ(h_{t-1}) + b, h_0 = 0.5.

    A ball starts at (w, b), 4 ≤ w ≤ 5.4 and -2.8 ≤ b ≤ -1.8, and takes plain steps of
    ``learning_rate``. A gradient longer than ``threshold`` is cut to that length; None cuts none.
    Raises: ValueError for a start out of the picture or a setting that the sliders do not have.
    Reference: Pascanu, Mikolov & Bengio 2013, figure 6 and section 3.2.

    >>> Cliff(threshold=0.5)
    <Cliff explorable>
    """

    _esm = front_end("cliff")

    title = traitlets.Unicode("A wall in the error surface").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "The map shows the error *E* of every pair of weights *w* and *b*, in bands; where many "
        "bands meet, the surface is a wall. The ring is the start, the disc the ball. The chart "
        "shows the length of the gradient on a logarithmic axis, with the clipping threshold "
        "dashed. A slider changes the whole descent, not only what is left of it."
    ).tag(sync=True)
    w = traitlets.Float().tag(sync=True)
    b = traitlets.Float().tag(sync=True)
    learning_rate = traitlets.Float().tag(sync=True)
    threshold = traitlets.Float(None, allow_none=True).tag(sync=True)
    steps = traitlets.Int(0).tag(sync=True)  # how many the ball has been told to take
    learning_rates = traitlets.List(LEARNING_RATES).tag(sync=True)
    thresholds = traitlets.List(THRESHOLDS).tag(sync=True)
    ranges = traitlets.List([W_RANGE, B_RANGE]).tag(sync=True)

    def __init__(self, *, w=4.9, b=-2.25, learning_rate=0.2, threshold=None, **traits):
        super().__init__(
            w=validate.between("w", w, *W_RANGE),
            b=validate.between("b", b, *B_RANGE),
            learning_rate=validate.choice("learning_rate", learning_rate, LEARNING_RATES),
            threshold=validate.choice("threshold", threshold, THRESHOLDS),
            **traits,
        )
