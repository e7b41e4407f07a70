"""Histories that grow one answer at a time: the same features as the store's, for students who are here now."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .encode import log_gap
from .history_features import N_FEATURES, Occurrences, Tally, after, describe, empty_tally, final_tally
from .skill_sets import SkillSets, mean_over_skills
from .store import QUESTION_FEATURES, SequenceStore
from .vocabulary import UNKNOWN, Vocabulary


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
    """Tallies of n students' past answers: overall (n,), by skill (n, skills), by item (n, items); times in seconds."""

    overall: Tally
    skill: Tally
    item_wins: Tensor
    item_fails: Tensor
    time: Tensor
    skill_time: Tensor

    @classmethod
    def start(
        cls, n: int, vocabulary: Vocabulary, *, dtype: torch.dtype = torch.float32, device: torch.device | None = None
    ) -> "LiveHistory":
        """No answers yet."""
        counts = torch.zeros(n, vocabulary.n_items, dtype=torch.int16, device=device)
        never = torch.full((n, vocabulary.n_skills), float("nan"), dtype=torch.float64, device=device)
        return cls(
            overall=empty_tally(n, dtype=dtype, device=device),
            skill=empty_tally(n, vocabulary.n_skills, dtype=dtype, device=device),
            item_wins=counts,
            item_fails=counts.clone(),
            time=never[:, 0].clone(),
            skill_time=never,
        )

    @classmethod
    def of_store(cls, store: SequenceStore, vocabulary: Vocabulary) -> "LiveHistory":
        """After the last answer of every student of a store."""
        dtype = store.question.dtype
        live = cls.start(store.n_students, vocabulary, dtype=dtype)
        student = store.student()
        last = store.starts[1:] - 1
        members = store.sets.members[store.skill_set.long()]  # (answers, largest)
        step, place = (members >= 0).nonzero(as_tuple=True)
        key = student[step] * vocabulary.n_skills + members[step, place]
        groups, keys = Occurrences.of(key), key.unique()
        for field, value in zip(live.skill, final_tally(groups, store.correct[step], dtype=dtype), strict=True):
            field.view(-1)[keys] = value
        live.skill_time.view(-1)[keys] = store.time[step][groups.order[groups.starts + groups.sizes - 1]]
        at = (student, store.item.long())
        right = store.correct.to(torch.int16)
        return replace(
            live,
            overall=final_tally(Occurrences.of(student), store.correct, dtype=dtype),
            item_wins=live.item_wins.index_put(at, right, accumulate=True),
            item_fails=live.item_fails.index_put(at, 1 - right, accumulate=True),
            time=store.time[last],
        )

    def features(self, question: Question) -> Tensor:
        """`SequenceStore.question` of these questions: (n, QUESTION_FEATURES)."""
        dtype = self.overall.wins.dtype
        rows = torch.arange(len(question.item), device=question.item.device)
        counts = torch.stack([self.item_wins[rows, question.item], self.item_fails[rows, question.item]], dim=1)
        known = (question.item != UNKNOWN)[:, None]
        gap = log_gap(question.time - self.time)
        skill_gap = log_gap(question.time[:, None] - self.skill_time)  # (n, skills)
        return torch.cat(
            [
                self._mean(describe(self.skill), question.sets),
                describe(self.overall),
                torch.log1p(counts.to(dtype)) * known,
                gap.to(dtype)[:, None],
                self._mean(skill_gap.to(dtype)[..., None], question.sets),
            ],
            dim=1,
        )

    def every_skill(self) -> Tensor:
        """`features` of a question on each skill, of no known item, asked now: (n, skills, QUESTION_FEATURES)."""
        skill = describe(self.skill)
        overall = describe(self.overall)[:, None].expand_as(skill)
        nothing = skill.new_zeros(*skill.shape[:2], len(QUESTION_FEATURES) - 2 * N_FEATURES)
        return torch.cat([skill, overall, nothing], dim=-1)

    def after(self, question: Question, answer: Answer) -> "LiveHistory":
        """The histories with one more answer each."""
        correct = answer.correct.to(self.overall.wins.dtype)
        rows, place = (question.sets.members >= 0).nonzero(as_tuple=True)
        members = question.sets.members[rows, place]
        updated = after(Tally(*(field[rows, members] for field in self.skill)), correct[rows])
        skill = Tally(
            *(old.index_put((rows, members), new) for old, new in zip(self.skill, updated, strict=True)),
        )
        everyone = torch.arange(len(correct), device=correct.device)
        right = answer.correct.to(torch.int16)
        at = (everyone, question.item)
        return LiveHistory(
            overall=after(self.overall, correct),
            skill=skill,
            item_wins=self.item_wins.index_put(at, right, accumulate=True),
            item_fails=self.item_fails.index_put(at, 1 - right, accumulate=True),
            time=question.time,
            skill_time=self.skill_time.index_put((rows, members), question.time[rows]),
        )

    def to(self, device: torch.device) -> "LiveHistory":
        """The same histories on another device."""
        overall, skill = (Tally(*(field.to(device) for field in tally)) for tally in (self.overall, self.skill))
        times = {"time": self.time.to(device), "skill_time": self.skill_time.to(device)}
        items = {"item_wins": self.item_wins.to(device), "item_fails": self.item_fails.to(device)}
        return LiveHistory(overall, skill, **items, **times)

    @staticmethod
    def _mean(values: Tensor, sets: SkillSets) -> Tensor:
        """Mean over each student's own set: (n, skills, features) to (n, features)."""
        n, n_skills, width = values.shape
        offset = torch.arange(n, device=values.device)[:, None] * n_skills
        members = torch.where(sets.members >= 0, sets.members + offset, -1)
        return mean_over_skills(values.reshape(n * n_skills, width), SkillSets(members))
