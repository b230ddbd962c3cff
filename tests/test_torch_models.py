"""The PyTorch models: padding is not read, states carry, attention is its formula, all learn."""

import subprocess
import sys
from functools import partial
from itertools import product

import numpy as np
import pytest
from helpers import assert_refused, random_like

from rnncourse import cells
from rnncourse.data import make_recall
from rnncourse.decode import beam_search, generate, greedy
from rnncourse.functional import cross_entropy, log_softmax
from rnncourse.layers import Embedding, Linear
from rnncourse.models import SequenceModel
from rnncourse.recurrent import Recurrent
from rnncourse.tree import tree_leaves

torch = pytest.importorskip("torch")
from rnncourse.torch_attention import Attention  # noqa: E402
from rnncourse.torch_models import (  # noqa: E402
    Classifier,
    EncoderDecoder,
    LanguageModel,
    Reader,
    Tagger,
    detach,
    masked_cross_entropy,
    select,
)

torch.set_num_threads(1)  # the models are so small that more would wait for each other

V, W, E, H, LABELS = 7, 6, 3, 4, 5  # V symbols to read, W to write
LENGTHS, TARGET_LENGTHS = np.array([3, 6, 1, 4]), np.array([2, 1, 4, 3])
CELLS = {"RNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}
near = partial(torch.testing.assert_close, rtol=0, atol=1e-12)


def double(kind, *sizes, **options):
    """A model in float64 whose weights are the same at every call, biases random too."""
    torch.manual_seed(0)
    return kind(*sizes, **options).double()


def some_ids(T, N, size=V, seed=0):
    return np.random.default_rng(seed).integers(0, size, (T, N))


def running(lengths, T):
    return np.arange(T)[:, None] < lengths


# ---- Padding


def language_model(model, ids, lengths, written, written_lengths):
    """Nothing is said of lengths: what comes after the end cannot reach back."""
    logits, _ = model(ids)
    return logits, ids, running(lengths, len(ids))


def tagger(model, ids, lengths, written, written_lengths):
    return model(ids, lengths), ids % LABELS, running(lengths, len(ids))


def classifier(model, ids, lengths, written, written_lengths):
    return model(ids, lengths)[None], ids[:1] % LABELS, np.ones((1, len(lengths)))


def encoder_decoder(model, ids, lengths, written, written_lengths):
    logits, _ = model(ids, written, lengths)
    return logits, (written + 1) % W, running(written_lengths, len(written))


TWO_WAYS = {"bidirectional": True, "num_layers": 2}
MODELS = {
    "language model": (language_model, LanguageModel, (V, E, H), {}),
    "deep language model": (language_model, LanguageModel, (V, E, H), {"num_layers": 2}),
    "tagger": (tagger, Tagger, (V, E, H, LABELS), {}),
    "deep tagger, both ways": (tagger, Tagger, (V, E, H, LABELS), TWO_WAYS),
    "classifier": (classifier, Classifier, (V, E, H, LABELS), {}),
    "deep classifier, both ways": (classifier, Classifier, (V, E, H, LABELS), TWO_WAYS),
    "encoder-decoder": (encoder_decoder, EncoderDecoder, (V, W, E, H), {}),
    "additive": (encoder_decoder, EncoderDecoder, (V, W, E, H), {"attention": "additive"}),
    "dot": (encoder_decoder, EncoderDecoder, (V, W, E, H), {"attention": "dot"}),
    "deep dot, both ways": (
        encoder_decoder, EncoderDecoder, (V, W, E, H), {"attention": "dot", **TWO_WAYS},
    ),
}  # fmt: skip


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("run", "kind", "sizes", "options"), MODELS.values(), ids=MODELS)
def test_padded_equals_unpadded(run, kind, sizes, options, cell):
    """Outputs, loss and gradients: a padded batch against its rows one by one, as they are."""
    model = double(kind, *sizes, cell=cell, **options)
    ids, written = some_ids(6, 4), some_ids(4, 4, W, seed=1)

    def gradients(loss):
        model.zero_grad()
        loss.backward()
        return {name: weight.grad.clone() for name, weight in model.named_parameters()}

    logits, targets, mask = run(model, ids, LENGTHS, written, TARGET_LENGTHS)
    loss = masked_cross_entropy(logits, targets, mask)
    together, alone, count = gradients(loss), 0, 0
    for n in range(4):
        row, own = slice(n, n + 1), written[: TARGET_LENGTHS[n], n : n + 1]
        one, its_targets, all_of_it = run(
            model, ids[: LENGTHS[n], row], LENGTHS[row], own, TARGET_LENGTHS[row]
        )
        assert all_of_it.all()
        near(logits[: len(one), row], one)
        alone = alone + masked_cross_entropy(one, its_targets) * len(one)
        count += len(one)
    near(loss, alone / count)
    for name, gradient in gradients(alone / count).items():
        near(together[name], gradient, msg=name)


