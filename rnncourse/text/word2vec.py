"""word2vec: word vectors that tell a word's neighbours from words drawn at random."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse
from tqdm import tqdm

from rnncourse import init, validate
from rnncourse.functional import sigmoid
from rnncourse.text.vocabulary import Vocabulary
from rnncourse.text.windows import context_pairs, keep_probability, noise_distribution
from rnncourse.text.word_vectors import WordVectors

CHUNK = 50_000  # words whose pairs are made and shuffled at a time


class Word2VecWeights(NamedTuple):
    """Vectors of what predicts, W_in (R, E), and of the words predicted, W_out (V, E)."""

    W_in: np.ndarray
    W_out: np.ndarray


class Word2VecBatch(NamedTuple):
    """N examples: average the vectors in a bag, then tell the target word from noise words.

    bags (N, R), sparse, each row summing to 1; targets (N,) words; noise (K,) words that all
    examples share, each counting noise_weights (N, K) times for an example.
    """

    bags: sparse.csr_array
    targets: np.ndarray
    noise: np.ndarray
    noise_weights: np.ndarray


@dataclass(frozen=True)
class Word2Vec:
    """The model behind skip-gram, CBOW and fastText, which differ in what is in the bag.

    h = bag @ W_in,   L = -log σ(u_target · h) - Σ_k w_k log σ(-u_k · h)   u: a row of W_out

    The bag holds the word in the middle (skip-gram), its neighbours (CBOW), or the parts of the
    word in the middle (fastText). ``rows`` R is the number of vectors there are for bags; None
    means one for each word.
    Raises: ValueError unless sizes are whole numbers of 1 or more.
    Reference: Mikolov et al. 2013; Goldberg & Levy 2014; the page word2vec.

    >>> model = Word2Vec(vocabulary_size=4, embedding_size=2)
    >>> weights = model.init(np.random.default_rng(0))
    >>> batch = Word2VecBatch(sparse.csr_array([[0.5, 0.5, 0, 0]]), np.array([2]), np.array([3, 1]),
    ...                       np.ones((1, 2)))
    >>> loss, gradient = model.loss_and_gradient(weights, batch)
    >>> round(loss / float(np.log(2)), 6)  # W_out starts at 0: three times a coin's log 2
    3.0
    """

    vocabulary_size: int
    embedding_size: int
    rows: int | None = None

    def __post_init__(self):
        validate.sizes(self, "vocabulary_size", "embedding_size")
        if self.rows is not None:
            validate.sizes(self, "rows")

    def init(self, rng, dtype=np.float64):
        """Small random W_in, W_out of zeros: at first every word seems as likely as not."""
        validate.rng(rng)
        shapes = self._shapes()
        limit = 0.5 / self.embedding_size
        W_in = rng.uniform(-limit, limit, shapes.W_in).astype(validate.float_dtype(dtype))
        return Word2VecWeights(W_in, init.zeros(shapes.W_out, dtype=dtype))

    def loss_and_gradient(self, weights, batch):
        """The mean loss of the examples (nats), and its gradient by the weights."""
        self._check(weights, batch)
        bags, targets, noise, noise_weights = batch
        h = bags @ weights.W_in  # (N, E)
        u_target, u_noise = weights.W_out[targets], weights.W_out[noise]  # (N, E), (K, E)
        z_target = (u_target * h).sum(1)  # (N,)
        z_noise = h @ u_noise.T  # (N, K)
        loss = _softplus(-z_target).sum() + (noise_weights * _softplus(z_noise)).sum()

        dz_target = (sigmoid(z_target) - 1)[:, None]
        dz_noise = noise_weights * sigmoid(z_noise)
        dh = dz_target * u_target + dz_noise @ u_noise
        dW_in = bags.T @ dh
        dW_out = self._sum_by_word(targets, dz_target * h)
        dW_out += self._sum_by_word(noise, dz_noise.T @ h)
        N = len(targets)
        return float(loss) / N, Word2VecWeights(dW_in / N, dW_out / N)

    def _sum_by_word(self, words, vectors):
        """Row w of the result (V, E) is the sum of the vectors that belong to word w."""
        belongs = (np.ones(len(words), vectors.dtype), words, np.arange(len(words) + 1))
        return sparse.csr_array(belongs, shape=(len(words), self.vocabulary_size)).T @ vectors

    def _shapes(self):
        V, E = self.vocabulary_size, self.embedding_size
        return Word2VecWeights((V if self.rows is None else self.rows, E), (V, E))

    def _check(self, weights, batch):
        validate.weights("Word2Vec", weights, self._shapes())
        validate.kind("Word2Vec: batch", batch, Word2VecBatch)
        bags, targets, noise, noise_weights = batch
        validate.kind("Word2Vec: bags", bags, sparse.csr_array)
        N, K = len(targets), len(noise)
        if bags.shape != (N, len(weights.W_in)):
            raise ValueError(f"bags should be (N, R) = {(N, len(weights.W_in))}, got {bags.shape}")
        validate.shape("noise_weights", noise_weights, (N, K), "(N, K)")
        for name, numbers in (("bags", bags.data), ("noise_weights", noise_weights)):
            validate.dtype(f"Word2Vec: {name}", numbers, weights.W_in.dtype)
        for name, ids, shape in (("targets", targets, (N,)), ("noise", noise, (K,))):
            validate.shape(f"Word2Vec: {name}", ids, shape)
            validate.ids(f"Word2Vec: {name}", np.asarray(ids), self.vocabulary_size)


def train_word2vec(documents, vocabulary, rng, *, architecture="skip-gram", **options):
    """Word vectors from documents (lists of tokens); ``word2vec.fit`` says what the options are.

    architecture: "skip-gram" predicts each neighbour from the word in the middle, "cbow" the word
    in the middle from its neighbours.
    Returns the vectors (rows of W_in) and the loss of every batch.
    Raises: ValueError for another architecture, and as ``word2vec.fit``.
    Reference: Mikolov et al. 2013; the page word2vec.

    >>> documents = [["a", "b", "a", "c"], ["b", "a"]] * 9
    >>> vectors, losses = train_word2vec(documents, Vocabulary.of(documents),
    ...                                  np.random.default_rng(0), embedding_size=4, threshold=1,
    ...                                  progress=False)
    >>> vectors.vectors.shape, losses[-1] < losses[0]
    ((3, 4), True)
    """
    validate.choice("architecture", architecture, ("skip-gram", "cbow"))
    weights, losses = fit(documents, vocabulary, rng, cbow=architecture == "cbow", **options)
    return WordVectors(vocabulary, weights.W_in), losses


def fit(documents, vocabulary, rng, *, parts=None, cbow=False, embedding_size=100, window=5,
        negatives=5, threshold=1e-3, epochs=5, lr=0.025, batch_size=512, shared_noise=64,
        progress=True):  # fmt: skip
    """Learn Word2VecWeights (float32) by stochastic gradient descent; also each batch's loss.

    parts (V, R), sparse, each row summing to 1, says which vectors a word is the mean of; None
    gives each word one of its own. A word is thinned out by ``keep_probability(threshold)``, a
    centre draws its window from 1 to ``window``. Each example has ``negatives`` noise words: a
    batch draws ``shared_noise`` of them for all, so that most of the work is a matrix product, and
    weighs them to count as many. The learning rate is that of one example, and falls to 0 in a
    straight line; a bag of many vectors gives each its share of the gradient, so CBOW and fastText
    take a larger one. Only the rows that a batch uses are read and written.
    Raises: ValueError when a word of the vocabulary stands in no document, or no two words are
    left beside each other, for a size below 1 or other parts; FloatingPointError when the loss is
    not finite, as with too large a rate.
    Reference: Mikolov et al. 2013; Ji et al. 2019 (shared noise).
    """
    validate.rng(rng)
    for name, value in (("window", window), ("negatives", negatives), ("epochs", epochs),
                        ("batch_size", batch_size), ("shared_noise", shared_noise)):  # fmt: skip
        validate.whole(name, value, 1)
    validate.positive("lr", lr)
    validate.kind("vocabulary", vocabulary, Vocabulary)
    words, lengths = vocabulary.encode_documents(documents)
    frequencies = np.bincount(words, minlength=len(vocabulary))
    if not frequencies.all():
        absent = vocabulary.symbols[frequencies.argmin()]
        raise ValueError(
            f"each word of the vocabulary should stand in a document, not so {absent!r}"
        )
    keep = keep_probability(frequencies, threshold)
    noise = np.cumsum(noise_distribution(frequencies))
    parts = _check_parts(parts, len(vocabulary))
    model = Word2Vec(len(vocabulary), embedding_size, parts.shape[1])
    weights, losses = model.init(rng, np.float32), []
    for piece, document, read in _reading(words, lengths, epochs, progress, rng):
        kept = rng.random(len(piece)) < keep[piece]
        bags, targets = _examples(piece[kept], document[kept], window, parts, cbow, rng)
        for start in range(0, len(targets), batch_size):
            part = slice(start, start + batch_size)
            batch = _batch(bags[part], targets[part], noise, negatives, shared_noise, rng)
            done = (read + len(piece) * start / len(targets)) / (epochs * len(words))
            losses.append(_descend(weights, batch, lr * (1 - done)))
            if not np.isfinite(losses[-1]):
                raise FloatingPointError(
                    f"batch {len(losses)}: the loss is {losses[-1]}; a smaller learning rate than "
                    f"{lr} or a smaller batch_size may help"
                )
    if not losses:
        raise ValueError(
            f"documents should hold neighbours, got none that a threshold of {threshold} leaves"
        )
    return weights, losses


def _check_parts(parts, V):
    """The parts (V, R) in float32; without any, each word is the one part of itself."""
    parts = sparse.eye_array(V, format="csr") if parts is None else parts
    validate.matrix("parts", validate.kind("parts", parts, sparse.csr_array))
    if parts.shape[0] != V or not np.allclose(parts.sum(1), 1):
        raise ValueError(f"parts should be ({V}, R), each row summing to 1, got {parts.shape}")
    return parts.astype(np.float32)


def _softplus(z):
    """-log σ(-z)."""
    return np.maximum(z, 0) + np.log(1 + np.exp(-np.abs(z)))


def _reading(words, lengths, epochs, progress, rng):
    """Yield all documents, piece by piece, once an epoch, and how many words were read before."""
    read = 0
    with tqdm(total=epochs * len(words), unit="word", disable=not progress) as bar:
        for _ in range(epochs):
            for piece, document in _pieces(*_shuffled(words, lengths, rng)):
                yield piece, document, read
                read += len(piece)
                bar.update(len(piece))


def _shuffled(words, lengths, rng):
    """The documents in random order: they may be sorted, and the learning rate falls."""
    documents = np.split(words, np.cumsum(lengths)[:-1])
    order = rng.permutation(len(documents))
    return np.concatenate([documents[i] for i in order]), lengths[order]


def _pieces(words, lengths):
    """Whole documents of about CHUNK words together: their words, and each word's document."""
    document = np.repeat(np.arange(len(lengths)), lengths)
    ends = np.cumsum(lengths)
    start = 0
    while start < len(words):
        end = ends[np.searchsorted(ends, min(start + CHUNK, len(words)))]
        yield words[start:end], document[start:end]
        start = end


