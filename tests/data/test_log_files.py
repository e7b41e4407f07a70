"""The log table in files and buckets."""

import zlib
from pathlib import Path

import polars as pl
import pytest

from kt_fewshot.data import Interactions, bucket_of, read_compact, read_log, write_buckets, write_log
from kt_fewshot.errors import LogError, StorageError

ROWS = [f"{student},i{k % 3},{k % 2},{100 - k}" for k in range(30) for student in ("ann", "bob", "zoë", "007")]
TEXT = "\n".join(["student,item,correct,time", *ROWS]) + "\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_the_bucket_is_the_checksum_of_the_id():
    assert zlib.crc32(b"ann") % 8 == bucket_of("ann", 8)
    assert zlib.crc32("zoë".encode()) % 5 == bucket_of("zoë", 5)
    assert (
        zlib.crc32(b"123456789") == 0xCBF43926
    )  # the check value of CRC-32/ISO-HDLC, by which other engines tell theirs


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_a_file_holds_the_log_table(log: Path, tmp_path: Path, ending: str):
    table = read_log(log).interactions.table
    out = tmp_path / f"own.{ending}"
    write_log(out, read_compact(log).frame)
    if ending == "parquet":
        assert pl.read_parquet(out).equals(table)
    assert read_log(out).interactions.table.drop("file", "row").equals(table.drop("file", "row"))


@pytest.mark.parametrize("buckets", [1, 3, 50])
def test_buckets_hold_whole_histories_where_their_hash_says(log: Path, tmp_path: Path, buckets: int):
    table = read_log(log).interactions.table
    folder = tmp_path / "buckets"
    write_buckets(folder, read_compact(log).frame, buckets)
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"bucket={k}" for k in range(buckets))
    for k in range(buckets):
        part = pl.read_parquet(folder / f"bucket={k}" / "part.parquet", hive_partitioning=False)
        assert part.schema == table.schema
        assert {bucket_of(student, buckets) for student in part["student"]} <= {k}
    found = read_log(folder)
    assert (found.ingest.format, found.ingest.rows_read, found.ingest.kept) == ("interactions", 120, 120)
    for student in ("ann", "bob", "zoë", "007"):
        own, expected = (
            frame.filter(student=student).drop("file", "row") for frame in (found.interactions.table, table)
        )
        assert own.equals(expected)


def test_text_ids_are_bucketed_too(tmp_path: Path):
    frame = Interactions.ordered(pl.DataFrame({"student": ["a", "b", "a"], "correct": [1, 0, 1]})).table
    write_buckets(tmp_path / "out", frame, 4)
    assert sorted(read_log(tmp_path / "out").interactions.table["student"]) == ["a", "a", "b"]


def test_buckets_of_another_engine(tmp_path: Path):
    """Fewer columns, other number types, several files a bucket, no empty buckets, marks of success."""
    for bucket, part, frame in [
        (10, "part-0", {"student": ["c", "c"], "correct": [1, 0], "skills": ["x", "y"], "bucket": [10, 10]}),
        (2, "part-1", {"student": ["b"], "correct": [1], "skills": [None]}),
        (2, "part-0", {"student": ["a", "a"], "correct": [0, 1], "skills": ["x", "x~~y"]}),
    ]:
        folder = tmp_path / "log" / f"bucket={bucket}"
        folder.mkdir(parents=True, exist_ok=True)
        pl.DataFrame(frame, schema_overrides={"skills": pl.String}).write_parquet(folder / f"{part}.snappy.parquet")
    (tmp_path / "log" / "_SUCCESS").touch()
    log = read_log(tmp_path / "log")
    columns = log.interactions.table.select("student", "skills", "correct", "file", "row").rows()
    assert columns == [
        ("a", "x", 0, 0, 1),
        ("a", "x~~y", 1, 0, 2),
        ("b", None, 1, 1, 1),
        ("c", "x", 1, 2, 1),
        ("c", "y", 0, 2, 2),
    ]


def test_buckets_that_break_the_contract(tmp_path: Path):
    folder = tmp_path / "log" / "bucket=0"
    folder.mkdir(parents=True)
    pl.DataFrame({"student": ["a", "b", "a"], "correct": [1, 0, 1]}).write_parquet(folder / "part.parquet")
    with pytest.raises(LogError, match="do not stand together in log"):
        read_log(tmp_path / "log")
    pl.DataFrame({"student": ["a"], "score": [1]}).write_parquet(folder / "part.parquet")
    with pytest.raises(LogError, match="column `score`"):
        read_log(tmp_path / "log")


def test_what_exists_is_not_replaced(log: Path, tmp_path: Path):
    (tmp_path / "there").mkdir()
    with pytest.raises(StorageError, match="there exists already"):
        write_buckets(tmp_path / "there", read_compact(log).frame, 4)
    with pytest.raises(StorageError, match=r"1 to 10,000 buckets. Found 0"):
        write_buckets(tmp_path / "new", read_compact(log).frame, 0)
    assert not list(tmp_path.glob("*tmp*"))
