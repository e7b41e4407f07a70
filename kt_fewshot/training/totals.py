"""Sums of losses over an epoch, kept on the device."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from .trainable import LossSum


class Totals:
    """Per task the sum and the count of the losses, kept on the device; reading them waits for the device, adding not.

    Tasks that come together are stacked, so a step costs a few small kernels however many tasks there are.
    """

    def __init__(self) -> None:
        self._sums: dict[tuple[str, ...], Tensor] = {}

    def add(self, names: tuple[str, ...], sums: Tensor) -> None:
        """Add `sums: (2, tasks)`, totals and counts of the tasks `names`."""
        kept = self._sums.get(names)
        self._sums[names] = sums if kept is None else kept + sums

    def clear(self) -> None:
        """Begin anew."""
        self._sums.clear()

    def read(self) -> dict[str, tuple[float, float]]:
        """Task -> (total, count)."""
        result: dict[str, tuple[float, float]] = {}
        for names, sums in self._sums.items():
            for name, total, count in zip(names, *sums.tolist(), strict=True):
                before = result.get(name, (0.0, 0.0))
                result[name] = (before[0] + total, before[1] + count)
        return result

    def means(self) -> dict[str, float]:
        """Task -> mean loss of its labelled answers; nan where there were none."""
        return {task: total / count if count else math.nan for task, (total, count) in self.read().items()}

    def items(self) -> int:
        """Labelled answers, of the task that has most."""
        return round(max((count for _, count in self.read().values()), default=0.0))

    def to_json(self) -> list[Any]:
        """Plain values; `load` brings them back, to the last bit."""
        return [[list(names), sums.tolist()] for names, sums in self._sums.items()]

    def load(self, saved: list[Any], device: torch.device) -> None:
        """The opposite of `to_json`."""
        self._sums = {tuple(names): torch.tensor(sums, dtype=wide_type(device), device=device) for names, sums in saved}


def stack_losses(losses: Mapping[str, LossSum]) -> Tensor:
    """(2, tasks): totals and counts, detached, as float64 where the device has it."""
    totals = torch.stack([loss.total.detach() for loss in losses.values()])
    counts = torch.stack([loss.count.detach() for loss in losses.values()])
    kind = wide_type(totals.device)
    return torch.stack([totals.to(kind), counts.to(kind)])


def wide_type(device: torch.device) -> torch.dtype:
    """float64, where the device has it."""
    return torch.float32 if device.type == "mps" else torch.float64
