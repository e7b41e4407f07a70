"""`data`: describe, convert, simulate, forget."""

import json
from pathlib import Path

import polars as pl
import pytest
from _cli import TINY, cli, small_log


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
    assert "75 %" in text
    assert max(map(len, text.splitlines())) <= 80


def test_describe_tells_why_records_are_no_answers_and_what_to_look_at():
    rows = ["a,x,1", "a,x,0", "007,x,1", "007,x,0", "7,x,", "7,x,maybe", "7,x,", "7,x,1", "one,x,1"]
    Path("log.csv").write_text("\n".join(["student,skill,correct", *rows]) + "\n")
    text = cli("data", "describe", "log.csv", "--max-bad", 0.5).out
    assert "  set aside          2 (no outcome)" in text
    assert "  rejected           1 (the outcome is 'maybe')" in text
    assert "  correct            66.67%" in text
    found = cli("data", "describe", "log.csv", "--max-bad", 0.5, "--json").json
    assert (found["rejected_because"], found["set_aside"]) == ({"the outcome is 'maybe'": 1}, {"no outcome": 2})
    told = " ".join(text.split())
    assert "Warnings (2)" in told
    assert "2 students have one answer only, such as '7'" in told
    assert "2 student ids differ from others only by leading zeros or case, such as '007' and '7'." in told
    assert len(found["warnings"]) == 2


def test_a_log_without_times_spans_no_days():
    small_log(3).drop("time").write_csv("log.csv")
    assert cli("data", "describe", "log.csv", "--json").json["time_span_days"] is None
    assert "time span            unknown" in cli("data", "describe", "log.csv").out


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


def test_convert_hides_students_behind_a_key_and_forget_finds_them_by_it():
    small_log(4).write_csv("log.csv")
    Path("out").mkdir()
    name = small_log(4)["student"][0]
    told = cli("data", "convert", "log.csv", "out/own.parquet", "--pseudonymise", "key").err.splitlines()
    assert told[1] == "New key in key. Keep it, and keep it apart: who has it can tell who is who."
    assert name not in set(pl.read_parquet("out/own.parquet")["student"])
    error = cli("data", "convert", "log.csv", "out/own.csv", "--pseudonymise", "out/key").error
    assert error.startswith("The key file out/key would lie in the output's folder")
    again = cli("data", "convert", "log.csv", "out/own.csv", "--pseudonymise", "key")
    assert again.err.splitlines()[1] == "Pseudonyms by the key in key."
    assert cli("data", "forget", name).error.startswith(f"Student '{name}' was found nowhere in the working folder")
    rows = small_log(4).filter(student=name).height
    found = cli("data", "forget", name, "out", "--key", "key", "--json").json
    assert [(one["path"], one["rows"]) for one in found["removed"]] == [
        ("out/own.csv", rows),
        ("out/own.parquet", rows),
    ]
    assert pl.read_parquet("out/own.parquet")["student"].n_unique() == 3


def test_forget_says_what_went_where_and_what_stays():
    small_log(4).write_csv("log.csv")
    name = small_log(4)["student"][0]
    rows = small_log(4).filter(student=name).height
    for out in ("own.parquet", "own.csv"):
        cli("data", "convert", "log.csv", out)
    dry = cli("data", "forget", name, "--dry-run")
    assert f"Would be removed: {2 * rows} rows" in dry.out
    done = cli("data", "forget", name)
    assert f"Removed: {2 * rows} rows" in done.out
    assert "converted log" in done.out
    assert done.err == "Left as they are, and the student comes back with them: log.csv.\n"
    assert cli("data", "forget", name).error.startswith(f"Student '{name}' was found nowhere")
    assert cli("data", "forget", name, "log.csv").error.startswith("log.csv is no table that this program wrote")
    assert cli("data", "forget").error.startswith("Missing argument 'STUDENT'")


def test_forget_names_the_models_that_learned_from_the_student():
    small_log().write_csv("log.csv")
    assert cli("dkt", "train", "log.csv", *TINY, "--out", "run").code == 0
    split = pl.read_csv("run/split.csv")
    told = cli("data", "forget", split.filter(part="train")["student"][0]).err
    assert "Not forgotten: what models learned from the student. Train again without: run." in told
    told = cli("data", "forget", split.filter(part="test")["student"][0]).err
    assert "Not forgotten" not in told


def test_options_of_formats_are_told_of_by_every_command_that_reads():
    small_log(5).write_csv("log.csv")
    for option, value in (("kc", "Area"), ("hint", "drop"), ("side", "questions.csv")):
        for command in (
            ["data", "describe", "log.csv"],
            ["data", "convert", "log.csv", "out.csv"],
            ["dkt", "train", "log.csv"],
        ):
            error = cli(*command, f"--{option}", value).error
            assert error.startswith(f"Option `{option}` means nothing for format 'generic'")
    assert "`hint` should be 'wrong' or 'drop'" in cli("data", "describe", "log.csv", "--hint", "x").error
    assert cli("data", "describe", "log.csv", "--key", "none").error.startswith("There is no key file none.")


def test_addresses_are_hashed_unless_names_are_kept():
    log = small_log(3).with_columns(student=small_log(3)["student"] + "@school.org")
    log.write_csv("log.csv")
    cli("data", "convert", "log.csv", "hidden.csv")
    cli("data", "convert", "log.csv", "open.csv", "--keep-names")
    assert "@" not in Path("hidden.csv").read_text()
    assert "@" in Path("open.csv").read_text()
    assert "under pseudonyms" in cli("data", "describe", "log.csv").out


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
