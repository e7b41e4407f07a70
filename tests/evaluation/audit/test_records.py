"""Records by hand: order, what was merged, what else the file has."""

import numpy as np
import polars as pl
from _audited import FATES, records

from _asserts import log_of
from kt_fewshot.evaluation.audit import Records
from kt_fewshot.evaluation.audit.records import as_values, before, codes, time_order

LOG = log_of([("a", "q1", "x~~y", 1), ("a", "q2", "x", 0), ("b", "q1", "x~~y", 1)], times=[1.0, 5.0, 3.0])


def test_a_merged_record_stands_after_the_answer_it_repeats():
    found = records(LOG, merged={9: 1}, prediction=[0.1, 0.2, 0.3])
    assert found.table["row"].to_list() == [1, 9, 2, 3]
    assert found.table["merged"].to_list() == [False, True, False, False]
    assert found.student.tolist() == [0, 0, 0, 1]
    assert found.follows.tolist() == [False, True, True, False]
    np.testing.assert_array_equal(found.prediction, [0.1, np.nan, 0.2, 0.3])
    assert len(found.where(np.array([True, False, True, True]))) == 3


def test_without_cells_the_behaviour_of_the_log_is_looked_at():
    log = log_of([("a", "q1", "x", 1), ("a", "q2", "x", 0)])
    assert Records.of(log, FATES).side.columns == []
    told = type(log)(log.table.with_columns(hints=pl.Series([0, 2], dtype=pl.Int16)))
    assert Records.of(told, FATES).side["hints"].to_list() == [0.0, 2.0]


def test_groups_are_those_that_the_file_has():
    groups = records(LOG).groups()
    assert groups["item"].tolist() == [0, 1, 0]
    assert groups["student and skill"][0] != groups["student and skill"][1]
    alone = log_of([("a", None, "x", 1), ("b", None, "x", 0)])
    assert sorted(records(alone).groups()) == ["skill", "student", "student and skill"]


def test_before_by_hand():
    assert before(np.array([5, -1, 5, 7, -1, 5])).tolist() == [-1, -1, 0, -1, -1, 2]
    assert before(np.array([5, 5, 5]), order=np.array([2, 0, 1])).tolist() == [2, 0, -1]


def test_values_are_numbers_where_nearly_all_cells_are():
    assert as_values(pl.Series(["1", " 2.5 ", "", "NA"])).to_list() == [1.0, 2.5, None, None]
    assert as_values(pl.Series(["1", "two"])).to_list() == ["1", "two"]
    assert as_values(pl.Series([True, False])).to_list() == [1.0, 0.0]
    assert codes(pl.Series(["b", None, "a", "b"])).tolist() == [1, -1, 0, 1]


def test_answers_stand_in_order_of_time_or_of_the_file():
    assert time_order(records(LOG)).tolist() == [0, 2, 1]
    assert time_order(records(log_of([("a", "q", "x", 1), ("b", "q", "x", 1)]))).tolist() == [0, 1]
