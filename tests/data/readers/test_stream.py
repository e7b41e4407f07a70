import gzip
import lzma
from pathlib import Path

import pytest

from kt_fewshot.data.readers.stream import read_text, utf8_chunks
from kt_fewshot.errors import LogError


@pytest.mark.parametrize(("compression", "pack"), [("none", bytes), ("gzip", gzip.compress), ("xz", lzma.compress)])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_packing_comes_out_the_same(tmp_path: Path, compression: str, pack, encoding: str, newline: str):
    text = "é,1\nx,2\nlonger,3\n"
    path = tmp_path / "log"
    path.write_bytes(pack(text.replace("\n", newline).encode(encoding)))
    for size in (1, 2, 3, 1000):
        assert b"".join(utf8_chunks(path, compression, encoding, newline, size)).decode() == text
    assert read_text(path, compression, encoding, newline) == text


def test_a_lone_return_is_text_where_lines_end_otherwise(tmp_path: Path):
    path = tmp_path / "log"
    path.write_bytes(b"a\rb\r\nc\n")
    assert read_text(path, "none", "utf-8", "\r\n") == "a\rb\nc\n"


def test_a_byte_of_another_encoding_is_told(tmp_path: Path):
    path = tmp_path / "log"
    path.write_bytes(b"caf\xe9\n")
    with pytest.raises(UnicodeDecodeError):
        list(utf8_chunks(path, "none", "utf-8", "\n"))
    with pytest.raises(LogError, match="log is not utf-8 throughout"):
        read_text(path, "none", "utf-8", "\n")


@pytest.mark.parametrize(("compression", "pack"), [("gzip", gzip.compress), ("xz", lzma.compress)])
def test_a_cut_off_file_is_told(tmp_path: Path, compression: str, pack):
    path = tmp_path / "log.packed"
    packed = pack(bytes(range(256)) * 99)
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(LogError, match=r"log.packed is cut off or damaged"):
        list(utf8_chunks(path, compression, "latin-1", "\n"))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"a\r\r\nb\r\r\n", b"a\nb\n"),
        (b"a\r\r\r\nb\rc\r\n", b"a\nb\rc\n"),
        (b"a\nb\r", b"a\nb"),
        (b"a\nb\r\r", b"a\nb"),
        (b"\r\n\r\n\r", b"\n\n"),
    ],
)
def test_returns_before_a_line_end_belong_to_it(tmp_path: Path, written: bytes, read: bytes, size: int):
    (tmp_path / "log").write_bytes(written)
    assert b"".join(utf8_chunks(tmp_path / "log", "none", "utf-8", "\n", size)) == read
