r"""A file's bytes as UTF-8 text with `\n` line ends, in pieces: decompressed and transcoded while streaming."""

import codecs
import gzip
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from kt_fewshot.errors import LogError

CHUNK: Final = 1 << 21
"""Bytes read at a time."""

OPENERS: Final = {"gzip": gzip.open, "xz": lzma.open}
"""How to open each compression; anything else is read as it is."""

DAMAGE: Final = (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError)
"""What the decompressors raise on a damaged file."""


def open_bytes(path: Path, compression: str) -> IO[bytes]:
    """The file's uncompressed bytes as a stream."""
    opener = OPENERS.get(compression)
    return opener(path, "rb") if opener else path.open("rb")  # type: ignore[return-value]


def utf8_chunks(path: Path, compression: str, encoding: str, newline: str, size: int = CHUNK) -> Iterator[bytes]:
    r"""The file in pieces of about `size` bytes, as UTF-8 with `\n` line ends.

    Args:
        path: the file.
        compression: "none", "gzip" or "xz".
        encoding: a Python codec, decoded strictly.
        newline: the file's line end. Only where it is `\r` is a lone `\r` a line end; elsewhere it is text.
        size: bytes of the (uncompressed) file in a piece.

    Raises:
        UnicodeDecodeError: if the bytes are not of this encoding.
        LogError: if the compressed file is cut off or damaged.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    held = ""
    for raw in _raw_chunks(path, compression, size):
        text = held + decoder.decode(raw, final=not raw)
        held = "\r" if raw and text.endswith("\r") else ""  # its \n may come with the next piece
        if "\r" in text:
            text = text.removesuffix(held).replace("\r\n", "\n")
        if newline == "\r":
            text = text.replace("\r", "\n")
        if text:
            yield text.encode()


def read_text(path: Path, compression: str, encoding: str, newline: str) -> str:
    """The whole file as text, for formats that are read at once.

    Raises:
        LogError: if the file is damaged or not of this encoding.
    """
    try:
        return b"".join(utf8_chunks(path, compression, encoding, newline)).decode()
    except UnicodeDecodeError as error:
        raise LogError(f"{path.name} is not {encoding} throughout ({error.reason}).") from error


def _raw_chunks(path: Path, compression: str, size: int) -> Iterator[bytes]:
    """The uncompressed pieces, then an empty one."""
    try:
        with open_bytes(path, compression) as stream:
            while raw := stream.read(size):
                yield raw
    except DAMAGE as error:
        raise LogError(f"{path.name} is cut off or damaged ({compression} data ends too early or is wrong).") from error
    yield b""
