"""LSTM and GRU variants on a stream without resets: what the page variants shows.

    python benchmarks/variants.py               all runs that the file lacks: some seven minutes
    python benchmarks/variants.py --only GRU    those whose network has this in its name
    python benchmarks/variants.py --quick       a few steps of each network, nothing written

Each run is a row of book/05-lstm-gru/variants.csv, written as soon as it is done, so a run that was
cut short goes on where it stopped. A stream holds one task after the other: a marked letter, noise
for ``shortest`` to ``longest`` steps, then the question which letter it was. The state is carried
from chunk to chunk and never reset. The measure is the number of chunks until 99 % of the answers
in the last 20 are right, or the share that is right at the end; ``seconds`` is processor time.
"""

from dataclasses import dataclass
from functools import partial
from itertools import islice, product
from pathlib import Path

import numpy as np
from filed_runs import arguments, fill
from threadpoolctl import threadpool_limits

from rnncourse import (
    GRU,
    LSTM,
    Batch,
    CoupledLSTM,
    Embedding,
    Linear,
    LSTMState,
    NoForgetLSTM,
    PeepholeLSTM,
    Recurrent,
    ResetBeforeGRU,
    SequenceModel,
    init,
)
from rnncourse.cells import NONLINEARITIES, LSTMCache, Nonlinearity
from rnncourse.functional import cross_entropy, sigmoid
from rnncourse.optim import Adam
from rnncourse.train import train
from rnncourse.tree import parameter_count

FILE = Path(__file__).parents[1] / "book" / "05-lstm-gru" / "variants.csv"
LETTERS, EMBEDDING, HIDDEN = 4, 8, 16
CHUNK, ROWS, LIMIT, SOLVED = 50, 32, 600, 0.99
GAPS = {(5, 15): (0.01, 0.003), (10, 30): (0.01,), (20, 60): (0.01,)}  # and the learning rates
FUNCTION_GAPS = ((5, 15), (10, 30))
SEEDS = (0, 1, 2)
COLUMNS = (
    "network", "shortest", "longest", "lr", "seed",
    "weights", "limit", "chunks", "right", "seconds",
)  # fmt: skip

GATES = {
    "sigmoid": Nonlinearity(sigmoid, lambda y: y * (1 - y)),
    "hard sigmoid": Nonlinearity(
        lambda a: np.clip(a / 4 + 0.5, 0, 1), lambda y: ((y > 0) & (y < 1)).astype(y.dtype) / 4
    ),
    "softsign": Nonlinearity(  # (1 + a / (1 + |a|)) / 2: from 0 to 1, but slow to arrive
        lambda a: 0.5 + 0.5 * a / (1 + abs(a)), lambda y: (1 - abs(2 * y - 1)) ** 2 / 2
    ),
    "tanh": NONLINEARITIES["tanh"],
    "relu": NONLINEARITIES["relu"],
    "linear": NONLINEARITIES["linear"],
}


@dataclass(frozen=True)
class FreeLSTM(LSTM):
    """An LSTM with other functions for its gates and its candidate."""

    gate: str = "sigmoid"
    content: str = "tanh"

    def open_gates(self, a):
        a_i, a_f, a_g, a_o = self.split(a)
        gate, content = GATES[self.gate].function, NONLINEARITIES[self.content].function
        return gate(a_i), gate(a_f), content(a_g), gate(a_o)

    def open_gates_backward(self, cache, di, df, dg, do):
        _, i, f, g, o, _ = cache
        gate, content = GATES[self.gate].slope, NONLINEARITIES[self.content].slope
        return np.hstack([di * gate(i), df * gate(f), dg * content(g), do * gate(o)])


class LinearOutputLSTM(LSTM):
    """An LSTM that reads its memory as it is:  h_t = o c_t."""

    def forward(self, a_x, a_h, state):
        i, f, g, o = self.open_gates(a_x + a_h)
        c = f * state.c + i * g
        return LSTMState(h=o * c, c=c), LSTMCache(state.c, i, f, g, o, c)

    def backward(self, cache, dstate):
        c_before, i, f, g, o, c = cache
        dc = dstate.c + dstate.h * o
        da = self.open_gates_backward(cache, dc * g, dc * c_before, dc * i, dstate.h * c)
        return da, da, LSTMState(h=np.zeros_like(dc), c=dc * f)


