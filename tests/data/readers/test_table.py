import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kt_fewshot.data.readers import text_pass
from kt_fewshot.data.readers.sniff import sniff
from kt_fewshot.data.readers.table import LineNumbers, Table, read_table
from kt_fewshot.data.readers.values import to_numbers
from kt_fewshot.errors import LogError


def table_of(tmp_path: Path, content: str | bytes, name: str = "log.csv", **columns: int) -> Table:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(sniff(path), columns or {"a": 0, "b": 1})


def test_only_the_columns_asked_for_as_text(tmp_path: Path):
    table = table_of(tmp_path, "x,y,z\n007,NA,1.0\n7,,0\n", id=0, z=2, also_id=0)
    assert table.frame.columns == ["row", "id", "z", "also_id"]
    assert table.frame.rows() == [(1, "007", "1.0", "007"), (2, "7", "0", "7")]
    assert (table.rows_read, table.encoding) == (2, "utf-8")


def test_bad_lines_are_counted_and_located(tmp_path: Path):
    table = table_of(tmp_path, 'x,y\n1,a\n2\n\n3,"b\nc"\n4,d,e\n5,f\n6,"g\n')
    assert table.frame.rows() == [(1, "1", "a"), (3, "3", "b\nc"), (5, "5", "f")]
    assert table.rejected.rows() == [
        (2, 3, "1 fields instead of 2"),
        (4, 7, "3 fields instead of 2"),
        (6, 9, "a quote is not closed"),
    ]
    assert table.rows_read == 6
    assert [table.lines.of(row) for row in (1, 3, 5)] == [2, 5, 8]


def test_lines_of_a_regular_table_with_long_records(tmp_path: Path):
    table = table_of(tmp_path, 'x,"y\ny"\n1,"a\n\nb"\n2,c\n3,d\n')
    assert [table.lines.of(row) for row in (1, 2, 3)] == [3, 6, 7]


def test_line_numbers():
    lines = LineNumbers()
    assert lines.of(5) == 5
    lines.add(1, 2)
    lines.add(4, 9)
    assert [lines.of(row) for row in (1, 3, 4, 5)] == [2, 4, 9, 10]


def test_latin_1_found_late_is_read_again(tmp_path: Path):
    table = table_of(tmp_path, b"x,y\n" + b"1,a\n" * 40000 + b"2,caf\xe9\n" + b"1,a\n" * 40000)
    assert (table.frame["b"][40000], table.encoding, table.rows_read) == ("café", "latin-1", 80001)


def test_a_broken_utf_16_file_is_told(tmp_path: Path):
    content = "x,y\n".encode("utf-16") + ("1,a\n" * 40000).encode("utf-16-le") + b"\x00\xd8\x00"
    with pytest.raises(LogError, match="not utf-16 throughout"):
        table_of(tmp_path, content)


def test_a_late_cut_in_a_packed_file_is_told(tmp_path: Path):
    rows = "".join(f"{number * 7919 % 99991},{number * 104729 % 99991}\n" for number in range(50000))
    packed = gzip.compress(f"x,y\n{rows}".encode(), mtime=0)
    with pytest.raises(LogError, match="cut off or damaged"):
        table_of(tmp_path, packed[:-1000], "log.csv.gz")


def test_parquet_columns_become_text(tmp_path: Path):
    path = tmp_path / "log.parquet"
    frame = pl.DataFrame({"user": [7, None], "ok": [True, False], "tags": [["x", "y"], []], "n": ["a", ""]})
    frame.write_parquet(path)
    table = read_table(sniff(path), {"student": 0, "correct": 1, "skills": 2, "item": 3})
    assert table.frame.rows() == [(1, "7", "true", "x~~y", "a"), (2, None, "false", "", "")]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(LogError, match="damaged"):
        sniff(path)


CELL = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from('",\n'), max_size=5)
PLAIN = CELL.map(lambda cell: cell.replace('"', "").replace(",", "").replace("\n", ""))


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    rows = draw(st.lists(st.tuples(CELL, PLAIN), min_size=1, max_size=12))
    lines = []
    for first, second in rows:
        lines.append('"' + first.replace('"', '""') + '",' + second)
    return "header one,header two\n" + "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n"])), rows


@contextmanager
def pieces(size: int) -> Iterator[None]:
    """Read so many bytes at a time; polars gets about twice as many."""
    with patch.object(text_pass, "READ_SIZE", size), patch.object(text_pass, "PARSE_SIZE", 2 * size):
        yield


@given(texts(), st.sampled_from([7, 30, 1 << 20]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whatever_was_written_is_read_in_pieces_of_any_size(tmp_path: Path, case, size: int):
    text, rows = case
    path = tmp_path / "log.csv"
    path.write_bytes(text.encode())
    peek = sniff(path)
    with pieces(size):
        table = read_table(peek, {"a": 0, "b": 1})
    assert table.frame.select("a", "b").rows() == rows
    assert table.frame["row"].to_list() == list(range(1, len(rows) + 1))


NUMBERS = st.sampled_from(
    ["5", " 5", "5 ", "+5", "-5", "05", "5.0", "1e3", "", '" 7"', "x", "9" * 20, str(2**63 - 1), "-", "nan"]
)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=9), st.sampled_from([9, 60, 1 << 20]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_columns_that_may_become_numbers_are_the_numbers_their_text_is(tmp_path: Path, rows, size: int):
    path = tmp_path / "log.csv"
    path.write_text("one,two\n" + "".join(f"{one},{two}\n" for one, two in rows))
    peek = sniff(path)
    with pieces(size):
        table = read_table(peek, {"a": 0, "b": 1}, pack=lambda frame: frame, numbers=frozenset("ab"))
        texts = read_table(peek, {"a": 0, "b": 1}).frame
    for name in "ab":
        found = [number for _, piece in table.packed for number in to_numbers(piece[name]).to_list()]
        assert found == to_numbers(texts[name]).to_list()


def test_whole_numbers_are_read_as_numbers_until_a_column_holds_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "log.csv"
    path.write_text("one,two\n1,2\n" + "3,4\n" * 9 + "5,x\n" + "7,8\n" * 9)
    for size in ("READ_SIZE", "PARSE_SIZE"):
        monkeypatch.setattr(text_pass, size, 9)
    monkeypatch.setattr(text_pass, "PACKERS", 1)  # of two, the second may not know yet what the first has met
    table = read_table(sniff(path), {"a": 0, "b": 1}, pack=lambda frame: frame, numbers=frozenset("ab"))
    kinds = [tuple(piece.dtypes) for _, piece in table.packed]
    assert kinds[0] == (pl.Int64, pl.Int64)
    assert kinds.count((pl.String, pl.String)) >= 1
    assert kinds[-1] == (pl.Int64, pl.String)
