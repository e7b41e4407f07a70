"""Tables to files: Parquet or CSV by the name's ending, atomically, safe to open in a spreadsheet."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from kt_fewshot.errors import StorageError
from kt_fewshot.storage import write_bytes

ENDINGS: Final = (".csv", ".parquet")

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\0")
"""What makes a spreadsheet take text for a formula (OWASP ASVS 1.2.10)."""


def check_target(path: Path, *, inputs: Sequence[Path] = ()) -> None:
    """Refuse a file that no table can go to, before the work that would be lost.

    Args:
        path: where a table shall go.
        inputs: files it must not replace.

    Raises:
        StorageError: if it is a folder, has another ending or no folder to be in, or is one of the inputs.
    """
    if path.is_dir():
        raise StorageError(f"{path} is a folder. Name a file to write to.")
    if path.suffix not in ENDINGS:
        raise StorageError(f"Cannot tell from its name how to write {path}. Use the ending .csv or .parquet.")
    if not path.parent.is_dir():
        raise StorageError(f"There is no folder {path.parent} to write {path.name} to.")
    if path.exists() and any(other.exists() and path.samefile(other) for other in inputs):
        raise StorageError(f"{path} is what is being read. Name another file to write to.")


def write_table(path: Path, table: pl.DataFrame, *, guard: bool = True) -> None:
    """Write a table as Parquet (`.parquet`) or CSV (`.csv`).

    Args:
        path: where.
        table: what.
        guard: in CSV, put `'` before text that a spreadsheet would run as a formula. Off for logs that are read again.

    Raises:
        StorageError: if it cannot be written; what was there before is then untouched.
    """
    check_target(path)
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
