"""Truncation: what backpropagation through only the last k steps leaves out of a gradient."""

import traitlets

from rnncourse import validate
from rnncourse.explorables.base import Explorable, front_end
from rnncourse.init import orthogonal


class Truncation(Explorable):
    """Compares the gradient of W_hh with its truncation to k steps, for every k from 1 to T.

    h_t = tanh(g·Q h_{t-1} + u_t), W_hh = g·Q with Q orthogonal, L = Σ_t ½ ‖h_t − target_t‖².
    Truncated: the gradient of each L_t goes back through steps t, t−1, …, t−k+1 and no further,
    so that it counts k of the uses of W_hh that came before it; k = T leaves nothing out.
    ``rng`` draws Q, h_0 and the targets (spread 0.5) and u (spread 0.2); rounded to 4 decimals to
    keep the page small, they are the numbers the browser computes with.
    Shapes: Q (H, H), H ≤ 8; h_0 (H,); u and targets (T, H), 2 ≤ T ≤ 40.
    Raises: TypeError, ValueError when an argument is out of its range (gain 0.5 to 1.5).

    >>> import numpy as np
    >>> Truncation(np.random.default_rng(0), gain=1.1, k=5)
    <Truncation explorable>
    """

    _esm = front_end("truncation")

    title = traitlets.Unicode("Following the gradient back k steps").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "Every step has a loss, and each loss is followed back through *k* steps, as drawn for the "
        "last one. The curve is the relative error of the resulting gradient of *W_hh*, "
        "‖*g_k − g*‖ / ‖*g*‖, for every *k*. Its axis is logarithmic; "
        "the error at the largest *k* is 0, which lies on the bottom edge."
    ).tag(sync=True)
    k = traitlets.Int().tag(sync=True)
    gain = traitlets.Float().tag(sync=True)
    matrix = traitlets.List().tag(sync=True)
    start = traitlets.List().tag(sync=True)
    inputs = traitlets.List().tag(sync=True)
    targets = traitlets.List().tag(sync=True)

    def __init__(self, rng, *, hidden_size=8, steps=30, gain=0.9, k=5, **traits):
        H = validate.between("hidden_size", hidden_size, 1, 8)
        T = validate.between("steps", steps, 2, 40)
        super().__init__(
            matrix=orthogonal((H, H), rng).round(4).tolist(),
            start=rng.normal(0, 0.5, H).round(4).tolist(),
            inputs=rng.normal(0, 0.2, (T, H)).round(4).tolist(),
            targets=rng.normal(0, 0.5, (T, H)).round(4).tolist(),
            gain=validate.between("gain", gain, 0.5, 1.5),
            k=validate.between("k", k, 1, T),
            **traits,
        )
