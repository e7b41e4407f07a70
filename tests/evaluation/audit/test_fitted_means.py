"""Errors that cancel out, and scores that are too good, by hand."""

import numpy as np
import pytest
from _audited import records, simulated, so_far, whole_file

from kt_fewshot.evaluation.audit.fitted_means import find_fitted_means, find_too_good


def found(log, said):
    made = records(log, prediction=said)
    return find_fitted_means(made, np.isfinite(made.prediction))


@pytest.mark.parametrize("simulator", ["bkt", "irt", "dash"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_honest_predictions_do_not_cancel_out(simulator, seed):
    log = simulated(simulator, seed=seed)
    for said in (so_far(log, "item"), so_far(log, "student", "skills"), np.full(len(log), log.table["correct"].mean())):
        assert found(log, said) == []


def test_means_of_the_file_do():
    log = simulated("irt")
    (exact,) = found(log, whole_file(log, "item"))
    assert (exact.severity, exact.share) == ("leak", 1.0)
    assert "mean of each item's answers" in exact.sentence
    wobble = 0.05 * np.where(np.arange(len(log)) % 2 == 0, 1, -1)
    (near,) = found(log, np.clip(whole_file(log, "item") + wobble, 0, 1))
    assert near.severity == "risk"
    assert "cancel out" in near.sentence


@pytest.mark.parametrize(
    ("auc", "trivial", "severity"),
    [(0.85, 0.6, None), (0.92, 0.7, "risk"), (0.92, 0.85, None), (0.99, 0.7, "leak"), (float("nan"), 0.7, None)],
)
def test_too_good_by_hand(auc, trivial, severity):
    told = find_too_good(auc, trivial, 50, 100)
    assert [one.severity for one in told] == ([severity] if severity else [])
    assert all(one.share == 0.5 and "suspiciously high" in one.sentence for one in told)
