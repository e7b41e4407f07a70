"""E-mail addresses and names never leave the readers as they are, unless asked."""

from pathlib import Path

import polars as pl
import pytest

from kt_fewshot.data.log_files import write_log
from kt_fewshot.data.pseudonyms import pseudonym
from kt_fewshot.data.readers import Log, read_compact, read_log
from kt_fewshot.data.readers.privacy import veiled
from kt_fewshot.data.readers.reader import Draft, Options

ROWS = [("ann@school.org", "a"), ("bob", "a"), ("ann@school.org", "b"), ("Cid <cid@x.de>", "b"), ("bob", "c")]
LINES = [f"{student},{item},k,{number % 2}" for number, (student, item) in enumerate(ROWS)]


def table(path: Path, header: str = "student,item,skill,correct") -> Path:
    path.write_text("\n".join([header, *LINES]) + "\n")
    return path


def students(log: Log) -> list[str]:
    return log.interactions.table["student"].unique(maintain_order=True).to_list()


@pytest.mark.parametrize("key", [b"", b"secret"])
def test_a_column_of_any_table(tmp_path: Path, key: bytes):
    log = read_log(table(tmp_path / "log.csv"), key=key)
    assert students(log) == [pseudonym("ann@school.org", key), "bob", pseudonym("Cid <cid@x.de>", key)]
    assert log.ingest.hashed == 2
    assert "2 students hashed (e-mail)" in log.ingest.decisions
    assert any("without a key" in warning for warning in log.ingest.warnings) == (key == b"")
    assert '"hashed": 2' in log.ingest.to_json()
    assert "@" not in log.ingest.to_json() + log.ingest.rejects_csv()


def test_it_is_the_same_in_little_memory(tmp_path: Path):
    log = read_compact(table(tmp_path / "log.csv"), key=b"secret")
    assert log.frame["student"].cast(pl.String)[0] == pseudonym("ann@school.org", b"secret")


def test_names_stay_when_asked(tmp_path: Path):
    log = read_log(table(tmp_path / "log.csv"), keep_names=True, key=b"secret")
    assert students(log) == ["ann@school.org", "bob", "Cid <cid@x.de>"]
    assert log.ingest.hashed == 0


def test_a_log_table_of_our_own(tmp_path: Path):
    log = read_log(table(tmp_path / "log.csv"), keep_names=True)
    write_log(tmp_path / "log.parquet", log.interactions.table)
    again = read_log(tmp_path / "log.parquet", key=b"secret")
    assert students(again) == [pseudonym("ann@school.org", b"secret"), "bob", pseudonym("Cid <cid@x.de>", b"secret")]


def test_a_log_without_addresses_is_left_alone(tmp_path: Path):
    (tmp_path / "log.csv").write_text("student,item,skill,correct\n@ann,a,k,1\n@ann,b,k,0\n7@home,a,k,1\n")
    log = read_log(tmp_path / "log.csv")
    assert students(log) == ["@ann", "7@home"]
    assert log.ingest.hashed == 0
    assert not log.ingest.warnings


def test_teachers_that_a_class_is_called_after(tmp_path: Path):
    (tmp_path / "log.csv").write_text(
        "student,item,skill,correct,class\n1,a,k,1,t@x.org\n1,b,k,0,t@x.org\n2,a,k,1,7b\n"
    )
    log = read_log(tmp_path / "log.csv")
    assert log.interactions.table["group"].to_list() == [pseudonym("t@x.org")] * 2 + ["7b"]
    assert log.ingest.hashed == 0


@pytest.mark.parametrize("kind", [pl.String(), pl.Categorical()])
def test_all_names_of_a_log_that_has_only_names(kind: pl.DataType):
    frame = pl.DataFrame({"student": ["Ann", None, "Bob", "Ann"]}, schema={"student": kind})
    draft = Draft(frame, ("log.csv",), 4, {}, named=True)
    ann, bob = pseudonym("Ann", b"k"), pseudonym("Bob", b"k")
    found = veiled(draft, Options(key=b"k"))
    assert found.frame["student"].cast(pl.String).to_list() == [ann, None, bob, ann]
    assert found.hashed == 2
    assert found.decisions == ("2 students hashed (names)",)
    assert veiled(draft, Options(keep_names=True)) is draft
