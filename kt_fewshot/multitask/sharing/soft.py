"""Soft sharing: a tower a task, or a group of tasks, whose weights are tied (Duong et al. 2015, https://aclanthology.org/P15-2139)."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from .base import MakeTower, Sharing


@final
class Soft(Sharing):
    """Towers of their own, drawn towards each other.

    Each example's loss grows by `tie / 2` times the squared distance of all towers' weights from their mean: 0 trains
    the towers apart, a large number makes them one. Where the tasks are the same question in different schools or
    courses, this is one model a school, tied. All towers start from the same weights.

    Args:
        make_tower: as in `Sharing`.
        tasks: their names.
        width: of the features.
        tie: strength, at least 0.
        groups: task -> group; tasks of one group have one tower. A tower a task by default.
    """

    name: ClassVar[str] = "soft"

    def __init__(
        self,
        make_tower: MakeTower,
        tasks: Sequence[str],
        *,
        width: int,
        tie: float = 1e-3,
        groups: Mapping[str, str] | None = None,
    ) -> None:
        if tie < 0:
            raise ValueError(f"`tie` should be at least 0. Found `tie = {tie}`.")
        if unknown := sorted(set(groups or {}) - set(tasks)):
            raise ValueError(f"`groups` should group the tasks {', '.join(tasks)}. Found also: {', '.join(unknown)}.")
        group_of = {task: (groups or {}).get(task, task) for task in tasks}
        names = tuple(dict.fromkeys(group_of.values()))
        super().__init__(make_tower, tasks, width=width, towers=len(names))
        self.tie = tie
        self.groups = names
        self.group_of = group_of
        self.start_alike()

    @property
    def n_views(self) -> int:
        """One a group."""
        return len(self.groups)

    def view(self, task: str) -> int:
        """That of its group."""
        return self.groups.index(self.group_of[task])

    def tower_names(self) -> tuple[str, ...]:
        """The groups."""
        return self.groups

    def combine(self, values: list[Tensor]) -> tuple[Tensor, ...]:
        """The towers' own."""
        return tuple(values)

    def shared_parameters(self) -> list[nn.Parameter]:
        """Towers of several tasks, and what all towers read of one table."""
        members = list(self.group_of.values())
        users: dict[nn.Parameter, int] = {}
        for name, tower in zip(self.groups, self.towers, strict=True):
            for parameter in tower.parameters():
                users[parameter] = users.get(parameter, 0) + members.count(name)
        return [parameter for parameter, tasks in users.items() if tasks > 1]

    def penalty(self) -> Tensor | None:
        """Half the squared distance from the mean, times `tie`."""
        if not self.tie or len(self.towers) < 2:
            return None
        return self.tie / 2 * distance_from_mean(list(self.towers))


def distance_from_mean(modules: Sequence[nn.Module]) -> Tensor:
    """(): squared distance of the modules' weights from their mean, of weights that each has for itself."""
    distance = torch.zeros(())
    for twins in zip(*(module.parameters() for module in modules), strict=True):
        if any(twin is not twins[0] for twin in twins):
            stacked = torch.stack(list(twins))
            distance = distance.to(stacked) + (stacked - stacked.mean(0)).square().sum()
    return distance
