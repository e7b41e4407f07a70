"""How many answers, and right ones, a student gave on a skill within the last hour, day, week, month, and ever.

The time windows of Choffin, Popineau, Bourda and Vie 2019, https://arxiv.org/abs/1905.06873. An answer lies in a window
if less than its length has passed. Times are whole milliseconds, so that nothing depends on rounding; a clock that
runs backwards stands still. An answer of unknown time lies in no window but the endless one, and a question asked at
an unknown time has empty windows: a log without times has the counts of all answers only.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from kt_fewshot.data import Answer, Occurrences, Question, SequenceStore

from .skill_entries import SkillEntries, counts_before

_HOUR: Final = 3_600_000
WINDOWS: Final = (_HOUR, 24 * _HOUR, 7 * 24 * _HOUR, 30 * 24 * _HOUR)
"""Lengths in milliseconds; the endless window comes on top."""

N_FEATURES: Final = 2 * (len(WINDOWS) + 1)

_NEVER: Final = -(2**62)
"""The time of an answer whose time is not known."""


@dataclass(frozen=True)
class WindowedHistory:
    """Past answers of n students, as far as time windows can tell them apart.

    - `wins`, `attempts`: (n, skills) whole numbers, of all answers;
    - `clock: (n,)` milliseconds, the latest known time;
    - `student`, `skill`, `time`, `right`: (recent,) the answers that still lie in the longest finite window.
    """

    wins: Tensor
    attempts: Tensor
    clock: Tensor
    student: Tensor
    skill: Tensor
    time: Tensor
    right: Tensor

    @classmethod
    def start(cls, n: int, n_skills: int, device: torch.device) -> "WindowedHistory":
        """No answers yet."""
        counts = torch.zeros(n, n_skills, dtype=torch.int64, device=device)
        none = counts.new_zeros(0)
        return cls(counts, counts, counts.new_full((n,), _NEVER), none, none, none, none)

    @classmethod
    def of_store(cls, store: SequenceStore, n_skills: int) -> "WindowedHistory":
        """After the last answer of every student of a store, on the CPU."""
        entries, student = SkillEntries.of_store(store), store.student()
        time, _, clock = _clocks(student, _milliseconds(store.time), None)
        at = (student[entries.step], entries.skill)
        zero, right = torch.zeros(store.n_students, n_skills, dtype=torch.int64), store.correct[entries.step].long()
        return cls(
            zero.index_put(at, right, accumulate=True),
            zero.index_put(at, torch.ones_like(right), accumulate=True),
            clock,
            *at,
            time[entries.step],
            right,
        )._without_old()

    def features(self, entries: SkillEntries, student: Tensor, time: Tensor, *, dtype: torch.dtype) -> Tensor:
        """`window_features` of questions.

        Args:
            entries: skills of n questions.
            student: (n,) who is asked.
            time: (n,) when, in milliseconds.
            dtype: of the features.
        """
        n, n_skills = self.wins.shape
        place = student[entries.step] * n_skills + entries.skill
        wins, attempts = [self.wins.flatten()[place]], [self.attempts.flatten()[place]]
        now = torch.where(time == _NEVER, _NEVER, time.maximum(self.clock[student]))
        of_student = now.new_full((n,), _NEVER).index_put((student,), now)
        key = self.student * n_skills + self.skill
        for length in WINDOWS:
            asked = of_student[self.student]
            inside = ((asked != _NEVER) & (asked - self.time < length)).long()
            attempts.append(torch.bincount(key, inside, n * n_skills).long()[place])
            wins.append(torch.bincount(key, inside * self.right, n * n_skills).long()[place])
        return _features(wins, attempts, dtype)

    def after(self, question: Question, answer: Answer) -> "WindowedHistory":
        """The histories with one more answer each."""
        entries = SkillEntries.of_question(question)
        at, right = (entries.step, entries.skill), answer.correct.long()[entries.step]
        time = _milliseconds(question.time)
        clock = self.clock.maximum(time)
        time = torch.where(time == _NEVER, _NEVER, clock)
        return WindowedHistory(
            self.wins.index_put(at, right, accumulate=True),
            self.attempts.index_put(at, torch.ones_like(right), accumulate=True),
            clock,
            torch.cat([self.student, entries.step]),
            torch.cat([self.skill, entries.skill]),
            torch.cat([self.time, time[entries.step]]),
            torch.cat([self.right, right]),
        )._without_old()

    def to(self, device: torch.device) -> "WindowedHistory":
        """The same histories on another device."""
        return WindowedHistory(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))

    def _without_old(self) -> "WindowedHistory":
        keep = (self.time != _NEVER) & (self.clock[self.student] - self.time < WINDOWS[-1])
        recent = (column[keep] for column in (self.student, self.skill, self.time, self.right))
        return WindowedHistory(self.wins, self.attempts, self.clock, *recent)


def asked_at(question: Question) -> Tensor:
    """(n,) milliseconds of the questions' times."""
    return _milliseconds(question.time)