def _examples(words, document, window, parts, cbow, rng):
    """Bags (N, R) and targets (N,) of a piece, in random order."""
    centres, contexts = context_pairs(np.bincount(document), window, rng)
    if cbow:
        targets, sizes = np.unique(centres, return_counts=True)
        shares = (np.repeat(1 / sizes, sizes).astype(np.float32), words[contexts])
        ends = np.cumsum([0, *sizes])
        bags = sparse.csr_array((*shares, ends), shape=(len(sizes), parts.shape[0])) @ parts
    else:
        bags, targets = parts[words[centres]], contexts
    order = rng.permutation(len(targets))
    return bags[order], words[targets[order]]


def _batch(bags, targets, noise, negatives, shared_noise, rng):
    """Draw noise words by their summed probabilities; a target is none of its own."""
    drawn = np.searchsorted(noise[:-1], rng.random(shared_noise))
    share = np.float32(negatives / shared_noise)
    return Word2VecBatch(bags, targets, drawn, share * (drawn != targets[:, None]))


def _descend(weights, batch, lr):
    """Change the rows that the batch uses by a step against its gradient; return its loss."""
    rows, columns = np.unique(batch.bags.indices, return_inverse=True)
    words, places = np.unique(np.concatenate([batch.targets, batch.noise]), return_inverse=True)
    N = len(batch.targets)
    bags = sparse.csr_array((batch.bags.data, columns, batch.bags.indptr), shape=(N, len(rows)))
    used = Word2VecWeights(weights.W_in[rows], weights.W_out[words])
    model = Word2Vec(len(words), used.W_in.shape[1], len(rows))
    loss, gradient = model.loss_and_gradient(
        used, Word2VecBatch(bags, places[:N], places[N:], batch.noise_weights)
    )
    step = np.float32(lr * N)  # the gradient is that of the mean
    weights.W_in[rows] = used.W_in - step * gradient.W_in
    weights.W_out[words] = used.W_out - step * gradient.W_out
    return loss
