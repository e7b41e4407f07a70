"""`data`: describe, convert, simulate."""

import json
from pathlib import Path

import polars as pl
import pytest
from _cli import cli, small_log


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_describe_says_what_a_log_holds_and_how_it_was_read():
    log = small_log(5)
    log.write_csv("log.csv", separator="\t")
    found = cli("data", "describe", "log.csv", "--json").json
    assert (found["students"], found["skills"], found["rows_read"], found["kept"]) == (5, 3, log.height, log.height)
    assert found["columns"]["skills"] == "skills"
    assert found["separator"] == "\t"
    assert found["also_has"] == ["response_time", "hints", "attempts", "group"]
    assert found["share_correct"] == pytest.approx(log["correct"].mean())
    assert found["answers_a_student"]["max"] == log.group_by("student").len()["len"].max()
    assert found["time_span_days"] == pytest.approx((log["time"].max() - log["time"].min()) / 86_400)


def test_describe_for_people_fits_a_terminal_and_shows_a_tab():
    small_log(5).write_csv("log.csv", separator="\t")
    text = cli("data", "describe", "log.csv").out
    assert "answers a student" in text
    assert r"'\t'" in text
    assert "set aside" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_log_without_times_spans_no_days():
    small_log(3).drop("time").write_csv("log.csv")
    assert cli("data", "describe", "log.csv", "--json").json["time_span_days"] is None
    assert "time span days             unknown" in cli("data", "describe", "log.csv").out


def test_convert_keeps_every_id_and_can_be_read_again():
    log = small_log(4).with_columns(pl.col("student").replace({"student-01": "007", "student-02": "=1+1"}))
    log.write_csv("log.csv")
    for out in ("own.parquet", "own.csv"):
        written = cli("data", "convert", "log.csv", out, "--json").json
        assert written["rows"] == log.height
        assert json.loads(Path(written["ingest"], "ingest.json").read_text())["kept"] == log.height
        again = cli("data", "describe", out, "--json").json
        assert (again["students"], again["kept"]) == (4, log.height)
        table = pl.read_parquet(out) if out.endswith("parquet") else pl.read_csv(out, infer_schema=False)
        assert set(table["student"]) >= {"007", "=1+1"}
    assert cli("data", "convert", "log.csv", "own.csv").err.splitlines()[-1] == f"{log.height} answers in own.csv."


def test_convert_never_writes_over_what_it_reads():
    small_log(4).write_csv("log.csv")
    before = Path("log.csv").read_bytes()
    assert cli("data", "convert", "log.csv", "log.csv").error.startswith("log.csv is what is being read.")
    assert Path("log.csv").read_bytes() == before
    assert not Path("log.csv.ingest").exists()


@pytest.mark.parametrize("generator", ["bkt", "irt", "dash"])
def test_simulate_writes_a_log_and_its_truth(generator):
    options = ("--students", 5, "--answers", 8, "--skills", 2, "--seed", 3, "--generator", generator)
    written = cli("data", "simulate", "sim.csv", *options, "--truth", "truth.csv", "--json").json
    log, truth = pl.read_csv("sim.csv"), pl.read_csv("truth.csv")
    assert written == {
        "out": "sim.csv",
        "students": 5,
        "rows": log.height,
        "simulator": generator,
        "truth": "truth.csv",
    }
    assert truth.columns == ["student", "row", "skills", "mastered", "p_correct"]
    assert truth["student"].to_list() == log["student"].to_list()
    assert cli("data", "describe", "sim.csv", "--json").json["kept"] == log.height
    again = cli("data", "simulate", "again.parquet", *options)
    assert again.err == f"{log.height} answers of 5 students in again.parquet.\n"
    assert pl.read_parquet("again.parquet")["correct"].to_list() == log["correct"].to_list()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["sim.csv", "--generator", "xyz"], "Unknown simulator 'xyz'. Choose one of: bkt, dash, irt."),
        (["sim.csv", "--students", 0], "`n_students` should be at least 1."),
        (["sim.csv", "--seed", -1], "`seed` should be at least 0. Found `seed = -1`."),
        (["sim.txt"], "Cannot tell from its name how to write sim.txt. Use the ending .csv or .parquet."),
        (["no/sim.csv"], "There is no folder no to write sim.csv to."),
        (["sim.csv", "--truth", "."], ". is a folder. Name a file to write to."),
        (["sim.csv", "--students", "many"], "Invalid value for '--students'"),
        ([], "Missing argument 'OUT'. See"),
    ],
)
def test_what_cannot_be_simulated_is_told_and_nothing_written(arguments, error):
    assert cli("data", "simulate", *arguments).error.startswith(error)
    assert list(Path().iterdir()) == []
