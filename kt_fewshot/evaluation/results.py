"""`Results`: what an evaluation found, with one JSON shape, one table and one text for every kind of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import polars as pl

from kt_fewshot.metrics import Interval

TABLE_SCHEMA = {
    "part": pl.String(),
    "key": pl.String(),
    "metric": pl.String(),
    "n": pl.Int64(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "reason": pl.String(),
}
"""Columns of `Results.table`."""


@dataclass(frozen=True)
class PartScores:
    """Scores of some of the answers: those on one skill, or at one place in the students' histories.

    Args:
        key: name of the skill, or the window of positions ("2-5").
        n: number of answers.
        students: number of students who gave them.
        base_rate: share of right answers, in [0, 1].
        mean_predicted: mean foretold P(correct), in [0, 1]; far from `base_rate` the part is badly calibrated.
        scores: metric -> number with interval.
    """

    key: str
    n: int
    students: int
    base_rate: float
    mean_predicted: float
    scores: Mapping[str, Interval]

    def to_dict(self) -> dict[str, Any]:
        """For strict JSON: the scores stand beside the other entries."""
        head = {name: value for name, value in vars(self).items() if name != "scores"}
        return _plain(head | dict(self.scores))


@dataclass(frozen=True)
class Results:
    """What an evaluation found.

    Everything but `test` may be empty: a few-shot benchmark only has `Results({"accuracy": mean_interval(values)})`.

    Args:
        test: metric -> number with interval, over everything that was scored.
        counts: how much that was: `answers`, `students`, `skills`, `episodes`.
        skills: one entry a skill.
        positions: one entry a window of positions in the students' histories.
        items: one entry a window of how many training answers the item of the question had.
        known: one entry for the answers on what the model met in training ("known"), one for the others ("unknown").
        reference: the same metrics for a prediction that knows nothing, to compare `test` with.
        mastery: how well mastery was recovered: metric -> number, with interval or without.
        tasks: how well the other jointly learned tasks were foretold: task -> metric -> number with interval.
        settings: how it was measured (`level` of the intervals, `draws`, `seed`).
        run: folder of the run.
    """

    test: Mapping[str, Interval]
    counts: Mapping[str, int] = field(default_factory=dict)
    skills: Sequence[PartScores] = ()
    positions: Sequence[PartScores] = ()
    items: Sequence[PartScores] = ()
    known: Sequence[PartScores] = ()
    reference: Mapping[str, Interval] = field(default_factory=dict)
    mastery: Mapping[str, Any] = field(default_factory=dict)
    tasks: Mapping[str, Mapping[str, Interval]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    run: str | None = None

    def of_run(self, run: str) -> Self:
        """The same results, known to come from the folder `run`."""
        return replace(self, run=run)

    def measured(self, settings: Mapping[str, Any]) -> Self:
        """The same results, with how they were measured."""
        return replace(self, settings=settings)

    def with_mastery(self, mastery: Mapping[str, Any]) -> Self:
        """The same results, with how well mastery was recovered."""
        return replace(self, mastery=mastery)

    def with_tasks(self, tasks: Mapping[str, Mapping[str, Interval]]) -> Self:
        """The same results, with how well the other tasks were foretold."""
        return replace(self, tasks=tasks)

    def to_json_dict(self) -> dict[str, Any]:
        """The content of `results.json`, strict JSON: what is undefined or infinite is null; empty parts are left out.

        >>> Results({"accuracy": Interval(0.75, 0.7, 0.8)}).to_json_dict()
        {'test': {'accuracy': {'value': 0.75, 'low': 0.7, 'high': 0.8}}}
        """
        parts = {
            "run": self.run,
            "settings": self.settings,
            "counts": self.counts,
            "test": self.test,
            "reference": self.reference,
            "mastery": self.mastery,
            "tasks": self.tasks,
            "skills": self.skills,
            "positions": self.positions,
            "items": self.items,
            "known": self.known,
        }
        return {name: _plain(part) for name, part in parts.items() if part or name == "test"}

    @classmethod
    def from_json_dict(cls, content: Mapping[str, Any]) -> Self:
        """What `to_json_dict` gave, read back; parts that are not known are ignored."""
        return cls(
            test=_intervals(content["test"]),
            counts=content.get("counts", {}),
            skills=tuple(_part(part) for part in content.get("skills", ())),
            positions=tuple(_part(part) for part in content.get("positions", ())),
            items=tuple(_part(part) for part in content.get("items", ())),
            known=tuple(_part(part) for part in content.get("known", ())),
            reference=_intervals(content.get("reference", {})),
            mastery=content.get("mastery", {}),
            tasks={task: _intervals(found) for task, found in content.get("tasks", {}).items()},
            settings=content.get("settings", {}),
            run=content.get("run"),
        )

    def table(self) -> pl.DataFrame:
        """One row a number, columns of `TABLE_SCHEMA`; undefined numbers are null.

        `part` is test, reference, task, skill, position, item or known.
        """
        rows = [
            (part, key, metric, n, *(_finite(number) for number in (found.value, found.low, found.high)), found.reason)
            for part, key, n, scores in self._parts()
            for metric, found in scores.items()
        ]
        return pl.DataFrame(rows, schema=TABLE_SCHEMA, orient="row")

    def text(self) -> str:
        """The numbers over everything as lines of plain text; those of skills and positions stay in the table."""
        lines = [f"{name} {number:,}" for name, number in self.counts.items()]
        head = [", ".join(lines)] if lines else []
        width = max(map(len, self.test), default=0)
        return "\n".join([*head, *(self._line(name, width) for name in self.test)])

    def _line(self, name: str, width: int) -> str:
        """One metric: `auc       .7271 [.7250, .7292]  (reference .5000)`."""
        line = f"{name:<{width}}  {_shown(self.test[name])}"
        return f"{line}  (reference {_shown(self.reference[name])})" if name in self.reference else line

    def _parts(self) -> Iterator[tuple[str, str | None, int | None, Mapping[str, Interval]]]:
        """Part, key, number of answers and scores of everything there is."""
        yield "test", None, self.counts.get("answers"), self.test
        yield "reference", None, self.counts.get("answers"), self.reference
        for task, scores in self.tasks.items():
            yield "task", task, None, scores
        parts = {"skill": self.skills, "position": self.positions, "item": self.items, "known": self.known}
        for part, entries in parts.items():
            for entry in entries:
                yield part, entry.key, entry.n, entry.scores


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Values as strict JSON has them: floats that are not finite become None, everything with `to_dict` a dict."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    if isinstance(value, Sequence):
        return [_plain(inner) for inner in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    return _finite(value)


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def _intervals(content: Mapping[str, Any]) -> dict[str, Interval]:
    return {name: interval_of(found) for name, found in content.items()}


def interval_of(content: Mapping[str, Any]) -> Interval:
    """What `Interval.to_dict` gave, read back."""
    value, low, high = (np.nan if content[name] is None else content[name] for name in ("value", "low", "high"))
    return Interval(value, low, high, content.get("reason"))


def _part(content: Mapping[str, Any]) -> PartScores:
    scores = {name: interval_of(found) for name, found in content.items() if isinstance(found, Mapping)}
    head: dict[str, Any] = {
        name: np.nan if found is None else found for name, found in content.items() if name not in scores
    }
    return PartScores(**head, scores=scores)


def _shown(found: Interval) -> str:
    """A number and its interval for people."""
    if not np.isfinite(found.value):
        return f"undefined ({found.reason})" if found.reason else "undefined"
    ends = f" [{found.low:.4f}, {found.high:.4f}]" if np.isfinite([found.low, found.high]).all() else ""
    return f"{found.value:.4f}{ends}"
