"""Negative transfer: what learning together gave each task, against a model of its own, and how sure that is.

Two kinds of chance stand between a measured difference and a real one. Other students would have given another number:
the difference is paired by student. Another training would have too: each model is trained several times, from other
random weights. A number that leaves out either is too sure of itself, and a single pair of trainings leaves out the
second. The interval here has room for both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from kt_fewshot.metrics import Interval

from .results import interval_of

LEVEL: Final = 0.01
"""Chance of any wrong verdict, over all tasks together."""

SMALLEST: Final = 0.01
"""Relative changes of a loss up to this size are no difference worth a verdict."""

USUAL_REPEATS: Final = 5
"""Trainings of each model: of three tasks' intervals at this level, 2 degrees of freedom make each 17 standard errors
wide to either side, and 4 make it 6."""

FEWEST_REPEATS: Final = 3
FEWEST_STUDENTS: Final = 5
"""With less than that nothing can be said of the noise of training, or of students."""

MOST: Final = 700.0
"""Logarithm of the largest ratio that can be written."""

Floats = NDArray[np.float64]


class Verdict(StrEnum):
    """What learning together does to a task."""

    HELPS = "helps"
    NONE = "no difference"
    HURTS = "hurts"
    UNKNOWN = "not known"


@dataclass(frozen=True)
class PairedLosses:
    """One task's losses of the same test students, learned together with others (`joint`) and otherwise (`other`).

    - `joint, other: (repeats, students)` sum of each student's losses, one row a training; 0 where nothing is labelled;
    - `labels: (students,)` how many labels the sums are of.

    Raises:
        ValueError: if shapes do not fit, there is no label, or a number is negative or not finite.
    """

    joint: Floats
    other: Floats
    labels: Floats

    def __post_init__(self) -> None:
        """Check once what every later step relies on."""
        shapes = [values.shape for values in (self.joint, self.other, self.labels)]
        if (
            self.joint.ndim != 2
            or self.other.shape[1:] != self.labels.shape
            or self.joint.shape[1:] != self.labels.shape
        ):
            raise ValueError(f"Losses should be (repeats, students), labels (students,). Found {shapes}.")
        for values in (self.joint, self.other, self.labels):
            if not np.isfinite(values).all() or (values < 0).any() or not values.sum() > 0:
                raise ValueError("Losses and labels should be finite, not negative, and not all of them 0.")


@dataclass(frozen=True)
class TaskTransfer:
    """One task of a comparison.

    - `joint`, `other`: mean loss a label, learned together and otherwise;
    - `change`: relative change 1 - joint / other, above 0 where learning together is better; its interval holds for all
      tasks of the comparison at once;
    - `verdict`: in one word.
    """

    joint: float
    other: float
    change: Interval
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """For strict JSON."""
        return vars(self) | {"change": self.change.to_dict(), "verdict": self.verdict.value}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_dict` gave, read back."""
        change, verdict = interval_of(content["change"]), Verdict(content["verdict"])
        return cls(float(content["joint"]), float(content["other"]), change, verdict)


