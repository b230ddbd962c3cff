"""The figures show the numbers they are given."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from rnncourse.plot import bars, heat_map, learning_curve, lines, surface
from rnncourse.train import History

NAMED = {"title": "Message", "xlabel": "x", "ylabel": "y"}


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


def test_learning_curve_puts_the_mean_of_a_window_at_its_last_step():
    history = History(list(range(1, 8)), [], [], 0.0)  # the loss of step t is t
    (line,) = learning_curve({"SGD": history}, title="It rises", window=4).lines
    np.testing.assert_allclose(line.get_xydata(), [[4, 2.5], [5, 3.5], [6, 4.5], [7, 5.5]])


def test_heat_map_is_red_below_zero_white_at_zero_and_blue_above():
    (image,) = heat_map([[-1.0, 0.0, 2.0]], **NAMED).images
    ((below, zero, above),) = image.to_rgba(image.get_array())
    assert below[0] > below[2] + 0.1
    assert min(zero) > 0.95
    assert above[2] > above[0] + 0.1


def test_heat_map_without_negative_entries_goes_from_white_to_blue():
    (image,) = heat_map([[0.0, 1.0]], **NAMED).images
    ((zero, above),) = image.to_rgba(image.get_array())
    assert min(zero) > 0.95
    assert above[2] > above[0] + 0.1


def test_bars_are_as_long_as_their_values_and_the_reference_stands_at_its_own():
    ax = bars({"a": 1.5, "b": 2.0}, title="Close", xlabel="x", reference=(0.7, "chance"))
    assert [bar.get_width() for bar in ax.patches] == [1.5, 2.0]
    assert [list(line.get_xdata()) for line in ax.lines] == [[0.7, 0.7]]


def test_surface_is_darker_where_it_is_higher_and_shows_each_walk():
    x, y = np.array([0.0, 1.0, 2.0]), np.array([5.0, 6.0])
    z = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    ax = surface(x, y, z, paths={"down": ([2.0, 0.0], [6.0, 5.0])}, **NAMED)
    mesh = ax.collections[0]
    brightness = mesh.to_rgba(mesh.get_array())[..., :3].sum(axis=-1)
    np.testing.assert_array_equal(np.argsort(-brightness, axis=None), np.argsort(z, axis=None))
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 2), (5, 6))
    walk, start = ax.lines
    np.testing.assert_array_equal(walk.get_xydata(), [[2, 6], [0, 5]])
    np.testing.assert_array_equal(start.get_xydata(), [[2, 6]])
    assert "down" in [text.get_text() for text in ax.texts]


def test_a_walk_that_leaves_the_surface_is_named_where_it_was_last_on_it():
    corners = np.array([0.0, 1.0])
    z = np.array([[0.0, 1.0], [2.0, 3.0]])
    ax = surface(corners, corners, z, paths={"out": ([0.2, 0.7, 9.0], [0.2, 0.5, 9.0])}, **NAMED)
    (name,) = [text for text in ax.texts if text.get_text() == "out"]
    assert name.xy == (0.7, 0.5)


@pytest.mark.parametrize("logy", [False, True])
@pytest.mark.parametrize(
    "ends",
    [
        (99, 100, 101),
        (5, 5, 5),
        (1, 50, 100),
        (0.1, 10, 11, 12, 90),
        tuple(np.linspace(90, 100, 7)),
    ],
    ids=str,
)
def test_names_at_line_ends_do_not_overlap(ends, logy):
    ax = lines({f"model {i}g": [1.0, end] for i, end in enumerate(ends)}, logy=logy, **NAMED)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
