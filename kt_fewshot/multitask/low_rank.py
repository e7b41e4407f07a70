"""Low-rank heads: many tasks whose weights are mixtures of a few patterns, so that tasks with few answers borrow."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from .relations import Relations


@final
class LowRankLinear(nn.Module):
    """A linear output a target, z_k = w_k . h + b_k, whose weights are W = S L: a skill x task matrix of low rank.

    Row k of the mixture S says how much target k has of each of the `rank` patterns that are the rows of L (Kumar and
    Daume 2012, "Learning task grouping and overlap in multi-task learning", https://arxiv.org/abs/1206.6417). A target
    with few answers has only its row of S to learn. `penalty` holds it sparse: a target has a pattern or has not.

    Where we depart from the paper, which alternates between S and L: both are trained at once with everything else.
    It stands in the place of a `GatheredLinear`: `weight` and `bias` are had in the same way.

    Args:
        width: of the features.
        targets: how many outputs there are.
        rank: number of patterns; at least 1, and less than `targets` and `width` if it is to save anything.

    Raises:
        ValueError: if `rank` is less than 1.
    """

    def __init__(self, width: int, targets: int, *, rank: int) -> None:
        if rank < 1:
            raise ValueError(f"`rank` should be at least 1. Found `rank = {rank}`.")
        super().__init__()
        self.mixture = nn.Parameter(torch.empty(targets, rank))
        self.patterns = nn.Parameter(torch.empty(rank, width))
        self.bias = nn.Parameter(torch.zeros(targets))
        nn.init.normal_(self.mixture, std=rank**-0.5)
        nn.init.uniform_(self.patterns, -(width**-0.5), width**-0.5)

    @property
    def weight(self) -> Tensor:
        """(targets, width): W = S L."""
        return self.mixture @ self.patterns

    def forward(self, features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Output (...) of each target asked about; `features: (..., width)`, the others as in `GatheredLinear`."""
        return (features * weight).sum(-1) + bias

    def every(self, features: Tensor) -> Tensor:
        """Outputs (..., targets) of all targets."""
        return functional.linear(functional.linear(features, self.patterns), self.mixture, self.bias)

    def penalty(self, *, sparsity: float, size: float) -> Tensor:
        """(): sparsity * sum |S| + size * sum L^2, the paper's; to be added to a sum of losses over all answers."""
        return sparsity * self.mixture.abs().sum() + size * self.patterns.square().sum()

    @torch.no_grad()
    def start_from(self, weight: Tensor) -> None:
        """Take the nearest matrix of this rank to `weight: (targets, width)`, as of heads that were trained alone.

        Raises:
            ValueError: if it has another shape.
        """
        if weight.shape != self.weight.shape:
            raise ValueError(f"`weight` should be {tuple(self.weight.shape)}. Found {tuple(weight.shape)}.")
        left, size, right = torch.linalg.svd(weight.to(self.patterns), full_matrices=False)
        share = size[: len(self.patterns)].sqrt()
        self.mixture.zero_()
        self.patterns.zero_()
        self.mixture[:, : len(share)] = left[:, : len(share)] * share
        self.patterns[: len(share)] = share[:, None] * right[: len(share)]

    @torch.no_grad()
    def relations(self, tasks: Sequence[str]) -> Relations:
        """Cosine of the targets' weights, in [-1, 1]; 0 for a target without any.

        Args:
            tasks: names of the targets.
        """
        directions = functional.normalize(self.weight.double(), dim=1)
        return Relations(tuple(tasks), (directions @ directions.T).cpu().numpy(), "cosine of the heads' weights")
