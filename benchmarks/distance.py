"""Recall by distance: what the page how-far-gates-remember shows.

    python benchmarks/distance.py              all runs that the file lacks: some ten minutes
    python benchmarks/distance.py --only GRU   those whose network has this in its name
    python benchmarks/distance.py --quick      the shortest distance, few steps, nothing written

Each run is a row of book/05-lstm-gru/distance.csv, written as soon as it is done, so a run that was
cut short goes on where it stopped. The first of ``distance`` symbols is to be said at the end.
``steps`` is the number of steps of training until at most 0.01 of new sequences are answered
wrongly, or ``limit``, and ``accuracy`` that of the end. ``before`` and ``after`` training, the
largest share that any one unit's gates keep of what it held after the first symbol: ∏ f_k over
k = 2 to distance, the mean over sequences. ``seconds`` is processor time.
"""

from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from filed_runs import arguments, fill
from threadpoolctl import threadpool_limits

from rnncourse import GRU, LSTM, RNN, Embedding, Linear, Recurrent, SequenceModel, init
from rnncourse.data import make_recall
from rnncourse.diagnostics import retention
from rnncourse.fused import FusedLSTM
from rnncourse.optim import Adam
from rnncourse.train import train
from rnncourse.tree import tree_map

FILE = Path(__file__).parents[1] / "book" / "05-lstm-gru" / "distance.csv"
DISTANCES = (10, 20, 40, 80)
RATES = (0.01, 0.003)
SEEDS = (0, 1, 2)
SYMBOLS, EMBEDDING, HIDDEN, BATCH, LIMIT, SOLVED = 4, 8, 32, 32, 1000, 0.01
COLUMNS = (
    "distance", "network", "lr", "seed",
    "hidden_size", "batch_size", "limit", "steps", "accuracy", "before", "after", "seconds",
)  # fmt: skip


def gates(*values):
    """A constant bias for each gate: i, f, g, o of an LSTM; r, z, n of a GRU."""
    return lambda rng, distance: init.gate_biases(values, HIDDEN, np.float32)


def chrono(rng, distance):
    return init.chrono_biases(HIDDEN, distance, rng, np.float32)


LSTM_LAYER, GRU_LAYER = FusedLSTM(LSTM(EMBEDDING, HIDDEN)), Recurrent(GRU(EMBEDDING, HIDDEN))
NETWORKS = {  # the layer and the start of its input bias
    "RNN": (Recurrent(RNN(EMBEDDING, HIDDEN)), gates(0)),
    "LSTM, bias 0": (LSTM_LAYER, gates(0, 0, 0, 0)),
    "LSTM, bias 1": (LSTM_LAYER, gates(0, 1, 0, 0)),
    "LSTM, bias 3": (LSTM_LAYER, gates(0, 3, 0, 0)),
    "LSTM, chrono": (LSTM_LAYER, chrono),
    "GRU, bias 0": (GRU_LAYER, gates(0, 0, 0)),
    "GRU, bias 3": (GRU_LAYER, gates(0, 3, 0)),
}


def run(distance, network, lr, seed, limit=LIMIT):
    """Train once. Return the steps, the accuracy and what the gates keep before and after."""
    rng = np.random.default_rng(seed)
    layer, bias = NETWORKS[network]
    model = SequenceModel(Embedding(SYMBOLS, EMBEDDING), layer, Linear(HIDDEN, SYMBOLS))
    start = model.init(rng, np.float32)
    start = start._replace(recurrent=start.recurrent._replace(b_ih=bias(rng, distance)))
    make = partial(make_recall, length=distance, symbols=SYMBOLS)
    test = make(np.random.default_rng(1000), batch_size=512)

    def wrong(weights):
        logits, _, _ = model.forward(weights, test.ids)
        return np.mean(logits[-1].argmax(axis=-1) != test.targets[-1])

    batches = (make(rng, batch_size=BATCH) for _ in range(limit))
    weights, history = train(
        model.loss_and_gradient, start, batches, Adam(lr=lr), clip=1.0,
        evaluate=wrong, every=50, until=SOLVED, progress=False,
    )  # fmt: skip
    accuracy = 1 - history.evaluations[-1][1]
    kept = (f"{share_kept(model, tree, test.ids):.3g}" for tree in (start, weights))
    return len(history.losses), f"{accuracy:.4f}", *kept


def share_kept(model, weights, ids):
    """The largest share over units, in float64, where it does not underflow; nan for an RNN."""
    cell = model.recurrent.cell
    if isinstance(cell, RNN):
        return np.nan
    weights = tree_map(np.float64, weights)
    xs, _ = model.embedding.forward(weights.embedding, ids[:, :128])
    _, _, cache = Recurrent(cell).forward(weights.recurrent, xs)
    return retention(cache)[1].mean(axis=0).max()


def main():
    options = arguments(__doc__.split("\n")[0], "network")
    names = [name for name in NETWORKS if options.only in name]
    with threadpool_limits(1):
        if options.quick:
            for name in names:
                print(f"{name:14}", *run(DISTANCES[0], name, RATES[0], SEEDS[0], limit=20))
        else:
            keys = product(DISTANCES, names, RATES, SEEDS)  # the short distances first
            fill(FILE, COLUMNS, keys, lambda *key: (HIDDEN, BATCH, LIMIT, *run(*key)))


if __name__ == "__main__":
    main()
