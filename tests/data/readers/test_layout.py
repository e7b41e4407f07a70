from pathlib import Path

import polars as pl
import pytest

from kt_fewshot.data.readers.columns import ColumnChoice
from kt_fewshot.data.readers.layout import Layout, outcomes, read_tables
from kt_fewshot.data.readers.reader import Draft, Options, Source
from kt_fewshot.errors import LogError

COLUMNS = {"student": "who", "correct": "ok", "hints": "help", "kind": "kind"}


def draft_of(tmp_path: Path, *texts: str, layout: Layout | None = None, **options) -> Draft:
    paths = []
    for number, text in enumerate(texts):
        paths.append(tmp_path / f"part{number}.csv")
        paths[-1].write_text(text)
    layout = layout or Layout(COLUMNS, optional=frozenset({"hints", "kind"}))
    return read_tables(Source(tuple(paths)), layout, Options(**options))


def test_outcomes_with_their_reasons():
    cells = pl.Series(["1", "0", "", None, "0.5", "x"])
    judged = outcomes(cells, None)
    assert judged["correct"].to_list() == [1, 0, None, None, None, None]
    assert judged["set_aside"].to_list() == [None, None, "no outcome", "no outcome", "partial credit", None]
    assert judged["rejected"].to_list() == [None] * 5 + ["the outcome is 'x'"]
    assert outcomes(cells, 0.5)["correct"].to_list() == [1, 0, None, None, 1, None]
    assert set(outcomes(cells[:2], None)) == {"correct"}
    assert outcomes(cells[:0], None)["correct"].len() == 0


def test_optional_columns_may_lack_in_any_part(tmp_path: Path):
    draft = draft_of(tmp_path, "who,ok,help\na,1,3\n", "ok;who\n0;b\n1;b\n")
    assert draft.frame.select("file", "row", "student", "correct", "hints").rows() == [
        (0, 1, "a", 1, 3),
        (1, 1, "b", 0, None),
        (1, 2, "b", 1, None),
    ]
    assert (draft.rows_read, draft.separator) == (3, ",, ;")
    assert dict(draft.columns) == {"student": "who", "correct": "ok", "hints": "help"}


def test_other_columns_may_not(tmp_path: Path):
    with pytest.raises(LogError, match=r"Column `ok` is missing from part1.csv \(found: who, is_ok\)"):
        draft_of(tmp_path, "who,ok\na,1\n", "who,is_ok\na,1\n")


def test_the_readers_own_reason_goes_before_the_outcome(tmp_path: Path):
    def adjust(text: pl.DataFrame) -> pl.DataFrame:
        kind = pl.col("kind")
        lecture = pl.when(kind == "lecture").then(pl.lit("a lecture")).alias("set_aside")
        odd = pl.when(kind == "odd").then(pl.lit("an odd kind")).alias("rejected")
        return text.with_columns(lecture, odd).drop("kind")

    text = "who,ok,kind\na,-1,lecture\na,1,answer\na,,answer\na,1,odd\na,7,answer\n"
    frame = draft_of(tmp_path, text, layout=Layout(COLUMNS, frozenset({"hints"}), adjust=adjust)).frame
    assert frame["set_aside"].to_list() == ["a lecture", None, "no outcome", None, None]
    assert frame["rejected"].to_list() == [None, None, None, "an odd kind", "the outcome is '7'"]


def test_the_users_choice_of_columns_goes_first():
    layout = Layout({"student": "who", "skills": "kc", "order": "id", "hints": "help"}, frozenset({"hints"}))
    chosen = layout.chosen(ColumnChoice(skill="topic", time="when", hints="n"))
    assert chosen.columns == {"student": "who", "skills": "topic", "time": "when", "hints": "n"}
    assert chosen.optional == frozenset()
    assert layout.chosen(ColumnChoice()) == layout


def test_bad_lines_of_every_part_are_located(tmp_path: Path):
    draft = draft_of(tmp_path, "who,ok\na,1\nb\n", "who,ok\n\na,1\na\n")
    assert draft.rejected.rows() == [(0, 2, 3, "1 fields instead of 2"), (1, 2, 4, "1 fields instead of 2")]
    assert draft.line_of(1, 1) == 3
