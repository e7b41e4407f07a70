"""Tests of what tasks are measured by."""

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, log_loss, mean_absolute_error, roc_auc_score

from kt_fewshot.multitask.task_metrics import (
    class_accuracy,
    class_log_loss,
    level_error,
    macro_auc,
    masked_log_loss,
    median_level,
    quadratic_kappa,
    root_mean_squared_error,
)

RNG = np.random.default_rng(0)


def test_labels_are_judged_where_they_are_known() -> None:
    expected, target = RNG.random((50, 3)), RNG.integers(0, 2, (50, 3)).astype(float)
    target[:20, 0], target[:, 2] = np.nan, 1.0
    alone = [roc_auc_score(target[20:, 0], expected[20:, 0]), roc_auc_score(target[:, 1], expected[:, 1])]
    assert macro_auc(expected, target) == pytest.approx(np.mean(alone))
    assert math.isnan(macro_auc(expected[:, 2:], target[:, 2:]))
    real = ~np.isnan(target)
    assert masked_log_loss(expected, target) == pytest.approx(log_loss(target[real], expected[real]))


def test_median_level_on_paper() -> None:
    assert median_level(np.array([[0.2, 0.5, 0.3], [0.5, 0.1, 0.4], [0.4, 0.05, 0.55]])).tolist() == [1, 0, 2]


def test_classes_and_levels_as_scikit_learn_has_them() -> None:
    expected, target = RNG.dirichlet(np.ones(4), 200), RNG.integers(0, 4, 200).astype(float)
    assert class_log_loss(expected, target) == pytest.approx(log_loss(target, expected))
    assert class_accuracy(expected, target) == np.mean(expected.argmax(1) == target)
    median = median_level(expected)
    assert level_error(expected, target) == mean_absolute_error(target, median)
    assert quadratic_kappa(expected, target) == pytest.approx(cohen_kappa_score(target, median, weights="quadratic"))


def test_of_nothing_nothing_is_said() -> None:
    nothing = np.empty(0)
    assert math.isnan(root_mean_squared_error(nothing, nothing))
    for metric in (class_accuracy, class_log_loss, level_error, quadratic_kappa):
        assert math.isnan(metric(np.empty((0, 3)), nothing))
    assert math.isnan(quadratic_kappa(np.array([[1.0, 0.0]]), np.array([0.0])))


def test_root_mean_squared_error_on_paper() -> None:
    assert root_mean_squared_error(np.array([1.0, 2.0]), np.array([4.0, 6.0])) == pytest.approx(math.sqrt(12.5))
