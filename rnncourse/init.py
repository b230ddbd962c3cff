"""First values of weights. A matrix has the shape (outputs, inputs); randomness needs an rng.

The question behind all of them: with what spread do activations and gradients neither die out
nor blow up as they pass through the matrix again and again? ``zeros`` and ``identity`` draw
nothing; they take an rng so that any of these functions can stand for another.
"""

import numpy as np

from rnncourse import validate


def zeros(shape, rng=None, dtype=np.float64):
    """All zeros: the usual start for biases.

    >>> zeros(3)
    array([0., 0., 0.])
    """
    return _cast(np.zeros(_check_shape(shape)), dtype)


def normal(shape, rng, dtype=np.float64, scale=1.0):
    """Independent normal entries with standard deviation ``scale``.

    >>> normal((2, 3), np.random.default_rng(0)).shape
    (2, 3)
    """
    validate.positive("scale", scale)
    return _cast(validate.rng(rng).normal(0.0, scale, _check_shape(shape)), dtype)


def xavier_uniform(shape, rng, dtype=np.float64):
    """Uniform on ±sqrt(6 / (inputs + outputs)).

    A compromise between keeping the spread of activations (1 / inputs) and of gradients
    (1 / outputs) for an activation with slope 1 at zero, such as tanh.
    Raises: ValueError unless the shape is (outputs, inputs).
    Reference: Glorot & Bengio 2010, equation 16.

    >>> bool(abs(xavier_uniform((2, 4), np.random.default_rng(0))).max() <= 1)
    True
    """
    outputs, inputs = _matrix(shape)
    limit = np.sqrt(6.0 / (inputs + outputs))
    return _cast(validate.rng(rng).uniform(-limit, limit, shape), dtype)


def xavier_normal(shape, rng, dtype=np.float64):
    """Normal with variance 2 / (inputs + outputs).

    Raises: ValueError unless the shape is (outputs, inputs).
    Reference: Glorot & Bengio 2010, equation 12.

    >>> round(float(xavier_normal((400, 600), np.random.default_rng(0)).std()), 3)
    0.045
    """
    outputs, inputs = _matrix(shape)
    return normal(shape, rng, dtype, np.sqrt(2.0 / (inputs + outputs)))


def he_uniform(shape, rng, dtype=np.float64):
    """Uniform on ±sqrt(6 / inputs), which has variance 2 / inputs.

    Raises: ValueError unless the shape is (outputs, inputs).
    Reference: He et al. 2015, section 2.2.

    >>> bool(abs(he_uniform((2, 6), np.random.default_rng(0))).max() <= 1)
    True
    """
    _, inputs = _matrix(shape)
    limit = np.sqrt(6.0 / inputs)
    return _cast(validate.rng(rng).uniform(-limit, limit, shape), dtype)


def he_normal(shape, rng, dtype=np.float64):
    """Normal with variance 2 / inputs: ReLU passes only half of the variance on.

    Raises: ValueError unless the shape is (outputs, inputs).
    Reference: He et al. 2015, section 2.2.

    >>> round(float(he_normal((400, 800), np.random.default_rng(0)).std()), 3)
    0.05
    """
    _, inputs = _matrix(shape)
    return normal(shape, rng, dtype, np.sqrt(2.0 / inputs))


def orthogonal(shape, rng, dtype=np.float64, gain=1.0):
    """A matrix whose rows (or columns, whichever are fewer) are orthonormal, times ``gain``.

    A square one keeps the length of every vector it multiplies: ||W v|| = gain ||v||.
    Raises: ValueError unless the shape is (outputs, inputs).
    Reference: Saxe, McClelland & Ganguli 2014.

    >>> W = orthogonal((3, 3), np.random.default_rng(0))
    >>> bool(np.allclose(W @ W.T, np.eye(3)))
    True
    """
    outputs, inputs = _matrix(shape)
    validate.finite("gain", gain)
    tall = validate.rng(rng).normal(size=(max(shape), min(shape)))
    q, r = np.linalg.qr(tall)
    q = q * np.sign(np.diag(r))  # QR leaves the signs open; fixing them makes W uniform (Haar)
    return _cast(gain * (q if outputs >= inputs else q.T), dtype)


def identity(shape, rng=None, dtype=np.float64, gain=1.0):
    """The identity matrix times ``gain``: the state is carried over unchanged.

    Raises: ValueError unless the shape is a square.
    Reference: Le, Jaitly & Hinton 2015.

    >>> identity((2, 2))
    array([[1., 0.],
           [0., 1.]])
    """
    outputs, inputs = _matrix(shape)
    validate.finite("gain", gain)
    if outputs != inputs:
        raise ValueError(f"an identity matrix is square, got the shape {shape}")
    return _cast(gain * np.eye(outputs), dtype)


def gate_biases(values, hidden_size, dtype=np.float64):
    """One constant a gate, repeated for each of its units: the bias of a gated cell.

    For an LSTM (gates i, f, g, o) the values (0, 1, 0, 0) open the forget gate: sigmoid(1) = 0.73
    of the cell state is kept from the start, instead of half. Set one of the two biases only, as
    they add up.
    Shapes: G values -> (G·H,).
    Raises: ValueError unless there is a finite value for each gate and hidden_size at least 1.
    Reference: Gers, Schmidhuber & Cummins 2000; Jozefowicz, Zaremba & Sutskever 2015.

    >>> gate_biases((0, 1, 0, 0), hidden_size=2)
    array([0., 0., 1., 1., 0., 0., 0., 0.])
    """
    values = np.asarray(values, float)
    if values.ndim != 1 or values.size == 0 or not np.isfinite(values).all():
        raise ValueError(f"values should be one finite number for each gate, got {values}")
    validate.whole("hidden_size", hidden_size, 1)
    return _cast(np.repeat(values, hidden_size), dtype)


def chrono_biases(hidden_size, longest, rng, dtype=np.float64):
    """The bias of an LSTM whose units forget at rates of their own:

    b_f = log u, b_i = -b_f, with u uniform on [1, longest - 1]: a unit with bias log u keeps
    u / (1 + u) of its state a step, so it remembers for about 1 + u steps.
    Shapes: (4 H,), in the order i, f, g, o.
    Raises: ValueError unless ``longest``, the reach wanted in steps, is finite and at least 2.
    Reference: Tallec & Ollivier 2018.

    >>> chrono_biases(1, longest=100, rng=np.random.default_rng(0)).round(2)
    array([-4.15,  4.15,  0.  ,  0.  ])
    """
    validate.whole("hidden_size", hidden_size, 1)
    validate.between("longest", longest, 2)
    forget = np.log(validate.rng(rng).uniform(1.0, longest - 1.0, hidden_size))
    nothing = np.zeros(hidden_size)
    return _cast(np.concatenate([-forget, forget, nothing, nothing]), dtype)


def _check_shape(shape):
    for size in shape if isinstance(shape, tuple) else (shape,):
        validate.whole("each size of shape", size, 0)
    return shape


def _matrix(shape):
    if not isinstance(shape, tuple) or len(shape) != 2:
        raise ValueError(f"shape should be (outputs, inputs), each at least 1, got {shape}")
    for size in shape:
        validate.whole("each size in the shape of a matrix (outputs, inputs)", size, 1)
    return shape


def _cast(array, dtype):
    return array.astype(validate.float_dtype(dtype), copy=False)
