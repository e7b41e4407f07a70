"""Codings: from a user's values to the numbers that a task works with, and back. And which task values look like."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self, final

import numpy as np
from numpy.typing import NDArray

from ..class_tasks import MultiClass, Ordinal
from ..tasks import Binary, MultiLabel, Regression, Task
from .target_columns import Column

MOST_CLASSES: Final = 20
"""Whole numbers with more distinct values than this look like a quantity."""

Floats = NDArray[np.float64]


class Coding(ABC):
    """How the values of a target are coded."""

    @property
    def classes(self) -> NDArray[Any] | None:
        """The distinct values of a target that has classes."""
        return None

    @property
    def unit(self) -> float:
        """What 1 in the coded target is in the user's."""
        return 1.0

    @classmethod
    @abstractmethod
    def learn(cls, column: Column, training: NDArray[np.bool_]) -> Self:
        """From a column; `training: (rows,)` tells which rows one may learn from."""

    @abstractmethod
    def encode(self, column: Column) -> tuple[Floats, NDArray[np.bool_]]:
        """Coded values and where there are any; both (rows,) or (rows, labels).

        Raises:
            ValueError: if a value cannot be coded.
        """

    @abstractmethod
    def decode(self, coded: NDArray[np.floating]) -> NDArray[Any]:
        """The user's values."""


@final
@dataclass(frozen=True)
class Classes(Coding):
    """Classes as 0, 1, ... in the order of their values, or in the order the user gave them."""

    values: NDArray[Any]

    @property
    def classes(self) -> NDArray[Any]:
        """See `Coding`."""
        return self.values

    @classmethod
    def learn(cls, column: Column, training: NDArray[np.bool_]) -> Self:  # noqa: ARG003 (classes are known beforehand)
        """All values there are."""
        real = column.values[column.there]
        if column.order is not None:
            return cls(np.array([value for value in column.order if value in set(real)]))
        whole = column.is_numeric and (real == real.round()).all()
        distinct = np.unique(real.astype(np.int64) if whole else real)
        return cls(distinct if column.is_numeric else np.array(distinct.tolist()))

    @classmethod
    def numbered(cls, n: int) -> Self:
        """Classes that are coded already."""
        return cls(np.arange(n))

    def encode(self, column: Column) -> tuple[Floats, NDArray[np.bool_]]:
        """See `Coding`."""
        number = {value: k for k, value in enumerate(self.values.tolist())}
        distinct, which = np.unique(column.values[column.there], return_inverse=True)
        if unknown := [value for value in distinct.tolist() if value not in number]:
            raise ValueError(f"Unknown class {unknown[0]!r}. Known are: {', '.join(map(str, self.values))}.")
        coded = np.zeros(len(column))
        coded[column.there] = np.array([number[value] for value in distinct.tolist()], dtype=np.float64)[which]
        return coded, column.there

    def decode(self, coded: NDArray[np.floating]) -> NDArray[Any]:
        """See `Coding`."""
        return self.values[coded.astype(np.intp)]


@final
@dataclass(frozen=True)
class Numbers(Coding):
    """Numbers less their mean, divided by their standard deviation."""

    centre: float
    spread: float

    @property
    def unit(self) -> float:
        """See `Coding`."""
        return self.spread

    @classmethod
    def learn(cls, column: Column, training: NDArray[np.bool_]) -> Self:
        """Mean and standard deviation of the training rows."""
        if not column.is_numeric:
            raise ValueError("A regression needs numbers.")
        real = column.values[column.there & training]
        spread = float(real.std()) if len(real) else 1.0
        return cls(float(real.mean()) if len(real) else 0.0, spread if spread > 0 else 1.0)

    def encode(self, column: Column) -> tuple[Floats, NDArray[np.bool_]]:
        """See `Coding`."""
        return np.where(column.there, (column.values - self.centre) / self.spread, 0.0), column.there

    def decode(self, coded: NDArray[np.floating]) -> NDArray[Any]:
        """See `Coding`."""
        return coded * self.spread + self.centre


