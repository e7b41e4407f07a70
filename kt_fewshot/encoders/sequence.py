"""Sequences as examples: an LSTM that answers with its last state."""

from collections.abc import Sequence
from typing import ClassVar, final

from torch import Tensor, nn

from .base import Encoder, Memoryless
from .lstm import LSTM


@final
class LSTMEncoder(Encoder):
    """Reads a sequence step by step; its features are the last hidden state.

    Args:
        shape: (time, width) of a sequence.
        hidden: units.

    Shape:
        x: (batch, time, width); result: (batch, hidden).

    Raises:
        ValueError: if examples are not sequences of vectors.
    """

    name: ClassVar[str] = "lstm"

    def __init__(self, shape: Sequence[int], *, hidden: int = 64) -> None:
        if len(shape) != 2:
            raise ValueError(f"lstm needs sequences of (time, width). Found {tuple(shape)}.")
        project = Memoryless(nn.Linear(shape[1], 4 * hidden))
        super().__init__([project, LSTM(hidden), Memoryless(_Last())], hidden)


class _Last(nn.Module):
    """The last step: (batch, time, width) to (batch, width)."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, -1]
