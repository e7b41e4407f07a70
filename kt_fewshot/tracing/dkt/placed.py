"""A product that reads a vector in one of two places: what an item brings depends on whether the answer was right."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def placed_linear(x: Tensor, first: Tensor, beside: Tensor, weight: Tensor) -> Tensor:
    """`[x, 0, beside] @ weight.T` where `first`, `[0, x, beside] @ weight.T` elsewhere.

    On the way back each half of the weight sees the rows that it read, so nothing is multiplied by 0. On the way
    forward all rows are one product, whose rounding no row's place changes.

    Args:
        x: (n, width).
        first: (n,) bool.
        beside: (n, others), which has no gradient.
        weight: (outputs, 2 * width + others).

    Returns:
        (n, outputs)
    """
    if x.device.type != "cpu":  # counting rows would wait for the device
        return functional.linear(_placed(x, first, beside), weight)
    return _PlacedLinear.apply(x, first, beside, weight)  # pyright: ignore[reportReturnType] (torch types no `apply`)


def _placed(x: Tensor, first: Tensor, beside: Tensor) -> Tensor:
    here = first[:, None].to(x.dtype)
    return torch.cat([x * here, x * (1 - here), beside], dim=1)


class _PlacedLinear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, first: Tensor, beside: Tensor, weight: Tensor) -> Tensor:  # noqa: ANN401 (autograd's has no public type)
        ctx.save_for_backward(x, first, beside, weight)
        return functional.linear(_placed(x, first, beside), weight)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None, Tensor]:  # noqa: ANN401
        (grad,) = grad_outputs
        x, first, beside, weight = ctx.saved_tensors
        on_x, on_weight = torch.zeros_like(x), []
        for part, chosen in zip(weight.split(x.shape[1], dim=1), (first, ~first), strict=False):
            at = chosen.nonzero().flatten()
            here = grad.index_select(0, at)
            on_x = on_x.index_copy(0, at, here @ part)
            on_weight.append(x.index_select(0, at).t() @ here)
        return on_x, None, None, torch.cat([*on_weight, beside.t() @ grad]).t()
