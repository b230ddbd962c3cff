"""What several test files share."""

import traceback
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from rnncourse.recurrent import SequenceLayer
from rnncourse.tree import tree_leaves, tree_map


def random_like(tree, rng):
    """The same tree with normal entries: biases of zero would hide mistakes."""
    return tree_map(lambda array: rng.normal(size=array.shape).astype(array.dtype), tree)


def dot(tree, other):
    """The products of what stands in the same place of two trees, summed up to one number."""
    products = tree_map(lambda a, b: (a * b).sum(), tree, other)
    return sum(product for _, product in tree_leaves(products))


def assert_same(tree, other, rtol=0, atol=1e-12):
    """Two trees are built alike and their arrays agree, shapes included."""

    def compare(a, b):
        if not np.array_equal(a, b):  # far quicker, and most are
            np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)

    tree_map(compare, tree, other)


def assert_near(tree, other):
    """Equal but for the order in which numbers are added up."""
    assert_same(tree, other, rtol=1e-9, atol=1e-9)


def assert_equal(tree, other):
    assert_same(tree, other, rtol=0, atol=0)


class Results(NamedTuple):
    """What a layer gives both ways."""

    ys: np.ndarray
    last: tuple
    dweights: tuple
    dxs: np.ndarray
    dstart: tuple


class Case(NamedTuple):
    """A layer and all it takes both ways. Weights, inputs, state and gradients are random."""

    layer: SequenceLayer
    weights: tuple
    xs: np.ndarray
    start: tuple
    lengths: np.ndarray | None
    dys: np.ndarray
    dlast: tuple

    @classmethod
    def random(cls, layer, T, N, lengths=None, seed=0, dtype=np.float64):
        rng = np.random.default_rng(seed)
        nothing = layer.zero_state(N, dtype)
        return cls(
            layer,
            random_like(layer.init(rng, dtype), rng),
            rng.normal(size=(T, N, layer.input_size)).astype(dtype),
            random_like(nothing, rng),
            lengths,
            rng.normal(size=(T, N, layer.output_size)).astype(dtype),
            random_like(nothing, rng),
        )

    def forward(self):
        return self.layer.forward(self.weights, self.xs, self.start, self.lengths)

    def backward(self, cache):
        return self.layer.backward(self.weights, cache, self.dys, self.dlast)

    def run(self):
        ys, last, cache = self.forward()
        return Results(ys, last, *self.backward(cache))

    def of_rows(self, rows):
        """Some of the sequences alone."""
        start, dlast = (tree_map(lambda a: a[rows], state) for state in (self.start, self.dlast))
        lengths = None if self.lengths is None else np.array(self.lengths)[rows]
        xs, dys = self.xs[:, rows], self.dys[:, rows]
        return self._replace(xs=xs, start=start, lengths=lengths, dys=dys, dlast=dlast)

    def of_steps(self, steps):
        """Some of the steps alone; nothing is padding."""
        return self._replace(xs=self.xs[steps], dys=self.dys[steps], lengths=None)


def assert_refused(call, exception, words):
    """The call raises just this exception, with these words, and not from inside a library."""
    with pytest.raises(exception, match=words) as caught:
        call()
    assert caught.type is exception
    innermost = Path(traceback.extract_tb(caught.value.__traceback__)[-1].filename)
    assert not {"numpy", "torch"} & set(innermost.parts)
