"""Hybrid attention: towers a task extract features, exchange them, and each task weighs what it got.

Three stages: feature extraction a task, interaction between tasks, combination by attention weights. Each task asks
with a query of its own features and every tower answers with a key (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762).
"""

from collections.abc import Sequence
from typing import ClassVar, Final, final

import torch
from torch import Tensor, nn

from .base import MakeTower, Sharing
from .gates import RunningWeights, weighed

PACE: Final = 10.0
"""s: how many times as fast as the towers attention learns, under an optimizer whose steps are of one size."""
OWN: Final = 0.5
"""By how much a task's score of its own tower is above that of the others at the start."""


@final
class Attention(Sharing):
    """Task k sees sum_j a_kj v_j, with a_k = softmax_j(s (q_k . k_j / sqrt(d) + b_kj)).

    q, k, v are linear in the towers' features; v starts as the features themselves. b prefers or ignores whole tasks.
    All towers start from the same weights, so that a feature means the same in each, and each task prefers its own a
    little, or towers would stay alike. The constant s makes attention learn s times as fast as the towers do: learned
    at their pace, it is still undecided when they are done.

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
        self.preference = nn.Parameter(OWN / PACE * torch.eye(n))
        self.weights = RunningWeights(n, n)
        nn.init.eye_(self.value.weight)
        with torch.no_grad():
            for query in self.query.parameters():
                query /= PACE
        self.start_alike()

    def combine(self, values: list[Tensor]) -> tuple[Tensor, ...]:
        """Each task's combination; one task alone keeps its features."""
        if len(values) == 1:
            return tuple(values)
        stacked = torch.stack(values, dim=-2)  # (..., towers, width)
        keys, exchanged = self.key(stacked), self.value(stacked)
        keys = keys / keys.shape[-1] ** 0.5
        weights = [
            torch.softmax(PACE * ((keys @ query(own)[..., None]).squeeze(-1) + preference), dim=-1)
            for query, own, preference in zip(self.query, values, self.preference, strict=True)
        ]
        self.weights.look(weights)
        return tuple(weighed(each, exchanged) for each in weights)

    def mixing(self) -> Tensor | None:
        """The mean attention weights; rows add up to 1."""
        return self.weights.mean