@dataclass(frozen=True)
class Transfer:
    """What learning together gave every task.

    - `tasks`: name -> what was found;
    - `delta_m`: mean of the tasks' relative changes (Maninis et al. 2019, https://arxiv.org/abs/1904.08918), in which
      each counts the same; its interval is of the level alone;
    - `repeats`, `students`: trainings of each model, students of the test;
    - `level`, `smallest`: as `transfer` took them.
    """

    tasks: Mapping[str, TaskTransfer]
    delta_m: Interval
    repeats: int
    students: int
    level: float
    smallest: float

    def named(self, verdict: Verdict) -> list[str]:
        """The tasks of a verdict."""
        return [name for name, task in self.tasks.items() if task.verdict is verdict]

    def to_json_dict(self) -> dict[str, Any]:
        """For strict JSON; undefined numbers are null."""
        return {
            "settings": {"level": self.level, "smallest": self.smallest, "repeats": self.repeats},
            "counts": {"students": self.students},
            "delta_m": self.delta_m.to_dict(),
            "tasks": {name: task.to_dict() for name, task in self.tasks.items()},
        }

    @classmethod
    def from_json_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_json_dict` gave, read back; parts that are not known are ignored."""
        how = content["settings"]
        return cls(
            tasks={name: TaskTransfer.from_dict(task) for name, task in content["tasks"].items()},
            delta_m=interval_of(content["delta_m"]),
            repeats=int(how["repeats"]),
            students=int(content["counts"]["students"]),
            level=float(how["level"]),
            smallest=float(how["smallest"]),
        )


def transfer(losses: Mapping[str, PairedLosses], *, level: float = LEVEL, smallest: float = SMALLEST) -> Transfer:
    """Compare what was learned together with what was learned otherwise, task by task.

    The difference of a task is log(other / joint), whose distribution is less skewed than the relative change's. Its
    variance is the sum of

    - that between students, of their means over the trainings, by the delta method: students are paired;
    - that between trainings, of each of the two models. Trainings are not paired: equal seeds make two networks alike
      in parts at best, and two variances make more degrees of freedom than one.

    Student's t has Satterthwaite's degrees of freedom. With many tasks one of them would be flagged by chance, so each
    interval is of the level divided by their number (Bonferroni).

    A verdict says that the whole interval lies beyond `smallest`: a null hypothesis of exactly no difference is never
    quite true of two different trainings, and with enough students would always be rejected (Murphy and Myors 1999,
    https://doi.org/10.1037/0021-9010.84.2.234, on minimum-effect tests).

    Args:
        losses: of each task, all of the same students and numbers of trainings.
        level: chance of any wrong verdict, over all tasks together, in (0, 1).
        smallest: size up to which a relative change is no difference, 0 or more.

    Raises:
        ValueError: if there is no task, or they are of different students or numbers of trainings.
    """
    shapes = {(pair.joint.shape[0], *pair.other.shape) for pair in losses.values()}
    if len(shapes) != 1:
        raise ValueError(f"All tasks should have the same trainings and students, one task or more. Found {shapes}.")
    ((repeats, _, students),) = shapes
    tasks = {name: _task(pair, level / len(losses), smallest) for name, pair in losses.items()}
    return Transfer(tasks, _delta_m(list(losses.values()), level), repeats, students, level, smallest)


def _task(pair: PairedLosses, level: float, smallest: float) -> TaskTransfer:
    told = pair.labels > 0
    pair = PairedLosses(pair.joint[:, told], pair.other[:, told], pair.labels[told])
    change = _change(pair, level)
    labels = pair.labels.sum() * pair.joint.shape[0]
    return TaskTransfer(pair.joint.sum() / labels, pair.other.sum() / labels, change, _verdict(change, smallest))


def _change(pair: PairedLosses, level: float) -> Interval:
    """1 - joint / other, by way of log(other / joint)."""
    joint, other = (values.mean(0) for values in (pair.joint, pair.other))  # (students,)
    middle = float(np.log(other.sum() / joint.sum()))
    if reason := _too_few(*pair.joint.shape):
        return Interval(_relative(middle), reason=reason)
    parts = (
        _of_mean(len(joint) * (other / other.sum() - joint / joint.sum())),
        _of_mean(np.log(pair.joint.sum(1))),
        _of_mean(np.log(pair.other.sum(1))),
    )
    half = _half(parts, level)
    return Interval(_relative(middle), _relative(middle - half), _relative(middle + half))


def _relative(logarithm: float) -> float:
    """1 - exp(-log(other / joint)) = 1 - joint / other."""
    return float(-np.expm1(min(-logarithm, MOST)))


def _verdict(change: Interval, smallest: float) -> Verdict:
    if change.reason is not None:
        return Verdict.UNKNOWN
    if change.low > smallest:
        return Verdict.HELPS
    return Verdict.HURTS if change.high < -smallest else Verdict.NONE


def _delta_m(pairs: Sequence[PairedLosses], level: float) -> Interval:
    """The mean relative change; its variance is that of its linear terms."""
    by_student, by_joint, by_other, ratios = 0.0, 0.0, 0.0, []
    for pair in pairs:
        joint, other = (values.mean(0) for values in (pair.joint, pair.other))
        ratio = joint.sum() / other.sum()
        ratios.append(ratio)
        by_student = by_student + len(joint) * (ratio * other - joint) / other.sum()
        by_joint = by_joint - pair.joint.sum(1) / other.sum()
        by_other = by_other + ratio * pair.other.sum(1) / other.sum()
    value = 1 - float(np.mean(ratios))
    if reason := _too_few(*pairs[0].joint.shape):
        return Interval(value, reason=reason)
    half = _half([_of_mean(np.asarray(terms) / len(pairs)) for terms in (by_student, by_joint, by_other)], level)
    return Interval(value, value - half, value + half)


def _too_few(repeats: int, students: int) -> str | None:
    if students < FEWEST_STUDENTS:
        return f"fewer than {FEWEST_STUDENTS} students say too little about others"
    return f"fewer than {FEWEST_REPEATS} trainings say too little about others" if repeats < FEWEST_REPEATS else None


class _Part(NamedTuple):
    """A part of a variance, and the degrees of freedom it was estimated with."""

    variance: float
    freedom: int


def _of_mean(values: Floats) -> _Part:
    """Of the mean of independent values: (n,)."""
    return _Part(float(values.var(ddof=1)) / len(values), len(values) - 1)


def _half(parts: Sequence[_Part], level: float) -> float:
    """Half of Student's t interval, its degrees of freedom by Satterthwaite's approximation."""
    total = sum(part.variance for part in parts)
    if total == 0:
        return 0.0
    freedom = total**2 / sum(part.variance**2 / part.freedom for part in parts)
    return float(stdtrit(freedom, 1 - level / 2) * np.sqrt(total))
