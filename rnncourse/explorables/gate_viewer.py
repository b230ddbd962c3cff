"""GateViewer: what one unit of a gated network does at each character of a text."""

from itertools import product

import numpy as np
import traitlets

from rnncourse import validate
from rnncourse.diagnostics import SIGMOID_GATES
from rnncourse.explorables.base import (
    Explorable,
    distinct_symbols,
    finite_array,
    front_end,
)

MOST_NUMBERS = 40_000  # in all blocks together: they travel with the page


class GateViewer(Explorable):
    """Colours the characters of a text by the value that one unit has after reading each.

    ``blocks``: values by name, such as ``gate_activations`` gives for one row of a batch, and c, h.
    Sigmoid gates (i, f, o, r, z) are shown from 0 to 1; any other block from -m to m, where m is
    its largest size and at least 1. Values travel rounded to two decimals.
    ``units``: the true numbers of the columns; ``unit`` and the keys of ``notes``, which maps
    (block, unit) to a sentence, mean these.
    Shapes: each block (T, units), T = len(text) ≤ 2000; 40,000 numbers at most.
    Raises: TypeError, ValueError for blocks that do not fit the text, or an unknown block or unit.
    Reference: Karpathy, Johnson & Fei-Fei 2015, section 4.2.

    >>> GateViewer("ab", {"f": [[0.9], [0.1]]}, units=[7], notes={("f", 7): "Falls at a b."})
    <GateViewer explorable>
    """

    _esm = front_end("gate_viewer")

    title = traitlets.Unicode("One unit along a text").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "The bar below a character, and the strength of its colour, show the unit’s value after "
        "it has read that character. Bars of a negative value are orange and hang below the line. "
        "Point at a character, tap it, or move along the text with the arrow keys on the slider."
    ).tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    blocks = traitlets.List().tag(sync=True)  # their order: a saved page sorts what is a dict
    values = traitlets.Dict().tag(sync=True)  # in hundredths: block -> unit -> one a character
    ranges = traitlets.Dict().tag(sync=True)
    units = traitlets.List().tag(sync=True)
    notes = traitlets.Dict().tag(sync=True)
    block = traitlets.Unicode().tag(sync=True)
    unit = traitlets.Int().tag(sync=True)
    position = traitlets.Int().tag(sync=True)

    def __init__(
        self, text, blocks, *, units=None, notes=None, block=None, unit=None, position=0, **traits
    ):
        T = validate.between(
            "the length of the text", len(validate.kind("text", text, str)), 1, 2000
        )
        names = distinct_symbols("blocks", validate.kind("blocks", blocks, dict))
        if not names:
            raise ValueError("blocks should hold one block or more, got none")
        shape = np.shape(blocks[names[0]])
        if len(shape) != 2 or shape[1] == 0:
            raise ValueError(f"block {names[0]!r} should be ({T}, units), got {shape}")
        validate.between(
            "the count of numbers in all blocks", len(names) * T * shape[1], 1, MOST_NUMBERS
        )
        units = list(range(shape[1])) if units is None else _unit_numbers(units, shape[1])
        values = {name: _hundredths(name, blocks[name], (T, shape[1])) for name in names}
        super().__init__(
            text=text,
            blocks=names,
            values={name: rows.T.tolist() for name, rows in values.items()},
            ranges={name: _range(name, rows) for name, rows in values.items()},
            units=units,
            notes=_by_block(notes or {}, names, units),
            block=validate.choice("block", names[0] if block is None else block, names),
            unit=int(validate.choice("unit", units[0] if unit is None else unit, units)),
            position=validate.between("position", position, 0, T - 1),
            **traits,
        )


def _unit_numbers(units, count):
    units = list(units)
    for unit in units:
        validate.whole("each of units", unit, 0)
    if len(set(units)) != len(units) or len(units) != count:
        raise ValueError(f"units should be {count} different numbers, one a column, got {units}")
    return [int(unit) for unit in units]


def _hundredths(name, values, shape):
    values = np.array(finite_array(f"block {name!r}", values, shape))
    if name in SIGMOID_GATES and not (values.min() >= 0 and values.max() <= 1):
        raise ValueError(
            f"block {name!r}, a sigmoid gate, should lie in [0, 1], "
            f"got {values.min():.3g} to {values.max():.3g}"
        )
    return np.rint(100 * values).astype(int)


def _range(name, hundredths):
    """The ends of a block's scale."""
    if name in SIGMOID_GATES:
        return [0, 1]
    largest = max(100, int(np.abs(hundredths).max())) / 100
    return [-largest, largest]


def _by_block(notes, names, units):
    """Notes as JSON can hold them: by block, then by the unit's number as a string."""
    found = {}
    for key, note in validate.kind("notes", notes, dict).items():
        if key not in product(names, units):
            raise ValueError(f"notes should be for a (block, unit) that is shown, got {key!r}")
        found.setdefault(key[0], {})[str(key[1])] = validate.kind(f"note {key!r}", note, str)
    return found
