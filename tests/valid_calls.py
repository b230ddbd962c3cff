"""A valid call of every public function, class and method, for ``test_fuzz`` to spoil.

No two sizes are the same and no two numbers, so that nothing fits by chance.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from helpers import random_like
from scipy import sparse

import rnncourse
from rnncourse import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    Cell,
    CoupledLSTM,
    Dropout,
    EachStep,
    Embedding,
    LayerNorm,
    LayerNormRNN,
    Linear,
    NoForgetLSTM,
    PeepholeLSTM,
    Recurrent,
    RegressionBatch,
    Regressor,
    ResetBeforeGRU,
    ResidualRNN,
    Reversed,
    SequenceModel,
    Stack,
    convert,
    data,
    decode,
    diagnostics,
    init,
    reverse,
)
from rnncourse.cells import MemoryCell
from rnncourse.functional import (
    bits,
    cross_entropy,
    elu,
    leaky_relu,
    log_softmax,
    mean_squared_error,
    perplexity,
    relu,
    sigmoid,
    softmax,
)
from rnncourse.fused import FusedLSTM
from rnncourse.gradcheck import GradientError, gradient_check
from rnncourse.optim import (
    SGD,
    Adam,
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    global_norm,
)
from rnncourse.text import (
    BM25,
    GloVe,
    GloVeBatch,
    KneserNey,
    Segmenter,
    Subwords,
    SubwordVectors,
    Vocabulary,
    Word2Vec,
    Word2VecBatch,
    WordVectors,
    characters,
    context_pairs,
    cooccurrences,
    cosine,
    count,
    inverse_document_frequency,
    keep_probability,
    ndcg,
    ngrams,
    noise_distribution,
    pad_sequences,
    precision,
    rank,
    reciprocal_rank,
    tf_idf,
    train_fasttext,
    train_glove,
    train_word2vec,
    words,
)
from rnncourse.text.word2vec import fit
from rnncourse.train import train
from rnncourse.tree import parameter_count, tree_leaves, tree_map

T, N, D, H, V = 5, 4, 3, 2, 6
LENGTHS = np.array([5, 2, 0, 3])
LENGTHS_OF_MANY = np.array([3, 1, 4, 1, 5, 9, 2])
rng = np.random.default_rng(0)


class Call(NamedTuple):
    """A function and arguments that it accepts.

    ``right(result, **arguments)``: are these other arguments acceptable, and is this their result?
    ``also``: errors that the docstring announces besides ValueError and TypeError.
    """

    function: Callable
    bound: inspect.BoundArguments
    right: Callable
    also: tuple

    @property
    def name(self):
        return self.function.__qualname__


def valid(function, *args, right=lambda result, **arguments: False, also=(), **kwargs):
    return Call(function, inspect.signature(function).bind(*args, **kwargs), right, also)


def floats(*shape):
    return rng.normal(size=shape)


def near(found, expected):
    return np.shape(found) == np.shape(expected) and np.allclose(
        found, expected, rtol=1e-5, equal_nan=True
    )


def numbers(*trees):
    """Does nothing but real numbers stand in these trees?"""
    return all(np.asarray(leaf).dtype.kind in "biuf" for _, leaf in tree_leaves(trees))


def one_dtype(*trees):
    """Is there but one dtype in these trees, a floating-point one?"""
    dtypes = {np.asarray(leaf).dtype for _, leaf in tree_leaves(trees)}
    return len(dtypes) == 1 and dtypes.pop().kind == "f"


def whole(number, least=0, most=np.inf):
    return type(number) in (int, np.int64) and least <= number <= most


LARGEST = np.finfo(float).max


def real(number, least=-np.inf, most=LARGEST):
    """Is it a number, not a truth value, from ``least`` to ``most``?"""
    return type(number) in (int, float, np.int64, np.float64) and least <= number <= most


def keeps(**fields):
    """The thing made has the values it was given, and each passes its test."""
    return lambda made, **given: all(
        getattr(made, name) == given[name] and test(given[name]) for name, test in fields.items()
    )


def size(number):
    return whole(number, 1)


# --- Cells -----------------------------------------------------------------------------------

CELLS = [
    RNN(D, H),
    RNN(D, H, "relu"),
    RNN(D, H, "leaky_relu"),
    RNN(D, H, "elu"),
    ResidualRNN(D, H, "sigmoid"),
    LayerNormRNN(D, H, "linear", 1e-3),
    LSTM(D, H),
    NoForgetLSTM(D, H),
    CoupledLSTM(D, H),
    PeepholeLSTM(D, H),
    GRU(D, H),
    ResetBeforeGRU(D, H),
]
SIZES = {"input_size": size, "hidden_size": size}


def cells():
    for kind in (Cell, MemoryCell, NoForgetLSTM, CoupledLSTM, GRU, ResetBeforeGRU):
        yield valid(kind, D, H, right=keeps(**SIZES))
    for kind in (RNN, ResidualRNN):
        yield valid(kind, D, H, "relu", right=keeps(**SIZES))
    above_0 = keeps(**SIZES, eps=lambda eps: real(eps, 1e-9))
    yield valid(LayerNormRNN, D, H, "relu", 1e-3, right=above_0)
    for kind in (LSTM, PeepholeLSTM):
        yield valid(kind, D, H, 1.5, right=keeps(**SIZES, forget_bias=real))


# --- Layers ----------------------------------------------------------------------------------

recurrent = Recurrent(LSTM(D, H))
STACK = Stack(
    (Recurrent(RNN(D, H)), EachStep(LayerNorm(H)), recurrent_top := Recurrent(GRU(H, D))),
    "residual",
)
LAYERS = [
    *map(Recurrent, CELLS),
    FusedLSTM(LSTM(D, H)),
    Reversed(recurrent),
    Bidirectional(recurrent, Recurrent(GRU(D, H + 1))),
    Bidirectional(recurrent, Recurrent(GRU(D, H)), "sum"),
    Bidirectional(recurrent, FusedLSTM(LSTM(D, H)), "project"),
    EachStep(Linear(D, H)),
    STACK,
    Stack((Bidirectional(recurrent, recurrent), Reversed(Recurrent(RNN(D + 2 * H, H)))), "dense"),
]


def init_right(made, rng, dtype=np.float64):
    return {array.dtype for _, array in tree_leaves(made)} <= {np.dtype(dtype)}


def row_by_row(layer):
    """The result is that of each row by itself, without padding, and of the right dtype."""

    def right(result, weights, xs, state=None, lengths=None, rng=None):
        (ys, last, cache), xs = result, np.asarray(xs)
        if not one_dtype(weights, xs, ys, last) or ys.shape != (*xs.shape[:2], layer.output_size):
            return False
        for n in range(xs.shape[1]):
            row, end = slice(n, n + 1), len(xs) if lengths is None else lengths[n]
            start = None if state is None else tree_map(lambda a: np.asarray(a)[row], state)  # noqa: B023
            alone, alone_last, _ = layer.forward(weights, xs[:end, row], start)
            pairs = zip(tree_leaves(last), tree_leaves(alone_last), strict=True)
            if not (
                near(ys[:end, row], alone)
                and not ys[end:, n].any()
                and all(near(a[row], b) for (_, a), (_, b) in pairs)
            ):
                return False
        dweights, dxs, _ = layer.backward(weights, cache, random_like(ys, np.random.default_rng(0)))
        return one_dtype(dweights, dxs) and dxs.shape == xs.shape

    return right


def any_rows(layer):
    """``final`` and its gradient take any number of rows, which must be the same everywhere."""

    def right(result, state=None, dsummary=None):
        given = state if dsummary is None else dsummary
        rows = {np.shape(leaf)[:1] for _, leaf in tree_leaves((given, result))}
        return one_dtype(given, result) and len(rows) == 1

    return right


def layer_calls(layer):
    weights, xs = random_like(layer.init(rng), rng), floats(T, N, D)
    state, dstate = (random_like(layer.zero_state(N), rng) for _ in range(2))
    ys, _, cache = layer.forward(weights, xs, state, LENGTHS)
    dys = random_like(ys, rng)
    has_state, right = len(tree_leaves(state)) > 0, row_by_row(layer)
    yield valid(layer.init, rng, np.float64, right=init_right)
    yield valid(
        layer.zero_state,
        N,
        np.float64,
        right=lambda state, batch_size, dtype: (
            whole(batch_size)
            and all(
                a.shape[:1] == (batch_size,) and a.dtype == dtype for _, a in tree_leaves(state)
            )
        ),
    )
    yield valid(layer.forward, weights, xs, right=right)
    yield valid(layer.forward, weights, xs, state, LENGTHS, rng, right=right)
    yield valid(layer.backward, weights, cache, dys, dstate)
    if has_state:
        summary = layer.final(state)
        yield valid(layer.final, state, right=any_rows(layer))
        yield valid(layer.final_backward, random_like(summary, rng), right=any_rows(layer))


def layers():
    yield valid(Recurrent, RNN(D, H))
    yield valid(FusedLSTM, LSTM(D, H))
    yield valid(Reversed, recurrent)
    yield valid(Bidirectional, recurrent, Recurrent(GRU(D, H)), "sum")
    yield valid(EachStep, Linear(D, H))
    yield valid(
        Stack,
        (recurrent, Recurrent(RNN(H, H))),
        "residual",
        0.3,
        right=lambda made, layers, shortcut, dropout: (
            len(made.layers) == len(layers)
            and (made.shortcut, made.dropout) == (shortcut, dropout)
            and real(dropout, 0, 0.99)
            and isinstance(layers, tuple)
        ),
    )
    for layer in LAYERS:
        yield from layer_calls(layer)
    dropping = Stack((recurrent, Recurrent(RNN(H, H))), dropout=0.3)
    yield valid(
        dropping.forward,
        dropping.init(rng),
        floats(T, N, D),
        dropping.zero_state(N),
        LENGTHS,
        rng,
        right=lambda result, weights, xs, state, lengths, rng: (
            result[0].shape == (*np.shape(xs)[:2], H) and one_dtype(result[:2], xs, weights, state)
        ),
    )
    yield valid(
        reverse,
        floats(T, N, D),
        LENGTHS,
        right=lambda result, xs, lengths: (
            all(
                np.array_equal(result[:end, n], np.asarray(xs)[:end, n][::-1])
                and np.array_equal(result[end:, n], np.asarray(xs)[end:, n])
                for n, end in enumerate(lengths)
            )
            and result.shape == np.shape(xs)
        ),
    )


linear, embedding, dropout, norm = Linear(D, H), Embedding(V, D), Dropout(0.3), LayerNorm(D)
ids = rng.integers(0, V, (T, N))


def pointwise():
    yield valid(Linear, D, H, right=keeps(input_size=size, output_size=size))
    yield valid(Embedding, V, D, right=keeps(vocabulary_size=size, embedding_size=size))
    yield valid(Dropout, 0.3, right=keeps(p=lambda p: real(p, 0, 0.99)))
    yield valid(LayerNorm, D, 1e-3, right=keeps(size=size, eps=lambda eps: real(eps, 1e-9)))
    for layer in (linear, embedding, dropout, norm):
        yield valid(layer.init, rng, np.float64, right=init_right)
    weights, xs = random_like(linear.init(rng), rng), floats(T, N, D)
    yield valid(
        linear.forward,
        weights,
        xs,
        right=lambda result, weights, xs: (
            one_dtype(weights, xs, result[0])
            and near(result[0], np.einsum("...d,hd->...h", xs, weights.W) + weights.b)
        ),
    )
    yield valid(linear.backward, weights, linear.forward(weights, xs)[1], floats(T, N, H))

    weights = random_like(embedding.init(rng), rng)
    yield valid(
        embedding.forward,
        weights,
        ids,
        right=lambda result, weights, ids: (
            one_dtype(weights, result[0])
            and np.asarray(ids).dtype.kind in "iu"
            and near(result[0], np.eye(V)[np.asarray(ids)] @ weights.W)
        ),
    )
    yield valid(embedding.backward, weights, embedding.forward(weights, ids)[1], floats(T, N, D))

    def dropped(result, weights, xs, rng=None):
        ys, xs = result[0], np.asarray(xs)
        return (
            one_dtype(ys, xs)
            and ys.shape == xs.shape
            and ((ys == 0) | np.isclose(ys, xs) | np.isclose(ys, xs / 0.7)).all()
        )

    xs = floats(T, N, D)
    yield valid(dropout.forward, (), xs, rng, right=dropped)
    yield valid(Dropout(0).forward, (), xs, rng, right=dropped)
    yield valid(dropout.forward, (), xs, right=dropped)
    yield valid(dropout.backward, (), dropout.forward((), xs, rng)[1], floats(T, N, D))
    yield valid(dropout.backward, (), dropout.forward((), xs)[1], floats(T, N, D))

    weights = random_like(norm.init(rng), rng)

    def normed(result, weights, xs):
        xs = np.asarray(xs)
        mean, variance = xs.mean(-1, keepdims=True), xs.var(-1, keepdims=True)
        expected = weights.gain * (xs - mean) / np.sqrt(variance + 1e-5) + weights.bias
        return one_dtype(weights, xs, result[0]) and near(result[0], expected)

    yield valid(norm.forward, weights, xs, right=normed)
    yield valid(norm.backward, weights, norm.forward(weights, xs)[1], floats(T, N, D))


# --- The model -------------------------------------------------------------------------------

model = SequenceModel(embedding, recurrent, Linear(H, V))
model_weights = random_like(model.init(rng), rng)
batch = data.make_recall(rng, T, N, V)._replace(mask=rng.random((T, N)))


def models():
    yield valid(SequenceModel, embedding, recurrent, Linear(H, V))
    yield valid(model.init, rng, np.float64, right=init_right)
    state = random_like(recurrent.zero_state(N), rng)
    logits, _, cache = model.forward(model_weights, ids, state, LENGTHS)

    def right(result, weights, ids, state=None, lengths=None):
        logits, last, _ = result
        xs = weights.embedding.W[np.asarray(ids)]
        hs, expected, _ = recurrent.forward(weights.recurrent, xs, state, lengths)
        return (
            one_dtype(weights, logits)
            and near(logits, hs @ weights.linear.W.T + weights.linear.b)
            and all(map(near, last, expected))
        )

    yield valid(model.forward, model_weights, ids, right=right)
    yield valid(model.forward, model_weights, ids, state, LENGTHS, right=right)
    yield valid(model.backward, model_weights, cache, floats(T, N, V), random_like(state, rng))
    yield valid(
        model.loss,
        model_weights,
        batch,
        right=lambda loss, weights, batch: right_loss(
            (loss,), model.forward(weights, batch.ids)[0], batch.targets, batch.mask
        ),
    )
    yield valid(
        model.loss_and_gradient,
        model_weights,
        batch,
        right=lambda result, weights, batch: right_loss(
            result[:1], model.forward(weights, batch.ids)[0], batch.targets, batch.mask
        ),
    )
    yield valid(model.step, model_weights, ids[0], state)
    yield valid(
        model.step,
        model_weights,
        ids[0],
        right=lambda result, weights, ids, state=None: right(
            (result[0][None], result[1], None), weights, np.asarray(ids)[None]
        ),
    )


regressor = Regressor(recurrent, Linear(H, 2))
regressor_weights = random_like(regressor.init(rng), rng)


def regressors():
    yield valid(Regressor, recurrent, Linear(H, 2))
    yield valid(regressor.init, rng, np.float64, right=init_right)

    def right(result, weights, xs, lengths=None):
        _, state, _ = recurrent.forward(weights.recurrent, xs, None, lengths)
        return one_dtype(weights, result[0]) and near(
            result[0], state.h @ weights.linear.W.T + weights.linear.b
        )

    def right_mean(loss, weights, batch):
        predictions, _ = regressor.forward(weights, batch.xs)
        return right_squares((loss,), predictions, batch.targets)

    xs = floats(T, N, D)
    batch = RegressionBatch(xs, floats(N, 2))
    _, cache = regressor.forward(regressor_weights, xs)
    yield valid(regressor.forward, regressor_weights, xs, LENGTHS, right=right)
    yield valid(regressor.backward, regressor_weights, cache, floats(N, 2))
    yield valid(regressor.loss, regressor_weights, batch, right=right_mean)
    yield valid(
        regressor.loss_and_gradient,
        regressor_weights,
        batch,
        right=lambda result, weights, batch: right_mean(result[0], weights, batch),
    )


# --- Functions -------------------------------------------------------------------------------


def right_loss(result, logits, targets, mask=None):
    logits, targets = np.asarray(logits), np.asarray(targets)
    mask = np.ones(targets.shape) if mask is None else np.asarray(mask)
    if not (
        numbers(logits, mask)
        and targets.dtype.kind in "iu"
        and mask.shape == targets.shape == logits.shape[:-1]
        and logits.dtype.kind == "f"
    ):
        return False
    loss = sum(
        mask[i] * (np.log(np.exp(logits[i]).sum()) - logits[i][targets[i]])
        for i in np.ndindex(targets.shape)
    )
    return near(result[0], loss / mask.sum())


def right_squares(result, predictions, targets, mask=None):
    predictions, targets = np.asarray(predictions), np.asarray(targets)
    mask = np.ones(targets.shape) if mask is None else np.asarray(mask)
    same = predictions.shape == targets.shape == mask.shape
    return (
        numbers(predictions, targets, mask)
        and same
        and predictions.dtype.kind == "f"
        and near(result[0], np.average((predictions - targets) ** 2, weights=mask))
    )


def elementwise(formula):
    return lambda result, **given: (
        numbers(*given.values())
        and near(result, formula(np.asarray(*given.values()).astype(float)))
    )


def functions():
    z = floats(N, V)
    yield valid(sigmoid, z, right=elementwise(lambda z: 1 / (1 + np.exp(-z))))
    yield valid(relu, z, right=elementwise(lambda z: z * (z > 0)))
    yield valid(leaky_relu, z, right=elementwise(lambda z: np.where(z > 0, z, 0.01 * z)))
    yield valid(elu, z, right=elementwise(lambda z: np.where(z > 0, z, np.exp(z) - 1)))
    yield valid(
        softmax, z, right=elementwise(lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True))
    )
    yield valid(
        log_softmax,
        z,
        right=elementwise(lambda z: z - np.log(np.exp(z).sum(axis=-1, keepdims=True))),
    )
    yield valid(perplexity, 0.7, right=elementwise(np.exp))
    yield valid(bits, 0.7, right=elementwise(lambda loss: loss / np.log(2)))
    yield valid(cross_entropy, floats(N, V), rng.integers(0, V, N), right=right_loss)
    yield valid(cross_entropy, floats(N, V), rng.integers(0, V, N), rng.random(N), right=right_loss)
    yield valid(
        mean_squared_error, floats(N, V), floats(N, V), rng.random((N, V)), right=right_squares
    )


# --- First values ----------------------------------------------------------------------------


def right_values(found, shape, rng=None, dtype=np.float64, **setting):
    wanted = shape if isinstance(shape, tuple) else (shape,)
    return (
        found.shape == wanted
        and all(whole(n) for n in wanted)
        and found.dtype == dtype
        and found.dtype.kind == "f"
        and all(real(value) for value in setting.values())
        and np.isfinite(found).all()
    )


def initialisers():
    yield valid(init.zeros, (D, H), rng, np.float64, right=right_values)
    yield valid(init.zeros, H, right=right_values)
    for function in (init.xavier_uniform, init.xavier_normal, init.he_uniform, init.he_normal):
        yield valid(function, (D, H), rng, np.float64, right=right_values)
    yield valid(
        init.normal,
        (D, H),
        rng,
        np.float64,
        0.5,
        right=lambda found, shape, rng, dtype, scale: (
            right_values(found, shape, rng, dtype, scale=scale) and scale >= 0
        ),
    )
    yield valid(init.orthogonal, (D, H), rng, np.float64, 0.5, right=right_values)
    yield valid(init.identity, (D, D), rng, np.float64, 0.5, right=right_values)
    yield valid(
        init.gate_biases,
        (0.5, 1.5, -0.5),
        H,
        np.float64,
        right=lambda found, values, hidden_size, dtype: (
            numbers(list(values))
            and all(map(np.isfinite, values))
            and whole(hidden_size, 1)
            and near(found, np.repeat(np.asarray(values), hidden_size))
        ),
    )
    yield valid(
        init.chrono_biases,
        H,
        9.5,
        rng,
        np.float64,
        right=lambda found, hidden_size, longest, rng, dtype: (
            whole(hidden_size, 1)
            and real(longest, 2)
            and found.shape == (4 * hidden_size,)
            and np.isfinite(found).all()
        ),
    )


# --- Training --------------------------------------------------------------------------------

weights = {"W": floats(D, H), "b": (floats(H), 0.5)}
gradient, other = ({"W": floats(D, H), "b": (floats(H), x)} for x in (0.25, 0.75))


def leaves(*trees):
    return zip(*(tree_leaves(tree) for tree in trees), strict=True)


def right_leaves(formula):
    """Each array of the result is the formula's of the arrays in the same place."""

    def right(result, *trees, **settings):
        return numbers(*trees) and all(
            near(found, formula(*(np.asarray(array) for _, array in arrays), **settings))
            for (_, found), *arrays in leaves(result, *trees)
        )

    return right


