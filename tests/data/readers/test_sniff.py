import gzip
from pathlib import Path

import polars as pl
import pytest

from kt_fewshot.data.readers.sniff import HEAD, SEPARATORS, is_number, sniff, western
from kt_fewshot.errors import LogError

ROWS = "student,skill,correct\nann,x,1\nbob,y,0\n"


def peek_of(tmp_path: Path, content: bytes | str, name: str = "log.csv"):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return sniff(path)


@pytest.mark.parametrize("separator", SEPARATORS)
def test_separators(tmp_path: Path, separator: str):
    peek = peek_of(tmp_path, ROWS.replace(",", separator))
    assert (peek.kind, peek.separator, peek.header) == ("table", separator, ("student", "skill", "correct"))
    assert peek.rows == (("ann", "x", "1"), ("bob", "y", "0"))
    assert (peek.has_header, peek.first_line) == (True, 1)


def test_separators_within_quotes_do_not_count(tmp_path: Path):
    peek = peek_of(tmp_path, 'a;b\n"1,2,3";x\n"1,2,3";y\n')
    assert peek.separator == ";"


def test_the_separator_told_by_excel(tmp_path: Path):
    peek = peek_of(tmp_path, "sep=;\nstudent;score\nann;0,5\nann;1,0\n")
    assert (peek.separator, peek.header, peek.first_line) == (";", ("student", "score"), 2)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path: Path, newline: str):
    peek = peek_of(tmp_path, ROWS.replace("\n", newline))
    assert (peek.newline, len(peek.rows)) == (newline, 2)


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("latin-1", "latin-1"),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, name: str):
    peek = peek_of(tmp_path, ROWS.replace("ann", "Zoë").encode(encoding))
    assert (peek.encoding, peek.header[0], peek.rows[0][0]) == (name, "student", "Zoë")


def test_an_encoding_seen_only_at_the_end(tmp_path: Path):
    peek = peek_of(tmp_path, ROWS.encode() * 5000 + b"caf\xe9,x,1\n")
    assert peek.encoding == "latin-1"


@pytest.mark.parametrize("end", [b"\xe9", b"\xe9\n", b"\xe9a", b"\xe9ab\n", b"\xe9abc\n", b"\xc3"])
def test_an_encoding_seen_only_in_the_last_bytes_of_a_short_file(tmp_path: Path, end: bytes):
    peek = peek_of(tmp_path, ROWS.encode() + b"ann,x," + end)
    assert (peek.encoding, peek.kind) == ("latin-1", "table")


@pytest.mark.parametrize("cut", range(-3, 4))
def test_a_character_cut_at_the_end_of_the_head_is_no_error(tmp_path: Path, cut: int):
    start = ROWS.encode()
    start += b"a" * (HEAD - len(start) + cut - 1)
    peek = peek_of(tmp_path, start + "\N{SNOWMAN},x,1\n".encode() + ROWS.encode() * 500)
    assert peek.encoding == "utf-8"


def test_western_encodings():
    assert western(b"caf\xe9") == "latin-1"
    assert western(b"caf\xe9 \x93quoted\x94") == "cp1252"
    assert western(b"\x81\x93") == "latin-1"


def test_a_header_may_hold_line_ends_and_outcomes_may_look_like_it(tmp_path: Path):
    peek = peek_of(tmp_path, 'student,"correct\n(first)"\nann,right\nann,wrong\n')
    assert peek.first_line == 2
    assert peek_of(tmp_path, "student,correct\nann,correct\nann,incorrect\nbob,correct\n").has_header


@pytest.mark.parametrize("rows", ["ann,x,1\nann,x,0\nbob,x,1\n", "ann,x,right\nann,x,wrong\nbob,x,right\n"])
def test_a_missing_header_is_seen(tmp_path: Path, rows: str):
    peek = peek_of(tmp_path, rows)
    assert not peek.has_header
    assert (peek.header, len(peek.rows), peek.first_line) == (("1", "2", "3"), 3, 0)


def test_text_without_a_separator(tmp_path: Path):
    peek = peek_of(tmp_path, "3\n1,2,3\n0,1,1\n2\n1,2\n0,0\n")
    assert (peek.kind, peek.lines[:2]) == ("text", ("3", "1,2,3"))


def test_other_kinds(tmp_path: Path):
    assert peek_of(tmp_path, '  {"a": 1}').kind == "json"
    assert sniff(tmp_path).kind == "folder"
    pl.DataFrame({"student": ["ann"], "correct": [1]}).write_parquet(tmp_path / "log.parquet")
    peek = sniff(tmp_path / "log.parquet")
    assert (peek.kind, peek.header, peek.rows) == ("parquet", ("student", "correct"), (("ann", "1"),))


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "a.csv", "a.csv is empty"),
        (b"\n \n", "a.csv", "a.csv is empty"),
        (gzip.compress(b"", mtime=0), "a.csv.gz", "a.csv.gz is empty"),
        (gzip.compress(ROWS.encode() * 9, mtime=0)[:-9], "a.csv.gz", "cut off or damaged"),
        (b"PK\x03\x04rest", "a.xlsx", "Excel workbook. Save the sheet as CSV"),
        (b"PK\x03\x04rest", "a.zip", "zip archive. Unpack it"),
        (b"BZh9rest", "a.bz2", "compress it with gzip or xz"),
        (b"PAR1rest", "a.parquet", "damaged Parquet file"),
        (b"\x7fELF\x00\x01\x02" + bytes(range(256)), "a.csv", "not a text file"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, content: bytes, name: str, message: str):
    with pytest.raises(LogError, match=message):
        peek_of(tmp_path, content, name)


def test_a_missing_file_is_told(tmp_path: Path):
    with pytest.raises(LogError, match="There is no file"):
        sniff(tmp_path / "none.csv")


def test_numbers():
    assert all(is_number(text) for text in ("1", "-1.5", " 2,5 ", ".5", "1e-3"))
    assert not any(is_number(text) for text in ("", "a", "1a", "1.2.3", "-"))


def test_a_line_of_very_many_fields_is_a_list(tmp_path: Path):
    (tmp_path / "log.txt").write_text(f"{',' * 30_000}\n" * 3)
    assert sniff(tmp_path / "log.txt").kind == "text"
    (tmp_path / "log.txt").write_text(f"{',' * 3000}\n" * 3)
    assert sniff(tmp_path / "log.txt").kind == "table"
