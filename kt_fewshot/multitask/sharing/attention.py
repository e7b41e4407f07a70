"""Hybrid attention: towers a task extract features, exchange them, and each task weighs what it got.

Three stages: feature extraction a task, interaction between tasks, combination by attention weights. Each task asks
with a query of its own features and every tower answers with a key (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762).
"""

from collections.abc import Sequence
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from .base import MakeTower, Sharing
from .gates import RunningWeights, weighed


@final
class Attention(Sharing):
    """Task k sees sum_j a_kj v_j, with a_k = softmax_j(q_k . k_j / sqrt(d) + b_kj).

    q, k, v are linear in the towers' features; v starts as the features themselves and b, by which whole tasks are
    preferred or ignored, at zero, so that all towers count alike until something is learned.

    Args:
        make_tower: as in `Sharing`.
        tasks: their names.
        width: of the features.
        depth: d, width of queries and keys.
    """

    name: ClassVar[str] = "attention"

    def __init__(self, make_tower: MakeTower, tasks: Sequence[str], *, width: int, depth: int = 16) -> None:
        super().__init__(make_tower, tasks, width=width, towers=len(tasks))
        n = len(tasks)
        self.query = nn.ModuleList(nn.Linear(width, depth) for _ in range(n))
        self.key = nn.Linear(width, depth)
        self.value = nn.Linear(width, width, bias=False)
        self.preference = nn.Parameter(torch.zeros(n, n))
        self.weights = RunningWeights(n, n)
        nn.init.eye_(self.value.weight)

    def combine(self, values: list[Tensor]) -> tuple[Tensor, ...]:
        """Each task's combination; one task alone keeps its features."""
        if len(values) == 1:
            return tuple(values)
        stacked = torch.stack(values, dim=-2)  # (..., towers, width)
        keys, exchanged = self.key(stacked), self.value(stacked)
        weights = [
            torch.softmax((keys @ query(own)[..., None]).squeeze(-1) / keys.shape[-1] ** 0.5 + preference, dim=-1)
            for query, own, preference in zip(self.query, values, self.preference, strict=True)
        ]
        self.weights.look(weights)
        return tuple(weighed(each, exchanged) for each in weights)

    def mixing(self) -> Tensor | None:
        """The mean attention weights; rows add up to 1."""
        return self.weights.mean
