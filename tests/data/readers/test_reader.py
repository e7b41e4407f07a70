from pathlib import Path

import polars as pl
import pytest

from kt_fewshot.data.interactions import SCHEMA
from kt_fewshot.data.readers.reader import DRAFT_SCHEMA, Draft, Reader, Source, signature
from kt_fewshot.data.readers.sniff import Peek


def test_a_signature_counts_only_when_complete():
    peek = Peek(Path("log.csv"), "table", header=("a", "b", "c"))
    assert signature(peek, frozenset({"a", "c"})) == 2
    assert signature(peek, frozenset({"a", "d"})) == 0
    assert signature(Peek(Path("log.txt"), "text", lines=("a,b",)), frozenset({"a"})) == 0


def test_a_source_looks_at_its_files(tmp_path: Path):
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text(f"{name},b\nx,1\n")
    source = Source((tmp_path / "one.csv", tmp_path / "two.csv"))
    assert [peek.header[0] for peek in source.peeks] == ["one.csv", "two.csv"]
    assert source.peek is source.peeks[0]


def test_a_draft_tells_what_it_need_not():
    assert set(SCHEMA) < set(DRAFT_SCHEMA)
    draft = Draft(pl.DataFrame(), ("log.csv",), 0, {})
    assert draft.line_of(0, 5) == 5
    assert draft.rejected.columns == ["file", "row", "line", "reason"]


def test_a_reader_must_say_how_it_recognises_and_reads():
    with pytest.raises(TypeError, match="abstract"):
        Reader()  # type: ignore[abstract]
