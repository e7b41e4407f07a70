"""Text columns that are small in memory."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.data.readers.text_columns import TextColumns, map_ids
from kt_fewshot.data.readers.values import present, to_numbers


def rows(*numbers: int) -> pl.Series:
    return pl.Series(numbers, dtype=pl.UInt32)


def test_whole_numbers_stay_small_and_come_together():
    text = TextColumns()
    for number, column in enumerate([[1, 2], [300, None], [2**40]]):
        frame = pl.DataFrame({"time": pl.Series(column, dtype=pl.Int64)})
        packed = text.pack(frame)
        text.add(packed, rows(*range(len(column))), 0)
        assert packed.parked["time"].dtype == (pl.Int8, pl.Int16, pl.Int64)[number]
    text.add(text.pack(pl.DataFrame({"time": ["x"]})), rows(9), 0)
    text.add(text.pack(pl.DataFrame({"time": [7]})), rows(10), 0)
    time = text.take("time")
    assert [piece.to_list() for piece in time] == [[1, 2, 300, None, 2**40], ["x"], [7]]
    assert time.map(to_numbers).to_list() == [1, 2, 300, None, 2**40, None, 7]


def test_columns_of_two_files_that_lack_each_others():
    text = TextColumns()
    text.add(text.pack(pl.DataFrame({"student": ["a", ""], "time": ["1.50", None]})), rows(1, 3), 0)
    text.add(text.pack(pl.DataFrame({"student": ["a"], "item": ["q"]})), rows(1), 300)
    assert (text.height, sorted(text.columns)) == (3, ["item", "student", "time"])
    assert text.take_places().select("file", "row").rows() == [(0, 1), (0, 3), (300, 1)]
    assert text.take_ids("item").to_list() == [None, None, "q"]
    student = text.take_ids("student")
    assert isinstance(student.dtype, pl.Categorical)
    assert student.to_list() == ["a", "", "a"]
    time = text.take("time")
    assert [piece.to_list() for piece in time] == [["1.50", None], [None]]
    assert time.map(to_numbers).to_list() == [1.5, None, None]
    assert text.columns == []


def test_ids_through_a_function():
    ids = pl.Series(["b", "", None, "b", "a"], dtype=pl.Categorical(pl.Categories.random("x")))
    assert map_ids(ids, present).to_list() == ["b", None, None, "b", "a"]
    assert map_ids(ids, lambda texts: texts + "!").to_list() == ["b!", "!", None, "b!", "a!"]
    assert map_ids(ids, lambda texts: texts) is ids


cells = st.lists(st.none() | st.text(max_size=5), min_size=1, max_size=20)


@given(st.lists(cells, min_size=1, max_size=4))
def test_every_cell_comes_out_as_it_went_in(pieces: list[list[str | None]]):
    text = TextColumns()
    frames = [
        pl.DataFrame(
            {"skills": piece, "other": piece[::-1]},
            schema={"skills": pl.String, "other": pl.String},
        )
        for piece in pieces
    ]
    for number, frame in enumerate(frames):
        text.add(text.pack(frame), rows(*range(frame.height)), number)
    assert text.whole().select("skills", "other").rows() == pl.concat(frames).rows()


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b", "7", None]), st.integers(1, 9)), max_size=30))
def test_ids_in_runs_or_not_are_the_same(runs: list[tuple[str | None, int]]):
    ids = pl.Series("student", [name for name, count in runs for _ in range(count)], dtype=pl.String)
    text = TextColumns()
    for piece in (ids, ids.reverse()):
        text.add(text.pack(piece.to_frame()), rows(*range(len(ids))), 0)
    found = text.take_ids("student")
    assert isinstance(found.dtype, pl.Categorical)
    assert found.to_list() == [*ids, *ids.reverse()]
    exclaimed = [None if name is None else f"{name}!" for name in found]
    assert map_ids(found, lambda names: names + "!").to_list() == exclaimed
