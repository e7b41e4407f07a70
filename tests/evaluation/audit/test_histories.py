"""Order in time, students in several parts, equal histories; by hand and by chance."""

import numpy as np
import polars as pl
from _audited import records, simulated

from _asserts import log_of
from kt_fewshot.data import Interactions
from kt_fewshot.evaluation.audit.histories import find_out_of_order, find_shared_students


def test_rows_out_of_order_are_counted():
    log = log_of([("a", "q", "x", 1)] * 10, times=[float(k) for k in range(10)])
    assert find_out_of_order(records(log)) == []
    rows = pl.Series([1, 3, 2, 5, 4, 7, 6, 9, 8, 10])
    assert find_out_of_order(records(Interactions(log.table.with_columns(row=rows)))) == []  # four are an oddity
    rows = pl.Series([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
    (found,) = find_out_of_order(records(Interactions(log.table.with_columns(row=rows))))
    assert (found.kind, found.severity, found.rows) == ("out-of-order", "risk", 9)
    assert found.example == "record 9, an answer later than record 10"


def test_students_in_several_parts_are_named_by_their_records_only():
    log = simulated(students=10)
    student = log.table["student"].rle_id().to_numpy()
    whole = pl.Series(np.where(student < 7, "train", "test"))
    assert find_shared_students(records(log, split=whole)) == []
    mixed = pl.Series(np.where(np.arange(len(log)) % 4 == 0, "test", "train"))
    (found,) = find_shared_students(records(log, split=mixed))
    assert (found.kind, found.severity, found.rows) == ("students-across-splits", "leak", len(log))
    assert "10 of 10 students" in found.sentence
    assert "record 1 (test)" in found.example
    assert not any(name in found.example for name in log.table["student"].unique())


def test_a_split_by_time_is_none_but_a_mixed_one_is():
    log = simulated(students=12)
    place = log.table.select(pl.int_range(pl.len()).over("student") / pl.len().over("student")).to_series()
    parts = pl.Series(np.where(place < 0.7, "train", "test"))
    assert find_shared_students(records(log, split=parts)) == []
    swapped = parts.to_list()
    swapped[0] = "test"
    assert len(find_shared_students(records(log, split=pl.Series(swapped)))) == 1


def test_folds_are_parts_and_a_split_may_be_another_in_each_fold():
    log = simulated(students=10)
    student = log.table["student"].rle_id().to_numpy()
    folded = Interactions(log.table.with_columns(fold=pl.Series(student % 2, dtype=pl.Int16)))
    assert find_shared_students(records(folded)) == []
    torn = Interactions(log.table.with_columns(fold=pl.Series(np.arange(len(log)) % 2, dtype=pl.Int16)))
    assert len(find_shared_students(records(torn))) == 1
    twice = pl.concat([log.table.with_columns(fold=pl.lit(fold, pl.Int16)) for fold in (0, 1)])
    both = Interactions.ordered(twice.with_columns(row=pl.int_range(1, pl.len() + 1)), by=None)
    part = pl.Series(np.where((both.table["student"].rle_id() + both.table["fold"]) % 2 == 0, "train", "test"))
    assert find_shared_students(records(both, split=part)) == []


def test_the_same_history_under_another_id_is_found_and_chance_is_not():
    log = simulated(students=20, seed=2)
    first = log.table.filter(log.table["student"].rle_id() == 0)
    assert first.height > 10
    copied = Interactions(
        pl.concat([log.table, first.with_columns(student=pl.lit("copy"), row=pl.col("row") + 10_000)])
    )
    (found,) = find_shared_students(records(copied))
    assert (found.kind, found.severity, found.rows) == ("same-history", "risk", 2 * first.height)
    part = pl.Series(np.where(copied.table["student"] == "copy", "test", "train"))
    (found,) = find_shared_students(records(copied, split=part))
    assert found.severity == "leak"
    assert find_shared_students(records(log)) == []
    perfect = log_of([(student, f"q{k}", "x", 1) for student in "abcdef" for k in range(40)])
    assert find_shared_students(records(perfect)) == []
    swapped = copied.table.with_columns(
        correct=pl.when((pl.col("student") == "copy") & (pl.int_range(pl.len()) == len(copied) - 1))
        .then(1 - pl.col("correct"))
        .otherwise("correct")
    )
    assert find_shared_students(records(Interactions(swapped))) == []
