"""SpectralRadius: how fast the gradient vanishes or explodes, and what predicts it."""

import numpy as np
import traitlets

from rnncourse import validate
from rnncourse.diagnostics import spectral_radius
from rnncourse.explorables.base import Explorable, front_end
from rnncourse.init import normal, orthogonal

MATRICES = ("orthogonal", "gaussian", "shear")
NONLINEARITIES = ("tanh", "linear", "sigmoid")


class SpectralRadius(Explorable):
    """Runs h_t = f(ρ M h_{t-1} + s x_t) and draws ‖∂h_T/∂h_{T-d}‖₂ against the distance d.

    Beside it stand the bound (σ₁ γ)^d and (ρ γ)^d, where γ is the largest slope of f. M has
    spectral radius 1: an orthogonal matrix, a Gaussian one, or a shear, [[1, 1], [0, 1]] for each
    pair of units. ``rng`` draws M and x; rounded to 4 decimals to keep the page small, they are the
    numbers the browser computes with. h_0 = 0, and s is ``input_scale``.
    Shapes: M (H, H), x (T, H). Raises: TypeError, ValueError when an argument is out of its range.
    Reference: Pascanu, Mikolov & Bengio 2013, section 2.1.

    >>> SpectralRadius(np.random.default_rng(0), radius=0.9, kind="gaussian")
    <SpectralRadius explorable>
    """

    _esm = front_end("spectral_radius")

    title = traitlets.Unicode("What predicts the size of a gradient far back").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "The solid curve is the most that a gradient can have grown on its way from the last step "
        "to the step *d* before it. *σ_1* is the largest singular value of *W_hh*; *γ* is the "
        "largest slope of the function, 1/4 for the sigmoid and 1 for the others. What is below "
        "1e−12 or above 1e12 lies on the edge."
    ).tag(sync=True)
    radius = traitlets.Float().tag(sync=True)
    input_scale = traitlets.Float().tag(sync=True)
    nonlinearity = traitlets.Enum(NONLINEARITIES).tag(sync=True)
    kind = traitlets.Enum(MATRICES).tag(sync=True)
    matrices = traitlets.Dict().tag(sync=True)
    inputs = traitlets.List().tag(sync=True)

    def __init__(
        self,
        rng,
        *,
        hidden_size=20,
        steps=40,
        radius=0.9,
        input_scale=0.0,
        nonlinearity="tanh",
        kind="gaussian",
        **traits,
    ):
        H = validate.between("hidden_size", hidden_size, 2, 24)
        if H % 2:
            raise ValueError(f"hidden_size should be even, for the shear works on pairs, got {H}")
        T = validate.between("steps", steps, 2, 60)
        gaussian = normal((H, H), rng)
        matrices = {
            "orthogonal": orthogonal((H, H), rng),
            "gaussian": gaussian / spectral_radius(gaussian),
            "shear": np.kron(np.eye(H // 2), [[1, 1], [0, 1]]),
        }
        super().__init__(
            radius=validate.between("radius", radius, 0.3, 2),
            input_scale=validate.between("input_scale", input_scale, 0, 2),
            nonlinearity=validate.choice("nonlinearity", nonlinearity, NONLINEARITIES),
            kind=validate.choice("kind", kind, MATRICES),
            matrices={name: matrix.round(4).tolist() for name, matrix in matrices.items()},
            inputs=rng.normal(size=(T, H)).round(4).tolist(),
            **traits,
        )
