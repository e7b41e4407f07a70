"""The records of a file as text columns: only the columns asked for, every bad line accounted for."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from kt_fewshot.errors import LogError

from .blocks import count_regular, cut, record_lines
from .parquet import read_parquet
from .records import split_lines
from .sniff import Peek, western
from .stream import open_bytes, utf8_chunks
from .text_columns import Packed

READ_SIZE: Final = 1 << 21
"""Bytes read at a time: small pieces stay in the processor's cache."""


@dataclass(frozen=True)
class Table:
    """What was read of one file.

    `frame`: the columns asked for, as text ("" and null are missing), and `row`, the number of the record (1 is the
    first after the header; records that could not be read count too). `rejected`: row, line and reason of those.
    `packed`: what `pack` made of the pieces of the frame, where it was given; `frame` is then empty.
    """

    frame: pl.DataFrame
    rejected: pl.DataFrame
    rows_read: int
    encoding: str
    lines: "LineNumbers"
    packed: tuple[Packed, ...] = ()


Pack = Callable[[pl.DataFrame], Packed]


@dataclass
class LineNumbers:
    """Where each record stands in its file; short runs of records, each with its first row and its lines."""

    starts: list[int] = field(default_factory=list)
    runs: list[int | np.ndarray] = field(default_factory=list)

    def add(self, row: int, lines: "int | np.ndarray") -> None:
        """From record `row` on: the line of the first record if each takes one line, else the line of each."""
        self.starts.append(row)
        self.runs.append(lines)

    def of(self, row: int) -> int:
        """The line (from 1) on which a record (from 1) begins; the record's number where lines are unknown."""
        at = int(np.searchsorted(self.starts, row, side="right")) - 1
        if at < 0:
            return row
        run, offset = self.runs[at], row - self.starts[at]
        return run + offset if isinstance(run, int) else int(run[offset])


PIECE: Final = 1 << 18
"""Records packed at a time."""

REJECT_SCHEMA: Final = {"row": pl.Int64, "line": pl.Int64, "reason": pl.String}


def read_table(peek: Peek, columns: Mapping[str, int], *, pack: Pack | None = None) -> Table:
    """Read some columns of a table.

    Args:
        peek: the sniffed file, of kind "table" or "parquet".
        columns: name to give -> place of the column in the file, from 0.
        pack: makes pieces of the table small as soon as they are read.

    Raises:
        LogError: if the file is damaged.
    """
    if peek.kind == "parquet":
        return _read_parquet(peek, columns, pack)
    try:
        return _Reading(peek, columns, pack).read(peek.encoding)
    except UnicodeDecodeError as error:
        if not peek.encoding.startswith("utf-8"):
            raise LogError(f"{peek.name} is not {peek.encoding} throughout ({error.reason}).") from error
        return _Reading(peek, columns, pack).read(_western_codec(peek))


