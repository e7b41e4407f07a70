"""Names to small integers and back: what a model knows of a log's skills, items and units."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, Final

import polars as pl

from .interactions import Interactions

EQUAL: Final = 1e-6
"""Numbers of a variance no larger are all the same, but for rounding."""

UNKNOWN: Final = 0
"""Index of the unknown skill, of the unknown item and of the unknown group; known ones count from 1."""

GROUP_ANSWERS: Final = 500
MOST_GROUPS: Final = 31
"""A group with fewer answers tells too little of itself, and every group costs a tower of the model."""


@dataclass(frozen=True)
class Vocabulary:
    """The skills and items a model has rows for, and the scale of response times.

    Index 0 is the unknown row of each: an answer without a skill, a skill never seen, an item that is rare or new, a
    student of no group or a small one.

    Args:
        skills: names; skill k of the model is `skills[k - 1]`.
        items: ids; item k of the model is `items[k - 1]`.
        response_time: mean and standard deviation of log(1 + response time in seconds).
        groups: schools or classes that are told apart; group k of the model is `groups[k - 1]`.
    """

    skills: tuple[str, ...]
    items: tuple[str, ...] = ()
    response_time: tuple[float, float] = (0.0, 1.0)
    groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, interactions: Interactions, *, min_item_answers: int = 5, groups: bool = False) -> "Vocabulary":
        """Read the vocabulary off training students.

        Args:
            interactions: the training answers.
            min_item_answers: an item with fewer answers has too little evidence for a row of its own.
            groups: whether groups are told apart: the `MOST_GROUPS` largest that have at least `GROUP_ANSWERS` answers.
        """
        return cls.of_pieces([interactions], min_item_answers=min_item_answers, groups=groups)

    @classmethod
    def of_pieces(
        cls, pieces: Iterable[Interactions], *, min_item_answers: int = 5, groups: bool = False
    ) -> "Vocabulary":
        """Read the vocabulary off training students in pieces; how they are cut and ordered makes no difference.

        Args:
            pieces: the training answers, one log after the other.
            min_item_answers: as `of` has it.
            groups: as `of` has it.
        """
        skills: set[str] = set()
        of_item, of_group = _Counts("item"), _Counts("group")
        times = _Moments()
        for piece in pieces:
            skills.update(piece.skill_names())
            of_item.add(piece)
            if groups:
                of_group.add(piece)
            times.add(piece.table["response_time"].drop_nulls().cast(pl.Float64).clip(0).log1p())
        items, told_apart = of_item.names(min_item_answers), of_group.names(GROUP_ANSWERS, most=MOST_GROUPS)
        return cls(tuple(sorted(skills)), items, times.mean_and_deviation(), told_apart)

    @property
    def n_skills(self) -> int:
        """Rows a table over skills needs, the unknown row included."""
        return len(self.skills) + 1

    @property
    def n_items(self) -> int:
        """Rows a table over items needs, the unknown row included."""
        return len(self.items) + 1

    @property
    def n_groups(self) -> int:
        """Groups a model tells apart, the unknown one included."""
        return len(self.groups) + 1

    def skill_index(self) -> dict[str, int]:
        """Name to index of every known skill."""
        return {name: k for k, name in enumerate(self.skills, start=1)}

    def item_index(self) -> dict[str, int]:
        """Id to index of every known item."""
        return {name: k for k, name in enumerate(self.items, start=1)}

    def standardise(self, seconds: float) -> float:
        """A response time on the scale the model learns on: (log(1 + seconds) - mean) / deviation."""
        mean, deviation = self.response_time
        return (math.log1p(max(seconds, 0.0)) - mean) / deviation

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Vocabulary":
        """Read what `to_dict` wrote."""
        mean, deviation = values["response_time"]
        groups = tuple(values.get("groups", ()))
        return cls(tuple(values["skills"]), tuple(values["items"]), (float(mean), float(deviation)), groups)


class _Counts:
    """How many answers each name of a column has, in a log that comes in pieces."""

    def __init__(self, column: str) -> None:
        self.column = column
        self._counts = pl.DataFrame(schema={column: pl.String, "count": pl.UInt32})

    def add(self, piece: Interactions) -> None:
        """More answers."""
        here = piece.table[self.column].drop_nulls().value_counts().cast(self._counts.schema)
        self._counts = pl.concat([self._counts, here]).group_by(self.column).sum()

    def names(self, least: int, *, most: int | None = None) -> tuple[str, ...]:
        """Those with at least so many answers, at most so many of them, in order."""
        enough = self._counts.filter(pl.col("count") >= least)
        if most is not None:
            enough = enough.sort(["count", self.column], descending=[True, False]).head(most)
        return tuple(enough[self.column].sort().to_list())


class _Moments:
    """Mean and standard deviation of numbers that come in pieces, summed up exactly, so that their order is nothing."""

    UNIT: Final = 2.0**-30
    """What a number and its square are rounded to: 1e-9, far less than what a measured time is worth."""

    def __init__(self) -> None:
        self.n = self.sum = self.squares = 0

    def add(self, numbers: pl.Series) -> None:
        """More numbers, each below 100."""
        self.n += len(numbers)
        self.sum += int((numbers / self.UNIT).round().cast(pl.Int64).sum())
        self.squares += int((numbers * numbers / self.UNIT).round().cast(pl.Int64).sum())

    def mean_and_deviation(self) -> tuple[float, float]:
        """(0, 1) of less than two numbers; a deviation of 0 counts as 1."""
        if self.n < 2:
            return 0.0, 1.0
        unit = Fraction(self.UNIT)
        mean = self.sum * unit / self.n
        variance = (self.squares * unit - self.n * mean * mean) / (self.n - 1)
        return float(mean), math.sqrt(variance) if variance > EQUAL else 1.0
