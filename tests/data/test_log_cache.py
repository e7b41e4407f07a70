"""Logs that were read once."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from kt_fewshot.data import ColumnChoice, Log, clear_cache, log_cache, looked_through, read_cached, read_compact
from kt_fewshot.data import write_log as write_own
from kt_fewshot.errors import LogError

ROWS = [f"{student},i{k % 3},{'' if k == 7 else k % 2}" for k in range(200) for student in ("ann", "bob")]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["student,item,correct", *ROWS, "one too few"]) + "\n")
    return path


def read_anew(path: Path) -> Log:
    log = read_compact(path)
    return replace(log, ingest=looked_through(log.ingest, log.frame)).full()


def same(one: Log, other: Log) -> bool:
    """The same answers and the same account, files as they are written included."""
    ingest = all(
        getattr(one.ingest, name).equals(getattr(other.ingest, name))
        if name in ("rejected", "fates")
        else getattr(one.ingest, name) == getattr(other.ingest, name)
        for name in vars(other.ingest)
    )
    told = one.ingest.to_json() == other.ingest.to_json() and one.ingest.rejects_csv() == other.ingest.rejects_csv()
    return ingest and told and one.interactions.table.equals(other.interactions.table)


def entries(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if path.is_dir())


def test_the_second_time_is_the_first(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cache = tmp_path / "cache"
    expected = read_anew(log)
    assert (expected.ingest.set_aside, expected.ingest.n_rejected) == ({"no outcome": 2}, 1)
    assert same(read_cached([log], cache), expected)
    monkeypatch.setattr(log_cache, "read_compact", None)
    assert same(read_cached([log], cache), expected)
    assert [len(name) for name in entries(cache)] == [64]
    assert expected.ingest.contents["students"] == 2


def test_a_copy_is_known_and_told_by_its_own_name(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    read_cached([log], tmp_path / "cache")
    copy = tmp_path / "elsewhere" / "log.csv"
    copy.parent.mkdir()
    copy.write_bytes(log.read_bytes())
    monkeypatch.setattr(log_cache, "read_compact", None)
    assert read_cached([copy], tmp_path / "cache").interactions.files == (str(copy),)


def test_a_changed_file_is_noticed_even_with_the_same_size_and_time(log: Path, tmp_path: Path):
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
    assert same(read_cached([log], cache), read_anew(log))
    assert damaged.read_bytes() != content


def test_a_cache_that_cannot_be_written_is_none(log: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    cache.write_text("a file")
    assert same(read_cached([log], cache), read_anew(log))


def test_clearing_leaves_what_is_not_ours(log: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    read_cached([log], cache)
    (cache / "notes").mkdir()
    assert clear_cache(cache) == 1
    assert entries(cache) == ["notes"]


def test_no_such_file(tmp_path: Path):
    with pytest.raises(LogError, match="There is no file"):
        read_cached([tmp_path / "none.csv"], tmp_path / "cache")


def test_small_logs_own_tables_and_readable_names_are_not_kept(log: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    size = log.stat().st_size
    assert same(read_cached([log], cache, least=size + 1), read_anew(log))
    assert same(read_cached([log], None), read_anew(log))
    read_cached([log], cache, keep_names=True)
    write_own(tmp_path / "own.parquet", read_anew(log).interactions.table)
    assert len(read_cached([tmp_path / "own.parquet"], cache).interactions) == 398
    assert not cache.exists()
    read_cached([log], cache, least=size)
    assert len(entries(cache)) == 1


def test_what_is_kept_came_through_the_door(log: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    log.write_text(log.read_text().replace("ann", "ann@school.org"))
    assert read_cached([log], cache, key=b"secret").ingest.hashed == 1
    assert read_cached([log], cache).ingest.hashed == 1
    assert len(entries(cache)) == 2  # another key, other pseudonyms
    kept = b"".join(path.read_bytes() for path in cache.rglob("*") if path.is_file())
    assert b"school.org" not in kept
    assert b"bob" in kept


def test_a_side_file_that_changes_or_appears_is_noticed(tmp_path: Path):
    cache, log, table = (tmp_path / name for name in ("cache", "junyi.csv", "junyi_Exercise_table.csv"))
    header = "user_id,exercise,problem_type,correct,time_done,time_taken,count_attempts,hint_used,count_hints"
    lines = [f"7,{'ab'[k % 2]},x,true,{1_400_000_000_000_000 + k},3,1,false,0" for k in range(4)]
    log.write_text("\n".join([header, *lines]) + "\n")

    def skills() -> set[str]:
        return set(read_cached([log], cache).interactions.table["skills"])

    assert skills() == {"a", "b"}
    table.write_text("name,topic\na,sums\nb,sums\n")
    assert skills() == {"sums"}
    table.write_text("name,topic\na,sums\nb,cubes\n")
    assert skills() == {"sums", "cubes"}
    table.unlink()
    assert skills() == {"a", "b"}
    assert len(entries(cache)) == 3


def test_two_files_of_one_archive_are_two_logs(log: Path, tmp_path: Path):
    import zipfile

    archive = tmp_path / "logs.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a/log.csv", log.read_text())
        packed.writestr("b/log.csv", log.read_text().replace("ann", "eve"))
    for _ in range(2):
        students = [read_cached([archive / name], tmp_path / "cache").interactions.table["student"][0] for name in "ab"]
        assert students == ["ann", "eve"]


def test_a_cache_within_a_log_is_no_part_of_it(log: Path, tmp_path: Path):
    folder, cache = tmp_path / "logs", tmp_path / "logs" / "cache"
    folder.mkdir()
    for name in ("a.csv", "b.csv"):
        (folder / name).write_bytes(log.read_bytes())
    first = read_cached([folder], cache)
    assert same(read_cached([folder], cache), first)
    assert len(entries(cache)) == 1
    assert len(first.ingest.files) == 2


def test_the_logs_not_used_for_longest_go_first(log: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    for number in range(3):
        read_cached([log], cache, max_bad=0.1 * (number + 1))
        for place, entry in enumerate(entries(cache)):
            if number == 0:
                os.utime(cache / entry, (1000 + place, 1000 + place))
    first = next(entry for entry in entries(cache) if (cache / entry).stat().st_mtime < 2000)
    size = sum(path.stat().st_size for path in (cache / first).iterdir())
    read_cached([log], cache, max_bad=0.5, limit=int(3.5 * size))
    assert first not in entries(cache)
    assert len(entries(cache)) == 3


def test_use_keeps_a_log(log: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    read_cached([log], cache)
    (entry,) = entries(cache)
    os.utime(cache / entry, (1000, 1000))
    read_cached([log], cache)
    assert (cache / entry).stat().st_mtime > 2000


def test_what_somebody_never_finished_goes(log: Path, tmp_path: Path):
    left, fresh = (tmp_path / "cache" / f".tmp-{name}" for name in "ab")
    for folder in (left, fresh):
        folder.mkdir(parents=True)
    os.utime(left, (1000, 1000))
    read_cached([log], tmp_path / "cache")
    assert (left.exists(), fresh.exists()) == (False, True)


def test_git_and_backups_are_told_to_leave_it_alone(log: Path, tmp_path: Path):
    read_cached([log], tmp_path / "cache")
    assert (tmp_path / "cache" / ".gitignore").read_text() == "*\n"
    assert (tmp_path / "cache" / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
