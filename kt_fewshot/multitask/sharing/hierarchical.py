"""Hierarchical sharing: low tasks feed high tasks (Hashimoto et al. 2017, "A Joint Many-Task Model", https://arxiv.org/abs/1611.01587).

Where we depart from it: towers stand side by side and are joined at their tops, as the columns of progressive networks
(Rusu et al. 2016, https://arxiv.org/abs/1606.04671), since an encoder's layers cannot be split by task in general.
"""

from collections.abc import Sequence
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from .base import MakeTower, Sharing


@final
class Hierarchical(Sharing):
    """A task sees its own tower and a linear map of the features of all tasks below it.

    On student logs: behaviour, then correctness, then mastery. The maps start at zero, as separate towers; a high
    task's gradient reaches the low towers through them.

    Args:
        make_tower: as in `Sharing`.
        tasks: their names, the lowest first.
        width: of the features.
    """

    name: ClassVar[str] = "hierarchical"

    def __init__(self, make_tower: MakeTower, tasks: Sequence[str], *, width: int) -> None:
        super().__init__(make_tower, tasks, width=width, towers=len(tasks))
        self.from_below = nn.ModuleList(nn.Linear(k * width, width, bias=False) for k in range(1, len(tasks)))
        for linear in self.from_below:
            nn.init.zeros_(linear.weight)  # pyright: ignore[reportArgumentType]

    def combine(self, values: list[Tensor]) -> tuple[Tensor, ...]:
        """From the lowest task up."""
        features = [values[0]]
        for own, linear in zip(values[1:], self.from_below, strict=True):
            features.append(own + linear(torch.cat(features, dim=-1)))
        return tuple(features)

    def mixing(self) -> Tensor | None:
        """1 for a task's own tower, and the mean gain of the map from each task below: |A| / sqrt(width)."""
        gains = torch.eye(len(self.tasks))
        for k, linear in enumerate(self.from_below, start=1):
            for j, block in enumerate(linear.weight.detach().split(self.width, dim=1)):  # pyright: ignore[reportCallIssue]
                gains[k, j] = block.norm().cpu() / self.width**0.5
        return gains
