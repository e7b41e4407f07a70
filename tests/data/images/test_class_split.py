"""Tests of the split by class."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.data import ClassImages, split_classes
from kt_fewshot.errors import DatasetError


def classes(n: int) -> ClassImages:
    return ClassImages(torch.arange(2 * n).float()[:, None], torch.arange(2 * n) % n, tuple(map(str, range(n))))


@given(st.integers(3, 60), st.integers(0, 1000))
def test_every_class_is_in_one_part(n: int, seed: int):
    parts = split_classes(classes(n), seed=seed).parts
    assert sorted(int(name) for part in parts.values() for name in part.names) == list(range(n))
    assert all(part.n_classes >= 1 for part in parts.values())
    for part in parts.values():
        assert [int(value) % n for value in part.x[:, 0]] == [int(part.names[index]) for index in part.y]


def test_shares_and_seed():
    splits = split_classes(classes(20), shares=(0.5, 0.2, 0.3), seed=1)
    assert [part.n_classes for part in splits.parts.values()] == [10, 4, 6]
    assert splits.test.names == split_classes(classes(20), shares=(0.5, 0.2, 0.3), seed=1).test.names
    assert splits.test.names != split_classes(classes(20), shares=(0.5, 0.2, 0.3), seed=2).test.names


def test_too_few_classes_and_odd_shares():
    with pytest.raises(DatasetError, match=r"^Splitting by class needs at least 3 classes.*Found 2.$"):
        split_classes(classes(2))
    with pytest.raises(ValueError, match="`shares` should be three positive numbers"):
        split_classes(classes(5), shares=(0.5, 0.5, 0))
