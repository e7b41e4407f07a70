"""How well an estimate finds the mastery of simulated students, next to the best that could be found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kt_fewshot.data import SimulatedStudents
from kt_fewshot.metrics import (
    Interval,
    bootstrap_mean,
    decision_terms,
    mastery_decisions,
    paired_difference,
    student_bootstrap,
)

AS_A_NUMBER: Final = ("auc", "brier", "ece")
"""Metrics of the estimate as a number, before anything is decided by it."""


@dataclass(frozen=True)
class MasteryRecovery:
    """What `recover_mastery` found.

    Attributes:
        simulator: name of the simulator the students come from.
        threshold: mastery was declared at or above it.
        n_students: number of students.
        n_opportunities: opportunities, one for each answer and estimate.
        base_rate: share of the opportunities at which the skill was mastered.
        estimate: `auc`, `brier`, `ece` of the estimate against the truth and every number of `MasteryDecisions`, with
            intervals from resampling students; `lag_median` has none.
        ceiling: the same for the ceiling; None if there was none.
        gap: `auc`, `brier` and `ece` of the estimate less those of the ceiling, on the same resamples; None likewise.
    """

    simulator: str
    threshold: float
    n_students: int
    n_opportunities: int
    base_rate: float
    estimate: Mapping[str, Interval]
    ceiling: Mapping[str, Interval] | None = None
    gap: Mapping[str, Interval] | None = None

    def to_dict(self) -> dict[str, str | float | None]:
        """Everything in one flat table for strict JSON: `auc`, `auc_low`, `auc_high`, `ceiling_auc`, `gap_auc`, ...

        None stands for what is undefined, for an interval that there is none of, and for an infinite median.
        """
        flat: dict[str, str | float | None] = {
            "simulator": self.simulator,
            "threshold": self.threshold,
            "n_students": self.n_students,
            "n_opportunities": self.n_opportunities,
            "base_rate": self.base_rate,
        }
        for prefix, intervals in (("", self.estimate), ("ceiling_", self.ceiling or {}), ("gap_", self.gap or {})):
            for name, interval in intervals.items():
                for end, number in (("", interval.value), ("_low", interval.low), ("_high", interval.high)):
                    flat[f"{prefix}{name}{end}"] = float(number) if np.isfinite(number) else None
        return flat


def recover_mastery(
    estimate: NDArray[np.floating],
    students: SimulatedStudents,
    *,
    ceiling: NDArray[np.floating] | None = None,
    threshold: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> MasteryRecovery:
    """Compare an estimate of mastery with the truth of simulated students, as a number and by what is decided by it.

    An opportunity is an answer and the skill it practises. An answer of two skills is two opportunities if estimate
    and ceiling tell of every skill, (answers, skills); if one of them is (answers,), it is one opportunity whose truth
    is that both skills are mastered, and that a value of every skill enters as the smaller of the two.

    Args:
        estimate: (answers,) P(the practised skills are mastered) or (answers, skills) P(mastered) of every skill,
            *before* each answer, in [0, 1]; rows as in `students.interactions.table`.
        students: the students with their truth.
        ceiling: the best possible estimate, of either shape: for students of the "bkt" simulator with its default
            options, the forward filter with the true parameters.
        threshold: mastery is declared at or above it.
        draws: resamples of the students behind each interval.
        seed: of the resamples.

    Raises:
        ValueError: if a shape does not fit the students or a value is not in [0, 1].
    """
    given = {"estimate": estimate} if ceiling is None else {"estimate": estimate, "ceiling": ceiling}
    for name, values in given.items():
        _check(name, values, students)
    one = _opportunities(students, given)
    found = {name: _measure(one, name, threshold=threshold, draws=draws, seed=seed) for name in given}
    gap = None
    if ceiling is not None:
        gap = paired_difference(
            one.student, one.values["estimate"], one.truth,
            other=one.values["ceiling"], metrics=AS_A_NUMBER, draws=draws, seed=seed,
        )  # fmt: skip
    return MasteryRecovery(
        simulator=students.simulator,
        threshold=threshold,
        n_students=students.interactions.n_students,
        n_opportunities=len(one.truth),
        base_rate=float(one.truth.mean()),
        estimate=found["estimate"],
        ceiling=found.get("ceiling"),
        gap=gap,
    )


@dataclass(frozen=True)
class _Opportunities:
    """One row for each opportunity: the values and the truth before it, its student and its sequence, (n,) each."""

    values: Mapping[str, NDArray[np.floating]]
    truth: NDArray[np.bool_]
    student: NDArray[np.int64]
    sequence: NDArray[np.int64]


def _check(name: str, values: NDArray[np.floating], students: SimulatedStudents) -> None:
    answers, skills = students.mastered.shape
    if values.shape not in {(answers,), (answers, skills)}:
        wanted = f"({answers},) or ({answers}, {skills})"
        raise ValueError(f"`{name}` should have shape {wanted}, a row for each answer. Found {values.shape}.")


def _opportunities(students: SimulatedStudents, given: Mapping[str, NDArray[np.floating]]) -> _Opportunities:
    """Lay the values out by opportunity; every value of two axes by skill, otherwise by the skills of an answer."""
    student = students.student_index()
    if all(values.ndim == 2 for values in given.values()):
        rows, skills = students.opportunities()
        values = {name: values[rows, skills] for name, values in given.items()}
        return _Opportunities(values, students.mastered[rows, skills], student[rows], _pairs(student[rows], skills))
    values = {name: students.practised(values) if values.ndim == 2 else values for name, values in given.items()}
    other, skill = np.sort(students.required.astype(np.int64), axis=1).T  # a set; `other` is -1 for a single skill
    return _Opportunities(values, students.practised(), student, _pairs(student, _pairs(skill, other + 1)))


def _pairs(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number for each pair of whole numbers from 0, equal only for equal pairs."""
    return first * (int(second.max(initial=0)) + 1) + second


def _measure(one: _Opportunities, name: str, *, threshold: float, draws: int, seed: int) -> dict[str, Interval]:
    values = one.values[name]
    intervals = student_bootstrap(one.student, values, one.truth, metrics=AS_A_NUMBER, draws=draws, seed=seed)
    for number, term in decision_terms(values, one.truth, one.sequence, threshold=threshold).items():
        intervals[number] = bootstrap_mean(term.values, one.student[term.rows], draws=draws, seed=seed)
    decisions = mastery_decisions(values, one.truth, one.sequence, threshold=threshold)
    return intervals | {"lag_median": Interval(decisions.lag_median), "lags": Interval(decisions.lags)}
