"""Tests of the log table: what it refuses."""

import polars as pl
import pytest

from kt_fewshot.data.interactions import Interactions, runs_of, stand_together

TABLE = Interactions.ordered(pl.DataFrame({"student": ["a", "b", "a"], "correct": [1, 0, 0]})).table


def test_runs():
    assert runs_of(pl.Series(["a", "a", "b", None, None, "a"])).to_list() == ["a", "b", None, "a"]
    assert stand_together(runs_of(pl.Series(["a", "a", "b"])))
    assert not stand_together(runs_of(pl.Series(["a", "b", "a"])))


@pytest.mark.parametrize("told", [True, False])
def test_students_must_stand_together(told: bool):
    apart = TABLE[[0, 2, 1]]
    with pytest.raises(ValueError, match="The rows of a student must stand together"):
        Interactions(apart, runs=runs_of(apart["student"]) if told else None)
    kept = Interactions(TABLE, runs=runs_of(TABLE["student"]) if told else None)
    assert kept.n_students == 2


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pl.lit(2, pl.Int8).alias("correct"), "`correct` of interactions must be 0 or 1"),
        (pl.lit(None, pl.Int8).alias("correct"), "`correct` of interactions must not be null"),
        (pl.lit(1, pl.Int64).alias("correct"), r"Found otherwise: \['correct'\]"),
        (pl.lit(1).alias("score"), r"Found otherwise: \['score'\]"),
    ],
)
def test_columns_are_checked(column: pl.Expr, message: str):
    with pytest.raises(ValueError, match=message):
        Interactions(TABLE.with_columns(column))
