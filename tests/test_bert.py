"""The tiny BERT: what is masked, what is read, what counts in the loss, and that it learns."""

import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from helpers import assert_refused

from rnncourse.text import Vocabulary

torch = pytest.importorskip("torch")
from rnncourse.text.bert import (  # noqa: E402
    CLS,
    MASK,
    PADDING,
    SEP,
    SPECIAL,
    PretrainingBatch,
    TinyBert,
    mask_words,
    pretrain,
    pretraining_batch,
    pretraining_loss,
    sentence_pairs,
)

torch.set_num_threads(1)

WORDS = tuple(f"word{i}" for i in range(40))
VOCABULARY = Vocabulary((*SPECIAL, *WORDS))
V, T, N, H = len(VOCABULARY), 9, 3, 8
LENGTHS = np.array([5, 9, 1])
near = partial(torch.testing.assert_close, rtol=0, atol=1e-12)


def double(**options):
    """A small model in float64 whose weights are the same at every call, biases random too."""
    torch.manual_seed(0)
    model = TinyBert(V, H, heads=2, longest=40, dropout=0.0, **options).double()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return model


def some_rows(seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, V, (T, N)), rng.integers(0, 2, (T, N))


def counting_up(documents=4, words=100):
    """Documents in which every word is the one before it plus 1: a pair tells its own truth."""
    return np.split(np.arange(documents * words), documents)


def some_batch(seed=0, count=6):
    rng = np.random.default_rng(seed)
    documents = [rng.integers(len(SPECIAL), V, 50) for _ in range(3)]
    return pretraining_batch(sentence_pairs(documents, rng, count), VOCABULARY, rng)


# ---- The model


def test_shapes_and_ends():
    model, (ids, segments) = double(), some_rows()
    hidden = model(ids, segments, LENGTHS)
    assert hidden.shape == (T, N, H)
    assert model.masked_word_logits(hidden).shape == (T, N, V)
    assert model.masked_word_logits(hidden[0, 0]).shape == (V,)
    assert model.next_sentence_logits(hidden).shape == (N, 2)
    near(model.next_sentence_logits(hidden), model.follows(hidden[0]))  # reads [CLS] alone


def test_words_places_and_segments_all_count():
    model, (ids, segments) = double(), some_rows()
    hidden = model(ids, segments, [T] * N)
    for other_ids, other_segments in (
        ((ids + 1) % V, segments),
        (ids, 1 - segments),
        (ids[::-1], segments[::-1]),  # the same words in another order
    ):
        other = model(other_ids, other_segments, [T] * N)
        assert (abs(hidden - other) > 1e-6).any()
        assert (abs(hidden.sum(dim=0) - other.sum(dim=0)) > 1e-6).any()


@pytest.mark.parametrize("training", [True, False])
def test_padding_is_not_read(training):
    """Each row alone, cut to its length, gives the same; after its end all is 0."""
    model, (ids, segments) = double().train(training), some_rows()
    hidden = model(ids, segments, LENGTHS)
    for n, length in enumerate(LENGTHS):
        row = slice(n, n + 1)
        alone = model(ids[:length, row], segments[:length, row], LENGTHS[row])
        near(hidden[:length, row], alone)
        assert not hidden[length:, n].any()


def test_every_position_reads_both_sides_of_its_row_and_no_other_row():
    model, (ids, segments) = double(), some_rows()
    hidden = model(ids, segments, [T] * N)
    for changed in (0, 4, T - 1):
        other_ids = ids.copy()
        other_ids[changed, 1] = (other_ids[changed, 1] + 1) % V
        moved = (abs(model(other_ids, segments, [T] * N) - hidden) > 1e-9).any(dim=2)
        assert moved[:, 1].all()
        assert not moved[:, [0, 2]].any()


def test_the_output_layer_is_the_embedding():
    model = double()
    hidden = torch.randn(5, H).double()
    logits = model.masked_word_logits(hidden)
    with torch.no_grad():
        model.word.weight[7] += 1
    moved = (abs(model.masked_word_logits(hidden) - logits) > 1e-9).any(dim=0)
    assert moved.nonzero().tolist() == [[7]]
    shapes = [tuple(parameter.shape) for parameter in model.parameters()]
    assert shapes.count((V, H)) == 1  # of the embedding, and no second matrix to V


