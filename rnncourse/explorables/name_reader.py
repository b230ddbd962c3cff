"""NameReader: a trained network reads the name that is typed and says which language it sounds."""

import numpy as np
import traitlets

from rnncourse import validate
from rnncourse.cells import Weights
from rnncourse.explorables.base import Explorable, distinct_symbols, finite_array, front_end
from rnncourse.models import SequenceWeights
from rnncourse.text import Vocabulary

LONGEST = 24  # letters
END = "\n"


class NameReader(Explorable):
    """Reads a name with a GRU, one small letter at a time, and shows its state and its belief.

    ``weights``: of a ``SequenceModel`` with a GRU that answers at every step; they travel rounded
    to four decimals. The ``vocabulary`` holds small letters and ``END``, which ends a name.
    A letter that is not in it is read without its accents, or left out. ``step``: how many symbols
    have been read at first; None: all.
    Shapes: embedding W (V, E), H ≤ 64, linear W (K, H), K languages from 2 to 12; name ≤ 24.
    Raises: TypeError, ValueError naming what does not fit.
    Reference: Cho et al. 2014; the pages training-and-inference and gru.

    >>> from rnncourse import GRU, Embedding, Linear, Recurrent, SequenceModel
    >>> model = SequenceModel(Embedding(3, 2), Recurrent(GRU(2, 4)), Linear(4, 2))
    >>> weights = model.init(np.random.default_rng(0))
    >>> NameReader(Vocabulary(("a", "b", END)), ("Abba", "Baba"), weights, name="ab")
    <NameReader explorable>
    """

    _esm = front_end("name_reader")

    title = traitlets.Unicode("Which language is this name?").tag(sync=True)
    how_to_read = traitlets.Unicode(
        "Blue boxes are letters; ⏎ ends the name. The orange strip is all that the network "
        "remembers: bars up are positive numbers, bars down negative ones. Green bars are what it "
        "believes; dashed outlines, what it believed one letter earlier."
    ).tag(sync=True)
    vocabulary = traitlets.List().tag(sync=True)
    languages = traitlets.List().tag(sync=True)
    weights = traitlets.Dict().tag(sync=True)
    examples = traitlets.List().tag(sync=True)
    name = traitlets.Unicode().tag(sync=True)
    step = traitlets.Int().tag(sync=True)

    def __init__(self, vocabulary, languages, weights, *, name, examples=(), step=None, **traits):
        symbols = validate.kind("vocabulary", vocabulary, Vocabulary).symbols
        if END not in symbols or not all(len(s) == 1 and s == s.lower() for s in symbols):
            raise ValueError(f"vocabulary should hold small letters and {END!r}, got {symbols}")
        languages = distinct_symbols("languages", languages)
        validate.between("the number of languages", len(languages), 2, 12)
        for given in (name, *examples):
            _check_name(given, symbols)
        if step is not None:
            validate.whole("step", step, 1, len(name) + 1)
        super().__init__(
            vocabulary=list(symbols),
            languages=languages,
            weights=_rounded(weights, len(symbols), len(languages)),
            name=name,
            examples=distinct_symbols("examples", examples),
            step=LONGEST + 1 if step is None else int(step),
            **traits,
        )


def _check_name(name, symbols):
    validate.between(
        f"the length of {name!r}", len(validate.kind("each name", name, str)), 1, LONGEST
    )
    if unknown := [letter for letter in name.lower() if letter not in symbols]:
        raise ValueError(f"a name should be in the vocabulary's letters, got {unknown[0]!r}")


def _rounded(weights, V, K):
    """The arrays as lists, by the names that the ES module knows them by."""
    embedding, recurrent, linear = validate.kind("weights", weights, SequenceWeights)
    validate.kind("recurrent weights", recurrent, Weights)
    E = validate.matrix("embedding W", embedding.W).shape[1]
    H = validate.between("the hidden size", validate.matrix("W_hh", recurrent.W_hh).shape[1], 1, 64)
    arrays = {
        "E": ("embedding W", embedding.W, (V, E)),
        "W_ih": ("W_ih", recurrent.W_ih, (3 * H, E)),
        "W_hh": ("W_hh", recurrent.W_hh, (3 * H, H)),
        "b_ih": ("b_ih", recurrent.b_ih, (3 * H,)),
        "b_hh": ("b_hh", recurrent.b_hh, (3 * H,)),
        "W": ("linear W", linear.W, (K, H)),
        "b": ("linear b", linear.b, (K,)),
    }
    return {k: np.round(finite_array(*array), 4).tolist() for k, array in arrays.items()}
