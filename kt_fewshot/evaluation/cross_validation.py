"""Several folds as one result: the mean over folds, with an interval from how far they spread."""

from collections.abc import Sequence

import numpy as np

from kt_fewshot.metrics import Interval, mean_interval

from .results import Results


def across_folds(folds: Sequence[Results], *, level: float = 0.95) -> Results:
    """Mean of each metric over folds, with Student's t interval.

    The folds' training sets overlap, so the interval is too narrow (Nadeau and Bengio 2003,
    https://doi.org/10.1023/A:1024068626366). Two models belong compared on the same answers (`paired_difference`), not
    by whether such intervals overlap.

    Args:
        folds: results of the folds, one or more, with the same metrics.
        level: of the interval, in (0, 1).

    Returns:
        `test` with the means, a metric that is undefined in a fold undefined as a whole; `counts` with `folds`.

    Raises:
        ValueError: if there are no folds or they do not have the same metrics.
    """
    if not folds:
        raise ValueError("A mean over folds needs at least one fold. Found none.")
    names = list(folds[0].test)
    for number, fold in enumerate(folds, start=1):
        if set(fold.test) != set(names):
            raise ValueError(f"Every fold should have the metrics {names}. Found {list(fold.test)} in fold {number}.")
    test = {name: _mean(np.array([fold.test[name].value for fold in folds]), level) for name in names}
    return Results(test=test, counts={"folds": len(folds)}, settings={"level": level})


def _mean(values: np.ndarray, level: float) -> Interval:
    undefined = np.flatnonzero(~np.isfinite(values))
    if undefined.size:
        return Interval(float("nan"), reason=f"undefined in fold {undefined[0] + 1}")
    return mean_interval(values, level=level)
