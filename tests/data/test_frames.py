"""Data frames of pandas and polars become the same log; what is missing, double or odd is named."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kt_fewshot.data import SCHEMA, Interactions, frame_columns, interactions_of

ROWS = {
    "user_id": [7, 8, 7, 8],
    "problem_id": ["q1", "q1", "q2", None],
    "skill_name": ["b~~a", "a", None, "a"],
    "correct": [1, 0, 0, 1],
    "timestamp": [30.0, 10.0, 20.0, 40.0],
}


def _both(rows: dict) -> list:
    return [pl.DataFrame(rows, strict=False), pd.DataFrame(rows)]


@pytest.mark.parametrize("frame", _both(ROWS), ids=["polars", "pandas"])
def test_by_hand(frame):
    table = interactions_of(frame).table
    assert dict(table.schema) == dict(SCHEMA)
    assert table.select("student", "item", "skills", "correct", "time", "row").rows() == [
        ("7", "q2", None, 0, 20.0, 3),
        ("7", "q1", "a~~b", 1, 30.0, 1),
        ("8", "q1", "a", 0, 10.0, 2),
        ("8", None, "a", 1, 40.0, 4),
    ]


def test_interactions_are_given_back():
    log = interactions_of(pl.DataFrame(ROWS))
    assert interactions_of(log) is log


@pytest.mark.parametrize("frame", _both(ROWS | {"order_id": [4, 3, 2, 1]}), ids=["polars", "pandas"])
def test_the_order_id_goes_before_the_time(frame):
    assert interactions_of(frame).table["row"].to_list() == [3, 1, 4, 2]


def test_without_either_the_frames_order_counts():
    frame = pd.DataFrame(ROWS).drop(columns="timestamp").set_index(pd.Index([9, 9, 9, 9]))
    assert interactions_of(frame).table["row"].to_list() == [1, 3, 2, 4]


def test_names_of_pybkt_and_our_own_name_columns():
    frame = pl.DataFrame({"kid": ["a"], "KC(Default)": ["k"], "ok": [True], "when": [3]})
    named = {"user_id": "kid", "skill_name": "KC(Default)", "correct": "ok", "order_id": "when"}
    ours = {"student": "kid", "skill": "KC(Default)", "correct": "ok", "order": "when"}
    for defaults in (named, ours):
        assert interactions_of(frame, defaults).table.select("student", "skills", "correct").row(0) == ("a", "k", 1)
    assert frame_columns(frame, named) == {"student": 0, "skill": 1, "correct": 2, "order": 3}


CORRECT = {
    "numbers": [1, 0],
    "floats": [1.0, 0.0],
    "booleans": [True, False],
    "words": ["right", "wrong"],
    "texts": ["1", "0"],
}


@pytest.mark.parametrize("values", CORRECT.values(), ids=CORRECT.keys())
def test_every_way_of_being_right(values):
    for frame in _both({"student": ["a", "a"], "correct": values}):
        assert interactions_of(frame).table["correct"].to_list() == [1, 0]


def test_whole_numbers_that_pandas_made_floats_are_whole_numbers():
    frame = pd.DataFrame({"student": [1, 2], "skill_id": [47, np.nan], "correct": [1, 1]})
    assert interactions_of(frame).table["skills"].to_list() == ["47", None]
    nullable = frame.astype({"skill_id": "Int64"})
    assert interactions_of(nullable).table["skills"].to_list() == ["47", None]


def test_lists_of_skills():
    rows = {"student": ["a", "b", "c"], "skills": [["y", "x"], [], None], "correct": [1, 1, 1]}
    for frame in _both(rows):
        assert interactions_of(frame).table["skills"].to_list() == ["x~~y", None, None]
    mixed = pd.DataFrame(rows | {"skills": [("y", "x"), "z", None]})
    assert interactions_of(mixed).table["skills"].to_list() == ["x~~y", "z", None]


def test_dates_are_seconds():
    texts = ["2020-01-01 00:00:10", "2020-01-01 00:00:00", None]
    rows = {"student": ["a"] * 3, "correct": [1, 0, 1]}
    day = 1_577_836_800.0
    stamps = pd.to_datetime(texts)
    made = [
        pd.DataFrame(rows | {"date": stamps}),
        pd.DataFrame(rows | {"date": stamps.tz_localize("UTC")}),
        pl.DataFrame(rows | {"date": texts}).with_columns(pl.col("date").str.to_datetime()),
        pl.DataFrame(rows | {"date": texts}),
    ]
    for frame in made:
        table = interactions_of(frame).table
        assert table["time"].to_list() == [day, day + 10, None]
        assert table["row"].to_list() == [2, 1, 3]


def test_behaviour_is_taken_by_its_own_name_only_since_units_differ():
    rows = {"student": ["a"], "correct": [1], "hints": [2], "attempts": [3]}
    milliseconds = interactions_of(pl.DataFrame(rows | {"ms_first_response": [5000]}))
    assert not milliseconds.has("response_time")
    assert milliseconds.table.select("hints", "attempts").row(0) == (2, 3)
    assert interactions_of(pl.DataFrame(rows | {"response_time": [5]})).table["response_time"][0] == 5


REFUSED = {
    "no student": ({"correct": [1]}, {}, r"Column `student` is missing \(found: correct\). Name it: defaults="),
    "no outcome": ({"student": ["a"]}, {}, "Column `correct` is missing"),
    "named column": ({"student": ["a"], "correct": [1]}, {"item": "q"}, r"Column `q` is missing \(found: student, c"),
    "unknown name": (
        {"student": ["a"], "correct": [1]},
        {"multigs": "student"},
        "There is no column `multigs` to name",
    ),
    "two skills": (
        {"student": ["a"], "correct": [1], "skill_id": [1], "skill_name": ["k"]},
        {},
        "Both `skill_id` and `skill_name` could be the skill. Name it: defaults={'skill': 'skill_id'}",
    ),
    "half right": (
        {"student": ["a", "b"], "correct": [1, 0.5]},
        {},
        "`correct` should be 0 or 1 in every row. Found 0.5 in",
    ),
    "no answer": ({"student": ["a", "b"], "correct": [1, None]}, {}, "Found None in row 2"),
    "a word": ({"student": ["a"], "correct": ["maybe"]}, {}, "Column `correct` should be 0 or 1: "),
    "nobody": ({"student": ["a", None], "correct": [1, 0]}, {}, "should name the student of every answer"),
}


@pytest.mark.parametrize(("rows", "defaults", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(rows, defaults, message):
    for frame in _both(rows):
        with pytest.raises(ValueError, match=message):
            interactions_of(frame, defaults)


def test_only_frames():
    with pytest.raises(TypeError, match="should be a data frame of pandas or polars. Found list"):
        interactions_of([1, 2])


def test_an_empty_frame_is_an_empty_log():
    assert len(interactions_of(pl.DataFrame({"student": [], "correct": []}))) == 0
    assert isinstance(interactions_of(pd.DataFrame({"student": [], "correct": []})), Interactions)
