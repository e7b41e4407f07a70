"""The watch for numbers that are not finite, so that none gets into a saved state."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import torch
from torch import Tensor

GRADIENT: Final = "gradient"
"""What the watch calls the gradient's norm, beside the names of the tasks."""

WEIGHTS: Final = "weights"

_NEVER: Final = 2**62


class Poison(NamedTuple):
    """Where something first was not finite: the step (0, 1, ...) and the tasks, or `GRADIENT`, or `WEIGHTS`."""

    step: int
    names: list[str]

    def __str__(self) -> str:
        """What it was, in words."""
        tasks = [name for name in self.names if name not in {GRADIENT, WEIGHTS}]
        if tasks:
            return f"The loss of {', '.join(tasks)} is not finite"
        return "The gradient is not finite" if GRADIENT in self.names else "Weights are no longer finite"


class FiniteWatch:
    """Remembers, on the device, the first step at which each loss was not finite."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, ...], Tensor] = {}

    def note(self, step: int, names: tuple[str, ...], values: Tensor) -> None:
        """Look at `values: (tasks,)` of a step, without waiting for the device."""
        here = torch.where(values.isfinite(), _NEVER, step)
        known = self._first.get(names)
        self._first[names] = here if known is None else torch.minimum(known, here)

    def poison(self) -> Poison | None:
        """The first step at which anything was not finite; waits for the device."""
        found = [
            (step, name)
            for names, steps in self._first.items()
            for name, step in zip(names, steps.tolist(), strict=True)
            if step != _NEVER
        ]
        if not found:
            return None
        first = min(step for step, _ in found)
        return Poison(first, [name for step, name in found if step == first])


def all_finite(tensors: Iterable[Tensor]) -> bool:
    """Whether every number is finite; waits for the device once."""
    flags = [tensor.detach().isfinite().all() for tensor in tensors]
    return not flags or bool(torch.stack(flags).all())
