"""Blocks of whole records, and the quick proof that a block is as regular as a CSV engine must be able to assume.

Engines pad short rows, drop long ones or read on past a forgotten quote without a word. So every block is proved
regular first (numpy, several hundred MB a second); one that is not goes the careful way of `records.py`.
"""

import codecs
from collections.abc import Iterator
from typing import Final

import numpy as np

NEWLINE: Final = 10
QUOTE: Final = 34
PATIENCE: Final = 4
"""Pieces to wait for the end of a record before its quote counts as never closed."""


def cut(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Pieces that end where a record ends, as far as quotes tell, each with whether it is the last."""
    carry = b""
    waited = 0  # pieces since the last end of a record
    for chunk in chunks:
        if b'"' not in chunk and b'"' not in carry and (end := chunk.rfind(b"\n") + 1):
            yield b"".join((carry, memoryview(chunk)[:end])), False  # copied once
            carry, waited = chunk[end:], 0
            continue
        buffer = carry + chunk
        end = _last_record_end(buffer)
        waited += 1
        if end == 0 and waited >= PATIENCE:
            end = buffer.rfind(b"\n") + 1
        if end == 0:
            carry = buffer
            continue
        waited = 0
        yield buffer[:end], False
        carry = buffer[end:]
    yield carry, True


def count_regular(block: bytes, separator: str, fields: int) -> int | None:
    r"""Number of records in the block if it is regular, else None.

    Regular: every record has `fields` fields and ends in `\n`, no line is blank, and every quote stands at the edge of
    a field or doubled within a quoted one. There is no `\r`, which polars would drop at the end of a field, and no byte
    order mark, which it would drop at the start of a block.
    """
    if b"\r" in block or block.startswith(codecs.BOM_UTF8):
        return None
    if b'"' not in block:
        return _count_plain(block, separator, fields)
    data = np.frombuffer(block, np.uint8)
    quote = data == QUOTE
    inside = _inside(quote)
    if inside[-1] or not _quotes_at_edges(data, np.flatnonzero(quote), ord(separator)):
        return None
    newline, mark = (data == NEWLINE) & ~inside, (data == ord(separator)) & ~inside
    ends, marks = np.flatnonzero(newline), np.flatnonzero(mark)
    if not len(ends) or ends[-1] != len(data) - 1 or len(marks) != len(ends) * (fields - 1):
        return None
    marks = marks.reshape(len(ends), fields - 1)  # (records, separators)
    starts = np.concatenate(([-1], ends[:-1]))
    return len(ends) if (marks[:, 0] > starts).all() and (marks[:, -1] < ends).all() else None


def record_lines(block: bytes) -> np.ndarray:
    """Of each record of a regular block, the index of its first line within the block: (records,) from 0."""
    data = np.frombuffer(block, np.uint8)
    newline = data == NEWLINE
    ends = np.flatnonzero(newline & ~_inside(data == QUOTE))
    lines = np.cumsum(newline)
    return np.concatenate(([0], lines[ends][:-1]))


def _count_plain(block: bytes, separator: str, fields: int) -> int | None:
    """`count_regular` of a block without quotes: its separators and line ends stand in the one sound order."""
    marks = f"{separator}\n".encode()
    left = block.translate(None, bytes(code for code in range(256) if code not in marks))
    record = separator.encode() * (fields - 1) + b"\n"
    count = len(left) // fields
    return count if count and block.endswith(b"\n") and left == record * count else None


def _last_record_end(buffer: bytes) -> int:
    """Length of the part of the buffer that ends with the last line end outside quotes."""
    if b'"' not in buffer:
        return buffer.rfind(b"\n") + 1
    data = np.frombuffer(buffer, np.uint8)
    ends = np.flatnonzero((data == NEWLINE) & ~_inside(data == QUOTE))
    return int(ends[-1]) + 1 if len(ends) else 0


def _inside(quote: np.ndarray) -> np.ndarray:
    """Whether each byte lies within quotes (an opening quote does, a closing one does not)."""
    return (np.cumsum(quote, dtype=np.uint8) & 1).astype(bool)  # wrapping around at 256 keeps the parity


def _quotes_at_edges(data: np.ndarray, quotes: np.ndarray, separator: int) -> bool:
    """Whether opening quotes stand at the start of a field and closing ones at its end, or both are a doubled quote."""
    opening, closing = quotes[::2], quotes[1::2]
    before = data[np.maximum(opening, 1) - 1]
    starts = (opening == 0) | (before == NEWLINE) | (before == separator) | (before == QUOTE)
    after = data[np.minimum(closing + 1, len(data) - 1)]
    ends = (after == NEWLINE) | (after == separator) | (after == QUOTE)
    return bool(starts.all() and ends.all())