def right_sgd(result, weights, gradient, velocity):
    velocities = right_leaves(lambda w, g, v: 0.9 * v + g + 0.01 * w)(
        result[1], weights, gradient, velocity
    )
    return velocities and right_leaves(lambda w, v: w - 0.1 * v)(result[0], weights, result[1])


def right_adam(result, weights, gradient, state):
    w, s = result
    if not (whole(state.steps, 0) and s.steps == state.steps + 1):
        return False
    t = s.steps
    return (
        right_leaves(lambda m, g: 0.9 * m + 0.1 * g)(s.mean, state.mean, gradient)
        and right_leaves(lambda v, g: 0.999 * v + 0.001 * g * g)(s.square, state.square, gradient)
        and right_leaves(
            lambda w, m, v: (
                0.999 * w - 0.1 * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
            )
        )(w, weights, s.mean, s.square)
    )


def right_norm(norm, tree):
    squares = [np.square(np.asarray(leaf).astype(float)).sum() for _, leaf in tree_leaves(tree)]
    return numbers(tree) and near(norm, np.sqrt(sum(squares)))


def quadratic(w, batch):
    return sum(float((array * array).sum()) for _, array in tree_leaves(w)), tree_map(
        lambda a: 2 * a, w
    )


def loss(w):
    return quadratic(w, None)[0]


