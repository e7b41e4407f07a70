"""Mixture of experts, a gate a task (Ma et al. 2018, "MMoE", https://doi.org/10.1145/3219819.3220007)."""

from collections.abc import Sequence
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from .base import MakeTower, Sharing
from .gates import RunningWeights, weighed


@final
class MMoE(Sharing):
    """Towers are experts that belong to no task; each task combines them by a gate of its own.

    Where we depart from the paper: a gate reads what the experts say, not the raw example, which may be an image or a
    history.

    Args:
        make_tower: as in `Sharing`.
        tasks: their names.
        width: of the features.
        experts: how many; as many as tasks by default.
    """

    name: ClassVar[str] = "mmoe"

    def __init__(self, make_tower: MakeTower, tasks: Sequence[str], *, width: int, experts: int | None = None) -> None:
        n = len(tasks) if experts is None else experts
        if n < 1:
            raise ValueError(f"`experts` should be at least 1. Found `experts = {n}`.")
        super().__init__(make_tower, tasks, width=width, towers=n)
        self.gates = nn.ModuleList(nn.Linear(n * width, n) for _ in tasks)
        self.weights = RunningWeights(len(tasks), n)

    def tower_names(self) -> tuple[str, ...]:
        """Numbered: they belong to no task."""
        return tuple(f"expert {k}" for k in range(1, len(self.towers) + 1))

    def combine(self, values: list[Tensor]) -> tuple[Tensor, ...]:
        """Each task's combination."""
        said = torch.cat(values, dim=-1)
        weights = [torch.softmax(gate(said), dim=-1) for gate in self.gates]
        self.weights.look(weights)
        stacked = torch.stack(values, dim=-2)
        return tuple(weighed(each, stacked) for each in weights)

    def mixing(self) -> Tensor | None:
        """The mean gates; rows add up to 1."""
        return self.weights.mean
