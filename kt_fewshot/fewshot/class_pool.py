"""`ClassPool`: items of a data set ready to be picked by class, whole batches of tasks at a time."""

from dataclasses import dataclass

import torch
from torch import Tensor

from kt_fewshot.data import ClassImages

from .draws import distinct, unequal


@dataclass(frozen=True)
class ClassPool:
    """The items of each class, side by side; made by `ClassPool.of`.

    - `counts`, `starts: (classes,)` how many items a class has and where they begin in `order`;
    - `order: (items,)` the data set's items, class by class;
    - `members: (classes, most)` the same, -1 where a class has fewer than the largest, and `sources: (classes, most)`
      of them, 0..n_sources-1. Both are None where the data set names no sources.
    """

    data: ClassImages
    counts: Tensor
    starts: Tensor
    order: Tensor
    members: Tensor | None = None
    sources: Tensor | None = None
    n_sources: int = 0

    @classmethod
    def of(cls, data: ClassImages, *, by_source: bool = True) -> "ClassPool":
        """The pool of a data set, on its device."""
        counts = data.counts()
        starts = counts.cumsum(0) - counts
        order = torch.argsort(data.y, stable=True)
        if data.sources is None or not by_source:
            return cls(data, counts, starts, order)
        place = torch.arange(int(counts.max()), device=order.device)
        there = place < counts[:, None]
        members = torch.where(there, order[(starts[:, None] + place).clamp(max=len(order) - 1)], -1)
        names, source = data.sources.unique(return_inverse=True)
        return cls(data, counts, starts, order, members, source[members.clamp(min=0)], len(names))

    def pick(self, classes: Tensor, bits: Tensor) -> Tensor:
        """Different items of each class.

        Args:
            classes: (tasks, way).
            bits: (tasks, way, examples) of `random_bits`.

        Returns:
            (tasks, way, examples) items of the data set.
        """
        return self.order[self.starts[classes][..., None] + distinct(bits, self.counts[classes][..., None])]

    def pick_apart(self, classes: Tensor, bits: Tensor, side: Tensor, shots: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Different items of each class for support and query, of different sources.

        Args:
            classes: (tasks, way).
            bits: (tasks, way, most), random order of the members.
            side: (tasks, n_sources) True where a source is the support's in this task.
            shots: examples a class in support and in query.

        Returns:
            (tasks, way, shots[0]) and (tasks, way, shots[1]) items of the data set.
        """
        assert self.members is not None and self.sources is not None
        members, sources = self.members[classes], self.sources[classes]  # (tasks, way, most)
        task = torch.arange(len(classes), device=classes.device)[:, None, None]
        support = side[task, sources]
        return _first(members, bits, support, shots[0]), _first(members, bits, ~support, shots[1])

    def fewest_on_sides(self, n_support: int) -> tuple[Tensor, Tensor]:
        """(classes,) the fewest items that a class may have in support and in query, whichever sources are whose.

        Args:
            n_support: how many of the sources are the support's.
        """
        assert self.members is not None and self.sources is not None
        sizes = torch.zeros(len(self.members), self.n_sources, dtype=torch.long, device=self.members.device)
        sizes.scatter_add_(1, self.sources, (self.members >= 0).long())
        ordered = sizes.sort(1).values
        return ordered[:, :n_support].sum(1), ordered[:, : self.n_sources - n_support].sum(1)


def _first(members: Tensor, bits: Tensor, wanted: Tensor, n: int) -> Tensor:
    """The n members with the smallest bits among those wanted."""
    keys = unequal(bits).masked_fill(~wanted | (members < 0), torch.iinfo(bits.dtype).max)
    return members.gather(-1, keys.topk(n, largest=False).indices)
