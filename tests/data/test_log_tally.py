"""What is counted of a log, whole and in pieces."""

from dataclasses import fields
from functools import reduce

import numpy as np
import polars as pl
import pytest

from kt_fewshot.data import LogTally, simulate
from kt_fewshot.data.log_tally import Odd, Times


def test_by_hand():
    rows = {
        "student": ["a", "a", "b", "c", "c"],
        "skills": ["x", "x~~y", None, "y", "y"],
        "correct": [1, 0, 1, 1, 1],
        "time": [4.0, 4.0, 9.0, 7.0, 8.0],
        "response_time": [-1.0, 2.0, None, 90_000.0, 3.0],
        "row": [3, 4, 5, 6, 7],
        "file": [0] * 5,
    }
    found = LogTally.of(pl.DataFrame(rows))
    assert (found.answers, found.right, found.without_skill, found.on_several) == (5, 4, 1, 1)
    assert (found.students.to_list(), found.lengths.tolist(), found.alone) == (["a", "b", "c"], [2, 1, 2], Odd(1, "b"))
    assert (found.items.to_list(), sorted(found.skills)) == ([], ["x", "y"])
    assert found.times == Times(5, 4.0, 9.0, several=2, constant=Odd(1, "a"))
    assert (found.negative, found.long) == (Odd(1, "first in record 3"), Odd(1, "first in record 6"))
    assert found.has == {"response_time"}


@pytest.mark.parametrize("without", [(), ("time",), ("response_time", "item"), ("skills",)])
def test_pieces_add_up(without: tuple[str, ...]):
    table = simulate("bkt", n_students=30, n_answers=20, seed=4).interactions.table.drop(without)
    table = table.with_columns(response_time=pl.Series(np.arange(table.height) % 13 - 1.0, dtype=pl.Float32))
    table = table.drop(without, strict=False)
    pieces = table.partition_by("student", maintain_order=True)
    whole, apart = LogTally.of(table), reduce(LogTally.joined, map(LogTally.of, pieces))
    for column in fields(LogTally):
        one, other = getattr(whole, column.name), getattr(apart, column.name)
        if column.name == "seconds":
            assert (one and one.median()) == (other and other.median())
        elif isinstance(one, pl.Series):
            assert sorted(one) == sorted(other)
        elif isinstance(one, np.ndarray):
            assert one.tolist() == other.tolist()
        elif column.name != "expanded":  # a piece judges by itself
            assert one == other
