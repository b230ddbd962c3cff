"""What the tests need to know of homework 2; tests/homework/__init__.py says what that is."""

POINTS = {"q1": 3, "q2": 3, "q3": 4, "q4": 3, "q5": 3, "q6": 4}

WRONG = {
    "q1": [
        ("one bias forgotten", '"b_ih", "b_hh", "W_hy"', '"b_ih", "W_hy"'),
        ("W_ih transposed", '"W_ih": (H, D)', '"W_ih": (D, H)'),
        ("batch first", '"hs": (T, N, H)', '"hs": (N, T, H)'),
    ],
    "q2": [
        ("hears logits", "ys.append(y)", "ys.append(y)\n        y = h @ W_hy.T + b_y"),
        ("always hears y_0", "y @ W_yh.T", "y_0 @ W_yh.T"),
        ("softmax over the batch", "softmax(h @ W_hy.T + b_y)", "softmax((h @ W_hy.T + b_y).T).T"),
    ],
    "q3": [
        ("direct path forgotten", "dh_new * (1 - alpha)", "np.zeros_like(da)"),
        ("slope of the new state", "alpha * c, c", "alpha * c, (1 - alpha) * h + alpha * c"),
        ("alpha forgotten", "dh_new * alpha * (1 - c**2)", "dh_new * (1 - c**2)"),
    ],
    "q4": [
        ("absolute threshold", "min_p * p.max(axis=-1, keepdims=True)", "min_p"),
        ("does not sum to 1", "return kept / kept.sum(axis=-1, keepdims=True)", "return kept"),
        ("one largest p for all rows", "p.max(axis=-1, keepdims=True)", "p.max()"),
    ],
    "q5": [
        ("still the reciprocal", "np.exp(-mean)", "np.exp(mean)"),
        ("still divides by T", "/ lengths", "/ T"),
        ("still the other order", "targets.reshape", "targets.T.reshape"),
    ],
    "q6": [
        ("one batch, 300 times", "batches, optimiser,", "[next(batches)] * 300, optimiser,"),
        ("no network at all", "return logits[-1].argmax(axis=-1)", "return test_ids[0]"),
        ("scale ignored", "W_hh=scale * weights", "W_hh=weights"),
    ],
}  # fmt: skip

PARTLY = {"q1": (2, 1), "q3": (0, 0), "q6": (2, 1)}

SEEDS = {"q6": [1, 2**127]}  # training takes longest

SCALE_ALL = """from rnncourse.tree import tree_map
    weights = tree_map(lambda a: scale * a, model.init(np.random.default_rng(seed)))"""
BATCHES_FIRST = """late = np.random.default_rng(seed)
    [make_recall(late, length, 32) for _ in range(300)]
    weights = model.init(late)"""

TOLD = {
    "q6": [
        ("multiply W_hh by `scale`", "W_hh=scale * weights", "W_hh=weights"),
        ("`scale`, not W_ih", "W_hh=scale", "W_ih=scale * weights.recurrent.W_ih, W_hh=scale"),
        ("`scale`, not all weights", "weights = weights._replace(recurrent=recurrent)", SCALE_ALL),
        ("draw the weights first", "weights = model.init(rng)", BATCHES_FIRST),
        ("draw each one anew", "batches, optimiser,", "[next(batches)] * 300, optimiser,"),
        ("should be Adam(0.01)", "Adam(0.01)", "Adam(0.001)"),
        ("clip should be 1.0", "clip=1.0", "clip=None"),
        ("use the weights that `train` returns", "weights, _ = train", "_, _ = train"),
        ("of the last step, not of the first", "logits[-1]", "logits[0]"),
        ("may be longer than `length`", "logits[-1]", "logits[length - 1]"),
        ("one seed gave two different answers", "default_rng(seed)", "default_rng()"),
        ("two seeds gave the same answers", "default_rng(seed)", "default_rng(0)"),
        ("number by number", "(RNN(4, 16)), Linear(16", "(RNN(4, 32)), Linear(32"),
    ],
}  # fmt: skip
