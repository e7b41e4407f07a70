"""Parquet files, whole or in part, with one error for all that can be wrong with them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from kt_fewshot.errors import LogError


def parquet_columns(path: Path) -> list[str]:
    """The names of the columns.

    Raises:
        LogError: if the file is damaged.
    """
    with _sound(path):
        return pl.scan_parquet(path, glob=False).collect_schema().names()


def read_parquet(path: Path, columns: Sequence[int] | None = None, n_rows: int | None = None) -> pl.DataFrame:
    """The columns at these places (None: all), as they are.

    Raises:
        LogError: if the file is damaged.
    """
    with _sound(path):
        lazy = pl.scan_parquet(path, glob=False)
        if columns is not None:
            names = lazy.collect_schema().names()
            lazy = lazy.select([names[place] for place in dict.fromkeys(columns)])
        return lazy.collect() if n_rows is None else lazy.head(n_rows).collect()


def empty_columns(path: Path, names: Sequence[str]) -> set[str]:
    """Those of some columns that hold no value at all; where the file has statistics, nothing else is read to tell.

    Raises:
        LogError: if the file is damaged.
    """
    with _sound(path):
        lazy = pl.scan_parquet(path, glob=False)
        first = lazy.select(names).head(1).collect()
        open_to_doubt = [column.name for column in first if column.null_count() == len(column)]
        values = [lazy.select(name).filter(pl.col(name).is_not_null()).head(1) for name in open_to_doubt]
        return {found.columns[0] for found in pl.collect_all(values) if found.is_empty()}


@contextmanager
def _sound(path: Path) -> Iterator[None]:
    """Inside, what polars says of a damaged file becomes our own error."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise LogError(f"{path.name} is a damaged Parquet file.") from error
