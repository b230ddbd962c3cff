"""Trees of arrays: weights, gradients and optimiser states, walked alike.

A tree is an array, or a NamedTuple, tuple, list or dict of trees. Keeping weights in such plain
containers means that an optimiser, a gradient check or a count of parameters is written once.
"""

import numpy as np


def tree_map(function, tree, *others):
    """Apply ``function`` to the arrays that stand in the same place of each tree.

    Raises: ValueError when the trees differ in structure or two arrays in shape; TypeError for
    None, or anything else that is neither numbers nor a container of such.

    >>> tree_map(np.add, {"b": np.ones(2)}, {"b": np.arange(2.0)})
    {'b': array([1., 2.])}
    """
    return _map("tree", function, tree, *others)


def tree_leaves(tree, name=""):
    """List every array of a tree with the path that leads to it.

    It also lists what is no array: a cache, which holds more than numbers, can be walked too.

    >>> tree_leaves({"linear": (np.zeros(2), np.ones(1))})
    [('linear[0]', array([0., 0.])), ('linear[1]', array([1.]))]
    """
    if not _is_container(tree):
        return [(name or "array", tree)]
    return [leaf for path, child in _children(tree, name) for leaf in tree_leaves(child, path)]


def parameter_count(weights):
    """Count the numbers in a tree of arrays.

    Raises: TypeError as ``tree_map`` does.

    >>> parameter_count({"W": np.zeros((3, 4)), "b": np.zeros(3)})
    15
    """
    return sum(size for _, size in tree_leaves(tree_map(np.size, weights)))


def _map(name, function, tree, *others):
    _check_leaf(name, tree)
    for other in others:
        _check_leaf(name, other)
        if not _same_structure(tree, other):
            raise ValueError(f"{name}: expected {_describe(tree)}, got {_describe(other)}")
    if not _is_container(tree):
        return function(tree, *others)
    mapped = [
        _map(path, function, child, *(_child(other, key) for other in others))
        for key, (path, child) in zip(_keys(tree), _children(tree, name), strict=True)
    ]
    if isinstance(tree, dict):
        return dict(zip(tree, mapped, strict=True))
    return type(tree)(*mapped) if hasattr(tree, "_fields") else type(tree)(mapped)


def _is_container(tree):
    return isinstance(tree, (tuple, list, dict))


def _check_leaf(name, tree):
    array = hasattr(tree, "shape")  # NumPy's, or a tensor
    if not (array or _is_container(tree) or isinstance(tree, (int, float))):
        found = type(tree).__name__
    elif isinstance(tree, np.ndarray) and tree.dtype.kind not in "biuf":
        found = f"an array of {tree.dtype}"
    else:
        return
    raise TypeError(
        f"{name} should be an array of numbers, or a NamedTuple, tuple, list or dict of such, "
        f"got {found}"
    )


def _keys(tree):
    if isinstance(tree, dict):
        return list(tree)
    return getattr(tree, "_fields", range(len(tree)))


def _child(tree, key):
    return getattr(tree, key) if hasattr(tree, "_fields") else tree[key]


def _children(tree, name):
    for key in _keys(tree):
        path = f"{name}[{key}]" if isinstance(key, int) else f"{name}.{key}".lstrip(".")
        yield path, _child(tree, key)


def _same_structure(tree, other):
    if _is_container(tree):
        return type(tree) is type(other) and list(_keys(tree)) == list(_keys(other))
    return not _is_container(other) and np.shape(tree) == np.shape(other)


def _describe(tree):
    if _is_container(tree):
        named = isinstance(tree, dict) or hasattr(tree, "_fields")
        entries = ", ".join(map(str, _keys(tree))) if named else f"{len(tree)} entries"
        return f"{type(tree).__name__} of {entries}"
    return f"an array of shape {np.shape(tree)}"
