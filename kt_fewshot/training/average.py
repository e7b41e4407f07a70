"""Exponential moving average of the weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightAverage:
    """Follows the weights w of a model: a = d * a + (1 - d) * w after each step, d = min(decay, (1 + n) / (10 + n)).

    n counts the steps, 1 after the first. The growing d lets the average forget the random first weights (as in
    TensorFlow's ExponentialMovingAverage). Buffers (counts, running statistics) are not averaged: they stay the
    model's own.

    Args:
        model: starts the average at its weights now.
        decay: in [0, 1).
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self._named = {name: p for name, p in model.named_parameters() if p.is_floating_point()}
        self.weights = {name: p.detach().clone() for name, p in self._named.items()}

    @torch.no_grad()
    def update(self, steps_done: int) -> None:
        """Take in the weights after step number `steps_done` (1, 2, ...)."""
        decay = min(self.decay, (1 + steps_done) / (10 + steps_done))
        torch._foreach_lerp_(self._averages(), self._current(), 1 - decay)  # pyright: ignore[reportPrivateImportUsage]

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The model carries the average inside the block, and its own weights again afterwards."""
        own = [p.detach().clone() for p in self._current()]
        self.copy_to_model()
        try:
            yield
        finally:
            self._put(own)

    def copy_to_model(self) -> None:
        """Give the model the average for good."""
        self._put(self._averages())

    def load(self, weights: dict[str, Tensor]) -> None:
        """Go on from saved averages."""
        for name, average in self.weights.items():
            average.copy_(weights[name])

    @torch.no_grad()
    def _put(self, values: list[Tensor]) -> None:
        # Copied, not swapped: cuDNN wants the weights of a recurrent layer to stay where they are.
        torch._foreach_copy_(self._current(), values)  # pyright: ignore[reportPrivateImportUsage]

    def _averages(self) -> list[Tensor]:
        return list(self.weights.values())

    def _current(self) -> list[Tensor]:
        return [p.detach() for p in self._named.values()]
