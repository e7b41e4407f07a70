"""Logs that were read once."""

from pathlib import Path

import pytest

from kt_fewshot.data import ColumnChoice, Log, clear_cache, log_cache, read_cached, read_log
from kt_fewshot.errors import LogError

ROWS = [f"{student},i{k % 3},{'' if k == 7 else k % 2}" for k in range(200) for student in ("ann", "bob")]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["student,item,correct", *ROWS, "one too few"]) + "\n")
    return path


def same(one: Log, other: Log) -> bool:
    ingest = all(
        getattr(one.ingest, name).equals(getattr(other.ingest, name))
        if name in ("rejected", "fates")
        else getattr(one.ingest, name) == getattr(other.ingest, name)
        for name in vars(other.ingest)
    )
    return ingest and one.interactions.table.equals(other.interactions.table)


def entries(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir())


def test_the_second_time_is_the_first(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cache = tmp_path / "cache"
    expected = read_log(log)
    assert (expected.ingest.set_aside, expected.ingest.n_rejected) == ({"no outcome": 2}, 1)
    assert same(read_cached([log], cache), expected)
    monkeypatch.setattr(log_cache, "read_compact", None)
    assert same(read_cached([log], cache), expected)
    assert [len(name) for name in entries(cache)] == [64]


def test_a_copy_is_known_and_told_by_its_own_name(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    read_cached([log], tmp_path / "cache")
    copy = tmp_path / "elsewhere" / "log.csv"
    copy.parent.mkdir()
    copy.write_bytes(log.read_bytes())
    monkeypatch.setattr(log_cache, "read_compact", None)
    assert read_cached([copy], tmp_path / "cache").interactions.files == (str(copy),)


def test_a_changed_file_is_noticed_even_with_the_same_size_and_time(log: Path, tmp_path: Path):
    import os

    cache = tmp_path / "cache"
    read_cached([log], cache)
    before = log.stat()
    log.write_bytes(log.read_bytes().replace(b"ann,i0,0", b"eve,i0,0"))
    os.utime(log, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert log.stat().st_size == before.st_size
    assert "eve" in read_cached([log], cache).interactions.table["student"]
    assert len(entries(cache)) == 2


def test_other_options_are_another_log(log: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    read_cached([log], cache)
    read_cached([log], cache, columns=ColumnChoice(skill="item"))
    read_cached([log], cache, format="generic")
    read_cached([log], cache, max_bad=0.5)
    assert len(entries(cache)) == 4


@pytest.mark.parametrize("file", ["log.parquet", "ingest.json", "manifest.json"])
def test_a_damaged_entry_is_read_anew(log: Path, tmp_path: Path, file: str):
    cache = tmp_path / "cache"
    read_cached([log], cache)
    damaged = next(cache.glob(f"*/{file}"))
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    assert same(read_cached([log], cache), read_log(log))
    assert damaged.read_bytes() != content


def test_a_cache_that_cannot_be_written_is_none(log: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    cache.write_text("a file")
    assert same(read_cached([log], cache), read_log(log))


def test_clearing_leaves_what_is_not_ours(log: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    read_cached([log], cache)
    (cache / "notes").mkdir()
    assert clear_cache(cache) == 1
    assert entries(cache) == ["notes"]


def test_no_such_file(tmp_path: Path):
    with pytest.raises(LogError, match="There is no file"):
        read_cached([tmp_path / "none.csv"], tmp_path / "cache")
