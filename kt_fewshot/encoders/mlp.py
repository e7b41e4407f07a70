"""MLP: fully connected layers, for tables and other flat examples."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import ClassVar, final

from torch import nn

from .base import Encoder, Memoryless


@final
class MLP(Encoder):
    """Linear layers with ReLU after each; examples of any shape are flattened first.

    Args:
        shape: of an example.
        hidden: units of each layer.
        depth: number of layers.

    Shape:
        x: (batch, *shape); result: (batch, hidden).

    Raises:
        ValueError: if `depth` is less than 1.
    """

    name: ClassVar[str] = "mlp"

    def __init__(self, shape: Sequence[int], *, hidden: int = 64, depth: int = 2) -> None:
        if depth < 1:
            raise ValueError(f"`depth` should be at least 1. Found `depth = {depth}`.")
        widths = [prod(shape), *[hidden] * depth]
        layers = [nn.Sequential(nn.Linear(before, after), nn.ReLU()) for before, after in pairwise(widths)]
        super().__init__([Memoryless(nn.Flatten()), *map(Memoryless, layers)], hidden)