@pytest.mark.parametrize("options", [{}, TWO_WAYS], ids=["one way", "deep, both ways"])
@pytest.mark.parametrize("cell", CELLS)
def test_states_are_those_of_each_row_alone(cell, options):
    """Against torch.nn's own module; a row of length 0 keeps the state it began with."""
    reader = double(Reader, V, E, H, cell=cell, **options)
    ids, lengths = some_ids(6, 5), np.array([3, 0, 5, 1, 4])  # no row lasts to the end
    _, start = reader.read(some_ids(2, 5, seed=1))
    for first in (None, start):
        hs, state = reader.read(ids, first, lengths)
        before = first or type(start)(*map(torch.zeros_like, start))
        for n, length in enumerate(lengths):
            row = slice(n, n + 1)
            initial = [array[:, row].contiguous() for array in before]
            if length == 0:
                expected, final = hs.new_zeros(0, 1, hs.shape[2]), initial
            else:
                xs = reader.embedding(torch.tensor(ids[:length, row]))
                bare = tuple(initial) if cell == "LSTM" else initial[0]
                expected, final = reader.recurrent(xs, bare)
                final = final if cell == "LSTM" else [final]
            assert len(hs) == len(ids)
            near(hs[:length, row], expected)
            assert not hs[length:, row].any()
            for array, wanted in zip(state, final, strict=True):
                near(array[:, row], wanted)
    if not options:
        near(reader.final(state), state.h[0])
    else:  # the last layer's reading from the left, then from the right
        near(reader.final(state), torch.cat([state.h[2], state.h[3]], dim=1))


def test_a_bidirectional_tagger_sees_what_follows_and_a_plain_one_does_not():
    ids = some_ids(5, 2)
    other = ids.copy()
    other[-1] = (other[-1] + 1) % V
    for bidirectional in (False, True):
        model = double(Tagger, V, E, H, LABELS, bidirectional=bidirectional)
        assert (model(ids)[0] != model(other)[0]).any() == bidirectional


def test_rows_of_length_zero_give_what_the_biases_give():
    assert not double(Classifier, V, E, H, LABELS).read(some_ids(2, 1), lengths=[0])[0].any()
    model = double(Classifier, V, E, H, LABELS)
    near(model(some_ids(3, 2), [0, 0]), model.linear.bias.expand(2, -1))
    for attention in ("additive", "dot"):
        model = double(EncoderDecoder, V, W, E, H, attention=attention)
        logits, weights = model(some_ids(3, 2), some_ids(2, 2, W), [0, 2])
        assert not weights[:, 0].any()
        with torch.autograd.set_detect_anomaly(True):  # raises when a gradient is nan on the way
            logits.sum().backward()


# ---- The same as the NumPy package


