"""What the tests need to know of homework 5; tests/homework/__init__.py says what that is.

Question 6 is answered in words and marked by hand, so it is not among the points.
"""

POINTS = {"q1": 3, "q2": 3, "q3": 4, "q4": 3, "q5": 3}

REPLACES = "dh * (n - h_before)"
WHAT_IS_KEPT = "f.prod(axis=0).mean() < 0.05"
GATES_AGAIN = "hs[t] @ W_hh.T + b)"

WRONG = {
    "q1": [
        ("all layers read the input", "H * (below + H", "H * (sizes[0] + H"),
        ("always one bias", "(below + H + biases)", "(below + H + 1)"),
        ("peepholes are matrices", "3 * H if kind", "3 * H * H if kind"),
    ],
    "q2": [
        ("one job: it replaces", "ax_n + f * ah_n", "ax_n + ah_n"),
        ("a large f keeps", "(1 - f) * state.h + f * n", "f * state.h + (1 - f) * n"),
        ("the other block first", "ah_f, ah_n = self", "ah_n, ah_f = self"),
    ],
    "q3": [
        ("one job: it replaces", f"{REPLACES} + dax_n * ah_n", REPLACES),
        ("the same for a_x and a_h", "[da_f, dax_n * f]", "[da_f, dax_n]"),
        ("as if large f kept", "dh * (1 - f)", "dh * f"),
    ],
    "q4": [
        ("mean of the gate", WHAT_IS_KEPT, "f.mean() < 0.93"),
        ("units averaged first", WHAT_IS_KEPT, "f.mean(axis=(1, 2)).prod() < 0.05"),
        ("short for vanishing", WHAT_IS_KEPT, "gradient[0] < 0.01"),
    ],
    "q5": [
        ("still no biases", GATES_AGAIN, "hs[t] @ W_hh.T)"),
        ("still the slope of i", "cs[t] * f * (1 - f)", "cs[t] * i * (1 - i)"),
        ("still all of c goes back", "dc = dc * f", "dc = dc"),
    ],
}  # fmt: skip

PARTLY = {"q1": (1, 0), "q3": (2, 0), "q4": (1, 1)}

SEEDS = {"q4": [0, 1, 2**127, *range(2, 7)]}  # it runs twenty networks

BLOCKS = [
    f"ax_{x}, ax_{y} = self.split(a_x)\n        ah_{x}, ah_{y} = self" for x, y in ("fn", "nf")
]

TOLD = {
    "q2": [
        ("the gate has a second job", "ax_n + f * ah_n", "ax_n + ah_n"),
        ("a large f should let", "(1 - f) * state.h + f * n", "f * state.h + (1 - f) * n"),
        ("the block f comes first", *BLOCKS),
    ],
    "q4": [
        ("half of its units forget, but you say 'forgets'", WHAT_IS_KEPT,
         "f.mean(axis=(1, 2)).prod() < 0.05"),
        ("all at one step, but you say 'healthy'", WHAT_IS_KEPT,
         "(f.mean(axis=(0, 1)) ** len(f)).mean() < 0.05"),
        ("not as far back as c_0, but you say", "gradient.max()", "gradient[0]"),
    ],
}  # fmt: skip
