"""Arrays in, numbers out: correctness, calibration, intervals."""

from .calibration import (
    PlattScaling,
    Reliability,
    equal_mass_bins,
    expected_calibration_error,
    fit_platt,
    reliability,
)
from .correctness import accuracy, auc, brier, log_loss, mean_absolute_error, r2, rmse
from .mastery import MasteryDecisions, effort_against_score, future_success, mastery_decisions, share_lowered

__all__ = [
    "MasteryDecisions",
    "PlattScaling",
    "Reliability",
    "accuracy",
    "auc",
    "brier",
    "effort_against_score",
    "equal_mass_bins",
    "expected_calibration_error",
    "fit_platt",
    "future_success",
    "log_loss",
    "mastery_decisions",
    "mean_absolute_error",
    "r2",
    "reliability",
    "rmse",
    "share_lowered",
]
