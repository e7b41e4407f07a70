"""What decisions an estimate of mastery leads to: false mastery, misses, lag, over- and under-practice, effort.

AUC, Brier score and calibration say how good the estimate is as a number (`auc`, `brier`,
`expected_calibration_error`); they hide a bad threshold. The functions here look at what a tutor would do who declares
a skill mastered, and stops practising it, once the estimate reaches a threshold.

Rows are opportunities: one answer of one student on one skill. Rows with the same `group` are one sequence (one student
and skill) and stand in the order of time; other rows may stand between them. Estimate and truth are those *before* the
answer of the row.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .correctness import Floats, checked


@dataclass(frozen=True)
class MasteryDecisions:
    """The numbers of `mastery_decisions`; nan where nothing is left to take the mean of.

    Over all opportunities:

    - `declared`: share at which the estimate is at or above the threshold. Neither high nor low is better.
    - `false_mastery`: share truly unmastered among the declared, in [0, 1]; lower is better. An estimate that means
      what it says stays below 1 - threshold.
    - `missed`: share not declared among the truly mastered, in [0, 1]; lower is better.

    Over sequences, of which each is stopped at its first declared opportunity:

    - `stopped_early`: share of the declared sequences whose skill was not mastered when it was first declared; lower is
      better.
    - `under_practice`: mean over the declared sequences of the opportunities from the first declaration on until the
      skill was truly mastered, 0 where it was already; to the end of the sequence where that never came, so a lower
      bound. Lower is better.
    - `over_practice`: mean over the sequences that were truly mastered at some opportunity, of the opportunities from
      there on that came before the first declaration; to the end of the sequence where that never came, so a lower
      bound. Lower is better.
    - `lag_mean`, `lag_median`: opportunities from true to declared mastery, over the sequences that were truly mastered
      and were not declared before. Lower is better. The mean is of those that were declared in the end; the median
      counts the others as at least as long as was seen (Kaplan and Meier 1958) and is infinite if fewer than half ever
      get declared.
    - `lags`: number of sequences these two are about; `lag_censored`: share of them that was never declared.
    - `effort`: mean opportunities before the first declaration, the whole sequence where there is none. Lower is
      better, for an equal score.
    - `spared`: mean opportunities that were left after it; effort + spared is the mean length of a sequence.
    - `score`: share of sequences truly mastered where they were stopped, at the last opportunity where there was no
      declaration. In [0, 1]; higher is better, for an equal effort.
    """

    declared: float
    false_mastery: float
    missed: float
    stopped_early: float
    under_practice: float
    over_practice: float
    lag_mean: float
    lag_median: float
    lags: float
    lag_censored: float
    effort: float
    spared: float
    score: float


def mastery_decisions(
    estimate: ArrayLike,
    truth: ArrayLike,
    group: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    threshold: float = 0.95,
) -> MasteryDecisions:
    """Count what comes of declaring mastery at a threshold; see `MasteryDecisions` for every number.

    Effort and score after González-Brenes and Huang (2015), Your model is predictive - but is it useful?, Educational
    Data Mining; there the score is later performance, here it is the truth of a simulation.

    Args:
        estimate: (n,) P(mastered) before the answer, in [0, 1].
        truth: (n,) in {0, 1}, whether the skill was mastered then.
        group: (n,) any ids; equal ids are one student and skill, in the order of time.
        weights: (n,) 0 or more, equal within a group; a group counts as that many. None: each once.
        threshold: mastery is declared at or above it.

    Raises:
        ValueError: if shapes differ or a value is out of its range.

    >>> decisions = mastery_decisions([0.2, 0.96, 0.97], [0, 0, 1], [7, 7, 7])
    >>> decisions.false_mastery, decisions.missed, decisions.under_practice, decisions.effort
    (0.5, 0.0, 1.0, 1.0)
    """
    values, known, weight = checked(estimate, truth, weights)
    if not 0 <= threshold <= 1:
        raise ValueError(f"`threshold` should be within [0, 1]. Found `threshold = {threshold}`.")
    order, starts, place = _sequences(group, len(values))
    known, weight = known[order] == 1, weight[order]
    declared = values[order] >= threshold
    return MasteryDecisions(
        declared=_share(declared, weight),
        false_mastery=_share(~known[declared], weight[declared]),
        missed=_share(~declared[known], weight[known]),
        **_of_sequences(known, declared, weight, starts, place),
    )


def effort_against_score(
    estimate: ArrayLike, truth: ArrayLike, group: ArrayLike, thresholds: ArrayLike
) -> tuple[Floats, Floats]:
    """Effort and score (`MasteryDecisions`) at each of `thresholds` (k,): two arrays (k,).

    An estimate whose curve lies above another's gets more students to mastery with the same practice.

    Raises:
        ValueError: as `mastery_decisions` does.
    """
    each = [mastery_decisions(estimate, truth, group, threshold=float(level)) for level in np.asarray(thresholds)]
    return np.array([one.effort for one in each]), np.array([one.score for one in each])


def share_lowered(before: ArrayLike, after: ArrayLike, correct: ArrayLike, *, tolerance: float = 1e-6) -> float:
    """Share of right answers that lowered the estimate of their own skill, in [0, 1]; lower is better.

    A sanity check of a tracer, 0 for Bayesian Knowledge Tracing with guess + slip < 1 and no forgetting; nan without
    right answers.

    Args:
        before: (answers,) estimate of the answer's skill before it.
        after: (answers,) estimate of the same skill right after it.
        correct: (answers,) in {0, 1}.
        tolerance: how much lower is still equal.

    Raises:
        ValueError: if shapes differ, a value is not finite, or `correct` is not 0 or 1.

    Source: Yeung and Yeung (2018), https://arxiv.org/abs/1806.02180, who found it in deep knowledge tracing.
    """
    first, right, _ = checked(before, correct, bounded=False)
    then, _, _ = checked(after, correct, bounded=False)
    lowered = (then < first - tolerance)[right == 1]
    return float(lowered.mean()) if lowered.size else float("nan")


def future_success(correct: ArrayLike, group: ArrayLike, *, horizon: int = 5) -> Floats:
    """Mean correctness of the next `horizon` opportunities of the same student and skill, this one included.

    What comes nearest to mastery in a real log, where nobody knows the truth: a target, made of answers from this one
    on, for an estimate made before it. It is not mastery. Where fewer than `horizon` opportunities are left the value
    is nan, censored: neither success nor failure. Report the share of these, `np.isnan(future_success(...)).mean()`.

    Args:
        correct: (n,) in {0, 1}, right at the first attempt and without a hint.
        group: (n,) any ids; equal ids are one student and skill, in the order of time.
        horizon: opportunities looked at, 1 or more.

    Returns:
        (n,) in [0, 1] or nan.

    Raises:
        ValueError: if shapes differ, `correct` is not 0 or 1, or `horizon` is less than 1.

    >>> future_success([1, 0, 1, 1], [3, 3, 3, 3], horizon=3)[:2].round(2).tolist()
    [0.67, 0.67]
    """
    if horizon < 1:
        raise ValueError(f"`horizon` should be at least 1. Found `horizon = {horizon}`.")
    outcome, _, _ = checked(correct, correct)
    order, starts, place = _sequences(group, len(outcome))
    length = np.diff(np.append(starts, len(order)))
    here = np.flatnonzero(np.repeat(length, length) - place >= horizon)
    total = np.concatenate([[0.0], np.cumsum(outcome[order])])
    result = np.full(len(order), np.nan)
    result[order[here]] = (total[here + horizon] - total[here]) / horizon
    return result


def _sequences(group: ArrayLike, n: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Put groups together: order of the rows (n,), starts of the groups in it, place (n,) of each row in its group."""
    ids = np.asarray(group)
    if ids.shape != (n,):
        raise ValueError(f"`group` should have shape ({n},), one id for each row. Found {ids.shape}.")
    order = np.argsort(ids, kind="stable")
    ids = ids[order]
    first = np.concatenate([[True], ids[1:] != ids[:-1]])[:n]
    starts = np.flatnonzero(first)
    place = np.arange(n) - starts[np.cumsum(first) - 1]
    return order, starts, place