def right_check(
    worst, loss, weights, gradient, *, step=1e-5, tolerance=1e-7, samples=None, rng=None
):
    right = right_leaves(lambda g, w: 2 * w)(gradient, gradient, weights)
    return (
        right
        and 0 <= worst <= tolerance
        and real(step, 1e-12)
        and real(tolerance, 0)
        and (samples is None or whole(samples, 1))
    )


def right_training(
    result, loss_and_gradient, weights, batches, optimiser, *, clip, evaluate, every, progress
):
    w, history = result
    steps = len(batches)
    return (
        whole(every, 1)
        and (clip is None or real(clip, 1e-12))
        and np.isfinite(history.losses).all()
        and len(history.losses) == len(history.norms) == steps
        and numbers(w)
        and (
            evaluate is None
            or [step for step, _ in history.evaluations]
            == sorted({*range(every, steps + 1, every), steps})
        )
    )


def training():
    both = {"lr": lambda lr: real(lr, 1e-9), "weight_decay": lambda decay: real(decay, 0)}
    share = lambda share: real(share, 0, 0.999999)
    yield valid(SGD, 0.1, 0.9, 0.01, right=keeps(**both, momentum=share))
    yield valid(
        Adam,
        0.1,
        (0.9, 0.999),
        1e-8,
        0.01,
        right=keeps(
            **both,
            eps=lambda eps: real(eps, 1e-12),
            betas=lambda betas: (
                isinstance(betas, tuple) and len(betas) == 2 and all(map(share, betas))
            ),
        ),
    )
    sgd, adam = SGD(0.1, 0.9, 0.01), Adam(0.1, weight_decay=0.01)
    for optimiser in (sgd, adam):
        yield valid(
            optimiser.init,
            weights,
            right=lambda state, weights: (
                numbers(weights) and not any(np.any(leaf) for _, leaf in tree_leaves(state))
            ),
        )
    yield valid(sgd.update, weights, gradient, other, right=right_sgd)
    state = adam.update(weights, gradient, adam.init(weights))[1]
    yield valid(adam.update, weights, other, state, right=right_adam)
    yield valid(global_norm, weights, right=right_norm)
    yield valid(
        clip_by_value,
        weights,
        0.5,
        right=lambda result, tree, limit: (
            real(limit, 1e-12) and right_leaves(lambda a: np.clip(a, -limit, limit))(result, tree)
        ),
    )
    yield valid(
        clip_by_norm,
        weights,
        0.5,
        right=lambda result, tree, limit: (
            real(limit, 1e-12)
            and right_leaves(
                lambda a: a * min(1, limit / max(1e-300, np.linalg.norm(np.ravel(a).astype(float))))
            )(result, tree)
        ),
    )
    yield valid(
        clip_by_global_norm,
        weights,
        0.5,
        right=lambda result, tree, limit: (
            real(limit, 1e-12)
            and right_norm(result[1], tree)
            and right_leaves(lambda a: a * min(1, limit / max(1e-300, result[1])))(result[0], tree)
        ),
    )
    yield valid(
        tree_map,
        np.add,
        weights,
        gradient,
        right=lambda result, function, tree, others: right_leaves(np.add)(result, tree, *others),
    )
    yield valid(tree_leaves, weights, "w", right=lambda result, tree, name: True)  # walks all
    yield valid(
        parameter_count,
        weights,
        right=lambda count, weights: (
            numbers(weights) and (count == sum(np.size(leaf) for _, leaf in tree_leaves(weights)))
        ),
    )
    w = {"W": floats(D, H), "b": (floats(H),)}
    dw = quadratic(w, None)[1]
    yield valid(
        gradient_check,
        loss,
        w,
        dw,
        step=1e-5,
        tolerance=1e-6,
        samples=2,
        rng=rng,
        right=right_check,
        also=(GradientError,),
    )
    yield valid(gradient_check, loss, w, dw, right=right_check, also=(GradientError,))
    yield valid(
        train,
        quadratic,
        w,
        [0, 1, 2],
        sgd,
        clip=0.5,
        evaluate=loss,
        every=2,
        progress=False,
        right=right_training,
        also=(FloatingPointError,),
    )


