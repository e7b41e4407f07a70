from pathlib import Path

import polars as pl
import pytest

from kt_fewshot.data.interactions import Interactions
from kt_fewshot.data.readers import read_log
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
