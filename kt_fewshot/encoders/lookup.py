"""Rows of a table, looked up."""

from torch import Tensor
from torch.nn import functional


def look_up(table: Tensor, at: Tensor) -> Tensor:
    """`table[at]`, with the gradient of an embedding, which on a CPU takes half the time of an index's.

    Args:
        table: (rows, ...) of real numbers.
        at: (...) rows, whole numbers from 0.

    Returns:
        (*at.shape, ...)

    Example:
        >>> import torch
        >>> look_up(torch.tensor([0.5, 1.5]), torch.tensor([1, 1, 0])).tolist()
        [1.5, 1.5, 0.5]
    """
    found = functional.embedding(at, table.reshape(len(table), -1))
    return found.reshape((*at.shape, *table.shape[1:]))
