"""The records of a file as columns: only the columns asked for, every bad line accounted for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from kt_fewshot.errors import LogError

from .parquet import read_parquet
from .sniff import Peek, western
from .stream import CHUNK, open_bytes
from .text_pass import LineNumbers, Pack, TextPass

PIECE: Final = 1 << 18
"""Records of a Parquet file packed at a time."""

REJECT_SCHEMA: Final = {"row": pl.Int64, "line": pl.Int64, "reason": pl.String}


@dataclass(frozen=True)
class Table:
    """What was read of one file.

    `frame`: the columns asked for, as text ("" and null are missing), and `row`, the number of the record (1 is the
    first after the header; records that could not be read count too). `rejected`: row, line and reason of those.
    `packed`: where `pack` was given, the numbers of the records of each piece and what it made of the piece; `frame` is
    then empty.
    """

    frame: pl.DataFrame
    rejected: pl.DataFrame
    rows_read: int
    encoding: str
    lines: LineNumbers
    packed: tuple[tuple[pl.Series, Any], ...] = ()


def read_table(
    peek: Peek, columns: Mapping[str, int], *, pack: Pack | None = None, numbers: frozenset[str] = frozenset()
) -> Table:
    """Read some columns of a table.

    Args:
        peek: the sniffed file, of kind "table" or "parquet".
        columns: name to give -> place of the column in the file, from 0.
        pack: makes pieces of the table small as soon as they are read.
        numbers: columns that need not stay text: a piece of only whole numbers, or of only numbers, may become Int64.

    Raises:
        LogError: if the file is damaged.
    """
    if peek.kind == "parquet":
        return _read_parquet(peek, columns, pack)
    try:
        return _read_text(peek, peek.encoding, columns, pack, numbers)
    except UnicodeDecodeError as error:
        if not peek.encoding.startswith("utf-8"):
            raise LogError(f"{peek.name} is not {peek.encoding} throughout ({error.reason}).") from error
        return _read_text(peek, _western_codec(peek), columns, pack, numbers)


def _read_text(
    peek: Peek, encoding: str, columns: Mapping[str, int], pack: Pack | None, numbers: frozenset[str]
) -> Table:
    """The columns of a separated text."""
    found = TextPass(peek, columns, numbers, pack or (lambda frame: frame))
    found.read(encoding)
    rejected = pl.DataFrame(found.rejected, schema=REJECT_SCHEMA, orient="row")
    rest = (rejected, found.rows_read, encoding.removesuffix("-sig"), found.lines)
    if pack is not None:
        return Table(pl.DataFrame(), *rest, tuple(found.pieces))
    schema = {"row": pl.Int64, **dict.fromkeys(columns, pl.String)}
    frames = [piece.insert_column(0, rows.alias("row").cast(pl.Int64)) for rows, piece in found.pieces]
    return Table(pl.concat([pl.DataFrame(schema=schema), *frames]), *rest)


def _western_codec(peek: Peek) -> str:
    """The Western European codec for a file that is not UTF-8 throughout."""
    seen: set[int] = set()
    with open_bytes(peek.path, peek.compression) as stream:
        while data := stream.read(CHUNK):
            seen.update(np.flatnonzero(np.bincount(np.frombuffer(data, np.uint8), minlength=256)).tolist())
    return western(bytes(seen))


def _read_parquet(peek: Peek, columns: Mapping[str, int], pack: Pack | None) -> Table:
    """The columns of a Parquet file, as text."""
    frame = read_parquet(peek.path, list(columns.values()))
    rows, rejected = frame.height, pl.DataFrame(schema=REJECT_SCHEMA)
    if pack is not None:
        packed = []
        for start in range(0, max(rows, 1), PIECE):  # an empty file is one piece
            piece = _texts(peek, columns, frame[start : start + PIECE])
            packed.append((pl.int_range(start + 1, start + piece.height + 1, dtype=pl.UInt32, eager=True), pack(piece)))
        return Table(pl.DataFrame(), rejected, rows, "parquet", LineNumbers(), tuple(packed))
    texts = _texts(peek, columns, frame)
    return Table(texts.with_row_index("row", 1).cast({"row": pl.Int64}), rejected, rows, "parquet", LineNumbers())


def _texts(peek: Peek, columns: Mapping[str, int], frame: pl.DataFrame) -> pl.DataFrame:
    """Typed columns as text, under the names asked for."""
    return pl.DataFrame([_as_text(frame[peek.header[place]]).alias(name) for name, place in columns.items()])


def _as_text(column: pl.Series) -> pl.Series:
    """A typed column as text; lists joined by `~~`."""
    if isinstance(column.dtype, pl.List | pl.Array):
        return column.cast(pl.List(pl.String)).list.join("~~")
    return column.cast(pl.String)
