"""Folds: their mean, their spread, and what is undefined."""

import math

import pytest

from kt_fewshot.evaluation import Results, across_folds
from kt_fewshot.metrics import Interval


def _fold(auc, rmse=0.4):
    return Results({"auc": Interval(auc, auc - 0.1, auc + 0.1), "rmse": Interval(rmse)}, counts={"answers": 5})


def test_by_hand():
    found = across_folds([_fold(0.7), _fold(0.8)])
    half = 12.7062 * 0.05  # t of one degree of freedom; the standard error of .7 and .8 is .05
    assert found.test["auc"].value == pytest.approx(0.75)
    assert found.test["auc"].high == pytest.approx(0.75 + half, rel=1e-5)
    assert vars(found.test["rmse"]) == pytest.approx(vars(Interval(0.4, 0.4, 0.4)))
    assert found.counts == {"folds": 2}


def test_undefined_in_one_fold_is_undefined():
    found = across_folds([_fold(0.7), _fold(math.nan)])
    assert found.test["auc"].reason == "undefined in fold 2"
    assert found.test["rmse"].value == pytest.approx(0.4)


def test_refuses_other_metrics_and_no_folds():
    with pytest.raises(ValueError, match=r"\['auc', 'rmse'\]. Found \['auc'\] in fold 2"):
        across_folds([_fold(0.7), Results({"auc": Interval(0.5)})])
    with pytest.raises(ValueError, match="at least one fold"):
        across_folds([])
