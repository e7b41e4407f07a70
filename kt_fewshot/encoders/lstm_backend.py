"""What reads rows for the LSTM layer: the contract of its backends."""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

from .base import State


class Backend(NamedTuple):
    """One way to compute the recurrence; all give the same numbers and gradients, to rounding.

    - `serves(x) -> bool`: whether it can, and pays, for gate pre-activations such as these, on this machine;
    - `read(x, weight, state, reset) -> (y, state)`: as the layer's `forward`; `weight: (4 * hidden, hidden)`. What
      comes out has x's precision, the state the weight's.
    """

    serves: Callable[[Tensor], bool]
    read: Callable[[Tensor, Tensor, State, Tensor | None], tuple[Tensor, State]]
