"""Names to small integers and back: what a model knows of a log's skills, items and units."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import polars as pl

from .interactions import Interactions

UNKNOWN: Final = 0
"""Index of the unknown skill and of the unknown item; known ones count from 1."""


@dataclass(frozen=True)
class Vocabulary:
    """The skills and items a model has rows for, and the scale of response times.

    Index 0 is the unknown row of both: an answer without a skill, a skill never seen, an item that is rare or new.

    Args:
        skills: names; skill k of the model is `skills[k - 1]`.
        items: ids; item k of the model is `items[k - 1]`.
        response_time: mean and standard deviation of log(1 + response time in seconds).
    """

    skills: tuple[str, ...]
    items: tuple[str, ...] = ()
    response_time: tuple[float, float] = (0.0, 1.0)

    @classmethod
    def of(cls, interactions: Interactions, *, min_item_answers: int = 5) -> "Vocabulary":
        """Read the vocabulary off training students.

        Args:
            interactions: the training answers.
            min_item_answers: an item with fewer answers has too little evidence for a row of its own.
        """
        counts = interactions.table["item"].drop_nulls().value_counts()
        items = counts.filter(pl.col("count") >= min_item_answers)["item"].sort().to_list()
        times = interactions.table["response_time"].clip(0).log1p()
        mean, deviation = (0.0, 1.0)
        if times.drop_nulls().len() > 1:
            mean, deviation = float(times.mean()), float(times.std()) or 1.0  # pyright: ignore[reportArgumentType]
        return cls(tuple(interactions.skill_names()), tuple(items), (mean, deviation))

    @property
    def n_skills(self) -> int:
        """Rows a table over skills needs, the unknown row included."""
        return len(self.skills) + 1

    @property
    def n_items(self) -> int:
        """Rows a table over items needs, the unknown row included."""
        return len(self.items) + 1

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
        return cls(tuple(values["skills"]), tuple(values["items"]), (float(mean), float(deviation)))
