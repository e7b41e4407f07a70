"""Passes over a table whose students stand together: where each begins, which columns say anything, which ids occur."""

from typing import Final

import numpy as np
import polars as pl

IDS: Final = ("student", "item", "skills")

PIECE: Final = 1 << 20
"""Ids counted at a time, or as many as there are different ones: each becomes a number of 8 bytes."""


def known(frame: pl.DataFrame, name: str) -> pl.Series | None:
    """A column that says something; None if it lacks or is null throughout."""
    column = frame.get_column(name, default=None)
    return None if column is None or column.null_count() == len(column) else column


def coded(frame: pl.DataFrame) -> pl.DataFrame:
    """The same table with its ids as codes, which are compared and counted many times as fast as text."""
    texts = [name for name in IDS if frame.schema.get(name) == pl.String]
    return frame.with_columns(pl.col(name).cast(pl.Categorical(pl.Categories.random(name))) for name in texts)


def id_counts(column: pl.Series | None) -> pl.DataFrame:
    """Every id of a column once, as text, and how often it occurs: columns `id` and `count`.

    Args:
        column: ids as codes; None is none at all.
    """
    if column is None:
        return pl.DataFrame(schema={"id": pl.String, "count": pl.Int64})
    numbers = column.drop_nulls().to_physical()
    size = int(numbers.max() or 0) + 1 if len(numbers) else 0  # pyright: ignore[reportArgumentType]
    counts = np.zeros(size, dtype=np.int64)
    for piece in numbers.to_frame().iter_slices(max(PIECE, size)):
        counts += np.bincount(piece.to_series().to_numpy(), minlength=size)
    codes = np.flatnonzero(counts)
    ids = pl.Series(codes.astype(np.uint32)).cat.to(column.dtype)
    return pl.DataFrame({"id": ids.cast(pl.String), "count": counts[codes]})


def run_starts(frame: pl.DataFrame) -> np.ndarray:
    """(students,) the place of each student's first answer."""
    return np.flatnonzero(~as_before(frame["student"]).to_numpy())


def as_before(column: pl.Series) -> pl.Series:
    """(answers,) whether a cell is the same as the one before it; where either is null, it is not."""
    same = (column[1:] == column[:-1]).fill_null(value=False)  # of `shift` there would be a copy
    return pl.concat([pl.Series([False]), same], rechunk=True).head(len(column))
