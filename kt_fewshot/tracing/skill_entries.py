"""Answers taken apart into their skills, and what was counted before each."""

from typing import NamedTuple

import torch
from torch import Tensor

from kt_fewshot.data import UNKNOWN, Occurrences, Question, SequenceStore, SkillSets


class SkillEntries(NamedTuple):
    """One entry for each (answer, skill of the answer).

    `step: (entries,)` is the answer, in order; `skill: (entries,)` the skill; `answers` how many answers there are.
    """

    step: Tensor
    skill: Tensor
    answers: int

    @classmethod
    def of(cls, skill_set: Tensor, sets: SkillSets) -> "SkillEntries":
        """From rows of `sets`, one an answer."""
        members = sets.members[skill_set]  # (answers, largest)
        step, place = (members >= 0).nonzero(as_tuple=True)
        return cls(step, members[step, place], len(skill_set))

    @classmethod
    def of_store(cls, store: SequenceStore) -> "SkillEntries":
        """Of a store's answers."""
        return cls.of(store.skill_set.long(), store.sets)

    def bundle(self, store: SequenceStore) -> Tensor | None:
        """(entries,) where the bundle of each entry's answer begins in the store; None where each stands alone."""
        bundle = store.bundle()
        return None if bundle is None else bundle[self.step]

    @classmethod
    def of_question(cls, question: Question) -> "SkillEntries":
        """Of n students' questions; `step` is the student."""
        return cls.of(torch.arange(len(question.item), device=question.item.device), question.sets)

    @classmethod
    def every_skill(cls, n: int, n_skills: int, device: torch.device) -> "SkillEntries":
        """Of n students asked about each skill alone, (n x skills) questions, a student's one after the other."""
        step = torch.arange(n * n_skills, device=device)
        return cls(step, step % n_skills, n * n_skills)

    def share(self) -> Tensor:
        """(entries,) 1 / number of the answer's skills, in float64."""
        return 1 / torch.bincount(self.step, minlength=self.answers)[self.step].double()

    def mean(self, values: Tensor) -> Tensor:
        """The multi-skill rule: the mean over an answer's skills; `values: (entries,)` to (answers,)."""
        if len(self.step) == self.answers:
            return values
        return values.new_zeros(self.answers).index_add_(0, self.step, values * self.share().to(values.dtype))


class Counts(NamedTuple):
    """Whole numbers of right answers and of answers, each of the same shape."""

    wins: Tensor
    attempts: Tensor


def counts_before(key: Tensor, correct: Tensor, bundle: Tensor | None = None) -> Counts:
    """How many answers of the same key came before each answer (and its bundle), and how many of them were right.

    Args:
        key: (n,) integers: a student, a student's skill ...
        correct: (n,) in {0, 1}, in the log's order.
        bundle: (n,) integers, equal for answers of one bundle; None where each stands alone.
    """
    groups = Occurrences.of(key)
    order, starts, sizes = groups
    right = correct[order].long()
    before = right.cumsum(0) - right  # of all groups so far
    wins, attempts = torch.empty_like(before), torch.empty_like(before)
    wins[order] = before - torch.repeat_interleave(before[starts], sizes)
    attempts[order] = torch.arange(len(key), device=key.device) - torch.repeat_interleave(starts, sizes)
    return Counts(groups.as_asked(wins, bundle), groups.as_asked(attempts, bundle))


def item_rows(store: SequenceStore, n_items: int) -> Tensor:
    """(answers,) the item; an unknown one is an item of its skill set, and these count on from `n_items`."""
    return torch.where(store.item == UNKNOWN, n_items + store.skill_set, store.item).long()


def mean_of_skills(values: Tensor, entries: SkillEntries, n_skills: int) -> Tensor:
    """(skills,) mean of `values: (answers,)` over each skill's answers; over all answers for a skill without any."""
    share = entries.share().to(values.dtype)
    total = values.new_zeros(n_skills).index_add_(0, entries.skill, share * values[entries.step])
    weight = values.new_zeros(n_skills).index_add_(0, entries.skill, share)
    return torch.where(weight > 0, total / weight.clamp(min=1e-12), values.mean())
