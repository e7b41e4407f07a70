"""`ByGroup`: a tower for each group of examples, such as the students of a school, drawn towards each other."""

from itertools import islice
from typing import Any, final

import torch
from torch import Tensor, nn

from kt_fewshot.encoders import Layer, State

from .sharing.base import MakeTower
from .sharing.soft import distance_from_mean


@final
class ByGroup(Layer):
    """One model a school or course, tied (Evgeniou and Pontil 2004, https://doi.org/10.1145/1014052.1014067).

    Every tower reads every example, which takes as many times as long, and an example's features are those of its
    group's tower. Stands as one layer where one tower would, so that any sharing of tasks works over it. All towers
    start from the same weights.

    Args:
        make_tower: gives a new tower.
        n_groups: how many there are; group 0 is for examples of none.
        tie: `penalty` is half of this times the squared distance of the towers' weights from their mean.

    Shape:
        x: examples with an attribute `group: (...)`, an index for each, or None: all are of group 0. y: (..., width).

    Raises:
        ValueError: if there is no group, or `tie` is negative.
    """

    def __init__(self, make_tower: MakeTower, n_groups: int, *, tie: float) -> None:
        if n_groups < 1:
            raise ValueError(f"`n_groups` should be at least 1. Found `n_groups = {n_groups}`.")
        if tie < 0:
            raise ValueError(f"`tie` should be at least 0. Found `tie = {tie}`.")
        super().__init__()
        self.tie = tie
        self.towers = nn.ModuleList(nn.ModuleList(make_tower()) for _ in range(n_groups))
        self._remembers = [len(layer.start(1)) for layer in self.towers[0]]  # pyright: ignore[reportGeneralTypeIssues]
        for tower in self.towers[1:]:
            tower.load_state_dict(self.towers[0].state_dict())

    def start(self, batch: int) -> State:
        """What all towers' layers remember, tower by tower."""
        return tuple(tensor for tower in self.towers for layer in tower for tensor in layer.start(batch))  # pyright: ignore

    def forward(self, x: Any, state: State, reset: Tensor | None = None) -> tuple[Tensor, State]:  # noqa: ANN401
        """See `Layer.forward`."""
        remembered, after, features = iter(state), [], []
        for tower in self.towers:
            y = x
            for layer, n in zip(tower, self._remembers, strict=True):  # pyright: ignore (ModuleList hides what it holds)
                own = tuple(islice(remembered, n))
                y, own = layer(y, own, reset)
                after += own
            features.append(y)
        if x.group is None:
            return features[0], tuple(after)
        every = torch.stack(features, dim=-2)  # (..., groups, width)
        return every.take_along_dim(x.group[..., None, None], dim=-2).squeeze(-2), tuple(after)

    def penalty(self) -> Tensor:
        """(): what the tie adds to the loss of each example."""
        return self.tie / 2 * distance_from_mean(list(self.towers))
