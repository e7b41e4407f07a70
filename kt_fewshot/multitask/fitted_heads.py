"""Heads that are fitted on a handful of examples on the spot, for many tasks at once."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

FittedHead = Callable[[Tensor], Tensor]
"""Features (tasks, queries, width) to logits (tasks, queries, way)."""


class HeadFitter(nn.Module, ABC):
    """Fits a classification head on each task's examples, differentiably.

    What it learns across tasks (a temperature, a strength of regularisation) are its parameters; what it finds on one
    task lives in the fitted head alone.
    """

    @abstractmethod
    def forward(self, features: Tensor, y: Tensor, n_way: int, mask: Tensor | None = None) -> FittedHead:
        """Fit.

        Args:
            features: (tasks, examples, width).
            y: (tasks, examples) class index in [0, n_way).
            n_way: classes of each task.
            mask: (tasks, examples), False where there is no example; None where all are real.

        Returns:
            The fitted head.
        """


@final
class PrototypeHead(HeadFitter):
    """Nearest class mean: logit = -|h - mean_c|^2 (Snell et al. 2017, https://arxiv.org/abs/1703.05175).

    A class without an example has the origin as its mean.
    """

    def forward(self, features: Tensor, y: Tensor, n_way: int, mask: Tensor | None = None) -> FittedHead:
        """See `HeadFitter`."""
        means = class_means(features, y, n_way, mask)
        return lambda queries: -squared_distances(queries, means)


@final
class RidgeHead(HeadFitter):
    """Ridge regression on one-hot labels, in closed form (R2-D2: Bertinetto et al. 2019, https://arxiv.org/abs/1805.08136).

        W = X' (X X' + l I)^-1 Y;  logits = a X_query W + b

    The strength l, the scale a and the offset b are learned. Solved in the space of examples, of which there are few.
    """

    def __init__(self) -> None:
        super().__init__()
        self.log_strength = nn.Parameter(torch.zeros(()))
        self.scale = nn.Parameter(torch.ones(()))
        self.offset = nn.Parameter(torch.zeros(()))

    def forward(self, features: Tensor, y: Tensor, n_way: int, mask: Tensor | None = None) -> FittedHead:
        """See `HeadFitter`."""
        real = labels(y, n_way, mask, features.dtype)
        x = with_one(features)
        if mask is not None:
            x = x * mask[..., None]
        gram = x @ x.transpose(1, 2)  # (tasks, examples, examples)
        ridge = self.log_strength.exp() * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
        weight = x.transpose(1, 2) @ torch.linalg.solve(gram + ridge, real)  # (tasks, width + 1, way)
        return lambda queries: self.scale * (with_one(queries) @ weight) + self.offset


def labels(y: Tensor, n_way: int, mask: Tensor | None, dtype: torch.dtype) -> Tensor:
    """One-hot labels (tasks, examples, way), rows of 0 where there is no example."""
    one_hot = functional.one_hot(y, n_way).to(dtype)
    return one_hot if mask is None else one_hot * mask[..., None]


def class_means(features: Tensor, y: Tensor, n_way: int, mask: Tensor | None = None) -> Tensor:
    """Mean features of each class, (tasks, way, width); see `HeadFitter.forward`."""
    member = labels(y, n_way, mask, features.dtype)
    counts = member.sum(1)[..., None].clamp(min=1)  # (tasks, way, 1)
    return member.transpose(1, 2) @ features / counts


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """Squared Euclidean distances (tasks, m, n) between (tasks, m, width) and (tasks, n, width)."""
    return a.square().sum(-1)[..., None] - 2 * a @ b.transpose(1, 2) + b.square().sum(-1)[:, None]


def with_one(x: Tensor) -> Tensor:
    """Features with a 1 at their end, so that a product has an offset."""
    return torch.cat([x, x.new_ones(*x.shape[:-1], 1)], -1)
