"""Heads that tasks ask for: features in, the raw outputs of one task out."""

from collections.abc import Sequence
from math import prod
from typing import Final, final

import torch
from torch import Tensor, nn
from torch.nn import functional

LEAST_GAP: Final = 1e-3
"""Between neighbouring thresholds, so that no level between them is impossible."""


@final
class LinearHead(nn.Module):
    """A linear map, z = W h + b.

    Args:
        width: of the features.
        shape: of the outputs of one example; () for a number without an axis of its own.
    """

    def __init__(self, width: int, shape: Sequence[int] = ()) -> None:
        super().__init__()
        self.linear = nn.Linear(width, prod(shape))
        self.shape = tuple(shape)

    def forward(self, features: Tensor) -> Tensor:
        """(..., width) to (..., *shape)."""
        return self.linear(features).unflatten(-1, self.shape) if self.shape else self.linear(features).squeeze(-1)


@final
class NoisyMean(nn.Module):
    """A linear mean and one log standard deviation for all examples, which starts at 0.

    Args:
        width: of the features.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, 1)
        self.log_scale = nn.Parameter(torch.zeros(1))

    def forward(self, features: Tensor) -> Tensor:
        """(..., width) to (..., 2): mean, log standard deviation."""
        mean = self.linear(features)
        return torch.cat([mean, self.log_scale.expand_as(mean)], dim=-1)


@final
class OrderedThresholds(nn.Module):
    """One score and rising thresholds: output k is the log-odds of a level above k, z_k = w . h - t_k, t_1 < t_2 < ...

    All levels share the weights (Cao, Mirjalili and Raschka 2020, "CORAL", https://arxiv.org/abs/1901.07884), as in the
    proportional odds model (McCullagh 1980). Where we depart from CORAL: its thresholds need not be in order before the
    end of training; ours cannot be otherwise, t_{k+1} = t_k + softplus(g_k).

    Args:
        width: of the features.
        levels: how many, at least 2.
    """

    def __init__(self, width: int, levels: int) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1, bias=False)
        # as if all levels were equally frequent in a logistic distribution
        share = torch.arange(1, levels) / levels
        start = share.log() - (1 - share).log()
        gap = start.diff() - LEAST_GAP
        self.first = nn.Parameter(start[:1])
        self.gaps = nn.Parameter(gap + (-(-gap).expm1()).log())  # the inverse of softplus

    def thresholds(self) -> Tensor:
        """(levels - 1,) rising."""
        steps = functional.softplus(self.gaps) + LEAST_GAP
        return torch.cat([self.first, self.first + steps.cumsum(0)])

    def forward(self, features: Tensor) -> Tensor:
        """(..., width) to (..., levels - 1), falling."""
        return self.score(features) - self.thresholds()
