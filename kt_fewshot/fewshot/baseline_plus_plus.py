"""Baseline++: a classifier by cosine for the training classes, another fitted to each new task.

Chen, Liu, Kira, Wang and Huang 2019, "A Closer Look at Few-shot Classification", https://arxiv.org/abs/1904.04232.
"""

from typing import ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from kt_fewshot.multitask import FittedHead, HeadFitter, class_means

from .episodes import Examples
from .method import cross_entropy
from .pretrained import PretrainedMethod


@final
class BaselinePlusPlus(PretrainedMethod):
    """The encoder of a cosine classifier of all training classes; a new one is fitted to the support's features."""

    name: ClassVar[str] = "baseline++"

    def make_head(self) -> HeadFitter:
        """See `EmbeddingMethod.make_head`."""
        return _CosineFineTuning()

    def make_classifier(self, classes: int) -> nn.Module:
        """See `PretrainedMethod.make_classifier`."""
        return _Cosine(self.encoder.width, classes)


@final
class _Cosine(nn.Module):
    """A classifier by cosine: logit = s cos(h, w_c), with a learned scale s.

    Gidaris and Komodakis 2018, https://arxiv.org/abs/1804.09458; used by Baseline++.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(classes, width))
        self.log_scale = nn.Parameter(torch.tensor(10.0).log())

    def forward(self, features: Tensor) -> Tensor:
        """(..., width) to (..., classes)."""
        directions = functional.normalize(self.weight, dim=-1)
        return self.log_scale.exp() * functional.normalize(features, dim=-1) @ directions.t()


@final
class _CosineFineTuning(HeadFitter):
    """A cosine classifier fitted to the support by gradient steps, begun at the classes' means; not differentiable.

    Args:
        steps: of gradient descent.
        rate: of a step.
        scale: of the cosines.
    """

    def __init__(self, steps: int = 100, rate: float = 0.1, scale: float = 10.0) -> None:
        super().__init__()
        self.steps, self.rate, self.scale = steps, rate, scale

    def forward(self, features: Tensor, y: Tensor, n_way: int, mask: Tensor | None = None) -> FittedHead:
        """See `HeadFitter`."""
        x = functional.normalize(features.detach(), dim=-1)
        weight = class_means(x, y, n_way, mask)
        examples = Examples(x, y, mask)
        with torch.enable_grad():
            for _ in range(self.steps):
                weight = weight.detach().requires_grad_()
                loss = cross_entropy(self._logits(x, weight), examples)
                (gradient,) = torch.autograd.grad(loss.total, weight)
                weight = weight - self.rate * gradient / examples.real().sum(1).clamp(min=1)[:, None, None]
        found = weight.detach()
        return lambda queries: self._logits(functional.normalize(queries, dim=-1), found)

    def _logits(self, x: Tensor, weight: Tensor) -> Tensor:
        return self.scale * x @ functional.normalize(weight, dim=-1).transpose(1, 2)
