"""What every explorable shares: look, controls, fixed repr, checks of its data."""

import re
from pathlib import Path

import anywidget
import numpy as np
import traitlets

HERE = Path(__file__).parent


def front_end(*names: str) -> str:
    """The ES module of one explorable, named last, with ``common.mjs`` and what else it imports.

    A page without a kernel loads the module from a blob URL, where a sibling cannot be imported,
    so the files are joined here and the import statements are taken out.
    """
    files = [(HERE / f"{name}.mjs").read_text(encoding="utf-8") for name in ("common", *names)]
    return re.sub(r'^import [^;]*"\./\w+\.mjs";\n', "", "".join(files), flags=re.MULTILINE)


class Explorable(anywidget.AnyWidget):
    """A figure to push, whose whole behaviour sits in its ES module: it needs no kernel.

    >>> Explorable(title="Unrolling")
    <Explorable explorable>
    """

    _css = (HERE / "common.css").read_text(encoding="utf-8")

    title = traitlets.Unicode().tag(sync=True)
    how_to_read = traitlets.Unicode().tag(sync=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} explorable>"  # no memory address: outputs are compared


def finite_array(name: str, values, shape: tuple[int, ...]) -> list:
    """``values`` as nested lists of floats, ready to travel as JSON.

    Raises: ValueError when the shape is another one or a number is not finite.

    >>> finite_array("b_ih", [0, 1], (2,))
    [0.0, 1.0]
    """
    array = np.asarray(values, dtype=np.float64)
    if array.shape != shape:
        raise ValueError(f"{name} should be {shape}, got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} should be finite, got {array[~np.isfinite(array)][0]}")
    return array.tolist()


def distinct_symbols(name: str, symbols) -> list[str]:
    """``symbols`` as a list of non-empty strings, each given once.

    Raises: TypeError for anything that is no string, ValueError for an empty or repeated one.

    >>> distinct_symbols("vocabulary", "abc")
    ['a', 'b', 'c']
    """
    symbols = list(symbols)
    for symbol in symbols:
        if not isinstance(symbol, str):
            raise TypeError(f"{name} should hold strings, got {symbol!r}")
        if not symbol or symbols.count(symbol) > 1:
            raise ValueError(f"{name} should hold each symbol once and none empty, got {symbol!r}")
    return symbols
