r"""What a file is, from its first 64 kB and last 4 kB: compression, encoding, separator, header, line ends.

We decide these ourselves and tell the CSV engine, because no engine's own guess is safe: UTF-16 becomes silent garbage
columns, `;` becomes one column, `\r` line ends become no rows.
"""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from kt_fewshot.errors import LogError

from .parquet import read_parquet
from .records import split_lines
from .stream import DAMAGE, open_bytes

HEAD: Final = 1 << 16
TAIL: Final = 1 << 12
MAX_HEAD: Final = 1 << 24
SAMPLE: Final = 20
"""Records looked at to find the separator."""

MOST_FIELDS: Final = 20_000
"""A longer line is no record, but a list."""

SEPARATORS: Final = ("\t", "|", ";", ",")
"""Candidates, the rarest in plain text first: it wins a tie."""

MAGIC: Final = {
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PAR1": "parquet",
    b"\xd0\xcf\x11\xe0": "xls",
    b"SQLite format 3": "sqlite",
}
ADVICE: Final = {
    "bzip2": "is bzip2-compressed. Unpack it, or compress it with gzip or xz.",
    "zstd": "is zstd-compressed. Unpack it, or compress it with gzip or xz.",
    "xls": "is an Excel workbook. Save the sheet as CSV (UTF-8) and read that.",
    "xlsx": "is an Excel workbook. Save the sheet as CSV (UTF-8) and read that.",
    "zip": "is a zip archive. Unpack it and read the log inside.",
    "sqlite": "is a database. Export the table as CSV and read that.",
}
JSON: Final = ("[", "{")
"""How a JSON file of more than one value begins."""

NUMBER: Final = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\Z")


Watch = Callable[[int, int], None]
"""Told how many more records were read, of how many more bytes."""


def unwatched(_records: int, _size: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class Peek:
    """What can be known of a file without reading it.

    `kind` is "table" (separated text), "text" (no separator fits), "json", "parquet" or "folder". For a table,
    `header` names the columns ("1", "2", ... where `has_header` is false), `rows` holds the first records and
    `first_line` is the number of lines before the first record. `lines` are the first complete lines of any text; of
    JSON, where a line may be endless, the last may be cut. `watch` hears how far the reading of the file is.
    """

    path: Path
    kind: str
    compression: str = "none"
    encoding: str = "utf-8"
    newline: str = "\n"
    separator: str = ""
    has_header: bool = False
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()
    first_line: int = 0
    watch: Watch = field(default=unwatched, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return self.path.name


def sniff(path: Path) -> Peek:
    """Look at a file.

    Raises:
        LogError: if there is no such file, it is empty, damaged, or of a kind that cannot be read.
    """
    if not path.exists():
        raise LogError(f"There is no file {path}.")
    if path.is_dir():
        return Peek(path, "folder", lines=tuple(sorted(entry.name for entry in path.iterdir())))
    try:
        return _sniff_file(path)
    except DAMAGE as error:
        raise LogError(f"{path.name} is cut off or damaged.") from error
    except OSError as error:
        raise LogError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def is_number(text: str) -> bool:
    """Whether a cell is a number, with a decimal point or comma."""
    return bool(NUMBER.match(text.strip()))


def _sniff_file(path: Path) -> Peek:
    """`sniff` for an existing file."""
    with path.open("rb") as stream:
        start = stream.read(512)
    compression = next((name for magic, name in MAGIC.items() if start.startswith(magic)), "none")
    if compression == "zip" and path.suffix.lower() in {".xlsx", ".xlsm", ".ods"}:
        compression = "xlsx"
    if compression in ADVICE:
        raise LogError(f"{path.name} {ADVICE[compression]}")
    if compression == "parquet":
        return _as_parquet(path)
    head, whole = _head(path, compression)
    tail = _tail(path) if not whole and compression == "none" else b""
    encoding = _encoding(path, head, tail, whole=whole)
    text = _decode(path, head, encoding, whole=whole)
    if not text.strip("\ufeff \t\r\n"):
        raise LogError(f"{path.name} is empty.")
    newline = "\n" if "\n" in text else "\r"
    newline = "\r\n" if "\r\n" in text else newline
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace(newline, "\n").split("\n")
    first = next((line for line in lines if line.strip()), "").lstrip()
    if first.startswith("<"):
        raise LogError(f"{path.name} is an HTML or XML page, not a log.")
    if first.startswith(JSON):
        return Peek(path, "json", compression, encoding, newline, lines=tuple(lines))
    if not whole or not lines[-1]:  # the last line may be cut
        lines.pop()
    plain = Peek(path, "text", compression, encoding, newline, lines=tuple(lines[:200]))
    return _as_table(plain, lines)


def _as_parquet(path: Path) -> Peek:
    """The peek of a Parquet file: its columns and first rows, as text."""
    first = read_parquet(path, n_rows=SAMPLE)
    rows = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in first.iter_rows())
    return Peek(path, "parquet", "parquet", "", has_header=True, header=tuple(first.columns), rows=rows)


def _head(path: Path, compression: str) -> tuple[bytes, bool]:
    """The first bytes, enough for a few lines, and whether they are the whole file."""
    size = HEAD
    with open_bytes(path, compression) as stream:
        head = stream.read(size)
        while len(head) == size and size < MAX_HEAD and _line_ends(head) < SAMPLE:
            head += stream.read(size)
            size *= 2
        return head, len(head) < size


def _line_ends(head: bytes) -> int:
    """Number of line ends that are not within quotes; in JSON, where nothing hangs on it, as many as are wanted."""
    if head.lstrip().startswith(tuple(map(str.encode, JSON))):
        return SAMPLE
    return sum(part.count(b"\n") + part.count(b"\r") for part in head.split(b'"')[::2])


def _tail(path: Path) -> bytes:
    """The last bytes of a plain file, without the rest of a character cut by their start."""
    with path.open("rb") as stream:
        stream.seek(-TAIL, 2)
        return stream.read().lstrip(bytes(range(0x80, 0xC0)))


def _encoding(path: Path, head: bytes, tail: bytes, *, whole: bool) -> str:
    """The codec: by its mark, by the zero bytes of UTF-16, strictly UTF-8, else Western European."""
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    zeros = head.count(b"\x00")
    odd = head[1::2].count(b"\x00")
    if zeros > len(head) / 3 and max(odd, zeros - odd) > zeros * 0.9:  # every other byte
        return "utf-16-le" if odd > zeros / 2 else "utf-16-be"
    controls = sum(head.count(bytes([code])) for code in (*range(1, 9), *range(14, 32)))
    if zeros or controls > len(head) / 10 or tail.endswith(b"\x00\x00"):
        raise LogError(f"{path.name} is not a text file, and no binary format that can be read.")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)  # the head's end may cut a character
        tail.decode("utf-8")
    except UnicodeDecodeError:
        return western(head + tail)
    return "utf-8"


