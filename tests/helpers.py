"""What several test files share."""

import numpy as np

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