def test_dropout_acts_in_training_only():
    torch.manual_seed(0)
    model, (ids, segments) = TinyBert(V, H, heads=2, dropout=0.5), some_rows()
    assert (model(ids, segments, [T] * N) != model(ids, segments, [T] * N)).any()
    model.eval()
    near(model(ids, segments, [T] * N), model(ids, segments, [T] * N))


def test_arrays_lists_and_types_serve_alike():
    model, (ids, segments) = double(), some_rows()
    wanted = model(ids, segments, LENGTHS)
    for form in (np.int32, np.uint8, np.ndarray.tolist, torch.tensor):
        near(model(form(ids), form(segments), form(LENGTHS)), wanted)
    backwards = ids[::-1].copy()[::-1]
    near(model(backwards, segments, LENGTHS), wanted)


# ---- Masking


def test_fifteen_per_cent_of_the_words_are_chosen_and_eighty_ten_ten_of_these():
    """10,000 words: bands of more than five standard deviations."""
    rng = np.random.default_rng(0)
    ids = rng.integers(0, V, (100, 110))
    before, words = ids.copy(), ids >= len(SPECIAL)
    corrupted, chosen = mask_words(ids, rng, VOCABULARY)
    assert (ids == before).all()
    assert chosen.dtype == bool
    assert chosen.sum() == round(0.15 * words.sum())
    assert not chosen[~words].any()
    assert (corrupted[~chosen] == ids[~chosen]).all()
    hidden = corrupted[chosen] == VOCABULARY.id(MASK)
    same = corrupted[chosen] == ids[chosen]
    assert abs(hidden.mean() - 0.8) < 0.06
    assert abs(same.mean() - 0.1 - 0.1 / len(WORDS)) < 0.045
    drawn = corrupted[chosen][~hidden & ~same]
    assert abs(len(drawn) / chosen.sum() - 0.1) < 0.045
    assert drawn.min() >= len(SPECIAL)
    assert len(np.unique(drawn)) > len(WORDS) / 2


def test_every_word_is_chosen_sooner_or_later_and_special_symbols_never():
    rng = np.random.default_rng(0)
    row = VOCABULARY.encode([CLS, "word3", "word0", SEP, "word39", MASK, SEP, PADDING])
    times = sum(mask_words(row, rng, VOCABULARY, share=1 / 3)[1].astype(int) for _ in range(600))
    assert (times[[0, 3, 5, 6, 7]] == 0).all()
    assert (abs(times[[1, 2, 4]] - 200) < 60).all()
    everything = mask_words(row, rng, VOCABULARY, share=1)[1]
    assert everything.tolist() == [False, True, True, False, True, False, False, False]


def test_special_symbols_may_stand_anywhere_in_the_vocabulary():
    vocabulary = Vocabulary(("a", *SPECIAL, "b"))
    ids = np.tile([0, 1, 2, 3, 4, 5], 200)
    corrupted, chosen = mask_words(ids, np.random.default_rng(0), vocabulary)
    assert set(ids[chosen]) == {0, 5}
    assert set(corrupted[chosen]) == {0, 5, vocabulary.id(MASK)}


# ---- Pairs


