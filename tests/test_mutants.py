"""Do the tests bite? Each mutant is the package with one line spoilt, and some test must fail.

The mistakes are those one makes when deriving gradients by hand: a sign, a lost term, two gates
exchanged, a flip forgotten, a mask left out; or when writing down a formula. A mutant runs in a
copy of the package.
"""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
WIRING = "test_every_wiring and "
IN_TEXT, IN_WORD2VEC, IN_GLOVE = (f"tests/test_{name}.py" for name in ("text", "word2vec", "glove"))


class Mutant(NamedTuple):
    """In ``rnncourse/<module>.py`` the text ``right``, found once, becomes ``wrong``.

    One of the tests of ``file`` whose names match ``tests`` (as for ``pytest -k``) has to fail.
    A forward formula that is wrong both ways passes every gradient check; others catch it.
    """

    module: str
    right: str
    wrong: str
    tests: str
    file: str = "tests/test_gradients.py"


MUTANTS = {
    "RNN: slope of tanh with the wrong sign": Mutant(
        "cells", "1 - h * h)", "1 + h * h)", "test_recurrent and tanh"
    ),
    "RNN: ReLU let through below zero": Mutant(
        "cells", "(h > 0)", "(h >= 0)", "test_recurrent and relu"
    ),
    "RNN: the old state counted twice": Mutant(
        "cells", "HState(np.zeros_like(da))", "HState(da)", "test_recurrent and tanh"
    ),
    "RNN: slope of the ELU one too small": Mutant(
        "cells", "1 + np.minimum(h, 0)", "np.minimum(h, 0)", "test_recurrent and elu"
    ),
    "RNN: the leak lost": Mutant(
        "cells", "np.where(h > 0, 1, LEAK)", "np.where(h > 0, 1, 0)", "test_recurrent and leaky"
    ),
    "residual: the way past the cell lost": Mutant(
        "variants",
        "return da_x, da_h, dstate\n",
        "return super().backward(cache, dstate)\n",
        "test_recurrent and Residual",
    ),
    "layer norm in the cell: the gain left out on the way back": Mutant(
        "variants", "spread, gain * dy, self", "spread, dy, self", "test_recurrent and LayerNorm"
    ),
    "LSTM: tanh(c) without its slope": Mutant(
        "cells", " * o * (1 - tanh_c * tanh_c)", " * o", "test_recurrent and LSTM"
    ),
    "LSTM: the memory passed on without f": Mutant(
        "cells", "c=dc * f)", "c=dc)", "test_recurrent and LSTM"
    ),
    "LSTM: gradients of i and f exchanged": Mutant(
        "cells",
        "di=dc * g, df=dc * c_before",
        "di=dc * c_before, df=dc * g",
        "test_recurrent and LSTM",
    ),
    "LSTM: o for tanh(c) at the output gate": Mutant(
        "cells", "do = dstate.h * tanh_c", "do = dstate.h * o", "test_recurrent and LSTM"
    ),
    "LSTM: half of the forget gate's slope": Mutant(
        "cells", "df * f * (1 - f)", "df * (1 - f)", "test_recurrent and LSTM"
    ),
    "LSTM: a sigmoid's slope for the candidate": Mutant(
        "cells", "dg * (1 - g * g)", "dg * g * (1 - g)", "test_recurrent and LSTM"
    ),
    "LSTM: nothing comes from later memory": Mutant(
        "cells", "dc = dstate.c + dstate.h * o", "dc = dstate.h * o", "test_recurrent and LSTM"
    ),
    "GRU: sign of the update gate": Mutant(
        "cells", "(h_before - n)", "(n - h_before)", "test_recurrent and GRU"
    ),
    "GRU: keeps what it should renew": Mutant(
        "cells", "HState(dstate.h * z)", "HState(dstate.h * (1 - z))", "test_recurrent and GRU"
    ),
    "GRU: the reset gate left out of a_h": Mutant(
        "cells", "dax_n * r), HState", "dax_n), HState", "test_recurrent and GRU"
    ),
    "GRU: the reset gate sees h, not W_hn h": Mutant(
        "cells", "da_r = dax_n * ah_n *", "da_r = dax_n * h_before *", "test_recurrent and GRU"
    ),
    "1997: forgets all instead of nothing": Mutant(
        "variants", "np.ones_like(a_i)", "np.zeros_like(a_i)", "1997", "tests/test_cells.py"
    ),
    "Reversed: starts in the padding": Mutant(
        "bidirectional",
        "np.where(t < lengths, lengths - 1 - t, t)",
        "T - 1 - t",
        "test_reverse_turns",
        "tests/test_sequence_layers.py",
    ),
    "GRU: z and 1 - z exchanged": Mutant(
        "cells",
        "h = (1 - z) * n + z * state.h",
        "h = z * n + (1 - z) * state.h",
        "test_where_the_reset_gate_acts",
        "tests/test_cells.py",
    ),
    "coupled: the way over f = 1 - i lost": Mutant(
        "variants", "(di - df)", "di", "test_recurrent and Coupled"
    ),
    "peephole: the way of o to c lost": Mutant(
        "variants", " + da_o * p_o", "", "test_recurrent and Peephole"
    ),
    "peephole: the way of f to the old c lost": Mutant(
        "variants", " + da_f * p_f", "", "test_recurrent and Peephole"
    ),
    "peephole: o sees the old memory": Mutant(
        "variants", "(da_o * c).sum", "(da_o * c_before).sum", "test_recurrent and Peephole"
    ),
    "reset before: the way through the product lost": Mutant(
        "variants", "dstate.h * z + d_reset * r", "dstate.h * z", "test_recurrent and ResetBefore"
    ),
    "reset before: product of h, not of r h": Mutant(
        "variants",
        "dax_n.T @ (r * h_before)",
        "dax_n.T @ h_before",
        "test_recurrent and ResetBefore",
    ),
    "Recurrent: nothing comes from later steps": Mutant(
        "recurrent",
        "dstate._replace(h=dstate.h + dhs[t])",
        "dstate._replace(h=dhs[t])",
        "test_recurrent and tanh",
    ),
    "Recurrent: the direct way through the state lost": Mutant(
        "recurrent",
        "dstate.h + (weights.W_hh.T @ da_h[t]).T",
        "(weights.W_hh.T @ da_h[t]).T",
        "test_recurrent and GRU",
    ),
    "Recurrent: h_t for h_{t-1} in dW_hh": Mutant(
        "recurrent",
        "RecurrentCache(xs, hs[:-1]",
        "RecurrentCache(xs, hs[1:]",
        "test_recurrent and tanh",
    ),
    "Recurrent: the bias of x for that of h": Mutant(
        "recurrent", "columns_h.sum(axis=1)", "columns_x.sum(axis=1)", "test_recurrent and GRU"
    ),
    "Recurrent: a finished row loses its gradient": Mutant(
        "recurrent",
        "map(np.add, dstate, dfrozen)",
        "map(np.add, dstate, nothing)",
        "test_recurrent and LSTM",
    ),
    "Recurrent: gradients enter in the padding": Mutant(
        "recurrent", "dnew = _choose(running[t], dnew, nothing)", "pass", "test_recurrent and tanh"
    ),
    "Reversed: gradient of the outputs not turned": Mutant(
        "bidirectional", "dys = reverse(dys, lengths)", "pass", WIRING + "Reversed and GRU"
    ),
    "Reversed: gradient of the inputs not turned": Mutant(
        "bidirectional",
        "dweights, reverse(dxs, lengths)",
        "dweights, dxs",
        WIRING + "Reversed and GRU",
    ),
    "SequenceModel: a chain that starts in the padding": Mutant(
        "models",
        "logits, _, cache = self.forward(weights, batch.ids, None, batch.lengths, rng)",
        "logits, _, cache = self.forward(weights, batch.ids, None, None, rng)",
        "does_not_read_the_padding",
    ),
    "Bidirectional: one direction's inputs forgotten": Mutant(
        "bidirectional", "dxs[0] + dxs[1]", "dxs[0]", WIRING + "Bidirectional and GRU"
    ),
    "Bidirectional: the projection learns from the padding": Mutant(
        "bidirectional",
        "_cache, zero_padding(dys, lengths)",
        "_cache, dys",
        WIRING + "project and GRU",
    ),
    "Stack: the residual way back lost": Mutant(
        "stack", "dxs = dxs + dshort", "pass", WIRING + "residual and GRU"
    ),
    "Stack: parts of a dense gradient exchanged": Mutant(
        "stack", "dxs, dys = np.split", "dys, dxs = np.split", WIRING + "dense and GRU"
    ),
    "Stack: gradients handed out from top to bottom": Mutant(
        "stack", "zip(*reversed(gradients)", "zip(*gradients", WIRING + "Stack and GRU"
    ),
    "Dropout: dropped entries get a gradient": Mutant(
        "layers", "(), mask * dys", "(), dys", "test_dropout"
    ),
    "LayerNorm: the mean taken for a constant": Mutant(
        "functional", "        - dnormalised.mean(axis=axis, keepdims=True)\n", "", "LayerNorm"
    ),
    "LayerNorm: the spread taken for a constant": Mutant(
        "functional",
        "        - normalised * (dnormalised * normalised).mean(axis=axis, keepdims=True)\n",
        "",
        "LayerNorm",
    ),
    "Embedding: of a symbol that occurs twice, one counts": Mutant(
        "layers", "np.add.at(dW, ids, dxs)", "dW[ids] = dxs", "test_embedding"
    ),
    "fused: the memory fades with i": Mutant(
        "fused", "gates[block, 1]", "gates[block, 0]", "test_recurrent and Fused"
    ),
    "fused: the final memory has no gradient": Mutant(
        "fused", "dc[:, rows] += dstate.c[rows].T", "pass", "test_recurrent and Fused"
    ),
    "fused: o treated as a tanh": Mutant(
        "fused", "[0.5, 0.5, 1, 0.5]", "[0.5, 0.5, 1, 1]", "test_recurrent and Fused"
    ),
    "fused: the steps of a block from first to last": Mutant(
        "fused", "*(part[::-1] for part in parts)", "*parts", "test_recurrent and Fused"
    ),
    "IDF: occurrences counted, not documents": Mutant(
        "text/weighting",
        "bincount(counts.indices, ",
        "bincount(counts.indices, counts.data, ",
        "test_every_weight",
        IN_TEXT,
    ),
    "BM25: Lucene's IDF without its 1": Mutant(
        "text/weighting", "np.log(1 + (M - df", "np.log((M - df", "test_bm25_is_the_sum", IN_TEXT
    ),
    "BM25: short documents discounted for long ones": Mutant(
        "text/weighting",
        "self.b * lengths / lengths.mean()",
        "self.b * lengths.mean() / lengths",
        "test_bm25_is_the_sum",
        IN_TEXT,
    ),
    "BM25: k3 + 1 lost": Mutant(
        "text/weighting", "q * (self.k3 + 1) /", "q /", "test_bm25_is_the_sum", IN_TEXT
    ),
    "nDCG: every place discounted like the next": Mutant(
        "text/ranking",
        "np.arange(len(found)) + 2",
        "np.arange(len(found)) + 3",
        "test_ranking_measures",
        IN_TEXT,
    ),
    "nDCG: the best order of what was found alone": Mutant(
        "text/ranking",
        "np.sort(relevance)[::-1][:depth]",
        "np.sort(relevance[:depth])[::-1]",
        "test_ranking_measures",
        IN_TEXT,
    ),
    "reciprocal rank: of anything relevant": Mutant(
        "text/ranking",
        "relevance.argmax()",
        "(relevance > 0).argmax()",
        "test_ranking_measures",
        IN_TEXT,
    ),
    "pairs: over the end of a document": Mutant(
        "text/windows",
        "np.repeat(ends, lengths) - 1",
        "lengths.sum() - 1",
        "test_pairs",
        IN_WORD2VEC,
    ),
    "pairs: over the start of a document": Mutant(
        "text/windows", "np.repeat(ends - lengths, lengths)", "0", "test_pairs", IN_WORD2VEC
    ),
    "pairs: the widest window is never drawn": Mutant(
        "text/windows",
        "integers(1, window + 1,",
        "integers(1, window,",
        "test_a_drawn_window",
        IN_WORD2VEC,
    ),
    "word2vec: the target as noise on the way back": Mutant(
        "text/word2vec",
        "(sigmoid(z_target) - 1)",
        "sigmoid(z_target)",
        "test_the_gradient",
        IN_WORD2VEC,
    ),
    "word2vec: each noise word counts once on the way back": Mutant(
        "text/word2vec",
        "dz_noise = noise_weights * ",
        "dz_noise = ",
        "test_the_gradient",
        IN_WORD2VEC,
    ),
    "word2vec: nothing comes from the noise words": Mutant(
        "text/word2vec", " + dz_noise @ u_noise", "", "test_the_gradient", IN_WORD2VEC
    ),
    "word2vec: a target among its own noise words": Mutant(
        "text/word2vec",
        "share * (drawn != targets[:, None])",
        "share * (drawn >= 0 * targets[:, None])",
        "test_a_target",
        IN_WORD2VEC,
    ),
    "fastText: multiplied first, which is FNV-1": Mutant(
        "text/fasttext",
        "(value ^ byte) * 16777619 % 2**32",
        "(value * 16777619 % 2**32) ^ byte",
        "test_the_hash",
        IN_WORD2VEC,
    ),
    "fastText: n-grams without the word's borders": Mutant(
        "text/fasttext", 'f"<{word}>"', "word", "test_the_hash", IN_WORD2VEC
    ),
    "GloVe: near and far count alike": Mutant(
        "text/glove", "1 / distance)", "1.0)", "test_cooccurrences", IN_GLOVE
    ),
    "GloVe: the weight lost on the way back": Mutant(
        "text/glove", "slopes = weighted *", "slopes = residuals *", "test_gradient", IN_GLOVE
    ),
    "GloVe: frequent pairs weigh without limit": Mutant(
        "text/glove",
        "np.minimum(1, (counts / float(self.x_max)) ** float(self.alpha))",
        "(counts / float(self.x_max)) ** float(self.alpha)",
        "test_loss_is_the_formula",
        IN_GLOVE,
    ),
    "GloVe: the biases' gradients exchanged": Mutant(
        "text/glove",
        "b=dproducts.sum(axis=1)",
        "b=dproducts.sum(axis=0)",
        "test_gradient",
        IN_GLOVE,
    ),
}