# --- Text and data ---------------------------------------------------------------------------

vocabulary = Vocabulary.of(["abc"], special=["<pad>", "<start>", "<end>"])
TEXTS = ["ab", "cab", "b"]


def right_batch(length, rows):
    def right(batch):
        *arrays, lengths = batch
        return (
            all(a.shape == (length, rows) for a in arrays)
            and numbers(arrays)
            and (lengths is None or (lengths.shape == (rows,) and lengths.max() <= length))
        )

    return right


def texts_and_data():
    some = lambda text: isinstance(text, str)
    yield valid(
        Vocabulary,
        ("a", "b"),
        " ",
        right=lambda made, symbols, separator: (
            isinstance(symbols, tuple)
            and all(map(some, symbols))
            and len(made) == len(symbols)
            and some(separator)
        ),
    )
    yield valid(
        Vocabulary.of,
        TEXTS,
        ("<pad>",),
        " ",
        right=lambda made, texts, special, separator: (
            set(made.symbols) == {*special, *"".join(texts)} and some(separator)
        ),
    )
    yield valid(
        vocabulary.id,
        "a",
        right=lambda place, symbol: symbol == vocabulary.symbols[place],
        also=(KeyError,),
    )
    yield valid(
        vocabulary.encode,
        "abc",
        right=lambda found, text: [vocabulary.symbols[i] for i in found] == list(text),
        also=(KeyError,),
    )
    yield valid(
        vocabulary.decode,
        np.array([3, 5]),
        right=lambda text, ids: (
            (np.ndim(ids) == 1 and np.asarray(ids).dtype.kind in "iu" or not len(ids))
            and text == "".join(vocabulary.symbols[i] for i in ids)
        ),
    )
    yield valid(
        pad_sequences,
        [np.array([5, 6, 7]), np.array([8])],
        9,
        right=lambda result, sequences, padding: (
            whole(padding, -np.inf)
            and all(
                result[1][n] == len(one)
                and np.array_equal(
                    result[0][:, n], [*one, *[padding] * (len(result[0]) - len(one))]
                )
                for n, one in enumerate(sequences)
            )
        ),
    )

    def chance(p):
        return 0 < p <= 1

    yield valid(
        KneserNey,
        "abracadabra",
        2,
        right=lambda model, text, order: (
            whole(order, 1, len(text)) and near(model.distribution(text[:1]).sum(), 1)
        ),
    )
    model = KneserNey("abracadabra", 3)
    words = KneserNey(["to", "be", "or", "not", "to", "be"], 2)
    yield valid(
        model.distribution, "ab", right=lambda p, context: some(context) and near(p.sum(), 1)
    )
    yield valid(
        words.distribution,
        ["to"],
        right=lambda p, context: isinstance(context, (list, tuple)) and near(p.sum(), 1),
    )
    yield valid(
        model.probability, "a", "br", right=lambda p, symbol, context: some(context) and chance(p)
    )
    yield valid(model.cross_entropy, "abba", right=lambda loss, text: some(text) and loss > 0)
    yield valid(
        data.load_surnames,
        rng,
        2,
        right=lambda made, rng, per_language: (
            whole(per_language, 1) and len(made.names) == 10 * per_language
        ),
    )
    yield valid(
        data.load_digits,
        rng,
        8,
        right=lambda made, rng, rows: rows == 8 and made.images.shape == (1797, 8, 8),
    )
    yield valid(data.load_text)
    yield valid(
        data.load_newsgroups,
        ["sci.space", "rec.autos"],
        right=lambda made, groups: (
            len(made.groups) == (20 if groups is None else len(groups))
            and (groups is None or set(made.groups) == set(groups))
            and set(made.train_labels) == set(range(len(made.groups)))
        ),
    )
    yield valid(
        data.classification_batch,
        vocabulary,
        TEXTS,
        np.array([1, 0, 2]),
        also=(KeyError,),
        right=lambda batch, vocabulary, texts, labels: (
            right_batch(max(map(len, texts)), len(texts))(batch)
            and np.array_equal(batch.targets[0], labels)
        ),
    )
    yield valid(
        data.language_model_batch,
        vocabulary,
        TEXTS,
        also=(KeyError,),
        right=lambda batch, vocabulary, texts: (
            isinstance(texts, (list, tuple))
            and right_batch(max(map(len, texts)) + 1, len(texts))(batch)
        ),
    )
    yield valid(
        data.minibatches,
        batch,
        3,
        2,
        rng,
        right=lambda batches, batch, batch_size, steps, rng: (
            whole(batch_size, 1)
            and whole(steps, 0, 10)
            and len(batches) == steps
            and all(right_batch(len(b.ids), batch_size)(b) for b in batches)
        ),
    )
    yield valid(
        data.bucketed,
        LENGTHS_OF_MANY,
        3,
        2,
        rng,
        right=lambda batches, lengths, batch_size, buckets, rng: (
            whole(batch_size, 1)
            and whole(buckets, 1, len(lengths))
            and np.array_equal(np.sort(np.concatenate(batches)), np.arange(len(lengths)))
            and max(map(len, batches)) <= batch_size
        ),
    )
    yield valid(
        data.padding_share,
        LENGTHS_OF_MANY,
        [np.array([0, 1]), np.array([3])],
        right=lambda share, lengths, batches: 0 <= share < 1,
    )
    yield valid(
        data.random_windows,
        rng.integers(0, V, 9),
        3,
        2,
        2,
        rng,
        right=lambda batches, ids, length, batch_size, steps, rng: (
            whole(batch_size, 1)
            and whole(steps, 0, 10)
            and whole(length, 1)
            and len(batches) == steps
            and all(right_batch(length, batch_size)(b) for b in batches)
        ),
    )
    yield valid(
        data.make_recall,
        rng,
        T,
        N,
        V,
        right=lambda batch, rng, length, batch_size, symbols: (
            whole(length, 1)
            and whole(batch_size, 1)
            and whole(symbols, 2)
            and right_batch(length, batch_size)(batch)
        ),
    )
    yield valid(
        data.make_trips,
        rng,
        2,
        N,
        3,
        True,
        right=lambda batch, rng, clauses, batch_size, fillers, return_trips: (
            whole(clauses, 1)
            and whole(batch_size, 1)
            and whole(fillers, 0)
            and right_batch(len(batch.ids), batch_size)(batch)
            and (batch.targets > 0).sum() == clauses * batch_size
        ),
    )
    yield valid(
        data.make_adding,
        rng,
        T,
        N,
        np.float64,
        right=lambda batch, rng, length, batch_size, dtype: (
            whole(length, 2)
            and whole(batch_size, 1)
            and batch.xs.shape == (length, batch_size, 2)
            and batch.targets.shape == (batch_size, 1)
            and {batch.xs.dtype, batch.targets.dtype} == {np.dtype(dtype)}
        ),
    )
    yield valid(
        data.make_copy,
        rng,
        T,
        N,
        V,
        3,
        right=lambda batch, rng, delay, batch_size, symbols, length: (
            whole(delay)
            and whole(batch_size, 1)
            and whole(symbols, 2)
            and whole(length, 1)
            and right_batch(2 * length + delay + 1, batch_size)(batch)
        ),
    )
    yield valid(
        data.make_agreement,
        rng,
        2,
        N,
        right=lambda batch, rng, phrases, batch_size: (
            whole(phrases, 0)
            and whole(batch_size, 1)
            and right_batch(2 + 3 * phrases, batch_size)(batch)
        ),
    )


