"""What is particular to each homework: a module for each, with five names.

POINTS  {question: points}. One is for the visible tests, the others for the hidden ones.
        A question that is answered in words and marked by hand is not among them.
WRONG   {question: three plausible wrong answers}, each (what it misunderstands, old, new): the
        solution becomes wrong where `old`, which occurs once in it, is replaced by `new`. All first
        ones are handed in together, then all second ones, then the third. None may get a hidden
        mark, in the grader or, in this process, in the class of any seed.
PARTLY  {question: (number in WRONG, marks it gets)} for some of the questions: a submission
        with these wrong answers and no others.
SEEDS   {question: seeds of the classes to try} where twenty take too long, as when it trains.
TOLD    {question: [(words of the hidden test's message, old, new)]}: answers that are told what
        they did. Worth having where a hidden test says more than which number is wrong.

A locked cell before a question is run before its answer, so a module need not name it.
"""

import importlib
from pathlib import Path

# By name, such as "hw2".
HOMEWORK = {
    path.stem: importlib.import_module(f"{__name__}.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("hw*.py"))
}
