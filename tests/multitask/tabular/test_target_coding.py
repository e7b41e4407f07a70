"""Tests of what columns look like, and of their coding."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.multitask import MultiClass, Regression
from kt_fewshot.multitask.tabular.target_coding import KINDS, kind_of, understood
from kt_fewshot.multitask.tabular.target_columns import Column


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 1, 1], "binary"),
        ([-1.0, 1.0, np.nan], "binary"),
        ([True, False], "binary"),
        (["yes", "no"], "binary"),
        ([0.5, 1.5], "regression"),
        ([0.0, 0.1, 1.0], "regression"),
        ([0, 1, 2], "multi-class"),
        (["a", "b", "c"], "multi-class"),
        (list(range(20)), "multi-class"),
        (list(range(21)), "regression"),
        (np.array([[0, 1], [1, 1]]), "multi-label"),
    ],
)
def test_what_a_column_looks_like(values, kind) -> None:
    column = Column(values)
    assert kind_of(column) == kind
    task, _ = understood("a", column, None, np.ones(len(column), dtype=bool))
    assert type(task) is KINDS[kind].task


@given(st.lists(st.one_of(st.integers(-5, 5), st.none()), min_size=3, max_size=30))
def test_there_and_back(values: list[int | None]) -> None:
    column = Column(np.array(values, dtype=object))
    training = np.ones(len(values), dtype=bool)
    for kind in KINDS:
        try:
            _, coding = understood("a", column, kind, training)
        except ValueError:
            continue
        coded, there = coding.encode(column)
        back = coding.decode(coded)[there]
        assert back.tolist() == pytest.approx([value for value in values if value is not None])


def test_numbers_are_standardised_by_the_training_rows() -> None:
    column = Column([1.0, 3.0, 100.0, np.nan])
    _, coding = understood("a", column, "regression", np.array([True, True, False, True]))
    coded, there = coding.encode(column)
    assert coded.tolist() == [-1.0, 1.0, 98.0, 0.0]
    assert there.tolist() == [True, True, True, False]
    _, constant = understood("a", Column([0.5, 0.5]), "regression", np.ones(2, dtype=bool))
    assert constant.unit == 1
    assert coding.unit == 1
    _, wide = understood("a", Column([10.0, 30.5]), "regression", np.ones(2, dtype=bool))
    assert (wide.unit, wide.decode(np.array([0.0])).item()) == (10.25, 20.25)


def test_classes_keep_their_type_and_order() -> None:
    ordered = pd.Series(pd.Categorical(["b", "a", "b"], categories=["c", "b", "a"], ordered=True))
    training = np.ones(3, dtype=bool)
    _, coding = understood("a", Column(ordered), "ordinal", training)
    assert coding.classes.tolist() == ["b", "a"]
    _, coding = understood("a", Column(np.array([3.0, 1.0, 3.0])), None, training)
    assert coding.classes.dtype == np.int64


def test_tasks_that_are_given_have_their_classes() -> None:
    training = np.ones(3, dtype=bool)
    task, coding = understood("a", Column([0, 2, 2]), MultiClass("a", classes=4), training)
    assert coding.classes.tolist() == [0, 1, 2, 3]
    assert task == MultiClass("a", classes=4)
    with pytest.raises(ValueError, match=r"Unknown class 4.0. Known are: 0, 1, 2, 3"):
        coding.encode(Column([4.0]))
    with pytest.raises(ValueError, match="A regression needs numbers"):
        understood("a", Column(["x", "y", "z"]), Regression("a"), training)
    with pytest.raises(ValueError, match="labels in columns"):
        understood("a", Column([0, 1, 1]), "multi-label", training)
