"""No attack gains a mark, learns what is hidden, or harms anyone: see attacks.py for each."""

import shutil

import pytest

from grading.attacks import ATTACKS, NO_ATTACK
from grading.toy_course import PARTLY_MARKS
from grading.trusted import attack_all

needs_sandbox = pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is missing")


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """The baseline and all attacks, graded once."""
    return attack_all([NO_ATTACK, *ATTACKS], tmp_path_factory.mktemp("attacks"))


@needs_sandbox
def test_the_baseline_has_the_marks_that_it_earns(batch):
    assert batch.outcomes[0].marks == {"000 no-attack": PARTLY_MARKS}


@needs_sandbox
@pytest.mark.parametrize("number", range(1, len(ATTACKS) + 1), ids=[a.name for a in ATTACKS])
def test_an_attack_gains_nothing_and_shows_nothing(batch, number):
    outcome = batch.outcomes[number]
    for student, marks in outcome.marks.items():
        gained = {q: mark for q, mark in marks.items() if mark > PARTLY_MARKS[q]}
        assert not gained, f"{student} has more marks than without the attack"
    assert not outcome.harm
    assert outcome.marks or outcome.reason, "it is not graded, and no reason is given"


@needs_sandbox
def test_neighbours_keep_their_marks(batch):
    for name, (marks, expected) in batch.neighbours.items():
        assert marks == expected, name


@needs_sandbox
def test_nothing_is_left_behind(batch):
    assert not batch.traces


def test_the_corpus_covers_every_family():
    families = [attack.family for attack in ATTACKS]
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 35
    assert min(map(families.count, families)) >= 2
