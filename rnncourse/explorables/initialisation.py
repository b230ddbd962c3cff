"""Initialisation: what the size of W_hh does to states going forward and gradients going back."""

import numpy as np
import traitlets

from rnncourse import validate
from rnncourse.explorables.base import Explorable, front_end
from rnncourse.init import normal, orthogonal

MATRICES = ("orthogonal", "gaussian")


class Initialisation(Explorable):
    """Runs h_t = tanh(g·Q h_{t-1} + noise ε_t), then sends a gradient of norm 1 back from h_T.

    Q is orthogonal or has Gaussian entries of variance 1 / H. ``rng`` draws both matrices, h_0
    (spread 0.5), ε and the gradient at h_T; rounded to 5 decimals to keep the page small, they
    are the numbers the browser computes with.
    Shapes: Q (H, H), ε (T, H). Raises: TypeError, ValueError when an argument is out of its range.

    >>> Initialisation(np.random.default_rng(0), gain=1.2)
    <Initialisation explorable>
    """

    _esm = front_end("initialisation")

    title = traitlets.Unicode("The gain of the recurrent matrix").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "The orange curve is the spread of the hidden units, from left to right as time goes. The "
        "grey curve is the norm of the gradient on its way back, so read it from right to left; "
        "its axis is logarithmic, and what is below 1e−12 lies on the bottom edge."
    ).tag(sync=True)
    gain = traitlets.Float().tag(sync=True)
    noise = traitlets.Float().tag(sync=True)
    kind = traitlets.Enum(MATRICES).tag(sync=True)
    matrices = traitlets.Dict().tag(sync=True)
    start = traitlets.List().tag(sync=True)
    inputs = traitlets.List().tag(sync=True)
    gradient = traitlets.List().tag(sync=True)

    def __init__(
        self, rng, *, hidden_size=32, steps=50, gain=1.0, noise=0.1, kind="orthogonal", **traits
    ):
        H = validate.between("hidden_size", hidden_size, 2, 64)
        T = validate.between("steps", steps, 2, 100)
        matrices = {
            "orthogonal": orthogonal((H, H), rng),
            "gaussian": normal((H, H), rng, scale=H**-0.5),
        }
        direction = rng.normal(size=H)
        super().__init__(
            gain=validate.between("gain", gain, 0, 2.5),
            noise=validate.between("noise", noise, 0, 1),
            kind=validate.choice("kind", kind, MATRICES),
            matrices={name: matrix.round(5).tolist() for name, matrix in matrices.items()},
            start=rng.normal(0, 0.5, H).round(5).tolist(),
            inputs=rng.normal(size=(T, H)).round(5).tolist(),
            gradient=(direction / np.linalg.norm(direction)).round(5).tolist(),
            **traits,
        )
