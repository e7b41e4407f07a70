"""The contract of recurrent and feed-forward layers."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

State = tuple[Tensor, ...]
"""What a layer remembers of each row, each tensor (batch, ...); empty for a layer without memory."""


class Layer(nn.Module, ABC):
    """One layer of an encoder: `(x, state, reset) -> (y, state)`.

    Encoders are lists of layers, so that sharing schemes can work between them, and students can share a packed row.
    """

    @abstractmethod
    def start(self, batch: int) -> State:
        """The state of `batch` rows that have seen nothing."""

    @abstractmethod
    def forward(self, x: Tensor, state: State, reset: Tensor | None = None) -> tuple[Tensor, State]:
        """Read a row.

        Args:
            x: (batch, time, width).
            state: what the row's past left.
            reset: (batch, time), True where the row forgets everything before reading step t; None for never.

        Returns:
            (batch, time, hidden) after each step, and the state after the last.
        """
