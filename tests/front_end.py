"""The front end of an explorable, without a browser: its functions, and what its sentences say."""

import json
import re
from itertools import pairwise

import quickjs

from rnncourse.explorables import Explorable


class FrontEnd:
    """The ES module of an explorable, loaded without a browser, to call its pure functions."""

    def __init__(self, explorable: Explorable):
        source = re.sub(r"^export (default .*)?", "", explorable._esm, flags=re.MULTILINE)
        self.context = quickjs.Context()
        self.context.eval(source)

    def __call__(self, function: str, *arguments):
        call = f"JSON.stringify({function}({', '.join(json.dumps(a) for a in arguments)}))"
        return json.loads(self.context.eval(call))


def equal_numbers(sentence):
    """Pairs that a sentence says to be equal: of "a = 2 × 3 + 1 = 6 + 1 = 7" two pairs."""
    values = []
    for piece in sentence.replace("−", "-").split("="):
        found = re.match(r"\s*((?:½ )?[-+×²().\de ]*[\d)²])", piece)
        sum_ = found[1] if found and found[1].count("(") == found[1].count(")") else ""
        python = sum_.replace("½", "0.5 *").replace("×", "*").replace("²", "**2")
        values.append((eval(python) if python else None, sum_ == piece.strip()))
    return [
        (one, other)
        for (one, is_whole), (other, _) in pairwise(values)
        if is_whole and None not in (one, other)
    ]
