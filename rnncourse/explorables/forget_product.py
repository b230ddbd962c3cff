"""ForgetProduct: how much forget gates keep over a distance, by their bias and its spread."""

import traitlets

from rnncourse import validate
from rnncourse.explorables.base import Explorable, front_end


class ForgetProduct(Explorable):
    """Draws the product of d forget gates against d, for f_t = σ(b + s ε_t).

    That is ``diagnostics.retention`` of an LSTM with pre-activations b + s ε_t: gates are
    multiplied from the last back. Beside it stands σ(b)^d, which has no spread. ``rng`` draws the
    ε_t of each sequence, standard normal; they are rounded to 3 decimals to keep the page small.
    Shapes: ε (sequences, steps), sequences 1 to 9, steps 20 to 400.
    Raises: TypeError, ValueError for an argument out of its range (bias -2 to 6, spread 0 to 3).
    Reference: Gers, Schmidhuber & Cummins 2000.

    >>> import numpy as np
    >>> ForgetProduct(np.random.default_rng(0), bias=3.0)
    <ForgetProduct explorable>
    """

    _esm = front_end("forget_product")

    title = traitlets.Unicode("What forget gates keep over a distance").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "Each solid curve multiplies the forget gates of one sequence, from the last step back. "
        "The dashed line has every gate at *f*\u00a0=\u00a0σ(*b*): with *b*\u00a0=\u00a01, "
        "*f* is about 0.73 and half is lost after 2.2 steps. The disc marks that half-life. "
        "The axis is logarithmic; what falls below 1e−6 leaves the chart."
    ).tag(sync=True)
    bias = traitlets.Float().tag(sync=True)
    spread = traitlets.Float().tag(sync=True)
    noise = traitlets.List().tag(sync=True)

    def __init__(self, rng, *, bias=1.0, spread=1.0, steps=200, sequences=5, **traits):
        T = validate.between("steps", steps, 20, 400)
        N = validate.between("sequences", sequences, 1, 9)
        super().__init__(
            noise=validate.rng(rng).normal(size=(N, T)).round(3).tolist(),
            bias=validate.between("bias", bias, -2, 6),
            spread=validate.between("spread", spread, 0, 3),
            **traits,
        )
