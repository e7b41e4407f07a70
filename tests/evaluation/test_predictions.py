"""The prediction frame: line n tells of record n, whatever became of it."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.data import Interactions
from kt_fewshot.evaluation import PREDICTION_SCHEMA, predictions_frame

FATES = {"file": pl.UInt32, "row": pl.Int64, "fate": pl.String, "reason": pl.String, "into": pl.Int64}
# Two files. First: 1 bo, 2 merged into 1, 3 a hint, 4 ada's later answer, 5 ada's earlier one, 6 cannot be read.
LOG = Interactions.ordered(
    pl.DataFrame(
        {
            "student": ["bo", "ada", "ada", "bo"],
            "item": ["i", "j", None, "j"],
            "skills": ["x~~y", "y", None, "y"],
            "correct": [1, 0, 1, 0],
            "time": [5.0, 9.5, 2.0, 7.0],
            "fold": [0, 1, 1, 0],
            "file": [0, 0, 0, 1],
            "row": [1, 4, 5, 1],
        }
    ),
    files=("a.csv", "b.csv"),
)
OTHERS = pl.DataFrame(
    [
        (0, 6, "rejected", "no outcome", None),
        (0, 2, "merged", "one answer on several skills", 1),
        (0, 3, "set_aside", "hint", None),
        (1, 2, "merged", "one answer on several skills", 1),
    ],
    schema=FATES,
    orient="row",
)
PROBABILITY = np.array([0.1, 0.2, 0.3, np.nan])  # rows of LOG: bo, bo in b.csv, ada earlier, ada later


def test_by_hand():
    frame = predictions_frame(LOG, PROBABILITY, fates=OTHERS, rows_read=8, split="test", mastery=PROBABILITY + 0.5)
    assert list(frame.schema.items()) == list(PREDICTION_SCHEMA.items())
    bo = ("bo", 5.0, "test", "x~~y", "i", 1, 0.1, 0, 0.6)
    bo_later = ("bo", 7.0, "test", "y", "j", 0, 0.2, 0, 0.7)
    nothing = (None,) * 9
    assert frame.rows() == [
        bo,
        bo,
        nothing,
        ("ada", 9.5, "test", "y", "j", 0, None, 1, None),
        ("ada", 2.0, "test", None, None, 1, 0.3, 1, 0.8),
        nothing,
        bo_later,
        bo_later,
    ]


def test_what_is_not_told_is_null_and_columns_can_be_given():
    log = Interactions.ordered(pl.DataFrame({"student": ["a", "b"], "correct": [1, 0]}))
    frame = predictions_frame(log, [0.5, 0.25])
    assert frame.rows() == [("a", None, None, None, None, 1, 0.5, None, None), ("b", *[None] * 4, 0, 0.25, None, None)]
    given = predictions_frame(log, [0.5, 0.25], split=["train", "test"], fold=3)
    assert given["split"].to_list() == ["train", "test"]
    assert given["fold"].to_list() == [3, 3]
    assert predictions_frame(log, [0.5, 0.25], fold=[1, 2])["fold"].to_list() == [1, 2]


@given(st.lists(st.sampled_from(["kept", "merged", "set_aside", "rejected"]), max_size=25), st.randoms())
def test_every_record_has_its_line(fates, random):
    fates = ["kept", *fates]
    kept = [row for row, fate in enumerate(fates, start=1) if fate == "kept"]
    log = Interactions.ordered(
        pl.DataFrame({"student": [random.choice("abc") for _ in kept], "correct": [1] * len(kept), "row": kept})
    )
    into = {row: random.choice(kept) for row, fate in enumerate(fates, start=1) if fate == "merged"}
    others = [(0, row, fate, "", into.get(row)) for row, fate in enumerate(fates, start=1) if fate != "kept"]
    random.shuffle(others)
    probability = log.table["row"].to_numpy() / 100
    frame = predictions_frame(
        log, probability, fates=pl.DataFrame(others, schema=FATES, orient="row"), rows_read=len(fates)
    )
    expected = {row: row / 100 for row in kept} | {row: of / 100 for row, of in into.items()}
    assert frame["y_pred"].to_list() == [expected.get(row) for row in range(1, len(fates) + 1)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rows_read": 9}, "The log has 9 records. Found 4 answers and 4 fates"),
        ({"fates": OTHERS[:3].vstack(OTHERS[:1])}, "gap or a repetition at record 6 of file 0"),
        ({"fates": OTHERS[1:], "rows_read": 8}, "The log has 8 records. Found 4 answers and 3 fates"),
        ({"fates": OTHERS[:2].vstack(OTHERS[3:])}, "gap or a repetition at record 4 of file 0"),
        ({"fates": None}, "gap or a repetition"),
        ({"fates": OTHERS.with_columns(into=pl.lit(3))}, "Record 2 of file 0 went into record 3, which was not kept"),
        ({"probability": [0.5]}, r"`probability` should hold one number for each of 4 answers. Found shape \(1,\)"),
        ({"mastery": [0.5, 2, 0.1, 0.1]}, r"`mastery` should be in \[0, 1\]. Found 0.1 to 2"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        predictions_frame(LOG, **{"probability": PROBABILITY, "fates": OTHERS, **options})