# --- Text as numbers -------------------------------------------------------------------------

WORDS = ("bird", "cat", "dog", "eats", "fish", "sees", "the")
LISTED = Vocabulary(WORDS)
DOCUMENTS = [["the", "cat", "eats", "fish", "the"], ["bird", "sees", "the", "dog"]]
COUNTS = sparse.csr_array([[2, 0, 1, 0, 3, 1], [0, 1, 4, 0, 0, 1], [1, 0, 0, 2, 0, 5]])
QUERIES = sparse.csr_array([[0, 2, 1, 0, 0, 0], [3, 0, 0, 1, 0, 4]])
SCORES, RELEVANCE = np.array([0.5, 2.5, -1.5, 0.25]), np.array([0, 1, 3, 2])


def dense(given):
    """The numbers of a matrix, sparse or not; None unless it is one of real numbers."""
    given = given.toarray() if sparse.issparse(given) else np.asarray(given)
    return given.astype(float) if given.ndim == 2 and given.dtype.kind in "biuf" else None


def counted(given):
    given = dense(given)
    return given if given is not None and np.isfinite(given).all() and (given >= 0).all() else None


def strings(given):
    return isinstance(given, (list, tuple, dict)) and all(isinstance(token, str) for token in given)


def robertson(counts):
    M, df = len(counts), np.count_nonzero(counts, axis=0)
    return np.log((M - df + 0.5) / (df + 0.5))


def right_idf(idf, counts, variant):
    counts = counted(counts)
    return variant == "robertson" and len(counts) and near(idf, robertson(counts))


def right_tf_idf(weights, counts, idf, tf, norm):
    counts, idf = counted(counts), np.asarray(idf).astype(float)
    tf = {"log": np.where(counts > 0, 1 + np.log(np.maximum(counts, 1e-9)), 0), "count": counts}[tf]
    expected = tf * idf
    if norm == "l2":
        expected /= np.maximum(np.linalg.norm(expected, axis=1, keepdims=True), 1e-300)
    return norm in ("l2", None) and near(weights.toarray(), expected)


def right_bm25(made, counts, k1, b, idf, k3):
    counts = counted(counts)
    lengths = counts.sum(1, keepdims=True)
    below = np.maximum(counts + k1 * (1 - b + b * lengths / lengths.mean()), 1e-300)
    expected = robertson(counts) * counts * (k1 + 1) / below
    return (
        real(k1, 0)
        and real(b, 0, 1)
        and (k3 is None or real(k3, 0))
        and idf == "robertson"
        and near(made.index.toarray(), expected.T)
    )


def right_cosine(cosines, queries, documents):
    a, b = (
        rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-300)
        for rows in (dense(queries), dense(documents))
    )
    return near(cosines, a @ b.T)


