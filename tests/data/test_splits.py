"""Splits: who is where, worked on paper; then that nobody and nothing crosses a border."""

from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.data.interactions import Interactions
from kt_fewshot.data.parts import Part, Split
from kt_fewshot.data.splits import by_fold, by_fold_files, by_student, by_time, with_test
from kt_fewshot.errors import LogError


def log_of(*students: str, **columns: list) -> Interactions:
    """One answer for each name, all correct; a name given again answers again."""
    return Interactions.ordered(pl.DataFrame({"student": students, "correct": [1] * len(students)} | columns))


def names(part: Part) -> set[str]:
    return set(part.interactions.table["student"])


def rows(part: Part, *, scored_only: bool = True) -> set[int]:
    table = part.interactions.table
    return set(table["row"].filter(pl.Series(part.scored)) if scored_only else table["row"])


def parts(split: Split) -> list[Part]:
    return [split.train, split.valid, split.test]


many = st.lists(st.integers(1, 6), min_size=10, max_size=40).map(
    lambda lengths: log_of(*[f"s{k}" for k, length in enumerate([4, *lengths]) for _ in range(length)])
)


# by student


def test_by_student_takes_the_shares_of_the_students():
    split = by_student(log_of(*[f"s{k}" for k in range(20)]), fractions=(0.7, 0.1, 0.2), seed=3)
    assert [len(names(part)) for part in parts(split)] == [14, 2, 4]


def test_by_student_gives_every_part_a_student():
    split = by_student(log_of("ada", "bo", "cy"), fractions=(0.98, 0.01, 0.01), seed=0)
    assert [len(names(part)) for part in parts(split)] == [1, 1, 1]


@given(many, st.integers(0, 5))
def test_by_student_loses_nobody_and_keeps_histories_whole(log: Interactions, seed: int):
    split = by_student(log, seed=seed)
    assert sum(len(names(part)) for part in parts(split)) == log.n_students
    for part in parts(split):
        assert part.scored.all()
        assert part.interactions.table.equals(log.of_students(list(names(part))).table)


def test_by_student_does_not_see_the_order_of_the_log():
    ids = [f"s{k}" for k in range(50)]
    one, other = (by_student(log_of(*order), seed=1) for order in (ids, ids[::-1]))
    assert [names(part) for part in parts(one)] == [names(part) for part in parts(other)]


def test_by_student_is_the_same_deal_everywhere():
    # Frozen: a saved run must find its test students again on another machine and in another version.
    split = by_student(log_of(*"abcdefghij"), seed=7)
    assert [sorted(names(part)) for part in (split.valid, split.test)] == [["b"], ["d", "i"]]


def test_another_seed_is_another_deal():
    log = log_of(*[f"s{k}" for k in range(50)])
    assert names(by_student(log, seed=0).test) != names(by_student(log, seed=1).test)


def test_one_student_more_moves_few():
    ids = [f"s{k}" for k in range(200)]
    before, after = (by_student(log_of(*some), seed=0).frame() for some in (ids, [*ids, "late"]))
    both = before.join(after, on="student", suffix="_after")
    assert both.filter(pl.col("part") != pl.col("part_after")).height <= 2


def test_two_students_are_too_few():
    with pytest.raises(LogError, match=r"at least one student in each .* Found 2 students"):
        by_student(log_of("ada", "bo"), seed=0)


@pytest.mark.parametrize("fractions", [(0.7, 0.2, 0.2), (1.0, 0.0, 0.0), (0.5, 0.5)])
@pytest.mark.parametrize("split", [partial(by_student, seed=0), by_time])
def test_fractions_are_three_positive_numbers_that_add_up_to_one(split, fractions):
    with pytest.raises(ValueError, match="three positive numbers that add up to 1. Found"):
        split(log_of("ada", "bo", "cy"), fractions=fractions)


# by time


def test_by_time_on_ten_answers():
    split = by_time(log_of(*["ada"] * 10))
    assert rows(split.train) == rows(split.train, scored_only=False) == set(range(1, 8))
    assert (rows(split.valid), rows(split.valid, scored_only=False)) == ({8}, set(range(1, 9)))
    assert (rows(split.test), rows(split.test, scored_only=False)) == ({9, 10}, set(range(1, 11)))


def test_by_time_leaves_out_students_with_nothing_to_score():
    # 1 answer: train only. 2 answers: 1.4 -> 1 trains, 1.6 -> 2 validate. 3 answers: 2.1 -> 2, 2.4 -> 2: no validation.
    split = by_time(log_of("one", *["two"] * 2, *["three"] * 3))
    assert [names(part) for part in parts(split)] == [{"one", "two", "three"}, {"two"}, {"three"}]


def test_by_time_moves_a_border_behind_a_bundle():
    # 20 answers: the borders stand before rows 15 and 17. Rows 14 and 15 are a bundle, so are 17 and 18.
    bundles = [*[None] * 13, 1, 1, None, 2, 2, None, None]
    split = by_time(log_of(*["ada"] * 20, bundle=bundles))
    assert [rows(part) for part in parts(split)] == [set(range(1, 16)), {16}, {17, 18, 19, 20}]


def test_by_time_does_not_join_bundles_of_different_students():
    # Both carry bundle 1, ada at her end and bo at his beginning.
    split = by_time(log_of(*["ada"] * 10, *["bo"] * 10, bundle=[*[None] * 9, 1, 1, *[None] * 9]))
    assert rows(split.test) == {9, 10, 19, 20}


