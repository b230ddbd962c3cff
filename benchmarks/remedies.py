"""The adding and copy problems by distance for each remedy: what the page remedies-measured shows.

    python benchmarks/remedies.py              all runs that the file lacks: some half an hour
    python benchmarks/remedies.py --only GRU   those whose remedy has this in its name
    python benchmarks/remedies.py --quick      the shortest distances, few steps, nothing written

Each run is a row of book/04-long-range-dependency/remedies.csv, written as soon as it is done, so a
run that was cut short goes on where it stopped. The measure is the number of steps of training
until the error on new sequences is at most 0.01, or the error at the end, so that it does not
depend on the speed of the machine; ``seconds`` is processor time. ``distance`` is the length of an
adding problem and the delay of a copy problem.
"""

from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from filed_runs import arguments, fill
from threadpoolctl import threadpool_limits

from rnncourse import (
    GRU,
    LSTM,
    RNN,
    Embedding,
    LayerNormRNN,
    Linear,
    Recurrent,
    Regressor,
    ResidualRNN,
    SequenceModel,
    init,
)
from rnncourse.data import make_adding, make_copy
from rnncourse.fused import FusedLSTM
from rnncourse.optim import Adam
from rnncourse.train import train

FILE = Path(__file__).parents[1] / "book" / "04-long-range-dependency" / "remedies.csv"
DISTANCES = {"adding": (10, 20, 40, 80, 160), "copy": (0, 5, 10, 20, 40)}
RATES = (0.01, 0.003)
SEEDS = (0, 1, 2)
HIDDEN, BATCH, LIMIT, SOLVED = 32, 32, 1000, 0.01
SYMBOLS, LENGTH, EMBEDDING = 4, 3, 16  # of the copy problem
COLUMNS = (
    "task", "distance", "remedy", "lr", "seed",
    "hidden_size", "batch_size", "limit", "steps", "error", "seconds",
)  # fmt: skip


class BatchNormRNN(LayerNormRNN):
    """Normalised over the batch, with that batch's own statistics, also in the test."""

    axis = 0


class SmallGainBatchNormRNN(BatchNormRNN):
    """The same with the start of the gain that Cooijmans et al. 2017 advise."""

    def init(self, rng, dtype=np.float64):
        weights = super().init(rng, dtype)
        return weights._replace(gain=weights.gain * dtype(0.1))


def remedies(inputs):
    """For each remedy its cell, and the start of W_hh where that is not the cell's own choice."""
    sizes = (inputs, HIDDEN)
    tanh, relu, small = RNN(*sizes), RNN(*sizes, "relu"), partial(init.orthogonal, gain=0.1)
    return {
        "tanh, Gaussian": (tanh, init.xavier_normal),
        "tanh, orthogonal": (tanh, init.orthogonal),
        "tanh, He": (tanh, init.he_normal),
        "ReLU, He": (relu, init.he_normal),
        "ReLU, orthogonal": (relu, init.orthogonal),
        "ReLU, identity": (relu, init.identity),
        "LeakyReLU, orthogonal": (RNN(*sizes, "leaky_relu"), init.orthogonal),
        "ELU, orthogonal": (RNN(*sizes, "elu"), init.orthogonal),
        "layer norm": (LayerNormRNN(*sizes), init.orthogonal),
        "batch norm": (BatchNormRNN(*sizes), init.orthogonal),
        "batch norm, gain 0.1": (SmallGainBatchNormRNN(*sizes), init.orthogonal),
        "residual, tanh": (ResidualRNN(*sizes), small),
        "residual, ReLU": (ResidualRNN(*sizes, "relu"), small),
        "GRU": (GRU(*sizes), None),
        "LSTM": (LSTM(*sizes, forget_bias=1.0), None),
    }


def adding(remedy, length):
    """The model, its first weights, batches, and the squared error on new sequences."""
    layer, start = layer_and_start(remedy, inputs=2)
    model = Regressor(layer, Linear(HIDDEN, 1))
    make = partial(make_adding, length=length, dtype=np.float32)
    return model, start, make, model.loss


def copy(remedy, delay):
    """The same; the error is the share of wrong symbols in the answer."""
    layer, start = layer_and_start(remedy, inputs=EMBEDDING)
    ids = SYMBOLS + 2
    model = SequenceModel(Embedding(ids, EMBEDDING), layer, Linear(HIDDEN, ids))

    def wrong(weights, batch):
        logits, _, _ = model.forward(weights, batch.ids)
        return np.average(logits.argmax(axis=-1) != batch.targets, weights=batch.mask)

    return model, start, partial(make_copy, delay=delay, symbols=SYMBOLS, length=LENGTH), wrong


def layer_and_start(remedy, inputs):
    cell, start = remedies(inputs)[remedy]
    return (FusedLSTM if isinstance(cell, LSTM) else Recurrent)(cell), start


def run(task, distance, remedy, lr, seed, limit=LIMIT):
    """Train once. Return the number of steps and the last error, or none of them if it diverged."""
    rng = np.random.default_rng(seed)
    model, start, make, error = {"adding": adding, "copy": copy}[task](remedy, distance)
    weights = model.init(rng, np.float32)
    if start:
        W_hh = start((HIDDEN, HIDDEN), rng, np.float32)
        weights = weights._replace(recurrent=weights.recurrent._replace(W_hh=W_hh))
    test = make(np.random.default_rng(1000), batch_size=512)
    batches = (make(rng, batch_size=BATCH) for _ in range(limit))
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            _, history = train(
                model.loss_and_gradient, weights, batches, Adam(lr=lr), clip=1.0,
                evaluate=lambda weights: error(weights, test), every=50, until=SOLVED,
                progress=False,
            )  # fmt: skip
    except FloatingPointError:
        return "", ""
    return len(history.losses), f"{history.evaluations[-1][1]:.4f}"


def main():
    options = arguments(__doc__.split("\n")[0], "remedy")
    names = [name for name in remedies(inputs=2) if options.only in name]
    with threadpool_limits(1):
        if options.quick:
            for (task, distances), remedy in product(DISTANCES.items(), names):
                print(f"{task:8}{remedy:24}", *run(task, distances[0], remedy, 0.01, 0, limit=20))
        else:
            fill(FILE, COLUMNS, keys(names), lambda *key: (HIDDEN, BATCH, LIMIT, *run(*key)))


def keys(names):
    """What tells one run from another, by distance: the quick ones first."""
    every = (
        key
        for task, distances in DISTANCES.items()
        for key in product([task], distances, names, RATES, SEEDS)
    )
    return sorted(every, key=lambda key: key[1])


if __name__ == "__main__":
    main()
