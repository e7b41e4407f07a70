"""The one place where several processes add up what they found."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, distributed, nn


def sum_over_processes(parameters: Iterable[nn.Parameter], sums: Sequence[Tensor]) -> None:
    """Add up, in every process, the gradients and the sums of losses of all; does nothing where there is one process.

    Losses are sums divided by a constant (that of the joint batch), so adding is exact: no mean of means.

    Args:
        parameters: their `.grad` is summed in place; a missing one counts as 0.
        sums: totals and counts, summed in place; the same tasks in every process.
    """
    if not (distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1):
        return
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        distributed.all_reduce(parameter.grad)
    for values in sums:
        distributed.all_reduce(values)
