import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from kt_fewshot.data.interactions import Interactions
from kt_fewshot.data.pseudonyms import pseudonym
from kt_fewshot.data.readers import own_parquet, read_compact, read_log
from kt_fewshot.errors import LogError

TABLE = Interactions.ordered(
    pl.DataFrame(
        {"student": ["a", "b", "a"], "correct": [1, 0, 0], "bundle": [7, 7, 8], "fold": [-1, 2, 2], "time": [9, 8, 7]}
    )
).table


def test_it_is_read_back_value_for_value(tmp_path: Path):
    TABLE.write_parquet(tmp_path / "log.parquet")
    log = read_log(tmp_path / "log.parquet")
    assert log.interactions.table.drop("row").equals(TABLE.drop("row"))
    assert log.interactions.table["row"].to_list() == [1, 2, 3]
    assert (
        log.ingest.sentence
        == "kt-fewshot log table, 2 students, 3 answers, 3 answers without skill kept, in order of time"
    )


def test_columns_without_any_value_are_not_decoded_and_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    read: list[list[int]] = []
    whole = own_parquet.read_parquet
    monkeypatch.setattr(own_parquet, "read_parquet", lambda path, places: read.append(places) or whole(path, places))
    late = TABLE.with_columns(hints=pl.Series([None, None, 3], dtype=pl.Int16))
    late.write_parquet(tmp_path / "log.parquet", row_group_size=1)
    table = read_log(tmp_path / "log.parquet").interactions.table
    assert table.drop("row").equals(late.drop("row"))
    assert table.schema == late.schema
    assert [late.columns[place] for place in read[0]] == ["student", "correct", "time", "hints", "bundle", "fold"]


def test_no_more_than_the_columns_that_must_be_there(tmp_path: Path):
    (tmp_path / "bucket=0").mkdir()
    TABLE.select("student", "correct").write_parquet(tmp_path / "bucket=0" / "part.parquet")
    TABLE.select("student", "correct").clear().write_parquet(tmp_path / "bucket=0" / "rest.parquet")
    table = read_log(tmp_path / "bucket=0").interactions.table
    assert table.schema == TABLE.schema
    assert table.select("student", "correct", "time").rows() == [("a", 0, None), ("a", 1, None), ("b", 0, None)]


def test_records_without_a_student_are_rejected(tmp_path: Path):
    some = TABLE.with_columns(student=pl.Series(["a", None, "b"]))
    some.write_parquet(tmp_path / "log.parquet")
    log = read_log(tmp_path / "log.parquet", max_bad=0.5)
    assert (log.ingest.kept, log.ingest.n_rejected) == (2, 1)
    assert "2 students" in log.ingest.decisions


def test_addresses_leave_nothing_behind(tmp_path: Path):
    TABLE.with_columns(student=pl.col("student") + "@x.org").write_parquet(tmp_path / "log.parquet")
    log = read_compact(tmp_path / "log.parquet")
    assert log.runs is not None
    assert log.runs.to_list() == [pseudonym("a@x.org"), pseudonym("b@x.org")]
    assert log.full().interactions.table["student"].to_list() == [pseudonym(f"{who}@x.org") for who in "aab"]


def test_it_is_read_without_what_text_needs(tmp_path: Path):
    TABLE.write_parquet(tmp_path / "log.parquet")
    code = "import sys; from kt_fewshot.data import read_log; read_log(sys.argv[1]); print('numpy' in sys.modules)"
    command = [sys.executable, "-c", code, tmp_path / "log.parquet"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "False"


def test_parts_are_numbered(tmp_path: Path):
    for name in ("one", "two"):
        TABLE.with_columns(student=pl.col("student") + name).write_parquet(tmp_path / f"{name}.parquet")
    log = read_log([tmp_path / "one.parquet", tmp_path / "two.parquet"])
    assert log.interactions.table.select("file", "row").rows() == [(f, r) for f in (0, 1) for r in (1, 2, 3)]


def test_other_tables_are_refused(tmp_path: Path):
    TABLE.drop("fold").write_parquet(tmp_path / "log.parquet")
    with pytest.raises(LogError, match="not a kt-fewshot log table"):
        read_log(tmp_path / "log.parquet", format="interactions")
    TABLE.with_columns(time=pl.lit("noon")).write_parquet(tmp_path / "log.parquet")
    with pytest.raises(LogError, match="other types"):
        read_log(tmp_path / "log.parquet")
