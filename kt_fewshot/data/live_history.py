"""Histories that grow one answer at a time: the same features as the store's, for students who are here now."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from .encode import log_gap
from .history_features import N_FEATURES, Occurrences, Tally, after, describe, empty_tally, final_tally
from .skill_sets import SkillSets
from .store import QUESTION_FEATURES, SequenceStore
from .versions import Versions
from .vocabulary import UNKNOWN, Vocabulary

_DESCRIBED: Final = len(Tally._fields)
"""Where a row has the features of its tally, after the fields of the tally."""

_TIME: Final = _DESCRIBED + N_FEATURES
"""Where it has the time of the last answer."""

_FIELDS: Final = _TIME + 1


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

    @cached_property
    def narrow(self) -> SkillSets:
        """`sets`, on a CPU without columns that only pad: who asks one student of one skill has none."""
        members = self.sets.members
        if members.shape[1] == 1 or members.device.type != "cpu":
            return self.sets
        return SkillSets(members[:, : int((members >= 0).sum(1).max())])

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

    - `practice: (n, skills + 1, 10)` a row a skill: the fields of a `Tally` of the answers on it, the tally's features,
      so that who asks of all skills need not compute them, and the time of the last answer; the last row is that of
      all answers;
    - `counts: (n, items, 2)` right and wrong answers to each item;
    - `dtype`: of the features. Tallies and times are float64 themselves, times in seconds, NaN for never or unknown.
    """

    practice: Versions
    counts: Versions
    dtype: torch.dtype
    asked: "list[_Asked]" = field(default_factory=list, repr=False, compare=False)
    """The question asked last: who predicts an answer is soon told it."""

    @classmethod
    def start(
        cls, n: int, vocabulary: Vocabulary, *, dtype: torch.dtype = torch.float32, device: torch.device | None = None
    ) -> "LiveHistory":
        """No answers yet."""
        never = torch.full((1,), math.nan, dtype=torch.float64, device=device)
        fresh = _described(empty_tally(1, dtype=torch.float64, device=device), never)
        return cls(
            practice=Versions(fresh.repeat(n, vocabulary.n_skills + 1, 1)),
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
        key = student[step] * (vocabulary.n_skills + 1) + members[step, place]
        groups = Occurrences.of(key)
        tallies = final_tally(groups, store.correct[step], dtype=torch.float64)
        last = store.time[step][groups.order[groups.starts + groups.sizes - 1]]
        live.practice.tensor.view(-1, _FIELDS)[key.unique()] = _described(tallies, last)
        right = store.correct.to(torch.int16)
        answered = torch.stack([right, 1 - right], dim=-1)
        live.counts.tensor.index_put_((student, store.item.long()), answered, accumulate=True)
        tallies = final_tally(Occurrences.of(student), store.correct, dtype=torch.float64)
        live.practice.tensor[:, -1] = _described(tallies, store.time[store.starts[1:] - 1])
        return live

    @property
    def skill(self) -> Tally:
        """The tally of each skill: fields (n, skills)."""
        return _tally(self.practice.tensor[:, :-1])

    @property
    def overall(self) -> Tally:
        """The tally of all answers: fields (n,)."""
        return _tally(self.practice.tensor[:, -1])

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
        asked = self._ask(question)
        if asked.features is None:
            asked.features = self._features(asked)
        return asked.features

    def _ask(self, question: Question) -> "_Asked":
        """The question, with what stands in the tables of it."""
        if not self.asked or self.asked[0].question is not question:
            each = torch.arange(len(question.item), device=question.item.device)
            at = each[:, None], functional.pad(question.narrow.members, (0, 1), value=-1)
            item = each, question.item
            self.asked[:] = [_Asked(question, at, self.practice.tensor[at], item, self.counts.tensor[item])]
        return self.asked[0]

    def _features(self, asked: "_Asked") -> Tensor:
        question, rows = asked.question, asked.rows
        gaps = log_gap(question.time[:, None, None] - rows[..., _TIME:])
        known = torch.cat([rows[..., _DESCRIBED:_TIME], gaps], dim=-1)
        if rows.shape[1] > 2:
            mean = (known[:, :-1] * question.narrow.weights[..., None]).sum(1, keepdim=True)
            known = torch.cat([mean, known[:, -1:]], dim=1)
        counts = torch.log1p(asked.counts.to(torch.float64)) * (question.item != UNKNOWN)[:, None]
        skill, skill_gap, overall, gap = known.flatten(1).split((N_FEATURES, 1) * 2, dim=1)
        return torch.cat([skill, overall, counts, gap, skill_gap], dim=1).to(self.dtype)

    def every_skill(self) -> Tensor:
        """`features` of a question on each skill, of no known item, asked now: (n, skills, QUESTION_FEATURES)."""
        rows = self.practice.tensor[..., _DESCRIBED:_TIME].to(self.dtype)
        skill, overall = rows[:, :-1], rows[:, -1:]
        nothing = skill.new_zeros(1, 1, len(QUESTION_FEATURES) - 2 * N_FEATURES)
        return torch.cat([skill, *(part.expand(*skill.shape[:2], -1) for part in (overall, nothing))], dim=-1)

    def after(self, question: Question, answer: Answer) -> "LiveHistory":
        """The histories with one more answer each."""
        asked = self._ask(question)
        correct, time = answer.correct.to(torch.float64)[:, None], question.time[:, None]
        rows = _described(after(_tally(asked.rows), correct), time.expand(asked.rows.shape[:2]))
        right = torch.stack([answer.correct, 1 - answer.correct], dim=-1)
        return LiveHistory(
            practice=self.practice.write(asked.at, rows, was=asked.rows),
            counts=self.counts.write(asked.item, asked.counts + right, was=asked.counts),
            dtype=self.dtype,
        )

    def to(self, device: torch.device) -> "LiveHistory":
        """The same histories on another device."""
        practice, counts = (Versions(table.tensor.to(device)) for table in (self.practice, self.counts))
        return LiveHistory(practice, counts, self.dtype)


@dataclass
class _Asked:
    """A question and what the tables say of it, until an answer comes.

    - `at`: where the rows of its skills are, that of all answers behind them; what pads points to that one too, and so
      has the same written to it;
    - `rows: (n, largest + 1, 10)`;
    - `item`, `counts: (n, 2)`: the same of the item.
    """

    question: Question
    at: tuple[Tensor, Tensor]
    rows: Tensor
    item: tuple[Tensor, Tensor]
    counts: Tensor
    features: Tensor | None = None


def _tally(table: Tensor) -> Tally:
    return Tally(*table[..., :_DESCRIBED].unbind(-1))


def _described(tally: Tally, time: Tensor) -> Tensor:
    """Rows of a table."""
    return torch.cat([torch.stack(tally, dim=-1), describe(tally), time[..., None]], dim=-1)
