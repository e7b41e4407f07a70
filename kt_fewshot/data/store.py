"""`SequenceStore`: a log as columns of small numbers, the only thing a trainer reads."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from .skill_sets import SkillSets

HORIZON: Final = 5
"""How many same-skill answers ahead the mastery likelihood looks."""

SKILL_FEATURES: Final = slice(0, 5)
"""The part of `SequenceStore.question` that describes the practised skill."""

QUESTION_FEATURES: Final = (
    *(f"skill_{name}" for name in ("log_wins", "log_fails", "average", "streak", "rate")),
    *(f"overall_{name}" for name in ("log_wins", "log_fails", "average", "streak", "rate")),
    *(f"item_{name}" for name in ("log_wins", "log_fails")),
    "log_gap",
    "log_skill_gap",
)
"""Columns of `SequenceStore.question`: known before the answer."""

PART: Final = 1 << 20
"""Answers looked at together where all are looked at, so that a mapped store stays on disk."""

BEHAVIOUR: Final = ("response_time", "hints", "attempts")
"""Columns of `SequenceStore.behaviour`: known only with the answer."""


@dataclass(frozen=True)
class SequenceStore:
    """Histories of students, one after the other, as flat columns.

    Columns are tensors on one device, or memory-mapped from a folder (`save`, `load`).

    - `starts: (students + 1,)`: student k's answers are `starts[k]` to `starts[k + 1]`;
    - `skill_set: (answers,)` row of `sets`; `item: (answers,)` index, 0 unknown; `correct: (answers,)` in {0, 1};
    - `scored: (answers,)`: whether the answer counts in losses and metrics, or is only history;
    - `question: (answers, QUESTION_FEATURES)`: tallies of the history and time gaps, known before the answer;
    - `behaviour: (answers, BEHAVIOUR)`: standardised log response time, hint used {0, 1}, log attempts; NaN where the
      log says nothing. They belong to the answer: targets, or inputs to later steps;
    - `ahead: (answers, HORIZON)`: this and the next answers of the same student and skill in {0, 1}; -1 past the end
      and for an answer on several skills, 2 for a later one that practises the skill without telling about it alone;
    - `time: (answers,)` seconds, NaN where unknown;
    - `place: (answers,)`: how many answers of its bundle came before; `question` is as of the bundle's start, `heard:
      (answers, QUESTION_FEATURES)` the same when the answer comes in, after those before it. Both are without rows
      where no two answers share a bundle (`place` is 0, `heard` is `question`);
    - `group: (answers,)` index of the student's school or class, 0 unknown; without rows where none are told apart;
    - `sets`: the skill sets that `skill_set` points to.
    """

    starts: Tensor
    skill_set: Tensor
    item: Tensor
    correct: Tensor
    scored: Tensor
    question: Tensor
    behaviour: Tensor
    ahead: Tensor
    time: Tensor
    place: Tensor
    heard: Tensor
    group: Tensor
    sets: SkillSets

    def __len__(self) -> int:
        """Number of answers."""
        return len(self.correct)

    @property
    def n_students(self) -> int:
        """Number of students."""
        return len(self.starts) - 1

    @property
    def lengths(self) -> Tensor:
        """(students,) answers a student."""
        return self.starts.diff()

    def student(self) -> Tensor:
        """(answers,) the student of each answer, counted from 0."""
        return torch.repeat_interleave(torch.arange(self.n_students, device=self.starts.device), self.lengths)

    def position(self) -> Tensor:
        """(answers,) how many answers the student gave before."""
        return torch.arange(len(self), device=self.starts.device) - self.starts[self.student()]

    def bundle(self) -> Tensor | None:
        """(answers,) where each answer's bundle begins in the store; None where each answer stands alone."""
        if not len(self.place):
            return None
        return torch.arange(len(self), device=self.place.device) - self.place

    def group_of(self, at: Tensor) -> Tensor | None:
        """The groups of answers at these positions, of their shape; None where none are told apart."""
        return self.group[at].long() if len(self.group) else None

    def students(self, first: int, last: int) -> "SequenceStore":
        """The students `first` to `last - 1`, without copying."""
        begin, end = int(self.starts[first]), int(self.starts[last])
        columns = {column.name: getattr(self, column.name)[begin:end] for column in fields(self)[1:-1]}
        return replace(self, starts=self.starts[first : last + 1] - begin, **columns)

    def share_of_students(self, number: int, count: int) -> tuple[int, int]:
        """The first and the last but one student of share `number` of `count`, of about as many answers each."""
        cuts = [len(self) * part // count for part in (number, number + 1)]
        first, last = torch.searchsorted(self.starts[:-1], torch.tensor(cuts, device=self.starts.device)).tolist()
        return first, last

    def has(self, behaviour: str) -> bool:
        """Whether the log says anything of one of `BEHAVIOUR`."""
        column = self.behaviour[:, BEHAVIOUR.index(behaviour)]
        return any(not bool(part.isnan().all()) for part in column.split(PART))

    def varies(self, behaviour: str) -> bool:
        """Whether the log tells more than one value of one of `BEHAVIOUR`."""
        parts = (part[~part.isnan()] for part in self.behaviour[:, BEHAVIOUR.index(behaviour)].split(PART))
        spans = [(float(part.min()), float(part.max())) for part in parts if len(part)]
        return bool(spans) and min(low for low, _ in spans) < max(high for _, high in spans)

    def mean(self) -> float:
        """Share of right answers among those that count, in [0, 1]; nan if none do."""
        parts = zip(self.correct.split(PART), self.scored.split(PART), strict=True)
        right, counted = torch.tensor([((c * s).sum(), s.sum()) for c, s in parts], dtype=torch.float64).T.sum(1)
        return float(right / counted)

    def _map(self, change: Callable[[Tensor], Tensor]) -> "SequenceStore":
        columns = {column.name: change(getattr(self, column.name)) for column in fields(self) if column.name != "sets"}
        return replace(self, **columns, sets=SkillSets(change(self.sets.members)))

    def to(self, device: torch.device) -> "SequenceStore":
        """The whole store on `device`."""
        return self._map(lambda column: column.to(device))

    def save(self, folder: Path) -> None:
        """Write one `.npy` file a column."""
        folder.mkdir(parents=True, exist_ok=True)
        for column in fields(self):
            values = self.sets.members if column.name == "sets" else getattr(self, column.name)
            np.save(folder / f"{column.name}.npy", values.cpu().numpy())

    @classmethod
    def load(cls, folder: Path) -> "SequenceStore":
        """Map the columns that `save` wrote into memory, without reading them."""
        columns: dict[str, Any] = {
            column.name: torch.from_numpy(np.load(folder / f"{column.name}.npy", mmap_mode="c"))
            for column in fields(cls)
        }
        sets = SkillSets(columns.pop("sets"))
        return cls(**columns, sets=sets)
