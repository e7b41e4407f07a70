"""Small networks on planted families of tasks, their batches, and how well relations match what was planted."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from torch import Tensor, nn

from kt_fewshot.encoders import Memoryless
from kt_fewshot.multitask import Relations, TaskFamily, make_sharing
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
    return float(spearmanr(found.mutual[pairs], planted[pairs])[0])


class FamilyTowers(nn.Module):
    """A tower a task under a sharing scheme, and a head a task. Towers start alike, and so do heads.

    Args:
        family: the tasks.
        sharing: name of the scheme.
        seed: of the first weights.
        width: of both layers of a tower.
        alike: whether towers and heads start alike.
    """

    def __init__(
        self,
        family: TaskFamily,
        sharing: str,
        *,
        seed: int,
        width: int = 32,
        alike: bool = True,
    ) -> None:
        super().__init__()
        self.tasks = family.tasks
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            towers = [_tower(family.inputs.shape[1], width) for _ in range(len(family.tasks) + 1)]
            heads = [nn.Linear(width, 1) for _ in family.tasks]
            self.sharing = make_sharing(sharing, lambda: deepcopy(towers[0]), self.tasks, width=width)
            for own, other in zip(self.sharing.towers, [] if alike else towers[1:], strict=False):
                own.load_state_dict(nn.ModuleList(other).state_dict())
        self.heads = nn.ModuleList(deepcopy(heads[0]) if alike else head for head in heads)

    def shared_parameters(self) -> list[nn.Parameter]:
        return self.sharing.shared_parameters()

    def losses(self, batch: tuple[Tensor, Tensor]) -> dict[str, LossSum]:
        x, y = batch
        views, _ = self.sharing(x, self.sharing.start(len(x)))
        said = [head(views[self.sharing.view(task)])[:, 0] for task, head in zip(self.tasks, self.heads, strict=True)]
        return {
            task: LossSum((one - y[:, k]).square().sum() / 2, torch.tensor(len(x)))
            for k, (task, one) in enumerate(zip(self.tasks, said, strict=True))
        }


def _tower(inputs: int, width: int) -> list[Memoryless]:
    return [Memoryless(nn.Sequential(nn.Linear(n, width), nn.ReLU())) for n in (inputs, width)]