def variants():
    """For each variant its cell, and the gate blocks that chrono initialisation sets, with sign."""
    sizes = (EMBEDDING, HIDDEN)
    return {
        "1997, no forget gate": (NoForgetLSTM(*sizes), ()),
        "LSTM, bias 0": (LSTM(*sizes), ()),
        "LSTM, bias 1": (LSTM(*sizes, forget_bias=1.0), ()),
        "LSTM, bias 3": (LSTM(*sizes, forget_bias=3.0), ()),
        "LSTM, chrono": (LSTM(*sizes), (-1, 1, 0, 0)),
        "peephole, bias 1": (PeepholeLSTM(*sizes, forget_bias=1.0), ()),
        "coupled": (CoupledLSTM(*sizes), ()),
        "coupled, chrono": (CoupledLSTM(*sizes), (-1, 0, 0)),
        "GRU": (GRU(*sizes), ()),
        "GRU, chrono": (GRU(*sizes), (0, 1, 0)),
        "GRU, reset before": (ResetBeforeGRU(*sizes), ()),
    }


def functions():
    """LSTMs with a forget bias of 1 and one function changed; no chrono initialisation."""
    free = partial(FreeLSTM, EMBEDDING, HIDDEN, forget_bias=1.0)
    linear_output = LinearOutputLSTM(EMBEDDING, HIDDEN, forget_bias=1.0)
    return {
        **{f"gates {name}": (free(gate=name), ()) for name in GATES if name != "sigmoid"},
        **{f"content {name}": (free(content=name), ()) for name in ("linear", "relu", "sigmoid")},
        "output linear": (linear_output, ()),
    }


def stream(rng, shortest, longest):
    """Chunks of endless streams, one a row. Noise: 0 to 3; marked letters: 4 to 7; question: 8."""
    left, letter = np.zeros((2, ROWS), int)
    while True:
        ids, targets, mask = np.zeros((3, CHUNK, ROWS), int)
        for t in range(CHUNK):
            start, ask = left == 0, left == 1
            letter = np.where(start, rng.integers(0, LETTERS, ROWS), letter)
            noise = rng.integers(0, LETTERS, ROWS)
            ids[t] = np.select([start, ask], [LETTERS + letter, 2 * LETTERS], noise)
            targets[t], mask[t] = letter, ask
            gap = rng.integers(shortest, longest + 1, ROWS)
            left = np.where(start, gap + 1, left - 1)
        yield Batch(ids, targets, mask)


def run(network, shortest, longest, lr, seed, limit=LIMIT):
    """Train once. Return the number of weights, the most chunks, those read, the share right.

    The latter two are empty if it diverged.
    """
    rng = np.random.default_rng(seed)
    cell, signs = (variants() | functions())[network]
    model = SequenceModel(Embedding(2 * LETTERS + 1, EMBEDDING), Recurrent(cell),
                          Linear(HIDDEN, LETTERS))  # fmt: skip
    weights = model.init(rng, np.float32)
    if signs:
        b_f = init.chrono_biases(HIDDEN, longest + 2, rng, np.float32)[HIDDEN : 2 * HIDDEN]
        b_ih = np.concatenate([sign * b_f for sign in signs])
        weights = weights._replace(recurrent=weights.recurrent._replace(b_ih=b_ih))
    state, right = None, []

    def loss_and_gradient(weights, batch):
        nonlocal state
        logits, state, cache = model.forward(weights, batch.ids, state)
        right.append(np.average(logits.argmax(axis=-1) == batch.targets, weights=batch.mask))
        loss, dlogits = cross_entropy(logits, batch.targets, batch.mask)
        return loss, model.backward(weights, cache, dlogits)[0]

    count = parameter_count(weights.recurrent)
    batches = islice(stream(rng, shortest, longest), limit)
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            train(
                loss_and_gradient, weights, batches, Adam(lr=lr), clip=1.0,
                evaluate=lambda _: 1 - np.mean(right[-20:]), every=20, until=1 - SOLVED,
                progress=False,
            )  # fmt: skip
    except FloatingPointError:
        return count, limit, "", ""
    return count, limit, len(right), f"{np.mean(right[-20:]):.4f}"


def main():
    options = arguments(__doc__.split("\n")[0], "network")
    with threadpool_limits(1):
        if options.quick:
            for network in variants() | functions():
                if options.only in network:
                    print(f"{network:22}", *run(network, 5, 15, 0.01, 0, limit=20))
        else:
            fill(FILE, COLUMNS, keys(options.only), run)


def keys(only):
    """What tells one run from another, the quick ones first."""
    for gap, rates in GAPS.items():
        networks = variants() | (functions() if gap in FUNCTION_GAPS else {})
        for network, lr, seed in product(networks, rates, SEEDS):
            if only in network:
                yield network, *gap, lr, seed


if __name__ == "__main__":
    main()
