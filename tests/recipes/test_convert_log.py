"""Any log in, the toolkit's own columns out: to the last value, however the log was written."""

import gzip
import json
import re
from pathlib import Path

import polars as pl
import pytest
from _cli import small_log

from kt_fewshot.data import read_log
from kt_fewshot.errors import KTError, LogError, StorageError
from kt_fewshot.recipes import ReadSettings, convert_log

HEADER = "user_id,problem_id,skill,correct,timestamp,ms_first_response,hint_count,note"
ROWS = [
    f"u{k % 11:03},p{k % 7},k{k % 3},{k % 2},{1_500_000_000_000 + k * 7919 % 100_000},{k * 37},{k % 4},fine"
    for k in range(400)
]
PLAIN = "\n".join([HEADER, *ROWS]) + "\n"
TWICE = "\n".join(
    [
        HEADER,
        *(
            row.replace(f",k{s},", f",{name},")
            for row in ROWS
            for s in range(3)
            if f",k{s}," in row
            for name in ("x", "y")
        ),
    ]
)

LOGS = {
    "in no order": PLAIN.encode(),
    "dates": "\n".join(
        [HEADER, *(re.sub(r"15000000(\d)(\d)\d*", r"2017-07-14 02:\1\2:00", row) for row in ROWS)]
    ).encode(),
    "a row a skill": TWICE.encode(),
    "latin-1": PLAIN.replace("fine", "schön").replace("u003", "ü").encode("latin-1"),
    "utf-16": PLAIN.encode("utf-16"),
    "semicolons, windows line ends": PLAIN.replace(",", ";").replace("\n", "\r\n").encode(),
    "line ends within fields": PLAIN.replace("fine", '"not\n""fine"", no"').encode(),
    "bad lines, no outcomes, no students": (
        PLAIN.replace(",1,1500000000990,", ",,1,") + "short,line\n" + "u1,p1,k1,maybe,1,1,1,x\n" + ",p1,k1,1,1,1,1,x\n"
    ).encode(),
    "ids that look alike": PLAIN.replace("u003", "007").replace("u004", "7").replace("u005", "NA").encode(),
    "no times": PLAIN.replace("timestamp", "other").encode(),
    "one time": "\n".join(
        [HEADER, *(",".join([*row.split(",")[:4], "5", *row.split(",")[5:]]) for row in ROWS)]
    ).encode(),
    "lists of skills": PLAIN.replace("k1", "k0~~k2").encode(),
    "gzip": gzip.compress(PLAIN.encode(), mtime=0),
}


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


@pytest.mark.parametrize("name", LOGS)
def test_what_is_written_is_what_is_read(tmp_path: Path, name: str):
    path, out = tmp_path / "log.csv", tmp_path / "own.parquet"
    path.write_bytes(LOGS[name])
    log = read_log(path)
    told = convert_log([path], out)
    assert pl.read_parquet(out).equals(log.interactions.table)
    assert told["rows"] == len(log.interactions)
    assert told["read_as"] == log.ingest.sentence
    assert (tmp_path / "own.parquet.ingest" / "ingest.json").read_text() == log.ingest.to_json() + "\n"
    assert (tmp_path / "own.parquet.ingest" / "rejects.csv").read_text() == log.ingest.rejects_csv()
    assert read_log(out).interactions.table.drop("file", "row").equals(log.interactions.table.drop("file", "row"))


def test_the_samples_are_what_they_are_called(tmp_path: Path):
    """The logs above do come in another order, merged, set aside and rejected."""
    told = {}
    for name, content in LOGS.items():
        (tmp_path / "log.csv").write_bytes(content)
        convert_log([tmp_path / "log.csv"], tmp_path / "own.parquet")
        told[name] = json.loads((tmp_path / "own.parquet.ingest" / "ingest.json").read_text())
    assert (told["a row a skill"]["kept"], told["a row a skill"]["merged"]) == (400, 400)
    assert told["bad lines, no outcomes, no students"]["rejected"] == 3
    assert "in order of time" in told["in no order"]["decisions"]
    assert "in the order given" in told["one time"]["decisions"]
    assert any(decision.startswith("time read as dates") for decision in told["dates"]["decisions"])
    assert told["gzip"]["compression"] == "gzip"


def test_buckets_hold_the_same_answers(tmp_path: Path):
    path = tmp_path / "log.csv"
    path.write_text(PLAIN)
    told = convert_log([path], tmp_path / "own", buckets=4)
    assert (told["rows"], Path(told["out"])) == (400, tmp_path / "own")
    own, expected = read_log(tmp_path / "own").interactions, read_log(path).interactions
    assert own.n_students == expected.n_students == 11
    for student in expected.table["student"].unique():
        found, wanted = (log.table.filter(student=student).drop("file", "row") for log in (own, expected))
        assert found.equals(wanted)
    with pytest.raises(StorageError, match="own exists already"):
        convert_log([path], tmp_path / "own", buckets=4)


def test_progress_is_told(tmp_path: Path):
    path = tmp_path / "log.csv"
    path.write_text(PLAIN)
    heard: list[tuple[int, int]] = []
    convert_log([path], tmp_path / "own.parquet", watch=lambda records, size: heard.append((records, size)))
    assert sum(records for records, _ in heard) == 400
    assert sum(size for _, size in heard) == path.stat().st_size - len(HEADER) - 1


def test_a_header_alone_or_a_wrong_setting_leaves_nothing(tmp_path: Path):
    path = tmp_path / "log.csv"
    path.write_text("student,skill,correct\n")
    with pytest.raises(LogError, match="no records"):
        convert_log([path], tmp_path / "own.parquet")
    with pytest.raises(KTError, match="no setting `kcs`"):
        convert_log([path], tmp_path / "own.parquet", read={"kcs": 1})
    assert [entry.name for entry in tmp_path.iterdir()] == ["log.csv"]
