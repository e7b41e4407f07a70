"""What tasks are measured by: a number of what is expected of targets, and of the targets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from kt_fewshot.metrics import auc, log_loss, r2

Floats = NDArray[np.floating]

_SMALLEST: Final = float(np.finfo(np.float32).eps)
"""A likelihood is not taken for smaller, as in `kt_fewshot.metrics.log_loss`."""


@dataclass(frozen=True)
class Metric:
    """A number that tells how well a target is predicted.

    Attributes:
        name: of the number.
        higher_is_better: its direction.
        function: of what was expected, as the task's `expected` gives it, and of the targets; nan where undefined.
    """

    name: str
    higher_is_better: bool
    function: Callable[[Floats, Floats], float]

    def __call__(self, expected: Floats, target: Floats) -> float:
        """The number."""
        return self.function(expected, target)


def macro_auc(expected: Floats, target: Floats) -> float:
    """Mean AUC of the labels that occur both ways; nan if none does.

    Args:
        expected: (n, labels) P(1).
        target: (n, labels) in {0, 1}, nan where there is no label.
    """
    found = [auc(p[y == y], y[y == y]) for p, y in zip(expected.T, target.T, strict=True)]  # noqa: PLR0124 (nan is not itself)
    known = [value for value in found if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def masked_log_loss(expected: Floats, target: Floats) -> float:
    """Mean negative log-likelihood of the labels there are, in nats; arguments as `macro_auc`."""
    real = ~np.isnan(target)
    return log_loss(expected[real], target[real])


def root_mean_squared_error(expected: Floats, target: Floats) -> float:
    """In the unit of the target; nan of nothing."""
    return float(np.sqrt(np.mean((expected - target) ** 2))) if target.size else float("nan")


def class_accuracy(expected: Floats, target: Floats) -> float:
    """Share of examples whose likeliest class is theirs.

    Args:
        expected: (n, classes) how likely each is.
        target: (n,) class, from 0.
    """
    return float(np.mean(expected.argmax(-1) == target)) if target.size else float("nan")


def class_log_loss(expected: Floats, target: Floats) -> float:
    """Mean negative log-likelihood in nats; arguments as `class_accuracy`."""
    said = np.take_along_axis(expected, target.astype(np.intp)[:, None], axis=1)
    return float(-np.log(said.clip(min=_SMALLEST)).mean()) if target.size else float("nan")


def median_level(expected: Floats) -> Floats:
    """(...,) the level below and above which there is at most half the probability, of `expected: (..., levels)`."""
    return cast(Floats, (expected.cumsum(-1) < 0.5).sum(-1).clip(max=expected.shape[-1] - 1).astype(expected.dtype))


def level_error(expected: Floats, target: Floats) -> float:
    """Mean distance, in levels, of the median level from the target; arguments as `class_accuracy`."""
    return float(np.abs(median_level(expected) - target).mean()) if target.size else float("nan")


def quadratic_kappa(expected: Floats, target: Floats) -> float:
    """Agreement of median level and target beyond chance: 1 - mean((m - y)^2) / the same of unrelated m and y.

    1 is perfect, 0 is chance; nan where neither varies. Arguments as `class_accuracy`.

    Source: Cohen 1968, "Weighted kappa", https://doi.org/10.1037/h0026256.
    """
    if not target.size:
        return float("nan")
    said = median_level(expected)
    by_chance = said.var() + target.var() + (said.mean() - target.mean()) ** 2
    return float(1 - np.mean((said - target) ** 2) / by_chance) if by_chance > 0 else float("nan")


AUC: Final = Metric("auc", higher_is_better=True, function=auc)
LOG_LOSS: Final = Metric("log_loss", higher_is_better=False, function=log_loss)
MACRO_AUC: Final = Metric("auc", higher_is_better=True, function=macro_auc)
MASKED_LOG_LOSS: Final = Metric("log_loss", higher_is_better=False, function=masked_log_loss)
RMSE: Final = Metric("rmse", higher_is_better=False, function=root_mean_squared_error)
R2: Final = Metric("r2", higher_is_better=True, function=r2)
ACCURACY: Final = Metric("accuracy", higher_is_better=True, function=class_accuracy)
CLASS_LOG_LOSS: Final = Metric("log_loss", higher_is_better=False, function=class_log_loss)
LEVEL_ERROR: Final = Metric("mean_absolute_error", higher_is_better=False, function=level_error)
QUADRATIC_KAPPA: Final = Metric("quadratic_kappa", higher_is_better=True, function=quadratic_kappa)
