"""Each cell from its paper's equations and each wiring in a line or two, in torch.

It shares nothing with the package but the names of the weights, and torch derives the gradients.
A cell maps w, x and the arrays of a state to those of the next. A layer maps w, xs and a state to
outputs and the last state; ``read`` is the one that runs a cell over time.
"""

from functools import partial

import pytest

torch = pytest.importorskip("torch")


def affine(w, x, h):
    return x @ w.W_ih.T + w.b_ih + h @ w.W_hh.T + w.b_hh


def elman(nonlinearity, w, x, h):
    return (nonlinearity(affine(w, x, h)),)


def residual(w, x, h):
    return (h + affine(w, x, h).tanh(),)


def elman_with_layer_norm(eps, w, x, h):
    a = torch.nn.functional.layer_norm(affine(w, x, h), h.shape[-1:], w.gain, w.shift, eps)
    return (a.tanh(),)


def lstm(w, x, h, c):
    i, f, g, o = affine(w, x, h).chunk(4, dim=-1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def lstm_without_forget_gate(w, x, h, c):
    i, g, o = affine(w, x, h).chunk(3, dim=-1)
    c = c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def lstm_with_coupled_gates(w, x, h, c):
    i, g, o = affine(w, x, h).chunk(3, dim=-1)
    c = (1 - i.sigmoid()) * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def lstm_with_peepholes(w, x, h, c):
    i, f, g, o = affine(w, x, h).chunk(4, dim=-1)
    c = (f + w.p_f * c).sigmoid() * c + (i + w.p_i * c).sigmoid() * g.tanh()
    return (o + w.p_o * c).sigmoid() * c.tanh(), c


def reset_after(w, x, h):
    x_r, x_z, x_n = (x @ w.W_ih.T + w.b_ih).chunk(3, dim=-1)
    h_r, h_z, h_n = (h @ w.W_hh.T + w.b_hh).chunk(3, dim=-1)
    return (x_z + h_z).sigmoid(), (x_n + (x_r + h_r).sigmoid() * h_n).tanh()


def reset_before(w, x, h):
    x_r, x_z, x_n = (x @ w.W_ih.T + w.b_ih).chunk(3, dim=-1)
    h_r, h_z = (h @ w.W_hh.T + w.b_hh).chunk(2, dim=-1)
    reset = (x_r + h_r).sigmoid() * h
    return (x_z + h_z).sigmoid(), (x_n + reset @ w.W_hn.T + w.b_hn).tanh()


def gru_of_cho(z_and_candidate, w, x, h):
    z, n = z_and_candidate(w, x, h)
    return (z * h + (1 - z) * n,)


def gru_of_chung(z_and_candidate, w, x, h):
    z, n = z_and_candidate(w, x, h)
    return ((1 - z) * h + z * n,)


def read(step, running, w, xs, state, leftwards=False):
    """The loop over time. A row that has not begun, or has ended, keeps its state."""
    hs, steps = [None] * len(xs), range(len(xs))
    for t in reversed(steps) if leftwards else steps:
        new = step(w, xs[t], *state)
        state = [torch.where(running[t], *pair) for pair in zip(new, state, strict=True)]
        hs[t] = state[0]
    return torch.stack(hs), state


def joined(join, read, w, xs, start):
    rightwards, end = read(w.left_to_right, xs, start.left_to_right)
    leftwards, other_end = read(w.right_to_left, xs, start.right_to_left, leftwards=True)
    return join(rightwards, leftwards, w.projection), (end, other_end)


def concatenated(x, y, projection):
    return torch.cat([x, y], dim=-1)


def added(x, y, projection):
    return x + y


def projected(x, y, projection):
    return concatenated(x, y, ()) @ projection.W.T + projection.b


def chain(shortcuts, read, w, xs, start):
    """Layer on layer; each shortcut gets what the layer has read, its outputs, its projection."""
    ends = []
    for shortcut, layer, projection, state in zip(shortcuts, *w, start, strict=True):
        ys, end = read(layer, xs, state)
        xs = shortcut(xs, ys, projection)
        ends.append(end)
    return xs, ends


def no_shortcut(x, y, projection):
    return y


def projected_shortcut(x, y, projection):
    return x @ projection.W.T + projection.b + y


def two_chains(read, w, xs, start):
    def whole_chain(*arguments, **direction):
        return chain([no_shortcut] * 2, partial(read, **direction), *arguments)

    return joined(concatenated, whole_chain, w, xs, start)


def turning(read, w, xs, start):
    xs, first = read(w.layers[0], xs, start[0])
    xs, second = read(w.layers[1], xs, start[1], leftwards=True)
    return xs, (first, second)


def levels(join, shortcuts, read, w, xs, start):
    return chain(shortcuts, partial(joined, join, read), w, xs, start)


def with_single_steps(read, w, xs, start):
    xs, first = read(w.layers[0], xs, start[0])
    xs = torch.nn.functional.layer_norm(xs, xs.shape[-1:], *w.layers[1])
    xs, last = read(w.layers[2], xs, start[2])
    return torch.nn.functional.linear(xs, *w.layers[3]), (first, (), last, ())
