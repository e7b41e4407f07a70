"""Batches: rows of a store with reset flags; the one-step shift and the padding mask live here and nowhere else."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from .line import Line
from .skill_sets import SkillSets
from .store import SequenceStore


@dataclass(frozen=True)
class SequenceBatch:
    """Rows of answers. A row may hold several students, one after the other; `reset` marks where one begins.

    - `index: (batch, time)` position in the store, -1 for padding;
    - `reset: (batch, time)` True where the history starts anew: a model forgets everything before;
    - `scored: (batch, time)` True for answers that count; never for padding;
    - the store's columns at those positions (padding repeats the answer at position 0): `skill_set`, `item`,
      `correct`: (batch, time); `question`, `behaviour`, `ahead`: (batch, time, ...);
    - `heard`: as `question`, when the answer comes in; `place: (batch, time)` answers of its bundle before each, None
      where each answer stands alone; `group: (batch, time)` the students' groups, None where none are told apart;
    - `sets`: what `skill_set` points to.
    """

    index: Tensor
    reset: Tensor
    scored: Tensor
    skill_set: Tensor
    item: Tensor
    correct: Tensor
    question: Tensor
    behaviour: Tensor
    ahead: Tensor
    heard: Tensor
    place: Tensor | None
    group: Tensor | None
    sets: SkillSets

    @classmethod
    def gather(cls, store: SequenceStore, index: Tensor, reset: Tensor) -> Self:
        """Read the rows `index: (batch, time)` of a store."""
        device = store.correct.device
        index, reset = index.to(device), reset.to(device)
        real = index >= 0
        at = index.clamp(min=0)

        def take(column: Tensor) -> Tensor:  # a fraction of the time of `column[at]`
            return column.index_select(0, at.flatten()).view(*at.shape, *column.shape[1:])

        question = take(store.question)
        bundled = len(store.place) > 0
        return cls(
            index=index,
            reset=reset | ~real,
            scored=take(store.scored) & real,
            skill_set=take(store.skill_set).long(),
            item=take(store.item).long(),
            correct=take(store.correct),
            question=question,
            behaviour=take(store.behaviour),
            ahead=take(store.ahead),
            heard=take(store.heard) if bundled else question,
            place=take(store.place).long() if bundled else None,
            group=store.group_of(at),
            sets=store.sets,
        )

    def chunks(self, n: int) -> Iterator["SequenceBatch"]:
        """The batch cut into at most n batches of fewer rows, for gradient accumulation."""
        columns = {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}
        for parts in zip(*(column.chunk(n) for column in columns.values()), strict=True):
            yield replace(self, **dict(zip(columns, parts, strict=True)))


def before_answer(
    after: Tensor, initial: Tensor, reset: Tensor, *, place: Tensor | None = None, running: Tensor | None = None
) -> Tensor:
    """The one-step shift: what was known before each answer (and its bundle), from what is known after each.

    Args:
        after: (batch, time, hidden), `after[:, t]` has seen the answers up to t.
        initial: (batch, hidden), what was known before the row's first answer.
        reset: (batch, time), True where a history starts: nothing is known there.
        place: (batch, time), how many answers of its bundle came before each; None where each stands alone.
        running: (batch, hidden), what was known before a bundle that began before the row: of the row before, the
            last of what is returned here; `initial` by default.

    Returns:
        (batch, time, hidden): at t what the answers before t's bundle tell, 0 at the start of a history.
    """
    before = torch.cat([initial[:, None], after[:, :-1]], dim=1)
    if place is None:
        return before.mul_((~reset)[..., None].to(before.dtype))  # `before` is nobody else's
    begin = torch.arange(place.shape[1], device=place.device) - place  # (batch, time), below 0 before the row
    before = torch.cat([(initial if running is None else running)[:, None], before], dim=1)
    before = before.take_along_dim((begin + 1).clamp(min=0)[..., None], dim=1)
    return before.masked_fill(reset.take_along_dim(begin.clamp(min=0), dim=1)[..., None], 0.0)


@dataclass(frozen=True)
class PackedRows:
    """Training batches: students in random order laid end to end, cut into rows, rows shuffled into batches.

    Nothing is padded but the last row. A student cut by a row's end goes on in another row with an empty state (its
    question features still know the whole history); the cut falls elsewhere in each epoch. The order is a function
    of `seed` and the epoch alone.

    Args:
        store: the histories.
        rows: rows a batch.
        time: steps a row.
        seed: of the order.
    """

    store: SequenceStore
    rows: int = 32
    time: int = 200
    seed: int = 0

    @property
    def n_rows(self) -> int:
        """Rows an epoch."""
        return -(-len(self.store) // self.time)

    @property
    def steps_per_epoch(self) -> int:
        """Batches an epoch."""
        return -(-self.n_rows // self.rows)

    @property
    def answers_per_batch(self) -> int:
        """Answers in a full batch: the constant that losses are divided by."""
        return min(self.rows * self.time, len(self.store))

    @property
    def fingerprint(self) -> str:
        """A text that changes with the answers and with how they are batched."""
        content = hashlib.sha256(f"{self.rows} {self.time} {self.seed}".encode())
        for name in ("starts", "skill_set", "item", "correct", "scored", "place", "group"):
            content.update(getattr(self.store, name).cpu().contiguous().numpy())
        return content.hexdigest()

    def epoch(self, epoch: int, first_step: int = 0) -> Iterator[SequenceBatch]:
        """The batches of one epoch, from number `first_step` on."""
        generator = torch.Generator().manual_seed((self.seed << 20) + epoch)
        n, device = len(self.store), self.store.starts.device
        line = Line.of(self.store, torch.randperm(self.store.n_students, generator=generator))
        shift = int(torch.randint(self.time, (1,), generator=generator)) if n > self.time else 0
        order = torch.randperm(self.n_rows, generator=generator).to(device)
        column = torch.arange(self.time, device=device)
        for rows in order.split(self.rows)[first_step:]:
            place = rows[:, None] * self.time + column  # (rows, time) in the line as it is cut, which ends in padding
            index, reset = line.at((place - shift) % n)
            reset |= column == 0  # a row begins with an empty state
            yield SequenceBatch.gather(self.store, index.masked_fill(place >= n, -1), reset)


@dataclass(frozen=True)
class Streams:
    """Whole histories for evaluation: students dealt to parallel rows, read in windows whose state is carried on.

    Args:
        store: the histories.
        rows: how many histories run side by side.
        time: steps a window.
    """

    store: SequenceStore
    rows: int = 64
    time: int = 100

    def __iter__(self) -> Iterator[SequenceBatch]:
        """Windows in order; the state after one is the state before the next, of as many rows."""
        row, by_length = self._dealt()
        order = torch.argsort(row, stable=True)
        line = Line.of(self.store, by_length[order])
        sizes = torch.zeros(int(row.max()) + 1 if len(row) else 0, dtype=torch.int64, device=row.device)
        sizes.index_add_(0, row, self.store.lengths[by_length])
        begins = (sizes.cumsum(0) - sizes)[:, None]
        longest = int(sizes.max()) if len(sizes) else 0
        for first in range(0, longest, self.time):
            column = torch.arange(first, min(first + self.time, longest), device=row.device)
            real = column < sizes[:, None]  # (rows, time)
            index, reset = line.at((begins + column).clamp(max=len(self.store) - 1))
            yield SequenceBatch.gather(self.store, index.masked_fill(~real, -1), reset)

    def _dealt(self) -> tuple[Tensor, Tensor]:
        """(students,) the row of each; (students,) who they are, the longest histories first."""
        lengths = self.store.lengths
        n_rows = max(min(self.rows, len(lengths)), 1)
        by_length = torch.argsort(lengths, descending=True, stable=True)
        deal = torch.arange(len(lengths), device=lengths.device)
        lap, place = deal // n_rows, deal % n_rows
        return torch.where(lap % 2 == 0, place, n_rows - 1 - place), by_length  # to and fro: rows end up about equal


@dataclass(frozen=True)
class Finals:
    """Whole histories that end together, for the state after each student's last answer.

    A row is one student; rows are padded in front, where the state is reset, so that the state after the last window
    is the state after the last answer.

    Args:
        store: the histories.
        time: steps a window.
    """

    store: SequenceStore
    time: int = 16

    def __iter__(self) -> Iterator[SequenceBatch]:
        """Windows in order, rows in the store's order of students."""
        lengths = self.store.lengths.cpu()
        longest = int(lengths.max()) if len(lengths) else 0
        place = torch.arange(longest) - (longest - lengths)[:, None]  # (students, longest)
        index = torch.where(place >= 0, self.store.starts[:-1].cpu()[:, None] + place, -1)
        for window, starts in zip(index.split(self.time, 1), (place <= 0).split(self.time, 1), strict=True):
            yield SequenceBatch.gather(self.store, window, starts)