class _Reading:
    """One pass over a separated text."""

    def __init__(self, peek: Peek, columns: Mapping[str, int], pack: Pack | None) -> None:
        self.peek = peek
        self.pack = pack
        self.places = sorted(set(columns.values()))
        self.columns = columns
        self.width = len(peek.header)
        self.row = 1  # number of the next record
        self.line = peek.first_line + 1  # number of the next line
        self.frames: list[pl.DataFrame] = []
        self.loose = 0  # records in `frames` that shall be packed
        self.packed: list[Future[Packed]] = []
        self.packer = ThreadPoolExecutor(1)  # packs one piece while the next is read
        self.rejected: list[tuple[int, int, str]] = []
        self.lines = LineNumbers()

    def read(self, encoding: str) -> Table:
        """The table, if the bytes are of this encoding."""
        with self.packer:
            self._read_pieces(encoding)
        packed = tuple(piece.result() for piece in self.packed)
        rejected = pl.DataFrame(self.rejected, schema=REJECT_SCHEMA, orient="row")
        return Table(self._frame(), rejected, self.row - 1, encoding.removesuffix("-sig"), self.lines, packed)

    def _read_pieces(self, encoding: str) -> None:
        """Go through the file."""
        peek = self.peek
        chunks = utf8_chunks(peek.path, peek.compression, encoding, peek.newline, READ_SIZE)
        pieces = cut(_without_first_lines(chunks, peek.first_line))
        try:
            block, final = next(pieces)
            while True:
                row = self.row
                left = self._take(block, final)
                peek.watch(self.row - row, len(block) - len(left))
                block, final = pieces.send(left)
        except StopIteration:
            pass
        if self.loose or not self.packed:
            self._pack()

    def _take(self, block: bytes, final: bool) -> bytes:
        """Read one block; the bytes at its end that are not a whole record yet."""
        if final and block and not block.endswith(b"\n"):
            block += b"\n"
        if not block:
            return b""
        count = count_regular(block, self.peek.separator, self.width)
        frame = None if count is None else self._by_engine(block, count)
        if count is None or frame is None:
            return self._carefully(block, final)
        newlines = block.count(b"\n")
        self.lines.add(self.row, self.line if newlines == count else record_lines(block) + self.line)
        self._keep(frame, pl.int_range(self.row, self.row + count, eager=True))
        self.row += count
        self.line += newlines
        return b""

    def _by_engine(self, block: bytes, count: int) -> pl.DataFrame | None:
        """The block read by polars, everything decided for it; None if it objects after all."""
        try:
            frame = pl.read_csv(
                block,
                has_header=False,
                columns=self.places,
                separator=self.peek.separator,
                quote_char='"',
                schema={str(place): pl.String for place in range(self.width)},
                infer_schema=False,
                empty_string_is_null=False,
                missing_columns="raise",
                extra_columns="raise",
            )
        except pl.exceptions.PolarsError:
            return None
        return frame if frame.height == count else None

    def _carefully(self, block: bytes, final: bool) -> bytes:
        """Read the block record by record; the bytes of a record still open at its end."""
        text = block.decode().removesuffix("\n").split("\n")
        rows: list[int] = []
        cells: list[list[str]] = [[] for _ in self.places]
        where: list[int] = []
        used = 0
        for record in split_lines(text, self.peek.separator, self.width, final=final):
            where.append(self.line + record.line)
            row = self.row + len(where) - 1
            used = record.line + 1 + sum(cell.count("\n") for cell in record.fields)
            if record.problem:
                self.rejected.append((row, where[-1], record.problem))
                continue
            rows.append(row)
            for cell, place in zip(cells, self.places, strict=True):
                cell.append(record.fields[place])
        while used < len(text) and not text[used].strip():
            used += 1
        frame = pl.DataFrame({str(place): cell for place, cell in zip(self.places, cells, strict=True)})
        frame = frame.cast(pl.String)
        self._keep(frame, pl.Series(rows, dtype=pl.Int64))
        self.lines.add(self.row, np.asarray(where, dtype=np.int64))
        self.row += len(where)
        self.line += used
        return "\n".join([*text[used:], ""]).encode() if used < len(text) and not final else b""

    def _keep(self, frame: pl.DataFrame, rows: pl.Series) -> None:
        """Add the columns asked for, with their record numbers."""
        named = {name: frame[str(place)] for name, place in self.columns.items()}
        self.frames.append(pl.DataFrame({"row": rows.cast(pl.Int64), **named}))
        self.loose += frame.height
        if self.loose >= PIECE:
            self._pack()

    def _pack(self) -> None:
        """Make what was read small, if it shall be."""
        if self.pack is not None:
            if self.packed:
                self.packed[-1].result()  # one piece waits at most
            self.packed.append(self.packer.submit(self.pack, self._frame()))
            self.frames.clear()
        self.loose = 0

    def _frame(self) -> pl.DataFrame:
        """What was read and not packed."""
        schema = {"row": pl.Int64, **dict.fromkeys(self.columns, pl.String)}
        return pl.concat(self.frames) if self.frames else pl.DataFrame(schema=schema)


def _without_first_lines(chunks: Iterator[bytes], lines: int) -> Iterator[bytes]:
    """The pieces without the lines before the first record."""
    for chunk in chunks:
        start = 0
        while lines and start < len(chunk):
            end = chunk.find(b"\n", start)
            if end < 0:
                start = len(chunk)
                break
            start, lines = end + 1, lines - 1
        if start < len(chunk):
            yield chunk[start:] if start else chunk


def _western_codec(peek: Peek) -> str:
    """The Western European codec for a file that is not UTF-8 throughout."""
    seen: set[int] = set()
    with open_bytes(peek.path, peek.compression) as stream:
        while data := stream.read(READ_SIZE):
            seen.update(np.flatnonzero(np.bincount(np.frombuffer(data, np.uint8), minlength=256)).tolist())
    return western(bytes(seen))


def _read_parquet(peek: Peek, columns: Mapping[str, int], pack: Pack | None) -> Table:
    """The columns of a Parquet file, as text."""
    frame = read_parquet(peek.path, list(columns.values()))
    rows, rejected = frame.height, pl.DataFrame(schema=REJECT_SCHEMA)
    if pack is not None:
        pieces = (_text_frame(peek, columns, frame[start : start + PIECE], start) for start in _starts(rows))
        return Table(pl.DataFrame(), rejected, rows, "parquet", LineNumbers(), tuple(map(pack, pieces)))
    return Table(_text_frame(peek, columns, frame, 0), rejected, rows, "parquet", LineNumbers())


def _starts(rows: int) -> range:
    """Where the pieces of a Parquet file begin; an empty file is one piece."""
    return range(0, max(rows, 1), PIECE)


def _text_frame(peek: Peek, columns: Mapping[str, int], frame: pl.DataFrame, start: int) -> pl.DataFrame:
    """Typed columns as text, under the names asked for, with the numbers of the records."""
    texts = [_as_text(frame[peek.header[place]]).alias(name) for name, place in columns.items()]
    return pl.DataFrame([pl.int_range(start + 1, start + frame.height + 1, eager=True).alias("row"), *texts])


def _as_text(column: pl.Series) -> pl.Series:
    """A typed column as text; lists joined by `~~`."""
    if isinstance(column.dtype, pl.List | pl.Array):
        return column.cast(pl.List(pl.String)).list.join("~~")
    return column.cast(pl.String)
