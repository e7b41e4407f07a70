"""Parquet files, whole or in part, with one error for all that can be wrong with them."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from kt_fewshot.errors import LogError


def read_parquet(path: Path, columns: Sequence[int] | None = None, n_rows: int | None = None) -> pl.DataFrame:
    """The columns at these places (None: all), as they are.

    Raises:
        LogError: if the file is damaged.
    """
    try:
        lazy = pl.scan_parquet(path, glob=False)
        if columns is not None:
            names = lazy.collect_schema().names()
            lazy = lazy.select([names[place] for place in dict.fromkeys(columns)])
        return lazy.collect() if n_rows is None else lazy.head(n_rows).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise LogError(f"{path.name} is a damaged Parquet file.") from error
