"""A language model whose state is carried, reset or carried to the wrong place: what the page
bucketing-and-packing shows.

    python benchmarks/streams.py                   all runs that the file lacks: some five minutes
    python benchmarks/streams.py --only shuffled   those whose training has this in its name
    python benchmarks/streams.py --quick           a few windows of each training, nothing written

Each run is a row of book/07-batches-long-sequences/streams.csv, written as soon as it is done, so a
run that was cut short goes on where it stopped. The manual is cut into ROWS streams, and these into
windows; the last tenth is held out. A training reads the windows in order or shuffled, and starts
each from the state that the one before it left (carried) or from zeros (reset). The measure is bits
a character on the held-out tenth, read in order, starting each window from the right state, from
zeros, or from the state of another row; ``first_…`` is that of the windows' first characters.
``seconds`` is processor time.
"""

from itertools import product
from pathlib import Path

import numpy as np
from filed_runs import arguments, fill
from threadpoolctl import threadpool_limits

from rnncourse import GRU, Embedding, HState, Linear, Recurrent, SequenceModel
from rnncourse.data import load_text
from rnncourse.functional import bits, cross_entropy
from rnncourse.optim import Adam, clip_by_global_norm
from rnncourse.text import Vocabulary

FILE = Path(__file__).parents[1] / "book" / "07-batches-long-sequences" / "streams.csv"
EMBEDDING, HIDDEN, ROWS, RATE = 32, 64, 32, 5e-3
EPOCHS = {16: 2, 64: 4}  # by the length of a window
TRAININGS = ("carried in order", "reset in order", "reset shuffled", "carried shuffled")
READINGS = ("carried", "reset", "foreign")
SEEDS = range(5)
COLUMNS = (
    "training", "window", "seed", *READINGS, *(f"first_{name}" for name in READINGS), "seconds",
)  # fmt: skip


def windows(ids, length):
    """Pairs of inputs and targets (length, ROWS); row n of each window continues row n before."""
    steps = len(ids) // ROWS
    stream = ids[: steps * ROWS].reshape(ROWS, steps).T
    starts = range(0, steps - length, length)
    return [(stream[s : s + length], stream[s + 1 : s + length + 1]) for s in starts]


def learn(model, training, pairs, epochs, rng):
    """Truncated backpropagation over all windows, ``epochs`` times."""
    weights, adam = model.init(rng, np.float32), Adam(lr=RATE)
    memory = adam.init(weights)
    for _ in range(epochs):
        places = np.arange(len(pairs)) if "in order" in training else rng.permutation(len(pairs))
        state = None
        for place in places:
            ids, targets = pairs[place]
            logits, after, cache = model.forward(weights, ids, state)
            _, dlogits = cross_entropy(logits, targets)
            gradient, _ = model.backward(weights, cache, dlogits)
            gradient, _ = clip_by_global_norm(gradient, 1.0)
            weights, memory = adam.update(weights, gradient, memory)
            state = after if "carried" in training else None
    return weights


def read(model, weights, reading, pairs):
    """Bits a character of all windows, and of their first characters."""
    state, losses, firsts = None, [], []
    for ids, targets in pairs:
        logits, after, _ = model.forward(weights, ids, state)
        losses.append(cross_entropy(logits, targets)[0])
        firsts.append(cross_entropy(logits[:1], targets[:1])[0])
        starts = {"carried": after, "reset": None, "foreign": HState(np.roll(after.h, 1, axis=0))}
        state = starts[reading]
    return bits(np.mean(losses)), bits(np.mean(firsts))


def run(training, window, seed, limit=None):
    """Train once and read three times."""
    text = load_text().characters
    vocabulary = Vocabulary.of([text])
    ids, cut = vocabulary.encode(text), len(text) * 9 // 10
    layers = Embedding(len(vocabulary), EMBEDDING), Recurrent(GRU(EMBEDDING, HIDDEN))
    model = SequenceModel(*layers, Linear(HIDDEN, len(vocabulary)))
    pairs = windows(ids[:cut], window)[:limit]
    weights = learn(model, training, pairs, EPOCHS[window], np.random.default_rng(seed))
    held_out = windows(ids[cut:], window)[:limit]
    both = (read(model, weights, reading, held_out) for reading in READINGS)
    return [f"{value:.4f}" for values in zip(*both, strict=True) for value in values]


def main():
    options = arguments(__doc__.split("\n\n")[0].replace("\n", " "), "training")
    keys = [key for key in product(TRAININGS, EPOCHS, SEEDS) if options.only in key[0]]
    keys.sort(key=lambda key: key[2])  # seed after seed
    with threadpool_limits(1):
        if options.quick:
            for training, window, seed in keys:
                if seed == 0:
                    print(f"{training:18} {window:3}", *run(training, window, seed, limit=5))
        else:
            fill(FILE, COLUMNS, keys, run)


if __name__ == "__main__":
    main()
