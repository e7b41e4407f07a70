"""Parquet without the note in which polars remembers its own types.

Codes (Categorical) are written two to three times as fast as the text they stand for, and the file holds the same:
a dictionary of texts, and their numbers. Only the note `ARROW:schema` in the file's footer tells them apart, and it
would make every reader build the codes anew. Without it a reader goes by the Parquet types, and finds text.
"""

import os
import re
from pathlib import Path
from typing import Final

NOTE: Final = re.compile(rb"(ARROW:schema)\x18([\x80-\xff]{0,4}[\x00-\x7f])", re.DOTALL)
"""The note's key in the footer, which is Thrift's compact form: then a field of bytes, how many, and the bytes."""

TAIL: Final = 8
"""Bytes after the footer: its length in four, and the format's mark."""

BLANK: Final = b"-"


def forget_types(path: Path) -> None:
    """Blank out the note of a file that polars wrote, if there is one; the file stays as long as it is."""
    with path.open("r+b") as file:
        end = file.seek(-TAIL, os.SEEK_END)
        start = end - int.from_bytes(file.read(4), "little")
        file.seek(start)
        footer = file.read(end - start)
        notes = list(NOTE.finditer(footer))
        if not notes:
            return
        note = notes[-1]  # before it, statistics may hold any text
        length = sum((byte & 127) << 7 * place for place, byte in enumerate(note.group(2)))
        file.seek(start + note.start())
        file.write(BLANK * len(note.group(1)) + footer[note.end(1) : note.end()] + BLANK * length)
