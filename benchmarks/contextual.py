"""A tiny BERT trained on newsgroups, for as long as the page contextual-embeddings cannot wait.

    python benchmarks/contextual.py               all runs that the file lacks: some ten minutes
    python benchmarks/contextual.py --only bag    those of this reader
    python benchmarks/contextual.py --quick       a few steps of each reader, nothing written

Each run is a row of book/01-text-features/contextual.csv, written as soon as it is done. Training
posts are read, test posts are measured:

    nats, right   the surprise at words behind [MASK], and the share that is guessed
    pairs         the share of sentence pairs rightly told to be consecutive or not
    senses        two words of unlike meaning glued into one symbol: how often the nearer of two
                  class means tells which of them stood there (mean over six such pairs)

An empty field is what a reader cannot do. ``seconds`` is processor time. The seeds share posts and
split; they vary the first weights and what is drawn in training.

LR and the 5,000 steps were chosen by their figures on these same test posts, so TinyBert's figures
flatter it. Nothing was tuned for the other readers.
"""

from collections import Counter, defaultdict
from itertools import product
from pathlib import Path

import numpy as np
import torch
from filed_runs import arguments, fill

from rnncourse.data import load_newsgroups
from rnncourse.text import Vocabulary, train_word2vec, words
from rnncourse.text.bert import (
    CLS,
    MASK,
    SEP,
    SPECIAL,
    TinyBert,
    pretrain,
    pretraining_batch,
    sentence_pairs,
)

FILE = Path(__file__).parents[1] / "book" / "01-text-features" / "contextual.csv"
COLUMNS = ("reader", "steps", "seed", "weights", "nats", "right", "pairs", "senses", "seconds")
GROUPS = (
    "comp.sys.ibm.pc.hardware",
    "rec.autos",
    "rec.sport.hockey",
    "sci.space",
    "soc.religion.christian",
    "talk.politics.guns",
)
GLUED = (
    ("god", "car"),
    ("space", "gun"),
    ("team", "disk"),
    ("church", "engine"),
    ("hockey", "card"),
    ("jesus", "drive"),
)
MIN_COUNT, LEFT, RIGHT, FIRST = 50, 10, 10, 14  # FIRST: words of a window before its [SEP]
OCCURRENCES = 100  # of each word, at most, to learn its mean and as many to test it
STEPS, SEEDS, LR = (0, 250, 5000), (0, 1, 2), 2e-3
PAIRS = 2000  # held out


class Posts:
    """The posts as ids, with words glued, and where the glued words stand."""

    def __init__(self):
        posts = load_newsgroups(GROUPS)
        self.glue = {word: "/".join(pair) for pair in GLUED for word in pair}
        known = [words(text) for text in posts.train_texts]
        unread = [words(text) for text in posts.test_texts]
        glued = [[self.glue.get(word, word) for word in post] for post in known]
        self.vocabulary = Vocabulary.of(glued, special=SPECIAL, min_count=MIN_COUNT)
        self.known, self.windows_known = self.read(known)
        self.unread, self.windows_unread = self.read(unread)
        self.frequencies = np.bincount(np.concatenate(self.known), minlength=len(self.vocabulary))

    def read(self, posts):
        """Ids without rare words, and a window around the first use of a glued word in a post."""
        documents, windows = [], {word: [] for word in self.glue}
        for post in posts:
            post = [word for word in post if self.glue.get(word, word) in self.vocabulary]
            ids = self.vocabulary.encode([self.glue.get(word, word) for word in post])
            documents.append(ids)
            for word in sorted(set(post) & set(self.glue)):
                place = post.index(word)
                if LEFT <= place < len(post) - RIGHT:
                    windows[word].append(ids[place - LEFT : place + RIGHT + 1])
        return documents, windows


def senses(vectors, posts):
    """How often the nearer class mean is the right one; vectors: windows (N, L) -> (N, E)."""
    shares = []
    for pair in GLUED:
        means, tests = [], []
        known = min(OCCURRENCES, *(len(posts.windows_known[word]) for word in pair))
        unread = min(OCCURRENCES, *(len(posts.windows_unread[word]) for word in pair))
        for word in pair:
            means.append(vectors(np.array(posts.windows_known[word][:known])).mean(axis=0))
            tests.append(vectors(np.array(posts.windows_unread[word][:unread])))
        for word, test in enumerate(tests):
            far = [np.linalg.norm(test - mean, axis=1) for mean in means]
            shares.append((np.argmin(far, axis=0) == word).mean())
    return np.mean(shares)


@torch.no_grad()
def contextual(model, windows, vocabulary):
    """The model's vector of the word in the middle; the window is laid out as two sentences."""
    cls, sep = (np.full((len(windows), 1), vocabulary.id(symbol)) for symbol in (CLS, SEP))
    ids = np.hstack([cls, windows[:, :FIRST], sep, windows[:, FIRST:], sep]).T
    segments = np.zeros_like(ids)
    segments[FIRST + 2 :] = 1
    return model(ids, segments, np.full(len(windows), len(ids)))[LEFT + 1].numpy()


@torch.no_grad()
def held_out(model, batches, vocabulary):
    """Nats and the share of right guesses at [MASK], and of pairs told right."""
    nats, right, pairs = [], [], []
    for batch in batches:
        hidden = model(batch.ids, batch.segments, batch.lengths)
        masked = batch.mask & (batch.ids == vocabulary.id(MASK))
        logits = model.masked_word_logits(hidden[torch.as_tensor(masked)])
        targets = torch.as_tensor(batch.targets[masked])
        nats += torch.nn.functional.cross_entropy(logits, targets, reduction="none").tolist()
        right += (logits.argmax(-1) == targets).tolist()
        follows = model.next_sentence_logits(hidden).argmax(-1).numpy()
        pairs += (follows == batch.follows).tolist()
    return np.mean(nats), np.mean(right), np.mean(pairs)


