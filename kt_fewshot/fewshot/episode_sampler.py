"""`EpisodeSampler`: n-way k-shot tasks out of a data set that stays on its device."""

import hashlib
from typing import final

import torch
from torch import Tensor

from kt_fewshot.data import ClassImages
from kt_fewshot.errors import DatasetError

from .class_pool import ClassPool
from .draws import below, distinct, random_bits, unequal
from .episode_source import EpisodeSource
from .episodes import Episode, Examples

Span = int | tuple[int, int]
"""A number, or the smallest and the largest that may be drawn."""

_CLASSES, _ITEMS, _SIDES, _SHOTS, _WAY, _SHOT = range(6)


@final
class EpisodeSampler(EpisodeSource):
    """Draws tasks: some classes, and of each class different items for support and for query.

    A batch is picked as whole tensors where the data lie; no example is touched on its own. Where the data set names
    sources, half of them (drawn for each task) are the support's and the others the query's.

    Args:
        data: what to draw from; `data.to(device)` decides where.
        n_way: classes a task, or a range from which each batch draws its own.
        k_shot: support examples a class, or a range from which each batch draws its own.
        n_query: query examples a class.
        tasks: tasks a batch.
        seed: of everything; task t of seed s is the same wherever it is drawn.
        imbalanced: with a range of shots, each class of each task draws its own; the support is filled up to the
            range's end and masked.
        apart: whether support and query share no source, where the data name them.
        steps, part: as `EpisodeSource` has them.

    Raises:
        ValueError: if a number or a range makes no sense.
        DatasetError: if the data set has too few classes, or a class too few items or sources.

    >>> x, y = torch.rand(40, 1, 8, 8), torch.arange(40) % 8
    >>> data = ClassImages(x, y, tuple("abcdefgh"))
    >>> episode = EpisodeSampler(data, 5, 1, n_query=3, tasks=2).draw(0)
    >>> episode.support.x.shape, episode.query.y.shape
    (torch.Size([2, 5, 1, 8, 8]), torch.Size([2, 15]))
    """

    def __init__(
        self,
        data: ClassImages,
        n_way: Span = 5,
        k_shot: Span = 1,
        *,
        n_query: int = 15,
        tasks: int = 32,
        seed: int = 0,
        imbalanced: bool = False,
        apart: bool = True,
        steps: int = 100,
        part: tuple[int, int] = (0, 1),
    ) -> None:
        super().__init__(tasks=tasks, steps=steps, part=part)
        self.way, self.shots = _span("n_way", n_way, 2), _span("k_shot", k_shot, 1)
        if n_query < 1:
            raise ValueError(f"`n_query` should be at least 1. Found `n_query = {n_query}`.")
        self.data, self.n_query, self.seed, self.imbalanced = data, n_query, seed, imbalanced
        self.pool = ClassPool.of(data, by_source=apart)
        self.n_support_sources = self.pool.n_sources // 2
        self._check_classes()
        self._check_items()

    @property
    def fingerprint(self) -> str:
        """A text that changes with the data and the kind of tasks."""
        kind = (self.way, self.shots, self.n_query, self.tasks, self.steps, self.seed, self.imbalanced)
        content = hashlib.sha256(repr((*kind, self.pool.n_sources, self.data.mean, self.data.std)).encode())
        for column in (self.data.x, self.data.y, self.data.sources):
            if column is not None:
                content.update(column.cpu().contiguous().numpy().data)
        return content.hexdigest()

    def draw_tasks(self, first: int, n: int, batch: int) -> Episode:
        """Tasks `first` to `first + n - 1`, with the way and shots of batch number `batch`."""
        device = self.data.x.device
        way = self._of_batch(self.way, batch, _WAY)
        shots = self.shots[1] if self.imbalanced else self._of_batch(self.shots, batch, _SHOT)
        tasks = torch.arange(first, first + n, device=device)
        classes = distinct(self._bits(tasks, way, _CLASSES), self.data.n_classes)
        support, query = self._items(tasks, classes, shots)
        mask = self._real(tasks, classes.shape[1]) if self.imbalanced else None
        return self._episode(classes, support, query, mask)

    def _items(self, tasks: Tensor, classes: Tensor, shots: int) -> tuple[Tensor, Tensor]:
        """(tasks, way, shots) and (tasks, way, n_query) items."""
        pool, (n, way) = self.pool, classes.shape
        if not pool.n_sources:
            examples = shots + self.n_query
            items = pool.pick(classes, self._bits(tasks, way * examples, _ITEMS).reshape(n, way, examples))
            return items[..., :shots], items[..., shots:]
        assert pool.members is not None
        most = pool.members.shape[1]
        order = unequal(self._bits(tasks, pool.n_sources, _SIDES)).argsort(1).argsort(1)
        bits = self._bits(tasks, way * most, _ITEMS).reshape(n, way, most)
        return pool.pick_apart(classes, bits, order < self.n_support_sources, (shots, self.n_query))

    def _real(self, tasks: Tensor, way: int) -> Tensor:
        """(tasks, way, shots) True for as many examples as the class's own number of shots."""
        shots = _within(self.shots, self._bits(tasks, way, _SHOTS))
        return torch.arange(self.shots[1], device=tasks.device) < shots[..., None]

    def _episode(self, classes: Tensor, support: Tensor, query: Tensor, mask: Tensor | None) -> Episode:
        n, way = classes.shape
        return Episode(
            support=self._examples(support, None if mask is None else mask.reshape(n, -1)),
            query=self._examples(query, None),
            n_way=way,
            support_items=(support if mask is None else support.masked_fill(~mask, -1)).reshape(n, -1),
            query_items=query.reshape(n, -1),
            classes=classes,
        )

    def _examples(self, items: Tensor, mask: Tensor | None) -> Examples:
        n, way, shots = items.shape
        y = torch.arange(way, device=items.device).repeat_interleave(shots).expand(n, -1)
        return Examples(self.data.values(items.reshape(n, -1)), y, mask)

    def _of_batch(self, span: tuple[int, int], batch: int, stream: int) -> int:
        return int(_within(span, self._bits(torch.tensor([batch]), 1, stream)))

    def _bits(self, tasks: Tensor, n: int, stream: int) -> Tensor:
        return random_bits(self.seed, tasks, n, stream=stream)

    def _check_classes(self) -> None:
        if self.data.n_classes < self.way[1]:
            raise DatasetError(
                f"A {self.way[1]}-way task needs {self.way[1]} classes. Found {self.data.n_classes}. Lower --n-way."
            )

    def _check_items(self) -> None:
        shots, needed = self.shots[1], self.shots[1] + self.n_query
        fewest, index = self.pool.counts.min(0)
        if int(fewest) < needed:
            raise DatasetError(
                f"{shots} shots and {self.n_query} queries need {needed} items of each class. Class "
                f"{self.data.names[int(index)]!r} has {int(fewest)}. Lower --k-shot or --n-query, or leave it out."
            )
        if not self.pool.n_sources:
            return
        for name, wanted, found in zip(
            ("shots", "queries"), (shots, self.n_query), self.pool.fewest_on_sides(self.n_support_sources), strict=True
        ):
            fewest, index = found.min(0)
            if int(fewest) < wanted:
                raise DatasetError(
                    f"Support and query share no source, which leaves class {self.data.names[int(index)]!r} "
                    f"{int(fewest)} items for {wanted} {name}. Lower --k-shot or --n-query."
                )


def _span(name: str, span: Span, least: int) -> tuple[int, int]:
    low, high = (span, span) if isinstance(span, int) else span
    if low < least:
        raise ValueError(f"`{name}` should be at least {least}. Found `{name} = {low}`.")
    if high < low:
        raise ValueError(f"`{name}` should be (smallest, largest). Found `{name} = {span}`.")
    return low, high


def _within(span: tuple[int, int], bits: Tensor) -> Tensor:
    """A number of the span for each of `bits`, both ends included."""
    return span[0] + below(bits, span[1] - span[0] + 1)
