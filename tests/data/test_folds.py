"""Folds: every student tests once, the parts are disjoint, and what is asked must be possible."""

import polars as pl
import pytest

from kt_fewshot.data import Interactions, by_student_folds, held_out
from kt_fewshot.errors import LogError


def _log(n_students: int) -> Interactions:
    return Interactions.ordered(
        pl.DataFrame({"student": [f"s{k}" for k in range(n_students)], "correct": [k % 2 for k in range(n_students)]})
    )


def _students(part) -> set[str]:
    return set(part.interactions.table["student"])


@pytest.mark.parametrize(("n_students", "n_folds"), [(40, 5), (11, 3), (4, 2), (5, 5)])
def test_every_student_tests_once_and_is_in_one_part(n_students, n_folds):
    log = _log(n_students)
    splits = [by_student_folds(log, n_folds=n_folds, test_fold=fold, seed=0) for fold in range(1, n_folds + 1)]
    tested = [_students(split.test) for split in splits]
    assert sum(map(len, tested)) == n_students == len(set().union(*tested))
    assert max(map(len, tested)) - min(map(len, tested)) <= 1
    for split in splits:
        parts = [_students(part) for part in (split.train, split.valid, split.test)]
        assert all(parts)
        assert sum(map(len, parts)) == n_students == len(set().union(*parts))


def test_five_folds_of_forty_are_seventy_ten_twenty():
    split = by_student_folds(_log(40), n_folds=5, test_fold=2, seed=0)
    assert [len(_students(part)) for part in (split.train, split.valid, split.test)] == [28, 4, 8]


def test_the_seed_decides_and_nothing_else():
    log = _log(20)
    upside_down = Interactions.ordered(log.table.reverse())
    deals = [_students(by_student_folds(made, n_folds=4, test_fold=1, seed=0).test) for made in (log, upside_down)]
    assert deals[0] == deals[1] != _students(by_student_folds(log, n_folds=4, test_fold=1, seed=1).test)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="`n_folds` should be at least 2. Found `n_folds = 1`"):
        by_student_folds(_log(9), n_folds=1, test_fold=1, seed=0)
    with pytest.raises(ValueError, match="`test_fold` should be from 1 to 3. Found `test_fold = 4`"):
        by_student_folds(_log(9), n_folds=3, test_fold=4, seed=0)
    with pytest.raises(LogError, match="Cross-validation with 5 folds needs at least 5 students. Found 4"):
        by_student_folds(_log(4), n_folds=5, test_fold=1, seed=0)
    with pytest.raises(LogError, match="2 folds needs at least 4 students. Found 3"):
        by_student_folds(_log(3), n_folds=2, test_fold=1, seed=0)


@pytest.mark.parametrize(
    ("n_students", "fraction", "n"), [(20, 0.1, 2), (3, 0.1, 1), (2, 0.9, 1), (1, 0.5, 0), (10, 0.99, 9)]
)
def test_held_out_is_some_but_never_all(n_students, fraction, n):
    log = _log(n_students)
    students = held_out(log, fraction=fraction, seed=0)
    assert len(set(students)) == len(students) == n
    assert set(students) <= set(log.table["student"])
