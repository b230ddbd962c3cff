"""Attention, in PyTorch: at every step, look back at all that was read."""

import torch
from torch import nn

from rnncourse import validate


class Attention(nn.Module):
    """Look back at a memory:  weights = softmax(scores);  tanh(W [weights · memory; query]).

    "dot": score = query · memory.  "additive": score = v · tanh(W_query query + W_memory memory).
    Shapes: queries and outputs (T, N, size); memory (S, N, size); weights (T, N, S); mask (S, N),
    0 on padding, whose weight is 0. Where all is padding, so are all weights.
    Raises: ValueError for a size, a score or shapes that do not fit.
    Reference: Luong, Pham & Manning 2015, with the score of Bahdanau, Cho & Bengio 2015 if additive
    (who look back from the step before, which takes a loop where this is one product).

    >>> memory = torch.tensor([[[9.0, 0.0]], [[0.0, 9.0]]])
    >>> outputs, weights = Attention(2, "dot")(memory, memory, mask=torch.ones(2, 1))
    >>> weights.round(decimals=3).tolist()
    [[[1.0, 0.0]], [[0.0, 1.0]]]
    """

    def __init__(self, size, score):
        super().__init__()
        self.size, self.score = size, score
        validate.sizes(self, "size")
        validate.choice("Attention: score", score, ("additive", "dot"))
        self.W = nn.Linear(2 * size, size, bias=False)
        if score == "additive":
            self.W_query = nn.Linear(size, size, bias=False)
            self.W_memory = nn.Linear(size, size, bias=False)
            self.v = nn.Linear(size, 1, bias=False)

    def forward(self, queries, memory, mask):
        """Return the outputs and the weights."""
        S, N = mask.shape if mask.ndim == 2 else (None, None)
        if memory.shape != (S, N, self.size) or queries.shape[1:] != (N, self.size):
            wanted = f"(T, N, {self.size}), (S, N, {self.size}) and (S, N)"
            came = ", ".join(str(tuple(tensor.shape)) for tensor in (queries, memory, mask))
            raise ValueError(f"queries, memory and mask should be {wanted}, got {came}")
        if self.score == "dot":
            scores = torch.einsum("tnh,snh->tns", queries, memory)
        else:
            pairs = self.W_query(queries)[:, None] + self.W_memory(memory)  # (T, S, N, size)
            scores = self.v(torch.tanh(pairs)).squeeze(-1).transpose(1, 2)
        padding, lowest = mask.T == 0, torch.finfo(scores.dtype).min  # -inf could make a nan
        weights = scores.masked_fill(padding, lowest).softmax(dim=-1).masked_fill(padding, 0)
        contexts = torch.einsum("tns,snh->tnh", weights, memory)
        return torch.tanh(self.W(torch.cat([contexts, queries], dim=-1))), weights
