"""LSTMStep: one time step of one LSTM unit, part by part, with every gate on a slider."""

import traitlets

from rnncourse import validate
from rnncourse.explorables.base import Explorable, front_end

STAGES = ("forget", "input", "candidate", "cell", "output")


class LSTMStep(Explorable):
    """Computes c_t = f c_{t-1} + i g and h_t = o tanh(c_t) of one unit, its gates set by hand.

    0 ≤ i, f, o ≤ 1, -1 ≤ g ≤ 1, -3 ≤ c ≤ 3, where ``c`` is c_{t-1}. The reader steps through the
    parts in the order of ``STAGES``, from ``stage`` on, and then carries c_t on as c_{t-1}.
    Raises: ValueError for a number out of its range or an unknown stage.
    Reference: Gers, Schmidhuber & Cummins 2000.

    >>> LSTMStep(i=0.0, f=1.0, g=0.5, o=0.0, c=2.0, stage="output")
    <LSTMStep explorable>
    """

    _esm = front_end("unit_step", "lstm_step")

    title = traitlets.Unicode("One step of one LSTM unit").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "The memory runs along the top. The thicker a coloured line, the larger the number in it; "
        "a dotted one carries nothing. In a network *x_t* and *h_{t−1}* set the gates, here the "
        "sliders do. Moving *c_{t−1}* starts the record again."
    ).tag(sync=True)
    i = traitlets.Float().tag(sync=True)
    f = traitlets.Float().tag(sync=True)
    g = traitlets.Float().tag(sync=True)
    o = traitlets.Float().tag(sync=True)
    c = traitlets.Float().tag(sync=True)
    stage = traitlets.Enum(STAGES).tag(sync=True)
    history = traitlets.List().tag(sync=True)  # the settings i, f, g, o, c of each step done

    def __init__(self, *, i=0.1, f=0.9, g=0.5, o=0.5, c=2.0, stage="forget", **traits):
        super().__init__(
            i=validate.between("i", i, 0, 1),
            f=validate.between("f", f, 0, 1),
            g=validate.between("g", g, -1, 1),
            o=validate.between("o", o, 0, 1),
            c=validate.between("c", c, -3, 3),
            stage=validate.choice("stage", stage, STAGES),
            **traits,
        )