def in_order(scores, relevance):
    """The relevance of the documents, that with the best score first; None unless all is right."""
    scores, relevance = np.asarray(scores), np.asarray(relevance)
    if not (
        numbers(scores, relevance)
        and np.isfinite(relevance).all()
        and (relevance >= 0).all()
        and scores.ndim == 1
        and scores.shape == relevance.shape
    ):
        return None
    return [
        float(relevance[d]) for d in sorted(range(len(scores)), key=lambda d: -float(scores[d]))
    ]


def discounted(relevance):
    return sum(r / np.log2(place + 2) for place, r in enumerate(relevance))


def counting():
    yield valid(words, "The cat", right=lambda found, text: found == text.split())
    yield valid(characters, "the cat", right=lambda found, text: found == list(text))
    yield valid(
        ngrams,
        ["the", "cat", "eats"],
        1,
        2,
        "_",
        right=lambda found, tokens, shortest, longest, separator: (
            found
            == [
                separator.join(list(tokens)[i : i + n])
                for n in range(shortest, (longest or shortest) + 1)
                for i in range(len(tokens) - n + 1)
            ]
            and whole(shortest, 1)
            and (longest is None or whole(longest, shortest))
            and (isinstance(tokens, str) or strings(tokens))
        ),
    )
    yield valid(
        Segmenter,
        DOCUMENTS,
        right=lambda made, sentences: (
            all(map(strings, sentences))
            and set(made._scores) == {word for sentence in sentences for word in sentence}
            and near(sum(map(np.exp, made._scores.values())), 1)
        ),
    )
    cut = Segmenter(DOCUMENTS).cut
    yield valid(cut, "thecatxeats", right=lambda found, text: "".join(found) == text)
    yield valid(
        Vocabulary.of,
        DOCUMENTS,
        min_count=2,
        right=lambda made, texts, min_count: (
            whole(min_count, 1)
            and list(made.symbols)
            == sorted(
                symbol
                for symbol in {token for text in texts for token in text}
                if sum(list(text).count(symbol) for text in texts) >= min_count
            )
        ),
    )
    yield valid(LISTED.__contains__, "cat", right=lambda found, symbol: found == (symbol in WORDS))
    yield valid(
        LISTED.encode_known,
        ["dog", "lion", "cat"],
        right=lambda found, tokens: (
            strings(tokens) and found == [WORDS.index(token) for token in tokens if token in WORDS]
        ),
    )
    yield valid(
        LISTED.encode_documents,
        [["dog", "lion", "cat"], ["cat"]],
        right=lambda found, documents: (
            all(map(strings, documents))
            and found[0].tolist() == [WORDS.index(t) for d in documents for t in d if t in WORDS]
            and found[1].tolist() == [sum(t in WORDS for t in d) for d in documents]
        ),
    )
    yield valid(
        count,
        DOCUMENTS,
        LISTED,
        right=lambda counts, documents, vocabulary: (
            all(map(strings, documents))
            and counts.shape == (len(documents), len(WORDS))
            and counts.dtype == np.int64
            and counts.toarray().tolist()
            == [[list(document).count(word) for word in WORDS] for document in documents]
        ),
    )


def weighing():
    yield valid(inverse_document_frequency, COUNTS, "robertson", right=right_idf)
    for tf, norm in (("log", "l2"), ("count", None)):
        yield valid(tf_idf, COUNTS, floats(6), tf, norm, right=right_tf_idf)
    yield valid(BM25, COUNTS, 1.5, 0.5, "robertson", 2.5, right=right_bm25)
    bm25 = BM25(COUNTS, k3=2.5)
    yield valid(
        bm25.scores,
        QUERIES,
        right=lambda scores, queries: near(
            scores,
            3.5 * counted(queries) / (counted(queries) + 2.5) @ bm25.index.toarray(),
        ),
    )
    yield valid(cosine, QUERIES, COUNTS, right=right_cosine)
    yield valid(cosine, floats(3, D), sparse.csr_array(floats(2, D)), right=right_cosine)

    def right_order(order, scores):
        scores = np.asarray(scores).astype(float)
        falling = (np.diff(np.take_along_axis(scores, order, axis=-1)) <= 0).all()
        return (
            falling
            and scores.ndim in (1, 2)
            and near(np.sort(order), 0 * scores + np.arange(scores.shape[-1]))
        )

    for scores in (SCORES, floats(2, 5)):
        yield valid(rank, scores, right=right_order)
    yield valid(
        reciprocal_rank,
        SCORES,
        RELEVANCE,
        right=lambda found, scores, relevance: (
            found == (not any(gain := in_order(scores, relevance)) - 1)
            or found == 1 / (1 + gain.index(max(gain)))
        ),
    )
    yield valid(
        precision,
        SCORES,
        RELEVANCE,
        3,
        right=lambda found, scores, relevance, depth: (
            whole(depth, 1)
            and near(found, np.count_nonzero(in_order(scores, relevance)[:depth]) / depth)
        ),
    )
    yield valid(
        ndcg,
        SCORES,
        RELEVANCE,
        3,
        right=lambda found, scores, relevance, depth: (
            whole(depth, 1)
            and near(
                found * discounted(sorted(in_order(scores, relevance))[::-1][:depth]),
                discounted(in_order(scores, relevance)[:depth]),
            )
        ),
    )


# --- Word vectors ----------------------------------------------------------------------------

ROWS = floats(len(WORDS), D)
SUBWORDS = Subwords(LISTED, 2, 3, 4)  # of 7 words and 4 buckets: 11 rows
TRAINING = {"embedding_size": 2, "window": 2, "epochs": 1, "progress": False}


def known(word):
    return isinstance(word, str) and word in WORDS


def right_neighbours(found, word, k, without=()):
    return (
        whole(k, 1, len(WORDS))
        and strings(without)
        and (known(word) or (numbers(word) and np.shape(word) == (D,)))
        and len(found) == min(k, len(WORDS) - len(set(without) & set(WORDS)) - known(word))
        and not {word for word, _ in found} & set(without)
        and all(a >= b for (_, a), (_, b) in pairwise(found))
    )


def right_analogy(found, a, b, c, k, without_question):
    without = {a, b, c} if without_question else set()
    return all(map(known, (a, b, c))) and right_neighbours(found, ROWS[0], k, tuple(without))


def right_pairs(result, lengths, window, rng=None):
    centres, contexts = result
    distances = np.abs(centres - contexts)
    most = sum(
        2 * max(0, int(L) - d) for L in lengths for d in range(1, min(window, max(lengths)) + 1)
    )
    return (
        whole(window, 1)
        and np.ndim(lengths) == 1
        and (not len(lengths) or np.asarray(lengths).dtype.kind in "iu")
        and (len(centres) == most if rng is None else len(centres) <= most)
        and (distances > 0).all()
        and (distances <= window).all()
    )


def right_shares(formula):
    def right(found, frequencies, setting):
        n = np.asarray(frequencies).astype(float)
        return n.ndim == 1 and (n > 0).all() and near(found, formula(n / n.sum(), setting))

    return right


def right_matrix(matrix, words):
    return (
        strings(words)
        and matrix.shape == (len(words), 11)
        and near(matrix.sum(1), np.ones(len(words)))
        and all(
            set(matrix[[place]].indices) == set(SUBWORDS.parts(word))
            for place, word in enumerate(words)
        )
    )


def right_word2vec(result, weights, batch):
    loss, gradient = result
    bags, targets, noise, noise_weights = batch
    h = dense(bags) @ weights.W_in
    z, z_noise = (weights.W_out[targets] * h).sum(1), h @ weights.W_out[noise].T
    losses = np.log1p(np.exp(-z)) + (noise_weights * np.log1p(np.exp(z_noise))).sum(1)
    return (
        one_dtype(weights, gradient, dense(bags).astype(bags.dtype), noise_weights)
        and np.shape(targets) == z.shape
        and near(loss, losses.mean())
    )


