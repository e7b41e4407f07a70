"""What a deep tracer reads of one answer each, and says of one question each, in torch."""

import torch
from torch import Tensor

from .now_tables import Affine, Rows, TwoLogits


def read(affine: Affine, rows: Rows, x: Tensor, correct: Tensor) -> Tensor:
    """See `now.read`."""
    return torch.addmm(affine.bias, x, affine.weight).add_(rows.sum(affine.table, correct))


def ask(heads: TwoLogits, rows: Rows, x: Tensor, known: Tensor) -> Tensor:
    """See `now.ask`."""
    width = known.shape[1]
    row = rows.sum(heads.inner.table)
    logits = heads.logits(torch.addmm(heads.inner.bias, x, heads.inner.weight).add_(row[:, width:]))
    logits[:, 0] += (known * row[:, :width]).sum(-1)
    return logits
