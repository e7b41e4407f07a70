"""Results: one JSON shape, one table, one text."""

import json
import math

import numpy as np
import polars as pl
import pytest

from kt_fewshot.evaluation import PartScores, Results
from kt_fewshot.evaluation.results import TABLE_SCHEMA
from kt_fewshot.metrics import Interval, mean_interval

UNDEFINED = Interval(math.nan, reason="every answer is right")
RESULTS = Results(
    test={"auc": Interval(0.75, 0.7, 0.8), "log_loss": Interval(0.5)},
    counts={"answers": 1200, "students": 30},
    skills=(PartScores("fractions", 10, 4, 1.0, 0.8, {"auc": UNDEFINED}),),
    positions=(PartScores("2-5", 120, 30, 0.5, math.nan, {"auc": Interval(0.6, 0.5, 0.7)}),),
    reference={"auc": Interval(0.5)},
    mastery={"auc": 0.9, "lag_median": math.inf, "by": {"bkt": np.float32(0.5)}, "values": np.array([1, 2])},
    tasks={"hints": {"auc": Interval(0.7, 0.6, 0.8)}},
    run="runs/a",
)


def test_json_is_strict_and_complete():
    content = json.loads(json.dumps(RESULTS.to_json_dict(), allow_nan=False))
    assert content == {
        "run": "runs/a",
        "counts": {"answers": 1200, "students": 30},
        "test": {
            "auc": {"value": 0.75, "low": 0.7, "high": 0.8},
            "log_loss": {"value": 0.5, "low": None, "high": None},
        },
        "reference": {"auc": {"value": 0.5, "low": None, "high": None}},
        "mastery": {"auc": 0.9, "lag_median": None, "by": {"bkt": 0.5}, "values": [1, 2]},
        "tasks": {"hints": {"auc": {"value": 0.7, "low": 0.6, "high": 0.8}}},
        "skills": [
            {
                "key": "fractions",
                "n": 10,
                "students": 4,
                "base_rate": 1.0,
                "mean_predicted": 0.8,
                "auc": {"value": None, "low": None, "high": None, "reason": "every answer is right"},
            }
        ],
        "positions": [
            {
                "key": "2-5",
                "n": 120,
                "students": 30,
                "base_rate": 0.5,
                "mean_predicted": None,
                "auc": {"value": 0.6, "low": 0.5, "high": 0.7},
            }
        ],
    }


def test_json_comes_back():
    content = json.loads(json.dumps(RESULTS.to_json_dict()))
    back = Results.from_json_dict(content | {"later": 1})
    assert back.to_json_dict() == content
    assert back.tasks == RESULTS.tasks
    assert back.test == {"auc": Interval(0.75, 0.7, 0.8), "log_loss": back.test["log_loss"]}
    assert math.isnan(back.test["log_loss"].low)
    assert math.isnan(back.skills[0].scores["auc"].value)
    assert back.skills[0].scores["auc"].reason == "every answer is right"


def test_a_benchmark_of_episodes_needs_only_its_accuracy():
    results = Results({"accuracy": mean_interval([0.5, 0.7, 0.9])})
    assert list(results.to_json_dict()) == ["test"]
    assert results.text().startswith("accuracy  0.7000 [0.2032, 1.1968]")


def test_table():
    table = RESULTS.table()
    assert dict(table.schema) == TABLE_SCHEMA
    expected = pl.DataFrame(
        [
            ("test", None, "auc", 1200, 0.75, 0.7, 0.8, None),
            ("test", None, "log_loss", 1200, 0.5, None, None, None),
            ("reference", None, "auc", 1200, 0.5, None, None, None),
            ("task", "hints", "auc", None, 0.7, 0.6, 0.8, None),
            ("skill", "fractions", "auc", 10, None, None, None, "every answer is right"),
            ("position", "2-5", "auc", 120, 0.6, 0.5, 0.7, None),
        ],
        schema=TABLE_SCHEMA,
        orient="row",
    )
    assert table.equals(expected)
    assert dict(Results({}).table().schema) == TABLE_SCHEMA


def test_text():
    assert RESULTS.text().splitlines() == [
        "answers 1,200, students 30",
        "auc       0.7500 [0.7000, 0.8000]  (reference 0.5000)",
        "log_loss  0.5000",
    ]
    assert Results({"auc": UNDEFINED}).text() == "auc  undefined (every answer is right)"
    assert Results({}).text() == ""


def test_changes_make_new_results():
    moved = RESULTS.of_run("runs/b").with_mastery({}).with_tasks({})
    assert (moved.run, moved.mastery, moved.tasks) == ("runs/b", {}, {})
    assert RESULTS.run == "runs/a"
    with pytest.raises(AttributeError):
        RESULTS.run = "elsewhere"
