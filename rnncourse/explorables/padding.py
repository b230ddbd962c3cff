"""Padding: rows of unlike length as batches, padded, masked or packed."""

import traitlets

from rnncourse import validate
from rnncourse.explorables.base import Explorable, front_end

EXAMPLE = (4, 17, 6, 5, 9, 3, 22, 7, 5, 12, 4, 8, 6, 15, 3, 10, 5, 7, 4, 26, 6, 9, 11, 5)


class Padding(Explorable):
    """Lays rows of unlike length out as batches and counts what padding costs.

    Rows are sorted by length and cut into ``buckets`` groups as in ``data.bucketed``; in the
    picture a group keeps the order its rows came in, where training would shuffle them.
    ``treatment``: "padded" computes all cells and has them all in the loss, "masked" leaves padding
    out of the loss, "packed" does not compute it, as in PyTorch's ``pack_padded_sequence``.
    Shapes: lengths (N,) whole numbers from 1 to 80, 1 ≤ N ≤ 64; by default 24 made-up ones, in
    batches of 8.
    Raises: TypeError, ValueError for lengths, batch_size or buckets out of range (both 1 to N).
    Reference: the page bucketing-and-packing.

    >>> Padding([3, 1, 2, 5], batch_size=2, buckets=2)
    <Padding explorable>
    """

    _esm = front_end("padding")

    title = traitlets.Unicode("Batches of rows of unlike length").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "Each block is a batch: a line of cells is a row, a cell one of its steps. "
        "Buckets are groups of rows of like length; batches are cut within them. In a bucket the "
        "rows stay in the order they came in, where training would shuffle them."
    ).tag(sync=True)
    lengths = traitlets.List().tag(sync=True)
    batch_size = traitlets.Int().tag(sync=True)
    buckets = traitlets.Int().tag(sync=True)
    treatment = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, lengths=EXAMPLE, *, batch_size=None, buckets=1, treatment="padded", **traits
    ):
        lengths = validate.array("lengths", lengths)
        N = validate.between("the number of rows", lengths.size, 1, 64)
        validate.shape("lengths", lengths, (N,), "(N,)")
        for length in lengths.tolist():
            validate.whole("each of lengths", length, 1, 80)
        batch_size = min(8, N) if batch_size is None else batch_size
        validate.whole("batch_size", batch_size, 1, N)
        validate.whole("buckets", buckets, 1, N)
        super().__init__(
            lengths=lengths.tolist(),
            batch_size=int(batch_size),
            buckets=int(buckets),
            treatment=validate.choice("treatment", treatment, ("padded", "masked", "packed")),
            **traits,
        )
