"""Files of logs and of predictions, other tools' too."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from _audited import honest_columns, simulated, so_far

from kt_fewshot.errors import LogError
from kt_fewshot.evaluation import predictions_frame
from kt_fewshot.recipes import audit_file


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(table: pl.DataFrame, name: str = "log.csv") -> list[Path]:
    table.write_csv(name)
    return [Path(name)]


def kinds(paths, **options):
    return [finding.kind for finding in audit_file(paths, draws=20, **options).audit.findings]


def plain(table: pl.DataFrame) -> pl.DataFrame:
    return table.select("student", "item", "skills", "correct", "time")


def test_a_clean_log_and_a_column_of_any_name(here):
    log = simulated(seed=4)
    table = plain(log.table).with_columns(**{k: pl.Series(v) for k, v in honest_columns(log).items() if k != "class"})
    assert kinds(write(table)) == []
    helped = table.with_columns(**{"Was helped?": pl.when(log.table["hints"] > 0).then(pl.lit("yes")).otherwise(None)})
    found = audit_file(write(helped), draws=20)
    assert [one.kind for one in found.audit.findings] == ["same-row-information"]
    assert "Was helped?" in found.audit.findings[0].sentence
    assert found.to_dict()["columns"]["student"] == "student"
    assert found.to_dict()["files"] == ["log.csv"]


def test_a_log_spelled_out_by_skill_is_found_with_times_and_without(here):
    table = plain(simulated(students=100, multi_skill=0.3).table)
    spelled = table.with_columns(pl.col("skills").str.split("~~")).explode("skills")
    for form in (spelled, spelled.drop("time"), spelled.drop("item")):
        assert kinds(write(form)) == ["expanded-skills"]
    for form in (table, table.drop("time"), table.drop("item"), table.drop("item", "time")):
        assert kinds(write(form)) == []


def test_rows_written_twice_and_out_of_order(here):
    table = plain(simulated(students=50).table)
    doubled = pl.concat([table, table.head(500)]).sort("student", "time")
    assert kinds(write(doubled)) == ["duplicate-rows"]
    assert kinds(write(table.sort("item"))) == ["out-of-order"]


def test_our_own_predictions_of_a_log_spelled_out_by_skill(here):
    log = simulated(students=100, multi_skill=0.3)
    ours = predictions_frame(log, so_far(log, "student", "skills"), split="test")
    assert kinds(write(ours, "predictions.csv")) == []
    ours.write_parquet("predictions.parquet")
    assert kinds([Path("predictions.parquet")]) == []
    repeated = pl.concat([ours, ours.filter(pl.col("kc_ids").str.contains("~~"))]).sort("user_id", "timestamp")
    found = audit_file(write(repeated), draws=20)
    assert [(one.kind, one.severity) for one in found.audit.findings] == [("expanded-skills", "risk")]
    assert found.audit.scores.answers == len(log)


@pytest.mark.parametrize("leak", ["", "hints", "future", "students", "encoding", "skills"])
def test_predictions_of_another_tool(here, leak):
    log = simulated("irt", students=300, multi_skill=0.3 if leak == "skills" else 0.0)
    table = log.table
    said = so_far(log, "student", "skills")
    part = np.where(table["student"].rle_id() % 3 == 0, "test", "train")
    if leak == "hints":
        said = np.where(table["hints"] > 0, 0.4 * said, said)
    if leak == "future":
        said = so_far(log, "student", "skills", itself=True)
    if leak == "students":
        part = np.where(np.arange(len(log)) % 3 == 0, "test", "train")
    if leak == "encoding":
        said = table.select(pl.col("correct").mean().over("item")).to_series().to_numpy()
        part = np.full(len(log), "test")
    frame = pl.DataFrame(
        {
            "uid": table["student"], "question_id": table["item"], "concept": table["skills"], "position":
            pl.select(pl.int_range(len(log), eager=False)).to_series(), "label": table["correct"], "prob": said,
            "subset": part, "hint_used": (table["hints"] > 0).cast(pl.Int8),
        }
    )  # fmt: skip
    if leak == "skills":
        frame = frame.with_columns(pl.col("concept").str.split("~~")).explode("concept")
        again = frame["position"].is_first_distinct().not_()
        frame = frame.with_columns(prob=pl.when(again).then(0.1 + 0.8 * pl.col("label")).otherwise("prob"))
    found = audit_file(write(frame), draws=20)
    assert found.audit.kind == "predictions"
    expected = {
        "hints": "same-row-information",
        "future": "future",
        "students": "students-across-splits",
        "encoding": "target-encoding",
        "skills": "expanded-skills",
    }
    assert [one.kind for one in found.audit.findings] == ([expected[leak]] if leak else [])
    assert found.audit.leaks == bool(leak)
    assert found.columns["prediction"] == "prob"


def test_files_that_cannot_be_audited(here):
    table = plain(simulated(students=5).table)
    with pytest.raises(LogError, match="No log was given"):
        audit_file([])
    with pytest.raises(LogError, match=r"`logit` should hold probabilities in \[0, 1\]\. Found -2 to -2\. Turn scores"):
        audit_file(write(table.with_columns(logit=-2.0)), prediction="logit")
    with pytest.raises(LogError, match="Column `said` holds no numbers"):
        audit_file(write(table.with_columns(said=pl.lit("much"))), prediction="said")
    Path("lines.txt").write_text("3\n1,1,2\n1,0,1\n3\n1,1,2\n1,0,1\n")
    with pytest.raises(LogError, match="Column `p` is missing from"):
        audit_file([Path("lines.txt")], prediction="p")
