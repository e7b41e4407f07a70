"""What decisions an estimate of mastery leads to: false mastery, misses, lag, over- and under-practice, effort.

AUC, Brier score and calibration say how good the estimate is as a number (`auc`, `brier`,
`expected_calibration_error`); they hide a bad threshold. The functions here look at what a tutor would do who declares
a skill mastered, and stops practising it, once the estimate reaches a threshold.

Rows are opportunities: one answer of one student on one skill. Rows with the same `group` are one sequence (one student
and skill) and stand in the order of time; other rows may stand between them. Estimate and truth are those *before* the
answer of the row.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .correctness import Floats, checked


class Terms(NamedTuple):
    """The values (m,) a number is the mean of, and the row (m,) each comes from; for a sequence, its first row."""

    values: Floats
    rows: NDArray[np.intp]


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
    lags: int
    lag_censored: float
    effort: float
    spared: float
    score: float


def mastery_decisions(
    estimate: ArrayLike, truth: ArrayLike, group: ArrayLike, *, threshold: float = 0.95
) -> MasteryDecisions:
    """Count what comes of declaring mastery at a threshold; see `MasteryDecisions` for every number.

    Effort and score after González-Brenes and Huang (2015), Your model is predictive - but is it useful?, Educational
    Data Mining; there the score is later performance, here it is the truth of a simulation.

    Args:
        estimate: (n,) P(mastered) before the answer, in [0, 1].
        truth: (n,) in {0, 1}, whether the skill was mastered then.
        group: (n,) any ids; equal ids are one student and skill, in the order of time.
        threshold: mastery is declared at or above it.

    Raises:
        ValueError: if shapes differ or a value is out of its range.

    >>> decisions = mastery_decisions([0.2, 0.96, 0.97], [0, 0, 1], [7, 7, 7])
    >>> decisions.false_mastery, decisions.missed, decisions.under_practice, decisions.effort
    (0.5, 0.0, 1.0, 1.0)
    """
    tutor = _Tutor(estimate, truth, group, threshold)
    means = {name: _mean(term.values) for name, term in tutor.terms().items()}
    return MasteryDecisions(**means, lag_median=tutor.median_lag(), lags=int(tutor.lagging.sum()))


def decision_terms(
    estimate: ArrayLike, truth: ArrayLike, group: ArrayLike, *, threshold: float = 0.95
) -> dict[str, Terms]:
    """What each share and mean of `mastery_decisions` is the mean of, for intervals that keep students together.

    Arguments and errors as there. All numbers but `lag_median` and `lags` have terms.
    """
    return _Tutor(estimate, truth, group, threshold).terms()


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


class _Tutor:
    """A tutor who stops each sequence at its first declared opportunity.

    Rows are put together by sequence: `order` (n,) is where each came from, `starts` (sequences,) where each sequence
    begins. Over sequences: `length`; `mastered`, `stop` and `then`, the places of the first truly mastered opportunity,
    of the first declared one and of the first mastered one from that on, each `length` where there is none.
    """

    def __init__(self, estimate: ArrayLike, truth: ArrayLike, group: ArrayLike, threshold: float) -> None:
        values, known, _ = checked(estimate, truth)
        if not 0 <= threshold <= 1:
            raise ValueError(f"`threshold` should be within [0, 1]. Found `threshold = {threshold}`.")
        self.order, self.starts, place = _sequences(group, len(values))
        self.known = known[self.order] == 1
        self.declared = values[self.order] >= threshold
        self.length = np.diff(np.append(self.starts, len(place)))
        self.mastered, self.stop = self._first(self.known, place), self._first(self.declared, place)
        self.then = self._first(self.known & (place >= np.repeat(self.stop, self.length)), place)
        self.lagging = (self.mastered < self.length) & (self.stop >= self.mastered)

    def terms(self) -> dict[str, Terms]:
        """What the shares and means are means of, by name."""
        is_stopped, is_mastered = self.stop < self.length, self.mastered < self.length
        known_at_stop = self.known[self.starts + np.minimum(self.stop, self.length - 1)]
        late = self.stop - self.mastered
        everything = np.ones(len(self.starts), bool)
        return {
            "declared": self._over_rows(self.declared, np.ones(len(self.order), bool)),
            "false_mastery": self._over_rows(~self.known, self.declared),
            "missed": self._over_rows(~self.declared, self.known),
            "stopped_early": self._over_sequences(~known_at_stop, is_stopped),
            "under_practice": self._over_sequences(self.then - self.stop, is_stopped),
            "over_practice": self._over_sequences(np.maximum(late, 0), is_mastered),
            "lag_mean": self._over_sequences(late, self.lagging & is_stopped),
            "lag_censored": self._over_sequences(~is_stopped, self.lagging),
            "effort": self._over_sequences(self.stop, everything),
            "spared": self._over_sequences(self.length - self.stop, everything),
            "score": self._over_sequences(known_at_stop, everything),
        }

    def median_lag(self) -> float:
        """First lag by which half have ended (Kaplan and Meier 1958); infinite if half never do, nan without any."""
        if not self.lagging.any():
            return float("nan")
        lag, seen = (self.stop - self.mastered)[self.lagging], (self.stop < self.length)[self.lagging]
        at_risk = np.cumsum(np.bincount(lag)[::-1])[::-1]
        ended = np.bincount(lag[seen], minlength=len(at_risk))
        halved = np.flatnonzero(np.cumprod(1 - ended / at_risk) <= 0.5 + 1e-12)
        return float(halved[0]) if halved.size else float("inf")

    def _first(self, flag: NDArray[np.bool_], place: NDArray[np.intp]) -> NDArray[np.intp]:
        """Place of the first true row of each sequence; its length if there is none."""
        if not len(place):
            return place
        return np.minimum.reduceat(np.where(flag, place, np.repeat(self.length, self.length)), self.starts)

    def _over_rows(self, values: NDArray[np.bool_], among: NDArray[np.bool_]) -> Terms:
        return Terms(values[among].astype(np.float64), self.order[among])

    def _over_sequences(self, values: np.ndarray, among: NDArray[np.bool_]) -> Terms:
        return Terms(values[among].astype(np.float64), self.order[self.starts[among]])


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


def _mean(values: Floats) -> float:
    """Mean; nan of nothing."""
    return float(values.mean()) if values.size else float("nan")
