"""What the tests need to know of homework 6; tests/homework/__init__.py says what that is."""

POINTS = {"q1": 3, "q2": 3, "q3": 3, "q4": 4, "q5": 3, "q6": 4}

ROW_MEANS = "real / np.maximum(lengths, 1) / (lengths > 0).sum()"
MIRRORED = "xs[np.where(t < lengths, lengths - 1 - t, t), rows]"
TRAIN = "weights, batches, optimiser,"

WRONG = {
    "q1": [
        ("the next layer reads H features", 'joined if wiring == "every layer" else H', "H"),
        ("all chains end at the last step", "np.zeros_like(lengths) if backward else ", ""),
        ("a join in each layer", 'joins = layers if wiring == "every layer" else 1',
         "joins = layers"),
    ],
    "q2": [
        ("an empty row has a step", "< lengths  #", "< np.maximum(lengths, 1)  #"),
        ("mean of row means", "real / real.sum()", ROW_MEANS),
        ("parts count the same", "steps / steps.sum()", "np.ones(len(steps)) / len(steps)"),
    ],
    "q3": [
        ("starts in the padding", ", turned(xs, lengths))", ", xs[::-1])"),
        ("not turned back", "[ahead, turned(back, lengths)]", "[ahead, back]"),
        ("ends where it began", ", back[lengths", ", turned(back, lengths)[lengths"),
    ],
    "q4": [
        ("no way by the shortcut", "dxs = dys + dxs_ahead", "dxs = dxs_ahead"),
        ("ends where it began", "dback[lengths - 1, rows] +=", "dback[0] +="),
        ("the gradient's order", "dback = dback[mirrored]", "dback = dback.copy()"),
    ],
    "q5": [
        ("still starts in the padding", MIRRORED, "xs[::-1]"),
        ("still the same weights twice", 'weights["right_to_left"]', 'weights["left_to_right"]'),
        ("still the other order", "summary[np.argsort(order)]", "summary[order]"),
    ],
    "q6": [
        ("the first reading counts", "row * first, row", "row, row"),
        ("the first reading's answers", "test_lengths + t}", "t}"),
        ("one batch, again and again", TRAIN, "weights, [next(batches)] * count, optimiser,"),
    ],
}  # fmt: skip

PARTLY = {"q1": (2, 1), "q3": (1, 0), "q4": (0, 0), "q6": (1, 0)}

FEW = [0, 1, 2**127, 2, 3, 4]
SEEDS = {"q1": FEW, "q4": FEW, "q6": [1, 2**127]}  # many networks; a large one; training

PADDED_GRADIENT = "np.where(real, xs, 0), np.where(real, dys, 0)"
BATCHES_FIRST = """late_rng = np.random.default_rng(seed)
    [make_trips(late_rng, clauses, 32) for _ in range(count)]
    weights = model.init(late_rng)"""
LAID_OUT = "def laid_out(array, lengths, first):"
WITH_PADDING = """if reading == "{reading}":
        test_lengths = np.full(len(test_lengths), len(test_ids))

    def laid_out(array, lengths, first):
        lengths = np.full(len(lengths), len(array)) if reading == "{reading}" else lengths"""
TARGETS = "laid_out(trips.targets, trips.lengths, False)"

TOLD = {
    "q1": [("layers, turning, None, T=", "layers % 2 == 0", "k == 1")],
    "q2": [("it is divided by T · N", "real / real.sum()", "real / real.size")],
    "q3": [("should be finite", "np.where(real, ys, 0)", "ys * real")],
    "q4": [("should be finite", PADDED_GRADIENT, "np.where(real, xs, 0), dys")],
    "q5": [
        ("another order than the rows", "summary[np.argsort(order)]", "summary[order]"),
        ("still sorted by length", "summary[np.argsort(order)]", "summary"),
    ],
    "q6": [
        ("begins with its padding", LAID_OUT, WITH_PADDING.format(reading="backwards")),
        ("turn the targets", TARGETS, f'trips.targets if reading == "backwards" else {TARGETS}'),
        ("turn the answers back", "test_lengths - 1 - t", "t"),
        ("not after the longest's", LAID_OUT, WITH_PADDING.format(reading="twice")),
        ("first reading answers do not count", "row * first, row", "row, row"),
        ("are those of the second reading", "test_lengths + t}", "t}"),
        ("draw the weights first", "weights = model.init(rng)", BATCHES_FIRST),
        ("draw each one anew", TRAIN, "weights, [next(batches)] * count, optimiser,"),
        ("should be Adam(0.01)", "Adam(0.01)", "Adam(0.001)"),
        ("use the weights that `train` returns", "weights, _ = train", "_, _ = train"),
        ("one seed gave two different results", "default_rng(seed)", "default_rng()"),
        ("two seeds gave the same result", "default_rng(seed)", "default_rng(0)"),
        ("number by number", "GRU(8, 16)), Linear(16", "GRU(8, 32)), Linear(32"),
    ],
}  # fmt: skip
