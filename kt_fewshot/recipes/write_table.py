"""Tables to files: Parquet or CSV by the name's ending, atomically, safe to open in a spreadsheet."""

import io
from pathlib import Path
from typing import Final

import polars as pl

from kt_fewshot.errors import StorageError
from kt_fewshot.storage import write_bytes

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\0")
"""What makes a spreadsheet take text for a formula (OWASP ASVS 1.2.10)."""


def write_table(path: Path, table: pl.DataFrame, *, guard: bool = True) -> None:
    """Write a table as Parquet (`.parquet`) or CSV (anything else).

    Args:
        path: where.
        table: what.
        guard: in CSV, put `'` before text that a spreadsheet would run as a formula. Off for logs that are read again.

    Raises:
        StorageError: if it cannot be written.
    """
    if path.is_dir():
        raise StorageError(f"{path} is a folder. Name a file to write to.")
    if not path.parent.is_dir():
        raise StorageError(f"There is no folder {path.parent} to write {path.name} to.")
    buffer = io.BytesIO()
    if path.suffix == ".parquet":
        table.write_parquet(buffer)
    else:
        (_guarded(table) if guard else table).write_csv(buffer)
    write_bytes(path, buffer.getvalue())


def _guarded(table: pl.DataFrame) -> pl.DataFrame:
    columns = [
        pl.when(pl.any_horizontal(pl.col(name).str.starts_with(start) for start in FORMULA_STARTS))
        .then("'" + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name, kind in table.schema.items()
        if kind == pl.String
    ]
    return table.with_columns(columns)
