"""How sure a number is: intervals that respect that the answers of one student belong together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from .correctness import Floats, checked
from .resampling import RESAMPLERS, GroupedAnswers, student_weights

METRICS: Final = tuple(RESAMPLERS)
"""Names `student_bootstrap` knows: auc, accuracy, rmse, log_loss, brier, ece."""


@dataclass(frozen=True)
class Interval:
    """A number with the interval it is thought to lie in; nan where undefined, and then `reason` says why."""

    value: float
    low: float = float("nan")
    high: float = float("nan")
    reason: str | None = None

    def to_dict(self) -> dict[str, float | str | None]:
        """For strict JSON: nan becomes None; `reason` only where there is one.

        >>> Interval(0.75, 0.7, 0.8).to_dict()
        {'value': 0.75, 'low': 0.7, 'high': 0.8}
        """
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        finite = {name: float(number) if np.isfinite(number) else None for name, number in numbers.items()}
        return finite | ({"reason": self.reason} if self.reason else {})


def student_bootstrap(
    student: ArrayLike,
    probability: ArrayLike,
    correct: ArrayLike,
    *,
    metrics: Sequence[str] = METRICS,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Interval]:
    """Metrics of P(correct) with intervals from resampling whole students with replacement.

    Answers of one student are alike, so resampling answers would make intervals too narrow. The interval holds the
    middle `level` of the metric over the resamples (percentile bootstrap); resamples in which the metric is undefined
    are skipped. The ECE of a resample is too high by the noise that resampling adds to each bin: its interval is
    shifted so that the resamples' mean is the value.

    Args:
        student: (answers,) whole numbers, one for each student.
        probability: (answers,) P(correct) in [0, 1].
        correct: (answers,) in {0, 1}.
        metrics: names out of `METRICS`.
        draws: resamples; 1000 give the ends of a 95 % interval to about 5 % of its width.
        seed: the same seed gives the same numbers.
        level: share of resamples inside the interval, in (0, 1).

    Raises:
        ValueError: if shapes differ, a value is out of its range, or a metric is unknown.

    Source: Field and Welsh (2007), https://doi.org/10.1111/j.1467-9868.2007.00593.x (the cluster bootstrap).
    """
    answers = _answers(student, probability, correct)
    by_name = _bootstrap(answers, metrics, draws=draws, seed=seed, level=level)
    return {name: intervals[0] for name, intervals in by_name.items()}


def grouped_bootstrap(
    student: ArrayLike,
    probability: ArrayLike,
    correct: ArrayLike,
    *,
    group: ArrayLike,
    n_groups: int,
    metrics: Sequence[str] = METRICS,
    draws: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, list[Interval]]:
    """`student_bootstrap` of every group of answers (each skill) at once, for the price of about one of them all.

    Students are drawn once for all groups, so a group sees a varying number of them, as it would in a new sample.

    Args:
        student: (answers,) whole numbers.
        probability: (answers,) P(correct) in [0, 1].
        correct: (answers,) in {0, 1}.
        group: (answers,) from 0 to `n_groups` - 1; an answer of several groups is handed in once for each.
        n_groups: number of groups; one without answers is undefined.
        metrics: names out of `METRICS`; the ECE is meant for a few large groups.
        draws: resamples.
        seed: the same seed gives the same numbers.
        level: share of resamples inside the interval, in (0, 1).

    Returns:
        For each metric one interval a group.

    Raises:
        ValueError: as `student_bootstrap`, or if a group is out of range.
    """
    answers = _answers(student, probability, correct, group=group, n_groups=n_groups)
    return _bootstrap(answers, metrics, draws=draws, seed=seed, level=level)


def paired_difference(
    student: ArrayLike,
    probability: ArrayLike,
    correct: ArrayLike,
    *,
    other: ArrayLike,
    metrics: Sequence[str] = METRICS,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Interval]:
    """Metric of `probability` less metric of `other`, two predictions of the same answers.

    Both are computed on the same resamples of students, so what makes a resample easy or hard cancels: the interval is
    far narrower than two separate ones, and one that leaves out 0 speaks for a real difference.

    Args:
        student: (answers,) whole numbers.
        probability: (answers,) P(correct) in [0, 1], first model.
        correct: (answers,) in {0, 1}.
        other: (answers,) P(correct) in [0, 1], second model.
        metrics: names out of `METRICS`.
        draws: resamples.
        seed: the same seed gives the same numbers.
        level: share of resamples inside the interval, in (0, 1).

    Raises:
        ValueError: as `student_bootstrap`.
    """
    both = _answers(student, probability, correct), _answers(student, other, correct)
    first, second = (_resample(answers, metrics, draws=draws, seed=seed) for answers in both)
    differences = {}
    for name in metrics:
        (value, resampled), (other_value, other_resampled) = first[name], second[name]
        (reason,) = _reasons(both[0], both=name == "auc")
        differences[name] = _interval(
            float((value - other_value)[0]), (resampled - other_resampled)[:, 0], level, reason, name=name
        )
    return differences


def bootstrap_mean(
    values: ArrayLike, cluster: ArrayLike, *, draws: int = 1000, seed: int = 0, level: float = 0.95
) -> Interval:
    """Mean of any `values: (n,)` with an interval from resampling whole clusters, `cluster: (n,)` whole numbers.

    Raises:
        ValueError: if shapes differ or a value is not finite.
    """
    value, _, _ = checked(values, np.zeros(np.shape(values)), bounded=False)
    index, n_clusters = _numbered(cluster, value.size)
    if not value.size:
        return Interval(float("nan"), reason="no values")
    total, count = np.bincount(index, weights=value), np.bincount(index).astype(np.float64)
    resampled = [weights @ total / (weights @ count) for weights in student_weights(n_clusters, draws, seed)]
    return _interval(float(value.mean()), np.concatenate(resampled), level)


def mean_interval(values: ArrayLike, *, level: float = 0.95) -> Interval:
    """Mean of independent `values: (n,)`, such as accuracies of episodes, with Student's t interval.

    The interval is mean +- t * standard deviation / sqrt(n); it has no ends for a single value, which says nothing
    about spread.

    >>> mean_interval([0.5, 0.7]).value
    0.6

    Raises:
        ValueError: if a value is not finite or `values` is not a vector.

    Source: Student (1908), https://doi.org/10.1093/biomet/6.1.1.
    """
    value, _, _ = checked(values, np.zeros(np.shape(values)), bounded=False)
    if not value.size:
        return Interval(float("nan"), reason="no values")
    mean = float(value.mean())
    if value.size == 1:
        return Interval(mean, reason="a single value says nothing about spread")
    half = float(stdtrit(value.size - 1, (1 + level) / 2) * value.std(ddof=1) / np.sqrt(value.size))
    return Interval(mean, mean - half, mean + half)


def _numbered(cluster: ArrayLike, length: int) -> tuple[NDArray[np.intp], int]:
    """Clusters as 0, 1, ... and how many there are."""
    given = np.asarray(cluster)
    if given.shape != (length,):
        raise ValueError(f"Each value needs its student or cluster. Found shapes {(length,)} and {given.shape}.")
    distinct, index = np.unique(given, return_inverse=True)
    return index, distinct.size


def _answers(
    student: ArrayLike,
    probability: ArrayLike,
    correct: ArrayLike,
    *,
    group: ArrayLike | None = None,
    n_groups: int = 1,
) -> GroupedAnswers:
    """The arguments checked and put together; no `group` is one group."""
    predicted, outcome, _ = checked(probability, correct)
    index, n_students = _numbered(student, predicted.size)
    where = np.zeros(predicted.shape, dtype=np.intp) if group is None else np.asarray(group, dtype=np.intp)
    if where.shape != predicted.shape or (where.size and not (where.min() >= 0 and where.max() < n_groups)):
        raise ValueError(f"Each answer needs a group from 0 to {n_groups - 1}.")
    return GroupedAnswers(index, where, predicted, outcome, n_students, n_groups)


def _resample(
    answers: GroupedAnswers, metrics: Sequence[str], *, draws: int, seed: int
) -> dict[str, tuple[Floats, Floats]]:
    """For each metric its values `(groups,)` and its values in the resamples `(draws, groups)`."""
    unknown = [name for name in metrics if name not in RESAMPLERS]
    if unknown:
        raise ValueError(f"Unknown metric '{unknown[0]}'. Choose one of: {', '.join(sorted(RESAMPLERS))}.")
    resamplers = {name: RESAMPLERS[name](answers) for name in metrics}
    values = {name: resampler(np.ones((1, answers.n_students)))[0] for name, resampler in resamplers.items()}
    chunks = {name: [np.empty((0, answers.n_groups))] for name in metrics}
    for weights in student_weights(answers.n_students, draws, seed) if answers.n_students else ():
        for name, resampler in resamplers.items():
            chunks[name].append(resampler(weights))
    return {name: (values[name], np.concatenate(chunks[name])) for name in metrics}


def _bootstrap(
    answers: GroupedAnswers, metrics: Sequence[str], *, draws: int, seed: int, level: float
) -> dict[str, list[Interval]]:
    """Every metric's interval for each group."""
    reasons = {name: _reasons(answers, both=name == "auc") for name in metrics}
    return {
        name: [
            _interval(float(value), column, level, reason, name=name, floor=0.0)
            for value, column, reason in zip(values, resampled.T, reasons[name], strict=True)
        ]
        for name, (values, resampled) in _resample(answers, metrics, draws=draws, seed=seed).items()
    }


def _reasons(answers: GroupedAnswers, *, both: bool) -> list[str | None]:
    """For each group why a metric is undefined there, None where it is defined; `both`: it needs right and wrong."""
    count = np.bincount(answers.group, minlength=answers.n_groups)
    right = np.bincount(answers.group, weights=answers.correct, minlength=answers.n_groups)
    return [
        "no answers"
        if n == 0
        else ("every answer is right" if r else "every answer is wrong")
        if both and r in (0, n)
        else None
        for n, r in zip(count, right, strict=True)
    ]


def _interval(
    value: float, resampled: Floats, level: float, reason: str | None = None, *, name: str = "", floor: float = -np.inf
) -> Interval:
    """The middle `level` of `resampled: (draws,)`, nan skipped; of metric `name`, nowhere below `floor`."""
    defined = resampled[np.isfinite(resampled)]
    if not np.isfinite(value) or not defined.size:
        return Interval(value, reason=reason)
    if name == "ece":  # biased upwards in a resample, as `student_bootstrap` tells
        defined = np.maximum(defined + value - defined.mean(), floor)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))
