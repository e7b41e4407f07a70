from pathlib import Path

import polars as pl

from kt_fewshot.data.readers.layout import outcomes
from kt_fewshot.data.readers.reader import Options, Source
from kt_fewshot.data.readers.wide import wide_draft, with_outcomes


def test_cells_are_numbered_file_by_file_and_judged(tmp_path: Path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("x,y\n1,2\n")
    frames = [
        pl.DataFrame({"student": ["a", "b"], "correct": ["1", "7"], "set_aside": [None, "summary"]}),
        pl.DataFrame({"student": ["", "c"], "correct": ["0.5", "8"], "group": ["g", ""]}),
    ]
    source = Source((tmp_path / "a.csv", tmp_path / "b.csv"))
    draft = wide_draft(source, frames, {"student": "x"}, judge=outcomes, options=Options())
    assert draft.rows_read == 4
    assert draft.frame.select("file", "row", "student", "correct", "group", "set_aside", "rejected").rows() == [
        (0, 1, "a", 1, None, None, None),
        (0, 2, "b", None, None, "summary", None),
        (1, 1, None, None, "g", "partial credit", None),
        (1, 2, "c", None, None, None, "the outcome is '8'"),
    ]


def test_the_readers_reasons_go_before_the_outcome():
    cells = {"student": ["a", "", "c", "d"], "correct": ["1", "x", "x", None]}
    reasons = {"set_aside": ["s", None, None, None], "rejected": [None, "r", None, None]}
    frame = with_outcomes(pl.DataFrame(cells | reasons), judge=outcomes, options=Options())
    assert frame.rows() == [
        ("a", 1, "s", None),
        (None, None, None, "r"),
        ("c", None, None, "the outcome is 'x'"),
        ("d", None, "no outcome", None),
    ]
    plain = with_outcomes(pl.DataFrame({"student": ["a"], "correct": ["1"]}), judge=outcomes, options=Options())
    assert plain.rows() == [("a", 1)]
