"""A character hidden in real text, guessed from its left, its right, or both: for bidirectional.

    python benchmarks/cloze.py               all runs that the file lacks: some ten minutes
    python benchmarks/cloze.py --only both   those of this reader
    python benchmarks/cloze.py --quick       a few steps of each reader, nothing written

Each run is a row of book/06-bidirectional-deep/cloze.csv, written as soon as it is done. A reader
has one chain of GRUs for each side that it reads; the sizes are chosen so that all three have about
as many weights. The measures are bits and the share of right guesses on the last tenth of the text,
which nobody trained on; ``seconds`` is processor time. The three seeds share text and split: they
vary the first weights and the windows drawn.

Four rows are 5-grams: ``hidden`` is the order, ``weights`` the number of counts, steps and seed are
0; they guess at every fifth of the same places. To guess from both sides, *both* writes each symbol
into the gap and asks how probable the text becomes; *product* multiplies what the two sides say
(and divides by how frequent the symbol is), as if they were independent given the symbol.
"""

from itertools import product
from pathlib import Path

import numpy as np
import torch
from filed_runs import arguments, fill
from torch import nn

from rnncourse.data import load_text, random_windows
from rnncourse.functional import bits
from rnncourse.text import KneserNey, Vocabulary

FILE = Path(__file__).parents[1] / "book" / "06-bidirectional-deep" / "cloze.csv"
READERS = {"left": ("left",), "right": ("right",), "both": ("left", "right")}
SIZES = {  # units in a chain and steps of training
    "left": ((96, 120), (193, 800)),
    "right": ((96, 120), (193, 800)),
    "both": ((64, 120), (128, 800)),
}
NGRAM_SIDES = ("left", "right", "product", "both")
SEEDS = (0, 1, 2)
WINDOW, EDGE = 100, 20  # held-out windows; guesses count this far from both edges
ORDER, EVERY = 5, 5  # of the n-gram, and the places at which it guesses
COLUMNS = ("reader", "hidden", "steps", "seed", "weights", "bits", "right", "seconds")


class Cloze(nn.Module):
    """Guess each symbol but the first and the last from what stands around it.

    Shapes: ids (T, N); logits (T - 2, N, V), those of the symbols 1 to T - 2.
    """

    def __init__(self, V, E, H, sides):
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        self.chains = nn.ModuleDict({side: nn.GRU(E, H) for side in sides})
        self.linear = nn.Linear(H * len(sides), V)

    def forward(self, ids):
        xs, read = self.embedding(ids), []
        if "left" in self.chains:
            read.append(self.chains["left"](xs[:-2])[0])
        if "right" in self.chains:
            read.append(self.chains["right"](xs[2:].flip(0))[0].flip(0))
        return self.linear(torch.cat(read, dim=-1))


def loss(model, ids):
    """Mean surprise (nats) at the symbols that have both neighbours."""
    ids = torch.as_tensor(ids)
    return nn.functional.cross_entropy(model(ids).flatten(0, 1), ids[1:-1].flatten())


def fit(model, ids, steps, seed):
    """Adam, its learning rate falling along a straight line to 0."""
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    decay = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, total_iters=steps)
    for batch in random_windows(ids, 64, 32, steps, np.random.default_rng(seed)):
        optimiser.zero_grad()
        loss(model, batch.ids).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        decay.step()


@torch.no_grad()
def measure(model, ids):
    """Bits and the share of right guesses, away from the edges of the windows."""
    rows = len(ids) // WINDOW
    windows = torch.as_tensor(ids[: rows * WINDOW].reshape(rows, WINDOW).T.copy())
    inner = model(windows)[EDGE:-EDGE].flatten(0, 1)
    targets = windows[1:-1][EDGE:-EDGE].flatten()
    nats = nn.functional.cross_entropy(inner, targets).item()
    return bits(nats), (inner.argmax(-1) == targets).float().mean().item()


def measure_ngram(side, known, held_out, every):
    """The same for n-grams, and the number of counts."""
    ahead, back = KneserNey(known, ORDER), KneserNey(known[::-1], ORDER)
    frequency = KneserNey(known, 1).distribution("")
    reach, chosen, right = ORDER - 1, [], []
    inner = range(EDGE + 1, WINDOW - EDGE - 1)
    starts = range(0, len(held_out) - WINDOW + 1, WINDOW)
    for place in [start + t for start in starts for t in inner][::every]:
        before = held_out[place - reach : place]
        after = held_out[place + 1 : place + 1 + reach]
        p = back.distribution(after[::-1]) if side == "right" else ahead.distribution(before)
        if side == "both":  # each symbol written into the gap: how probable is what follows?
            for c, symbol in enumerate(ahead.symbols):
                for j, follows in enumerate(after):
                    p[c] *= ahead.probability(follows, (before + symbol + after[:j])[-reach:])
        if side == "product":
            p *= back.distribution(after[::-1]) / frequency
        p /= p.sum()
        truth = ahead.symbols.index(held_out[place])
        chosen.append(p[truth])
        right.append(p.argmax() == truth)
    counts = (back if side == "right" else ahead).size
    return counts, bits(-np.log(chosen).mean()), np.mean(right)


def main():
    options = arguments(__doc__.splitlines()[0], "reader")
    torch.set_num_threads(1)
    text = load_text().characters
    vocabulary = Vocabulary.of([text])
    cut = 9 * len(text) // 10
    known, unread = np.split(vocabulary.encode(text), [cut])

    def run(reader, hidden, steps, seed):
        if steps == 0:
            every = 1000 if options.quick else EVERY
            size, score, right = measure_ngram(reader.split()[1], text[:cut], text[cut:], every)
            print(f"{reader} {score:.3f} bits, {right:.3f} right")
            return size, f"{score:.4f}", f"{right:.4f}"
        torch.manual_seed(seed)
        model = Cloze(len(vocabulary), 32, hidden, READERS[reader])
        fit(model, known, 3 if options.quick else steps, seed)
        weights = sum(parameter.numel() for parameter in model.parameters())
        score, right = measure(model, unread)
        print(f"{reader:5} {hidden:4} {steps:4} {seed} {score:.3f} bits, {right:.3f} right")
        return weights, f"{score:.4f}", f"{right:.4f}"

    keys = [(n, *size, seed) for seed, n in product(SEEDS, READERS) for size in SIZES[n]]
    keys += [(f"{ORDER}-gram {side}", ORDER, 0, 0) for side in NGRAM_SIDES]
    keys = [key for key in keys if options.only in key[0]]
    if options.quick:
        for key in keys:
            if key[-1] == 0:
                run(*key)
    else:
        fill(FILE, COLUMNS, keys, run)


if __name__ == "__main__":
    main()
