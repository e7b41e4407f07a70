"""Tests of what users hand in as targets."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.exceptions import DataConversionWarning

from kt_fewshot.multitask import of_its_group, one_target_a_group
from kt_fewshot.multitask.tabular.target_columns import Column, read_targets


@pytest.mark.parametrize(
    "given",
    [
        [1.0, float("nan"), 3.0],
        [1, None, 3],
        np.array([1, np.nan, 3], dtype=np.float32),
        np.array([1, None, 3], dtype=object),
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series([1, None, 3]),
        pl.Series([1, None, 3]),
    ],
)
def test_numbers_with_a_hole(given) -> None:
    column = Column(given)
    assert column.is_numeric
    assert column.there.tolist() == [True, False, True]
    assert column.values[column.there].tolist() == [1.0, 3.0]


@pytest.mark.parametrize(
    "given",
    [["a", None, "b"], pd.Series(["a", None, "b"]), pl.Series(["a", None, "b"]), pd.Categorical(["a", None, "b"])],
)
def test_texts_with_a_hole(given) -> None:
    column = Column(given)
    assert not column.is_numeric
    assert column.values.tolist() == ["a", None, "b"]
    assert column.there.tolist() == [True, False, True]


def test_truth_values_are_classes() -> None:
    assert not Column(np.array([True, False])).is_numeric
    assert Column([True, None]).there.tolist() == [True, False]


def test_labels_in_columns() -> None:
    column = Column(pd.DataFrame({"a": [1, 0], "b": [None, 1]}))
    assert column.labels == ("a", "b")
    assert column.there.tolist() == [[True, False], [True, True]]
    assert Column(np.zeros((3, 2))).labels == ("0", "1")


def test_one_column_without_a_name() -> None:
    columns, alone = read_targets(np.array([1, 2]))
    assert (list(columns), alone) == (["y"], True)
    with pytest.warns(DataConversionWarning):
        columns, _ = read_targets(np.array([[1], [2]]))
    assert columns["y"].labels is None
    columns, alone = read_targets(pd.DataFrame({"a": [1, 2]}))
    assert (list(columns), alone) == (["a"], False)


def test_what_is_no_target() -> None:
    for given, message in (
        ([1.0, np.inf], "infinity"),
        (np.array([1j, 2j]), "Complex data not supported"),
        (np.zeros((2, 2, 2)), "labels in columns"),
    ):
        with pytest.raises(ValueError, match=message):
            read_targets(given)


def test_there_and_back_by_group() -> None:
    groups = ["b", "a", "b"]
    y = one_target_a_group([1, 2, 3], groups)
    assert list(y) == ["a", "b"]
    assert of_its_group({name: np.nan_to_num(values) for name, values in y.items()}, groups).tolist() == [1, 2, 3]
    assert list(one_target_a_group([1, 2], [7, 7])) == [7]
    assert of_its_group({"7": np.array([[1, 2], [3, 4]])}, [7, 7]).tolist() == [[1, 2], [3, 4]]
