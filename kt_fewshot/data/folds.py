"""Cross-validation over students: every student tests once."""

from kt_fewshot.errors import LogError

from .interactions import Interactions
from .parts import PARTS, Split, count
from .splits import dealt, with_test

VALID_FRACTION = 0.125
"""Share of the students who do not test that validate: with five folds 70 % train, 10 % validate, 20 % test."""


def by_student_folds(interactions: Interactions, *, n_folds: int, test_fold: int, seed: int) -> Split:
    """One of several splits, between which every student is in the test part exactly once.

    Students are dealt in an order that depends on the ids and the seed only, one fold after the other, so the folds'
    numbers of students differ by one at most.

    Args:
        interactions: the log.
        n_folds: how many splits there are, 2 or more.
        test_fold: number of this one, from 1.
        seed: another seed, other folds.

    Raises:
        ValueError: if a number is out of range.
        LogError: if there are too few students.
    """
    if n_folds < 2:
        raise ValueError(f"`n_folds` should be at least 2. Found `n_folds = {n_folds}`.")
    if not 1 <= test_fold <= n_folds:
        raise ValueError(f"`test_fold` should be from 1 to {n_folds}. Found `test_fold = {test_fold}`.")
    students = dealt(interactions, seed)
    least = max(n_folds, len(PARTS)) if n_folds > 2 else len(PARTS) + 1
    if len(students) < least:
        raise LogError(
            f"Cross-validation with {n_folds} folds needs at least {count(least, 'student')}. Found {len(students)}."
        )
    test = students[test_fold - 1 :: n_folds]
    others = sorted(set(students) - set(test))
    log, test_log = interactions.of_students(others), interactions.of_students(test)
    return with_test(log, test_log, valid_fraction=VALID_FRACTION, seed=seed)


def held_out(interactions: Interactions, *, fraction: float, seed: int) -> list[str]:
    """A share of the students, at least one, never all; none of a single one.

    Args:
        interactions: the log.
        fraction: the share, in (0, 1).
        seed: another seed, other students.
    """
    students = dealt(interactions, seed)
    n = min(max(int(fraction * len(students) + 0.5), 1), len(students) - 1)
    return students[: max(n, 0)]
