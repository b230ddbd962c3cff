"""What the tests need to know of homework 4; tests/homework/__init__.py says what that is."""

POINTS = {"q1": 3, "q2": 3, "q3": 4, "q4": 3, "q5": 3, "q6": 4}

SINGULAR = "np.linalg.svd(W_hh, compute_uv=False).max()"
EIGENVALUES = "np.linalg.eigvals(W_hh)"
ALL_WAYS = "return kept + through_z + through_c"
NORM = "np.sum(array**2) for array"
FACTOR = "limit / norm if norm > limit else 1.0"
EACH_ALONE = "limit / np.maximum(limit, np.linalg.norm(array)) * array"
TRAIN = "weights, batches, optimiser,"

WRONG = {
    "q1": [
        ("radius for singular value", SINGULAR, f"np.abs({EIGENVALUES}).max()"),
        ("eigenvalue, not its modulus", f"np.abs({EIGENVALUES})", f"{EIGENVALUES}.real"),
        ("slope forgotten", ".max() * max_slope", ".max()"),
    ],
    "q2": [
        ("slope lost on the way back", "delta = da @ W_hh", "delta = delta @ W_hh"),
        ("the state after the step", "da.T @ hs[t]", "da.T @ hs[t + 1]"),
        ("W_hh transposed", "delta = da @ W_hh", "delta = da @ W_hh.T"),
    ],
    "q3": [
        ("gate taken for constant", ALL_WAYS, "return kept + through_c"),
        ("slopes scale columns", "(1 - z))[:, None] * W_hz", "(1 - z)) * W_hz"),
        ("slope of the gate forgotten", "(h - c) * z * (1 - z)", "h - c"),
    ],
    "q4": [
        ("still each array by itself", "factor * array for", f"{EACH_ALONE} for"),
        ("still a singular value", NORM, "np.linalg.norm(array, 2) ** 2 for array"),
        ("still lengthens", FACTOR, "limit / norm if norm > 0 else 1.0"),
    ],
    "q5": [
        ("all of the share at each step", "share ** (1 / distance)", "share"),
        ("W_hh forgotten", "(kept + norm) / (1 + norm)", "kept"),
        ("wider open than need be", "(kept + norm) / (1 + norm)", "1 - (1 - kept) / (2 + norm)"),
    ],
    "q6": [
        ("another block", "b_ih[16:32]", "b_ih[:16]"),
        ("no bias set", "b_ih[16:32] = bias", "b_ih[16:32] = 0"),
        ("one batch, 200 times", TRAIN, "weights, [next(batches)] * 200, optimiser,"),
    ],
}  # fmt: skip

PARTLY = {"q2": (0, 0), "q4": (1, 0), "q6": (1, 1)}

SEEDS = {"q6": [1, 2**127]}  # training takes longest

BATCHES_FIRST = """late = np.random.default_rng(seed)
    [make_adding(late, length, 32) for _ in range(200)]
    weights = model.init(late)"""

TOLD = {
    "q6": [
        ("set the bias before you train", "b_ih[16:32] = bias", "b_ih[16:32] = 0"),
        ("this is the first", "b_ih[16:32]", "b_ih[:16]"),
        ("this is the third", "b_ih[16:32]", "b_ih[32:]"),
        ("not all of b_ih", "b_ih[16:32]", "b_ih[:]"),
        ("one of the two biases", "b_ih=b_ih", "b_ih=b_ih, b_hh=weights.recurrent.b_hh + b_ih"),
        ("draw the weights first", "weights = model.init(rng)", BATCHES_FIRST),
        ("draw each one anew", TRAIN, "weights, [next(batches)] * 200, optimiser,"),
        ("should be Adam(0.01)", "Adam(0.01)", "Adam(0.001)"),
        ("200 batches, not 100", "range(200)", "range(100)"),
        ("use the weights that `train` returns", "weights, _ = train", "_, _ = train"),
        ("one seed gave two different results", "default_rng(seed)", "default_rng()"),
        ("two seeds gave the same result", "default_rng(seed)", "default_rng(0)"),
        ("number by number", "GRU(2, 16)), Linear(16", "GRU(2, 32)), Linear(32"),
    ],
}  # fmt: skip
