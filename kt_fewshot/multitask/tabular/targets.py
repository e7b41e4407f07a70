"""`Targets`: what a table of targets was learned to be; from the user's columns to coded numbers and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_consistent_length

from ..tasks import Task
from .target_coding import Coding, understood
from .target_columns import Column, read_targets

Told = Mapping[str, str | Task] | Sequence[Task] | None
"""Name -> kind or task, or tasks, which have their names; None for what the columns look like."""


@dataclass(frozen=True)
class Coded:
    """A target's coded values, 0 where there are none, and where they are; both (rows, *target_shape)."""

    values: NDArray[np.float64]
    there: NDArray[np.bool_]


@dataclass(frozen=True)
class Targets:
    """Tasks and their codings, in the order in which the user has them.

    Attributes:
        tasks: name -> task.
        codings: name -> coding.
        alone: whether there is one target only, handed in without a name; what is said of it has none either.
    """

    tasks: Mapping[str, Task]
    codings: Mapping[str, Coding]
    alone: bool

    @classmethod
    def learn(cls, columns: Mapping[str, Column], told: Told, *, training: NDArray[np.bool_], alone: bool) -> Self:
        """From columns; `training: (rows,)` are the rows that one may learn from.

        Raises:
            ValueError: if a task has no column, or a column does not fit its task.
        """
        said = _by_name(told)
        if unknown := [name for name in said if name not in columns]:
            raise ValueError(f"Task '{unknown[0]}' has no target. Found targets: {', '.join(columns)}.")
        found = {name: understood(name, column, said.get(name), training) for name, column in columns.items()}
        tasks, codings = ({name: pair[k] for name, pair in found.items()} for k in range(2))
        return cls(tasks, codings, alone)  # pyright: ignore[reportArgumentType]

    def read(self, y: Any, rows: int) -> dict[str, Coded]:  # noqa: ANN401
        """Targets of other rows; some may be missing.

        Raises:
            ValueError: if a target was not there in fit, a value is unknown, or there are not as many as `rows`.
        """
        columns, _ = read_targets(y)
        if unknown := [name for name in columns if name not in self.tasks]:
            raise ValueError(f"Target '{unknown[0]}' was not there in fit. Found then: {', '.join(self.tasks)}.")
        check_consistent_length(np.empty(rows), *(column.values for column in columns.values()))
        return self.encode(columns)

    def encode(self, columns: Mapping[str, Column]) -> dict[str, Coded]:
        """Coded values of columns."""
        return {name: Coded(*self.codings[name].encode(column)) for name, column in columns.items()}

    def is_discrete(self, name: str) -> bool:
        """Whether a target has classes or labels."""
        return self.codings[name].classes is not None or bool(self.tasks[name].target_shape)

    def named(self, found: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """What is said of each target, or of the only one."""
        return next(iter(found.values())) if self.alone else dict(found)

    def value(self, name: str, expected: NDArray[np.floating]) -> NDArray[Any]:
        """The user's value of a target, from what is expected of it."""
        return self.codings[name].decode(self.tasks[name].decide(expected))

    def evaluate(self, said: Mapping[str, NDArray[np.floating]], y: Any) -> dict[str, dict[str, float]]:  # noqa: ANN401
        """Name -> metric -> how well targets are predicted by what is expected of them, coded."""
        return {name: self.measure(name, said[name], coded) for name, coded in self.read(y, _rows(said)).items()}

    def mean_score(self, said: Mapping[str, NDArray[np.floating]], y: Any) -> float:  # noqa: ANN401
        """The mean of the targets' scores."""
        return float(
            np.mean([self.score(name, said[name], coded) for name, coded in self.read(y, _rows(said)).items()])
        )

    def measure(self, name: str, expected: NDArray[np.floating], coded: Coded) -> dict[str, float]:
        """The task's metrics where there are labels; of numbers in the user's unit."""
        target, said = np.where(coded.there, coded.values, np.nan), expected
        if coded.there.ndim == 1:
            target, said = target[coded.there], said[coded.there]
        if not self.is_discrete(name):
            target, said = (self.codings[name].decode(values) for values in (target, said))
        return {metric.name: metric(said, target) for metric in self.tasks[name].metrics}

    def score(self, name: str, expected: NDArray[np.floating], coded: Coded) -> float:
        """Share of right classes or labels, or R2, as scikit-learn scores each; nan without labels."""
        said, truth = self.tasks[name].decide(expected)[coded.there], coded.values[coded.there]
        if not truth.size:
            return float("nan")
        if self.is_discrete(name):
            return float((said == truth).mean())
        spread = max(float(truth.var()), np.finfo(np.float64).eps)
        return 1 - float(((said - truth) ** 2).mean()) / spread


def _by_name(told: Told) -> dict[str, str | Task]:
    if told is None:
        return {}
    return dict(told) if isinstance(told, Mapping) else {task.name: task for task in told}


def _rows(said: Mapping[str, NDArray[Any]]) -> int:
    return len(next(iter(said.values())))
