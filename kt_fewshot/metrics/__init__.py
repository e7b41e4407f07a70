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
from .intervals import (
    METRICS,
    Interval,
    bootstrap_mean,
    grouped_bootstrap,
    mean_interval,
    paired_difference,
    student_bootstrap,
)
from .mastery import (
    MasteryDecisions,
    Terms,
    decision_terms,
    effort_against_score,
    future_success,
    mastery_decisions,
    share_lowered,
)

__all__ = [
    "METRICS",
    "Interval",
    "MasteryDecisions",
    "PlattScaling",
    "Reliability",
    "Terms",
    "accuracy",
    "auc",
    "bootstrap_mean",
    "brier",
    "decision_terms",
    "effort_against_score",
    "equal_mass_bins",
    "expected_calibration_error",
    "fit_platt",
    "future_success",
    "grouped_bootstrap",
    "log_loss",
    "mastery_decisions",
    "mean_absolute_error",
    "mean_interval",
    "paired_difference",
    "r2",
    "reliability",
    "rmse",
    "share_lowered",
    "student_bootstrap",
]
