"""Tests of the digits of scikit-learn."""

import torch

from kt_fewshot.data import load_images


def test_digits_are_scaled_to_bytes_and_split_by_class():
    splits = load_images("digits")
    assert sum(len(part) for part in splits.parts.values()) == 1797
    assert sorted(name for part in splits.parts.values() for name in part.names) == list("0123456789")
    assert splits.train.shape == (1, 8, 8)
    assert (splits.train.x.min(), splits.train.x.max()) == (0, 255)
    values = torch.cat([part.values(torch.arange(len(part))) for part in splits.parts.values()])
    assert abs(float(values.mean())) < 0.05
    assert abs(float(values.std()) - 1) < 0.05