def western(data: bytes) -> str:
    """The name of the Western European codec for bytes that are not UTF-8: latin-1 unless cp1252 says more."""
    extra = {code for code in set(data) if 0x80 <= code <= 0x9F}
    return "cp1252" if extra and not extra & {0x81, 0x8D, 0x8F, 0x90, 0x9D} else "latin-1"


def _decode(path: Path, head: bytes, encoding: str, *, whole: bool) -> str:
    """The head as text; a character cut off at its end is left out."""
    try:
        return head.decode(encoding)
    except UnicodeDecodeError as error:
        if whole:
            raise LogError(f"{path.name} looks like {encoding} but is not ({error.reason}).") from error
        return head.decode(encoding, errors="ignore")


def _as_table(peek: Peek, lines: list[str]) -> Peek:
    """The peek with separator, header and first rows, if some separator cuts the lines into equally many fields."""
    skip = 0
    candidates = SEPARATORS
    if lines and (told := re.fullmatch(r"sep=(.)", lines[0].strip())):  # Excel's own way of telling the separator
        skip, candidates = 1, (told.group(1),)
    best: tuple[float, int] = (0.0, 1)
    records: list = []
    for separator in candidates:
        found = []
        for record in split_lines(lines[skip:], separator, final=False):
            found.append(record)
            if len(found) > SAMPLE:
                break
        width = len(found[0].fields) if found else 0
        regular = sum(len(record.fields) == width for record in found) / max(len(found), 1)
        if 1 < width <= MOST_FIELDS and regular >= 0.5 and (regular, width) > best:
            best, records = (regular, width), found
            peek = replace(peek, kind="table", separator=separator)
    if peek.kind != "table":
        return peek
    rows = [record.fields for record in records if len(record.fields) == best[1]]
    names = tuple(name.strip().lstrip("\ufeff") for name in rows[0])
    if not _is_header(rows):
        numbers = tuple(str(place) for place in range(1, best[1] + 1))
        return replace(peek, header=numbers, rows=tuple(rows), first_line=skip + records[0].line)
    header_lines = sum(name.count("\n") for name in rows[0]) + 1
    first_line = skip + records[0].line + header_lines
    return replace(peek, has_header=True, header=names, rows=tuple(rows[1:]), first_line=first_line)


def _is_header(rows: list[tuple[str, ...]]) -> bool:
    """Whether the first row names the columns: no number in it, and few of its cells come again further down."""
    first, *rest = rows
    filled = [place for place, cell in enumerate(first) if cell.strip()]
    if not filled or any(is_number(first[place]) for place in filled):
        return False
    again = sum(first[place] in {row[place] for row in rest} for place in filled)
    return again * 2 <= len(filled)