def test_half_of_the_pairs_are_consecutive_and_the_rest_come_from_elsewhere():
    documents = counting_up()
    pairs = sentence_pairs(documents, np.random.default_rng(0), 2000)
    assert len(pairs) == 2000
    assert abs(np.mean([follows for _, _, follows in pairs]) - 0.5) < 0.06
    for first, second, follows in pairs:
        assert (np.diff(first) == 1).all()
        assert (np.diff(second) == 1).all()
        assert first[0] // 100 == first[-1] // 100
        assert second[0] // 100 == second[-1] // 100
        assert (second[0] == first[-1] + 1) == follows
        assert (first[0] // 100 == second[0] // 100) == follows
    seen = np.unique(np.concatenate([first for first, _, _ in pairs]))
    assert len(seen) > 360  # all but the ends of the four documents


def test_lengths_do_not_tell_which_pairs_are_true():
    """Any length from shortest to longest, drawn alike for both kinds, from long texts or short."""
    documents = [*counting_up(), np.arange(28), np.arange(27)]  # the last is too short
    pairs = sentence_pairs(documents, np.random.default_rng(0), 4000)
    lengths = np.array([(len(first), len(second)) for first, second, _ in pairs])
    follows = np.array([follows for _, _, follows in pairs])
    assert set(lengths.ravel()) == set(range(5, 15))
    for place in (0, 1):
        true, false = lengths[follows, place].mean(), lengths[~follows, place].mean()
        assert abs(true - false) < 0.5
    short = sentence_pairs(counting_up(), np.random.default_rng(0), 50, shortest=3, longest=3)
    assert {len(part) for first, second, _ in short for part in (first, second)} == {3}


def test_a_batch_is_laid_out_as_in_the_paper():
    pairs = [(np.array([7, 8, 9]), np.array([10]), True), (np.array([11]), np.array([12]), False)]
    batch = pretraining_batch(pairs, VOCABULARY, np.random.default_rng(0))
    assert isinstance(batch, PretrainingBatch)
    row = [VOCABULARY.decode([i]) for i in batch.targets[:, 0]]
    assert row == [CLS, "word3", "word4", "word5", SEP, "word6", SEP]
    assert batch.segments[:, 0].tolist() == [0, 0, 0, 0, 0, 1, 1]
    row = [VOCABULARY.decode([i]) for i in batch.targets[:, 1]]
    assert row == [CLS, "word7", SEP, "word8", SEP, PADDING, PADDING]
    assert batch.segments[:, 1].tolist() == [0, 0, 0, 1, 1, 0, 0]
    assert batch.lengths.tolist() == [7, 5]
    assert batch.follows.tolist() == [1, 0]
    assert batch.mask.sum() == 1  # 15 % of six words
    assert (batch.ids == batch.targets)[~batch.mask].all()


# ---- The loss


def test_the_loss_is_that_of_the_chosen_words_alone():
    """Against the formula written out; other targets may say what they like."""
    model, batch = double(), some_batch()
    words, following = pretraining_loss(model, batch)
    hidden = model(batch.ids, batch.segments, batch.lengths)
    p = model.masked_word_logits(hidden).softmax(dim=-1)
    chosen = [p[t, n, batch.targets[t, n]].log() for t, n in np.argwhere(batch.mask)]
    near(words, -sum(chosen) / len(chosen))
    p = model.next_sentence_logits(hidden).softmax(dim=-1)
    near(following, -sum(p[n, k].log() for n, k in enumerate(batch.follows)) / len(p))

    unmasked = np.where(batch.mask, batch.targets, (batch.targets + 1) % V)
    near(pretraining_loss(model, batch._replace(targets=unmasked))[0], words)
    masked = np.where(batch.mask, (batch.targets + 1) % V, batch.targets)
    assert abs(pretraining_loss(model, batch._replace(targets=masked))[0] - words) > 1e-3


def test_every_weight_gets_a_gradient():
    model = double()
    sum(pretraining_loss(model, some_batch())).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.any(), name


# ---- Learning


def test_it_learns_from_context():
    """Four languages of ten words each, whose words come one after the other, round and round.

    Without context the loss is log 40 = 3.7 nats, with the language alone log 10 = 2.3; a pair of
    sentences of one language is consecutive in four cases of five (or so), all others are not.
    """
    rng = np.random.default_rng(0)
    starts = rng.integers(0, 10, 40)
    documents = [
        len(SPECIAL) + 10 * (text % 4) + (start + np.arange(60)) % 10
        for text, start in enumerate(starts)
    ]
    torch.manual_seed(0)
    model = TinyBert(V, hidden_size=32, layers=1, dropout=0.0)
    losses = pretrain(model, documents, VOCABULARY, rng, 150, batch_size=16, lr=1e-2)
    assert losses.shape == (150, 2)
    assert losses[:3, 0].mean() > 3.3
    assert losses[-20:, 0].mean() < 2.8
    assert losses[-20:, 1].mean() < 0.58  # a guess: log 2 = 0.69


def test_training_is_the_same_for_the_same_seeds():
    documents = [ids + len(SPECIAL) for ids in np.split(np.arange(120) % 40, 3)]
    runs = []
    for _ in range(2):
        torch.manual_seed(0)
        model = TinyBert(V, H, heads=2)
        runs.append(pretrain(model, documents, VOCABULARY, np.random.default_rng(0), steps=3))
    assert (runs[0] == runs[1]).all()


def test_the_text_package_itself_does_not_need_torch():
    code = "import sys, rnncourse.text; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---- Bad input

ids, segments = some_rows()
rng = np.random.default_rng(0)
model = TinyBert(V, H, heads=2, longest=T)
texts = counting_up()

BAD = [
    (lambda: TinyBert(0), ValueError, "TinyBert: vocabulary_size .* at least 1, got 0"),
    (lambda: TinyBert(V, layers=0), ValueError, "layers .* got 0"),
    (lambda: TinyBert(V, H, heads=3), ValueError, "3 heads do not divide hidden_size 8"),
    (lambda: TinyBert(V, dropout=1.0), ValueError, "dropout .* below 1, got 1.0"),
    (lambda: model(ids[:, 0], segments, LENGTHS), ValueError, r"\(T, N\), .* got \(9,\)"),
    (lambda: model(np.vstack([ids, ids]), segments, LENGTHS), ValueError, r"T at most 9, got \(18"),
    (lambda: model(ids[:0], segments[:0], LENGTHS), ValueError, r"\(T, N\), .* got \(0, 3\)"),
    (lambda: model(ids + V, segments, LENGTHS), ValueError, r"ids should lie in \[0, 44\)"),
    (lambda: model(ids * 1.0, segments, LENGTHS), TypeError, "ids should be integers, got float64"),
    (lambda: model(ids, segments[:2], LENGTHS), ValueError, r"segments should be \(9, 3\), got"),
    (lambda: model(ids, segments + 1, LENGTHS), ValueError, r"segments should lie in \[0, 2\)"),
    (lambda: model(ids, segments, [5, 9]), ValueError, r"lengths should be \(N,\) = \(3,\), got"),
    (lambda: model(ids, segments, [5, 10, 1]), ValueError, r"lengths should lie in \[0, 10\)"),
    (lambda: model(ids, segments, [5, 9, 0]), ValueError, "lengths should be at least 1, got 0"),
    (lambda: sentence_pairs(texts, 0, 5), TypeError, "rng should be .*Generator, got int"),
    (lambda: sentence_pairs([["cat"] * 40] * 2, rng, 5), TypeError, "real numbers, got <U3"),
    (lambda: sentence_pairs([np.ones(40)] * 2, rng, 5), TypeError, "integers, got float64"),
    (lambda: sentence_pairs(texts, rng, 0), ValueError, "count should .* at least 1, got 0"),
    (lambda: sentence_pairs(texts, rng, 5, 0), ValueError, "shortest should .* got 0"),
    (lambda: sentence_pairs(texts, rng, 5, 9, 8), ValueError, "longest should .* 9, got 8"),
    (lambda: sentence_pairs(texts[:1], rng, 5), ValueError, "two documents should have 28 .* 1"),
    (lambda: mask_words(ids, None, VOCABULARY), TypeError, "rng should be .* got NoneType"),
    (lambda: mask_words(ids + V, rng, VOCABULARY), ValueError, r"ids should lie in \[0, 44\)"),
    (lambda: mask_words(ids, rng, WORDS), TypeError, "vocabulary should be Vocabulary"),
    (lambda: mask_words(ids, rng, VOCABULARY, None), TypeError, "share .* got NoneType"),
    (lambda: mask_words(ids, rng, VOCABULARY, 0), ValueError, r"share .* \(0, 1\], got 0"),
    (lambda: mask_words(ids * 0, rng, VOCABULARY), ValueError, "a word to choose"),
    (lambda: mask_words(ids, rng, Vocabulary((*WORDS, *"abcd"))), KeyError, "'.PAD.' is not among"),
    (lambda: pretraining_batch([], WORDS, rng), TypeError, "vocabulary should be Vocabulary"),
    (lambda: pretraining_loss(model, ()), TypeError, "batch should be PretrainingBatch, got tuple"),
    (lambda: pretrain(model, texts, VOCABULARY, rng, 1, lr=-1), ValueError, "lr .* got -1"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call, error, message):
    assert_refused(call, error, message)
