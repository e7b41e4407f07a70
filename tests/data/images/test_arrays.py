"""Tests of data sets from arrays."""

import numpy as np
import pytest

from kt_fewshot.data import images_of, split_arrays
from kt_fewshot.errors import DatasetError


def test_axes_end_up_as_channels_height_width():
    for shape, expected in (
        ((4, 5, 6), (1, 5, 6)),
        ((4, 3, 5, 6), (3, 5, 6)),
        ((4, 5, 6, 3), (3, 5, 6)),
        ((4, 7), (7,)),
    ):
        assert images_of(np.zeros(shape), [0, 0, 1, 1]).shape == expected
    x = np.arange(4 * 5 * 6 * 3).reshape(4, 5, 6, 3).astype(np.uint8)
    assert images_of(x, [0, 0, 1, 1]).x[2, 1, 3, 4] == x[2, 3, 4, 1]


def test_labels_of_any_kind_stand_in_order():
    x = np.zeros((4, 2))
    assert images_of(x, [10, 9, 10, 2]).names == ("2", "9", "10")
    assert images_of(x, np.array(["b", "a", "b", "c"])).y.tolist() == [1, 0, 1, 2]
    assert images_of(x, [True, False, True, True]).names == ("False", "True")
    assert images_of(x, ["x", 1, "x", 2]).names == ("1", "2", "x")
    sources = images_of(x, [0, 0, 1, 1], sources=["ann", "bob", "ann", "bob"]).sources
    assert sources is not None
    assert sources.tolist() == [0, 1, 0, 1]


def test_arrays_are_split_by_class():
    splits = split_arrays(np.arange(40.0).reshape(20, 2), np.arange(20) % 10, seed=2)
    assert [part.n_classes for part in splits.parts.values()] == [6, 2, 2]
    for part in splits.parts.values():
        assert [int(value) // 2 % 10 for value in part.x[:, 0]] == [int(part.names[index]) for index in part.y]


def test_what_cannot_be_used_is_told():
    x = np.zeros((4, 2))
    for arguments, message in (
        ((x, [0, None, 1, None]), "2 of 4 labels in `y` are missing, the first in row 2"),
        ((x, [0.0, 1.0, float("nan"), 1.0]), "1 of 4 labels in `y` are missing, the first in row 3"),
        ((x, ["a", "b", "", "a"]), "1 of 4 labels"),
        ((x, [0, 1]), "`X` has 4 items, `y` 2"),
        (
            (np.array([[1.0, np.nan], [1, 2]]), [0, 1]),
            "1 of 2 items have a value that is not finite, the first in row 1",
        ),
        ((np.array([["a"], ["b"]]), [0, 1]), "`X` should hold numbers"),
        ((np.zeros(4), [0, 1, 0, 1]), "Found shape"),
    ):
        with pytest.raises(DatasetError, match=message):
            images_of(*arguments)
    with pytest.raises(DatasetError, match="`X` has 4 items, `sources` 1"):
        images_of(x, [0, 0, 1, 1], sources=["ann"])
