"""Histories that grow one answer at a time: the same features as the store's, for students who are here now."""

import math
from dataclasses import dataclass, field, replace
from typing import Any, Final

import torch
from torch import Tensor

from .encode import log_gap
from .history_features import N_FEATURES, Occurrences, Tally, after, describe, empty_tally, final_tally
from .skill_sets import SkillSets
from .store import QUESTION_FEATURES, SequenceStore
from .versions import Versions
from .vocabulary import UNKNOWN, Vocabulary

_TIME: Final = len(Tally._fields)
"""Where a table has the time of the last answer, after the fields of the tally."""

_FIELDS: Final = _TIME + 1


@dataclass(frozen=True)
class Question:
    """What n students are asked next.

    - `sets`: row k holds the skills of student k's question;
    - `item: (n,)` index, 0 unknown;
    - `time: (n,)` seconds, NaN where unknown.
    """

    sets: SkillSets
    item: Tensor
    time: Tensor

    @classmethod
    def of_skills(cls, skills: Tensor) -> "Question":
        """One skill a student, `skills: (n,)`; item and time unknown."""
        unknown = torch.full(skills.shape, float("nan"), dtype=torch.float64, device=skills.device)
        return cls(SkillSets(skills[:, None]), torch.zeros_like(skills), unknown)


@dataclass(frozen=True)
class Answer:
    """How n students answered: `correct: (n,)` in {0, 1}; `behaviour: (n, BEHAVIOUR)` as in the store, NaN unknown."""

    correct: Tensor
    behaviour: Tensor


