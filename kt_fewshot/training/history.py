"""`History`: what happened in each epoch."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

import polars as pl


@dataclass(frozen=True)
class Row:
    """One epoch.

    Attributes:
        epoch: 1, 2, ...
        step: steps done since the start of training.
        losses: task -> mean training loss of its labelled answers; nan where there were none.
        score: the validation's score, higher is better; nan without validation.
        metrics: what else the validation found.
        seconds: wall time of the epoch, validation included.
        items_per_second: labelled answers (of the task that has most) a second of training, validation not included.
    """

    epoch: int
    step: int
    losses: Mapping[str, float]
    score: float = math.nan
    metrics: Mapping[str, float] = field(default_factory=dict)
    seconds: float = math.nan
    items_per_second: float = math.nan


@dataclass(frozen=True)
class History:
    """The epochs of a training, in order."""

    rows: tuple[Row, ...] = ()

    def with_row(self, row: Row) -> "History":
        """This history and one more epoch."""
        return History((*self.rows, row))

    @property
    def best(self) -> Row | None:
        """The first epoch with the highest score; None if no epoch has a score."""
        scored = [row for row in self.rows if not math.isnan(row.score)]
        return max(scored, key=lambda row: row.score, default=None)

    def to_frame(self) -> pl.DataFrame:
        """One row an epoch: `epoch`, `step`, `loss_<task>`, `score`, the metrics, `seconds`, `items_per_second`.

        What an epoch lacks (a task that came later) is null.
        """
        tasks = _union(row.losses for row in self.rows)
        metrics = _union(row.metrics for row in self.rows)
        columns: dict[str, list[Any]] = {
            "epoch": [row.epoch for row in self.rows],
            "step": [row.step for row in self.rows],
            **{f"loss_{task}": [row.losses.get(task) for row in self.rows] for task in tasks},
            "score": [row.score for row in self.rows],
            **{name: [row.metrics.get(name) for row in self.rows] for name in metrics},
            "seconds": [row.seconds for row in self.rows],
            "items_per_second": [row.items_per_second for row in self.rows],
        }
        schema = {name: pl.Int64 if name in {"epoch", "step"} else pl.Float64 for name in columns}
        return pl.DataFrame(columns, schema=schema, strict=False)

    def to_csv(self) -> str:
        """The frame as CSV text."""
        return self.to_frame().write_csv()

    def to_json(self) -> list[dict[str, Any]]:
        """The rows as plain values; `from_json` brings them back, to the last bit."""
        return [asdict(row) for row in self.rows]

    @classmethod
    def from_json(cls, rows: Iterable[Mapping[str, Any]]) -> Self:
        """The opposite of `to_json`, where JSON has turned nan into null."""
        names = {part.name for part in fields(Row)}
        return cls(tuple(Row(**{key: _restored(value) for key, value in row.items() if key in names}) for row in rows))


def _union(mappings: Iterable[Mapping[str, float]]) -> list[str]:
    return list(dict.fromkeys(key for mapping in mappings for key in mapping))


def _restored(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Mapping):
        return {key: _restored(part) for key, part in value.items()}
    return math.nan if value is None else value
