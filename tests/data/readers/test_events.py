import json
from pathlib import Path

import polars as pl
import pytest

from kt_fewshot.data.readers import events as file
from kt_fewshot.data.readers.events import cell, event_draft, names_in, read_events, sent_again, share
from kt_fewshot.data.readers.reader import Options, Source

SCHEMA = {"id": pl.String(), "student": pl.String(), "correct": pl.String(), "time": pl.Float64()}


def source(tmp_path: Path, *files: list) -> Source:
    for number, content in enumerate(files):
        (tmp_path / f"{number}.json").write_text(json.dumps(content))
    return Source(tuple(tmp_path / f"{number}.json" for number in range(len(files))))


def described(record: dict) -> tuple:
    return record["id"], "ann", record.get("correct", "1"), 1.0


def test_records_are_numbered_file_by_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(file, "PIECE", 2)
    found = read_events(
        source(tmp_path, [{"id": "a"}, 7, {"id": "b"}, {"id": "c"}], [{"id": "d"}]), (), SCHEMA, described
    )
    assert found.frame.select("record", "file", "row", "id").rows() == [
        (0, 0, 1, "a"),
        (1, 0, 3, "b"),
        (2, 0, 4, "c"),
        (3, 1, 1, "d"),
    ]
    assert found.rejected.rows() == [(0, 2, 1, "no JSON object")]
    assert found.rows_read == 5


def test_parts_share_the_fate_of_their_whole(tmp_path: Path):
    """`b` is a part of `a`, `c` of `b`; `e` of `d`, which is no answer; `f`, in another file, of `a`."""
    log = source(tmp_path, [{"id": name, "correct": "x" if name == "d" else "1"} for name in "abcde"], [{"id": "f"}])
    found = read_events(log, (), SCHEMA, described)
    links = pl.DataFrame({"record": [1, 2, 4, 5], "into": [0, 1, 3, 0], "part": ["p", "q", "r", "s"]})
    links = links.cast({"record": pl.UInt32, "into": pl.UInt32})
    frame = found.frame.join(links, on="record", how="left", maintain_order="left").drop("id")
    frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in ("set_aside", "rejected"))
    draft = event_draft(log, found, frame, columns={}, options=Options(), decided=["so"])
    assert draft.merged.rows() == [(0, 2, 1, "p"), (0, 3, 1, "q"), (1, 1, None, "s")]
    assert draft.frame.select("row", "correct", "set_aside", "rejected").rows() == [
        (1, 1, None, None),
        (4, None, None, "the outcome is 'x'"),
        (5, None, "r", None),
    ]
    assert draft.decisions == ("1 merged (p)", "1 merged (q)", "1 merged (s)", "so")


def test_the_first_of_equal_ids_is_kept():
    frame = pl.DataFrame({"record": range(5), "id": ["a", None, "a", None, "a"], "ok": [False, True, True, True, True]})
    found = sent_again(frame, "id", pl.col("ok"))
    assert found["into"].to_list() == [None, None, None, None, 2]
    assert found["part"].to_list() == [None, None, None, None, "sent again"]


def test_cells_and_shares():
    values = (True, False, 1, 0.25, -2, 10**400, "yes", "", None, {"a": 1}, float("nan"))
    assert [cell(value) for value in values] == [
        "1",
        "0",
        "1.0",
        "0.25",
        "0.0",
        "inf",
        "yes",
        "",
        None,
        "{'a': 1}",
        "inf",
    ]
    scores = ((1, 4, None), (1, 4, 0), (-1, 1, -1), (9, 4, 0), (1, 1, 1), (True, 4, 0), ("1", 4, 0), (1, 10**400, 0))
    assert [share(*score) for score in scores] == ["0.25", "0.25", "0.0", "1.0", None, None, None, None]


def test_names():
    assert names_in([{"id": "b"}, "a", {"@id": "c~~d"}, {}, None, 3]) == "3~~a~~b~~c~ ~d"
    assert names_in(None) is None
