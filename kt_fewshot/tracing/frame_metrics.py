"""Metrics by the names that pyBKT and scikit-learn have for them."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kt_fewshot.metrics import accuracy, auc, brier, expected_calibration_error, log_loss, rmse

METRICS: Final[Mapping[str, Callable[..., float]]] = {
    "accuracy": accuracy,
    "auc": auc,
    "brier": brier,
    "ece": expected_calibration_error,
    "log_loss": log_loss,
    "rmse": rmse,
}

Metric = str | Callable[[NDArray[np.int8], NDArray[np.float64]], float]
"""A name out of `METRICS`, or a function of the answers and P(correct), as pyBKT and scikit-learn have them."""


def score(metric: Metric, correct: NDArray[np.int8], probability: NDArray[np.float64]) -> float:
    """How well answers were foretold.

    Args:
        metric: a name or a function.
        correct: (answers,) in {0, 1}.
        probability: (answers,) P(correct) before each.

    Raises:
        ValueError: if there is no metric of that name.
    """
    if callable(metric):
        return metric(correct, probability)
    if metric not in METRICS:
        raise ValueError(f"Unknown metric '{metric}'. Choose one of: {', '.join(METRICS)}.")
    return METRICS[metric](probability, correct)
