"""How well behaviour was foretold: response time, hints and attempts, each before its answer."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from kt_fewshot.data import BEHAVIOUR, SequenceStore
from kt_fewshot.metrics import Interval, bootstrap_mean, student_bootstrap

YES_OR_NO: Final = ("hints",)
"""Behaviours that happen or do not; the others are real numbers."""


def evaluate_behaviour(
    expected: Mapping[str, Tensor],
    store: SequenceStore,
    *,
    units: Mapping[str, float] | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, dict[str, Interval]]:
    """Score what was expected of each answer's behaviour against what the student did.

    Intervals (95 %) come from resampling whole students. That of `r2` is of mean(1 - error^2 / variance), the variance
    of the targets taken as known.

    Args:
        expected: task -> (answers,) on the store's scale, as `Tracer.predict_behaviour` gives it.
        store: the answers; those count that are scored and whose behaviour the log tells.
        units: task -> how much one unit of the store is in the unit the error shall be told in; 1 unless named.
        draws: resamples.
        seed: of the resamples.

    Returns:
        task -> metric -> number with interval: `auc` of hints; `r2` and `mean_absolute_error` of the others. Tasks
        without a single answer that counts are left out.
    """
    found = {}
    student, scored = store.student().cpu().numpy(), store.scored.cpu().numpy()
    for task, values in expected.items():
        target = store.behaviour[:, BEHAVIOUR.index(task)].double().cpu().numpy()
        told = scored & ~np.isnan(target)
        if not told.any():
            continue
        said, target, who = values.double().cpu().numpy()[told], target[told], student[told]
        if task in YES_OR_NO:
            found[task] = student_bootstrap(who, said, target, metrics=("auc",), draws=draws, seed=seed)
        else:
            unit = (units or {}).get(task, 1.0)
            found[task] = _of_numbers(said * unit, target * unit, who, draws=draws, seed=seed)
    return found


def _of_numbers(
    said: NDArray[np.float64], target: NDArray[np.float64], student: NDArray[np.int64], *, draws: int, seed: int
) -> dict[str, Interval]:
    error = said - target
    r2 = Interval(float("nan"), reason="every value is the same")
    if np.ptp(target) > 0:
        r2 = bootstrap_mean(1 - error**2 / target.var(), student, draws=draws, seed=seed)
    return {"r2": r2, "mean_absolute_error": bootstrap_mean(np.abs(error), student, draws=draws, seed=seed)}
