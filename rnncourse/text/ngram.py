"""Counting n-grams as a language model: the baseline that a network has to beat."""

from collections import Counter, defaultdict

import numpy as np

from rnncourse import validate


class KneserNey:
    """Interpolated Kneser-Ney smoothing over characters or words.

    p_k(w | c) = max(n(c w) - d_k, 0) / n(c) + d_k t(c) / n(c) · p_{k-1}(w | shorter c)

    where t(c) counts the different symbols seen after c. The highest order counts n-grams; a
    lower one counts in how many different places its n-gram continues something (so that a
    symbol seen often but always in one phrase is not thought likely elsewhere). p_0 = 1 / V.
    Raises: ValueError for an order below 1 or a text shorter than the order; TypeError for a
    string where the model was made of a list, or the other way round.
    Reference: Kneser & Ney 1995; Chen & Goodman 1999, section 2.7; the page language-models.

    >>> model = KneserNey("abracadabra" * 20, order=3)
    >>> round(float(model.distribution("ab").sum()), 12)
    1.0
    >>> model.symbols[model.distribution("ab").argmax()]
    'r'
    """

    def __init__(self, text, order):
        validate.whole("order", order, 1)
        if len(text) < order:
            raise ValueError(f"the text should be at least {order} long, got {len(text)}")
        self.order = order
        self.symbols = tuple(sorted(set(text)))
        self._places = {symbol: place for place, symbol in enumerate(self.symbols)}
        self._tables = []  # for each order k from 1 up: {context: {symbol: count}}
        self._discounts = []
        self._letters = isinstance(text, str)
        text = self._sequence(text)
        counts = Counter(text[i : i + order] for i in range(len(text) - order + 1))
        for _ in range(order):
            self._tables.insert(0, _by_context(counts))
            self._discounts.insert(0, _discount(counts.values()))
            counts = Counter(ngram[1:] for ngram in counts)  # how many places it continues

    @property
    def size(self):
        """How many n-gram counts the model stores, over all orders."""
        return sum(len(row) for table in self._tables for row in table.values())

    def distribution(self, context):
        """Probabilities (V,) of the next symbol, in the order of ``symbols``."""
        context = self._sequence(context)
        probabilities = np.full(len(self.symbols), 1 / len(self.symbols))
        for k, (table, discount) in enumerate(zip(self._tables, self._discounts, strict=True)):
            row = table.get(self._last(context, k))
            if row is None:
                break  # a context never seen: keep what the shorter one says
            total = sum(row.values())
            probabilities *= discount * len(row) / total
            for symbol, count in row.items():
                probabilities[self._places[symbol]] += (count - discount) / total
        return probabilities

    def probability(self, symbol, context):
        """The probability of one symbol after a context; above 0 even for an unknown symbol."""
        context = self._sequence(context)
        p = 1 / len(self.symbols)
        for k, (table, discount) in enumerate(zip(self._tables, self._discounts, strict=True)):
            row = table.get(self._last(context, k))
            if row is None:
                break
            total = sum(row.values())
            p *= discount * len(row) / total
            if symbol in row:
                p += (row[symbol] - discount) / total
        return p

    def cross_entropy(self, text):
        """Mean of -log p (nats) over the symbols of a text, each given those before it."""
        if len(text) == 0:
            raise ValueError("the text should not be empty")
        text = self._sequence(text)
        reach = self.order - 1
        logs = [
            np.log(self.probability(symbol, text[max(0, t - reach) : t]))
            for t, symbol in enumerate(text)
        ]
        return -float(np.mean(logs))

    def _sequence(self, symbols):
        """A string stays one, a list of words becomes a tuple; one is never taken for the other."""
        if isinstance(symbols, str) != self._letters:
            expected = "a string" if self._letters else "a list of symbols"
            raise TypeError(f"this model was made of {expected}, got {type(symbols).__name__}")
        return symbols if self._letters else tuple(symbols)

    def _last(self, context, k):
        return context[len(context) - k :] if k <= len(context) else None


def _by_context(counts):
    table = defaultdict(dict)
    for ngram, count in counts.items():
        table[ngram[:-1]][ngram[-1]] = count
    return dict(table)


def _discount(counts):
    """d = n1 / (n1 + 2 n2), from how many n-grams were counted once and twice; ½ without any."""
    times = Counter(counts)
    once, twice = times[1], times[2]
    return once / (once + 2 * twice) if once else 0.5
