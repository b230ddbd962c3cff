"""Find the words of a text that is written without spaces."""

from collections import Counter
from math import inf, log

from rnncourse import validate


class Segmenter:
    """The most probable way to cut a text into words, each word drawn on its own.

    argmax over all ways to cut of  Σ log p(word),   p(word) = n(word) / Σ n

    n counts the words of ``sentences``, which people have cut. best[i], the best score of the
    first i characters, is best[j] + log p(text[j:i]) at its best j: one pass finds it (Viterbi). A
    character that is no word of its own counts as a word seen half a time, so any text can be cut.
    Raises: ValueError without a word, or for an empty one; TypeError for a sentence that is no
    list of strings.
    Reference: Manning, Raghavan & Schütze 2008, section 2.2.1; the page counting-words.

    >>> segmenter = Segmenter([["猫", "喜欢", "鱼"], ["狗", "不", "喜欢", "鱼"]])
    >>> segmenter.cut("狗喜欢猫")
    ['狗', '喜欢', '猫']
    """

    def __init__(self, sentences):
        counts = Counter()
        for sentence in sentences:
            counts.update(validate.tokens("a sentence", sentence))
        if not counts or "" in counts:
            found = "an empty one" if counts else "none"
            raise ValueError(f"sentences should hold words, got {found}")
        total = counts.total()
        self._scores = {word: log(count / total) for word, count in counts.items()}
        self._unknown = log(0.5 / total)
        self._longest = max(map(len, counts))

    def cut(self, text):
        """The words of a text, in order; joined, they are the text."""
        validate.kind("text", text, str)
        best, starts = [0.0], [0]
        for end in range(1, len(text) + 1):
            candidates = [
                (best[start] + self._score(text[start:end]), start)
                for start in range(max(0, end - self._longest), end)
            ]
            score, start = max(candidates)
            best.append(score)
            starts.append(start)
        words, end = [], len(text)
        while end:
            words.append(text[starts[end] : end])
            end = starts[end]
        return words[::-1]

    def _score(self, word):
        return self._scores.get(word, self._unknown if len(word) == 1 else -inf)
