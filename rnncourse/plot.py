"""One function a figure: data first, options by keyword, ``ax=None``, returns the Axes.

Every figure needs a title that says its message and a label on each axis, so these are not
optional. Colours are Okabe and Ito's, told apart by colour-blind readers.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patheffects import withStroke

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
INK, GRID = "#333333", "#DDDDDD"
BOXES = {  # edge and filling: the same grammar as in the explorables
    "input": ("#0B62A8", "#DBEAFB"),
    "hidden": ("#A34F00", "#FDE8D3"),
    "output": ("#1A7034", "#DAF2E1"),
}


def lines(series, *, title, xlabel, ylabel, logx=False, logy=False, ax=None):
    """One line for each entry of ``series``, named at its end rather than in a legend.

    ``series`` maps a name to y, or to a pair (x, y).
    Raises: ValueError when there is no series, or x and y differ in length.

    >>> ax = lines({"tanh": [1.0, 0.5]}, title="It falls", xlabel="step", ylabel="loss")
    >>> ax.get_title(loc="left")
    'It falls'
    """
    if not series:
        raise ValueError("series should hold at least one line, got none")
    ax = _axes(ax, title, xlabel, ylabel)
    ends = []
    for (name, data), colour in zip(series.items(), _colours(len(series)), strict=True):
        x, y = data if isinstance(data, tuple) else (np.arange(len(data)), data)
        _check_pair(name, x, y)
        ax.plot(x, y, color=colour, linewidth=2)
        ends.append((x[-1], y[-1], name, colour))
    ax.set_xscale("log" if logx else "linear")
    ax.set_yscale("log" if logy else "linear")
    _label_ends(ax, ends)
    return ax


def learning_curve(histories, *, title, window=20, ylabel="training loss (nats)", ax=None):
    """Training loss by step for each named ``History``, averaged over ``window`` steps.

    Raises: ValueError when a history is shorter than the window.

    >>> from rnncourse.train import History
    >>> ax = learning_curve({"SGD": History([3.0, 2.0], [], [], 0.0)}, title="It learns", window=1)
    >>> ax.get_xlabel()
    'step'
    """
    series = {}
    for name, history in histories.items():
        if not 1 <= window <= len(history.losses):
            raise ValueError(
                f"{name}: window should lie in [1, {len(history.losses)}], got {window}"
            )
        smooth = np.convolve(history.losses, np.ones(window) / window, mode="valid")
        series[name] = (np.arange(window, window + len(smooth)), smooth)
    return lines(series, title=title, xlabel="step", ylabel=ylabel, ax=ax)


def bars(values, *, title, xlabel, ylabel="", reference=None, form="{:.2f}", ax=None):
    """A horizontal bar for each entry of ``values``, its number beside it.

    ``reference`` is a pair (value, name), drawn as a dashed line.
    Raises: ValueError when there is no bar.

    >>> ax = bars({"5-gram": 1.8, "RNN": 2.0}, title="Close", xlabel="bits a character")
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['5-gram', 'RNN']
    """
    if not values:
        raise ValueError("values should hold at least one bar, got none")
    ax = _axes(ax, title, xlabel, ylabel)
    places = np.arange(len(values))
    ax.barh(places, list(values.values()), color=COLOURS[0], height=0.65)
    ax.set_yticks(places, list(values))
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    ax.margins(x=0.15)
    for place, value in zip(places, values.values(), strict=True):
        ax.annotate(form.format(value), (value, place), xytext=(4, 0), va="center",
                    textcoords="offset points", color=INK, fontsize=11)  # fmt: skip
    if reference:
        ax.axvline(reference[0], color=COLOURS[1], linestyle="--")
        ax.annotate(reference[1], (reference[0], 1), xycoords=("data", "axes fraction"),
                    xytext=(4, -2), textcoords="offset points", color=COLOURS[1], va="top",
                    fontsize=11)  # fmt: skip
    return ax


def heat_map(matrix, *, title, xlabel, ylabel, columns=None, rows=None, numbers=None, ax=None):
    """A matrix as shades; ``columns`` and ``rows`` name its cells, ``numbers`` formats them.

    A matrix with negative entries is shown from red through white to blue, zero being white.
    Raises: ValueError unless the matrix has two axes and the names fit.

    >>> ax = heat_map(np.eye(2), title="Right", xlabel="guess", ylabel="truth", rows=["a", "b"])
    >>> ax.get_ylabel()
    'truth'
    """
    matrix = np.asarray(matrix)
    if matrix.ndim != 2:
        raise ValueError(f"matrix should be (rows, columns), got {matrix.shape}")
    for name, names, count in (
        ("rows", rows, matrix.shape[0]),
        ("columns", columns, matrix.shape[1]),
    ):
        if names is not None and len(names) != count:
            raise ValueError(f"{name} should be {count} names, got {len(names)}")
    ax = _axes(ax, title, xlabel, ylabel)
    signed = bool((matrix < 0).any())
    limit = float(np.abs(matrix).max(initial=0)) or 1.0
    ax.imshow(matrix, aspect="auto", cmap="RdBu" if signed else "Blues",
              vmin=-limit if signed else 0, vmax=limit)  # fmt: skip
    ax.grid(False)
    if columns is not None:
        turned = max(map(len, columns)) > 2
        ax.set_xticks(range(len(columns)), columns, rotation=60 if turned else 0,
                      ha="right" if turned else "center", rotation_mode="anchor")  # fmt: skip
    if rows is not None:
        ax.set_yticks(range(len(rows)), rows)
    if numbers:
        for (row, column), value in np.ndenumerate(matrix):
            dark = abs(value) > 0.6 * limit
            ax.annotate(numbers.format(value), (column, row), ha="center", va="center",
                        fontsize=9, color="white" if dark else INK)  # fmt: skip
    return ax


def surface(x, y, z, *, title, xlabel, ylabel, paths=None, ax=None):
    """Heights ``z`` over a plane as shades of blue, with a few lines of equal height.

    ``paths`` maps a name to the (x, y) of a walk: a dot where it starts, the name at its last
    point on the map.
    Shapes: x (columns,) and y (rows,), both rising; z (rows, columns).
    Raises: ValueError when shapes or lengths do not fit, x or y does not rise, or a walk lies off
    the map.

    >>> x, y = np.linspace(0, 1, 3), np.linspace(0, 1, 2)
    >>> ax = surface(x, y, x + y[:, None], title="A slope", xlabel="x", ylabel="y")
    >>> ax.get_xlim() == (0.0, 1.0)
    True
    """
    x, y, z = map(np.asarray, (x, y, z))
    if x.ndim != 1 or y.ndim != 1 or z.shape != (y.size, x.size):
        raise ValueError(
            f"z should be (rows, columns) for x (columns,) and y (rows,), "
            f"got {z.shape} for {x.shape} and {y.shape}"
        )
    for name, axis in (("x", x), ("y", y)):
        if len(axis) < 2 or not (np.diff(axis) > 0).all():
            raise ValueError(f"{name} should rise over two or more places, got {axis}")
    ax = _axes(ax, title, xlabel, ylabel)
    top = z.min() + 1.5 * np.ptp(z)  # leaves out the darkest blues: lines and names stay legible
    ax.pcolormesh(x, y, z, cmap="Blues", shading="gouraud", vmin=z.min(), vmax=top)
    heights = ax.contour(x, y, z, levels=5, colors=INK, linewidths=0.6)
    ax.clabel(heights, fontsize=9)
    ax.grid(False)
    paths, ends = paths or {}, []
    for (name, (across, up)), colour in zip(
        paths.items(), _colours(len(paths) + 1)[1:], strict=True
    ):
        _check_pair(name, across, up)
        ax.plot(across, up, color=colour, linewidth=2)
        ax.plot(across[0], up[0], "o", color=colour)
        on_map = [(u, v) for u, v in zip(across, up, strict=True)
                  if x[0] <= u <= x[-1] and y[0] <= v <= y[-1]]  # fmt: skip
        if not on_map:
            raise ValueError(f"{name}: expected a walk with a point on the map, got none")
        ends.append((*on_map[-1], name, colour))
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    _label_ends(ax, ends, path_effects=[withStroke(linewidth=3, foreground="white")])
    return ax


def unrolled(networks, *, title, width=7, ax=None):
    """Unrolled networks: inputs in blue at the bottom, hidden states in orange, outputs in green.

    ``networks`` maps a name to its steps. A step is a pair of labels (input, output), "" where
    there is none; None between two steps hands the state to another set of weights. Networks
    stand side by side up to ``width`` steps, then in a new row.
    Raises: ValueError when there is no network or one is wider than ``width``.

    >>> ax = unrolled({"many-to-one": [("a", ""), ("b", "yes")]}, title="Read, then answer")
    >>> [text.get_text() for text in ax.texts if text.get_text()]
    ['many-to-one', 'a', 'b', 'yes']
    """
    if not networks or max(map(len, networks.values())) > width:
        raise ValueError(f"expected one or more networks of at most {width} steps")
    own_figure = ax is None
    ax = _axes(ax, title, "", "")
    left, top = 0, 0
    for name, steps in networks.items():
        columns = max(len(steps), 2)  # room for the name
        if left + columns > width:
            left, top = 0, top - 3.5
        ax.text(left - 0.4, top + 0.6, name, color=INK, fontsize=12, fontweight="bold")
        _unrolled_steps(ax, steps, left, top)
        left += columns + 0.3
    ax.set(xlim=(-0.5, width - 0.5), ylim=(top - 2.4, 1))
    if own_figure:
        ax.figure.set_size_inches(5.4, 0.5 + 0.6 * (3.4 - top))
    ax.axis("off")
    return ax


def _axes(ax, title, xlabel, ylabel):
    if ax is None:
        _, ax = plt.subplots(figsize=(5.4, 3.5), dpi=140, layout="constrained")
    ax.set_title(title, loc="left", color=INK, fontsize=12, fontweight="bold", wrap=True)
    ax.set_xlabel(xlabel, color=INK, fontsize=11)
    ax.set_ylabel(ylabel, color=INK, fontsize=11)
    ax.tick_params(colors=INK, labelsize=10)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(True, color=GRID, linewidth=0.7)
    ax.set_axisbelow(True)
    return ax


def _check_pair(name, x, y):
    if len(x) != len(y) or len(y) == 0:
        raise ValueError(
            f"{name}: x and y should be of one length, at least 1, got {len(x)} and {len(y)}"
        )


def _colours(count):
    return [COLOURS[i % len(COLOURS)] for i in range(count)]


def _unrolled_steps(ax, steps, left, top):
    output, hidden, below = top, top - 1, top - 2
    before = None  # where the state comes from
    for t, step in enumerate(steps):
        x = left + t
        if step is None:
            ax.text(x, hidden + 0.12, "state", color=INK, fontsize=11, ha="center")
            continue
        _box(ax, x, hidden, "", "hidden")
        if before is not None:
            _arrow(ax, (before + 0.38, hidden), (x - 0.38, hidden))
        if step[0]:
            _box(ax, x, below, step[0], "input")
            _arrow(ax, (x, below + 0.29), (x, hidden - 0.29))
        if step[1]:
            _box(ax, x, output, step[1], "output")
            _arrow(ax, (x, hidden + 0.29), (x, output - 0.29))
        before = x


def _box(ax, x, y, label, kind):
    edge, filling = BOXES[kind]
    corner, width, height = (x - 0.38, y - 0.29), 0.76, 0.58
    ax.add_patch(plt.Rectangle(corner, width, height, edgecolor=edge, facecolor=filling))
    ax.text(x, y, label, color=INK, fontsize=11, ha="center", va="center")


def _arrow(ax, start, end):
    arrow = {"arrowstyle": "-|>", "color": INK, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end, start, arrowprops=arrow)


def _label_ends(ax, ends, **style):
    """Name lines at their right ends, pushed apart so that no two names overlap."""
    ax.autoscale_view()  # else the limits are those of an empty figure
    heights = [ax.transData.transform((x, y))[1] for x, y, _, _ in ends]
    spacing = 16 * ax.figure.dpi / 100
    placed = -np.inf
    for i in np.argsort(heights):
        x, y, name, colour = ends[i]
        height = max(heights[i], placed + spacing)
        placed = height
        shift = (height - heights[i]) * 72 / ax.figure.dpi
        ax.annotate(name, (x, y), xytext=(5, shift), textcoords="offset points", va="center",
                    color=colour, fontsize=11, annotation_clip=False, **style)  # fmt: skip
