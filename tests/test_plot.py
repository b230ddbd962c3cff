"""The figures show the numbers they are given."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from rnncourse.plot import (
    COLOURS,
    GREY,
    MODELS,
    bars,
    diagram,
    heat_map,
    learning_curve,
    lines,
    panels,
    surface,
)
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


def test_learning_curve_shows_each_run_of_a_list():
    runs = [History([4.0, 2.0], [], [], 0.0), History([3.0, 1.0], [], [], 0.0)]
    first, second = learning_curve({"SGD": runs}, title="It falls", window=2).lines
    assert (list(first.get_ydata()), list(second.get_ydata())) == ([3.0], [2.0])


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


def test_heat_map_shows_what_is_not_a_number_in_grey_and_numbers_the_rest():
    ax = heat_map([[np.nan, 2.0]], numbers="{:.0f}", **NAMED)
    (image,) = ax.images
    ((missing, present),) = image.to_rgba(image.get_array())
    assert 0.5 < missing[0] == missing[1] == missing[2] < 0.9
    assert present[2] > present[0] + 0.1
    assert [text.get_text() for text in ax.texts if text.get_text()] == ["2"]


def test_heat_map_leaves_whole_numbers_whole():
    texts = heat_map([[1, 20]], numbers="{}", **NAMED).texts
    assert [text.get_text() for text in texts if text.get_text()] == ["1", "20"]


def test_heat_map_has_a_bar_of_shades_when_it_is_told_what_they_measure():
    ax = heat_map([[0.0, 1.0]], scale="share", **NAMED)
    assert [other.get_ylabel() for other in ax.figure.axes if other is not ax] == ["share"]


def test_bars_are_as_long_as_their_values_and_baselines_are_grey():
    ax = bars({"a": 1.5, "chance": 2.0}, title="Close", xlabel="x", baselines=["chance"])
    assert [bar.get_width() for bar in ax.patches] == [1.5, 2.0]
    assert [to_hex(bar.get_facecolor()).upper() for bar in ax.patches] == [COLOURS[0], GREY]


def test_a_model_has_its_own_colour_in_every_figure():
    ax = lines({"5-gram": [1, 2], "GRU": [2, 3], "window": [3, 4], "RNN, H = 8": [4, 5]}, **NAMED)
    colours = [line.get_color() for line in ax.lines]
    assert colours == [COLOURS[0], MODELS["GRU"], COLOURS[3], MODELS["RNN"]]
    bar, other = bars({"LSTM": 1.0, "5-gram": 2.0}, title="Close", xlabel="x").patches
    assert to_hex(bar.get_facecolor()).upper() == MODELS["LSTM"]
    assert to_hex(other.get_facecolor()).upper() == COLOURS[0]


def test_lines_of_one_model_differ_in_their_dashes_and_a_baseline_is_grey():
    ends = {"LSTM, bias 0": [1, 2], "LSTM, bias 1": [2, 3], "guess": [1, 1]}
    first, second, guess = lines(ends, baselines=["guess"], **NAMED).lines
    assert first.get_color() == second.get_color() == MODELS["LSTM"]
    assert first.get_linestyle() == "-" != second.get_linestyle()
    assert (guess.get_color(), guess.get_linestyle()) == (GREY, "--")


def test_runs_share_one_colour_and_one_name_at_their_median():
    runs = [[1.0, 5.0], [1.0, 2.0], [1.0, 3.0]]
    ax = lines({"3 seeds": ([0, 10], runs), "one": ([0, 10], [0.0, 0.0])}, **NAMED)
    assert [list(line.get_ydata()) for line in ax.lines] == [*runs, [0.0, 0.0]]
    assert len({line.get_color() for line in ax.lines}) == 2
    assert {text.get_text(): text.xy for text in ax.texts} == {"3 seeds": (10, 3), "one": (10, 0)}


def test_few_points_are_marked_and_many_are_not():
    ax = lines({"few": np.arange(5), "other": np.arange(5), "many": np.arange(50)}, **NAMED)
    few, other, many = (line.get_marker() for line in ax.lines)
    assert len({few, other, many}) == 3
    assert many == ""


def test_the_names_of_lines_that_end_at_the_top_stay_below_the_title():
    ax = lines({f"model {i}": [0.0, 1.0] for i in range(5)}, **NAMED)
    ax.figure.canvas.draw()
    assert max(text.get_window_extent().y1 for text in ax.texts) < ax.title.get_window_extent().y0


def test_a_name_that_leaves_the_end_of_its_line_shows_the_marker():
    ends = {"a": [0, 1, 5], "b": [1, 2, 5], "c": [2, 3, 5], "alone": [0, 0, 0]}
    names = {text.get_text() for text in lines(ends, **NAMED).texts}
    assert names == {"● a", "b", "▲ c", "alone"}


def test_xticks_have_their_own_labels_on_a_logarithmic_axis_too():
    ax = lines({"a": ([1, 5, 30], [1, 2, 3])}, logx=True, xticks=[1, 5, 30], **NAMED)
    ax.figure.canvas.draw()
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "5", "30"]
    assert not any(tick.label1.get_visible() for tick in ax.xaxis.get_minor_ticks())


BOXES = {"x": (0, 0, "input", "$x$"), "h": (2, 0, "hidden", "$h$")}


def test_a_diagram_draws_gradients_dashed_and_in_another_colour_than_arrows():
    ax = diagram(BOXES, [("x", "h", "")], gradients=[("h", "x", "3")], title="Message")
    forward, back = (text.arrow_patch for text in ax.texts if getattr(text, "arrow_patch", None))
    assert forward.get_linestyle() == "solid"
    assert back.get_linestyle() not in ("solid", "-")
    assert forward.get_edgecolor() != back.get_edgecolor()
    assert ax.figure.get_size_inches()[0] == pytest.approx(5.4)


def test_panels_stand_beside_each_other_under_one_title():
    left, right = panels(2, title="Message")
    assert left.figure.get_suptitle() == "Message"
    assert left.get_position().x1 < right.get_position().x0


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
