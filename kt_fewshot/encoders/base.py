"""The contract of layers, and `Encoder`: a list of them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

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
    def forward(self, x: Any, state: State, reset: Tensor | None = None) -> tuple[Tensor, State]:  # noqa: ANN401 (see x)
        """Read a row.

        Args:
            x: (batch, time, width); what the first layer of an encoder takes is up to it, and need not be a tensor.
            state: what the row's past left.
            reset: (batch, time), True where the row forgets everything before reading step t; None for never.

        Returns:
            (batch, time, hidden) after each step, and the state after the last.
        """


@final
class Memoryless(Layer):
    """A layer that remembers nothing: any module as a layer.

    Args:
        module: tensors in, tensors out; what their axes mean is between neighbouring layers.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def start(self, batch: int) -> State:  # noqa: ARG002 (the contract's)
        """Nothing."""
        return ()

    def forward(self, x: Tensor, state: State = (), reset: Tensor | None = None) -> tuple[Tensor, State]:  # noqa: ARG002
        """The module's answer."""
        return self.module(x), state


class Encoder(nn.Module):
    """Turns examples into features, layer after layer, each from a fresh state.

    Args:
        layers: in order.
        width: of the features.

    Shape:
        x: (batch, *shape) as the first layer takes it; result: (batch, width).
    """

    name: ClassVar[str]
    """What it is called on the command line; set by every registered encoder."""
    made_as: Mapping[str, Any] | None = None
    """The arguments of `make_encoder` that made it; None for an encoder made otherwise."""

    def __init__(self, layers: Sequence[Layer], width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.width = width

    def forward(self, x: Tensor) -> Tensor:
        """Features of a batch."""
        for layer in self.layers:
            x, _ = layer(x, layer.start(len(x)))  # pyright: ignore[reportCallIssue] (ModuleList hides what it holds)
        return x
