"""Whatever is passed in wrongly, the error says what was expected and what came.

Each row of a table: a call, the exception, and words of its message.
"""

import importlib
import inspect
import pkgutil
import traceback

import numpy as np
import pytest
import test_decode
import test_diagnostics
import test_optim
from helpers import assert_refused
from scipy import sparse

import rnncourse
from rnncourse import (
    GRU,
    LSTM,
    Bidirectional,
    Dropout,
    EachStep,
    LayerNorm,
    Reversed,
    Stack,
    checks,
    convert,
    data,
    decode,
    homework,
    init,
    notebook,
    optim,
    plot,
    reverse,
    tree,
)  # fmt: skip
from rnncourse.cells import RNN, HState
from rnncourse.functional import cross_entropy, log_softmax, mean_squared_error, softmax
from rnncourse.fused import FusedLSTM
from rnncourse.gradcheck import gradient_check
from rnncourse.layers import Embedding, Linear
from rnncourse.models import Regressor, SequenceModel
from rnncourse.optim import SGD, Adam
from rnncourse.recurrent import Recurrent
from rnncourse.text import (
    BM25,
    GloVe,
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
from rnncourse.train import History, train
from rnncourse.variants import LayerNormRNN

rng = np.random.default_rng(0)
T, N, D, H, V = 5, 4, 3, 2, 6
half = np.float32
nan, inf = np.nan, np.inf

recurrent = Recurrent(RNN(D, H))
weights = recurrent.init(rng)
xs = rng.normal(size=(T, N, D))
hs, last, cache = recurrent.forward(weights, xs)

linear = Linear(D, H)
linear_weights = linear.init(rng)
ys, linear_cache = linear.forward(linear_weights, xs)

embedding = Embedding(V, D)
embedding_weights = embedding.init(rng)
vectors, embedding_cache = embedding.forward(embedding_weights, np.zeros((T, N), int))

model = SequenceModel(embedding, recurrent, Linear(H, V))
model_weights = model.init(rng)
batch = data.make_recall(rng, T, N)
logits, _, model_cache = model.forward(model_weights, batch.ids)

regressor = Regressor(Recurrent(RNN(2, H)), Linear(H, 1))
additions = data.make_adding(rng, T, N)

vocabulary = Vocabulary.of(["abc"], special=["<pad>", "<start>", "<end>"])
labelled = {"title": "t", "xlabel": "x", "ylabel": "y"}
history = History([1.0], [1.0], [], 0.0)

LAYERS = [
    (lambda: RNN(0, 2), ValueError, "RNN: input_size .* whole number of at least 1, got 0"),
    (lambda: RNN(3, 2.0), ValueError, r"hidden_size should be a whole number .* got 2\.0"),
    (lambda: RNN("3", 2), ValueError, "input_size .* got '3'"),
    (lambda: RNN(3, 2, "sin"), ValueError, "RNN: .* one of 'tanh', .*, 'linear', got 'sin'"),
    (lambda: LayerNormRNN(3, 2, eps=0), ValueError, "eps should be .* above 0, got 0"),
    (lambda: recurrent.init(None), TypeError, "rng should be a .*Generator, got NoneType"),
    (lambda: recurrent.init(0), TypeError, "rng should be a .*Generator, got int"),
    (lambda: recurrent.init(rng, np.int64), TypeError, "dtype should be a floating-point"),
    (lambda: recurrent.forward(None, xs), TypeError, "weights should be Weights, got NoneType"),
    (lambda: recurrent.forward(tuple(weights), xs), TypeError, "should be Weights, got tuple"),
    (
        lambda: recurrent.forward(weights._replace(W_ih=weights.W_ih.T), xs),
        ValueError,
        r"W_ih should be \(2, 3\), got \(3, 2\)",
    ),
    (
        lambda: recurrent.forward(weights._replace(b_hh=np.zeros((2, 1))), xs),
        ValueError,
        r"b_hh should be \(2,\), got \(2, 1\)",
    ),
    (
        lambda: recurrent.forward(weights._replace(b_ih=np.zeros(2, half)), xs),
        TypeError,
        "b_ih should be float64 like the weights, got float32",
    ),
    (
        lambda: recurrent.forward(weights, xs[0]),
        ValueError,
        r"RNN\(input_size=3\): xs should be \(T, N, 3\), got \(4, 3\)",
    ),
    (
        lambda: recurrent.forward(weights, xs.transpose(2, 1, 0)),
        ValueError,
        r"should be \(T, N, 3\), got \(3, 4, 5\)",
    ),
    (lambda: recurrent.forward(weights, xs[..., :1]), ValueError, r"got \(5, 4, 1\)"),
    (
        lambda: recurrent.forward(weights, None),
        TypeError,
        "xs .* of real numbers, got object",
    ),
    (lambda: recurrent.forward(weights, xs.astype(half)), TypeError, "xs .* float64.* float32"),
    (lambda: recurrent.forward(weights, xs.astype(int)), TypeError, "floating-point.* got int64"),
    (
        lambda: recurrent.forward(weights, xs, np.zeros((N, H))),
        TypeError,
        "state should be HState, got ndarray",
    ),
    (
        lambda: recurrent.forward(weights, xs, HState(np.zeros((1, H)))),
        ValueError,
        r"state\.h should be \(N, H\) = \(4, 2\), got \(1, 2\)",
    ),
    (
        lambda: recurrent.forward(weights, xs, HState(np.zeros((N, H), half))),
        TypeError,
        r"state\.h should be float64 .* got float32",
    ),
    (
        lambda: recurrent.forward(weights, xs, lengths=[1, 2, 3]),
        ValueError,
        r"lengths should be \(N,\) = \(4,\), got \(3,\)",
    ),
    (lambda: recurrent.forward(weights, xs, lengths=5), ValueError, r"lengths .* got \(\)"),
    (lambda: recurrent.forward(weights, xs, lengths=[1, 2, 3, 6]), ValueError, r"\[0, 6\)"),
    (lambda: recurrent.forward(weights, xs, lengths=[1, 2, 3, -1]), ValueError, "got -1 to 3"),
    (lambda: recurrent.forward(weights, xs, lengths=[1.0] * 4), TypeError, "integers.* float64"),
    (
        lambda: recurrent.backward(weights, cache, hs[-1]),
        ValueError,
        r"dhs should be \(T, N, H\) = \(5, 4, 2\), got \(4, 2\)",
    ),
    (lambda: recurrent.backward(weights, cache, hs[..., :1]), ValueError, r"got \(5, 4, 1\)"),
    (lambda: recurrent.backward(weights, cache, hs.astype(half)), TypeError, "dhs .* float32"),
    (lambda: recurrent.backward(linear_weights, cache, hs), TypeError, "should be Weights"),
    (lambda: recurrent.backward(weights, cache, hs, last.h), TypeError, "dstate should be HState"),
    (
        lambda: recurrent.backward(weights, cache, hs, HState(last.h[:1])),
        ValueError,
        r"dstate\.h should be .* got \(1, 2\)",
    ),
    (lambda: Linear(0, 1), ValueError, "Linear: input_size .* got 0"),
    (lambda: Linear(1, -1), ValueError, "Linear: output_size .* got -1"),
    (lambda: linear.init(None), TypeError, "rng should be .* got NoneType"),
    (lambda: linear.forward(weights, xs), TypeError, "should be LinearWeights, got Weights"),
    (lambda: linear.forward(linear_weights, xs[..., :2]), ValueError, r"xs should be \(\.\.\., 3"),
    (lambda: linear.forward(linear_weights, 3.0), ValueError, r"got \(\)"),
    (lambda: linear.forward(linear_weights, xs.astype(half)), TypeError, "float64.* got float32"),
    (lambda: linear.backward(linear_weights, linear_cache, ys[0]), ValueError, r"dys .*\(4, 2\)"),
    (lambda: linear.backward(linear_weights, linear_cache, ys.astype(int)), TypeError, "int64"),
    (lambda: linear.backward(weights, linear_cache, ys), TypeError, "should be LinearWeights"),
    (lambda: Embedding(0, 1), ValueError, "vocabulary_size .* got 0"),
    (lambda: Embedding(1, 0), ValueError, "embedding_size .* got 0"),
    (lambda: embedding.init(7), TypeError, "rng should be .* got int"),
    (lambda: embedding.forward(linear_weights, [0]), TypeError, "should be EmbeddingWeights"),
    (lambda: embedding.forward(embedding_weights, [6]), ValueError, r"ids .*\[0, 6\), got 6 to 6"),
    (lambda: embedding.forward(embedding_weights, [-1]), ValueError, "got -1 to -1"),
    (lambda: embedding.forward(embedding_weights, [0.0]), TypeError, "ids .* integers.* float64"),
    (
        lambda: embedding.forward(embedding_weights, "abc"),
        TypeError,
        "array of real numbers, got <U3",
    ),
    (
        lambda: embedding.backward(embedding_weights, embedding_cache, vectors[0]),
        ValueError,
        r"dxs should be \(5, 4, 3\), got \(4, 3\)",
    ),
    (
        lambda: embedding.backward(embedding_weights, embedding_cache, vectors.astype(half)),
        TypeError,
        "dxs should be float64 .* got float32",
    ),
]

gru, both = Recurrent(GRU(D, H)), Bidirectional(Recurrent(GRU(D, H)), Recurrent(GRU(D, H)))
deep = Stack((recurrent, Recurrent(RNN(H, H))), "residual")
fused = FusedLSTM(LSTM(D, H))

WIRING = [
    (lambda: LSTM(3, 2, forget_bias=nan), ValueError, "forget_bias should be a finite .* got nan"),
    (lambda: LSTM(3, 2, forget_bias="1"), TypeError, "forget_bias should be a number, got str"),
    (lambda: GRU(3, 0), ValueError, "GRU: hidden_size .* got 0"),
    (lambda: Recurrent(RNN), TypeError, r"cell should be one such as RNN\(3, 2\), got <class"),
    (lambda: recurrent.zero_state(-1), ValueError, "batch_size should be .* at least 0, got -1"),
    (lambda: recurrent.backward(weights, None, hs), TypeError, "cache should be RecurrentCache"),
    (
        lambda: Recurrent(RNN(D, H, "relu")).backward(weights, cache, hs),
        TypeError,
        "cache should be of RNN.*'relu'.*, got one of RNN.*'tanh'",
    ),
    (
        lambda: deep.backward(
            deep.init(rng), Stack((recurrent,)).forward(Stack((recurrent,)).init(rng), xs)[2], hs
        ),
        ValueError,
        "cache.layers should have 2 entries, got 1",
    ),
    (
        lambda: recurrent.backward(tree.tree_map(np.float32, weights), cache, hs),
        TypeError,
        "weights should be float64 like the cache, got float32",
    ),
    (lambda: recurrent.final(None), TypeError, "state should be HState, got NoneType"),
    (lambda: recurrent.final_backward(hs), ValueError, r"dsummary should be \(N, 2\), got \(5, 4"),
    (lambda: fused.backward(fused.init(rng), cache, hs), TypeError, "should be FusedCache"),
    (lambda: FusedLSTM(GRU(3, 2)), TypeError, r"one such as LSTM\(3, 2\), got GRU"),
    (lambda: reverse([1, 2]), ValueError, r"xs should be \(T, N, \.\.\.\), got \(2,\)"),
    (lambda: reverse(xs, [9] * N), ValueError, r"lengths should lie in \[0, 6\), got 9 to 9"),
    (lambda: Reversed(RNN(3, 2)), TypeError, r"a layer should be .* got RNN\(input_size=3"),
    (
        lambda: Bidirectional(recurrent, deep, "mean"),
        ValueError,
        "join should be one of .* got 'mean'",
    ),
    (
        lambda: Bidirectional(recurrent, Recurrent(RNN(H, H))),
        ValueError,
        "read the same inputs, got the input sizes 3 and 2",
    ),
    (
        lambda: Bidirectional(recurrent, Recurrent(RNN(D, 5)), "sum"),
        ValueError,
        "join='sum' needs outputs of one size, got 2 and 5",
    ),
    (lambda: both.forward(gru.init(rng), xs), TypeError, "should be BidirectionalWeights, got W"),
    (lambda: both.forward(both.init(rng), xs, last), TypeError, "be BidirectionalState, got HS"),
    (lambda: both.forward(both.init(rng), xs[0]), ValueError, r"xs should be \(T, N, 3\), got \(4"),
    (lambda: both.backward(both.init(rng), cache, hs), TypeError, "be BidirectionalCache, got Rec"),
    (lambda: both.final(()), TypeError, "state should be BidirectionalState, got tuple"),
    (lambda: both.final_backward(zeros), ValueError, r"dsummary should be \(N, 4\), got \(2, 3\)"),
    (lambda: Stack([recurrent]), TypeError, "Stack: layers should be tuple, got list"),
    (lambda: Stack(()), ValueError, "at least one layer, got none"),
    (lambda: Stack((recurrent, linear)), TypeError, r"a layer should be .* got Linear\(input_size"),
    (lambda: Stack((recurrent, recurrent)), ValueError, "layer 1 should take the 2 features"),
    (
        lambda: Stack((recurrent,), "highway"),
        ValueError,
        "shortcut .* one of None, .* got 'highway'",
    ),
    (lambda: Stack((recurrent,), dropout=1.0), ValueError, r"Stack: dropout .* below 1, got 1\.0"),
    (lambda: deep.forward(weights, xs), TypeError, "should be StackWeights, got Weights"),
    (lambda: deep.forward(deep.init(rng), xs, last), ValueError, "state should have 2 entries"),
    (lambda: deep.backward(deep.init(rng), None, hs), TypeError, "cache should be StackCache"),
    (lambda: deep.final(last), ValueError, "state should have 2 entries, got 1"),
    (lambda: EachStep(recurrent), TypeError, r"such as Linear\(3, 2\) or LayerNorm\(3\), got Rec"),
    (lambda: EachStep(linear).final(()), TypeError, "keeps no state to sum a row up"),
    (lambda: Dropout(-0.1), ValueError, r"p should be at least 0 and below 1, got -0\.1"),
    (lambda: Dropout(0.5).forward((), xs, 3), TypeError, "rng should be .* got int"),
    (lambda: LayerNorm(0), ValueError, "LayerNorm: size .* got 0"),
    (lambda: LayerNorm(3, eps=0), ValueError, "eps should be .* above 0, got 0"),
    (
        lambda: LayerNorm(2).forward(LayerNorm(2).init(rng), xs),
        ValueError,
        r"xs should be \(\.\.\., 2\), got \(5, 4, 3\)",
    ),
]

MODEL = [
    (lambda: model.loss(model_weights, tuple(batch)), TypeError, "batch should be Batch, got tup"),
    (lambda: model.backward(None, model_cache, logits), TypeError, "be SequenceWeights, got None"),
    (lambda: SequenceModel(embedding, RNN(3, 2), linear), TypeError, "be SequenceLayer, got RNN"),
    (
        lambda: SequenceModel(embedding, Recurrent(RNN(D + 1, H)), Linear(H, V)),
        ValueError,
        "embedding gives 3 features but the recurrent layer takes 4",
    ),
    (
        lambda: SequenceModel(embedding, recurrent, Linear(H + 1, V)),
        ValueError,
        "recurrent layer gives 2 features but the linear layer takes 3",
    ),
    (lambda: model.init(0), TypeError, "rng should be .* got int"),
    (lambda: model.forward(weights, batch.ids), TypeError, "should be SequenceWeights.* Weights"),
    (lambda: model.forward(model_weights, batch.ids[0]), ValueError, r"\(T, N\), got \(4,\)"),
    (lambda: model.forward(model_weights, vectors), ValueError, r"\(T, N\), got \(5, 4, 3\)"),
    (lambda: model.forward(model_weights, xs[..., 0]), TypeError, "ids should be integers"),
    (lambda: model.forward(model_weights, batch.ids, lengths=[1]), ValueError, r"\(4,\), got \(1"),
    (
        lambda: model.backward(model_weights, model_cache, logits[0]),
        ValueError,
        r"dys should be \(5, 4, 6\), got \(4, 6\)",
    ),
    (
        lambda: model.loss(model_weights, batch._replace(targets=batch.targets[:2])),
        ValueError,
        r"targets should have shape \(5, 4\) .* got \(2, 4\)",
    ),
    (
        lambda: model.loss_and_gradient(model_weights, batch._replace(targets=batch.targets.T)),
        ValueError,
        r"targets should have shape \(5, 4\) .* got \(4, 5\)",
    ),
    (
        lambda: model.loss_and_gradient(model_weights, batch._replace(mask=0 * batch.mask)),
        ValueError,
        "mask leaves no place",
    ),
    (
        lambda: SequenceModel(model.embedding, Stack((Reversed(recurrent),)), Linear(H, V)).step(
            model_weights, [0]
        ),
        TypeError,
        "reads left to right, got Stack",
    ),
    (lambda: model.step(model_weights, 0), ValueError, r"one step should be \(N,\), got \(\)"),
    (lambda: model.step(model_weights, [[0]]), ValueError, r"\(N,\), got \(1, 1\)"),
    (lambda: model.step(model_weights, [0], np.zeros((1, H))), TypeError, "should be HState"),
    (lambda: Regressor(RNN(D, H), linear), TypeError, "recurrent should be .* got RNN"),
    (lambda: Regressor(recurrent, linear), ValueError, "sums up in 2 features .* takes 3"),
    (lambda: regressor.loss(model_weights, additions), TypeError, "should be RegressorWeights"),
    (
        lambda: regressor.loss(regressor.init(rng), batch),
        TypeError,
        "batch should be RegressionBatch, got Batch",
    ),
    (
        lambda: regressor.loss(regressor.init(rng), additions._replace(targets=np.ones(N))),
        ValueError,
        r"targets should have the predictions' shape \(4, 1\), got \(4,\)",
    ),
]

zeros = np.zeros((2, 3))
LOSSES = [
    (lambda: cross_entropy(zeros, [0, 1, 2]), ValueError, r"shape \(2,\) to go with .* got \(3,\)"),
    (lambda: cross_entropy(zeros, [[0], [1]]), ValueError, r"shape \(2,\) .* got \(2, 1\)"),
    (lambda: cross_entropy(zeros, [0, 3]), ValueError, r"targets .*\[0, 3\), got 0 to 3"),
    (lambda: cross_entropy(zeros, [0, -1]), ValueError, "got -1 to 0"),
    (lambda: cross_entropy(zeros, [0.0, 1.0]), TypeError, "targets .* integers, got float64"),
    (lambda: cross_entropy(zeros, [0, 1], [1]), ValueError, r"mask .* \(2,\), got \(1,\)"),
    (lambda: cross_entropy(zeros, [0, 1], [2, -1]), ValueError, "mask .* at least 0, got -1"),
    (lambda: cross_entropy(zeros, [0, 1], [2, nan]), ValueError, "mask .* finite .* got nan"),
    (lambda: cross_entropy(zeros, [0, 1], [2, inf]), ValueError, "mask .* finite .* got inf"),
    (lambda: cross_entropy(zeros, [0, 1], [0, 0]), ValueError, "no place to take the mean"),
    (lambda: cross_entropy(zeros[:0], np.zeros(0, int)), ValueError, "no place to take the mean"),
    (lambda: cross_entropy(zeros.astype(int), [0, 1]), TypeError, "floating-point.* got int64"),
    (lambda: cross_entropy(3.0, 0), ValueError, r"targets .* logits \(\)"),
    (lambda: mean_squared_error(np.zeros((2, 1)), np.zeros(2)), ValueError, r"\(2, 1\), got \(2,"),
    (lambda: mean_squared_error(np.zeros(2), np.zeros(2), [1]), ValueError, r"mask .* got \(1,\)"),
    (lambda: mean_squared_error(np.zeros(2), np.zeros(2), [0, 0]), ValueError, "no place"),
    (lambda: mean_squared_error(np.zeros(0), np.zeros(0)), ValueError, "no place"),
    (lambda: mean_squared_error(np.zeros(2, int), np.ones(2, int)), TypeError, "got int64"),
    (lambda: softmax(zeros[:, :0]), ValueError, "at least one entry"),
    (lambda: log_softmax(zeros[:, :0]), ValueError, "at least one entry"),
]

INITIALISERS = [
    (lambda: init.normal((2, 3), None), TypeError, "rng should be .* got NoneType"),
    (lambda: init.normal((2, 3), rng, np.int32), TypeError, "dtype .* floating-point"),
    (lambda: init.identity((3, 2)), ValueError, r"square, got the shape \(3, 2\)"),
    (lambda: init.identity(3), ValueError, r"\(outputs, inputs\).* got 3"),
    (lambda: init.normal((2, 3), np.random.RandomState(0)), TypeError, "got RandomState"),
    (lambda: Recurrent(RNN), TypeError, "cell should be one such as RNN"),
    *(
        (lambda f=f, shape=shape: f(shape, rng), ValueError, r"shape .* \(outputs, inputs\)")
        for f in (init.xavier_uniform, init.xavier_normal, init.he_uniform, init.he_normal,
                  init.orthogonal)
        for shape in (3, (3,), [3, 2], (3, 2, 2), (3, 0), (-1, 2), (2.0, 3))
    ),
    *(
        (lambda f=f: f((3, 2), 0), TypeError, "rng should be a .*Generator, got int")
        for f in (init.xavier_uniform, init.xavier_normal, init.he_uniform, init.he_normal,
                  init.orthogonal)
    ),
]  # fmt: skip

other = weights._replace(b_ih=np.zeros(3))
quadratic = lambda w, x: (float(w @ w), 2 * w)  # noqa: E731
TRAINING = [
    (lambda: SGD(lr=0), ValueError, "SGD: lr should be a finite number above 0, got 0"),
    (lambda: SGD(lr=nan), ValueError, "lr .* got nan"),
    (lambda: SGD(lr=0.1, momentum=1), ValueError, "momentum .* below 1, got 1"),
    (lambda: Adam(lr=-1), ValueError, "Adam: lr .* got -1"),
    (lambda: Adam(lr=0.1, betas=(0.9, 1)), ValueError, "betas .* got 1"),
    (lambda: Adam(lr=0.1, eps=0), ValueError, "eps .* got 0"),
    (lambda: SGD(0.1).update(weights, linear_weights, weights), ValueError, "LinearWeights of W"),
    (
        lambda: Adam(0.1).update(weights, other, Adam(0.1).init(weights)),
        ValueError,
        r"b_ih: expected an array of shape \(2,\), got an array of shape \(3,\)",
    ),
    (lambda: optim.clip_by_value(weights, 0), ValueError, "limit should .* got 0"),
    (lambda: optim.clip_by_norm(weights, -1), ValueError, "limit should .* got -1"),
    (lambda: optim.clip_by_global_norm(weights, nan), ValueError, "limit should .* got nan"),
    (
        lambda: tree.tree_map(np.add, (zeros,), [zeros]),
        ValueError,
        "tree: expected tuple of 1 entries, got list of 1 entries",
    ),
    (lambda: tree.tree_map(np.add, {"a": zeros}, {"b": zeros}), ValueError, "of a, got dict of b"),
    (
        lambda: tree.tree_map(np.add, {"a": zeros}, {"a": zeros[:, :1]}),
        ValueError,
        r"tree\.a: expected an array of shape \(2, 3\), got an array of shape \(2, 1\)",
    ),
    (
        lambda: gradient_check(lambda w: 0.0, {"W": np.ones(2, half)}, {"W": np.ones(2, half)}),
        TypeError,
        "W should be float64 for a gradient check, got float32",
    ),
    (
        lambda: gradient_check(lambda w: 0.0, np.ones(2), np.ones(3)),
        ValueError,
        r"shape \(2,\), got an array of shape \(3,\)",
    ),
    (
        lambda: gradient_check(lambda w: 0.0, np.ones(2), np.ones(2), samples=1),
        TypeError,
        "rng should be a numpy.random.Generator, got NoneType",
    ),
    (
        lambda: gradient_check(lambda w: 0.0, np.ones(2), np.ones(2), samples=0, rng=rng),
        ValueError,
        "samples should be .* at least 1, got 0",
    ),
    (
        lambda: gradient_check(lambda w: w, np.ones(2), np.ones(2)),
        TypeError,
        "one number, got ndarray",
    ),
    (
        lambda: gradient_check(lambda w: (0.0, w), np.ones(2), np.ones(2)),
        TypeError,
        "one number, got tuple",
    ),
    (lambda: train(quadratic, np.ones(2), [], SGD(0.1)), ValueError, "at least one batch"),
    (
        lambda: train(quadratic, np.ones(2), [0], SGD(0.1), clip=0, progress=False),
        ValueError,
        "limit should .* got 0",
    ),
    (
        lambda: train(quadratic, np.ones(2), [0], SGD(0.1), every=0, progress=False),
        ValueError,
        "every should be .* at least 1, got 0",
    ),
    (
        lambda: train(quadratic, np.ones(2), [0], SGD(0.1), until=0.1),
        ValueError,
        "until needs evaluate",
    ),
    (
        lambda: train(quadratic, np.ones(2), [0], SGD(0.1), evaluate=sum, until=nan),
        ValueError,
        "until should be a finite number, got nan",
    ),
    (
        lambda: train(lambda w, x: (nan, w), np.ones(2), [0], SGD(0.1), progress=False),
        FloatingPointError,
        "step 1: the loss is nan",
    ),
    (
        lambda: train(lambda w, x: (1.0, w[:1]), np.ones(2), [0], SGD(0.1), progress=False),
        ValueError,
        r"expected an array of shape \(2,\), got an array of shape \(1,\)",
    ),
]

step = lambda ids, state: (np.eye(5)[ids], state)  # noqa: E731
DECODING = [
    (lambda: decode.beam_search(None, 0, width=0, length=1), ValueError, "width .* 1, got 0"),
    (lambda: decode.greedy([]), ValueError, r"logits should be \(V,\).* got \(0,\)"),
    (lambda: decode.greedy([[1.0, 2.0]]), ValueError, r"logits .* got \(1, 2\)"),
    (lambda: decode.greedy([nan, 1.0]), ValueError, "finite, got nan"),
    (lambda: decode.distribution([inf, 1.0]), ValueError, "finite, got inf"),
    (lambda: decode.distribution([-inf, -inf]), ValueError, "finite, got -inf"),
    (lambda: decode.distribution([1.0, 2.0], 0), ValueError, "temperature .* above 0, got 0"),
    (lambda: decode.distribution([1.0, 2.0], nan), ValueError, "temperature .* got nan"),
    (lambda: decode.distribution([1.0, 2.0], inf), ValueError, "temperature .* finite"),
    (lambda: decode.distribution([1.0, 2.0], top_k=1.5), ValueError, "whole number .* got 1.5"),
    (lambda: decode.distribution([1.0, 2.0], top_k=0), ValueError, r"\[1, 2\], got 0"),
    (lambda: decode.distribution([1.0, 2.0], top_k=3), ValueError, r"\[1, 2\], got 3"),
    (lambda: decode.sample([1.0, 2.0], None), TypeError, "rng should be .* got NoneType"),
    (lambda: decode.sample([[1.0]], rng), ValueError, r"logits .* got \(1, 1\)"),
    (lambda: decode.generate(step, 0, decode.greedy, length=-1), ValueError, "length .* got -1"),
]

AB = Vocabulary.of(["ab"])
DATA = [
    (lambda: data.load_digits(0), TypeError, "rng should be .* got int"),
    (lambda: data.load_digits(rng, 14), ValueError, "rows should be one of 28, 8, None, got 14"),
    (lambda: data.load_surnames(0), TypeError, "rng should be .* got int"),
    (lambda: data.load_surnames(rng, 0), ValueError, "per_language .* got 0"),
    (lambda: data.load_surnames(rng, 10**6), ValueError, "per_language for .* got 1000000"),
    (
        lambda: data.classification_batch(vocabulary, ["ab"], [1, 2]),
        ValueError,
        r"labels should be \(N,\) = \(1,\), got \(2,\)",
    ),
    (lambda: data.classification_batch(vocabulary, ["ab"], [[1, 2]]), ValueError, r"\(1, 2\)"),
    (lambda: data.classification_batch(vocabulary, ["a", ""], [1, 2]), ValueError, "1 is empty"),
    (lambda: data.classification_batch(vocabulary, ["ax"], [1]), KeyError, "'x' is not among"),
    (lambda: data.classification_batch(vocabulary, [], []), ValueError, "at least one sequence"),
    (lambda: data.classification_batch(AB, ["ab"], [1]), KeyError, "'<pad>' is not among the 2"),
    (lambda: data.language_model_batch(vocabulary, []), ValueError, "at least one sequence"),
    (lambda: data.language_model_batch(AB, ["ab"]), KeyError, "'<pad>' is not among"),
    (lambda: data.minibatches(batch, 0, 1, rng), ValueError, r"batch_size .* \[1, 4\], got 0"),
    (lambda: data.minibatches(batch, 5, 1, rng), ValueError, r"batch_size .* \[1, 4\], got 5"),
    (lambda: data.minibatches(batch, 2, 1, None), TypeError, "rng should be .* got NoneType"),
    (
        lambda: data.minibatches(batch._replace(lengths=[9] * N), 2, 1, rng),
        ValueError,
        r"the batch: lengths should lie in \[0, 6\), got 9 to 9",
    ),
    (lambda: data.bucketed([], 2, 1, rng), ValueError, "lengths .* at least one number"),
    (lambda: data.bucketed([[1, 2]], 2, 1, rng), ValueError, r"lengths .* got \(1, 2\)"),
    (lambda: data.bucketed([1, -2], 2, 1, rng), ValueError, "lengths should lie in .* got -2"),
    (lambda: data.bucketed([1, 2.0], 2, 1, rng), TypeError, "lengths should be integers"),
    (lambda: data.bucketed([1, 2], 0, 1, rng), ValueError, "batch_size .* at least 1, got 0"),
    (lambda: data.bucketed([1, 2], 2, 3, rng), ValueError, r"buckets .* \[1, 2\], got 3"),
    (lambda: data.bucketed([1, 2], 2, 1, 0), TypeError, "rng should be .* got int"),
    (lambda: data.padding_share([1.5], [[0]]), TypeError, "lengths should be integers"),
    (lambda: data.padding_share([1, 2], [[2]]), ValueError, r"each batch .* \[0, 2\), got 2"),
    (lambda: data.padding_share([1, 2], [[]]), ValueError, "each batch .* at least one number"),
    (lambda: data.padding_share([0, 2], [[0]]), ValueError, "at least one step, got none"),
    (lambda: data.random_windows(zeros, 2, 1, 1, rng), ValueError, r"one row.* got \(2, 3\)"),
    (lambda: data.random_windows([1, 2], 2, 1, 1, rng), ValueError, r"longer.* a window of 2"),
    (
        lambda: data.random_windows([1, 2], 0, 1, 1, rng),
        ValueError,
        "length should be .* at least 1, got 0",
    ),
    (lambda: data.random_windows([1, 2], 1, 1, 1, 0), TypeError, "rng should be .* got int"),
    (
        lambda: data.make_recall(rng, 0, 1),
        ValueError,
        "length should be .* at least 1, got 0",
    ),
    (lambda: data.make_recall(rng, 3, 0), ValueError, "batch_size .* at least 1, got 0"),
    (
        lambda: data.make_recall(rng, 3, 1, symbols=1),
        ValueError,
        "symbols .* 2, got 1",
    ),
    (lambda: data.make_recall(0, 3, 1), TypeError, "rng should be .* got int"),
    (lambda: data.make_adding(rng, 1, 1), ValueError, "length .* at least 2, got 1"),
    (lambda: data.make_adding(rng, 2, 0), ValueError, "batch_size .* at least 1, got 0"),
    (lambda: data.make_adding(rng, 2, 1, int), TypeError, "dtype .* floating-point"),
    (lambda: data.make_adding(0, 2, 1), TypeError, "rng should be .* got int"),
    (lambda: data.make_copy(rng, -1, 1), ValueError, "delay .* at least 0, got -1"),
    (lambda: data.make_copy(rng, 0, 0), ValueError, "batch_size .* at least 1, got 0"),
    (lambda: data.make_copy(rng, 0, 1, symbols=1), ValueError, "symbols .* at least 2, got 1"),
    (lambda: data.make_copy(rng, 0, 1, length=0), ValueError, "length .* at least 1, got 0"),
    (lambda: data.make_copy(0, 0, 1), TypeError, "rng should be .* got int"),
    (lambda: data.make_trips(rng, 0, 1), ValueError, "clauses .* at least 1, got 0"),
    (lambda: data.make_trips(rng, 1, 0), ValueError, "batch_size .* at least 1, got 0"),
    (lambda: data.make_trips(rng, 1, 1, -1), ValueError, "fillers .* at least 0, got -1"),
    (lambda: data.make_trips(0, 1, 1), TypeError, "rng should be .* got int"),
    (
        lambda: data.make_agreement(rng, -1, 1),
        ValueError,
        "phrases .* at least 0, got -1",
    ),
    (
        lambda: data.make_agreement(rng, 1, 0),
        ValueError,
        "batch_size .* at least 1, got 0",
    ),
    (lambda: data.make_agreement(None, 1, 1), TypeError, "rng should be .* got NoneType"),
]

TEXT = [
    (lambda: Vocabulary(("a", "b", "a")), ValueError, r"listed once, got twice: \['a'\]"),
    (lambda: vocabulary.encode("abx"), KeyError, "'x' is not among the 6 symbols"),
    (lambda: vocabulary.id("zz"), KeyError, "'zz' is not among"),
    (lambda: vocabulary.decode([0, 6]), ValueError, r"ids should lie in \[0, 6\), got 0 to 6"),
    (lambda: vocabulary.decode([-1]), ValueError, "got -1 to -1"),
    (lambda: vocabulary.decode([1.0]), TypeError, "ids should be integers, got float64"),
    (lambda: pad_sequences([]), ValueError, "at least one sequence, got none"),
    (lambda: pad_sequences([1, 2]), ValueError, r"\(T,\), got arrays of \[0\] axes"),
    (lambda: pad_sequences([np.zeros((2, 2), int)]), ValueError, r"arrays of \[2\] axes"),
    (lambda: pad_sequences(["abc"]), TypeError, "array of real numbers, got <U3"),
    (lambda: pad_sequences([[1], [1.5]]), TypeError, "whole numbers, got float64"),
    (lambda: KneserNey("abc", 0), ValueError, "order .* at least 1, got 0"),
    (lambda: KneserNey("abc", 4), ValueError, "at least 4 long, got 3"),
    (lambda: KneserNey("abc", 2).distribution(("a",)), TypeError, "made of a string, got tuple"),
    (lambda: KneserNey(["a", "b"], 1).probability("a", "b"), TypeError, "list of symbols, got str"),
    (lambda: KneserNey("", 1), ValueError, "at least 1 long, got 0"),
    (lambda: KneserNey("abc", 2).cross_entropy(""), ValueError, "not be empty"),
]

LISTED = Vocabulary(("cat", "dog", "eats", "fish"))
DOCUMENTS = [["the", "cat", "eats", "fish"], ["the", "dog", "eats", "the", "cat"]]
COUNTS = sparse.csr_array([[2, 0, 1], [0, 1, 0]])
VECTORS = WordVectors(LISTED, rng.normal(size=(4, 2)))
SUBWORDS = Subwords(LISTED, buckets=5)
WORD2VEC = Word2Vec(4, 2)
WORD_WEIGHTS = WORD2VEC.init(rng)
EXAMPLES = Word2VecBatch(
    sparse.csr_array(np.eye(4)[:2]), np.array([3, 2]), np.array([0, 1, 1]), np.ones((2, 3))
)


def w2v(**changed):
    return WORD2VEC.loss_and_gradient(WORD_WEIGHTS, EXAMPLES._replace(**changed))


COUNTING = [
    (lambda: words(None), TypeError, "text should be str, got NoneType"),
    (lambda: characters(["a"]), TypeError, "text should be str, got list"),
    (lambda: ngrams(["a"], 0), ValueError, "shortest .* at least 1, got 0"),
    (lambda: ngrams(["a"], 3, 2), ValueError, "longest .* at least 3, got 2"),
    (lambda: ngrams(["a", 1], 1), TypeError, "tokens should hold strings, got int"),
    (lambda: ngrams(None, 1), TypeError, "tokens should be a list of tokens, got NoneType"),
    (lambda: ngrams("ab", 1, separator=None), TypeError, "separator should be str"),
    (lambda: Segmenter([]), ValueError, "hold words, got none"),
    (lambda: Segmenter([["a", ""]]), ValueError, "hold words, got an empty one"),
    (lambda: Segmenter(["ab"]), TypeError, "a sentence should be a list of tokens, .* 'ab'"),
    (lambda: Segmenter([["a"]]).cut(["a"]), TypeError, "text should be str, got list"),
    (lambda: Vocabulary.of(["ab"], min_count=0), ValueError, "min_count .* at least 1, got 0"),
    (lambda: Vocabulary.of([[["a"]]]), TypeError, "a text should hold strings, got list"),
    (lambda: LISTED.encode_known("cat"), TypeError, "list of tokens, got the string 'cat'"),
    (lambda: LISTED.encode_known([3]), TypeError, "a document should hold strings, got int"),
    (lambda: count(["the cat"], LISTED), TypeError, "list of tokens, got the string 'the cat'"),
    (lambda: count(DOCUMENTS, LISTED.symbols), TypeError, "vocabulary should be Vocabulary"),
    (lambda: inverse_document_frequency(COUNTS, "x"), ValueError, "variant .* 'plain', .* got 'x'"),
    (
        lambda: inverse_document_frequency(-COUNTS),
        ValueError,
        "counts .* finite and at least 0, got -",
    ),
    (lambda: inverse_document_frequency(COUNTS * nan), ValueError, "counts .* finite .* got nan"),
    (lambda: inverse_document_frequency(COUNTS * 1j), TypeError, "numbers, got complex128"),
    (lambda: inverse_document_frequency([1, 2]), ValueError, r"two axes, got \(2,\)"),
    (lambda: inverse_document_frequency(COUNTS[:0]), ValueError, "at least one document, got none"),
    (lambda: inverse_document_frequency(COUNTS[:1], "plain"), ValueError, "one stands in none"),
    (lambda: tf_idf(COUNTS, np.ones(2)), ValueError, r"idf should be \(V,\) = \(3,\), got \(2,\)"),
    (
        lambda: tf_idf(COUNTS, np.ones(3), tf="l2"),
        ValueError,
        "tf should be one of 'count', .* 'l2'",
    ),
    (lambda: tf_idf(COUNTS, np.ones(3), norm="l1"), ValueError, "norm should be .* got 'l1'"),
    (lambda: BM25(COUNTS, k1=-1), ValueError, "k1 should be finite and at least 0, got -1"),
    (lambda: BM25(COUNTS, b=1.5), ValueError, "b should be from 0 to 1, got 1.5"),
    (lambda: BM25(COUNTS, b=None), TypeError, "b should be a number, got NoneType"),
    (lambda: BM25(COUNTS, k3=nan), ValueError, "k3 should be a finite number, got nan"),
    (lambda: BM25(COUNTS, idf="okapi"), ValueError, "idf should be one of .* got 'okapi'"),
    (lambda: BM25(COUNTS * 0), ValueError, "at least one token, got none"),
    (lambda: BM25(COUNTS).scores(COUNTS[:, :2]), ValueError, r"with 3 columns, got \(2, 2\)"),
    (lambda: cosine(COUNTS, np.eye(2)), ValueError, r"documents .* 3 columns, got \(2, 2\)"),
    (lambda: cosine([1.0], [1.0]), ValueError, r"queries should have two axes, got \(1,\)"),
    (lambda: cosine(np.eye(2), [[0, nan]]), ValueError, "documents should be finite"),
    (lambda: rank([1.0, nan]), ValueError, "scores should be numbers, got nan"),
    (lambda: rank(1.0), ValueError, r"scores should be \(M,\) or \(Q, M\), got \(\)"),
    (lambda: reciprocal_rank([[1.0]], [[1]]), ValueError, r"\(M,\) of one query, got \(1, 1\)"),
    (lambda: reciprocal_rank([], []), ValueError, r"one query, got \(0,\)"),
    (lambda: reciprocal_rank([1, 2], [1]), ValueError, r"relevance should be \(M,\) = \(2,\)"),
    (lambda: precision([1, 2], [1, -1]), ValueError, "relevance .* at least 0, got -1"),
    (lambda: precision([1, 2], [1, 0]), ValueError, r"depth .* in \[1, 2\], got 10"),
    (
        lambda: ndcg([1, 2], [inf, 0]),
        ValueError,
        "relevance should be finite and at least 0, got inf",
    ),
    (lambda: ndcg([1, 2], [1, 0], 0), ValueError, "depth .* at least 1, got 0"),
    (lambda: data.load_newsgroups("sci.space"), ValueError, "groups should be .* got sci.space"),
    (lambda: data.load_newsgroups([]), ValueError, r"different ones of .* got \[\]"),
    (lambda: data.load_newsgroups(["sci.space"] * 2), ValueError, "groups should be different"),
]

WORD_VECTORS = [
    (lambda: WordVectors(LISTED, np.ones((3, 2))), ValueError, r"be \(4, E\), got \(3, 2\)"),
    (lambda: WordVectors(LISTED, np.ones((4, 2)) * inf), ValueError, "finite, got nan or infinity"),
    (lambda: WordVectors(LISTED, [[1.0]] * 4), TypeError, "vectors should be ndarray, got list"),
    (
        lambda: WordVectors(LISTED.symbols, np.ones((4, 2))),
        TypeError,
        "vocabulary should be Vocabulary",
    ),
    (lambda: VECTORS.vector("lion"), KeyError, "'lion' is not among the 4"),
    (lambda: VECTORS.similarity("cat", "lion"), KeyError, "'lion' is not among the 4"),
    (lambda: VECTORS.nearest("cat", k=5), ValueError, r"k .* in \[1, 4\], got 5"),
    (lambda: VECTORS.nearest("cat", without="dog"), TypeError, "without .* the string 'dog'"),
    (lambda: VECTORS.nearest([1.0]), ValueError, r"word should be \(E,\) = \(2,\), got \(1,\)"),
    (lambda: VECTORS.analogy("cat", "dog", "lion"), KeyError, "'lion' is not among"),
    (lambda: context_pairs([2], 0), ValueError, "window .* at least 1, got 0"),
    (lambda: context_pairs([2, -1], 1), ValueError, "lengths should lie in .* got -1 to 2"),
    (lambda: context_pairs([2.5], 1), TypeError, "lengths should be integers, got float64"),
    (lambda: context_pairs([[2]], 1), ValueError, r"lengths should be \(M,\), got \(1, 1\)"),
    (lambda: context_pairs([2], 1, 0), TypeError, "rng should be .* got int"),
    (lambda: keep_probability([3, 0]), ValueError, "finite and above 0, got 0"),
    (lambda: keep_probability([3, inf]), ValueError, "finite and above 0, got inf"),
    (lambda: keep_probability([3], 0), ValueError, "threshold should be .* above 0, got 0"),
    (lambda: noise_distribution([3, -1]), ValueError, "above 0, got -1"),
    (lambda: noise_distribution([3], nan), ValueError, "power should be .* finite number, got nan"),
    (lambda: Word2Vec(0, 2), ValueError, "vocabulary_size .* at least 1, got 0"),
    (lambda: Word2Vec(4, 2, 0), ValueError, "rows .* at least 1, got 0"),
    (lambda: WORD2VEC.init(0), TypeError, "rng should be .* got int"),
    (lambda: WORD2VEC.loss_and_gradient(None, EXAMPLES), TypeError, "should be Word2VecWeights"),
    (lambda: w2v(bags=np.eye(4)[:2]), TypeError, "bags should be csr_array, got ndarray"),
    (lambda: w2v(bags=EXAMPLES.bags[:1]), ValueError, r"bags should be .* \(2, 4\), got \(1, 4\)"),
    (lambda: w2v(targets=np.array([4, 0])), ValueError, r"targets .* \[0, 4\), got 0 to 4"),
    (lambda: w2v(targets=np.array([[3], [2]])), ValueError, r"targets .* got \(2, 1\)"),
    (lambda: w2v(noise=np.array([0, 1, 1.0])), TypeError, "noise should be integers"),
    (lambda: w2v(noise_weights=np.ones(3)), ValueError, r"noise_weights should be \(N, K\)"),
    (lambda: w2v(noise_weights=np.ones((2, 3), half)), TypeError, "noise_weights .* got float32"),
    (
        lambda: train_word2vec(DOCUMENTS, LISTED, rng, architecture="glove"),
        ValueError,
        "architecture should be .* got 'glove'",
    ),
    (lambda: train_word2vec(DOCUMENTS, ["cat"], rng), TypeError, "should be Vocabulary, got list"),
    (lambda: train_word2vec(DOCUMENTS[:1], LISTED, rng), ValueError, "in a document, not so 'dog'"),
    (lambda: fit(["the cat"], LISTED, rng), TypeError, "list of tokens, got the string"),
    (lambda: fit(DOCUMENTS, LISTED, 0), TypeError, "rng should be .* got int"),
    (lambda: fit(DOCUMENTS, LISTED, rng, window=0), ValueError, "window .* at least 1, got 0"),
    (lambda: fit(DOCUMENTS, LISTED, rng, lr=-1), ValueError, "lr should be .* above 0, got -1"),
    (
        lambda: fit(DOCUMENTS, LISTED, rng, parts=sparse.eye_array(3, format="csr")),
        ValueError,
        r"parts should be \(4, R\), .* got \(3, 3\)",
    ),
    (lambda: fit(DOCUMENTS, LISTED, rng, parts=np.eye(4)), TypeError, "parts should be csr_array"),
    (lambda: Subwords(LISTED, 3, 2), ValueError, "longest .* at least 3, got 2"),
    (lambda: Subwords(LISTED, buckets=0), ValueError, "buckets .* at least 1, got 0"),
    (lambda: SUBWORDS.ngrams(None), TypeError, "word should be str, got NoneType"),
    (lambda: SUBWORDS.matrix("cat"), TypeError, "words should be a list of tokens, .* 'cat'"),
    (lambda: SUBWORDS.matrix([""]), ValueError, "'' is unknown and too short for 3"),
    (
        lambda: SubwordVectors(LISTED, VECTORS.vectors, SUBWORDS, np.ones((5, 2))),
        ValueError,
        r"W_in should be \(R, E\) = \(9, 2\), got \(5, 2\)",
    ),
    (
        lambda: SubwordVectors(LISTED, VECTORS.vectors, SUBWORDS, np.ones((9, 2))).vector(""),
        KeyError,
        "'' is unknown and has no n-gram",
    ),
    (
        lambda: train_fasttext(DOCUMENTS, LISTED, rng, longest=2),
        ValueError,
        "longest .* at least 3",
    ),
    (lambda: GloVe(4, 2, x_max=0), ValueError, "x_max should be .* above 0, got 0"),
    (lambda: GloVe(4, 2).weigh([0.0]), ValueError, "counts should be finite and above 0, got 0"),
    (lambda: cooccurrences(DOCUMENTS, LISTED, 0), ValueError, "window .* at least 1, got 0"),
    (lambda: train_glove([["cat"]], LISTED, rng), ValueError, "within the window, got none"),
    (lambda: train_glove(DOCUMENTS, LISTED, rng, epochs=0), ValueError, "epochs .* 1, got 0"),
]

PICTURES = [
    (lambda: plot.lines({}, **labelled), ValueError, "at least one line, got none"),
    (lambda: plot.lines({"a": []}, **labelled), ValueError, "a: .* at least 1, got 0 and 0"),
    (lambda: plot.lines({"a": ([1, 2], [1])}, **labelled), ValueError, "got 2 and 1"),
    (lambda: plot.bars({}, title="t", xlabel="x"), ValueError, "at least one bar, got none"),
    (lambda: plot.learning_curve({}, title="t"), ValueError, "at least one line, got none"),
    (
        lambda: plot.learning_curve({"a": history}, title="t", window=2),
        ValueError,
        r"a: window should lie in \[1, 1\], got 2",
    ),
    (
        lambda: plot.lines({"a": [1]}, baselines=["b"], **labelled),
        ValueError,
        "baselines should be among .*'a'.*, got 'b'",
    ),
    (
        lambda: plot.bars({"a": 1}, baselines=["b"], **labelled),
        ValueError,
        "baselines should be among .*'a'.*, got 'b'",
    ),
    (
        lambda: plot.diagram({"x": (0, 0, "unknown", "")}, [], title="t"),
        ValueError,
        "x: kind should be among .*, got 'unknown'",
    ),
    (
        lambda: plot.diagram({"x": (0, 0, "input", "")}, [("x", "y", "")], title="t"),
        ValueError,
        "should join two of .*'x'.*, got .*'y'",
    ),
    (lambda: plot.panels(0), ValueError, "count should be at least 1, got 0"),
    (lambda: plot.unrolled({}, title="t"), ValueError, "one or more networks of at most 7 steps"),
    (lambda: plot.unrolled({"a": [("x", "")] * 8}, title="t"), ValueError, "at most 7 steps"),
    (lambda: plot.heat_map([1, 2], **labelled), ValueError, r"\(rows, columns\), got \(2,\)"),
    (lambda: plot.heat_map(zeros, rows=["a"], **labelled), ValueError, "rows .* 2 names, got 1"),
    (lambda: plot.heat_map(zeros, columns=["a"], **labelled), ValueError, "columns .* 3 names"),
    (
        lambda: plot.surface([1, 2], [1, 2], zeros, **labelled),
        ValueError,
        r"z should .* \(2, 3\) for",
    ),
    (
        lambda: plot.surface([1, 2, 3], [1, 2], zeros, paths={"a": ([1, 2], [1])}, **labelled),
        ValueError,
        "a: .* got 2 and 1",
    ),
    (
        lambda: plot.surface([1, 2, 3], [1, 2], zeros, paths={"a": ([4], [1])}, **labelled),
        ValueError,
        "a: .* on the map, got none",
    ),
    (
        lambda: plot.surface([1, 2, 3], [2, 1], zeros, **labelled),
        ValueError,
        "y should rise .* got .2 1.",
    ),
    (lambda: notebook.show_source(3), TypeError, "got int"),
    (lambda: checks.check_array("hs", [0], zeros), AssertionError, "NumPy array, got list"),
    (
        lambda: checks.check_array("hs", zeros.T, zeros, axes="N H"),
        AssertionError,
        r"hs has shape \(3, 2\), expected \(N, H\) = \(2, 3\)",
    ),
    (lambda: checks.check_array("hs", zeros > 0, zeros), AssertionError, "numbers, got bool"),
    (lambda: checks.check_array("hs", zeros + nan, zeros), AssertionError, "6 of its entries"),
    (lambda: checks.class_rng(7), TypeError, "name should be str, got int"),
    (lambda: homework.check(None), TypeError, "PathLike .*NoneType"),
    (lambda: homework.check("x.ipynb"), FileNotFoundError, "there is no notebook x.ipynb"),
    (lambda: homework.check("x.ipynb", time_limit=0), ValueError, "time_limit .* above 0, got 0"),
    (lambda: homework.check(__file__), ValueError, "no notebook, or a damaged one"),
]

CONVERTING = [
    (lambda: convert.to_torch(RNN(3, 2), ()), TypeError, "no counterpart of RNN"),
    (lambda: convert.from_torch(Linear(3, 2), {}), ValueError, r"should hold .* got \[\]"),
    (lambda: convert.flip_update_gate(LSTM(3, 2), ()), TypeError, "layer should be a GRU"),
]
TABLE = (
    LAYERS + WIRING + MODEL + LOSSES + INITIALISERS + TRAINING + DECODING + DATA + TEXT + COUNTING
    + WORD_VECTORS + PICTURES + CONVERTING
)  # fmt: skip
ELSEWHERE = test_decode.BAD_INPUT + test_diagnostics.BAD_INPUT + test_optim.BAD_INPUT


@pytest.mark.parametrize(("call", "exception", "words"), TABLE)
def test_bad_input_is_refused_in_clear_words(call, exception, words):
    assert_refused(call, exception, words)


ANYTHING_GOES = {
    "bits", "elu", "leaky_relu", "load_chinese_news", "load_docstrings", "load_text", "perplexity",
    "relu", "sigmoid", "tree_leaves", "zeros",
}  # fmt: skip
SHARED_BY_MODULES = {
    "axes_of", "check_layers", "join", "kept", "normalise", "normalise_backward", "running_steps",
    "zero_padding",
}  # fmt: skip


NOT_HERE = {"rnncourse.checks", "rnncourse.validate", "rnncourse.text.bert"}


def public_functions():
    """All but the explorables' and PyTorch's, tested by themselves, and the checks themselves."""
    for found in pkgutil.walk_packages(rnncourse.__path__, "rnncourse."):
        if found.name in NOT_HERE or ".torch_" in found.name:
            continue
        module = importlib.import_module(found.name)
        for name, thing in inspect.getmembers(module, inspect.isfunction):
            mine = thing.__module__ == found.name and "explorables" not in found.name
            if mine and not name.startswith("_"):
                yield thing


def code_called(call, exception):
    """What the call itself calls: the traceback leads from here to the lambda to there."""
    with pytest.raises(exception) as caught:
        call()
    _, _, (frame, _), *_ = traceback.walk_tb(caught.value.__traceback__)
    return frame.f_code


def test_every_public_function_refuses_something_in_the_table():
    refusing = {code_called(call, exception) for call, exception, _ in TABLE + ELSEWHERE}
    unproved = {f.__name__ for f in public_functions() if f.__code__ not in refusing}
    assert unproved == ANYTHING_GOES | SHARED_BY_MODULES
