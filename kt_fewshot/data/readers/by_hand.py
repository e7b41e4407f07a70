"""A block of text read record by record: slow, but it knows of every line what is wrong with it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from .records import split_lines


class ByHand(NamedTuple):
    """What a block holds; records and lines count from 0 at its start.

    - `frame`: the sound records' columns as text, named by their place in the file; `rows`: the records' numbers;
    - `bad`: number and problem of each other record;
    - `lines`: (records,) the line each record begins on;
    - `used`: lines taken up; `left`: the bytes of a record that is still open at the end.
    """

    frame: pl.DataFrame
    rows: np.ndarray
    bad: list[tuple[int, str]]
    lines: np.ndarray
    used: int
    left: bytes


def read_by_hand(block: bytes, separator: str, width: int, places: Sequence[int], *, final: bool) -> ByHand:
    r"""Read a block that ends in `\n`.

    Args:
        block: whole lines, UTF-8.
        separator: one character.
        width: fields of a sound record.
        places: of the columns wanted.
        final: whether the file ends here; if not, a record still open at the end is left for later.
    """
    text = block.decode().removesuffix("\n").split("\n")
    rows: list[int] = []
    bad: list[tuple[int, str]] = []
    cells: list[list[str]] = [[] for _ in places]
    lines: list[int] = []
    used = 0
    for number, record in enumerate(split_lines(text, separator, width, final=final)):
        lines.append(record.line)
        used = record.line + 1 + sum(cell.count("\n") for cell in record.fields)
        if record.problem:
            bad.append((number, record.problem))
            continue
        rows.append(number)
        for cell, place in zip(cells, places, strict=True):
            cell.append(record.fields[place])
    while used < len(text) and not text[used].strip():
        used += 1
    frame = pl.DataFrame(
        {str(place): pl.Series(cell, dtype=pl.String) for place, cell in zip(places, cells, strict=True)}
    )
    left = "\n".join([*text[used:], ""]).encode() if used < len(text) and not final else b""
    return ByHand(frame, np.asarray(rows, dtype=np.int64), bad, np.asarray(lines, dtype=np.int64), used, left)
