"""A gradient as one row of numbers, parameter after parameter."""

from collections.abc import Sequence

import torch
from torch import Tensor


def flat(gradients: Sequence[Tensor | None], parameters: Sequence[Tensor]) -> Tensor:
    """(numbers,): all gradients in a row, 0 where a loss does not use a parameter."""
    return torch.cat(
        [(p.new_zeros(p.shape) if g is None else g).flatten() for g, p in zip(gradients, parameters, strict=True)]
    )


def unflat(row: Tensor, parameters: Sequence[Tensor]) -> list[Tensor]:
    """A row of numbers as gradients of the parameters, which it is a view of."""
    parts = row.split([parameter.numel() for parameter in parameters])
    return [part.view_as(parameter) for part, parameter in zip(parts, parameters, strict=True)]