def copied(model, weights):
    """The PyTorch model with the weights of a SequenceModel."""
    ours = [array for _, array in tree_leaves(weights)]
    names = [f"recurrent.{name}_l0" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    names = ["embedding.weight", *names, "linear.weight", "linear.bias"]
    model.load_state_dict(dict(zip(names, map(torch.tensor, ours), strict=True)))
    return [dict(model.named_parameters())[name] for name in names]


@pytest.mark.parametrize("cell", CELLS)
def test_language_model_equals_sequence_model(cell):
    rng = np.random.default_rng(0)
    recurrent = Recurrent(getattr(cells, cell)(E, H))
    numpy_model = SequenceModel(Embedding(V, E), recurrent, Linear(H, V))
    weights = random_like(numpy_model.init(rng), rng)
    model = double(LanguageModel, V, E, H, cell=cell)
    parameters = copied(model, weights)
    ids, targets, lengths = some_ids(5, 3), some_ids(5, 3, seed=1), np.array([5, 0, 3])
    mask = running(lengths, 5).astype(float)

    expected, last, cache = numpy_model.forward(weights, ids, lengths=lengths)
    loss, dlogits = cross_entropy(expected, targets, mask)
    gradient, _ = numpy_model.backward(weights, cache, dlogits)
    logits, state = model(ids, lengths=lengths)
    torch_loss = masked_cross_entropy(logits, targets, mask)
    torch_loss.backward()

    near(logits, torch.tensor(expected))
    assert type(state) is type(last)
    for array, wanted in zip(state, last, strict=True):
        near(array[0], torch.tensor(wanted))
    near(torch_loss, torch.tensor(loss))
    for parameter, (name, wanted) in zip(parameters, tree_leaves(gradient), strict=True):
        near(parameter.grad, torch.tensor(wanted), msg=name)
    one, wanted = model.step(ids[0], select(state, [2, 0, 1])), last
    rows = type(last)(*(array[[2, 0, 1]] for array in wanted))
    near(one[0], torch.tensor(numpy_model.step(weights, ids[0], rows)[0]))


def test_masked_cross_entropy_equals_the_numpy_one():
    """With weights for a mask; and places masked out are not read, whatever they hold."""
    rng = np.random.default_rng(0)
    logits, targets = 20 * rng.normal(size=(4, 3, V)), some_ids(4, 3)
    weights = rng.uniform(size=(4, 3)) * rng.integers(0, 2, (4, 3))
    for mask in (None, weights, weights > 0):
        if mask is not None:
            logits[weights == 0] = np.nan
        theirs = torch.tensor(logits, requires_grad=True)
        loss = masked_cross_entropy(theirs, targets, mask)
        loss.backward()
        wanted, gradient = cross_entropy(logits, targets, mask)
        near(loss, torch.tensor(wanted))
        near(theirs.grad, torch.tensor(gradient))


# ---- States


@pytest.mark.parametrize("cell", CELLS)
def test_carried_state_equals_one_run_and_detach_stops_the_gradient(cell):
    model = double(LanguageModel, V, E, H, cell=cell, num_layers=2)
    early, late = some_ids(4, 3, size=3), 3 + some_ids(5, 3, size=4)  # no symbol in common
    whole, end = model(np.concatenate([early, late]))
    first, carried = model(early)

    def gradient_of_early_symbols(state):
        model.zero_grad()
        second, last = model(late, state)
        near(torch.cat([first, second]), whole)
        near(tuple(last), tuple(end))
        masked_cross_entropy(second, late).backward(retain_graph=True)
        assert model.embedding.weight.grad[3:].any(dim=1).all()
        return model.embedding.weight.grad[:3]

    assert gradient_of_early_symbols(carried).any(dim=1).all()
    assert not gradient_of_early_symbols(detach(carried)).any()


def test_select_picks_rows_of_every_state():
    for attention in (None, "additive"):
        model = double(EncoderDecoder, V, W, E, H, attention=attention, **TWO_WAYS)
        state, rows = model.encode(some_ids(5, 3), [5, 2, 4]), [2, 0, 2, 1]
        logits, after = model.step(np.array([1, 1, 1]), state)
        chosen, after_chosen = model.step(np.array([1] * 4), select(state, rows))
        near(chosen, logits[rows])
        near(after_chosen.recurrent.c, after.recurrent.c[:, rows])


def test_the_decoder_starts_from_both_directions_of_each_layer():
    model = double(EncoderDecoder, V, W, E, H, **TWO_WAYS)
    ids = some_ids(5, 3)
    _, end = model.encoder.read(ids)
    state = model.encode(ids).recurrent
    for array, both in zip(state, end, strict=True):
        for layer in range(2):
            near(array[layer], torch.cat([both[2 * layer], both[2 * layer + 1]], dim=1))


# ---- Attention


def attend(attention, query, memory):
    """The formula, for one query (size,) and the memory (S, size) of one row."""
    if attention.score == "dot":
        scores = [float(query @ h) for h in memory]
    else:
        W_query, W_memory, v = (
            getattr(attention, name).weight.detach() for name in ("W_query", "W_memory", "v")
        )
        scores = [float(v[0] @ torch.tanh(W_query @ query + W_memory @ h)) for h in memory]
    weights = np.exp(scores) / np.exp(scores).sum()
    context = sum(weight * h for weight, h in zip(weights, memory, strict=True))
    return torch.tanh(attention.W.weight.detach() @ torch.cat([context, query])), weights


@pytest.mark.parametrize("score", ["additive", "dot"])
def test_attention_equals_its_formula(score):
    attention = double(Attention, H, score)
    queries, memory = torch.randn(3, 4, H).double(), torch.randn(6, 4, H).double()
    outputs, weights = attention(queries, memory, torch.tensor(running(LENGTHS, 6)))
    assert weights.shape == (3, 4, 6)
    near(weights.sum(dim=2), torch.ones(3, 4).double())
    for t, n in product(range(3), range(4)):
        length = LENGTHS[n]
        output, wanted = attend(attention, queries[t, n], memory[:length, n])
        near(outputs[t, n], output)
        near(weights[t, n, :length], torch.tensor(wanted))
        assert not weights[t, n, length:].any()


@pytest.mark.parametrize("attention", ["additive", "dot"])
def test_the_decoder_looks_back_from_its_own_outputs(attention):
    model = double(EncoderDecoder, V, W, E, H, attention=attention, cell="GRU", bidirectional=True)
    ids, written = some_ids(6, 4), some_ids(3, 4, W, seed=1)
    assert model.attention.score == attention
    logits, weights = model(ids, written, LENGTHS)
    state = model.encode(ids, LENGTHS)
    hs, _ = model.decoder.read(written, state.recurrent)
    memory, _ = model.encoder.read(ids, lengths=LENGTHS)
    for t, n in product(range(3), range(4)):
        args = hs[t, n].detach(), memory[: LENGTHS[n], n].detach()
        output, wanted = attend(model.attention, *args)
        near(weights[t, n, : LENGTHS[n]], torch.tensor(wanted))
        near(logits[t, n], model.linear(output))


def test_without_attention_there_are_no_weights():
    logits, weights = double(EncoderDecoder, V, W, E, H)(some_ids(5, 2), some_ids(3, 2, W))
    assert weights is None
    assert logits.shape == (3, 2, W)


# ---- Steps, and writing


@pytest.mark.parametrize("cell", CELLS)
def test_steps_equal_forward(cell):
    written = some_ids(4, 3, W)
    model = double(LanguageModel, W, E, H, cell=cell)
    steppers = [(model(written)[0], model.step, None)]
    for attention in (None, "additive", "dot"):
        model = double(EncoderDecoder, V, W, E, H, cell=cell, attention=attention)
        source, lengths = some_ids(5, 3, seed=1), [5, 2, 4]
        logits, _ = model(source, written, lengths)
        steppers.append((logits, model.step, model.encode(source, lengths)))
    for logits, step, state in steppers:
        for t in range(4):
            one, state = step(written[t], state)
            near(one, logits[t].detach())
            assert not one.requires_grad


def test_decode_drives_the_models():
    """A beam as wide as all there is finds the best sequence; greedy takes the best step."""
    source, length = some_ids(5, 1), 3
    language_model = double(LanguageModel, W, E, H)
    translator = double(EncoderDecoder, V, W, E, H, attention="additive")
    translator.linear.weight.data *= 20  # so that its choices depend on what it has written
    language_model.linear.weight.data *= 20
    every = np.array(list(product(range(W), repeat=length))).T  # (T, W^T)
    fed = np.concatenate([np.zeros_like(every[:1]), every[:-1]])
    for step, state, logits in [
        (language_model.step, None, language_model(fed)[0]),
        (
            translator.step,
            translator.encode(source),
            translator(source.repeat(W**length, axis=1), fed)[0],
        ),
    ]:
        log_p = log_softmax(logits.detach().numpy())
        log_p = np.take_along_axis(log_p, every[..., None], axis=2)[..., 0].sum(axis=0)
        found = beam_search(step, 0, width=W**length, length=length, state=state, select=select)
        assert found[0].symbols == every[:, log_p.argmax()].tolist()
        np.testing.assert_allclose(found[0].log_probability, log_p.max(), rtol=1e-12)
        written = generate(step, 0, greedy, state=state, length=length)
        place = [n for n in range(W**length) if every[:, n].tolist() == written]
        assert (logits[:, place[0]].argmax(dim=1).numpy() == written).all()


# ---- Learning


def train(model, loss, steps, lr=1e-2):
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        optimiser.zero_grad()
        value = loss()
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    return float(value.detach())


def test_a_language_model_learns_a_text_by_heart():
    torch.manual_seed(0)
    ids = some_ids(13, 4)
    assert len(set(ids[0])) == 4  # so that all that follows can be known
    model = LanguageModel(V, 8, 24, dropout=0.1)
    loss = train(model, lambda: masked_cross_entropy(model(ids[:-1])[0], ids[1:]), 120)
    assert loss < 0.3


@pytest.mark.parametrize("cell", CELLS)
def test_a_classifier_learns_to_remember_and_a_tagger_to_look_ahead(cell):
    torch.manual_seed(0)
    batch = make_recall(np.random.default_rng(0), 6, 32, symbols=4)
    model = Classifier(4, 6, 16, output_size=4, cell=cell)
    loss = train(model, lambda: masked_cross_entropy(model(batch.ids), batch.ids[0]), 80)
    assert loss < 0.1
    model = Tagger(4, 6, 16, output_size=4, cell=cell, bidirectional=True)
    ahead = np.roll(batch.ids, -1, axis=0)
    mask = running(np.full(32, 5), 6)
    loss = train(model, lambda: masked_cross_entropy(model(batch.ids), ahead, mask), 80)
    assert loss < 0.1


@pytest.mark.parametrize("attention", [None, "additive", "dot"])
def test_an_encoder_decoder_learns_to_reverse(attention):
    """Trained on strings of 1 to 4 letters; it writes, alone, what it was taught and its end."""
    torch.manual_seed(0)
    rng, start, end = np.random.default_rng(0), 4, 5
    lengths = rng.integers(1, 5, 40)
    source = rng.integers(0, 4, (4, 40))
    targets = np.full((5, 40), end)
    for n, length in enumerate(lengths):
        targets[:length, n] = source[:length, n][::-1]
    fed = np.concatenate([np.full((1, 40), start), targets[:-1]])
    mask = running(lengths + 1, 5)
    model = EncoderDecoder(4, 6, 8, 32, attention=attention, cell="GRU")
    train(model, lambda: masked_cross_entropy(model(source, fed, lengths)[0], targets, mask), 150)
    model.eval()
    right = 0
    for n, length in enumerate(lengths):
        state = model.encode(source[:, n : n + 1], lengths[n : n + 1])
        written = generate(model.step, start, greedy, state=state, length=9, stop=end)
        right += written == targets[:length, n].tolist()
    assert right >= 36


# ---- Settings, dtypes and devices of the data


def test_a_cell_goes_by_name_or_class():
    for name, kind in CELLS.items():
        for cell in (name, kind):
            assert type(double(Reader, V, E, H, cell=cell).recurrent) is kind


def test_dropout_acts_in_training_only_and_between_layers_too(recwarn):
    ids = some_ids(5, 3)
    model = double(LanguageModel, V, E, H, dropout=0.5)
    assert not recwarn.list  # torch warns of dropout between layers where there is one layer
    assert (model(ids)[0] != model(ids)[0]).any()
    model.eval()
    near(model(ids)[0], model(ids)[0])
    deep = double(Tagger, V, E, H, LABELS, num_layers=2, dropout=0.5)
    deep.dropout.eval()
    assert (deep(ids) != deep(ids)).any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_dtypes_stay_as_they_are(dtype):
    for run, kind, sizes, options in MODELS.values():
        model = kind(*sizes, **options).to(dtype)
        args = some_ids(6, 4), LENGTHS, some_ids(4, 4, W), TARGET_LENGTHS
        logits, targets, mask = run(model, *args)
        assert logits.dtype == masked_cross_entropy(logits, targets, mask).dtype == dtype


def test_arrays_lists_and_tensors_serve_alike():
    """An array read backwards and one that cannot be written to are refused by torch itself."""
    model, ids, lengths = double(Tagger, V, E, H, LABELS), some_ids(5, 3), np.array([4, 5, 2])
    wanted = model(ids, lengths)
    for form in (
        np.int32,
        np.uint8,
        np.ndarray.tolist,
        torch.tensor,
        lambda a: a[::-1].copy()[::-1],
    ):
        near(model(form(ids), form(lengths)), wanted)
        near(
            masked_cross_entropy(wanted[:, :, :V], form(ids % LABELS)),
            masked_cross_entropy(wanted[:, :, :V], ids % LABELS),
        )
    near(model(np.broadcast_to(ids[:, :1], (5, 3)))[:, 2], model(ids[:, :1])[:, 0])


def test_the_package_itself_does_not_need_torch():
    code = "import sys, rnncourse; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---- Bad input

reader, plain = Reader(V, E, H, cell="GRU"), LanguageModel(V, E, H)
tags, translator = Tagger(V, E, H, LABELS), EncoderDecoder(V, W, E, H)
ids = some_ids(5, 3)
_, hidden = reader.read(ids)
_, memory = plain(ids)
encoded = translator.encode(ids)
numbers, looks = torch.zeros(2, 3, V), Attention(H, "dot")
T_N_H, S_N_H, S_N = torch.zeros(2, 3, H), torch.zeros(5, 3, H), torch.ones(5, 3)

BAD = [
    (lambda: Reader(0, E, H), ValueError, "Reader: vocabulary_size .* at least 1, got 0"),
    (lambda: Reader(V, E, 2.0), ValueError, r"hidden_size should be a whole number .* got 2\.0"),
    (lambda: LanguageModel(V, -1, H), ValueError, "LanguageModel: embedding_size .* got -1"),
    (lambda: Tagger(V, E, H, 0), ValueError, "Tagger: output_size .* got 0"),
    (lambda: Classifier(V, E, H, None), ValueError, "Classifier: output_size .* got None"),
    (lambda: EncoderDecoder(V, 0, E, H), ValueError, "vocabulary_size .* got 0"),
    (lambda: Reader(V, E, H, num_layers=0), ValueError, "num_layers .* got 0"),
    (lambda: Reader(V, E, H, cell="lstm"), ValueError, "one of 'RNN', .* got 'lstm'"),
    (lambda: Reader(V, E, H, cell=["LSTM"]), ValueError, r"'GRU', got \['LSTM'\]"),
    (lambda: Reader(V, E, H, cell=cells.LSTM), ValueError, "'GRU', got <class 'rnncourse"),
    (lambda: Reader(V, E, H, dropout=1.0), ValueError, "Reader: dropout .* below 1, got 1.0"),
    (lambda: Reader(V, E, H, dropout=np.nan), ValueError, "dropout .* finite .* got nan"),
    (lambda: LanguageModel(V, E, H, bidirectional=True), ValueError, "bidirectional .* False"),
    (lambda: LanguageModel(V, E, H, layers=2), TypeError, "unexpected keyword argument 'layers'"),
    (lambda: Attention(H, "general"), ValueError, "one of 'additive', 'dot', got 'general'"),
    (lambda: Attention(0, "dot"), ValueError, "size .* got 0"),
    (lambda: EncoderDecoder(V, W, E, H, attention=True), ValueError, "'dot', got True"),
    (lambda: plain(ids[0]), ValueError, r"LanguageModel\(vocabulary_size=7\): ids .* got \(3,\)"),
    (lambda: plain(ids[:0]), ValueError, r"\(T, N\), both at least 1, got \(0, 3\)"),
    (lambda: plain(ids[:, :0]), ValueError, r"got \(5, 0\)"),
    (lambda: plain([]), ValueError, r"got \(0,\)"),
    (lambda: plain(ids + 0.5), TypeError, "ids should be integers, got float64"),
    (lambda: plain(torch.zeros(5, 3)), TypeError, "ids should be integers, got float32"),
    (lambda: plain(ids > 0), TypeError, "ids should be integers, got bool"),
    (lambda: plain([["a"]]), TypeError, "ids should be integers, got <U1"),
    (lambda: plain(ids + V), ValueError, r"ids should lie in \[0, 7\)"),
    (lambda: plain(ids - V), ValueError, r"ids should lie in \[0, 7\)"),
    (lambda: plain(ids, (memory.h, memory.c)), TypeError, "state should be LSTMState, got tuple"),
    (lambda: plain(ids, hidden), TypeError, "should be LSTMState, got HState"),
    (lambda: reader.read(ids, hidden.h), TypeError, "should be HState, got Tensor"),
    (lambda: reader.read(ids, cells.HState(None)), TypeError, "model returned, got NoneType"),
    (
        lambda: reader.read(ids[:, :2], hidden),
        ValueError,
        r"state should be \(L, N, H\) = \(\(1, 2, 4\), .*\), got \(\(1, 3, 4\)",
    ),
    (
        lambda: reader.read(ids, cells.HState(hidden.h.double())),
        ValueError,
        r"torch.float32\), got .* torch.float64\)",
    ),
    (lambda: tags(ids, [5, 5]), ValueError, r"lengths should be \(N,\) = \(3,\), got \(2,\)"),
    (lambda: tags(ids, [5, 6, 1]), ValueError, r"lengths should lie in \[0, 6\), got 1 to 6"),
    (lambda: tags(ids, [5, -1, 1]), ValueError, "got -1 to 5"),
    (lambda: tags(ids, [5.0, 1.0, 1.0]), TypeError, "lengths should be integers, got float64"),
    (lambda: tags(ids, 5), ValueError, r"lengths should be \(N,\) = \(3,\), got \(\)"),
    (lambda: plain.step(ids), ValueError, r"ids of one step should be \(N,\).* got \(5, 3\)"),
    (lambda: plain.step(3), ValueError, r"ids of one step should be \(N,\).* got \(\)"),
    (lambda: translator.step(ids[0], None), TypeError, "DecoderState of encode, got NoneType"),
    (lambda: translator.step(ids[0], memory), TypeError, "DecoderState .*, got LSTMState"),
    (lambda: translator.step([1, 2], encoded), ValueError, r"\(T, N = 3\), got \(1, 2\)"),
    (lambda: translator(ids, ids[:, :2]), ValueError, r"\(T, N = 3\), got \(5, 2\)"),
    (lambda: translator(ids, ids + W), ValueError, r"vocabulary_size=6\): ids .* \[0, 6\)"),
    (lambda: translator.encode(ids, [9, 1, 1]), ValueError, "lengths should lie in .* got 1 to 9"),
    (lambda: looks(T_N_H[0], S_N_H, S_N), ValueError, r"\(T, N, 4\).* got \(3, 4\), \(5, 3, 4\)"),
    (lambda: looks(T_N_H, S_N_H[:, :1], S_N), ValueError, r"got .*, \(5, 1, 4\), \(5, 3\)"),
    (lambda: looks(T_N_H, S_N_H, S_N[0]), ValueError, r"\(S, N\), got .* \(3,\)"),
    (lambda: looks(T_N_H[:, :, 1:], S_N_H, S_N), ValueError, r"got \(2, 3, 3\)"),
    (lambda: masked_cross_entropy(ids, ids), TypeError, "logits should be a tensor .* got array"),
    (lambda: masked_cross_entropy(numbers.int(), ids[:2]), TypeError, "of floats"),
    (lambda: masked_cross_entropy(numbers, ids), ValueError, r"targets .* \(2, 3\), got \(5, 3\)"),
    (lambda: masked_cross_entropy(numbers, ids[:2] - V), ValueError, r"lie in \[0, 7\)"),
    (lambda: masked_cross_entropy(numbers, ids[:2] / 2), TypeError, "integers, got float64"),
    (lambda: masked_cross_entropy(numbers, ids[:2], [1, 0]), ValueError, r"mask .* got \(2,\)"),
    (lambda: masked_cross_entropy(numbers, ids[:2], 0 * ids[:2]), ValueError, "above 0 somewhere"),
    (lambda: masked_cross_entropy(numbers, ids[:2], ids[:2] - 3), ValueError, "at least 0, got -"),
    (
        lambda: masked_cross_entropy(numbers, ids[:2], ids[:2] * np.nan),
        ValueError,
        "at least 0, got nan",
    ),
    (lambda: detach(None), TypeError, "what a model returned, got NoneType"),
    (lambda: select((memory.h, memory.c), [0]), TypeError, "what a model returned, got tuple"),
]


@pytest.mark.parametrize(("call", "exception", "words"), BAD)
def test_bad_input_is_refused_in_clear_words(call, exception, words):
    assert_refused(call, exception, words)
