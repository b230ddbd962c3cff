"""Sampling: what temperature and top-k do to the probabilities of the next symbol."""

import traitlets

from rnncourse import validate
from rnncourse.explorables.base import (
    Explorable,
    distinct_symbols,
    finite_array,
    front_end,
)


class Sampling(Explorable):
    """Draws from softmax(logits / temperature) over the k largest logits.

    The definition of ``decode.distribution``. ``seed`` starts the random numbers of the draws.
    Shapes: symbols (V,), logits (V,), 2 ≤ V ≤ 200.
    Raises: TypeError, ValueError when an argument is out of its range (temperature 0.1 to 3).

    >>> Sampling("abc", [2.0, 1.0, -1.0], temperature=0.5)
    <Sampling explorable>
    """

    _esm = front_end("random", "sampling")

    title = traitlets.Unicode("Temperature and top-k").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "Filled bars are the probabilities that the next symbol is drawn from; outlines are the "
        "model’s own, at temperature 1 with every symbol allowed."
    ).tag(sync=True)
    symbols = traitlets.List().tag(sync=True)
    logits = traitlets.List().tag(sync=True)
    temperature = traitlets.Float(1.0).tag(sync=True)
    top_k = traitlets.Int().tag(sync=True)
    seed = traitlets.Int().tag(sync=True)
    drawn = traitlets.Int(0).tag(sync=True)  # how many symbols have been drawn so far

    def __init__(self, symbols, logits, *, temperature=1.0, top_k=None, seed=0, **traits):
        symbols = distinct_symbols("symbols", symbols)
        size = validate.between("the number of symbols", len(symbols), 2, 200)
        super().__init__(
            symbols=symbols,
            logits=finite_array("logits", logits, (size,)),
            temperature=validate.between("temperature", temperature, 0.1, 3),
            top_k=size if top_k is None else validate.between("top_k", top_k, 1, size),
            seed=seed,
            **traits,
        )
