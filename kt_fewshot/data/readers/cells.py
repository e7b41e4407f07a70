"""Every cell of a table as it is written: what an audit looks at, beyond the columns that a log has."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from .sniff import Peek, sniff
from .table import read_table


def read_cells(paths: Sequence[Path]) -> pl.DataFrame | None:
    """All columns of a table, or of the parts of one.

    Args:
        paths: its files.

    Returns:
        `file` (UInt32), `row` (number of the record, 1 is the first), and each column as text under its name; a name
        that comes again gets a number. Records that cannot be read lack. None if a file is no table.

    Raises:
        LogError: if a file cannot be read.
    """
    peeks = [sniff(Path(path)) for path in paths]
    if not all(peek.kind in {"table", "parquet"} for peek in peeks):
        return None
    return pl.concat([_cells(peek, number) for number, peek in enumerate(peeks)], how="diagonal")


def _cells(peek: Peek, number: int) -> pl.DataFrame:
    """The cells of one file. Names of ours (`file`, `row`) get a number too."""
    names: dict[str, int] = {}
    for place, name in enumerate(peek.header):
        again = 2
        unique = name
        while unique in names or unique in {"file", "row"}:
            unique, again = f"{name} {again}", again + 1
        names[unique] = place
    frame = read_table(peek, names).frame
    return frame.select(pl.lit(number, pl.UInt32).alias("file"), "row", *names)
