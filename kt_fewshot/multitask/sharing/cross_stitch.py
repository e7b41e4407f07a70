"""Cross-stitch networks: a tower a task, mixed after each layer (Misra et al. 2016, https://arxiv.org/abs/1604.03539)."""

from collections.abc import Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn

from .base import MakeTower, Sharing


@final
class CrossStitch(Sharing):
    """After every layer that learns, each tower goes on from a mixture of all: x_k' = sum_j a_kj x_j.

    The paper's stitches have a pair of weights a channel; ours have one weight a pair of towers and layer, which can
    be read: `mixing` shows who takes from whom. All towers start from the same weights, so that a feature means the
    same in each; the weights measure how tasks are related only where the heads start alike too.

    Args:
        make_tower: as in `Sharing`.
        tasks: their names.
        width: of the features.
        own: weight of a task's own tower at the start; the others share the rest. 1 starts (and, with `frozen`,
            stays) as separate towers.
        frozen: whether the weights stay as they are.
    """

    name: ClassVar[str] = "cross-stitch"

    def __init__(
        self, make_tower: MakeTower, tasks: Sequence[str], *, width: int, own: float = 0.9, frozen: bool = False
    ) -> None:
        if not 0 <= own <= 1:
            raise ValueError(f"`own` should be in [0, 1]. Found `own = {own}`.")
        super().__init__(make_tower, tasks, width=width, towers=len(tasks))
        first: Any = self.towers[0]
        learning = [level for level, layer in enumerate(first) if any(True for _ in layer.parameters())]
        n = len(tasks)
        stitch = torch.eye(n) if n == 1 else torch.full((n, n), (1 - own) / (n - 1)).fill_diagonal_(own)
        self.start_alike()
        self.stitch_of = {level: k for k, level in enumerate(learning)}
        self.stitches = nn.Parameter(stitch.repeat(len(self.stitch_of), 1, 1), requires_grad=not frozen and n > 1)

    def mix(self, level: int, values: list[Tensor]) -> list[Tensor]:
        """Each tower's mixture."""
        if level not in self.stitch_of or len(values) == 1:
            return values
        stitch = self.stitches[self.stitch_of[level]].to(values[0].dtype)
        stacked = torch.stack(values)
        return list(torch.einsum("kj,j...->k...", stitch, stacked))

    def combine(self, values: list[Tensor]) -> tuple[Tensor, ...]:
        """The towers' own, mixed already."""
        return tuple(values)

    def mixing(self) -> Tensor | None:
        """The stitches, averaged over layers."""
        return self.stitches.detach().mean(0)
