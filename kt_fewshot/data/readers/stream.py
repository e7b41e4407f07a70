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
    recoded = _checked if encoding == "utf-8" else _recoded
    held = b""
    for chunk in recoded(_raw_chunks(path, compression, size), encoding):
        data = held + chunk if held else chunk
        held = b""
        if b"\r" in data:
            kept = data.rstrip(b"\r")
            if newline != "\r":  # the \n after it may come with the next piece; at the end there is none
                held, data = data[len(kept) :] if chunk else b"", kept
            elif chunk and len(kept) < len(data):
                held, data = b"\r", data[:-1]
            data = data.replace(b"\r\n", b"\n")
            if newline == "\r":
                data = data.replace(b"\r", b"\n")
            elif b"\r\n" in data:  # \r\r\n, as Windows makes of \r\n
                data = b"\n".join(line.rstrip(b"\r") for line in data.split(b"\n"))
        if data:
            yield data


def read_text(path: Path, compression: str, encoding: str, newline: str) -> str:
    """The whole file as text, for formats that are read at once.

    Raises:
        LogError: if the file is damaged or not of this encoding.
    """
    try:
        return b"".join(utf8_chunks(path, compression, encoding, newline)).decode()
    except UnicodeDecodeError as error:
        raise LogError(f"{path.name} is not {encoding} throughout ({error.reason}).") from error


def _checked(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The pieces as they are, proved to be UTF-8; the cut between two may run through a character."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    for raw in chunks:
        if not raw.isascii() or decoder.getstate()[0] or not raw:
            decoder.decode(raw, final=not raw)
        yield raw


def _recoded(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The pieces as UTF-8."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    for raw in chunks:
        text = decoder.decode(raw, final=not raw).encode()
        if text or not raw:
            yield text


def _raw_chunks(path: Path, compression: str, size: int) -> Iterator[bytes]:
    """The uncompressed pieces, then an empty one."""
    try:
        with open_bytes(path, compression) as stream:
            while raw := stream.read(size):
                yield raw
    except DAMAGE as error:
        raise LogError(f"{path.name} is cut off or damaged ({compression} data ends too early or is wrong).") from error
    yield b""