@given(many)
def test_by_time_scores_every_answer_once_and_shows_no_later_part(log: Interactions):
    split = by_time(log, fractions=(0.5, 0.25, 0.25))
    scored = [rows(part) for part in parts(split)]
    assert sum(map(len, scored)) == len(log) == len(set.union(*scored))
    assert not rows(split.train, scored_only=False) & (scored[1] | scored[2])
    assert not rows(split.valid, scored_only=False) & scored[2]
    for part in parts(split):
        counts = part.interactions.table.with_columns(scored=pl.Series(part.scored))
        back = counts.select(pl.col("scored").cast(pl.Int8).diff().over("student")).to_series().drop_nulls()
        assert (back >= 0).all()  # history first, then what counts
        assert (part.students["answers"] > 0).all()


def test_by_time_needs_histories_of_some_length():
    with pytest.raises(LogError, match=r"no answer for 'valid': .* Found at most 1 answers a student"):
        by_time(log_of("ada", "bo"))


# by fold


def test_by_fold_follows_the_column():
    log = log_of("a", "b", "c", "d", "d", fold=[0, 1, 2, -1, -1])
    split = by_fold(log, valid=1)
    assert [names(part) for part in parts(split)] == [{"a", "c"}, {"b"}, {"d"}]
    assert [names(part) for part in parts(by_fold(log, valid=1, test=2))] == [{"a", "d"}, {"b"}, {"c"}]


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([0, 1, None], "the fold of every answer. Found 1 answers without"),
        ([0, 1, 2], r"Fold -1 is not in the log \(found: 0, 1, 2\)"),
        ([0, 0, -1], r"Fold 1 is not in the log \(found: -1, 0\)"),
        ([1, 1, -1], "No fold is left to train on beside 1 and -1"),
    ],
)
def test_by_fold_says_what_is_wrong_with_the_folds(folds, message):
    with pytest.raises(LogError, match=message):
        by_fold(log_of("a", "b", "c", fold=folds), valid=1)


def test_by_fold_refuses_a_student_in_two_folds():
    with pytest.raises(LogError, match="Found 1 student in several folds, such as 'a'"):
        by_fold(log_of("a", "a", "b", "c", fold=[0, 1, 1, -1]), valid=1)


def test_by_fold_needs_two_folds():
    with pytest.raises(ValueError, match="different folds. Found 1 for both"):
        by_fold(log_of("a", fold=[1]), valid=1, test=1)


# by fold files and with a test log


@pytest.mark.parametrize(("test_fold", "valid", "test"), [(1, {"b"}, {"a"}), (2, {"c"}, {"b"}), (5, {"a"}, {"e"})])
def test_by_fold_files_validates_on_the_next(test_fold, valid, test):
    split = by_fold_files([log_of(name, name) for name in "abcde"], test_fold=test_fold)
    assert (names(split.valid), names(split.test)) == (valid, test)
    assert names(split.train) == set("abcde") - valid - test
    assert len(split.train.scored) == 6


def test_by_fold_files_keeps_the_origin_of_every_row():
    logs = [replace(log_of(name), files=(f"{name}.csv",)) for name in "abcd"]
    train = by_fold_files(logs, test_fold=1).train.interactions
    origin = {student: train.files[file] for student, file in train.table.select("student", "file").iter_rows()}
    assert origin == {"c": "c.csv", "d": "d.csv"}


def test_by_fold_files_refuses_what_is_no_cross_validation():
    with pytest.raises(LogError, match="Found 1 student in several fold files, such as 'a'"):
        by_fold_files([log_of("a"), log_of("a", "b"), log_of("c")], test_fold=1)
    with pytest.raises(LogError, match="at least 3 logs.* Found 2"):
        by_fold_files([log_of("a"), log_of("b")], test_fold=1)
    with pytest.raises(ValueError, match="from 1 to 3. Found `test_fold = 0`"):
        by_fold_files([log_of("a"), log_of("b"), log_of("c")], test_fold=0)


def test_with_test_takes_validation_from_the_first_log():
    log, test_log = log_of(*[f"s{k}" for k in range(30)]), log_of("t", "t")
    split = with_test(log, test_log, valid_fraction=0.1, seed=0)
    assert len(names(split.valid)) == 3
    assert names(split.train) == names(Part.whole(log)) - names(split.valid)
    assert split.test.interactions is test_log
    assert names(split.valid) != names(with_test(log, test_log, seed=1).valid)


def test_with_test_refuses_shared_students_and_empty_logs():
    with pytest.raises(LogError, match="Found 1 student in both the log and the test log, such as 'b'"):
        with_test(log_of("a", "b"), log_of("b", "c"), seed=0)
    with pytest.raises(LogError, match="students to train and to validate. Found 1 student."):
        with_test(log_of("a"), log_of("b"), seed=0)
    with pytest.raises(LogError, match="The test log has no answers"):
        with_test(log_of("a", "b"), log_of("c").where(pl.lit(value=False)), seed=0)
    with pytest.raises(ValueError, match=r"in \(0, 1\). Found `valid_fraction = 1.0`"):
        with_test(log_of("a", "b"), log_of("c"), valid_fraction=1.0, seed=0)


# what all have in common


def test_frame_and_describe_tell_the_answers_that_count():
    split = by_time(log_of(*["ada"] * 10, *["bo"] * 2))
    assert split.frame().rows() == [
        ("ada", "train", 7),
        ("bo", "train", 1),
        ("ada", "valid", 1),
        ("bo", "valid", 1),
        ("ada", "test", 2),
    ]
    assert split.describe() == (
        "train 8 answers of 2 students, valid 2 answers of 2 students, test 2 answers of 1 student"
    )


@pytest.mark.parametrize("scored", [np.ones(1, dtype=bool), np.ones(2)])
def test_a_part_knows_for_every_answer_whether_it_counts(scored):
    with pytest.raises(ValueError, match="one boolean for each of 2 answers. Found"):
        Part(log_of("a", "b"), scored)
