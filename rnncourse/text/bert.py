"""BERT made tiny, in PyTorch: a Transformer that learns from words hidden in running text.

Axes are those of the package: symbols are ids (T, N), time first. Inside, torch.nn's encoder has
the batch first. ``torch.manual_seed`` decides weights and dropout, an explicit rng the data.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from rnncourse import validate
from rnncourse.text.vocabulary import Vocabulary, pad_sequences
from rnncourse.torch_models import masked_cross_entropy

SPECIAL = PADDING, CLS, SEP, MASK = "[PAD]", "[CLS]", "[SEP]", "[MASK]"


class TinyBert(nn.Module):
    """One vector for each word in its place:  h = encoder(word + position + segment).

    In every layer each position reads all others of its row, left and right; padding is not read.
    Shapes: ids and segments (T, N); lengths (N,) from 1 to T; hidden (T, N, H), 0 on the padding.
    Raises: ValueError or TypeError for sizes or data that do not fit.
    Reference: Devlin et al. 2019, section 3; the page contextual-embeddings.

    >>> model = TinyBert(vocabulary_size=10, hidden_size=8, heads=2)
    >>> hidden = model(np.ones((5, 2), int), np.zeros((5, 2), int), lengths=[5, 3])
    >>> tuple(hidden.shape), tuple(model.masked_word_logits(hidden).shape)
    ((5, 2, 8), (5, 2, 10))
    >>> tuple(model.next_sentence_logits(hidden).shape)
    (2, 2)
    """

    def __init__(self, vocabulary_size, hidden_size=64, layers=2, heads=4, longest=64, dropout=0.1):
        super().__init__()
        self.vocabulary_size, self.hidden_size = vocabulary_size, hidden_size
        self.layers, self.heads, self.longest = layers, heads, longest
        validate.sizes(self, "vocabulary_size", "hidden_size", "layers", "heads", "longest")
        if hidden_size % heads:
            raise ValueError(f"TinyBert: {heads} heads do not divide hidden_size {hidden_size}")
        validate.share("TinyBert: dropout", dropout)
        V, H = vocabulary_size, hidden_size
        self.word, self.position, self.segment = (nn.Embedding(n, H) for n in (V, longest, 2))
        for embedding in (self.word, self.position, self.segment):
            nn.init.normal_(embedding.weight, std=0.1)  # learns sooner than the paper's 0.02
        self.prepare = nn.Sequential(nn.LayerNorm(H), nn.Dropout(dropout))
        layer = nn.TransformerEncoderLayer(H, heads, 4 * H, dropout, "gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.guess = nn.Sequential(nn.Linear(H, H), nn.GELU(), nn.LayerNorm(H))
        self.guess_bias = nn.Parameter(torch.zeros(V))
        self.follows = nn.Linear(H, 2)

    def forward(self, ids, segments, lengths):
        """Return the vector of every position: ids, segments (T, N), lengths (N,) -> (T, N, H)."""
        ids, segments = np.asarray(ids), np.asarray(segments)
        if ids.ndim != 2 or ids.size == 0 or len(ids) > self.longest:
            raise ValueError(f"ids should be (T, N), T at most {self.longest}, got {ids.shape}")
        validate.ids("TinyBert: ids", ids, self.vocabulary_size)
        validate.shape("TinyBert: segments", segments, ids.shape)
        validate.ids("TinyBert: segments", segments, 2)
        lengths = validate.lengths("TinyBert", lengths, *ids.shape)
        if lengths.min() < 1:
            raise ValueError("TinyBert: lengths should be at least 1, got 0")
        device = self.guess_bias.device
        running = torch.as_tensor(np.arange(len(ids)) < lengths[:, None], device=device)  # (N, T)
        ids, segments = (torch.tensor(a.T.astype(int), device=device) for a in (ids, segments))
        places = torch.arange(ids.shape[1], device=device)
        xs = self.prepare(self.word(ids) + self.position(places) + self.segment(segments))
        hidden = self.encoder(xs, src_key_padding_mask=~running)
        return (hidden * running[..., None]).transpose(0, 1)

    def masked_word_logits(self, hidden):
        """(..., H) -> (..., V): a score for each word, by its own row of the embedding."""
        return self.guess(hidden) @ self.word.weight.T + self.guess_bias

    def next_sentence_logits(self, hidden):
        """(T, N, H) -> (N, 2), read at [CLS]: the second sentence is from elsewhere, or follows."""
        return self.follows(hidden[0])


class PretrainingBatch(NamedTuple):
    """Rows [CLS] first [SEP] second [SEP], some words hidden, and what is to be found out."""

    ids: np.ndarray  # (T, N), as are the next
    segments: np.ndarray  # 0 in the first sentence, 1 in the second
    lengths: np.ndarray  # (N,)
    targets: np.ndarray  # (T, N), the words as they were
    mask: np.ndarray  # (T, N), true where a word is to be guessed
    follows: np.ndarray  # (N,), 1 where the second sentence came after the first


def sentence_pairs(documents, rng, count, shortest=5, longest=14):
    """Draw (first, second, follows): runs of words, consecutive or, half the time, from two texts.

    Both lengths are drawn before all else, so that they do not tell which it is. Documents (arrays
    of ids) with fewer than 2 · longest words are left out; longer ones are drawn more often.
    Shapes: documents (L,) each -> count pairs of ids (shortest to longest,) and a truth.
    Raises: ValueError when fewer than two are long enough, or for a count or lengths below 1.
    Reference: Devlin et al. 2019, section 3.1 and appendix A.2; the page contextual-embeddings.

    >>> pairs = sentence_pairs([np.arange(30), np.arange(30, 60)], np.random.default_rng(0), 2)
    >>> all((b[0] == a[-1] + 1) == follows for a, b, follows in pairs)
    True
    """
    validate.rng(rng)
    validate.whole("count", count, 1)
    validate.whole("shortest", shortest, 1)
    validate.whole("longest", longest, shortest)
    long = [ids for ids in documents if len(ids) >= 2 * longest]
    documents = [validate.array("a document", ids) for ids in long]
    for ids in documents:
        validate.shape("a document", ids, (ids.size,))
        validate.ids("a document", ids, np.inf)
    if len(documents) < 2:
        raise ValueError(f"two documents should have {2 * longest} words, got {len(documents)}")
    sizes = np.array([len(ids) for ids in documents])
    ones = rng.choice(len(documents), count, p=sizes / sizes.sum())
    pairs = []
    for one, follows in zip(ones, rng.random(count) < 0.5, strict=True):
        a, b = rng.integers(shortest, longest + 1, 2)
        start = rng.integers(sizes[one] - a - b + 1)
        first, second = np.split(documents[one][start : start + a + b], [a])
        if not follows:
            other = (one + rng.integers(1, len(documents))) % len(documents)
            start = rng.integers(sizes[other] - b + 1)
            second = documents[other][start : start + b]
        pairs.append((first, second, bool(follows)))
    return pairs


def mask_words(ids, rng, vocabulary, share=0.15):
    """Choose a share of the words: 80 % become [MASK], 10 % a random word, 10 % stay.

    Special symbols are neither chosen nor drawn. At least one word is chosen.
    Shapes: ids of any shape -> corrupted ids and a mask, true where a word was chosen.
    Raises: ValueError without a word to choose, or for a share outside (0, 1].
    Reference: Devlin et al. 2019, section 3.1; the page contextual-embeddings.

    >>> vocabulary = Vocabulary((*SPECIAL, "cat", "dog"))
    >>> corrupted, chosen = mask_words(np.array([1, 4, 5, 2]), np.random.default_rng(0), vocabulary)
    >>> int(chosen.sum()), bool(chosen[[0, 3]].any())
    (1, False)
    """
    validate.rng(rng)
    validate.kind("vocabulary", vocabulary, Vocabulary)
    ids = validate.array("ids", ids)
    validate.ids("ids", ids, len(vocabulary))
    validate.finite("share", share)
    if not 0 < share <= 1:
        raise ValueError(f"share should lie in (0, 1], got {share}")
    special = [vocabulary.id(symbol) for symbol in SPECIAL]
    words = np.setdiff1d(np.arange(len(vocabulary)), special)
    places = np.flatnonzero(~np.isin(ids, special))
    if not len(places):
        raise ValueError("ids should hold a word to choose, got special symbols alone")
    places = rng.choice(places, max(1, round(share * len(places))), replace=False)
    corrupted, chosen = ids.copy(), np.zeros(ids.shape, bool)
    fate = rng.random(len(places))
    corrupted.flat[places[fate < 0.8]] = vocabulary.id(MASK)
    corrupted.flat[places[fate >= 0.9]] = rng.choice(words, (fate >= 0.9).sum())
    chosen.flat[places] = True
    return corrupted, chosen


def pretraining_batch(pairs, vocabulary, rng, share=0.15):
    """Lay out each pair as a row [CLS] first [SEP] second [SEP] and hide a share of the words.

    Shapes: N pairs as of ``sentence_pairs`` -> PretrainingBatch, T as long as the longest row.
    Raises: ValueError or TypeError for a share or a vocabulary that does not fit.
    Reference: Devlin et al. 2019, section 3.1; the page contextual-embeddings.

    >>> vocabulary = Vocabulary((*SPECIAL, "cat", "dog"))
    >>> pairs = [(np.array([4, 5]), np.array([4]), True)]
    >>> batch = pretraining_batch(pairs, vocabulary, np.random.default_rng(0))
    >>> batch.targets[:, 0].tolist(), batch.segments[:, 0].tolist()
    ([1, 4, 5, 2, 4, 2], [0, 0, 0, 0, 1, 1])
    """
    validate.kind("vocabulary", vocabulary, Vocabulary)
    cls, sep = [vocabulary.id(CLS)], [vocabulary.id(SEP)]
    rows = [np.concatenate([cls, a, sep, b, sep]) for a, b, _ in pairs]
    targets, lengths = pad_sequences(rows, vocabulary.id(PADDING))
    ends = np.array([len(first) + 2 for first, _, _ in pairs])  # where the second begins
    steps = np.arange(len(targets))[:, None]
    segments = ((steps >= ends) & (steps < lengths)).astype(int)
    ids, mask = mask_words(targets, rng, vocabulary, share)
    follows = np.array([follows for _, _, follows in pairs], int)
    return PretrainingBatch(ids, segments, lengths, targets, mask, follows)


def pretraining_loss(model, batch):
    """Both losses (nats): of the chosen words, the only ones guessed, and of ``follows``.

    L = mean of -log p(right answer), over the chosen words and over the rows.
    Shapes: a model and a PretrainingBatch -> two scalars.
    Raises: TypeError for anything but a batch.
    Reference: Devlin et al. 2019, section 3.1; the page contextual-embeddings.

    >>> vocabulary = Vocabulary((*SPECIAL, "cat", "dog"))
    >>> pairs, rng = [(np.array([4, 5]), np.array([4]), True)], np.random.default_rng(0)
    >>> batch = pretraining_batch(pairs, vocabulary, rng)
    >>> [loss.ndim for loss in pretraining_loss(TinyBert(len(vocabulary)), batch)]
    [0, 0]
    """
    validate.kind("batch", batch, PretrainingBatch)
    hidden = model(batch.ids, batch.segments, batch.lengths)
    chosen = torch.as_tensor(batch.mask, device=hidden.device)
    logits = model.masked_word_logits(hidden[chosen])
    words = masked_cross_entropy(logits, batch.targets[batch.mask])
    return words, masked_cross_entropy(model.next_sentence_logits(hidden), batch.follows)


def pretrain(model, documents, vocabulary, rng, steps, batch_size=32, lr=5e-3):
    """Adam on the sum of both losses; its rate rises for a tenth of the steps, then falls to 0.

    The model is trained in place; the norm of its gradient is clipped to 1.
    Shapes: documents as for ``sentence_pairs`` -> losses (steps, 2): of words, of sentences.
    Raises: ValueError or TypeError for a rate, counts or documents that do not fit.
    Reference: Devlin et al. 2019, appendix A.2; the page contextual-embeddings.

    >>> vocabulary = Vocabulary((*SPECIAL, *"abcdef"))
    >>> documents = [np.arange(28) % 6 + len(SPECIAL)] * 2
    >>> model, rng = TinyBert(len(vocabulary), hidden_size=8), np.random.default_rng(0)
    >>> pretrain(model, documents, vocabulary, rng, steps=3, batch_size=2).shape
    (3, 2)
    """
    validate.positive("lr", lr)
    optimiser = torch.optim.Adam(model.parameters())
    pairs = sentence_pairs(documents, rng, steps * batch_size)
    losses = np.zeros((steps, 2))
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = lr * min(10 * (step + 1) / steps, 1 - step / steps)
        rows = pairs[step * batch_size : (step + 1) * batch_size]
        both = pretraining_loss(model, pretraining_batch(rows, vocabulary, rng))
        optimiser.zero_grad()
        sum(both).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        losses[step] = [loss.item() for loss in both]
    return losses
