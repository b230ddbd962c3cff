"""Data: ``load_*`` reads what an installed package carries, ``make_*`` generates."""

from rnncourse.data.batches import (
    END,
    PADDING,
    START,
    classification_batch,
    language_model_batch,
    minibatches,
    random_windows,
)
from rnncourse.data.loads import (
    SURNAME_LOCALES,
    Digits,
    Surnames,
    Text,
    load_digits,
    load_surnames,
    load_text,
)
from rnncourse.data.tasks import AGREEMENT, make_adding, make_agreement, make_copy, make_recall

__all__ = [
    "AGREEMENT",
    "END",
    "PADDING",
    "START",
    "SURNAME_LOCALES",
    "Digits",
    "Surnames",
    "Text",
    "classification_batch",
    "language_model_batch",
    "load_digits",
    "load_surnames",
    "load_text",
    "make_adding",
    "make_agreement",
    "make_copy",
    "make_recall",
    "minibatches",
    "random_windows",
]
