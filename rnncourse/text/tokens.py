"""Cut text into pieces to count: words, characters, n-grams."""

import re

from rnncourse import validate


def words(text):
    """The words of a text in lower case: runs of letters, digits and underscores.

    Chinese has no spaces, so a whole clause comes out as one word: see ``Segmenter``.
    Raises: TypeError unless text is a string.
    Reference: the page counting-words.

    >>> words("The cat's 2 fish.")
    ['the', 'cat', 's', '2', 'fish']
    """
    return re.findall(r"\w+", validate.kind("text", text, str).lower())


def characters(text):
    """The characters of a text, without white space.

    Raises: TypeError unless text is a string.
    Reference: the page counting-words.

    >>> characters("猫 喜欢 鱼")
    ['猫', '喜', '欢', '鱼']
    """
    return [character for character in validate.kind("text", text, str) if not character.isspace()]


def ngrams(tokens, shortest, longest=None, separator=" "):
    """All runs of ``shortest`` to ``longest`` neighbours, joined: n-grams, the short ones first.

    A string gives n-grams of characters; join these with "". ``longest`` is ``shortest`` if not
    given.
    Raises: ValueError unless 1 <= shortest <= longest; TypeError unless the tokens are strings.
    Reference: the page counting-words.

    >>> ngrams(["猫", "喜欢", "吃", "鱼"], 2)
    ['猫 喜欢', '喜欢 吃', '吃 鱼']
    >>> ngrams("fish", 3, 4, separator="")
    ['fis', 'ish', 'fish']
    """
    validate.kind("separator", separator, str)
    validate.whole("shortest", shortest, 1)
    longest = shortest if longest is None else longest
    validate.whole("longest", longest, shortest)
    tokens = tokens if isinstance(tokens, str) else validate.tokens("tokens", tokens)
    return [
        separator.join(tokens[start : start + n])
        for n in range(shortest, longest + 1)
        for start in range(len(tokens) - n + 1)
    ]
