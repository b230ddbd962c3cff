"""EmbeddingMap: word vectors on a map in two dimensions, to be searched."""

import numpy as np
import traitlets

from rnncourse import validate
from rnncourse.explorables.base import (
    Explorable,
    distinct_symbols,
    finite_array,
    front_end,
)

NEIGHBOURS = 5


class EmbeddingMap(Explorable):
    """Draws words at the first two principal components of their vectors, each of length 1.

    The five nearest neighbours of a word are those of largest cosine in all E dimensions, among
    the words of the map; places and cosines travel rounded to three digits. ``word`` is the one
    shown first, ``labels`` are words whose names stay on the map where there is room.
    Shapes: 6 ≤ N ≤ 400 words, vectors (N, E) with E ≥ 2.
    Raises: TypeError, ValueError for shapes that do not fit, a vector of zeros, an unknown word.
    Reference: the pages word2vec and subwords-and-global-counts.

    >>> EmbeddingMap("abcdef", np.eye(6), word="c")
    <EmbeddingMap explorable>
    """

    _esm = front_end("embedding_map")

    title = traitlets.Unicode("A map of word vectors").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "Each dot is a word. The map flattens the vectors to two dimensions; the neighbours are "
        "found in all of them, by cosine, so the nearest words need not be the nearest dots. Type "
        "a word, tap a dot, or go on to a neighbour."
    ).tag(sync=True)
    words = traitlets.List().tag(sync=True)
    points = traitlets.List().tag(sync=True)  # x, y of each word, in thousandths of the longest
    neighbours = traitlets.List().tag(sync=True)  # the numbers of the nearest words, nearest first
    cosines = traitlets.List().tag(sync=True)  # in thousandths
    labels = traitlets.List().tag(sync=True)
    dimensions = traitlets.Int().tag(sync=True)
    variance = traitlets.Float().tag(sync=True)  # the share of it that the map keeps
    word = traitlets.Unicode().tag(sync=True)

    def __init__(self, words, vectors, *, word=None, labels=(), **traits):
        words = distinct_symbols("words", words)
        N = validate.between("the number of words", len(words), NEIGHBOURS + 1, 400)
        units = _units(vectors, N)
        places, variance = _principal_components(units)
        cosines = units @ units.T
        np.fill_diagonal(cosines, -np.inf)  # nobody is a neighbour of itself
        nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :NEIGHBOURS]
        super().__init__(
            words=words,
            points=_thousandths(places / np.abs(places).max()),
            neighbours=nearest.tolist(),
            cosines=_thousandths(np.take_along_axis(cosines, nearest, axis=1)),
            labels=[validate.choice("each of labels", label, words) for label in labels],
            dimensions=units.shape[1],
            variance=variance,
            word=validate.choice("word", words[0] if word is None else word, words),
            **traits,
        )


def _units(vectors, N):
    """The vectors, each divided by its length."""
    array = validate.array("vectors", vectors)
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError(f"vectors should be ({N}, E) with E of at least 2, got {array.shape}")
    array = np.array(finite_array("vectors", array, (N, array.shape[1])))
    lengths = np.linalg.norm(array, axis=1, keepdims=True)
    if not lengths.all():
        raise ValueError(f"each vector should have a direction, got zeros at {lengths.argmin()}")
    return array / lengths


def _principal_components(rows):
    """The first two, their signs such that the largest number of each is positive; their share."""
    U, s, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    if not s[0] > 1e-12:
        raise ValueError("vectors should differ in direction, got the same one for all words")
    places = U[:, :2] * s[:2]
    largest = np.abs(places).argmax(axis=0)
    places *= np.where(places[largest, [0, 1]] < 0, -1, 1)
    return places, float((s[:2] ** 2).sum() / (s**2).sum())


def _thousandths(values):
    return np.rint(1000 * values).astype(int).tolist()