def right_glove(result, weights, batch):
    (loss, gradient), (W, W_context, b, b_context) = result, weights
    rows, columns, counts = (np.asarray(part) for part in batch)
    residuals = (W[rows] * W_context[columns]).sum(1) + b[rows] + b_context[columns]
    residuals -= np.log(counts.astype(float))
    expected = np.minimum(1, (counts / 2.5) ** 0.75) * residuals**2
    return (
        one_dtype(weights, gradient)
        and numbers(counts)
        and counts.shape == rows.shape == columns.shape
        and near(loss, expected.mean())
    )


def right_vectors(result, documents, vocabulary, rng, **settings):
    """Whatever the settings, numbers of the right shape and kind come of them."""
    vectors, losses = result
    settings |= settings.pop("options", {})
    size, epochs = settings.get("embedding_size", 100), settings.get("epochs", 5)
    return (
        all(map(strings, documents))
        and whole(size, 1)
        and whole(epochs, 1)
        and all(whole(settings.get(name, 1), 1) for name in ("window", "negatives", "batch_size"))
        and all(
            real(settings.get(name, 1), 1e-12) for name in ("lr", "threshold", "alpha", "x_max")
        )
        and np.isfinite(losses).all()
        and vectors.vectors.shape == (len(WORDS), size)
        and vectors.vectors.dtype == np.float32
    )


def word_vectors():
    yield valid(
        WordVectors,
        LISTED,
        ROWS,
        right=lambda made, vocabulary, vectors: (
            made.vectors is vectors
            and numbers(vectors)
            and len(vectors) == len(WORDS)
            and np.ndim(vectors) == 2
        ),
    )
    vectors = WordVectors(LISTED, ROWS)
    yield valid(
        vectors.vector,
        "dog",
        also=(KeyError,),
        right=lambda found, word: near(found, ROWS[WORDS.index(word)]),
    )
    yield valid(
        vectors.similarity,
        "dog",
        "cat",
        also=(KeyError,),
        right=lambda found, a, b: known(a) and known(b) and -1 <= found <= 1,
    )
    for word in ("dog", floats(D)):
        yield valid(vectors.nearest, word, 3, ("cat",), also=(KeyError,), right=right_neighbours)
    yield valid(
        vectors.analogy, "dog", "cat", "bird", 3, False, also=(KeyError,), right=right_analogy
    )
    yield valid(context_pairs, np.array([3, 0, 4]), 2, right=right_pairs)
    yield valid(context_pairs, np.array([3, 0, 4]), 2, rng, right=right_pairs)
    frequencies = np.array([9, 5, 2])
    yield valid(
        keep_probability,
        frequencies,
        0.1,
        right=lambda found, frequencies, threshold: (
            real(threshold, 1e-12)
            and right_shares(lambda p, t: np.minimum(1, np.sqrt(t / p) + t / p))(
                found, frequencies, threshold
            )
        ),
    )
    yield valid(
        noise_distribution,
        frequencies,
        0.5,
        right=lambda found, frequencies, power: (
            real(power)
            and right_shares(lambda p, a: p**a / (p**a).sum())(found, frequencies, power)
        ),
    )
    yield valid(
        Subwords,
        LISTED,
        2,
        3,
        4,
        right=keeps(vocabulary=lambda v: v is LISTED, shortest=size, longest=size, buckets=size),
    )
    pieces = lambda word: [f"<{word}>"[i : i + n] for n in (2, 3) for i in range(len(word) + 3 - n)]
    yield valid(SUBWORDS.ngrams, "cats", right=lambda found, word: found == pieces(word))
    yield valid(
        SUBWORDS.parts,
        "cats",
        right=lambda found, word: (
            len(found) == len(pieces(word)) + known(word)
            and all(whole(row, 0, 10) for row in found)
        ),
    )
    yield valid(SUBWORDS.matrix, ["cat", "lion"], right=right_matrix)
    W_in = floats(11, D)
    yield valid(
        SubwordVectors,
        LISTED,
        ROWS,
        SUBWORDS,
        W_in,
        right=lambda made, vocabulary, vectors, subwords, W_in: (
            numbers(vectors, W_in) and np.shape(vectors) == ROWS.shape and np.shape(W_in) == (11, D)
        ),
    )
    yield valid(
        SubwordVectors(LISTED, ROWS, SUBWORDS, W_in).vector,
        "cats",
        also=(KeyError,),
        right=lambda found, word: near(found, W_in[SUBWORDS.parts(word)].mean(0)),
    )


def word_models():
    model = Word2Vec(V, D, 7)
    yield valid(
        Word2Vec,
        V,
        D,
        7,
        right=keeps(
            vocabulary_size=size, embedding_size=size, rows=lambda rows: rows is None or size(rows)
        ),
    )
    yield valid(model.init, rng, np.float64, right=init_right)
    bags = sparse.csr_array(np.eye(7)[[1, 4, 6, 0]] * 0.25 + np.eye(7)[[2, 2, 5, 3]] * 0.75)
    examples = Word2VecBatch(bags, np.array([3, 0, 5, 1]), np.array([2, 4, 1]), rng.random((4, 3)))
    start = random_like(model.init(rng), rng)
    yield valid(model.loss_and_gradient, start, examples, right=right_word2vec)
    for architecture in ("skip-gram", "cbow"):
        yield valid(
            train_word2vec,
            DOCUMENTS,
            LISTED,
            rng,
            architecture=architecture,
            threshold=0.5,
            **TRAINING,
            right=lambda result, documents, vocabulary, rng, architecture, options: (
                architecture in ("skip-gram", "cbow")
                and right_vectors(result, documents, vocabulary, rng, options=options)
            ),
        )
    yield valid(
        fit,
        DOCUMENTS,
        LISTED,
        rng,
        parts=SUBWORDS.matrix(WORDS),
        negatives=2,
        threshold=0.5,
        lr=0.1,
        batch_size=4,
        shared_noise=3,
        **TRAINING,
        right=lambda result, documents, vocabulary, rng, parts, **settings: right_vectors(
            (WordVectors(LISTED, result[0].W_out), result[1]),
            documents,
            vocabulary,
            rng,
            **settings,
        ),
    )
    yield valid(
        train_fasttext,
        DOCUMENTS,
        LISTED,
        rng,
        shortest=2,
        longest=3,
        buckets=4,
        threshold=0.5,
        **TRAINING,
        right=lambda result, documents, vocabulary, rng, shortest, longest, buckets, options: (
            whole(shortest, 1)
            and whole(longest, shortest)
            and whole(buckets, 1)
            and right_vectors(result, documents, vocabulary, rng, options=options)
        ),
    )
    yield valid(
        GloVe,
        V,
        D,
        2.5,
        0.75,
        right=keeps(
            vocabulary_size=size,
            embedding_size=size,
            x_max=lambda x: real(x, 1e-12),
            alpha=lambda alpha: real(alpha, 1e-12),
        ),
    )
    model = GloVe(V, D, 2.5)
    yield valid(model.init, rng, np.float64, right=init_right)
    yield valid(
        model.weigh,
        np.array([0.5, 3.5]),
        right=elementwise(lambda counts: np.minimum(1, (counts / 2.5) ** 0.75)),
    )
    entries = GloVeBatch(np.array([1, 4, 0]), np.array([2, 2, 5]), np.array([0.5, 2.25, 7.5]))
    start = random_like(model.init(rng), rng)
    yield valid(model.loss_and_gradient, start, entries, right=right_glove)
    yield valid(
        cooccurrences,
        DOCUMENTS,
        LISTED,
        2,
        right=lambda X, documents, vocabulary, window: (
            all(map(strings, documents))
            and whole(window, 1)
            and X.shape == (len(WORDS), len(WORDS))
            and near(X.toarray(), X.toarray().T)
        ),
    )
    yield valid(
        train_glove,
        DOCUMENTS,
        LISTED,
        rng,
        **TRAINING,
        x_max=2.5,
        alpha=0.75,
        batch_size=4,
        lr=0.1,
        right=right_vectors,
    )


