"""Tests of the data set type: what is checked, values, choosing classes, splits."""

import pytest
import torch

from kt_fewshot.data import ClassImages, Splits


def small() -> ClassImages:
    return ClassImages(torch.arange(12).float().reshape(6, 2), torch.tensor([0, 1, 2, 0, 1, 2]), ("a", "b", "c"))


def test_classes_are_numbered_anew():
    data = ClassImages(small().x, small().y, small().names, sources=torch.arange(6))
    chosen = data.of_classes(torch.tensor([2, 0]))
    assert chosen.names == ("c", "a")
    assert chosen.y.tolist() == [1, 0, 1, 0]
    assert chosen.x[:, 0].tolist() == [0, 4, 6, 10]
    assert chosen.sources is not None
    assert chosen.sources.tolist() == [0, 2, 3, 5]
    assert chosen.counts().tolist() == [2, 2]


def test_values_of_a_table_are_scaled_in_double_precision():
    seconds = torch.tensor([[1_700_000_000.0], [1_700_000_001.0]], dtype=torch.float64)
    data = ClassImages(seconds, torch.tensor([0, 1]), ("a", "b"), mean=(1_700_000_000.5,), std=(0.5,))
    assert data.values(torch.tensor([1, 0])).tolist() == [[1.0], [-1.0]]


def test_values_of_bytes_are_scaled_by_channel():
    x = torch.tensor([[255, 51], [0, 255]], dtype=torch.uint8).reshape(2, 2, 1, 1)
    data = ClassImages(x, torch.tensor([0, 1]), ("a", "b"), mean=(0.5, 0.2), std=(0.25, 0.4))
    values = data.values(torch.tensor([[0], [1]]))
    assert values.shape == (2, 1, 2, 1, 1)
    assert torch.allclose(values.flatten(), torch.tensor([2.0, 0.0, -2.0, 2.0]), atol=1e-6)


def test_joined_has_the_classes_of_both():
    other = ClassImages(small().x + 100, small().y, ("d", "e", "f"), mean=(3.0,))
    both = small().joined(other)
    assert both.names == tuple("abcdef")
    assert both.y.tolist() == [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5]
    assert (both.mean, len(both)) == ((0.0,), 12)
    with pytest.raises(ValueError, match="Items differ"):
        small().joined(ClassImages(torch.zeros(1, 3), torch.tensor([0]), ("d",)))


def test_splits_share_no_class_and_one_shape():
    with pytest.raises(ValueError, match="A class should be in one split only. Found 'a' twice"):
        Splits(small().of_classes(torch.tensor([0, 1])), small().of_classes(torch.tensor([2])), small())
    wide = ClassImages(torch.zeros(1, 3), torch.tensor([0]), ("w",))
    with pytest.raises(ValueError, match="items of one shape"):
        Splits(small(), wide, ClassImages(wide.x, wide.y, ("v",)))


def test_what_does_not_fit_is_refused():
    x, y = small().x, small().y
    for arguments, message in (
        ((x.long(), y, ("a", "b", "c")), "`x` should be"),
        ((x[:, 0], y, ("a", "b", "c")), "`x` should be"),
        ((x, y[:5], ("a", "b", "c")), r"`y` should be \(6,\) of int64. Found \(5,\)"),
        ((x, y.int(), ("a", "b", "c")), "of torch.int32"),
        ((x, y, ("a", "b")), r"`y` should be 0..1"),
        ((x, y, ("a", "b", "c"), y.float()), "`sources` should be"),
    ):
        with pytest.raises(ValueError, match=message):
            ClassImages(*arguments)
