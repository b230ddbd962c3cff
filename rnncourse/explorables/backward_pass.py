"""BackwardPass: three steps of a network of single numbers, forward and then back by hand."""

import numpy as np
import traitlets

from rnncourse import validate
from rnncourse.explorables.base import Explorable, finite_array, front_end

NONLINEARITIES = ("tanh", "linear")


class BackwardPass(Explorable):
    """Computes every derivative of a recurrent network with one input, one unit and one output.

    a_t = w_ih x_t + b_ih + w_hh h_{t-1} + b_hh,  h_t = f(a_t),  h_0 = 0,  y_t = w_hy h_t + b_y,
    L = Σ_t ½ (y_t − target_t)², where f is tanh or the identity. A target None: no loss there.
    ``weights``: a ``Weights``. ``output``: a ``LinearWeights``. ``step``: where the reader starts.
    Shapes: xs (T,), targets (T,), T ≤ 3; W_ih, W_hh, output W (1, 1); b_ih, b_hh, output b (1,).
    Raises: ValueError naming the array and the shape it should have.

    >>> from rnncourse.cells import Weights
    >>> from rnncourse.layers import LinearWeights
    >>> weights = Weights(np.array([[0.5]]), np.array([[0.8]]), np.zeros(1), np.zeros(1))
    >>> output = LinearWeights(np.array([[1.5]]), np.zeros(1))
    >>> BackwardPass([1.0, 0.0, -1.0], [0.5, None, 1.0], weights, output, nonlinearity="linear")
    <BackwardPass explorable>
    """

    _esm = front_end("backward_pass")

    title = traitlets.Unicode("Forward, then back: three steps by hand").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "Solid arrows run forward; dashed ones carry the gradient back, each with the number that "
        "flows along it. In a box, ∂ is the derivative of *L* by that box: the sum of what "
        "arrives. Numbers are rounded where they are shown."
    ).tag(sync=True)
    step = traitlets.Int(1).tag(sync=True)
    nonlinearity = traitlets.Enum(NONLINEARITIES).tag(sync=True)
    xs = traitlets.List().tag(sync=True)
    targets = traitlets.List().tag(sync=True)
    weights = traitlets.Dict().tag(sync=True)

    def __init__(self, xs, targets, weights, output, *, nonlinearity="tanh", step=1, **traits):
        T = validate.between("the number of steps", len(xs), 1, 3)
        if len(targets) != T:
            raise ValueError(f"targets should be as many as xs, {T}, got {len(targets)}")
        if targets[-1] is None:
            raise ValueError("the last step should have a target, got None")
        losses = sum(target is not None for target in targets)
        arrays = {
            "W_ih": (weights.W_ih, (1, 1)),
            "W_hh": (weights.W_hh, (1, 1)),
            "b_ih": (weights.b_ih, (1,)),
            "b_hh": (weights.b_hh, (1,)),
            "output W": (output.W, (1, 1)),
            "output b": (output.b, (1,)),
        }
        numbers = [np.ravel(finite_array(name, *pair)).item() for name, pair in arrays.items()]
        super().__init__(
            xs=finite_array("xs", xs, (T,)),
            targets=[None if y is None else finite_array("targets", y, ()) for y in targets],
            weights=dict(
                zip(("w_ih", "w_hh", "b_ih", "b_hh", "w_hy", "b_y"), numbers, strict=True)
            ),
            nonlinearity=validate.choice("nonlinearity", nonlinearity, NONLINEARITIES),
            step=validate.between("step", step, 1, 3 * T + 2 * losses + 6),
            **traits,
        )
