"""The look that all figures share: colours, sizes and axes.

Colours are Okabe and Ito's, told apart by colour-blind readers; a model has the same one in every
figure, and what only compares is grey.
"""

import matplotlib.pyplot as plt

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MODELS = {"RNN": COLOURS[1], "LSTM": "#5A3CC4", "GRU": COLOURS[2]}
INK, GREY, GRID = "#333333", "#6B6B6B", "#DDDDDD"
WIDTH = 5.4  # inches; on a phone a tick's label is then 9 pixels high


def axes_of(ax, title, xlabel, ylabel, height=3.5):
    """The given Axes, or those of a new figure, in the book's look."""
    if ax is None:
        _, ax = plt.subplots(figsize=(WIDTH, height), dpi=140, layout="constrained")
    ax.set_title(title, loc="left", color=INK, fontsize=12, fontweight="bold", wrap=True)
    ax.set_xlabel(xlabel, color=INK, fontsize=11)
    ax.set_ylabel(ylabel, color=INK, fontsize=11)
    ax.tick_params(colors=INK, labelsize=10)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["bottom", "left"]].set_color(INK)
    ax.grid(True, color=GRID, linewidth=0.7)
    ax.set_axisbelow(True)
    return ax