@dataclass(frozen=True)
class LiveHistory:
    """Past answers of n students, as tallies and times.

    An answer changes a row of each table, in time that does not depend on how many there are; the history before it
    stays as it was, and costs a copy if it is read again (see `Versions`).

    - `practice: (n, skills, 5)` the fields of a `Tally` of the answers on each skill, and the time of the last one;
    - `whole: (n, 5)` the same of all answers;
    - `counts: (n, items, 2)` right and wrong answers to each item;
    - `dtype`: of the features. Tallies and times are float64 themselves, times in seconds, NaN for never or unknown.
    """

    practice: Versions
    whole: Tensor
    counts: Versions
    dtype: torch.dtype
    described: list[Any] = field(default_factory=list, repr=False, compare=False)
    """The question asked last and its features: who predicts an answer is soon told it."""

    @classmethod
    def start(
        cls, n: int, vocabulary: Vocabulary, *, dtype: torch.dtype = torch.float32, device: torch.device | None = None
    ) -> "LiveHistory":
        """No answers yet."""
        never = torch.full((1,), math.nan, dtype=torch.float64)
        fresh = torch.cat([*empty_tally(1, dtype=torch.float64), never]).to(device)
        return cls(
            practice=Versions(fresh.repeat(n, vocabulary.n_skills, 1)),
            whole=fresh.repeat(n, 1),
            counts=Versions(torch.zeros(n, vocabulary.n_items, 2, dtype=torch.int16, device=device)),
            dtype=dtype,
        )

    @classmethod
    def of_store(cls, store: SequenceStore, vocabulary: Vocabulary) -> "LiveHistory":
        """After the last answer of every student of a store."""
        live = cls.start(store.n_students, vocabulary, dtype=store.question.dtype)
        student = store.student()
        members = store.sets.members[store.skill_set.long()]  # (answers, largest)
        step, place = (members >= 0).nonzero(as_tuple=True)
        key = student[step] * vocabulary.n_skills + members[step, place]
        groups = Occurrences.of(key)
        tallies = final_tally(groups, store.correct[step], dtype=torch.float64)
        last = store.time[step][groups.order[groups.starts + groups.sizes - 1]]
        live.practice.tensor.view(-1, _FIELDS)[key.unique()] = torch.stack([*tallies, last], dim=-1)
        right = store.correct.to(torch.int16)
        answered = torch.stack([right, 1 - right], dim=-1)
        live.counts.tensor.index_put_((student, store.item.long()), answered, accumulate=True)
        tallies = final_tally(Occurrences.of(student), store.correct, dtype=torch.float64)
        return replace(live, whole=torch.stack([*tallies, store.time[store.starts[1:] - 1]], dim=-1), described=[])

    @property
    def skill(self) -> Tally:
        """The tally of each skill: fields (n, skills)."""
        return _tally(self.practice.tensor)

    @property
    def overall(self) -> Tally:
        """The tally of all answers: fields (n,)."""
        return _tally(self.whole)

    @property
    def item_wins(self) -> Tensor:
        """(n, items) right answers to each item."""
        return self.counts.tensor[..., 0]

    @property
    def item_fails(self) -> Tensor:
        """(n, items) wrong answers to each item."""
        return self.counts.tensor[..., 1]

    def features(self, question: Question) -> Tensor:
        """`SequenceStore.question` of these questions: (n, QUESTION_FEATURES)."""
        if not self.described or self.described[0] is not question:
            self.described[:] = question, self._features(question)
        return self.described[1]

    def _features(self, question: Question) -> Tensor:
        members, rows = question.sets.members, _rows(question.item)
        of_skills = self.practice.tensor[rows[:, None], members.clamp(min=0)]  # (n, largest, 5)
        both = torch.cat([of_skills, self.whole[:, None]], dim=1)
        tallies, gaps = describe(_tally(both)), log_gap(question.time[:, None] - both[..., _TIME])
        if members.shape[1] > 1:
            tallies, gaps = (_mean_of_skills(values, question.sets) for values in (tallies, gaps[..., None]))
        counts = torch.log1p(self.counts.tensor[rows, question.item].to(torch.float64))
        counts = counts * (question.item != UNKNOWN)[:, None]
        return torch.cat([tallies.flatten(1), counts, gaps.flatten(1).flip(1)], dim=1).to(self.dtype)

    def every_skill(self) -> Tensor:
        """`features` of a question on each skill, of no known item, asked now: (n, skills, QUESTION_FEATURES)."""
        skill = describe(self.skill)
        overall = describe(self.overall)[:, None].expand_as(skill)
        nothing = skill.new_zeros(*skill.shape[:2], len(QUESTION_FEATURES) - 2 * N_FEATURES)
        return torch.cat([skill, overall, nothing], dim=-1).to(self.dtype)

    def after(self, question: Question, answer: Answer) -> "LiveHistory":
        """The histories with one more answer each."""
        everyone = _rows(question.item)
        at = _places(question.sets, everyone)
        practised, counts = self.practice.tensor[at], self.counts.tensor[everyone, question.item]
        who = torch.cat([at[0], everyone])
        tallies = _tally(torch.cat([practised, self.whole]))
        answered = torch.stack([*after(tallies, answer.correct.to(torch.float64)[who]), question.time[who]], dim=-1)
        right = torch.stack([answer.correct, 1 - answer.correct], dim=-1)
        return LiveHistory(
            practice=self.practice.write(at, answered[: len(practised)], was=practised),
            whole=answered[len(practised) :],
            counts=self.counts.write((everyone, question.item), counts + right, was=counts),
            dtype=self.dtype,
        )

    def to(self, device: torch.device) -> "LiveHistory":
        """The same histories on another device."""
        practice, counts = (Versions(table.tensor.to(device)) for table in (self.practice, self.counts))
        return replace(self, practice=practice, whole=self.whole.to(device), counts=counts, described=[])


def _rows(column: Tensor) -> Tensor:
    """(n,) the number of each row."""
    return torch.arange(len(column), device=column.device)


def _places(sets: SkillSets, everyone: Tensor) -> tuple[Tensor, Tensor]:
    """Row and skill of each skill of each row's set."""
    if sets.members.shape[1] == 1:
        return everyone, sets.members[:, 0]
    row, place = (sets.members >= 0).nonzero(as_tuple=True)
    return row, sets.members[row, place]


def _tally(table: Tensor) -> Tally:
    return Tally(*table.unbind(-1)[:_TIME])


def _mean_of_skills(values: Tensor, sets: SkillSets) -> Tensor:
    """Features (n, largest + 1, width), those of all answers last, to (n, 2, width): the skills' mean, and those."""
    mean = (values[:, :-1] * sets.weights[..., None]).sum(1, keepdim=True)
    return torch.cat([mean, values[:, -1:]], dim=1)
