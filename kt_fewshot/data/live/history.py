"""Histories that grow one answer at a time: the same features as the store's, for students who are here now."""

import math
from dataclasses import dataclass, field
from types import ModuleType

import torch
from torch import Tensor

from ..history_features import N_FEATURES, Occurrences, Tally, empty_tally, final_tally
from ..store import QUESTION_FEATURES, SequenceStore
from ..vocabulary import Vocabulary
from . import fast, tables
from .question import Answer, Question
from .tables import DESCRIBED, TIME, Found, described, tally_of
from .versions import Versions


@dataclass(frozen=True)
class LiveHistory:
    """Past answers of n students, as tallies and times.

    An answer changes a row of each table, in time that does not depend on how many there are; the history before it
    stays as it was, and costs a copy if it is read again (see `Versions`).

    - `students`: n;
    - `practice: (n * (skills + 1), 10)` a row a skill: the fields of a `Tally` of the answers on it, the tally's
      features, so that who asks of all skills need not compute them, and the time of the last answer; a student's last
      row is that of all answers;
    - `counts: (n * items, 2)` right and wrong answers to each item;
    - `dtype`: of the features. Tallies and times are float64 themselves, times in seconds, NaN for never or unknown.
    """

    students: int
    practice: Versions
    counts: Versions
    dtype: torch.dtype
    asked: list[tuple[Question, Found]] = field(default_factory=list, repr=False, compare=False)
    """The question asked last: who predicts an answer is soon told it."""

    @classmethod
    def start(
        cls, n: int, vocabulary: Vocabulary, *, dtype: torch.dtype = torch.float32, device: torch.device | None = None
    ) -> "LiveHistory":
        """No answers yet."""
        never = torch.full((1,), math.nan, dtype=torch.float64, device=device)
        fresh = described(empty_tally(1, dtype=torch.float64, device=device), never)
        return cls(
            students=n,
            practice=Versions(fresh.repeat(n * (vocabulary.n_skills + 1), 1)),
            counts=Versions(torch.zeros(n * vocabulary.n_items, 2, dtype=torch.int16, device=device)),
            dtype=dtype,
        )

    @classmethod
    def of_store(cls, store: SequenceStore, vocabulary: Vocabulary) -> "LiveHistory":
        """After the last answer of every student of a store."""
        live = cls.start(store.n_students, vocabulary, dtype=store.question.dtype)
        student, practice = store.student(), live.practice.tensor
        members = store.sets.members[store.skill_set.long()]  # (answers, largest)
        step, place = (members >= 0).nonzero(as_tuple=True)
        key = student[step] * (vocabulary.n_skills + 1) + members[step, place]
        groups = Occurrences.of(key)
        tallies = final_tally(groups, store.correct[step], dtype=torch.float64)
        last = store.time[step][groups.order[groups.starts + groups.sizes - 1]]
        practice[key.unique()] = described(tallies, last)
        tallies = final_tally(Occurrences.of(student), store.correct, dtype=torch.float64)
        practice[vocabulary.n_skills :: vocabulary.n_skills + 1] = described(tallies, store.time[store.starts[1:] - 1])
        right = store.correct.to(torch.int16)
        answered = torch.stack([right, 1 - right], dim=-1)
        at = student * vocabulary.n_items + store.item.long()
        live.counts.tensor.index_put_((at,), answered, accumulate=True)
        return live

    @property
    def skill(self) -> Tally:
        """The tally of each skill: fields (n, skills)."""
        return tally_of(self._practice[:, :-1])

    @property
    def overall(self) -> Tally:
        """The tally of all answers: fields (n,)."""
        return tally_of(self._practice[:, -1])

    @property
    def item_wins(self) -> Tensor:
        """(n, items) right answers to each item."""
        return self._counts[..., 0]

    @property
    def item_fails(self) -> Tensor:
        """(n, items) wrong answers to each item."""
        return self._counts[..., 1]

    def features(self, question: Question) -> Tensor:
        """`SequenceStore.question` of these questions, one of each student: (n, QUESTION_FEATURES)."""
        return self._find(question).features

    def every_skill(self) -> Tensor:
        """`features` of a question on each skill, of no known item, asked now: (n, skills, QUESTION_FEATURES)."""
        rows = self._practice[..., DESCRIBED:TIME].to(self.dtype)
        skill, overall = rows[:, :-1], rows[:, -1:]
        nothing = skill.new_zeros(1, 1, len(QUESTION_FEATURES) - 2 * N_FEATURES)
        return torch.cat([skill, *(part.expand(*skill.shape[:2], -1) for part in (overall, nothing))], dim=-1)

    def after(self, question: Question, answer: Answer) -> "LiveHistory":
        """The histories with one more answer each."""
        found = self._find(question)
        known, counted = self._way.grown(found, answer.correct, question.time)
        return LiveHistory(
            students=self.students,
            practice=self.practice.write(found.at, known, was=found.known),
            counts=self.counts.write(found.item_at, counted, was=found.counted),
            dtype=self.dtype,
        )

    def to(self, device: torch.device) -> "LiveHistory":
        """The same histories on another device."""
        practice, counts = (Versions(table.tensor.to(device)) for table in (self.practice, self.counts))
        return LiveHistory(self.students, practice, counts, self.dtype)

    @property
    def _practice(self) -> Tensor:
        """(n, skills + 1, 10)."""
        return self.practice.tensor.unflatten(0, (self.students, -1))

    @property
    def _counts(self) -> Tensor:
        """(n, items, 2)."""
        return self.counts.tensor.unflatten(0, (self.students, -1))

    @property
    def _way(self) -> ModuleType:
        return fast if fast.serves(self.practice.tensor, self.dtype) else tables

    def _find(self, question: Question) -> Found:
        if not self.asked or self.asked[0][0] is not question:
            if len(question.item) != self.students:
                raise ValueError(
                    f"A question should be asked of each student. Found {len(question.item)} questions of "
                    f"{self.students} students."
                )
            found = self._way.find(self.practice.tensor, self.counts.tensor, question, self.dtype)
            self.asked[:] = [(question, found)]
        return self.asked[0][1]
