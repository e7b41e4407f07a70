"""The answers of a table whose students stand together: where each student begins, and which columns say anything."""

import numpy as np
import polars as pl


def known(frame: pl.DataFrame, name: str) -> pl.Series | None:
    """A column that says something; None if it lacks or is null throughout."""
    column = frame.get_column(name, default=None)
    return None if column is None or column.null_count() == len(column) else column


def run_starts(frame: pl.DataFrame) -> np.ndarray:
    """(students,) the place of each student's first answer."""
    return np.flatnonzero(~as_before(frame["student"]).to_numpy())


def as_before(column: pl.Series) -> pl.Series:
    """(answers,) whether a cell is the same as the one before it; where either is null, it is not."""
    return (column == column.shift(1)).fill_null(value=False)
