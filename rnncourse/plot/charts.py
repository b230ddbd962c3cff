"""Charts: lines, bars, heat maps, surfaces."""

from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patheffects import withStroke

from rnncourse.plot.style import COLOURS, GREY, GRID, INK, MODELS, WIDTH, axes_of

DASHES = ("-", (0, (5, 1.5)), (0, (1, 1)))  # of the lines that share a model's colour
MARKERS = {"o": "●", "s": "■", "^": "▲", "D": "◆", "v": "▼", "P": "✚", "X": "✖"}


def lines(series, *, title, xlabel, ylabel, logx=False, logy=False, xticks=None, ylim=None,
          baselines=(), ax=None):  # fmt: skip
    """One line for each entry of ``series``, named at its end rather than in a legend.

    ``series`` maps a name to y, or to a pair (x, y). A y of shape (runs, points) is drawn as that
    many thin lines under one name. Few points are marked. The entries named in ``baselines`` are
    grey and dashed.
    Raises: ValueError when there is no series, x and y differ in length, or a baseline is no entry.

    >>> ax = lines({"tanh": [1.0, 0.5]}, title="It falls", xlabel="step", ylabel="loss")
    >>> ax.get_title(loc="left")
    'It falls'
    """
    if not series:
        raise ValueError("series should hold at least one line, got none")
    ax = axes_of(ax, title, xlabel, ylabel)
    ends, styles = [], _styles(series, baselines)
    for (name, data), style in zip(series.items(), styles, strict=True):
        x, y = data if isinstance(data, tuple) else (np.arange(np.shape(data)[-1]), data)
        runs = np.atleast_2d(y)
        _check_pair(name, x, runs[0])
        if not 3 <= len(x) <= 20:
            style["marker"] = ""
        for run in runs:
            ax.plot(x, run, linewidth=2 if len(runs) == 1 else 1.2, markersize=5, **style)
        ends.append((x[-1], np.median(runs[:, -1]), name, style["color"], style["marker"]))
    ax.set_xscale("log" if logx else "linear")
    ax.set_yscale("log" if logy else "linear")
    if xticks is not None:
        ax.set_xticks(xticks, xticks)
        ax.tick_params(axis="x", which="minor", bottom=False, labelbottom=False)
    if ylim is not None:
        ax.set_ylim(ylim)
    _label_ends(ax, ends)
    return ax


def learning_curve(histories, *, title, window=20, ylabel="training loss (nats)", ax=None):
    """Training loss by step for each named ``History``, averaged over ``window`` steps.

    A list of histories under one name is drawn as that many thin lines.
    Raises: ValueError when a history is shorter than the window.

    >>> from rnncourse.train import History
    >>> ax = learning_curve({"SGD": History([3.0, 2.0], [], [], 0.0)}, title="It learns", window=1)
    >>> ax.get_xlabel()
    'step'
    """
    series = {}
    for name, runs in histories.items():
        runs = runs if isinstance(runs, list) else [runs]
        shortest = min(len(history.losses) for history in runs)
        if not 1 <= window <= shortest:
            raise ValueError(f"{name}: window should lie in [1, {shortest}], got {window}")
        smooth = [np.convolve(history.losses, np.ones(window) / window, mode="valid")
                  for history in runs]  # fmt: skip
        series[name] = (np.arange(window, window + len(smooth[0])), smooth)
    return lines(series, title=title, xlabel="step", ylabel=ylabel, ax=ax)


def bars(values, *, title, xlabel, ylabel="", baselines=(), form="{:.2f}", ax=None):
    """A horizontal bar for each entry of ``values``, its number beside it.

    The entries named in ``baselines`` are grey.
    Raises: ValueError when there is no bar, or a baseline is no entry.

    >>> ax = bars({"5-gram": 1.8, "RNN": 2.0}, title="Close", xlabel="bits a character")
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['5-gram', 'RNN']
    """
    if not values:
        raise ValueError("values should hold at least one bar, got none")
    _check_baselines(baselines, values)
    ax = axes_of(ax, title, xlabel, ylabel)
    places = np.arange(len(values))
    colours = [GREY if name in baselines else MODELS.get(_model(name), COLOURS[0])
               for name in values]  # fmt: skip
    ax.barh(places, list(values.values()), color=colours, height=0.65)
    ax.set_yticks(places, list(values))
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    ax.margins(x=0.15)
    for place, value in zip(places, values.values(), strict=True):
        ax.annotate(form.format(value), (value, place), xytext=(4, 0), va="center",
                    textcoords="offset points", color=INK, fontsize=11)  # fmt: skip
    return ax


