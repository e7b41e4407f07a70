"""`TextColumns`: the cells of a long table as text, in a fraction of the memory.

A column of text costs 16 bytes a cell and more. Here ids become codes of 4 bytes, and what will become numbers waits
piece by piece: as whole numbers of as few bytes as do, where all cells of a piece are such and may become numbers, else
compressed. Of text nothing is lost, every cell comes out as it went in.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from .id_codes import IdCodes

IDS: Final = frozenset({"student", "item", "skills", "group"})
"""Columns whose cells come again and again, and stay text in the end."""

NUMBERS: Final = frozenset({"correct", "time", "response_time", "hints", "attempts", "order", "fold"})
"""Columns that become numbers in the end."""

TOGETHER: Final = 1 << 18
"""Cells that are handed out together, where they are numbers."""

TINY: Final = 256
"""Up to so many files, a file's number fits in one byte."""


class TextColumns:
    """Columns that grow piece by piece and are taken out one by one."""

    def __init__(self) -> None:
        self.height = 0
        self._places: list[pl.DataFrame] = []
        self._ids: dict[str, list[pl.Series]] = {}
        self._parked: dict[str, ParkedColumn] = {}
        self._codes = {name: IdCodes(name) for name in IDS}

    def pack(self, frame: pl.DataFrame) -> "Packed":
        """Records made small, not yet added.

        Args:
            frame: columns of text, or of whole numbers.
        """
        ids = {name: self._codes[name].of(frame[name]) for name in frame.columns if name in IDS}
        parked = {name: _parked(frame[name]) for name in frame.columns if name not in IDS}
        return Packed(frame.height, ids, parked)

    def add(self, packed: "Packed", rows: pl.Series, file: int) -> None:
        """More records. A column that was not there before, or is not there now, is null.

        Args:
            packed: the records, of one file.
            rows: their numbers in the file.
            file: number of the file; they come in order.
        """
        height = packed.height
        kind = pl.UInt8 if file < TINY else pl.UInt32
        self._places.append(pl.DataFrame({"row": rows}).with_columns(file=pl.lit(file, kind)))
        for name in dict.fromkeys((*self._ids, *packed.ids)):
            nulls = pl.Series(name, [None], dtype=self._codes[name].kind)
            before = self._ids.setdefault(name, [nulls.new_from_index(0, self.height)])
            before.append(packed.ids[name] if name in packed.ids else nulls.new_from_index(0, height))
        for name in dict.fromkeys((*self._parked, *packed.parked)):
            column = self._parked.setdefault(name, ParkedColumn(name, [self.height] if self.height else []))
            column.pieces.append(packed.parked.get(name, height))
        self.height += height

    @property
    def columns(self) -> list[str]:
        """Names of the columns that are there and not taken out yet, `file` and `row` left out."""
        return [*self._ids, *self._parked]

    def take_places(self) -> pl.DataFrame:
        """`row` and `file` of every record."""
        places, self._places = self._places, []
        if not places:
            return pl.DataFrame(schema={"row": pl.UInt32, "file": pl.UInt8})
        return pl.concat(places, how="vertical_relaxed")

    def take_ids(self, name: str) -> pl.Series:
        """A column of `IDS`, as Categorical; missing cells are null or ""."""
        return pl.concat(self._ids.pop(name))

    def take(self, name: str) -> "ParkedColumn":
        """Any other column."""
        return self._parked.pop(name)

    def whole(self) -> pl.DataFrame:
        """All columns as text, `row` and `file`; nothing is left here."""
        places = self.take_places().cast({"row": pl.Int64, "file": pl.UInt32})
        ids = {name: self.take_ids(name).cast(pl.String) for name in list(self._ids)}
        texts = {name: pl.concat(self.take(name), rechunk=True) for name in list(self._parked)}
        return places.with_columns(**ids, **texts)


@dataclass(frozen=True)
class Packed:
    """Some records: how many, their ids as codes, their other cells as `ParkedColumn` has them."""

    height: int
    ids: Mapping[str, pl.Series]
    parked: Mapping[str, "bytes | pl.Series"]


@dataclass(frozen=True)
class ParkedColumn:
    """A column in pieces: text, compressed; whole numbers; or so many nulls. It can be gone through again and again."""

    name: str
    pieces: list[bytes | pl.Series | int]

    def __iter__(self) -> Iterator[pl.Series]:
        """The pieces one by one, as text or as whole numbers; of these, small ones in a row as one."""
        numbers: list[pl.Series] = []
        for piece in self.pieces:
            if isinstance(piece, pl.Series):
                numbers.append(piece)
                if sum(map(len, numbers)) < TOGETHER:
                    continue
            if numbers:
                yield _joined(numbers)
                numbers = []
            if isinstance(piece, int):
                yield pl.Series(self.name, [None], dtype=pl.String).new_from_index(0, piece)
            elif isinstance(piece, bytes):
                yield pl.read_ipc(io.BytesIO(piece)).to_series().alias(self.name)
        if numbers:
            yield _joined(numbers)

    def map(self, function: Callable[[pl.Series], pl.Series]) -> pl.Series:
        """The whole column, each piece through a function that looks at every cell by itself."""
        return pl.concat([function(piece) for piece in self])


def map_ids(ids: pl.Series, function: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """A Categorical column, its distinct cells through a function from text to text; also a Categorical column.

    Null stays null.
    """
    distinct = _distinct(ids)
    texts = distinct.cast(pl.String)
    new = function(texts)
    if new.equals(texts, null_equal=True):
        return ids
    codes = distinct.to_physical()
    size = int(codes.max() or 0) + 1 if len(codes) else 1  # type: ignore[arg-type]
    lookup = pl.Series([None], dtype=pl.UInt32).new_from_index(0, size)
    lookup = lookup.scatter(codes, new.cast(ids.dtype).to_physical())
    return lookup.gather(ids.to_physical()).cat.to(ids.dtype).alias(ids.name)


def _distinct(ids: pl.Series) -> pl.Series:
    """The codes that occur, each once."""
    codes = ids.drop_nulls().to_physical().to_numpy()
    seen = np.zeros(int(codes.max(initial=0)) + 1, dtype=bool)
    seen[codes] = True
    return pl.Series(np.flatnonzero(seen).astype(np.uint32)).cat.to(ids.dtype)


def _parked(cells: pl.Series) -> bytes | pl.Series:
    """A column in little memory."""
    if cells.dtype.is_integer():
        return cells.shrink_dtype()
    packed = io.BytesIO()
    cells.to_frame().write_ipc(packed, compression="zstd")
    return packed.getvalue()


def _joined(pieces: list[pl.Series]) -> pl.Series:
    """Whole numbers of several sizes as one series."""
    kinds = {piece.dtype for piece in pieces}
    return pl.concat(pieces if len(kinds) == 1 else [piece.cast(pl.Int64) for piece in pieces], rechunk=True)
