import polars as pl

from kt_fewshot.data.student_runs import as_before, known, run_starts


def test_where_students_begin_whatever_the_type_of_their_ids():
    frame = pl.DataFrame({"student": ["b", "b", "a", "c", "c"]})
    assert run_starts(frame).tolist() == [0, 2, 3]
    assert run_starts(frame.cast(pl.Categorical)).tolist() == [0, 2, 3]
    assert run_starts(frame.head(0)).tolist() == []


def test_nothing_is_the_same_as_null():
    assert as_before(pl.Series([1, 1, None, None, 2, 2])).to_list() == [False, True, False, False, False, True]


def test_a_column_of_nulls_says_nothing():
    frame = pl.DataFrame({"item": ["a", None], "time": [None, None]})
    assert known(frame, "item") is not None
    assert known(frame, "time") is None
    assert known(frame, "group") is None