def bert(posts, batches, steps, seed):
    """Train one, measure all."""
    torch.manual_seed(seed)
    model = TinyBert(len(posts.vocabulary), longest=32, dropout=0.0)
    if steps:
        rng = np.random.default_rng(seed)
        pretrain(model, posts.known, posts.vocabulary, rng, steps, lr=LR)
    model.eval()
    size = sum(parameter.numel() for parameter in model.parameters())
    told = senses(lambda windows: contextual(model, windows, posts.vocabulary), posts)
    return size, *held_out(model, batches, posts.vocabulary), told


def frequency(posts, batches, steps, seed):
    """Guess the most frequent word, and say every word as probable as it is frequent."""
    targets = masked_words(batches, posts.vocabulary)[1]
    probabilities = (posts.frequencies + 1) / (posts.frequencies + 1).sum()
    nats = -np.log(probabilities[targets]).mean()
    return "", nats, (targets == posts.frequencies.argmax()).mean(), "", ""


def neighbours(posts, batches, steps, seed):
    """The word seen most often between the same two neighbours; else beside one of them."""
    tables = [defaultdict(Counter) for _ in range(3)]
    for ids in (post.tolist() for post in posts.known):
        for left, word, right in zip(ids, ids[1:], ids[2:], strict=False):
            for table, key in zip(tables, ((left, right), left, right), strict=True):
                table[key][word] += 1
    (left, right), targets = masked_words(batches, posts.vocabulary)
    usual, guesses = posts.frequencies.argmax(), []
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        keys = zip(tables, ((a, b), a, b), strict=True)
        seen = next((table[key] for table, key in keys if key in table), None)
        guesses.append(seen.most_common(1)[0][0] if seen else usual)
    return sum(map(len, tables)), "", (np.array(guesses) == targets).mean(), "", ""


def masked_words(batches, vocabulary):
    """The neighbours (2, K) of every [MASK] and the words (K,) that it hides."""
    found = []
    for batch in batches:
        steps, rows = np.nonzero(batch.mask & (batch.ids == vocabulary.id(MASK)))
        around = batch.ids[steps - 1, rows], batch.ids[steps + 1, rows]
        found.append((*around, batch.targets[steps, rows]))
    left, right, targets = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return (left, right), targets


def bag(posts, batches, steps, seed):
    """Counts of the words around."""
    return "", "", "", "", senses(lambda windows: around(windows, posts), posts)


def weighted_bag(posts, batches, steps, seed):
    """TF-IDF of the words around, each row of length 1."""
    found_in = np.zeros(len(posts.vocabulary))
    for ids in posts.known:
        found_in[np.unique(ids)] += 1
    idf = np.log((1 + len(posts.known)) / (1 + found_in))

    def vectors(windows):
        rows = around(windows, posts) * idf
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    return "", "", "", "", senses(vectors, posts)


def word2vec(posts, batches, steps, seed):
    """The mean of the static vectors of the words around."""
    plain = Vocabulary(posts.vocabulary.symbols[len(SPECIAL) :])
    documents = [[posts.vocabulary.symbols[i] for i in ids] for ids in posts.known]
    rng = np.random.default_rng(seed)
    trained, _ = train_word2vec(documents, plain, rng, embedding_size=64, progress=False)
    rows = np.vstack([np.zeros((len(SPECIAL), 64)), trained.vectors])
    told = senses(lambda windows: around(windows, posts) @ rows / (LEFT + RIGHT), posts)
    return trained.vectors.size, "", "", "", told


def around(windows, posts):
    """Counts (N, V) of the words of each window but the one in the middle."""
    counts = np.zeros((len(windows), len(posts.vocabulary)))
    for row, window in zip(counts, np.delete(windows, LEFT, axis=1), strict=True):
        np.add.at(row, window, 1)
    return counts


READERS = {
    "TinyBert": bert,
    "word frequencies": frequency,
    "two neighbours": neighbours,
    "bag of counts": bag,
    "bag of TF-IDF": weighted_bag,
    "mean word2vec": word2vec,
}


def main():
    options = arguments(__doc__.splitlines()[0], "reader")
    torch.set_num_threads(1)
    posts = Posts()
    pairs = sentence_pairs(posts.unread, np.random.default_rng(0), PAIRS)
    hidden = np.random.default_rng(1)
    batches = [
        pretraining_batch(pairs[i : i + 100], posts.vocabulary, hidden)
        for i in range(0, PAIRS, 100)
    ]

    def run(reader, steps, seed):
        steps = min(steps, 3) if options.quick else steps
        size, *measures = READERS[reader](posts, batches, steps, seed)
        measures = [value if value == "" else f"{value:.4f}" for value in measures]
        print(f"{reader:16} {steps:5} {seed}", *measures, flush=True)
        return size, *measures

    keys = [(reader, 0, 0) for reader in READERS if reader != "TinyBert"]
    keys += [("TinyBert", steps, seed) for seed, steps in product(SEEDS, STEPS)]
    keys = [key for key in keys if options.only in key[0]]
    if options.quick:
        for key in keys:
            if key[-1] == 0:
                run(*key)
    else:
        fill(FILE, COLUMNS, keys, run)


if __name__ == "__main__":
    main()
