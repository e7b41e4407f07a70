"""Convex combinations of towers, one a task, and the memory of how they were weighed."""

import torch
from torch import Tensor, nn

MOMENTUM = 0.01
"""Share of a batch in the running mean of the weights."""


class RunningWeights(nn.Module):
    """The mean weights of the last hundred training batches or so.

    Args:
        tasks: how many combine.
        towers: how many are combined.
    """

    mean: Tensor

    def __init__(self, tasks: int, towers: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.full((tasks, towers), 1 / towers))

    def look(self, weights: list[Tensor]) -> None:
        """Take in a training batch's weights, for each task (..., towers)."""
        if self.training:
            now = torch.stack([each.detach().flatten(0, -2).mean(0) for each in weights])
            self.mean += MOMENTUM * (now.to(self.mean) - self.mean)


def weighed(weights: Tensor, values: Tensor) -> Tensor:
    """(..., width): the combination of `values: (..., towers, width)` with `weights: (..., towers)`."""
    return (weights[..., None] * values).sum(-2)
