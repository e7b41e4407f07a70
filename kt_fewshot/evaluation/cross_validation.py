"""Several folds as one result: the mean over folds, with an interval from how far they spread, or from students."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from kt_fewshot.data import by_student_folds, interactions_of
from kt_fewshot.metrics import Interval, mean_interval

from .next_response import evaluate_next_response
from .results import PartScores, Results

if TYPE_CHECKING:
    from kt_fewshot.tracing import KnowledgeTracer

Scores = Mapping[str, Interval]


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
    names = _names([fold.test for fold in folds])
    test = {name: _mean(np.array([fold.test[name].value for fold in folds]), level) for name in names}
    return Results(test=test, counts={"folds": len(folds)}, settings={"level": level})


def cross_validate(
    model: "KnowledgeTracer",
    frame: Any,  # noqa: ANN401 (pandas or polars)
    *,
    folds: int = 5,
    seed: int = 0,
    draws: int = 1000,
) -> list[Results]:
    """Fit copies of an estimator so that every student is foretold by one that has never met them.

    Args:
        model: what is copied; it stays as it is.
        frame: pandas or polars, or interactions.
        folds: how many copies, 2 or more.
        seed: of the deal of the students, and of the resamples.
        draws: resamples of each fold's students for the intervals.

    Returns:
        results of each fold; `pooled` or `across_folds` makes one of them.

    Raises:
        ValueError: as `KnowledgeTracer.fit`.
        LogError: if there are too few students.
    """
    from sklearn.base import clone

    log, results = interactions_of(frame, model.defaults), []
    for fold in range(1, folds + 1):
        test = by_student_folds(log, n_folds=folds, test_fold=fold, seed=seed).test.interactions
        others = log.where(~log.table["student"].is_in(test.table["student"].unique().to_list()))
        fitted = cast("KnowledgeTracer", clone(model)).fit(others)
        mean = float(others.table["correct"].cast(float).mean())  # pyright: ignore[reportArgumentType]
        said = fitted.predict_proba(test)[:, 1]
        results.append(evaluate_next_response(test, said, mean=mean, draws=draws, seed=seed))
    return results


def pooled(folds: Sequence[Results]) -> Results:
    """Mean of each metric over folds whose students are others, with an interval from their students.

    The interval says how far the mean would move with other students to test on, the fitted models as they are; it is
    made of the folds' own: mean - sqrt(sum (value - low)^2) / folds, and likewise upwards. A single fold is itself.

    Args:
        folds: results of the folds, one or more, with the same metrics.

    Returns:
        `test` and `reference`; `positions` and `items`, each window over the folds that have answers in it; `counts`
        added up (but not of skills). What is undefined in a fold is undefined as a whole.

    Raises:
        ValueError: if there are no folds or they do not have the same metrics.

    Source: Zou and Donner (2008), https://doi.org/10.1002/sim.3095 (variance estimates recovered from intervals).
    """
    if len(folds) == 1:
        return folds[0]
    test = pooled_scores([fold.test for fold in folds])
    counts = {name: sum(fold.counts.get(name, 0) for fold in folds) for name in ("answers", "students")}
    return Results(
        test=test,
        counts=counts,
        positions=_pooled_parts([fold.positions for fold in folds]),
        items=_pooled_parts([fold.items for fold in folds]),
        reference=pooled_scores([fold.reference for fold in folds]),
        settings=folds[0].settings,
    )


def pooled_scores(folds: Sequence[Scores]) -> dict[str, Interval]:
    """Mean of each number over folds whose students are others; see `pooled`.

    >>> pooled_scores([{"auc": Interval(0.7, 0.67, 0.73)}, {"auc": Interval(0.8, 0.76, 0.84)}])["auc"].low
    0.725

    Raises:
        ValueError: as `pooled`.
    """
    return {name: _pooled([fold[name] for fold in folds]) for name in _names(folds)}


def _names(folds: Sequence[Scores]) -> list[str]:
    """The metrics that every fold has."""
    if not folds:
        raise ValueError("A mean over folds needs at least one fold. Found none.")
    names = list(folds[0])
    for number, fold in enumerate(folds, start=1):
        if set(fold) != set(names):
            raise ValueError(f"Every fold should have the metrics {names}. Found {list(fold)} in fold {number}.")
    return names


def _pooled(found: Sequence[Interval]) -> Interval:
    if len(found) == 1:
        return found[0]
    value, low, high = (np.array([getattr(one, end) for one in found]) for end in ("value", "low", "high"))
    undefined = np.flatnonzero(~np.isfinite(value))
    if undefined.size:
        return Interval(float("nan"), reason=f"undefined in fold {undefined[0] + 1}")
    mean = float(value.mean())
    below, above = (float(np.sqrt(((end - value) ** 2).sum()) / len(found)) for end in (low, high))
    return Interval(mean, mean - below, mean + above)


def _pooled_parts(folds: Sequence[Sequence[PartScores]]) -> tuple[PartScores, ...]:
    """Each window over the folds that have answers in it, in the windows' order."""
    by_key: dict[str, list[PartScores]] = {}
    for parts in folds:
        for part in parts:
            by_key.setdefault(part.key, []).append(part)
    return tuple(_pooled_part(by_key[key]) for key in sorted(by_key, key=_first_number))


def _first_number(window: str) -> int:
    return int(window.rstrip("+").split("-")[0])


def _pooled_part(found: Sequence[PartScores]) -> PartScores:
    n = np.array([part.n for part in found])
    return PartScores(
        key=found[0].key,
        n=int(n.sum()),
        students=sum(part.students for part in found),
        base_rate=float(np.average([part.base_rate for part in found], weights=n)),
        mean_predicted=float(np.average([part.mean_predicted for part in found], weights=n)),
        scores=pooled_scores([part.scores for part in found]),
    )


def _mean(values: np.ndarray, level: float) -> Interval:
    undefined = np.flatnonzero(~np.isfinite(values))
    if undefined.size:
        return Interval(float("nan"), reason=f"undefined in fold {undefined[0] + 1}")
    return mean_interval(values, level=level)
