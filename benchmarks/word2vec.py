"""Our word2vec beside gensim's on the newsgroups: speed and quality, for the page word2vec.

    python benchmarks/word2vec.py               all runs that the file lacks: some five minutes
    python benchmarks/word2vec.py --only cbow   those whose architecture has this in its name
    python benchmarks/word2vec.py --quick       a few posts and dimensions, nothing written
    python benchmarks/word2vec.py --beside      both measured now, nothing written: a minute

Each run is a row of book/01-text-features/word2vec.csv, written as soon as it is done, so a run
that was cut short goes on where it stopped. Both libraries read the training posts once, one thread
each and one after the other, with the same window, noise words, subsampling and learning rate.
``words_per_second`` is words of the vocabulary read in a second of processor time, that of gensim's
second thread, which hands over the posts, included; counting the vocabulary is not. Quality:

- wordsim, simlex: Spearman's correlation of cosines with people's judgements of how *related* two
  words are (WordSim-353) and how *alike* (SimLex-999), for pairs whose words are both known;
- analogies: the share of Google's questions, of those whose words are known, whose answer is
  nearest to b - a + c when the three words of the question are left out; analogies_open: when
  they are not;
- purity: the share of a word's five neighbours that belong to its newsgroup, among words of which
  at least 50, and at least half of all, stand in one group.

The three test sets come with gensim.

``--beside`` is for a look at this machine: the two take turns in one process on every second post,
with E = 100, in two rounds after one to warm up. It prints the medians of words a second, wordsim
and purity, and our speed as a share of gensim's. CBOW runs at the rate that serves each library
best in the file. Half the words make poorer vectors than those of the file.
"""

import csv
import time
from collections import defaultdict
from functools import cache
from itertools import product
from pathlib import Path
from statistics import median

import numpy as np
from filed_runs import arguments, fill
from gensim.models import Word2Vec
from gensim.test.utils import datapath
from scipy.stats import spearmanr
from threadpoolctl import threadpool_limits

from rnncourse.data import load_newsgroups
from rnncourse.text import Vocabulary, WordVectors, count, train_word2vec

FILE = Path(__file__).parents[1] / "book" / "01-text-features" / "word2vec.csv"
MIN_COUNT, WINDOW, NEGATIVES, THRESHOLD = 20, 5, 5, 3e-5  # as on the page
BATCH = {"skip-gram": 1024, "cbow": 512}  # ours; CBOW diverges with 1024
SIZES = {100: (0, 1, 2), 50: (0,), 200: (0,)}  # and the seeds
RATES = {"skip-gram": (0.1,), "cbow": (0.25, 0.5, 0.1)}
BEST_RATES = {
    ("ours", "skip-gram"): 0.1, ("gensim", "skip-gram"): 0.1,
    ("ours", "cbow"): 0.5, ("gensim", "cbow"): 0.25,
}  # fmt: skip
COLUMNS = (
    "library", "architecture", "embedding_size", "lr", "seed",
    "words", "words_per_second", "wordsim", "wordsim_pairs", "simlex", "simlex_pairs",
    "analogies", "analogies_open", "analogies_asked", "purity", "seconds",
)  # fmt: skip


def run(library, architecture, embedding_size, lr, seed, every=1):
    """Train once; return how much was read, how fast, and how good the vectors are."""
    documents, vocabulary, groups = corpus(every)
    order = np.random.default_rng(seed).permutation(len(documents))
    train = {"ours": train_ours, "gensim": train_gensim}[library]
    vectors, seconds = train(
        [documents[i] for i in order], vocabulary, architecture, embedding_size, lr, seed
    )
    words = int(groups.sum())
    correlations = [*correlation(vectors, "wordsim353.tsv"), *correlation(vectors, "simlex999.txt")]
    measures = *correlations, *analogies(vectors), purity(vectors, groups)
    return (
        words,
        round(words / seconds),
        *(f"{value:.4f}" if isinstance(value, float) else value for value in measures),
    )


@cache
def corpus(every=1):
    """Tokens of each post (or of every second, …), the vocabulary, and counts by group (G, V)."""
    news = load_newsgroups()
    documents = [text.split() for text in news.train_texts[::every]]
    labels = news.train_labels[::every]
    vocabulary = Vocabulary.of(documents, min_count=MIN_COUNT)
    counts = count(documents, vocabulary)
    return documents, vocabulary, np.array([counts[labels == g].sum(0) for g in set(labels)])


def train_ours(documents, vocabulary, architecture, embedding_size, lr, seed):
    start = time.process_time()
    vectors, _ = train_word2vec(
        documents, vocabulary, np.random.default_rng(seed), architecture=architecture,
        embedding_size=embedding_size, window=WINDOW, negatives=NEGATIVES, threshold=THRESHOLD,
        epochs=1, lr=lr, batch_size=BATCH[architecture], progress=False,
    )  # fmt: skip
    return vectors, time.process_time() - start


