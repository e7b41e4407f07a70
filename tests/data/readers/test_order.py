"""The order of answers."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.data.readers import order
from kt_fewshot.data.readers.order import real_order, reordered


def test_students_by_first_appearance_then_time_then_order_id_then_place():
    frame = pl.DataFrame(
        {
            "student": ["b", "a", "b", "a", "b", "b"],
            "time": [5.0, 1.0, None, 0.0, 5.0, 2.0],
            "order": [9.0, 0.0, 0.0, 0.0, 8.0, 0.0],
        }
    )
    positions = real_order(frame)
    assert positions is not None
    assert positions.tolist() == [5, 4, 0, 2, 3, 1]
    ordered = reordered(frame, positions)
    assert ordered["time"].to_list() == [2.0, 5.0, 5.0, None, 0.0, 1.0]
    assert frame.width == 0  # nothing is held twice


def test_what_is_in_order_is_left_alone():
    assert real_order(pl.DataFrame({"student": ["b", "b", "a"], "time": [1.0, 1.0, 0.0]})) is None
    assert real_order(pl.DataFrame({"student": ["b", "b", "a"]})) is None
    assert list(real_order(pl.DataFrame({"student": ["b", "a", "b"]}))) == [0, 2, 1]
    assert real_order(pl.DataFrame({"student": []}, schema={"student": pl.String})) is None


rows = st.lists(st.tuples(st.sampled_from("abcde"), st.none() | st.sampled_from([0.0, 1.0, 2.0])), max_size=40)


@given(rows, st.integers(1, 7), st.booleans())
def test_parts_of_any_size_and_codes_give_the_order_of_one_sort(answers: list, part: int, coded: bool):
    frame = pl.DataFrame(answers, schema={"student": pl.String, "time": pl.Float64}, orient="row").with_row_index("at")
    first = pl.col("at").min().over("student")
    expected = frame.with_columns(first=first).sort("first", "time", "at", nulls_last=True)["at"].to_list()
    if coded:
        frame = frame.with_columns(pl.col("student").cast(pl.Categorical(pl.Categories.random("s"))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "PART", part)
        found = real_order(frame)
    assert (np.arange(frame.height) if found is None else found).tolist() == expected