def outcome(mutant, folder):
    """The exit status of pytest in a copy: 0 all passed, 1 some test failed; or what is amiss."""
    for name in ("rnncourse", "tests"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "site")
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    if mutant.right:
        path = folder / "rnncourse" / f"{mutant.module}.py"
        source = path.read_text(encoding="utf8")
        if source.count(mutant.right) != 1:
            return f"{path.name} should hold once {mutant.right!r}"
        path.write_text(source.replace(mutant.right, mutant.wrong), encoding="utf8")
    pytest_x = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command = [*pytest_x, mutant.file, "-k", mutant.tests]
    environment = os.environ | {
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # plugins take longer to load than the check
    }
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True).returncode


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """All mutants, a few at a time."""
    folders = [tmp_path_factory.mktemp("mutant") for _ in MUTANTS]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(MUTANTS, pool.map(outcome, MUTANTS.values(), folders), strict=True))


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(name, outcomes):
    assert outcomes[name] == 1


@pytest.mark.parametrize("file", sorted({mutant.file for mutant in MUTANTS.values()}))
def test_the_unspoilt_copy_passes(file, tmp_path):
    """Else every mutant would seem to be caught."""
    tests = {f"({mutant.tests})" for mutant in MUTANTS.values() if mutant.file == file}
    assert outcome(Mutant("", "", "", " or ".join(sorted(tests)), file), tmp_path) == 0
