"""Which classes are for training, validating and testing, where nobody has said."""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from kt_fewshot.errors import DatasetError

from .class_images import ClassImages, Splits

SHARES: Final = (0.6, 0.15, 0.25)
"""Of the classes: train, valid, test."""


def split_classes(data: ClassImages, *, shares: Sequence[float] = SHARES, seed: int = 0) -> Splits:
    """Whole classes at random to train, valid and test; the same seed and number of classes give the same split.

    Args:
        data: at least 3 classes.
        shares: of train, valid and test.
        seed: of the order of the classes.

    Raises:
        ValueError: if the shares are not three positive numbers.
        DatasetError: if there are fewer than 3 classes.

    >>> data = ClassImages(torch.zeros(20, 2), torch.arange(20), tuple(map(str, range(20))))
    >>> [part.n_classes for part in split_classes(data).parts.values()]
    [12, 3, 5]
    """
    train, valid, test = draw_parts(data.n_classes, shares, seed)
    return Splits(data.of_classes(train), data.of_classes(valid), data.of_classes(test))


def draw_parts(n: int, shares: Sequence[float], seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Numbers 0..n-1 dealt to train, valid and test, at least one each; sorted.

    Raises:
        ValueError, DatasetError: as `split_classes`.
    """
    if len(shares) != 3 or min(shares) <= 0:
        raise ValueError(f"`shares` should be three positive numbers, of train, valid and test. Found {shares}.")
    if n < 3:
        raise DatasetError(f"Splitting by class needs at least 3 classes, for train, valid and test. Found {n}.")
    n_test = max(1, round(n * shares[2] / sum(shares)))
    n_valid = max(1, round(n * shares[1] / sum(shares)))
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    parts = order.split([max(1, n - n_valid - n_test), n_valid, n_test])
    train, valid, test = (part.sort().values for part in parts)
    return train, valid, test