@final
@dataclass(frozen=True)
class Labels(Coding):
    """Labels that are 0 or 1 as they are."""

    @classmethod
    def learn(cls, column: Column, training: NDArray[np.bool_]) -> Self:  # noqa: ARG003 (nothing to learn)
        """Nothing."""
        if column.labels is None:
            raise ValueError("A multi-label target needs labels in columns.")
        return cls()

    def encode(self, column: Column) -> tuple[Floats, NDArray[np.bool_]]:
        """See `Coding`."""
        coded = np.where(column.there, column.values, 0).astype(np.float64)
        if not np.isin(coded, (0.0, 1.0)).all():
            raise ValueError(
                "Labels should be 0 or 1, or missing. Several regressions are targets with names of their own."
            )
        return coded, column.there

    def decode(self, coded: NDArray[np.floating]) -> NDArray[Any]:
        """See `Coding`."""
        return coded.astype(np.int64)


@dataclass(frozen=True)
class Kind:
    """A kind of target: how it is coded, and the task that is made of a name, the column and its coding."""

    coding: type[Coding]
    make: Callable[[str, Column, Coding], Task]
    task: type[Task]


KINDS: Final[Mapping[str, Kind]] = {
    "binary": Kind(Classes, lambda name, _column, _coding: Binary(name), Binary),
    "multi-class": Kind(Classes, lambda name, _column, coding: MultiClass(name, classes=_number(coding)), MultiClass),
    "multi-label": Kind(Labels, lambda name, column, _coding: MultiLabel(name, labels=column.labels or ()), MultiLabel),
    "ordinal": Kind(Classes, lambda name, _column, coding: Ordinal(name, classes=_number(coding)), Ordinal),
    "regression": Kind(Numbers, lambda name, _column, _coding: Regression(name), Regression),
}
"""Name -> kind."""


def kind_of(column: Column) -> str:
    """What a column looks like.

    Columns are multi-label; two distinct whole numbers, truth values or texts are binary; more texts, or up to
    `MOST_CLASSES` whole numbers, are classes without an order; all else is a regression.
    """
    if column.labels is not None:
        return "multi-label"
    real = column.values[column.there]
    distinct = len(set(real.tolist()))
    if column.is_numeric and (distinct > MOST_CLASSES or not (real == real.round()).all()):
        return "regression"
    return "multi-class" if distinct > 2 else "binary"


def understood(name: str, column: Column, said: str | Task | None, training: NDArray[np.bool_]) -> tuple[Task, Coding]:
    """A target's task and coding.

    Args:
        name: of the target.
        column: its values.
        said: its kind, its task (whose classes are 0, 1, ... then), or None for what it looks like.
        training: (rows,) those that one may learn from.

    Raises:
        ValueError: if the values do not fit.
    """
    if not (column.there & (training if column.values.ndim == 1 else training[:, None])).any():
        raise ValueError(f"Target '{name}' should have labels in the training rows. Found none.")
    if isinstance(said, Task):
        return said, _coding_of(said, column, training)
    kind = said or kind_of(column)
    if kind not in KINDS:
        raise ValueError(f"Unknown kind of task '{kind}'. Choose one of: {', '.join(KINDS)}.")
    coding = KINDS[kind].coding.learn(column, training)
    if kind == "ordinal" and not column.is_numeric and column.order is None:
        raise ValueError(f"An ordinal target needs numbers, or an ordered categorical. Found texts in '{name}'.")
    _check_number(name, kind, coding)
    return KINDS[kind].make(name, column, coding), coding


def _coding_of(task: Task, column: Column, training: NDArray[np.bool_]) -> Coding:
    """Of a target whose task is known."""
    coding = next((kind.coding for kind in KINDS.values() if isinstance(task, kind.task)), Numbers)
    if coding is Classes:
        return Classes.numbered(getattr(task, "classes", 2))
    return coding.learn(column, training)


def _check_number(name: str, kind: str, coding: Coding) -> None:
    if coding.classes is None:
        return
    found = len(coding.classes)
    if found < 2:
        raise ValueError(f"Target '{name}' should have at least 2 classes. Found {found} class: {coding.classes[0]}.")
    if kind == "binary" and found > 2:
        raise ValueError(f"A binary target has 2 classes. Found {found} in '{name}'.")


def _number(coding: Coding) -> int:
    return len(coding.classes) if coding.classes is not None else 0
