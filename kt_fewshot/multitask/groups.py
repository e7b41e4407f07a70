"""`ByGroup`: a tower for each group of examples, such as the students of a school, drawn towards each other."""

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor

from kt_fewshot.encoders import Layer, State

from .sharing.base import MakeTower
from .sharing.soft import Soft


@final
class ByGroup(Layer):
    """One model a school or course, tied (Evgeniou and Pontil 2004, https://doi.org/10.1145/1014052.1014067).

    Soft sharing with groups in the place of tasks: every tower reads every example, which takes as many times as long,
    and an example's features are those of its group's tower. Stands as one layer where one tower would, so that any
    sharing of tasks works over it.

    Args:
        make_tower: gives a new tower.
        groups: their names; the first is that of examples of none.
        width: of a tower's features.
        tie: as in `Soft`.

    Shape:
        x: examples with an attribute `group: (...)`, an index for each, or None: all are of the first. y: (..., width).

    Raises:
        ValueError: if there is no group, or `tie` is negative.
    """

    def __init__(self, make_tower: MakeTower, groups: Sequence[str], *, width: int, tie: float) -> None:
        super().__init__()
        self.towers = Soft(make_tower, groups, width=width, tie=tie)

    def start(self, batch: int) -> State:
        """What all towers remember."""
        return self.towers.start(batch)

    def forward(self, x: Any, state: State, reset: Tensor | None = None) -> tuple[Tensor, State]:  # noqa: ANN401
        """See `Layer.forward`."""
        features, state = self.towers(x, state, reset)
        if x.group is None:
            return features[0], state
        every = torch.stack(features, dim=-2)  # (..., groups, width)
        return every.take_along_dim(x.group[..., None, None], dim=-2).squeeze(-2), state

    def penalty(self) -> Tensor | None:
        """(): what the tie adds to the loss of each example; None for nothing."""
        return self.towers.penalty()
