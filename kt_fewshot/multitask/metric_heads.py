"""Heads that compare queries with the support: by attention, by a learned relation, with the queries' own help."""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from .fitted_heads import FittedHead, HeadFitter, class_means, labels, squared_distances
from .heads import SplitMLP


@final
class AttentionHead(HeadFitter):
    """The labels of the support, weighted by cosine: P(c) = sum_i softmax_i(s cos(h, h_i)) [y_i = c].

    Vinyals et al. 2016, https://arxiv.org/abs/1606.04080. The sharpness s is learned (in the paper it is 1). A class
    without an example gets nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.log_sharpness = nn.Parameter(torch.tensor(10.0).log())

    def forward(self, features: Tensor, y: Tensor, n_way: int, mask: Tensor | None = None) -> FittedHead:
        """See `HeadFitter`."""
        keys = functional.normalize(features, dim=-1)
        member = labels(y, n_way, mask, features.dtype)
        absent = (member.sum(-1) == 0)[:, None]  # (tasks, 1, examples)

        def fitted(queries: Tensor) -> Tensor:
            likeness = self.log_sharpness.exp() * functional.normalize(queries, dim=-1) @ keys.transpose(1, 2)
            attention = likeness.masked_fill(absent, float("-inf")).softmax(-1)
            return (attention @ member).clamp(min=torch.finfo(features.dtype).tiny).log()

        return fitted


@final
class RelationHead(HeadFitter):
    """A learned comparison of a query with each class's mean: a small network, shared by all classes and tasks.

    Sung et al. 2018, https://arxiv.org/abs/1711.06025. Where we depart from it: the network reads features instead of
    maps of them, and is trained by cross-entropy instead of squared error.

    Args:
        width: of the features.
        hidden: units of the network's hidden layer.
    """

    def __init__(self, width: int, hidden: int = 64) -> None:
        super().__init__()
        self.relation = SplitMLP(width, width, width, hidden=hidden)

    def forward(self, features: Tensor, y: Tensor, n_way: int, mask: Tensor | None = None) -> FittedHead:
        """See `HeadFitter`."""
        means = class_means(features, y, n_way, mask)[:, None]  # (tasks, 1, way, width)

        def fitted(queries: Tensor) -> Tensor:
            asked = queries[:, :, None]  # (tasks, queries, 1, width)
            return self.relation(means, asked, (means - asked).abs())

        return fitted


@final
class SoftKMeansHead(HeadFitter):
    """Prototypes refined by the queries themselves: soft k-means with the support's labels fixed. *Transductive*.

    Ren et al. 2018, "Meta-learning for semi-supervised few-shot classification", https://arxiv.org/abs/1803.00676.
    There unlabelled examples of their own help, here the queries.

    Args:
        steps: of k-means.
    """

    def __init__(self, steps: int = 1) -> None:
        super().__init__()
        self.steps = steps

    def forward(self, features: Tensor, y: Tensor, n_way: int, mask: Tensor | None = None) -> FittedHead:
        """See `HeadFitter`."""
        member = labels(y, n_way, mask, features.dtype)

        def fitted(queries: Tensor) -> Tensor:
            means = class_means(features, y, n_way, mask)
            every = torch.cat([features, queries], 1)
            for _ in range(self.steps):
                guessed = (-squared_distances(queries, means)).softmax(-1)
                weight = torch.cat([member, guessed], 1)  # (tasks, examples + queries, way)
                means = weight.transpose(1, 2) @ every / weight.sum(1)[..., None]
            return -squared_distances(queries, means)

        return fitted
