"""scikit-learn's own checks of `MultiTask`: as it is, as a classifier, as a regressor."""

from typing import Any

from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.estimator_checks import parametrize_with_checks

from kt_fewshot.multitask import MultiTask

LEARNING: dict[str, Any] = {"max_epochs": 30, "learning_rate": 1e-2, "encoder_options": {"hidden": 16}}


class AsClassifier(ClassifierMixin, MultiTask):
    """What scikit-learn asks of classifiers."""


class AsRegressor(RegressorMixin, MultiTask):
    """What scikit-learn asks of regressors."""


def expected_failures(estimator: MultiTask) -> dict[str, str]:
    if isinstance(estimator, AsClassifier):
        return {"check_classifiers_regression_target": "a target is what it looks like: numbers are a regression"}
    return {}


@parametrize_with_checks(
    [MultiTask(max_epochs=2), AsClassifier(**LEARNING), AsRegressor(tasks={"y": "regression"}, **LEARNING)],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_checks(estimator: MultiTask, check) -> None:
    check(estimator)
