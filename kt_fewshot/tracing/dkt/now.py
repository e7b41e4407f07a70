"""What a deep tracer reads of one answer each, and says of one question each: by compiled code or else by torch."""

from types import ModuleType

from torch import Tensor

from . import now_fast, now_torch
from .now_tables import Affine, Rows, TwoLogits


def read(affine: Affine, rows: Rows, x: Tensor, correct: Tensor) -> Tensor:
    """(n, outputs) of n answers; `x: (n, factors)`, `correct: (n,)` in {0, 1}."""
    return _way(x).read(affine, rows, x, correct)


def ask(heads: TwoLogits, rows: Rows, x: Tensor, known: Tensor) -> Tensor:
    """(n, 2) logits of n questions; `x: (n, factors)`, `known: (n, width)` the trunk's features."""
    return _way(x).ask(heads, rows, x, known)


def _way(x: Tensor) -> ModuleType:
    return now_fast if now_fast.serves(x) else now_torch
