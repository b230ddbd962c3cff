"""Run in a notebook's kernel before its cells: a figure must have a title and axis labels.

A figure that lacks one makes its cell write to stderr, which the lint of notebooks.py reports.
"""


def _report_unlabelled_figures():
    """Look at every figure just before it becomes an image."""
    # All names stay in here: a notebook must import for itself what it uses.
    import sys

    from matplotlib.backend_bases import FigureCanvasBase

    def missing_labels(figure):
        titles = [
            axes.get_title(loc) for axes in figure.axes for loc in ("left", "center", "right")
        ]
        if not any(titles) and not figure.get_suptitle():
            yield "a title"
        # Axes that are switched off need no labels. One label may serve axes that share a scale.
        shown = [ax for ax in figure.axes if ax.axison and ax.get_label() != "<colorbar>"]
        for name in "xy":
            families = [getattr(ax, f"get_shared_{name}_axes")().get_siblings(ax) for ax in shown]
            labelled = [any(getattr(ax, f"get_{name}label")() for ax in axs) for axs in families]
            if not all(labelled) and not getattr(figure, f"get_sup{name}label")():
                yield f"a label on each {name} axis"

    draw = FigureCanvasBase.print_figure

    def print_figure(canvas, *args, **options):
        if missing := ", ".join(missing_labels(canvas.figure)):
            print("unlabelled figure: it lacks", missing, file=sys.stderr)
        return draw(canvas, *args, **options)

    FigureCanvasBase.print_figure = print_figure


if __name__ == "__main__":
    _report_unlabelled_figures()
    del _report_unlabelled_figures