def heat_map(matrix, *, title, xlabel, ylabel, columns=None, rows=None, numbers=None, scale=None,
             ax=None):  # fmt: skip
    """A matrix as shades; ``columns`` and ``rows`` name its cells, ``numbers`` formats them.

    A matrix with negative entries is shown from red through white to blue, zero being white. A
    cell that is not a number is grey. ``scale`` is what a bar of the shades measures.
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
    names_of_rows = sum(map(bool, rows or ()))
    ax = axes_of(ax, title, xlabel, ylabel, height=max(3.5, 1.3 + 0.26 * names_of_rows))
    signed = bool((matrix < 0).any())
    limit = float(np.abs(matrix[~np.isnan(matrix)]).max(initial=0)) or 1.0
    colours = plt.get_cmap("RdBu" if signed else "Blues").with_extremes(bad=GRID)
    image = ax.imshow(matrix, aspect="auto", cmap=colours, vmin=-limit if signed else 0,
                      vmax=limit)  # fmt: skip
    ax.grid(False)
    if scale:
        bar = ax.figure.colorbar(image, ax=ax)
        bar.set_label(scale, color=INK, fontsize=11)
        bar.ax.tick_params(colors=INK, labelsize=10)
        bar.outline.set_visible(False)
    if columns is not None:
        named = [len(name) for name in columns if name]
        turned = max(named, default=0) * len(named) > 40  # characters that fit into a line
        ax.set_xticks(range(len(columns)), columns, rotation=60 if turned else 0,
                      ha="right" if turned else "center", rotation_mode="anchor")  # fmt: skip
    if rows is not None:
        ax.set_yticks(range(len(rows)), rows)
    if numbers:
        for row, column in np.argwhere(~np.isnan(matrix)):
            value = matrix[row, column]
            dark = abs(value) > 0.6 * limit
            ax.annotate(numbers.format(value), (column, row), ha="center", va="center",
                        fontsize=10, color="white" if dark else INK)  # fmt: skip
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
    ax = axes_of(ax, title, xlabel, ylabel)
    top = z.min() + 1.5 * np.ptp(z)  # leaves out the darkest blues: lines and names stay legible
    ax.pcolormesh(x, y, z, cmap="Blues", shading="gouraud", vmin=z.min(), vmax=top)
    heights = ax.contour(x, y, z, levels=5, colors=INK, linewidths=0.6)
    ax.clabel(heights, fontsize=10)
    ax.grid(False)
    paths, ends = paths or {}, []
    for (name, (across, up)), colour in zip(paths.items(), cycle(COLOURS[1:])):
        _check_pair(name, across, up)
        ax.plot(across, up, color=colour, linewidth=2)
        ax.plot(across[0], up[0], "o", color=colour)
        on_map = [(u, v) for u, v in zip(across, up, strict=True)
                  if x[0] <= u <= x[-1] and y[0] <= v <= y[-1]]  # fmt: skip
        if not on_map:
            raise ValueError(f"{name}: expected a walk with a point on the map, got none")
        ends.append((*on_map[-1], name, colour, ""))
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    if ends:
        _label_ends(ax, ends, path_effects=[withStroke(linewidth=3, foreground="white")])
    return ax


def panels(count, *, title="", height=3.2, **options):
    """A row of ``count`` Axes under one title, for the ``ax`` of the other functions.

    ``options`` are those of ``plt.subplots``.
    Raises: ValueError when ``count`` is below 1.

    >>> left, right = panels(2, title="Side by side")
    >>> left.figure is right.figure
    True
    """
    if count < 1:
        raise ValueError(f"count should be at least 1, got {count}")
    figure, axes = plt.subplots(1, count, figsize=(WIDTH, height), dpi=140, layout="constrained",
                                squeeze=False, **options)  # fmt: skip
    if title:
        figure.suptitle(title, x=0.01, ha="left", color=INK, fontsize=12, fontweight="bold")
    for ax in axes[0]:
        axes_of(ax, "", "", "")
    return list(axes[0])


def _check_pair(name, x, y):
    if len(x) != len(y) or len(y) == 0:
        raise ValueError(
            f"{name}: x and y should be of one length, at least 1, got {len(x)} and {len(y)}"
        )


def _check_baselines(baselines, entries):
    for name in baselines:
        if name not in entries:
            raise ValueError(f"baselines should be among {list(entries)}, got {name!r}")


def _model(name):
    """The model a name begins with: "LSTM" for "LSTM, bias 1"."""
    return name.replace(",", " ").partition(" ")[0]


def _styles(names, baselines):
    """Colour, dashes and marker of each line; those of one model differ in their dashes."""
    _check_baselines(baselines, names)
    free = cycle([colour for colour in COLOURS if colour not in MODELS.values()])
    dashes = {model: cycle(DASHES) for model in MODELS}
    styles = []
    for name, marker in zip(names, cycle(MARKERS)):
        if name in baselines:
            styles.append({"color": GREY, "linestyle": "--", "marker": ""})
        elif (model := _model(name)) in MODELS:
            styles.append({"color": MODELS[model], "linestyle": next(dashes[model]),
                           "marker": marker})  # fmt: skip
        else:
            styles.append({"color": next(free), "linestyle": "-", "marker": marker})
    return styles


def _label_ends(ax, ends, **style):
    """Name lines at their right ends, pushed apart so that no two names overlap.

    A name that had to leave its line's end shows the line's marker.
    """
    ax.autoscale_view()  # else the limits are those of an empty figure
    ax.figure.draw_without_rendering()  # a long title makes the axes lower
    heights = np.array([ax.transData.transform((x, y))[1] for x, y, *_ in ends])
    order = np.argsort(heights, kind="stable")
    spacing = 16 * ax.figure.dpi / 100
    room = spacing * np.arange(len(ends))
    free = heights[order] - room  # names keep their spacing where this does not fall
    middle = (np.maximum.accumulate(free) + np.minimum.accumulate(free[::-1])[::-1]) / 2
    placed = np.clip(middle, ax.bbox.y0, ax.bbox.y1 - room[-1]) + room
    for i, height in zip(order, placed, strict=True):
        x, y, name, colour, marker = ends[i]
        shift = (height - heights[i]) * 72 / ax.figure.dpi
        if marker and abs(shift) > 4:
            name = f"{MARKERS[marker]} {name}"
        dark = tuple(0.65 * part for part in to_rgb(colour))  # fine letters need more contrast
        ax.annotate(name, (x, y), xytext=(6, shift), textcoords="offset points", va="center",
                    color=dark, fontsize=11, annotation_clip=False, **style)  # fmt: skip
