"""What students who are here now are asked, and how they answered."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ..skill_sets import SkillSets
from ..store import SequenceStore


@dataclass(frozen=True)
class Question:
    """What n students are asked next.

    - `sets`: row k holds the skills of student k's question;
    - `item: (n,)` index, 0 unknown;
    - `time: (n,)` seconds, NaN where unknown;
    - `group: (n,)` index of the student's school or class, 0 unknown; None: all unknown.
    """

    sets: SkillSets
    item: Tensor
    time: Tensor
    group: Tensor | None = None

    @classmethod
    def of_rows(cls, store: SequenceStore, rows: Tensor) -> "Question":
        """What was asked at positions `rows: (n,)` of a store, of one student each."""
        sets = SkillSets(store.sets.members[store.skill_set[rows].long()])
        return cls(sets, store.item[rows].long(), store.time[rows], store.group_of(rows))

    @classmethod
    def of_skills(cls, skills: Tensor) -> "Question":
        """One skill a student, `skills: (n,)`; item and time unknown."""
        unknown = torch.full(skills.shape, float("nan"), dtype=torch.float64, device=skills.device)
        return cls(SkillSets(skills[:, None]), torch.zeros_like(skills), unknown)

    @cached_property
    def narrow(self) -> SkillSets:
        """`sets`, on a CPU without columns that only pad: who asks one student of one skill has none."""
        members = self.sets.members
        if members.shape[1] == 1 or members.device.type != "cpu":
            return self.sets
        return SkillSets(members[:, : int((members >= 0).sum(1).max())])

    @staticmethod
    def outside(number: int) -> IndexError:
        """The error for one of them, by its number, that is on what is in no table."""
        return IndexError(f"Question {number} is on a skill or an item that is none of the vocabulary's.")


@dataclass(frozen=True)
class Answer:
    """How n students answered: `correct: (n,)` in {0, 1}; `behaviour: (n, BEHAVIOUR)` as in the store, NaN unknown."""

    correct: Tensor
    behaviour: Tensor
