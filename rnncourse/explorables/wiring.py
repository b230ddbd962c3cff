"""Wiring: deep recurrent networks, drawn, counted and written as an expression of the package."""

import traitlets

from rnncourse import validate
from rnncourse.explorables.base import Explorable, front_end

CELLS = ("RNN", "GRU", "LSTM")
WIRINGS = ("one", "joined", "apart", "turning", "both_turning")
SHORTCUTS = ("none", "residual", "dense")
SIZES = tuple(2**power for power in range(10))


class Wiring(Explorable):
    """Draws ``layers`` layers over four steps, counts parameters, gives shapes and expression.

    ``wiring``: "one" direction, "joined" at every layer, two chains "apart" up to the top, one
    chain "turning" at every layer, or "both_turning". Sizes are powers of 2 from 1 to 512.
    Raises: ValueError for an unknown choice, or a number of layers not from 1 to 4.
    Reference: the head of ``rnncourse.stack``; Miceli Barone et al. 2017 for two turning chains.

    >>> Wiring(cell="GRU", wiring="apart", layers=3, shortcut="residual")
    <Wiring explorable>
    """

    _esm = front_end("wiring")

    title = traitlets.Unicode("Wiring a deep recurrent network").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "A row of orange boxes is a recurrent cell over four time steps; its arrows show which way "
        "it reads. A grey “;” joins what comes in end to end, a grey “+” adds it, and *W* is a "
        "projection. The final summary is read from the boxes with thick outlines."
    ).tag(sync=True)
    cell = traitlets.Enum(CELLS).tag(sync=True)
    wiring = traitlets.Enum(WIRINGS).tag(sync=True)
    layers = traitlets.Int().tag(sync=True)
    shortcut = traitlets.Enum(SHORTCUTS).tag(sync=True)
    input_size = traitlets.Int().tag(sync=True)
    hidden_size = traitlets.Int().tag(sync=True)

    def __init__(
        self, *, cell="LSTM", wiring="joined", layers=2, shortcut="none",
        input_size=8, hidden_size=16, **traits,
    ):  # fmt: skip
        super().__init__(
            cell=validate.choice("cell", cell, CELLS),
            wiring=validate.choice("wiring", wiring, WIRINGS),
            layers=validate.between("layers", layers, 1, 4),
            shortcut=validate.choice("shortcut", shortcut, SHORTCUTS),
            input_size=validate.choice("input_size", input_size, SIZES),
            hidden_size=validate.choice("hidden_size", hidden_size, SIZES),
            **traits,
        )
