"""Columns that tell their own row's answer, and those that may."""

import numpy as np
import pytest
from _audited import honest_columns, records, simulated

from kt_fewshot.evaluation.audit.same_row import find_same_row, telling


def names(found):
    return [one.name for one in telling(found, 0.7)]


@pytest.mark.parametrize("seed", [0, 1])
def test_hints_and_attempts_tell_and_honest_columns_do_not(seed):
    log = simulated(seed=seed)
    found = records(log, hints=log.table["hints"], attempts=log.table["attempts"], **honest_columns(log))
    assert sorted(names(found)) == ["attempts", "hints"]
    (finding,) = find_same_row(telling(found, 0.7))
    assert (finding.kind, finding.severity) == ("same-row-information", "risk")
    assert "wrong" in finding.example


def test_a_rare_value_that_decides_is_enough():
    log = simulated()
    rng = np.random.default_rng(0)
    gave_up = (log.table["correct"].to_numpy() == 0) & (rng.random(len(log)) < 0.1)
    (one,) = telling(records(log, gave_up=gave_up.astype(int)), 0.7)
    assert one.auc < 0.6
    assert one.decides == pytest.approx(gave_up.mean())
    assert one.example == f"all {gave_up.sum()} rows with value 1 are wrong"
    mostly = gave_up | (rng.random(len(log)) < 0.01)
    assert names(records(log, mostly=mostly.astype(int))) == []


def test_what_is_told_of_an_item_or_a_student_is_no_answer():
    log = simulated("irt")
    item = log.table["item"].rank("dense").to_numpy() % 7
    assert names(records(log, chapter=item)) == []
    assert names(records(log, copy=log.table["correct"])) == ["copy"]
    assert telling(records(log, copy=log.table["correct"]), 0.7, but={"copy"}) == []
    assert find_same_row([]) == []
