"""Handwritten digits of scikit-learn: 1,797 items of ten classes, 8x8 pixels; the smallest real images at hand."""

import torch

from .class_images import ClassImages, Splits
from .class_split import split_classes

SHARES = (0.4, 0.3, 0.3)


def load_digits(*, seed: int = 0) -> Splits:
    """Four digits to train on, three to validate on, three to test on: tasks of at most three ways.

    Args:
        seed: of the split.
    """
    from sklearn import datasets

    pixels, digits = datasets.load_digits(return_X_y=True)
    x = torch.from_numpy(pixels * (255 / 16)).round().byte().reshape(-1, 1, 8, 8)
    data = ClassImages(x, torch.from_numpy(digits).long(), tuple("0123456789"), mean=(0.3,), std=(0.38,))
    return split_classes(data, shares=SHARES, seed=seed)