def window_features(store: SequenceStore, entries: SkillEntries, n_skills: int, *, dtype: torch.dtype) -> Tensor:
    """(entries, N_FEATURES) log(1 + wins), log(1 + attempts) on the skill before each answer, the endless window first.

    The answers of a bundle are as one: before it is before the first of them.

    Args:
        store: the log, on the CPU.
        entries: of its answers.
        n_skills: the unknown one included.
        dtype: of the features.
    """
    student = store.student()
    group, right = student[entries.step] * n_skills + entries.skill, store.correct[entries.step].long()
    bundle = entries.bundle(store)
    ever = counts_before(group, right, bundle)
    shown, asked, _ = _clocks(student, _milliseconds(store.time), store.bundle())
    time, now = shown[entries.step], asked[entries.step]
    timed = time != _NEVER
    within = _counts_within(
        group[timed], time[timed], right[timed], now=now[timed], bundle=None if bundle is None else bundle[timed]
    )
    wins, attempts = [ever.wins], [ever.attempts]
    for columns, counts in ((wins, within[0]), (attempts, within[1])):
        for column in counts:
            columns.append(torch.zeros_like(group).masked_scatter(timed, column))
    return _features(wins, attempts, dtype)


def _counts_within(
    group: Tensor, time: Tensor, right: Tensor, *, now: Tensor, bundle: Tensor | None
) -> tuple[list[Tensor], list[Tensor]]:
    """Wins and attempts of the same group, before each entry, in each window; times do not fall within a group.

    Args:
        group: (n,) of each entry.
        time: (n,) when it was answered.
        right: (n,) in {0, 1}.
        now: (n,) when it was asked, as far as was known then.
        bundle: (n,) integers, equal for entries of one bundle; None where each stands alone.
    """
    groups = Occurrences.of(group)
    order = groups.order
    place, before = torch.arange(len(order)), torch.cat([right.new_zeros(1), right[order].cumsum(0)])
    end = groups.as_asked(torch.empty_like(place).index_put((order,), place), bundle)[order]
    wins, attempts = [], []
    for length in WINDOWS:
        begin = _window_begins(group[order].numpy(), time[order].numpy(), now[order].numpy() - length).minimum(end)
        for counts, values in ((attempts, end - begin), (wins, before[end] - before[begin])):
            counts.append(torch.empty_like(values).index_put((order,), values))
    return wins, attempts


def _window_begins(group: np.ndarray, time: np.ndarray, start: np.ndarray) -> Tensor:
    """(n,) position of the first of an entry's group after `start`, of entries in the order of group and time."""
    n = len(group)
    border = np.repeat([False, True], n)  # where a window ends, behind the answers given at that very moment
    order = np.lexsort((border, np.concatenate([time, start]), np.concatenate([group, group])))
    answers = np.cumsum(~border[order])
    begins = np.empty(2 * n, np.int64)
    begins[order] = answers
    return torch.from_numpy(begins[n:])


def _features(wins: list[Tensor], attempts: list[Tensor], dtype: torch.dtype) -> Tensor:
    return torch.log1p(torch.stack([*wins, *attempts], dim=-1).to(dtype))


def _milliseconds(seconds: Tensor) -> Tensor:
    return torch.where(seconds.isnan(), _NEVER, (seconds.nan_to_num(0.0) * 1000).round().long())


def _clocks(student: Tensor, time: Tensor, bundle: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Times that do not run backwards.

    Returns:
        (answers,) of each answer; (answers,) of each question, which knows nothing of its bundle's other answers;
        (students,) of each student's last known one.
    """
    groups = Occurrences.of(student)
    before = torch.empty_like(time)
    clock = time.new_full((len(groups.sizes),), _NEVER)
    back = torch.argsort(groups.sizes, descending=True, stable=True)  # as `by_rank` has them
    for here in groups.by_rank():
        before[here] = clock[: len(here)]
        clock[: len(here)] = clock[: len(here)].maximum(time[here])
    shown, asked = (
        torch.where(time == _NEVER, _NEVER, time.maximum(known)) for known in (before, groups.as_asked(before, bundle))
    )
    return shown, asked, torch.empty_like(clock).index_put((back,), clock)
