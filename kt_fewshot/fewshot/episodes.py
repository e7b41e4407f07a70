"""`Episode`: a small labelled set to learn from and one to be judged on; a batch of them of equal shape."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Examples:
    """Labelled examples of a batch of tasks.

    - `x: (tasks, examples, *shape)` float;
    - `y: (tasks, examples)` class 0..n_way-1 (int64), or a float target where the task is a regression;
    - `mask: (tasks, examples)` True where an example is real, False where it fills up the shape (its x and y mean
      nothing); None: all are real.

    Raises:
        ValueError: if the shapes do not agree.
    """

    x: Tensor
    y: Tensor
    mask: Tensor | None = None

    def __post_init__(self) -> None:
        """Check the shapes."""
        for name, value in (("y", self.y), ("mask", self.mask)):
            if value is not None and value.shape != self.x.shape[:2]:
                raise ValueError(
                    f"`{name}` should be of shape (tasks, examples) = {tuple(self.x.shape[:2])}. "
                    f"Found {tuple(value.shape)}."
                )

    def __len__(self) -> int:
        """Number of tasks."""
        return len(self.x)

    @property
    def shape(self) -> torch.Size:
        """Shape of one example."""
        return self.x.shape[2:]

    def real(self) -> Tensor:
        """(tasks, examples) bool: the mask, all True where there is none."""
        return torch.ones(self.y.shape, dtype=torch.bool, device=self.y.device) if self.mask is None else self.mask

    def counts(self, n_way: int) -> Tensor:
        """(tasks, way) real examples of each class."""
        counts = torch.zeros(len(self), n_way, dtype=torch.long, device=self.y.device)
        return counts.scatter_add_(1, self.y, self.real().long())

    def part(self, tasks: slice) -> Self:
        """Only some of the tasks."""
        return type(self)(self.x[tasks], self.y[tasks], None if self.mask is None else self.mask[tasks])

    def to(self, device: torch.device | str) -> Self:
        """The same on a device."""
        return type(self)(self.x.to(device), self.y.to(device), None if self.mask is None else self.mask.to(device))


@dataclass(frozen=True)
class Episode:
    """A batch of few-shot tasks of equal shape: learn from the support, be judged on the query.

    - `support`, `query`: examples; a class's index means the same in both. Where a sampler made them they stand
      class by class, but no method may rely on it;
    - `n_way`: classes in each task, 0 for a regression;
    - `support_items`, `query_items: (tasks, examples)` int64 where in the data set an example is from, -1 for filling;
    - `classes: (tasks, way)` int64 class of the data set behind each index. These three are None where there is no
      data set.

    Raises:
        ValueError: if support and query are not of the same tasks and shape.
    """

    support: Examples
    query: Examples
    n_way: int
    support_items: Tensor | None = None
    query_items: Tensor | None = None
    classes: Tensor | None = None

    def __post_init__(self) -> None:
        """Check that both halves belong together."""
        if len(self.support) != len(self.query):
            raise ValueError(f"Support is of {len(self.support)} tasks, query of {len(self.query)}.")
        if self.support.shape != self.query.shape:
            found = f"{tuple(self.support.shape)} and {tuple(self.query.shape)}"
            raise ValueError(f"Support and query should have examples of one shape. Found {found}.")

    def __len__(self) -> int:
        """Number of tasks."""
        return len(self.support)

    def chunks(self, n: int) -> "list[Episode]":
        """The batch cut into at most n batches of fewer tasks, for gradient accumulation."""
        size = -(-len(self) // n)
        return [self._part(slice(start, start + size)) for start in range(0, len(self), size)]

    def task(self, index: int) -> "Episode":
        """One task, as a batch of one.

        Raises:
            IndexError: if there is no such task.
        """
        if not -len(self) <= index < len(self):
            raise IndexError(f"There is no task {index} in a batch of {len(self)}.")
        index %= len(self)
        return self._part(slice(index, index + 1))

    def to(self, device: torch.device | str) -> "Episode":
        """The same on a device."""
        return self._each(lambda value: value.to(device))

    def _part(self, tasks: slice) -> "Episode":
        return self._each(lambda value: value.part(tasks) if isinstance(value, Examples) else value[tasks])

    def _each(self, change: Callable[[Any], Any]) -> "Episode":
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "n_way"}
        return replace(self, **{name: change(value) for name, value in values.items() if value is not None})
