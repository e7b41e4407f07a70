import json
from pathlib import Path

import polars as pl
import pytest

from kt_fewshot.data.readers.ingest import FATE_SCHEMA, REJECTED_SCHEMA, Ingest


def ingest(**changes) -> Ingest:
    fates = [(0, 2, "rejected", "no student", None), (0, 3, "merged", "again", 1), (0, 4, "set_aside", "blank", None)]
    values = {
        "format": "generic",
        "title": "table",
        "files": ("log.csv",),
        "encoding": "utf-8",
        "separator": ",",
        "compression": "none",
        "columns": {"student": "user"},
        "rows_read": 5,
        "kept": 2,
        "merged": 1,
        "set_aside": {"blank": 1},
        "rejected": pl.DataFrame([(0, 2, 3, "no student, =1+1")], schema=REJECTED_SCHEMA, orient="row"),
        "fates": pl.DataFrame(fates, schema=FATE_SCHEMA, orient="row"),
        "decisions": ("table", "2 answers"),
    }
    return Ingest(**(values | changes))


def test_the_account_is_balanced():
    assert ingest().n_rejected == 1
    assert ingest().sentence == "table, 2 answers"
    with pytest.raises(ValueError, match="Found 6 = 2 . 1 . 1 . 1"):
        ingest(rows_read=6)
    with pytest.raises(ValueError, match="should tell of 3 records. Found 2"):
        ingest(fates=ingest().fates.head(2))


def test_it_is_written_as_json_and_csv(tmp_path: Path):
    ingest().save(tmp_path / "run")
    told = json.loads((tmp_path / "run" / "ingest.json").read_text())
    assert told["rows_read"] == told["kept"] + told["merged"] + sum(told["set_aside"].values()) + told["rejected"]
    assert told["columns"] == {"student": "user"}
    assert told["decisions"] == ["table", "2 answers"]
    lines = (tmp_path / "run" / "rejects.csv").read_text().splitlines()
    assert lines == ["file,line,reason", 'log.csv,3,"no student, =1+1"']


def test_what_the_log_holds_and_why_records_were_rejected_is_told_too():
    rejected = pl.DataFrame([(0, k, k, "a" if k < 3 else "b") for k in range(5)], schema=REJECTED_SCHEMA, orient="row")
    fates = pl.DataFrame([(0, k, "rejected", "x", None) for k in range(5)], schema=FATE_SCHEMA, orient="row")
    whole = ingest(rows_read=7, merged=0, set_aside={}, rejected=rejected, fates=fates, contents={"students": 2})
    assert whole.to_dict()["rejected_because"] == {"a": 3, "b": 2}
    assert json.loads(whole.to_json())["students"] == 2
    assert json.loads(ingest(contents={"max": float("inf")}).to_json())["max"] is None
