import polars as pl

from kt_fewshot.data.student_runs import as_before, coded, id_counts, known, run_starts


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


def test_ids_are_counted_by_their_codes():
    frame = coded(
        pl.DataFrame({"student": ["b", "a", "b", "b"], "item": ["x", None, "y", "x"], "correct": [1, 0, 1, 1]})
    )
    assert all(isinstance(frame.schema[name], pl.Categorical) for name in ("student", "item"))
    assert coded(frame).equals(frame)
    assert sorted(id_counts(frame["student"]).rows()) == [("a", 1), ("b", 3)]
    assert sorted(id_counts(frame["item"]).rows()) == [("x", 2), ("y", 1)]
    assert sorted(id_counts(frame["student"].tail(2)).rows()) == [("b", 2)]
    assert id_counts(None).rows() == []
