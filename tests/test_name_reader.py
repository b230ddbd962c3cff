"""NameReader reads a name in the browser as the package's GRU reads it, whatever is typed."""

import json

import numpy as np
import pytest
from front_end import FrontEnd

from rnncourse import GRU, Embedding, Linear, Recurrent, SequenceModel
from rnncourse.explorables import NameReader
from rnncourse.explorables.name_reader import END, LONGEST
from rnncourse.functional import softmax
from rnncourse.text import Vocabulary
from rnncourse.tree import tree_map

VOCABULARY = Vocabulary(tuple(END + " 'abekorsvä"))
LANGUAGES = ("Orkish", "Elvish", "Entish")


def random_weights(rng, hidden_size=6):
    """A model and weights that are all large, biases too: a small one would hide a mistake."""
    model = SequenceModel(
        Embedding(len(VOCABULARY), 4), Recurrent(GRU(4, hidden_size)), Linear(hidden_size, 3)
    )
    return model, tree_map(lambda w: rng.normal(size=w.shape), model.init(rng))


def reader(seed=0, hidden_size=6, **options):
    _, weights = random_weights(np.random.default_rng(seed), hidden_size)
    return NameReader(VOCABULARY, LANGUAGES, weights, **{"name": "Barks"} | options)


def spelled(name):
    found = FrontEnd(reader())("spelled", name, VOCABULARY.symbols)
    return "".join(found["symbols"]), found["changed"], found["missing"]


@pytest.mark.parametrize("name", ["a", "Barks Över", "O'Ke"])
def test_it_reads_as_the_package_does(name):
    model, weights = random_weights(np.random.default_rng(1))
    explorable = NameReader(VOCABULARY, LANGUAGES, weights, name="a")
    front_end, rounded = FrontEnd(explorable), tree_map(lambda w: w.round(4), weights)
    ids = VOCABULARY.encode(spelled(name)[0])
    assert len(ids) == len(name) + 1

    xs, _ = model.embedding.forward(rounded.embedding, ids[:, None])
    hs, _, _ = model.recurrent.forward(rounded.recurrent, xs)
    states = front_end("states", ids.tolist(), explorable.weights)
    assert states[0] == [0] * 6
    np.testing.assert_allclose(states[1:], hs[:, 0], rtol=0, atol=1e-12)

    logits, _, _ = model.forward(rounded, ids[:, None])
    beliefs = [front_end("belief", h, explorable.weights) for h in states[1:]]
    np.testing.assert_allclose(beliefs, softmax(logits[:, 0]), rtol=0, atol=1e-12)
    exact, _, _ = model.forward(weights, ids[:, None])  # what rounding changes does not show
    np.testing.assert_allclose(beliefs, softmax(exact[:, 0]), rtol=0, atol=5e-3)


def test_it_spells_with_the_letters_it_knows():
    assert spelled(" Barks ") == ("barks\n", [], [])
    assert spelled("BÄR") == ("bär\n", [], [])  # an accent it knows stays
    assert spelled("ba\u0308r") == ("bär\n", [], [])  # however it is written
    assert spelled("bárš á") == ("bars a\n", ["á as a", "š as s"], [])
    assert spelled("O’Ke") == ("o'ke\n", ["’ as '"], [])
    assert spelled("王 box ø 王") == ("bo\n", [], ["王", "x", "ø"])
    assert spelled("bo 王 b") == ("bo b\n", [], ["王"])
    assert spelled("王小明") == ("", [], ["王", "小", "明"])
    assert spelled("  ") == ("", [], [])


def test_it_reads_no_more_than_fits():
    assert spelled("ab" * 20)[0] == LONGEST // 2 * "ab" + END
    assert FrontEnd(reader()).context.eval("LONGEST") == LONGEST


def test_its_weights_travel_small():
    state = reader(hidden_size=48).weights
    assert len(json.dumps(state)) < 9 * sum(np.size(w) for w in state.values())


def test_it_begins_where_it_is_told():
    assert reader().step == LONGEST + 1  # more than there are: all
    explorable = reader(name="Bo", step=3, examples=["Ä", "Ko ko"])
    assert (explorable.name, explorable.step) == ("Bo", 3)
    assert explorable.examples == ["Ä", "Ko ko"]
    json.dumps(explorable.get_state(), default=None)  # plain numbers, not NumPy's


def test_it_says_what_does_not_fit():
    _, weights = random_weights(np.random.default_rng(2))

    def fails(
        error, message, vocabulary=VOCABULARY, languages=LANGUAGES, weights=weights, **options
    ):
        with pytest.raises(error, match=message):
            NameReader(vocabulary, languages, weights, **{"name": "Barks"} | options)

    fails(TypeError, "vocabulary should be Vocabulary, got str", vocabulary="abc")
    for symbols in ("ab", "aB\n", ("ab", END)):
        fails(ValueError, "vocabulary should hold small letters and '.n', got",
              vocabulary=Vocabulary(tuple(symbols)))  # fmt: skip
    fails(ValueError, "number of languages should be from 2 to 12, got 1", languages=["Elvish"])
    fails(ValueError, "languages should hold each symbol once", languages=["Elvish"] * 2)
    fails(ValueError, r"linear W should be \(2, 6\), got \(3, 6\)", languages=LANGUAGES[:2])
    fails(ValueError, r"embedding W should be \(3, 4\), got \(12, 4\)",
          vocabulary=Vocabulary(("a", "b", END)), name="a")  # fmt: skip
    fails(TypeError, "weights should be SequenceWeights, got tuple", weights=tuple(weights))
    _, large = random_weights(np.random.default_rng(2), 65)
    fails(ValueError, "hidden size should be from 1 to 64, got 65", weights=large)
    fails(TypeError, "recurrent weights should be Weights, got tuple",
          weights=weights._replace(recurrent=()))  # fmt: skip
    rows = weights.recurrent._replace(W_ih=weights.recurrent.W_ih[:6])
    fails(ValueError, r"W_ih should be \(18, 4\), got \(6, 4\)",
          weights=weights._replace(recurrent=rows))  # fmt: skip
    nothing = weights.linear._replace(b=np.full(3, np.nan))
    fails(
        ValueError, "linear b should be finite, got nan", weights=weights._replace(linear=nothing)
    )
    fails(TypeError, "each name should be str, got int", name=1)
    fails(ValueError, "the length of '' should be from 1 to 24, got 0", name="")
    fails(ValueError, "the length of .* should be from 1 to 24, got 25", examples=[25 * "a"])
    fails(ValueError, "a name should be in the vocabulary's letters, got 'x'", examples=["Box"])
    fails(ValueError, "examples should hold each symbol once", examples=["a", "a"])
    fails(ValueError, r"step should be a whole number in \[1, 6\], got 7", step=7)
