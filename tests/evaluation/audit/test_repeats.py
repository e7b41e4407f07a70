"""Answers told twice, by hand."""

import polars as pl
import pytest
from _audited import records, simulated

from _asserts import log_of
from kt_fewshot.data import Interactions
from kt_fewshot.evaluation.audit.repeats import again, expanded, find_again, find_expanded

ROWS = [("a", "q1", "x~~y", 1), ("a", "q2", "x", 0), ("a", "q3", "y", 1)]


def test_of_merged_records_as_many_stand_for_skills_as_the_answer_has_more_than_one():
    found = records(log_of(ROWS, times=[1.0, 2.0, 3.0]), merged={11: 1, 12: 1, 21: 2})
    by_skill = expanded(found)
    assert found.table["row"].to_list() == [1, 11, 12, 2, 21, 3]
    assert by_skill.tolist() == [False, True, False, False, False, False]
    assert again(found, by_skill).tolist() == [False, False, True, False, True, False]


def test_rows_that_no_reader_merges_are_seen_too():
    table = simulated("irt", students=100, multi_skill=0.3).table.drop("time")
    skills = table["skills"].str.split("~~")
    spelled = table.with_columns(skills=skills).explode("skills")
    log = Interactions.ordered(spelled.with_columns(row=pl.int_range(1, pl.len() + 1)), by=None)
    flags = expanded(records(log))
    assert flags.sum() == pytest.approx(log.table.height - table.height, rel=0.02)  # an item may come twice in a row
    (found,) = find_expanded(records(log), flags)
    assert (found.kind, found.severity, found.rows) == ("expanded-skills", "leak", flags.sum())
    assert "record" in found.example
    once = Interactions.ordered(table, by=None)
    assert not expanded(records(once)).any()


def test_a_row_that_is_the_same_in_every_column_is_told_but_another_try_is_not():
    rows = [("a", f"q{k // 2}", "x", 1) for k in range(40)]
    log = log_of(rows, times=[float(k // 2) for k in range(40)])
    nothing = expanded(records(log))
    assert again(records(log), nothing).tolist() == [k % 2 == 1 for k in range(40)]
    ids = [f"t{k}" for k in range(40)]
    assert again(records(log, transaction=ids), nothing).sum() == 20
    assert again(records(log, transaction=ids, attempt=[k % 2 for k in range(40)]), nothing).sum() == 0
    (found,) = find_again(records(log), again(records(log), nothing))
    assert (found.kind, found.severity, found.rows, found.share) == ("duplicate-rows", "leak", 20, 0.5)


def test_nobody_can_tell_repeats_without_times_or_where_many_share_one():
    rows = [("a", f"q{k // 2}", "x", 1) for k in range(40)]
    assert not again(records(log_of(rows)), expanded(records(log_of(rows)))).any()
    days = log_of(rows, times=[float(k // 10) for k in range(40)])
    assert not again(records(days), expanded(records(days))).any()
