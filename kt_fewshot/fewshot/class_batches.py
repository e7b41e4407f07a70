"""`ClassBatches`: plain batches of labelled items, for methods that train an ordinary classifier first."""

import hashlib
from collections.abc import Iterator
from typing import final

import torch

from kt_fewshot.data import ClassImages

from .draws import below, random_bits
from .episodes import Examples


@final
class ClassBatches:
    """Items drawn at random with their classes, each batch a function of (seed, number); a batch source of the trainer.

    A batch is `Examples` of one task: x (1, size, *shape), y (1, size) in [0, n_classes).

    Args:
        data: what to draw from, on its device.
        size: items a batch.
        steps: batches an epoch.
        seed: of everything.
    """

    def __init__(self, data: ClassImages, size: int, *, steps: int = 100, seed: int = 0) -> None:
        self.data, self.size, self.steps, self.seed = data, size, steps, seed

    @property
    def steps_per_epoch(self) -> int:
        """Batches an epoch."""
        return self.steps

    @property
    def labels_per_batch(self) -> int:
        """Items of a batch."""
        return self.size

    @property
    def fingerprint(self) -> str:
        """A text that changes with the data and the batches."""
        content = hashlib.sha256(repr((self.size, self.steps, self.seed, self.data.mean, self.data.std)).encode())
        for column in (self.data.x, self.data.y):
            content.update(column.cpu().contiguous().numpy().data)
        return content.hexdigest()

    def epoch(self, epoch: int, first_step: int = 0) -> Iterator[Examples]:
        """The batches of an epoch, from number `first_step` on."""
        for step in range(first_step, self.steps):
            number = torch.tensor([epoch * self.steps + step], device=self.data.y.device)
            items = below(random_bits(self.seed, number, self.size), len(self.data))  # (1, size)
            yield Examples(self.data.values(items), self.data.y[items])