def train_gensim(documents, vocabulary, architecture, embedding_size, lr, seed):
    model = Word2Vec(
        vector_size=embedding_size, window=WINDOW, negative=NEGATIVES, sample=THRESHOLD,
        sg=int(architecture == "skip-gram"), alpha=lr, min_count=MIN_COUNT, workers=1, seed=seed,
    )  # fmt: skip
    model.build_vocab(documents)
    start = time.process_time()
    model.train(documents, total_examples=len(documents), epochs=1)
    seconds = time.process_time() - start
    return WordVectors(vocabulary, model.wv[vocabulary.symbols]), seconds


def correlation(vectors, test_set):
    """Spearman's correlation with people's judgements, and the number of pairs judged."""
    with open(datapath(test_set), encoding="utf-8") as file:
        judged = [line.lower().split("\t")[:3] for line in file if not line.startswith("#")]
    known = [(vectors.similarity(a, b), float(score)) for a, b, score in judged
             if a in vectors.vocabulary and b in vectors.vocabulary]  # fmt: skip
    return float(spearmanr(*zip(*known, strict=True)).statistic), len(known)


def analogies(vectors):
    """Shares right without the question's words and with them; the number of questions."""
    with open(datapath("questions-words.txt"), encoding="utf-8") as file:
        questions = [line.lower().split() for line in file if not line.startswith(":")]
    known = np.array([[vectors.vocabulary.id(word) for word in question] for question in questions
                      if all(word in vectors.vocabulary for word in question)])  # fmt: skip
    units = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
    right = np.zeros(2, dtype=int)
    for part in np.array_split(known, len(known) // 500 + 1):
        a, b, c, answer = part.T
        scores = (units[b] - units[a] + units[c]) @ units.T
        right[1] += (scores.argmax(1) == answer).sum()
        np.put_along_axis(scores, part[:, :3], -np.inf, axis=1)
        right[0] += (scores.argmax(1) == answer).sum()
    return *map(float, right / len(known)), len(known)


def purity(vectors, groups, neighbours=5, least=50):
    """How often a neighbour of a group's own word is a word of the same group."""
    own = (groups.max(0) >= least) & (groups.max(0) >= groups.sum(0) / 2)
    group_of, rows = groups.argmax(0)[own], vectors.vectors[own]
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = units @ units.T
    np.fill_diagonal(cosines, -np.inf)
    nearest = np.argsort(-cosines, axis=1)[:, :neighbours]
    return float((group_of[nearest] == group_of[:, None]).mean())


def keys(only, sizes=SIZES):
    """What tells one run from another: the two libraries take turns."""
    for embedding_size, seeds in sizes.items():
        for seed, (architecture, rates) in product(seeds, RATES.items()):
            if only in architecture:
                for lr, library in product(rates, ("ours", "gensim")):
                    yield library, architecture, embedding_size, lr, seed


def ratios():
    """Print our words a second as a share of gensim's in the run beside it."""
    speeds, shares = {}, defaultdict(list)
    with FILE.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = tuple(row[name] for name in COLUMNS[:5])
            speeds[key] = int(row["words_per_second"])
    for (library, architecture, size, *rest), ours in speeds.items():
        beside = speeds.get(("gensim", architecture, size, *rest))
        if library == "ours" and beside:
            shares[architecture, size].append(ours / beside)
    for (architecture, size), found in shares.items():
        print(f"{architecture:9} E = {size:>3}: ours / gensim = {median(found):.2f}")


def side_by_side(embedding_size=100, every=2, rounds=2):
    """Print speed and quality of both, measured now on a part of the posts."""
    documents, _, _ = corpus(every)
    print(f"E = {embedding_size}, {len(documents)} posts, medians of {rounds} rounds")
    for architecture in RATES:
        found = defaultdict(list)
        for seed, library in product(range(rounds + 1), ("ours", "gensim")):
            rate = BEST_RATES[library, architecture]
            values = run(library, architecture, embedding_size, rate, seed, every)
            if seed > 0:  # the first round warms up
                found[library].append(dict(zip(COLUMNS[5:], values, strict=False)))
        speeds = {}
        for library, runs in found.items():
            speeds[library], related, pure = (
                median(float(run[name]) for run in runs)
                for name in ("words_per_second", "wordsim", "purity")
            )
            print(
                f"{architecture:9} {library:6} {speeds[library] / 1e3:6.0f}k words/s   "
                f"wordsim {related:.2f}   purity {pure:.2f}"
            )
        print(f"{architecture:9} ours / gensim = {speeds['ours'] / speeds['gensim']:.2f}")


def main():
    options = arguments(
        __doc__.split("\n")[0], "architecture", beside="measure both now; write nothing"
    )
    with threadpool_limits(1):
        if options.beside:
            side_by_side()
        elif options.quick:
            for key in keys(options.only, sizes={8: (0,)}):
                print(*key, *run(*key, every=12))
        else:
            fill(FILE, COLUMNS, keys(options.only), run)
            ratios()


if __name__ == "__main__":
    main()
