"""Heads: from shared features to one task's output. The same objects serve persistent tasks and episodes."""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from kt_fewshot.encoders import dropout


@final
class GatheredLinear(nn.Module):
    """A linear output a target, computed only for the target asked about: z = w_k . h + b_k.

    Deep Knowledge Tracing computes all skills' outputs at every step and keeps one; this computes the one.

    Args:
        width: of the features.
        targets: how many outputs there are to choose from.
    """

    def __init__(self, width: int, targets: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(targets, width))
        self.bias = nn.Parameter(torch.zeros(targets))
        nn.init.uniform_(self.weight, -(width**-0.5), width**-0.5)

    def forward(self, features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Output of each target asked about.

        Args:
            features: (..., width).
            weight: (..., width) rows of `self.weight` or means of such rows.
            bias: (...) the same of `self.bias`.
        """
        return (features.to(weight.dtype) * weight).sum(-1) + bias  # a product of unlike types takes many times as long


@final
class SplitMLP(nn.Module):
    """One hidden layer over several inputs, each projected on its own: z = v . relu(sum_j A_j x_j + a) + b.

    Inputs of different shapes broadcast after their projection, so that scoring every skill of a student projects the
    student once and the skills once.

    Args:
        widths: of the inputs.
        hidden: units of the hidden layer.
        dropout: share of hidden units dropped in training.
    """

    def __init__(self, *widths: int, hidden: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.inputs = nn.ModuleList(nn.Linear(width, hidden, bias=k == 0) for k, width in enumerate(widths))
        self.dropout = dropout
        self.output = nn.Linear(hidden, 1)

    def forward(self, *inputs: Tensor) -> Tensor:
        """Inputs (..., width_j), broadcastable, to outputs (...)."""
        hidden = self.inputs[0](inputs[0])
        for layer, value in zip(list(self.inputs)[1:], inputs[1:], strict=True):
            hidden = hidden + layer(value)
        hidden = dropout(functional.relu(hidden), self.dropout, self.training)
        return self.output(hidden).squeeze(-1)
