"""GRUStep: one time step of one GRU unit, part by part, with every gate on a slider."""

import traitlets

from rnncourse import validate
from rnncourse.explorables.base import Explorable, front_end

STAGES = ("reset", "update", "candidate", "state")


class GRUStep(Explorable):
    """Computes n_t = tanh(ax_n + r w h_{t-1}) and h_t = (1 - z) n_t + z h_{t-1} of one unit.

    0 ≤ r, z ≤ 1 are set by hand, and so are the input's part of the candidate, -2 ≤ ax_n ≤ 2, and
    the weight, -2 ≤ w ≤ 2, of the state's part, ah_n = w h_{t-1}. ``h`` is h_{t-1}, -1 ≤ h ≤ 1.
    The reader steps through the parts in the order of ``STAGES``, from ``stage`` on, and then
    carries h_t on as h_{t-1}. A large z keeps the old state, as in PyTorch.
    Raises: ValueError for a number out of its range or an unknown stage.
    Reference: Cho et al. 2014.

    >>> GRUStep(r=1.0, z=0.9, h=0.5, w=1.5, ax_n=-1.0, stage="state")
    <GRUStep explorable>
    """

    _esm = front_end("unit_step", "gru_step")

    title = traitlets.Unicode("One step of one GRU unit").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "The state runs along the top. The thicker a coloured line, the larger the number in it; "
        "a dotted one carries nothing. In a network *x_t* and *h_{t−1}* set the gates, here the "
        "sliders do. Moving *h_{t−1}* starts the record again."
    ).tag(sync=True)
    r = traitlets.Float().tag(sync=True)
    z = traitlets.Float().tag(sync=True)
    h = traitlets.Float().tag(sync=True)
    w = traitlets.Float().tag(sync=True)
    ax_n = traitlets.Float().tag(sync=True)
    stage = traitlets.Enum(STAGES).tag(sync=True)
    history = traitlets.List().tag(sync=True)  # the settings r, z, h, w, ax_n of each step done

    def __init__(self, *, r=0.5, z=0.7, h=0.8, w=1.5, ax_n=-1.0, stage="reset", **traits):
        super().__init__(
            r=validate.between("r", r, 0, 1),
            z=validate.between("z", z, 0, 1),
            h=validate.between("h", h, -1, 1),
            w=validate.between("w", w, -2, 2),
            ax_n=validate.between("ax_n", ax_n, -2, 2),
            stage=validate.choice("stage", stage, STAGES),
            **traits,
        )
