"""One pass over a separated text: only the columns asked for, every bad line accounted for."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import numpy as np
import polars as pl

from kt_fewshot.errors import LogError

from .blocks import count_regular, cut, record_lines
from .by_hand import read_by_hand
from .sniff import Peek
from .stream import utf8_chunks

READ_SIZE: Final = 1 << 19
"""Bytes read and proved at a time: small pieces stay in the processor's cache."""

PARSE_SIZE: Final = 1 << 23
"""Bytes handed to polars at a time, proved pieces joined: each call has its price, so has each first look at an id."""

PACKERS: Final = 2
AHEAD: Final = 4
"""Threads that read and pack pieces, and pieces that may wait for them."""

KEPT: Final = (1 << 25) - (1 << 16)
"""The C library learns from the largest block given back to it, of up to 32 MB, what to keep for later."""

Pack = Callable[[pl.DataFrame], Any]
"""What is made of a piece of the table."""


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


class TextPass:
    """One pass; what it finds stands in its fields afterwards.

    While one piece is proved to be regular, other threads read and pack those before.

    - `pieces`: numbers of the records of each piece, and what `pack` made of the piece;
    - `rejected`: row, line and reason of each record that cannot be read; `rows_read`: all records;
    - `lines`: where each record stands.

    Args:
        peek: the sniffed file.
        columns: name to give -> place of the column in the file, from 0.
        numbers: columns whose cells become numbers at once where all of a piece are whole numbers.
        pack: what is made of the columns of each piece.
    """

    def __init__(self, peek: Peek, columns: Mapping[str, int], numbers: frozenset[str], pack: Pack) -> None:
        self.peek = peek
        self.columns = columns
        self.pack = pack
        self.pieces: list[tuple[pl.Series, Any]] = []
        self.rejected: list[tuple[int, int, str]] = []
        self.lines = LineNumbers()
        self._places = sorted(set(columns.values()))
        texts = {place for name, place in columns.items() if name not in numbers}
        self._numbers = frozenset(str(place) for place in self._places if place not in texts)
        self._width = len(peek.header)
        self._row = 1  # number of the next record
        self._line = peek.first_line + 1  # number of the next line
        self._proved: list[bytes] = []  # pieces that wait to be joined
        self._records = 0  # in these
        self._waiting: list[tuple[pl.Series, Future[Any]]] = []

    @property
    def rows_read(self) -> int:
        """Number of records so far."""
        return self._row - 1

    def read(self, encoding: str) -> None:
        """Go through the file.

        Raises:
            UnicodeDecodeError: if the bytes are not of this encoding.
        """
        peek = self.peek
        if peek.path.stat().st_size >= PARSE_SIZE:
            _keep_freed()
        chunks = utf8_chunks(peek.path, peek.compression, encoding, peek.newline, READ_SIZE)
        left = b""
        with ThreadPoolExecutor(PACKERS) as self._packer:
            for piece, final in cut(_without_first_lines(chunks, peek.first_line)):
                block, row = left + piece, self._row
                left = self._take(block, final)
                peek.watch(self._row - row, len(block) - len(left))
            self._parse()
            if not self.pieces and not self._waiting:  # an empty table is one piece
                self._carefully(b"\n", final=True)
            self._collect(0)

    def _take(self, block: bytes, final: bool) -> bytes:
        """Read one block; the bytes at its end that are not a whole record yet."""
        if final and block and not block.endswith(b"\n"):
            block += b"\n"
        if not block:
            return b""
        count = count_regular(block, self.peek.separator, self._width)
        if count is None:
            self._parse()
            return self._carefully(block, final)
        newlines = block.count(b"\n") if b'"' in block else count
        self.lines.add(self._row, self._line if newlines == count else record_lines(block) + self._line)
        self._proved.append(block)
        self._records += count
        self._row += count
        self._line += newlines
        if sum(map(len, self._proved)) >= PARSE_SIZE:
            self._parse()
        return b""

    def _parse(self) -> None:
        """Have the pieces that were proved read and packed."""
        if not self._records:
            return
        pieces, count = self._proved, self._records
        self._proved, self._records = [], 0
        rows = pl.int_range(self._row - count, self._row, dtype=pl.UInt32, eager=True)
        self._later(rows, lambda: self.pack(self._named(self._by_engine(b"".join(pieces), count))))

    def _later(self, rows: pl.Series, work: Callable[[], Any]) -> None:
        """Have a piece packed; few may wait."""
        self._waiting.append((rows, self._packer.submit(work)))
        self._collect(AHEAD)

    def _collect(self, but: int) -> None:
        """Take over the pieces that are packed, all but the last ones."""
        while len(self._waiting) > but:
            rows, packed = self._waiting.pop(0)
            self.pieces.append((rows, packed.result()))

    def _by_engine(self, block: bytes, count: int) -> pl.DataFrame:
        """A regular block read by polars, everything decided for it; read with care if it objects after all."""
        numbers = self._numbers  # another thread may set it meanwhile
        frame = self._parsed(block, numbers)
        if frame is None and numbers:
            frame = self._parsed(block, frozenset())
            self._numbers -= numbers if frame is None else _not_whole(frame, numbers) or numbers
        if frame is None or frame.height != count:
            frame = read_by_hand(block, self.peek.separator, self._width, self._places, final=True).frame
        if frame.height != count:
            raise LogError(f"{self.peek.name} cannot be read: of {count} records {frame.height} were understood.")
        return frame

    def _parsed(self, block: bytes, numbers: frozenset[str]) -> pl.DataFrame | None:
        """The block as polars reads it, some columns as whole numbers; None if it objects."""
        kinds = {str(place): pl.Int64 if str(place) in numbers else pl.String for place in range(self._width)}
        try:
            return pl.read_csv(
                block,
                has_header=False,
                columns=self._places,
                separator=self.peek.separator,
                quote_char='"' if b'"' in block else None,  # it is read faster without
                schema=kinds,
                infer_schema=False,
                empty_string_is_null=False,
                missing_columns="raise",
                extra_columns="raise",
            )
        except pl.exceptions.PolarsError:
            return None

    def _carefully(self, block: bytes, final: bool) -> bytes:
        """Read the block record by record; the bytes of a record still open at its end."""
        found = read_by_hand(block, self.peek.separator, self._width, self._places, final=final)
        lines = found.lines + self._line
        self.rejected += [(self._row + number, int(lines[number]), problem) for number, problem in found.bad]
        rows = pl.Series(found.rows + self._row, dtype=pl.UInt32)
        self._later(rows, lambda: self.pack(self._named(found.frame)))
        self.lines.add(self._row, lines)
        self._row += len(lines)
        self._line += found.used
        return found.left

    def _named(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The columns under the names asked for."""
        return pl.DataFrame({name: frame[str(place)] for name, place in self.columns.items()})


@cache  # once a process
def _keep_freed() -> None:
    """Have a piece's memory kept for the next one: to fetch it from the system again takes a tenth of all reading."""
    bytes(KEPT)  # given back at once, and never written to


def _not_whole(frame: pl.DataFrame, columns: frozenset[str]) -> frozenset[str]:
    """Those text columns that have a cell which is neither empty nor a whole number."""
    odd = pl.col(sorted(columns)).cast(pl.Int64, strict=False).is_null() & (pl.col(sorted(columns)) != "")
    found = frame.select(odd.any())
    return frozenset(name for name in found.columns if found[name].item())


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