def _of_sequences(
    known: NDArray[np.bool_],
    declared: NDArray[np.bool_],
    weight: Floats,
    starts: NDArray[np.intp],
    place: NDArray[np.intp],
) -> dict[str, float]:
    """The numbers over sequences; rows (n,) grouped, `starts` (sequences,)."""
    if not starts.size:
        names = ("stopped_early", "under_practice", "over_practice", "effort", "spared", "score")
        return dict.fromkeys((*names, "lag_mean", "lag_median", "lag_censored"), float("nan")) | {"lags": 0.0}
    length = np.diff(np.append(starts, len(known)))
    weight = weight[starts]

    def first(flag: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Place of the first true row of each sequence; its length if there is none."""
        return np.minimum.reduceat(np.where(flag, place, np.repeat(length, length)), starts)

    mastered, stop = first(known), first(declared)
    then = first(known & (place >= np.repeat(stop, length)))
    is_stopped, is_mastered = stop < length, mastered < length
    known_at_stop = known[starts + np.minimum(stop, length - 1)]
    lagging = is_mastered & (stop >= mastered)
    return {
        "stopped_early": _share(~known_at_stop[is_stopped], weight[is_stopped]),
        "under_practice": _share((then - stop)[is_stopped], weight[is_stopped]),
        "over_practice": _share(np.maximum(stop - mastered, 0)[is_mastered], weight[is_mastered]),
        "effort": _share(stop, weight),
        "spared": _share(length - stop, weight),
        "score": _share(known_at_stop, weight),
        **_lag((stop - mastered)[lagging], is_stopped[lagging], weight[lagging]),
    }


def _lag(lag: NDArray[np.intp], seen: NDArray[np.bool_], weight: Floats) -> dict[str, float]:
    """Mean, median and count of lags; those not `seen` to end are at least `lag`."""
    return {
        "lag_mean": _share(lag[seen], weight[seen]),
        "lag_median": _median_with_censoring(lag, seen, weight),
        "lags": float(weight.sum()),
        "lag_censored": _share(~seen, weight),
    }


def _median_with_censoring(duration: NDArray[np.intp], seen: NDArray[np.bool_], weight: Floats) -> float:
    """First duration by which half have ended (Kaplan and Meier 1958); infinite if half never do, nan without any."""
    if not weight.sum() > 0:
        return float("nan")
    at = np.arange(duration.max() + 1)
    ended = np.bincount(duration[seen], weights=weight[seen], minlength=at.size)
    leaving = np.bincount(duration, weights=weight, minlength=at.size)
    at_risk = np.cumsum(leaving[::-1])[::-1]
    left = np.cumprod(1 - np.divide(ended, at_risk, out=np.zeros(at.size), where=at_risk > 0))
    halved = np.flatnonzero(left <= 0.5 + 1e-12)
    return float(at[halved[0]]) if halved.size else float("inf")


def _share(values: np.ndarray, weight: Floats) -> float:
    """Weighted mean; nan if nothing has weight."""
    total = weight.sum()
    return float(values @ weight / total) if total > 0 else float("nan")
