"""What the tests need to know of homework 3; tests/homework/__init__.py says what that is."""

POINTS = {"q1": 3, "q2": 3, "q3": 4, "q4": 4, "q5": 3, "q6": 3}

COMPLEX_STEP = """1j * step
            gradient[name][index] = point_loss(network, point | {name: nudged}).imag / step"""
REAL_STEP = """1e-5
            more = point_loss(network, point | {name: nudged}) - point_loss(network, point)
            gradient[name][index] = more.real / 1e-5"""
LAST_TOO_LARGE = "int(too_large[-1]) + 2"
FIRST_SMALL = "int(np.argmin(np.asarray(errors) > tolerance)) + 1"

WRONG = {
    "q1": [
        ("a loss does not reach its own step", "range(1, s + 1)", "range(1, s)"),
        ("a loss reaches all uses", "range(1, s + 1)", "range(1, T + 1)"),
        ("the recursion starts at step T", "max(loss_steps) - 1", "T - 1"),
    ],
    "q2": [
        ("one role of W_ih", "taking_in + giving_out", "taking_in"),
        ("no way through later steps", "W_ih @ dys[1] + W_hh.T @ delta_3", "W_ih @ dys[1]"),
        ("W_hh not transposed", "dys[0] + W_hh.T @ delta_2", "dys[0] + W_hh @ delta_2"),
    ],
    "q3": [
        ("no way by the second lag", "deltas[t] += da[t] @ W_2", "pass"),
        ("W_1 transposed", "da[t] @ W_1", "da[t] @ W_1.T"),
        ("both matrices read the last state", "of_matrix(hs[:-2])", "of_matrix(hs[1:-1])"),
    ],
    "q4": [
        ("a real step", COMPLEX_STEP, REAL_STEP),
        ("starts from zeros", '"h_0": rng.normal(size=(N, H))', '"h_0": np.zeros((N, H))'),
        ("no biases", '"b": rng.normal(size=H)', '"b": np.zeros(H)'),
    ],
    "q5": [
        ("still the first state", "h = hs[-1]", "h = hs[0]"),
        ("still from another chunk", "dh = np.zeros_like(h)", "dh = dh if start else 0"),
        ("still the state after", "da.T @ hs[t] ", "da.T @ hs[t + 1] "),
    ],
    "q6": [
        ("the last steps begin with zeros", "hs[T - k - 1] if k < T else np", "np"),
        ("the first small error", LAST_TOO_LARGE, FIRST_SMALL),
        ("scale ignored", "W_hh=scale * weights.W_hh", "W_hh=weights.W_hh"),
    ],
}  # fmt: skip

PARTLY = {"q1": (2, 1), "q3": (2, 0), "q4": (2, 1)}

SEEDS = {}

DRAWS = """xs = rng.normal(size=(T, 8, 4))
    target = rng.normal(size=(8, 16))"""
OTHER_ORDER = """target = rng.normal(size=(8, 16))
    xs = rng.normal(size=(T, 8, 4))"""

TOLD = {
    "q4": [
        ("takes the slope of tanh without the bias", "rng.normal(size=H)", "np.zeros(H)"),
        ("leaves out the first step's use", '"h_0": rng.normal(size=', '"h_0": np.zeros('),
        ("multiplies by W_hh transposed", "T, N, D, H = 6, 4, 3, 2", "T, N, D, H = 6, 4, 3, 1"),
        ("takes the mean over the batch", "T, N, D, H = 6, 4, 3, 2", "T, N, D, H = 6, 1, 3, 2"),
        ("ends each way after two steps", "T, N, D, H = 6, 4, 3, 2", "T, N, D, H = 3, 4, 3, 2"),
        ("lays the inputs out by rows", "rng.normal(size=(T, N, D))", "np.ones((T, N, D))"),
        (
            "takes x_{t-1} for x_t",
            "rng.normal(size=(T, N, D))",
            "np.repeat(rng.normal(size=(1, N, D)), T, axis=0)",
        ),
        ("first row's outputs for all", "rng.normal(size=(T, N, H))", "np.ones((T, N, H))"),
        (
            "hears the last output alone",
            "rng.normal(size=(T, N, H))",
            "rng.normal(size=(T, N, H)) * (np.arange(T) == T - 1)[:, None, None]",
        ),
    ],
    "q6": [
        ("W_hh should be multiplied", "W_hh=scale * weights.W_hh", "W_hh=weights.W_hh"),
        ("not W_ih", "W_hh=scale", "W_ih=scale * weights.W_ih, W_hh=scale"),
        ("not with zeros", "hs[T - k - 1] if k < T else np", "np"),
        (
            "the last step only",
            "np.zeros_like(outputs), dlast",
            "outputs - target, HState(0 * target)",
        ),
        ("draw the inputs first", DRAWS, OTHER_ORDER),
    ],
}
