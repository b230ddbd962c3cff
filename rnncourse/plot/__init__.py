"""One function a figure: data first, options by keyword, ``ax=None``, returns the Axes.

Every figure needs a title that says its message and a label on each axis, so these are not
optional.
"""

from rnncourse.plot.charts import bars, heat_map, learning_curve, lines, panels, surface
from rnncourse.plot.diagrams import diagram, unrolled
from rnncourse.plot.style import COLOURS, GREY, INK, MODELS

__all__ = [
    "COLOURS",
    "GREY",
    "INK",
    "MODELS",
    "bars",
    "diagram",
    "heat_map",
    "learning_curve",
    "lines",
    "panels",
    "surface",
    "unrolled",
]
