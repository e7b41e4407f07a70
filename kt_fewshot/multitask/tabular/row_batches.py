"""Rows of their own: examples whose tasks have labels here and there, dealt so that each task gets its share."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Final, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kt_fewshot.training import mix

SHARES: Final[Mapping[str, float]] = {"proportional": 1.0, "equal": inf}
"""Name -> temperature."""


@dataclass(frozen=True)
class Rows:
    """Examples with the targets of several tasks.

    - `x: (rows, ...)` as an encoder takes them;
    - `targets`: task -> (rows, *target_shape); where there is no label it may be anything, nan too;
    - `masks`: task -> (rows, *target_shape) bool, where there is one.
    """

    x: Tensor
    targets: Mapping[str, Tensor]
    masks: Mapping[str, Tensor]

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.x)

    def take(self, index: Tensor) -> Self:
        """Some rows, by number or as a mask."""
        targets = {task: target[index] for task, target in self.targets.items()}
        return type(self)(self.x[index], targets, {task: mask[index] for task, mask in self.masks.items()})

    def double(self) -> Self:
        """The same in float64."""
        targets = {task: target.double() for task, target in self.targets.items()}
        return type(self)(self.x.double(), targets, self.masks)

    def chunks(self, n: int) -> Iterator[Self]:
        """The rows in at most n parts."""
        for index in torch.arange(len(self), device=self.x.device).chunk(n):
            yield self.take(index)

    def labelled(self) -> NDArray[np.bool_]:
        """(tasks, rows) whether a row has a label of a task, or one of its labels."""
        return np.stack([mask.reshape(len(mask), -1).any(1).cpu().numpy() for mask in self.masks.values()])


def task_shares(counts: NDArray[np.integer], temperature: float) -> NDArray[np.float64]:
    """Which share of all labels seen is to be each task's: p_t ~ n_t^(1 / temperature), of `counts: (tasks,)`.

    1 is proportional to what there is, infinity the same for all tasks.

    >>> task_shares(np.array([900, 100]), 2.0).tolist()
    [0.75, 0.25]

    Raises:
        ValueError: if the temperature is not above 0.

    Source: Raffel et al. 2020, "T5", https://arxiv.org/abs/1910.10683 (section 3.5.2).
    """
    if not temperature > 0:
        raise ValueError(f"The temperature of `shares` should be above 0. Found {temperature}.")
    weight = np.where(counts > 0, np.asarray(counts, dtype=np.float64) ** (1 / temperature), 0.0)
    return weight / weight.sum()


@final
class RowBatches:
    """Batches of rows in which each task appears with a stated share; a source of the trainer.

    In an epoch as many labels are seen as there are (a row counts once a task), task t a share p_t of them: see
    `task_shares`. A task that gets more than it has sees its rows several times; one that gets less sees the rest in
    the next epochs, before any row comes again. A row that is due for several tasks at once is computed once. With
    "proportional" every row comes once an epoch, with all its labels.

    Everything is a function of (seed, epoch).

    Args:
        rows: what to deal, on the device to train on. Rows without any label never come.
        batch_size: rows of a batch, about: all batches of an epoch are equally large.
        shares: "proportional", "equal", or the temperature between them, above 1.
        seed: of the order.

    Raises:
        ValueError: if nothing has a label, or an argument is out of range.
    """

    def __init__(self, rows: Rows, batch_size: int, *, shares: str | float = "proportional", seed: int = 0) -> None:
        if batch_size < 1:
            raise ValueError(f"`batch_size` should be at least 1. Found `batch_size = {batch_size}`.")
        self.rows, self.batch_size, self.seed = rows, batch_size, seed
        self.temperature = _temperature(shares)
        labelled = rows.labelled()
        if not labelled.any():
            raise ValueError("There is nothing to learn from: no task has a label in any row.")
        self._of_task = [np.flatnonzero(has) for has in labelled]
        counts = labelled.sum(1)
        self.quotas = _whole(task_shares(counts, self.temperature) * counts.sum())
        steps = -(-len(self._due(0)[0]) // batch_size)
        self.steps_per_epoch = min(steps, int(self.quotas.max()))  # no epoch has fewer rows than the largest quota

    @property
    def fingerprint(self) -> str:
        """A text that changes with the data and the batches."""
        content = hashlib.sha256(repr((self.batch_size, self.temperature, self.seed, list(self.rows.targets))).encode())
        for column in (self.rows.x, *self.rows.targets.values(), *self.rows.masks.values()):
            content.update(column.cpu().contiguous().numpy().data)
        return content.hexdigest()

    def epoch(self, epoch: int, first_step: int = 0) -> Iterator[Rows]:
        """The batches of an epoch, from number `first_step` on."""
        row, counts = self._due(epoch)
        order = np.random.default_rng(mix(self.seed, epoch, 1)).permutation(len(row))
        for part in np.array_split(order, self.steps_per_epoch)[first_step:]:
            yield self._batch(row[part], counts[:, part])

    def _batch(self, row: NDArray[np.intp], counts: NDArray[np.bool_]) -> Rows:
        """The rows with the labels that count; a task that has none is left out."""
        device = self.rows.x.device
        index = torch.as_tensor(row, device=device)
        targets, masks = {}, {}
        for task, due in zip(self.rows.masks, counts, strict=True):
            if due.any():
                mask = self.rows.masks[task][index]
                counted = torch.as_tensor(due, device=device).view(-1, *[1] * (mask.ndim - 1))
                targets[task], masks[task] = self.rows.targets[task][index], mask & counted
        return Rows(self.rows.x[index], targets, masks)

    def _due(self, epoch: int) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """The rows of an epoch, some several times, and (tasks, rows) for which tasks each counts."""
        times = np.stack([self._times(task, epoch) for task in range(len(self._of_task))])  # (tasks, all rows)
        copies = times.max(0)
        row = np.repeat(np.arange(len(copies)), copies)
        number = np.arange(len(row)) - np.repeat(copies.cumsum() - copies, copies)  # 0, 1, ... of each row
        return row, number < times[:, row]

    def _times(self, task: int, epoch: int) -> NDArray[np.intp]:
        """(all rows) how often each is due for a task: the epoch's stretch of an endless series of shuffled rounds."""
        rows, quota = self._of_task[task], int(self.quotas[task])
        times = np.zeros(len(self.rows), dtype=np.intp)
        at, end = epoch * quota, (epoch + 1) * quota
        while at < end:
            turn, place = divmod(at, len(rows))
            if whole := 0 if place else (end - at) // len(rows):
                times[rows] += whole
                at += whole * len(rows)
            else:
                count = min(len(rows) - place, end - at)
                times[self._round(task, turn)[place : place + count]] += 1
                at += count
        return times

    def _round(self, task: int, turn: int) -> NDArray[np.intp]:
        """A task's rows in the order of their turn, the same for all tasks, so that rows are due together."""
        rank = np.random.default_rng(mix(self.seed, turn, 0)).permutation(len(self.rows))
        rows = self._of_task[task]
        return rows[np.argsort(rank[rows])]


def _temperature(shares: str | float) -> float:
    if not isinstance(shares, str):
        return float(shares)
    if shares not in SHARES:
        raise ValueError(f"`shares` should be one of {', '.join(SHARES)} or a temperature. Found {shares!r}.")
    return SHARES[shares]


def _whole(parts: NDArray[np.float64]) -> NDArray[np.intp]:
    """Whole numbers that add up to the same, at least 1 each where there is anything, by largest remainders."""
    whole = np.floor(parts).astype(np.intp)
    missing = round(parts.sum()) - whole.sum()
    whole[np.argsort(whole - parts, kind="stable")[:missing]] += 1
    return np.where(parts > 0, whole.clip(min=1), 0)
