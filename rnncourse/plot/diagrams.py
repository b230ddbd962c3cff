"""Diagrams: boxes and arrows in the grammar of the explorables."""

import matplotlib.pyplot as plt
import numpy as np

from rnncourse.plot.style import INK, WIDTH, axes_of

BOXES = {  # edge and filling: the same grammar as in the explorables
    "input": ("#0B62A8", "#DBEAFB"),
    "hidden": ("#A34F00", "#FDE8D3"),
    "output": ("#1A7034", "#DAF2E1"),
    "memory": ("#5A3CC4", "#EBE6FC"),
    "weight": ("#59626D", "#E9EDF1"),
}
GRADIENT = "#96186B"


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
    ax = axes_of(ax, title, "", "")
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
        ax.figure.set_size_inches(WIDTH, 0.5 + 0.6 * (3.4 - top))
    ax.axis("off")
    return ax


def diagram(boxes, arrows, *, title, gradients=(), ax=None):
    """Boxes and arrows in the colours of the explorables; gradients are dashed bows in purple.

    ``boxes`` maps a name to (x, y, kind, label), a box being 0.76 wide and 0.58 high. ``arrows``
    and ``gradients`` hold (name, name, text). Kinds: input, hidden, output, memory, weight.
    Raises: ValueError for an unknown kind or an arrow whose end is no box.

    >>> boxes = {"x": (0, 0, "input", "$x_1$"), "h": (2, 0, "hidden", "$h_1$")}
    >>> ax = diagram(boxes, [("x", "h", "")], title="Forward and back", gradients=[("h", "x", "3")])
    >>> [text.get_text() for text in ax.texts if text.get_text()]
    ['$x_1$', '$h_1$', '3']
    """
    own_figure = ax is None
    ax = axes_of(ax, title, "", "")
    places, middles = {}, []
    for name, (x, y, kind, label) in boxes.items():
        if kind not in BOXES:
            raise ValueError(f"{name}: kind should be among {list(BOXES)}, got {kind!r}")
        places[name] = ((x, y), _box(ax, x, y, label, kind))
    for flow, bow, style in (
        (arrows, 0, {"color": INK}),
        (gradients, 0.3, {"color": GRADIENT, "linestyle": (0, (4, 2))}),
    ):
        for *names, text in flow:
            if not places.keys() >= set(names):
                raise ValueError(f"an arrow should join two of {list(boxes)}, got {names}")
            (start, first), (end, last) = (places[name] for name in names)
            ends = {"patchA": first, "patchB": last, "shrinkA": 0, "shrinkB": 0}
            shape = {"arrowstyle": "-|>", "connectionstyle": f"arc3,rad={bow}"}
            ax.annotate("", end, start, arrowprops=ends | shape | style)
            (x, y), (u, v) = start, end
            middles.append(((x + u + bow * (v - y)) / 2, (y + v - bow * (u - x)) / 2))
            ax.text(*middles[-1], text, color=style["color"], fontsize=11, ha="center", va="center",
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
    xs, ys = ([place[axis] for place in [*boxes.values(), *middles]] for axis in (0, 1))
    ax.set(xlim=(min(xs) - 0.5, max(xs) + 0.5), ylim=(min(ys) - 0.5, max(ys) + 0.5))
    if own_figure:
        height = (np.ptp(ys) + 1) / (np.ptp(xs) + 1) * WIDTH
        ax.figure.set_size_inches(WIDTH, 0.35 + height)
    ax.axis("off")
    return ax


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
    ax.text(x, y, label, color=INK, fontsize=11, ha="center", va="center")
    return ax.add_patch(plt.Rectangle(corner, width, height, edgecolor=edge, facecolor=filling))


def _arrow(ax, start, end):
    arrow = {"arrowstyle": "-|>", "color": INK, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end, start, arrowprops=arrow)