# --- Decoding --------------------------------------------------------------------------------


def decoding():
    logits = floats(V)
    sure = lambda p: p.ndim == 1 and near(p.sum(), 1)

    def right(p, logits, temperature=1.0, top_k=None, top_p=1.0, rng=None):
        fair = numbers(logits) and np.ndim(logits) == 1 and real(temperature, 1e-300)
        fair = fair and (top_k is None or whole(top_k, 1)) and real(top_p, 1e-300, 1)
        return fair and (whole(p, 0, len(logits) - 1) if np.ndim(p) == 0 else sure(p))

    yield valid(decode.greedy, logits, right=right)
    yield valid(decode.distribution, logits, 1.5, 3, 0.8, right=right)
    yield valid(decode.sample, logits, rng, 1.5, 3, 0.8, right=right)
    step = lambda ids, state: model.step(model_weights, ids, state)

    def written(symbols, step, first, choose, *, length, state=None, stop=None):
        return (
            whole(first, 0, V - 1)
            and whole(length, 0, 99)
            and (len(symbols) == length or stop is not None)
        )

    yield valid(
        decode.generate,
        step,
        1,
        decode.greedy,
        length=3,
        state=recurrent.zero_state(1),
        stop=99,
        right=written,
    )

    def found(beam, step, first, *, width, length, state=None, stop=None, length_penalty=0.0):
        return (
            whole(first, 0, V - 1)
            and whole(width, 1)
            and whole(length, 0, 99)
            and real(length_penalty, 0)
            and len(beam) <= width
        )

    yield valid(
        decode.beam_search,
        step,
        1,
        width=2,
        length=3,
        state=recurrent.zero_state(1),
        stop=99,
        length_penalty=0.5,
        right=found,
    )


# --- Diagnostics and conversion --------------------------------------------------------------


def measuring():
    yield from ()
    weights, xs = random_like(recurrent.init(rng), rng), floats(T, N, D)
    state, dstate = (random_like(recurrent.zero_state(N), rng) for _ in range(2))

    def lengths_right(norms, layer, weights, xs, dstate, state=None):
        return one_dtype(weights, xs, dstate) and all(
            near(a[-1], np.linalg.norm(d, axis=-1)) and a.shape == (len(xs) + 1, np.shape(xs)[1])
            for a, d in zip(norms, dstate, strict=True)
        )

    yield valid(
        diagnostics.gradient_norms, recurrent, weights, xs, dstate, state, right=lengths_right
    )
    yield valid(
        diagnostics.gradient_norm_map,
        recurrent,
        weights,
        xs,
        {2: dstate, 5: dstate},
        state,
        right=lambda norms, layer, weights, xs, dstates, state: (
            one_dtype(weights, xs, dstates, state)
            and norms.h.shape == (len(dstates), len(xs) + 1, N)
            and set(dstates) <= set(range(1, len(xs) + 1))
        ),
    )
    one = random_like(recurrent.zero_state(1), rng)
    yield valid(
        diagnostics.jacobian_products,
        recurrent,
        weights,
        xs[:, :1],
        one,
        right=lambda result, layer, weights, xs, state: (
            result.shape == (len(xs) + 1, 2 * H, 2 * H) and one_dtype(weights, xs, state, result)
        ),
    )
    yield valid(
        diagnostics.jacobian_bound,
        floats(H, H),
        3,
        0.5,
        right=lambda bound, W_hh, steps, max_slope: (
            numbers(W_hh)
            and whole(steps, 0)
            and real(max_slope, 1e-12)
            and bound.shape == (*np.shape(W_hh)[:-2], steps + 1)
            and np.shape(W_hh)[-1] == np.shape(W_hh)[-2]
        ),
    )
    yield valid(
        diagnostics.spectral_radius,
        floats(H, H),
        right=lambda radius, W: (
            numbers(W)
            and np.shape(W)[-1] == np.shape(W)[-2]
            and near(radius, abs(np.linalg.eigvals(W)).max(-1))
        ),
    )
    yield valid(
        diagnostics.spectral_norm,
        floats(D, H),
        right=lambda norm, W: numbers(W) and near(norm, np.linalg.svd(W, compute_uv=False).max(-1)),
    )
    cache = recurrent.forward(weights, xs, lengths=LENGTHS)[2]
    for function in (
        diagnostics.gate_activations,
        diagnostics.gate_statistics,
        diagnostics.retention,
    ):
        yield valid(function, cache)
    yield valid(diagnostics.peak_bytes, list, right=lambda peak, run: peak >= 0)
    yield valid(diagnostics.activation_bytes, cache, right=lambda count, cache: count > 0)


def converting():
    layer = Recurrent(GRU(D, H))
    weights = random_like(layer.init(rng), rng)
    names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    yield valid(
        convert.from_torch,
        layer,
        dict(zip(names, weights, strict=True)),
        right=lambda result, layer, state_dict: one_dtype(result, state_dict),
    )
    yield valid(convert.to_torch, layer, weights)
    yield valid(convert.flip_update_gate, layer, weights)


SECTIONS = (
    cells,
    layers,
    pointwise,
    models,
    regressors,
    functions,
    initialisers,
    training,
    texts_and_data,
    counting,
    weighing,
    word_vectors,
    word_models,
    decoding,
    measuring,
    converting,
)
# Their tests are their own, or they are the package's inner checks, or (the steps of a cell) are
# called by a layer that has checked.
LEFT_OUT_MODULES = (
    "checks",
    "homework",
    "validate",
    "notebook",
    "plot",
    "explorables",
    "torch_",
    "text.bert",
)
LEFT_OUT = {
    "EachStep.final",
    "Cell.forward",
    "Cell.backward",
    "load_text",
    "load_docstrings",
    "load_chinese_news",
    "check_layers",
    "kept",
    "join",
    "normalise",
    "normalise_backward",
    "running_steps",
    "zero_padding",
}


def missing(calls):
    """The public functions, and layers' and models' methods, that no call is of."""
    called = {inspect.unwrap(getattr(call.function, "__func__", call.function)) for call in calls}
    wanted = {}
    for found in pkgutil.walk_packages(rnncourse.__path__, "rnncourse."):
        if any(f".{name}" in found.name for name in LEFT_OUT_MODULES):
            continue
        module = importlib.import_module(found.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == found.name and not name.startswith("_"):
                wanted[function.__qualname__] = function
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if kind.__module__ != found.name or issubclass(kind, (tuple, Cell, Exception)):
                continue
            for name, method in vars(kind).items():
                if inspect.isfunction(method) and not name.startswith("_"):
                    wanted[method.__qualname__] = method
    return {name for name, function in wanted.items() if function not in called} - LEFT_OUT
