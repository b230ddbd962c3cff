"""The LSTM once more, for speed: same weights, same numbers as ``Recurrent(LSTM(...))``.

``rnncourse.cells.LSTM`` is the specification; this is what it looks like when the cell and the
loop are written as one. What pays:

- Inside, the batch is the last axis. A gate is then one piece of memory, not a column of it.
- h, x and a 1 stand in one array z, so that one product W z makes all gates, biases included.
- sigmoid(a) = tanh(a/2) / 2 + 1/2, so all gates are  scale * tanh(scale * a) + 1 - scale  with a
  scale of 1/2 for i, f, o and 1 for g. The inner scale goes into W; one tanh serves all four.
- The backward pass is linear in what comes in, and its factors are known after the forward pass.
  They are computed for many steps at once, as many as fit in the processor's cache.
- Results are written where they belong (``out=``, ``*=``) instead of into new arrays.
- The loops walk over the arrays with ``zip``, which is quicker than an index into each; with one
  row in the batch, such calls of Python take most of the time.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnncourse.cells import LSTM, LSTMState, Weights
from rnncourse.recurrent import Recurrent

BLOCK = 2**17  # numbers computed at once: half a megabyte in float32


class FusedCache(NamedTuple):
    """What ``FusedLSTM.backward`` needs of ``forward``. The batch is the last axis."""

    zs: np.ndarray  # (T+1, H+D+1, N): h_{t-1}, x_t and 1
    cs: np.ndarray  # (T+1, H, N): c_{t-1}
    gates: np.ndarray  # (T, 4, H, N): i, f, g, o
    tanh_cs: np.ndarray  # (T, H, N)
    ends: np.ndarray  # (N,): the number of steps of each row
    running: np.ndarray | None  # (T, N, 1): is the row still inside its sequence?
    cell: LSTM

    @property
    def sizes(self):
        """T, N and the dtype."""
        T, _, _, N = self.gates.shape
        return T, N, self.gates.dtype


@dataclass(frozen=True)
class FusedLSTM(Recurrent):
    """``Recurrent(LSTM(...))`` in one piece, for speed: ``make bench`` says how much.

    Rows that have ended run on with inputs of 0; nothing they then compute is handed out.
    Shapes: xs (T, N, D); hs (T, N, H); h and c (N, H); lengths (N,) whole numbers.
    Raises: TypeError for another cell than LSTM; else as ``Recurrent``.
    Reference: one product for all gates and elementwise work in one go, as in Appleyard, Kočiský
    & Blunsom 2016 (who also do the inputs of many steps at once); the page speed.

    >>> layer = FusedLSTM(LSTM(input_size=3, hidden_size=2))
    >>> weights, xs = layer.init(np.random.default_rng(0)), np.ones((5, 4, 3))
    >>> hs, _, _ = layer.forward(weights, xs)
    >>> bool(np.allclose(hs, Recurrent(layer.cell).forward(weights, xs)[0]))
    True
    """

    def __post_init__(self):
        if type(self.cell) is not LSTM:
            raise TypeError(f"FusedLSTM: cell should be one such as LSTM(3, 2), got {self.cell!r}")

    def forward(self, weights, xs, state=None, lengths=None, rng=None):
        """Return the outputs hs, the final state, and a cache for ``backward``."""
        xs, state, running = self._check_forward(weights, xs, state, lengths)
        (T, N, D), H = xs.shape, self.output_size
        bias = (weights.b_ih + weights.b_hh)[:, None]
        scale = np.repeat(np.array([0.5, 0.5, 1, 0.5], xs.dtype), H)[:, None]
        W = scale * np.concatenate([weights.W_hh, weights.W_ih, bias], axis=1)
        scale = np.repeat(scale, N, axis=1)  # in full, so that no step has to broadcast
        shift = 1 - scale
        zs = np.empty((T + 1, H + D + 1, N), xs.dtype)
        zs[0, :H], zs[:T, H:-1], zs[:, -1] = state.h.T, xs.transpose(0, 2, 1), 1
        zs[T, H:-1] = 0  # no input follows the last state
        cs = np.empty((T + 1, H, N), xs.dtype)
        cs[0] = state.c.T
        gates = np.empty((T, 4, H, N), xs.dtype)
        tanh_cs = np.empty((T, H, N), xs.dtype)
        steps = zip(
            zs, gates.reshape(T, 4 * H, N), *gates.swapaxes(0, 1), cs, cs[1:], tanh_cs, zs[1:, :H],
            strict=False,  # z and c have one entry more
        )  # fmt: skip
        for z, a, i, f, g, o, c_before, c, tanh_c, h in steps:
            np.matmul(W, z, out=a)
            np.tanh(a, out=a)
            a *= scale
            a += shift
            np.multiply(f, c_before, out=c)
            c += i * g
            np.tanh(c, out=tanh_c)
            np.multiply(o, tanh_c, out=h)
        rows, ends = np.arange(N), np.full(N, T)
        hs = zs[1:, :H].transpose(0, 2, 1)
        if running is None:
            hs = hs.copy("C")
        else:
            hs, ends = np.where(running, hs, 0), running.sum(axis=0)[:, 0]
        last = LSTMState(h=zs[ends, :H, rows], c=cs[ends, :, rows])
        return hs, last, FusedCache(zs, cs, gates, tanh_cs, ends, running, self.cell)

    def backward(self, weights, cache, dhs, dstate=None):
        """Return the gradients of the weights, of xs and of the initial state."""
        dhs, dstate = self._check_backward(weights, cache, FusedCache, dhs, dstate)
        zs, cs, gates, tanh_cs, ends, running, _ = cache
        (T, _, H, N), D = gates.shape, self.input_size
        if running is not None:
            dhs = np.where(running, dhs, 0)
        ending = {end: np.flatnonzero(ends == end) for end in set(ends.tolist())}
        W_T = np.concatenate([weights.W_hh, weights.W_ih], axis=1).T.copy()
        dzs = np.empty((T, H + D, N), gates.dtype)
        das = np.empty((4 * H, T, N), gates.dtype)
        dh, dc = np.zeros((2, H, N), gates.dtype)
        steps = min(T, max(1, BLOCK // max(1, 4 * H * N)))
        factors = np.empty((steps, 4, H, N), gates.dtype)
        for start in reversed(range(0, T, steps or 1)):
            block = slice(start, min(start + steps, T))
            factors_c = _factors(gates[block], cs[:-1][block], tanh_cs[block], factors)
            das_block = factors[: len(factors_c)]
            parts = (
                factors_c,
                das_block.reshape(len(factors_c), 4 * H, N),
                *das_block.swapaxes(0, 1),
                gates[block, 1],
                dhs[block].swapaxes(1, 2),
                das[:, block].swapaxes(0, 1),
                dzs[block],
            )
            later_first = [
                reversed(range(block.start, block.stop)),
                *(part[::-1] for part in parts),
            ]
            for t, factor_c, da, da_i, da_f, da_g, da_o, f, from_output, kept_da, dz in zip(
                *later_first, strict=True
            ):
                if t + 1 in ending:
                    _enter(dstate, ending[t + 1], dh, dc)
                dh += from_output
                dc += dh * factor_c
                da_i *= dc
                da_f *= dc
                da_g *= dc
                da_o *= dh
                dc *= f
                kept_da[:] = da
                dh = np.matmul(W_T, da, out=dz)[:H]  # changed below, but not read again
        if 0 in ending:
            _enter(dstate, ending[0], dh, dc)
        all_zs = zs[:T].transpose(0, 2, 1).reshape(T * N, H + D + 1)
        dW = das.reshape(4 * H, T * N) @ all_zs
        dweights = Weights(dW[:, H:-1], dW[:, :H], dW[:, -1], dW[:, -1].copy())
        dxs = dzs[:, H:].transpose(0, 2, 1).copy("C")
        return dweights, dxs, LSTMState(dh.T.copy("C"), dc.T.copy("C"))


def _factors(gates, c_before, tanh_c, out):
    """Fill ``out`` with the factors of dc, dc, dc, dh in da; return the factor of dh in dc.

    da = (dc g i(1-i), dc c_{t-1} f(1-f), dc i (1-g²), dh tanh(c) o(1-o))
    dc += dh o (1 - tanh(c)²)
    """
    i, f, g, o = gates.swapaxes(0, 1)
    of_i, of_f, of_g, of_o = out[: len(gates)].swapaxes(0, 1)
    for factor, gate, partner in ((of_i, i, g), (of_f, f, c_before), (of_o, o, tanh_c)):
        np.subtract(1, gate, out=factor)
        factor *= gate
        factor *= partner
    np.multiply(1 - g * g, i, out=of_g)
    return (1 - tanh_c * tanh_c) * o


def _enter(dstate, rows, dh, dc):
    """The gradient of the final state comes in where a row ends."""
    dh[:, rows] += dstate.h[rows].T
    dc[:, rows] += dstate.c[rows].T
