"""Calibration: do probabilities mean what they say? Measuring it (ECE, reliability) and mending it (Platt scaling)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from .correctness import Floats, checked

if TYPE_CHECKING:
    import torch

DEFAULT_BINS: Final = 15
"""Bins of Guo et al. (2017), which nearly everybody compares with."""

_MIN_SLOPE: Final = 1e-3  # of logits divided by their standard deviation
_NEWTON_STEPS: Final = 100


def expected_calibration_error(
    probability: ArrayLike, correct: ArrayLike, weights: ArrayLike | None = None, *, bins: int = DEFAULT_BINS
) -> float:
    """Mean gap between what was predicted and what happened, sum over bins of share * |mean predicted - mean correct|.

    In [0, 1], lower is better. Bins are of equal *mass*: each holds the same share of the answers (answers with equal
    probability stay together), since bins of equal width leave most bins nearly empty in knowledge tracing, where
    probabilities crowd around .7, and a bin of three answers is noise that counts as miscalibration. The estimate is
    biased upwards by about sqrt(bins / answers) / 3 for a calibrated model: do not compare it across sample sizes.
    nan if nothing has weight.

    Args:
        probability: (answers,) P(correct) in [0, 1].
        correct: (answers,) in {0, 1}.
        weights: (answers,) 0 or more; None counts each answer once.
        bins: number of bins, 1 or more.

    Raises:
        ValueError: if shapes differ, a value is out of its range, or `bins` is less than 1.

    Source: Guo et al. (2017), https://arxiv.org/abs/1706.04599; equal mass after Nixon et al. (2019),
    https://arxiv.org/abs/1904.01685, and Roelofs et al. (2022), https://arxiv.org/abs/2012.08668.
    """
    table = reliability(probability, correct, weights, bins=bins)
    total = table.count.sum()
    return float((table.count / total) @ np.abs(table.predicted - table.observed)) if total > 0 else float("nan")


@dataclass(frozen=True)
class Reliability:
    """One entry a bin, by rising probability: what a reliability diagram draws. Empty bins are left out.

    `predicted: (bins,)` mean predicted P(correct) | `observed: (bins,)` share of right answers | `count: (bins,)`
    answers, as the sum of their weights.
    """

    predicted: Floats
    observed: Floats
    count: Floats


def reliability(
    probability: ArrayLike, correct: ArrayLike, weights: ArrayLike | None = None, *, bins: int = DEFAULT_BINS
) -> Reliability:
    """Predicted against observed correctness in bins of equal mass; arguments and errors of the ECE."""
    predicted, outcome, weight = checked(probability, correct, weights)
    index = equal_mass_bins(predicted, weight, bins=bins)
    count, claimed, happened = (
        np.bincount(index, weights=values, minlength=bins).astype(np.float64)
        for values in (weight, weight * predicted, weight * outcome)
    )
    kept = count > 0
    return Reliability(claimed[kept] / count[kept], happened[kept] / count[kept], count[kept])


def equal_mass_bins(values: Floats, weights: Floats | None = None, *, bins: int = DEFAULT_BINS) -> NDArray[np.intp]:
    """Bin of each value, 0 to `bins` - 1 by rising value, each of about the same weight; equal values share a bin.

    A bin stays empty where a tie is larger than a bin.

    >>> equal_mass_bins(np.array([0.9, 0.1, 0.2, 0.8]), bins=2).tolist()
    [1, 0, 0, 1]
    """
    if bins < 1:
        raise ValueError(f"`bins` should be at least 1. Found `bins = {bins}`.")
    distinct, tie = np.unique(values, return_inverse=True)
    weight = np.bincount(tie, weights=weights, minlength=distinct.size).astype(np.float64)
    middle = np.cumsum(weight) - weight / 2  # a tie goes where its middle falls
    total = weight.sum()
    index = np.floor(middle / total * bins) if total > 0 else np.zeros(distinct.size)
    return np.clip(index, 0, bins - 1).astype(np.intp)[tie]


@dataclass(frozen=True)
class PlattScaling:
    """Turns logits into calibrated probabilities, P(correct) = sigmoid(slope * logit + intercept).

    Monotone: the order of the predictions, and so the AUC, stays as it was. The default changes nothing.

    >>> float(PlattScaling()(np.array([0.0]))[0])
    0.5

    Raises:
        ValueError: if `slope` is not positive, or either is not finite.
    """

    slope: float = 1.0
    intercept: float = 0.0

    def __post_init__(self) -> None:
        """Check that the map is finite and rising."""
        if not (np.isfinite(self.slope) and np.isfinite(self.intercept) and self.slope > 0):
            found = f"`slope = {self.slope}`, `intercept = {self.intercept}`"
            raise ValueError(f"Platt scaling needs a finite positive slope and a finite intercept. Found {found}.")

    @overload
    def __call__(self, logits: "torch.Tensor") -> "torch.Tensor": ...
    @overload
    def __call__(self, logits: NDArray[np.floating]) -> NDArray[np.floating]: ...
    def __call__(self, logits: "torch.Tensor | NDArray[np.floating]") -> "torch.Tensor | NDArray[np.floating]":
        """Probabilities in [0, 1] of `logits` of any shape, in their own type (numpy array or torch tensor)."""
        scaled = self.slope * logits + self.intercept
        return expit(scaled) if isinstance(scaled, (np.ndarray, np.floating)) else scaled.sigmoid()

    def to_dict(self) -> dict[str, float]:
        """The two numbers, for JSON."""
        return {"slope": self.slope, "intercept": self.intercept}

    @classmethod
    def from_dict(cls, values: Mapping[str, float]) -> "PlattScaling":
        """What `to_dict` gave, read back."""
        return cls(slope=float(values["slope"]), intercept=float(values["intercept"]))


def fit_platt(logits: ArrayLike, correct: ArrayLike, weights: ArrayLike | None = None) -> PlattScaling:
    """Fit Platt scaling on held-out answers, by maximum likelihood; deterministic.

    Targets are smoothed as Platt did, (right + 1) / (right + 2) in place of 1 and 1 / (wrong + 2) in place of 0, so
    that perfectly separated answers give a finite slope. Where we depart from him: the slope has to stay positive (for
    scores no better than chance it is held at 0.001 over their standard deviation, nearly the base rate for all), and
    with nothing to learn from, no answers or all of them the same, the identity comes back. Logits that are all equal
    move the intercept only.

    Args:
        logits: (answers,) finite log-odds of P(correct) on answers the model was not trained on.
        correct: (answers,) in {0, 1}.
        weights: (answers,) 0 or more; None counts each answer once.

    Raises:
        ValueError: if shapes differ, a logit is not finite, `correct` is not 0 or 1, or a weight is negative.

    Source: Platt (1999); Lin, Lin and Weng (2007), https://doi.org/10.1007/s10994-007-5018-6.
    """
    score, outcome, weight = checked(logits, correct, weights, bounded=False)
    right, wrong = float(weight @ outcome), float(weight @ (1 - outcome))
    if right == 0 or wrong == 0:
        return PlattScaling()
    target = np.where(outcome == 1, (right + 1) / (right + 2), 1 / (wrong + 2))
    centre = float(weight @ score / weight.sum())
    scale = float(np.sqrt(weight @ (score - centre) ** 2 / weight.sum()))
    constant = np.ones((score.size, 1))
    if scale <= 1e-9 * max(1.0, abs(centre)):
        (shift,) = _logistic(constant, score, target, weight)
        return PlattScaling(1.0, float(shift))
    standard = (score - centre) / scale  # conditions Newton's method, whatever the scale of the logits
    slope, intercept = _logistic(np.c_[standard, constant], np.zeros(score.size), target, weight)
    if slope < _MIN_SLOPE:
        slope = _MIN_SLOPE
        (intercept,) = _logistic(constant, slope * standard, target, weight)
    return PlattScaling(float(slope / scale), float(intercept - slope / scale * centre))


def _logistic(design: Floats, offset: Floats, target: Floats, weight: Floats) -> Floats:
    """Coefficients of a logistic regression with soft targets in (0, 1), by Newton's method with halved steps.

    `design: (answers, k)`; `offset, target, weight: (answers,)`; result `(k,)`. The loss is convex and, with targets
    inside (0, 1), has a finite minimum.
    """

    def loss(coefficients: Floats) -> float:
        logit = design @ coefficients + offset
        return float(weight @ (np.logaddexp(0, logit) - target * logit))

    best = np.zeros(design.shape[1])
    value = loss(best)
    for _ in range(_NEWTON_STEPS):
        expected = expit(design @ best + offset)
        gradient = design.T @ (weight * (expected - target))
        hessian = design.T @ ((weight * expected * (1 - expected))[:, None] * design)
        step = np.linalg.solve(hessian + 1e-12 * weight.sum() * np.eye(best.size), gradient)
        size = 1.0
        while size > 1e-10 and not loss(best - size * step) < value:
            size /= 2
        if size <= 1e-10:
            return best
        best = best - size * step
        value = loss(best)
    return best
