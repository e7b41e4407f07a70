"""`data audit`: what it prints, and how it ends."""

from pathlib import Path

import polars as pl
import pytest
from _audited import simulated, so_far
from _cli import cli


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def predictions(*, itself: bool = False) -> pl.DataFrame:
    log = simulated(students=120)
    return log.table.select("student", "skills", "item", "time", y_true="correct").with_columns(
        y_pred=pl.Series(so_far(log, "student", "skills", itself=itself))
    )


def test_honest_predictions_end_with_0_and_a_table_of_trivial_models():
    predictions().write_csv("honest.csv")
    found = cli("data", "audit", "honest.csv", "--draws", 20)
    assert found.code == 0
    assert "No leak found." in found.out
    assert "Trivial models on the same" in found.out
    assert "the student so far" in found.out
    assert "Findings" not in found.out
    assert max(map(len, found.out.splitlines())) <= 80
    assert found.err.startswith("Read as table")


def test_a_leak_is_told_with_advice_and_ends_with_1():
    predictions(itself=True).write_csv("leak.csv")
    found = cli("data", "audit", "leak.csv", "--draws", 20)
    assert found.code == 1
    for word in ("Findings", "leak", "future", "look at", "Verdict", "1 leak found."):
        assert word in found.out
    told = cli("data", "audit", "leak.csv", "--draws", 20, "--json")
    assert told.code == 1
    assert told.err == ""
    assert told.json["leaks"] == 1
    assert told.json["findings"][0]["kind"] == "future"
    assert told.json["scores"]["best_trivial"]


def test_a_risk_alone_ends_with_0():
    log = simulated(students=60).table
    log.select("student", "item", "skills", "correct", "hints").write_csv("log.csv")
    found = cli("data", "audit", "log.csv", "--draws", 20)
    assert found.code == 0
    assert "1 risk found." in found.out
    assert "Not tested: " in found.err


def test_bad_input_ends_with_2():
    predictions().rename({"y_pred": "out"}).with_columns(pl.col("out") * 10).write_csv("odd.csv")
    assert "should hold probabilities" in cli("data", "audit", "odd.csv", "--prediction", "out").error
    assert "There is no file" in cli("data", "audit", "none.csv").error
    assert "missing" in cli("data", "audit", "odd.csv", "--split", "gone").error


def test_help_names_the_columns_and_the_exit_codes():
    text = " ".join(cli("data", "audit", "--help").out.split())
    for word in ("y_pred", "y_true", "kc_ids", "position", "--prediction", "Exit code 0", "--json"):
        assert word in text
