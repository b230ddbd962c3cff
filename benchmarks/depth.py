"""One to eight layers, plain or with shortcuts: what the pages stacked and residual-and-dense show.

    python benchmarks/depth.py               all runs that the file lacks: some ten minutes
    python benchmarks/depth.py --only tanh   those whose network has this in its name
    python benchmarks/depth.py --quick       a few steps of each network, nothing written

Each run is a row of book/06-bidirectional-deep/depth.csv, written as soon as it is done, so a run
that was cut short goes on where it stopped. Two tasks: "digits" (8 × 8 pixels, read row by row; all
layers are 32 wide; the measure is the share of wrong answers) and "text" (predict the next
character; all networks have about as many weights, so deeper ones are narrower; the measure is bits
per character). Each is taken on the training data after an eighth, a quarter, half and all of the
steps, and at the end on validation and test data. ``bottom`` and ``top`` are the lengths of the
gradients of the first and the last layer's weights before training; ``seconds`` is processor time.
"""

from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from filed_runs import arguments, fill
from threadpoolctl import threadpool_limits

from rnncourse import LSTM, RNN, Embedding, Linear, Recurrent, Stack
from rnncourse.data import load_digits, load_text, random_windows
from rnncourse.functional import bits, cross_entropy
from rnncourse.fused import FusedLSTM
from rnncourse.models import Batch, RegressorWeights, SequenceModel
from rnncourse.optim import Adam, global_norm
from rnncourse.text import Vocabulary
from rnncourse.train import train
from rnncourse.tree import parameter_count

FILE = Path(__file__).parents[1] / "book" / "06-bidirectional-deep" / "depth.csv"
RATES, SEEDS = (0.01, 0.003), (0, 1, 2)
DEPTHS = {
    "plain": (1, 2, 4, 8),
    "residual": (1, 2, 4, 8),
    "dense": (2, 8),
    "plain tanh": (1, 2, 4, 8),
}
STEPS = {"digits": 800, "text": 600}
TEXT_DEPTHS, WINDOW, EMBEDDING = {1: 96, 2: 61, 4: 41}, 64, 32  # depth: width
COLUMNS = (
    "task", "network", "layers", "lr", "seed", "hidden_size", "weights", "steps",
    "eighth", "quarter", "half", "training", "validation", "test", "bottom", "top", "seconds",
)  # fmt: skip


def stack(network, depth, input_size, hidden_size):
    """``depth`` layers of one width, LSTM or tanh."""
    shortcut = network if network in ("residual", "dense") else None
    layers, size = [], input_size
    for _ in range(depth):
        tanh = network == "plain tanh"
        sizes = size, hidden_size
        layers.append(Recurrent(RNN(*sizes)) if tanh else FusedLSTM(LSTM(*sizes)))
        size = size + hidden_size if shortcut == "dense" else hidden_size
    return Stack(tuple(layers), shortcut)


class Digits:
    """Which digit is it? Asked once, after the last row of pixels."""

    def __init__(self, network, depth, rng):
        digits = load_digits(rng, rows=8)
        self.xs = digits.images.transpose(1, 0, 2).astype(np.float32)
        self.labels, N = digits.labels, len(digits.labels)
        self.parts = np.split(np.arange(N), [int(0.7 * N), int(0.8 * N)])
        self.stack = stack(network, depth, 8, 32)
        self.linear = Linear(self.stack.output_size, 10)

    def init(self, rng):
        return RegressorWeights(*(part.init(rng, np.float32) for part in (self.stack, self.linear)))

    def batches(self, steps, rng):
        for _ in range(steps):
            yield rng.choice(self.parts[0], 64, replace=False)

    def forward(self, weights, rows):
        hs, _, stack_cache = self.stack.forward(weights.recurrent, self.xs[:, rows])
        logits, linear_cache = self.linear.forward(weights.linear, hs[-1])
        return logits, hs, (stack_cache, linear_cache)

    def loss_and_gradient(self, weights, rows):
        logits, hs, (stack_cache, linear_cache) = self.forward(weights, rows)
        loss, dlogits = cross_entropy(logits, self.labels[rows])
        dlinear, dlast = self.linear.backward(weights.linear, linear_cache, dlogits)
        dhs = np.zeros_like(hs)
        dhs[-1] = dlast
        dstack, _, _ = self.stack.backward(weights.recurrent, stack_cache, dhs)
        return loss, RegressorWeights(dstack, dlinear)

    def measure(self, weights, part):
        rows = self.parts[part]
        return np.mean(self.forward(weights, rows)[0].argmax(axis=-1) != self.labels[rows])


