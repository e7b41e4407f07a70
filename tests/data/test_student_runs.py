import polars as pl
import pytest

from kt_fewshot.data import student_runs
from kt_fewshot.data.student_runs import as_before, coded, id_counts, known, run_starts


def test_where_students_begin_whatever_the_type_of_their_ids():
    frame = pl.DataFrame({"student": ["b", "b", "a", "c", "c"]})
    assert run_starts(frame).tolist() == [0, 2, 3]
    assert run_starts(frame.cast(pl.Categorical)).tolist() == [0, 2, 3]
    assert run_starts(frame.head(0)).tolist() == []


def test_nothing_is_the_same_as_null():
    assert as_before(pl.Series([1, 1, None, None, 2, 2])).to_list() == [False, True, False, False, False, True]
    assert as_before(pl.Series([7])).to_list() == [False]
    assert as_before(pl.Series([], dtype=pl.Int8)).to_list() == []


def test_pieces_of_a_column_are_neighbours():
    column = pl.concat([pl.Series([1, 2]), pl.Series([2]), pl.Series([2, 3])], rechunk=False)
    assert as_before(column).to_list() == [False, False, True, True, False]


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
    assert id_counts(frame["item"].clear()).rows() == []


def test_ids_counted_piece_by_piece(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(student_runs, "PIECE", 1)
    ids = pl.Series(["b", "a", "b", None, "c", "a", "b"]).cast(pl.Categorical(pl.Categories.random("piece by piece")))
    assert sorted(id_counts(ids).rows()) == [("a", 2), ("b", 3), ("c", 1)]
