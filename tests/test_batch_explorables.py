"""Padding counts what the package and PyTorch count; BothEnds shows what it was given."""

import json
import re

import numpy as np
import pytest
import torch
from front_end import FrontEnd

from rnncourse.data import TRIP_TAGS, TRIPS, bucketed, make_trips, padding_share
from rnncourse.explorables import BothEnds, Padding
from rnncourse.functional import softmax

# --- Padding ---

PADDING = FrontEnd(Padding())


class InTheirOrder(np.random.Generator):
    """Shuffles nothing: rows, and the batches, stay in the order they came in."""

    def __init__(self):
        super().__init__(np.random.PCG64(0))

    def permutation(self, given):
        return np.sort(np.arange(given) if np.ndim(given) == 0 else given)


def settings(count):
    """Random lengths, sizes of a batch and numbers of buckets, up to the largest there are."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        N = int(rng.integers(1, 65))
        lengths = rng.integers(1, rng.integers(2, 82), N)
        yield lengths, *(int(rng.integers(1, N + 1)) for _ in range(2))
    yield np.arange(1, 65), 64, 64
    yield np.array([5]), 1, 1


def browser_batches(lengths, batch_size, buckets):
    return PADDING("batchesOf", lengths.tolist(), batch_size, buckets)


def test_padding_makes_the_batches_of_the_package():
    for lengths, batch_size, buckets in settings(100):
        found = browser_batches(lengths, batch_size, buckets)
        expected = bucketed(lengths, batch_size, buckets, InTheirOrder())
        assert [batch["rows"] for batch in found] == [batch.tolist() for batch in expected]
        numbers = [batch["bucket"] for batch in found]
        assert numbers == sorted(numbers)
        assert set(numbers) == set(range(buckets))


def test_padding_makes_as_many_batches_of_each_size_as_training_does():
    rng = np.random.default_rng(1)
    for lengths, batch_size, buckets in settings(20):
        found = browser_batches(lengths, batch_size, buckets)
        shuffled = bucketed(lengths, batch_size, buckets, rng)
        assert sorted(len(batch["rows"]) for batch in found) == sorted(map(len, shuffled))


def test_one_bucket_is_the_rows_as_they_come():
    found = browser_batches(np.array([3, 1, 2, 5, 4]), 2, 1)
    assert [batch["rows"] for batch in found] == [[0, 1], [2, 3], [4]]


def one_by_one(lengths, batches):
    """The numbers of ``totals``, counted in the padded tensors that PyTorch makes."""
    rows = [torch.ones(length) for length in lengths]
    padded = [torch.nn.utils.rnn.pad_sequence([rows[n] for n in batch]) for batch in batches]
    return {
        "cells": sum(block.numel() for block in padded),
        "real": sum(int(block.sum()) for block in padded),
        "steps": sum(len(block) for block in padded),
        "share": pytest.approx(padding_share(lengths, batches), abs=1e-12),
    }


def test_padding_counts_what_the_package_and_pytorch_count():
    for lengths, batch_size, buckets in settings(50):
        batches = [batch["rows"] for batch in browser_batches(lengths, batch_size, buckets)]
        found = PADDING("totals", [lengths[batch].tolist() for batch in batches])
        assert found == one_by_one(lengths, batches)


def test_padding_counts_the_rows_still_running_as_pytorch_does():
    for lengths, batch_size, buckets in settings(50):
        for batch in browser_batches(lengths, batch_size, buckets):
            mine = lengths[batch["rows"]]
            packed = torch.nn.utils.rnn.pack_padded_sequence(
                torch.zeros(mine.max(), len(mine)), torch.tensor(mine), enforce_sorted=False
            )
            running = PADDING("runningRows", mine.tolist())
            assert running == packed.batch_sizes.tolist()
            assert sum(running) == packed.data.numel()  # what packing computes


@pytest.mark.parametrize("treatment", ["padded", "masked", "packed"])
def test_padding_says_what_it_counts(treatment):
    numbers = {"cells": 504, "real": 209, "share": 295 / 504, "steps": 63}
    sentence = PADDING("summary", numbers, 3, treatment)
    assert sentence.startswith(
        "3 batches, together 63 steps of the loop. Of 504 cells, 295 are padding, 58.5 %. "
    )
    computed, in_loss = {
        "padded": ("All 504 are computed", "all are in the loss"),
        "masked": ("All 504 are computed", "only the 209 real ones are in the loss"),
        "packed": ("only the 209 real ones are computed", "computed and in the loss"),
    }[treatment]
    assert computed in sentence
    assert in_loss in sentence
    single = {"cells": 1, "real": 1, "share": 0, "steps": 1}
    assert PADDING("summary", single, 1, treatment).startswith(
        "1 batch, together 1 step of the loop. Of 1 cell, 0 are padding, 0.0 %. "
    )


def test_padding_starts_from_what_it_is_given():
    explorable = Padding(np.array([3, 1, 2]), batch_size=2, buckets=3, treatment="packed")
    assert explorable.lengths == [3, 1, 2]
    assert (explorable.batch_size, explorable.buckets) == (2, 3)
    assert explorable.treatment == "packed"
    assert Padding([3, 1, 2]).batch_size == 3  # the usual 8, or all rows if they are fewer
    assert Padding().batch_size == 8
    assert len(set(Padding().lengths)) > 10
    json.dumps(Padding(np.array([3, 1])).get_state(), default=None)  # plain numbers, not NumPy's


def test_padding_says_what_does_not_fit():
    with pytest.raises(ValueError, match="number of rows should be from 1 to 64, got 65"):
        Padding([1] * 65)
    with pytest.raises(ValueError, match="number of rows should be from 1 to 64, got 0"):
        Padding([])
    with pytest.raises(ValueError, match=r"lengths should be \(N,\) = \(4,\), got \(2, 2\)"):
        Padding([[1, 2], [3, 4]])
    for length in (0, 81, 2.5, -1):
        message = rf"each of lengths should be a whole number in \[1, 80\], got {length}"
        with pytest.raises(ValueError, match=message):
            Padding([length, *[1] * 9])
    with pytest.raises(TypeError, match="lengths should be an array of real numbers"):
        Padding(["a", "b"])
    for name in ("batch_size", "buckets"):
        for value in (0, 3, 1.5):
            message = rf"{name} should be a whole number in \[1, 2\], got {value}"
            with pytest.raises(ValueError, match=message):
                Padding([1, 2], **{"batch_size": 1, name: value})
    with pytest.raises(ValueError, match="treatment should be one of 'padded', .* got 'cut'"):
        Padding(treatment="cut")


# --- BothEnds ---


def trips():
    """Sentences of the task, with random probabilities of three readers and the right tags."""
    rng = np.random.default_rng(2)
    batch = make_trips(rng, clauses=3, batch_size=5)
    words = [TRIPS.decode(batch.ids[:T, n]) for n, T in enumerate(batch.lengths)]
    readers = [softmax(2 * rng.normal(size=(*batch.ids.shape, 3))) for _ in range(3)]
    return batch, words, readers


def test_both_ends_carries_every_probability_to_four_decimals():
    batch, words, readers = trips()
    explorable = BothEnds(words, *readers, TRIP_TAGS, targets=batch.targets, sentence=4, place=3)
    assert [" ".join(sentence) for sentence in explorable.sentences] == words
    assert explorable.tags == ["other", "home", "away"]
    assert (explorable.sentence, explorable.place) == (4, 3)
    for name, probabilities in zip(("left", "right", "both"), readers, strict=True):
        carried = getattr(explorable, name)
        assert len(carried) == len(words)
        for n, length in enumerate(batch.lengths):
            assert np.shape(carried[n]) == (length, 3)
            expected = probabilities[:length, n]
            np.testing.assert_allclose(carried[n], expected, rtol=0, atol=0.5001e-4)
            assert explorable.targets[n] == batch.targets[:length, n].tolist()
    json.dumps(explorable.get_state(), default=None)  # plain numbers, not NumPy's


def test_both_ends_takes_float32_words_in_lists_and_no_targets():
    probabilities = np.full((1, 1, 3), 1 / 3, np.float32)
    explorable = BothEnds([["New York"]], *[probabilities] * 3, TRIP_TAGS)
    assert explorable.sentences == [["New York"]]
    assert explorable.left == [[[0.3333, 0.3333, 0.3333]]]
    assert explorable.targets == []


def test_both_ends_shows_what_each_chain_has_read():
    front_end = FrontEnd(BothEnds(["a b"], *[np.full((2, 1, 2), 0.5)] * 3, "xy"))
    T = 7
    for t in range(1, T + 1):
        read = [front_end("haveRead", i, t) for i in range(1, T + 1)]
        left, right = (
            [i for i, by in enumerate(read, 1) if by[name]] for name in ("left", "right")
        )
        assert left == list(range(1, t + 1))
        assert right == list(range(t, T + 1))
        for reader, words in (("left", left), ("right", right), ("both", range(1, T + 1))):
            named = [int(n) for n in re.findall(r"\d+", front_end("knows", reader, t, T))]
            assert (named[0], named[-1]) == (words[0], words[-1])
            assert (len(named) == 1) == (len(words) == 1)
    assert front_end("knows", "left", 1, T) == "word 1"
    assert front_end("knows", "right", 5, T) == "words 5 to 7"


def test_both_ends_names_the_likeliest_tag():
    _, _, readers = trips()
    front_end = FrontEnd(BothEnds(["a"], *[np.array([[[0.5, 0.5]]])] * 3, "xy"))
    for p in readers[0][:, 0].round(4):
        assert front_end("likeliest", p.tolist()) == np.argmax(p)
    assert front_end("likeliest", [0.2, 0.4, 0.4]) == 1  # of equal ones the first, as argmax has it


def test_both_ends_says_what_does_not_fit():
    even = np.full((2, 2, 2), 0.5)
    sentences, tags = ["a b", "c"], ["x", "y"]

    def fails(error, message, sentences=sentences, left=even, both=even, tags=tags, **options):
        with pytest.raises(error, match=message):
            BothEnds(sentences, left, even, both, tags, **options)

    fails(TypeError, "sentences should be list, got str", sentences="a b")
    fails(TypeError, "each word should be str, got int", sentences=[["a", 1], "c"])
    fails(ValueError, "number of sentences should be from 1 to 12, got 0", sentences=[])
    fails(ValueError, "length of a sentence should be from 1 to 40, got 0", sentences=["a", " "])
    fails(ValueError, "length of a sentence should be from 1 to 40, got 41", sentences=[41 * "a "])
    fails(ValueError, "number of tags should be from 2 to 8, got 1", tags=["x"])
    fails(ValueError, "tags should hold each symbol once and none empty, got 'x'", tags="xx")
    fails(TypeError, "tags should hold strings, got 0", tags=[0, 1])
    wanted = r"should be \(T, N, K\) with at least \(2, 2, 2\), got"
    fails(ValueError, rf"left {wanted} \(2, 2\)", left=even[0])
    fails(ValueError, rf"left {wanted} \(1, 2, 2\)", left=even[:1])
    fails(ValueError, rf"both {wanted} \(2, 1, 2\)", both=even[:, :1])
    fails(ValueError, rf"both {wanted} \(2, 2, 3\)", both=np.full((2, 2, 3), 1 / 3))
    fails(TypeError, "left should be an array, got rows of unlike lengths", left=[[0.5], [1, 2]])
    for bad in (np.nan, 0.7, -0.5):
        wrong = np.full((2, 2, 2), 0.5)
        wrong[1, 0, 0] = bad
        message = rf"left should hold probabilities that add up to 1 at each word, got \[ ?{bad}"
        fails(ValueError, message, left=wrong)
        wrong[1] = wrong[1, ::-1]
        BothEnds(sentences, wrong, even, even, tags)  # after the end of "c": not read
    fails(ValueError, r"sentence should be a whole number in \[1, 2\], got 3", sentence=3)
    fails(ValueError, r"place should be a whole number in \[1, 2\], got 0", place=0)
    fails(ValueError, r"place should be a whole number in \[1, 1\], got 2", sentence=2, place=2)
    fails(ValueError, r"targets should be \(T, N\) .* got \(2,\)", targets=[0, 1])
    fails(ValueError, r"targets should lie in \[0, 2\), got 2 to 2", targets=[[0, 2], [1, 0]])
    fails(TypeError, "targets should be integers, got float64", targets=[[0.0, 1], [1, 0]])
