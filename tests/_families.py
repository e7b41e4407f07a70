"""A small network on a planted family of tasks, its batches, and how well relations match what was planted."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from torch import Tensor, nn

from kt_fewshot.multitask import Relations, TaskFamily
from kt_fewshot.training import LossSum


class FamilyNet(nn.Module):
    """Two layers that all tasks share; a head a task, or one output that serves them all."""

    def __init__(
        self, family: TaskFamily, *, seed: int, width: int = 32, one_head: bool = False, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.tasks = family.tasks
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            first, second = nn.Linear(family.inputs.shape[1], width), nn.Linear(width, width)
            self.head = nn.Linear(width, 1 if one_head else len(family.tasks))
        self.trunk = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.Dropout(dropout))

    def shared_parameters(self) -> Iterator[nn.Parameter]:
        return self.trunk.parameters()

    def losses(self, batch: tuple[Tensor, Tensor]) -> dict[str, LossSum]:
        x, y = batch
        error = (self.head(self.trunk(x)) - y).square() / 2
        return {task: LossSum(error[:, k].sum(), torch.tensor(len(x))) for k, task in enumerate(self.tasks)}


@dataclass
class FamilyRows:
    """A family's rows in batches, shuffled anew each epoch."""

    family: TaskFamily
    size: int = 64

    @property
    def steps_per_epoch(self) -> int:
        return -(-len(self.family.inputs) // self.size)

    def epoch(self, epoch: int, first_step: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        x, y = (torch.tensor(part, dtype=torch.float32) for part in (self.family.inputs, self.family.targets))
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(epoch))
        for rows in order.split(self.size)[first_step:]:
            yield x[rows], y[rows]


def rank_correlation(found: Relations, planted: NDArray[np.float64]) -> float:
    """Spearman's, over the pairs of tasks."""
    pairs = np.triu_indices(len(found.tasks), 1)
    return float(spearmanr(found.mutual[pairs], planted[pairs]).statistic)