class Characters:
    """What is the next character? Asked at every step."""

    def __init__(self, network, depth, rng):
        text = load_text().characters
        vocabulary = Vocabulary.of(text)
        N = len(text)
        self.parts = np.split(vocabulary.encode(text), [int(0.9 * N), int(0.95 * N)])
        V, H = len(vocabulary), TEXT_DEPTHS[depth]
        recurrent = stack(network, depth, EMBEDDING, H)
        self.model = SequenceModel(Embedding(V, EMBEDDING), recurrent, Linear(H, V))

    def init(self, rng):
        return self.model.init(rng, np.float32)

    def batches(self, steps, rng):
        return random_windows(self.parts[0], WINDOW, 32, steps, rng)

    def loss_and_gradient(self, weights, batch):
        return self.model.loss_and_gradient(weights, batch)

    def measure(self, weights, part):
        """Bits per character, of texts of 512; the state starts at 0 for each."""
        ids = self.parts[part][: len(self.parts[2])]
        rows = ids[: len(ids) // 513 * 513].reshape(-1, 513).T
        batch = Batch(rows[:-1], rows[1:], np.ones(rows[1:].shape))
        return bits(self.model.loss(weights, batch))


TASKS = {"digits": Digits, "text": Characters}


def run(task, network, depth, lr, seed, steps=None):
    """Train once. Return the values of the columns from hidden_size to top."""
    rng, steps = np.random.default_rng(seed), steps or STEPS[task]
    problem = TASKS[task](network, depth, rng)
    weights = problem.init(rng)
    _, gradient = problem.loss_and_gradient(weights, next(iter(problem.batches(1, rng))))
    ends = [global_norm(gradient.recurrent.layers[place]) for place in (0, -1)]
    weights, history = train(
        problem.loss_and_gradient, weights, problem.batches(steps, rng), Adam(lr=lr), clip=1.0,
        evaluate=partial(problem.measure, part=0), every=steps // 8, progress=False,
    )  # fmt: skip
    training = dict(history.evaluations)
    values = [training[steps // 8 * eighths] for eighths in (1, 2, 4, 8)]
    values += [problem.measure(weights, part) for part in (1, 2)]
    hidden_size = TEXT_DEPTHS[depth] if task == "text" else 32
    return (
        hidden_size, parameter_count(weights), steps,
        *(f"{value:.4f}" for value in values), *(f"{end:.2g}" for end in ends),
    )  # fmt: skip


def keys(only):
    """What tells one run from another."""
    for network, seed, lr in product(DEPTHS, SEEDS, RATES):
        for depth in DEPTHS[network] if only in network else ():
            yield "digits", network, depth, lr, seed
    for seed, depth in product(SEEDS[:1], TEXT_DEPTHS):
        if only in "plain":
            yield "text", "plain", depth, RATES[0], seed


def main():
    options = arguments(__doc__.split("\n")[0], "network")
    with threadpool_limits(1):
        if options.quick:
            for task, network, depth, lr, seed in keys(options.only):
                if (lr, seed) == (RATES[0], SEEDS[0]):
                    print(task, network, depth, *run(task, network, depth, lr, seed, steps=8))
        else:
            fill(FILE, COLUMNS, keys(options.only), run)


if __name__ == "__main__":
    main()
