"""Any log in, the toolkit's own columns out."""

from pathlib import Path

import polars as pl
import pytest
from _cli import small_log

from kt_fewshot.errors import LogError
from kt_fewshot.recipes import ReadSettings, convert_log


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A working folder."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("out", ["own.csv", "own.parquet"])
def test_what_is_written_is_read_as_the_same_answers(out):
    small_log(4).write_csv("log.csv")
    convert_log([Path("log.csv")], Path(out))
    before, after = (ReadSettings().read(Path(name)).interactions.table for name in ("log.csv", out))
    same = ["student", "item", "skills", "correct", "time", "hints", "attempts", "group"]
    assert before.select(same).equals(after.select(same))


def test_parts_become_one_log_and_columns_can_be_named():
    log = small_log(4).rename({"skills": "what"})
    log.head(10).write_csv("a.csv")
    log.tail(-10).write_csv("b.csv")
    written = convert_log([Path("a.csv"), Path("b.csv")], Path("own.parquet"), read={"columns": {"skill": "what"}})
    assert written["rows"] == log.height == pl.read_parquet("own.parquet").height


def test_a_log_that_cannot_be_read_leaves_nothing():
    Path("empty.csv").write_text("")
    with pytest.raises(LogError):
        convert_log([Path("empty.csv")], Path("own.csv"))
    assert [path.name for path in Path().iterdir()] == ["empty.csv"]
