"""What does each attack gain? Marks with plain nbgrader beside ours, of the same baseline.

    python benchmarks/attacks.py [--only NAME ...] [--plain-only]

baseline   marks of the submission without the attack
plain      marks that nbgrader gives it, or that its accomplice's submission gets, and its harm
ours       marks that tools.grade gives it, and its harm

Needs bubblewrap: the attacks work, so plain nbgrader runs them in a sandbox around all of it.
"""

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # the attacks belong to the tests

from grading import plain  # noqa: E402
from grading.attacks import ATTACKS, NO_ATTACK  # noqa: E402
from grading.toy_course import PARTLY_MARKS  # noqa: E402
from tqdm import tqdm  # noqa: E402


def total(outcome):
    """The marks of the submission that got most."""
    return max((sum(marks.values()) for marks in outcome.marks.values()), default=0)


def gains(outcome):
    """Does a question of a submission have more marks than the baseline's?"""
    return any(
        mark > PARTLY_MARKS[question]
        for marks in outcome.marks.values()
        for question, mark in marks.items()
    )


def shown(outcome):
    """An outcome as a cell of the table: a star where a mark was gained."""
    if outcome is None:
        return "–"
    marks = f"{total(outcome):g}{'*' if gains(outcome) else ''}"
    if outcome.reason and not total(outcome):
        marks = "not graded"
    return ", ".join([marks, *outcome.harm])


def run_plain(attacks):
    with tempfile.TemporaryDirectory(prefix="plain-") as folder:
        course, released = plain.prepare(Path(folder))

        def outcome(attack):
            return plain.attack_plainly(attack, course, released)

        with ThreadPoolExecutor(2) as pool:
            return list(tqdm(pool.map(outcome, attacks), "Plain nbgrader", len(attacks)))


def run_ours(attacks):
    from grading import trusted

    with tempfile.TemporaryDirectory(prefix="ours-") as folder:
        return trusted.attack_all(attacks, Path(folder)).outcomes


def table(attacks, plainly, ours):
    """A line an attack; the first is the baseline."""
    lines = ["| attack | family | baseline | plain nbgrader | ours |", "|---|---|--:|---|---|"]
    for attack, one, other in zip(attacks, plainly, ours, strict=True):
        cells = attack.name, attack.family, shown(plainly[0]), shown(one), shown(other)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def totals(attacks, plainly, ours):
    """For each family: attacks, and how many gained a mark or did harm."""
    lines = [
        "| family | attacks | plain: gain | plain: harm | ours: gain | ours: harm |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    families = list(dict.fromkeys(attack.family for attack in attacks[1:]))
    for family in [*families, "all"]:
        chosen = [n for n, a in enumerate(attacks) if n and family in (a.family, "all")]
        counts = [len(chosen)]
        for outcomes in (plainly, ours):
            there = [outcomes[n] for n in chosen if outcomes[n]]
            counts += [sum(map(gains, there)), sum(bool(o.harm) for o in there)] if there else "––"
        lines.append(f"| {family} | {' | '.join(map(str, counts))} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description="What does each attack gain?")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these attacks")
    parser.add_argument("--plain-only", action="store_true", help="leave our grading out")
    options = parser.parse_args()
    attacks = [attack for attack in ATTACKS if not options.only or attack.name in options.only]
    attacks.insert(0, NO_ATTACK)
    ours = [None] * len(attacks) if options.plain_only else run_ours(attacks)
    plainly = run_plain(attacks)
    print(table(attacks, plainly, ours))
    print("\n* a question has more marks than the baseline's\n")
    print(totals(attacks, plainly, ours))


if __name__ == "__main__":
    main()
