"""`dkt`: train on every kind of log and split, evaluate, predict, mastery, options; one JSON object each."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from _cli import TINY, cli, model_digest, small_log

PARTS = ["train", "valid", "test"]


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A working folder with `sim.csv` and one run trained on it."""
    folder = tmp_path_factory.mktemp("trained")
    small_log().write_csv(folder / "sim.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert cli("dkt", "train", "sim.csv", *TINY).code == 0
    return folder


@pytest.fixture
def there(trained, monkeypatch) -> Path:
    """The working folder of `trained`."""
    monkeypatch.chdir(trained)
    return trained


def the_run() -> Path:
    (run,) = Path("runs").iterdir()
    return run


def parts(run: Path) -> dict[str, set[str]]:
    table = pl.read_csv(run / "split.csv", schema_overrides={"student": pl.String}).filter(pl.col("answers") > 0)
    return {part: set(table.filter(pl.col("part") == part)["student"]) for part in PARTS}


@pytest.mark.usefixtures("here")
class TestTrain:
    def test_without_a_log_students_are_simulated_and_mastery_compared_with_the_truth(self):
        done = cli("dkt", "train", "--students", 24, "--simulator", "bkt", *TINY, "--json")
        assert "No log was named: 24 simulated students (bkt)." in done.err
        recovery = done.json["mastery"]["recovery"]
        assert recovery["simulator"] == "bkt"
        assert recovery["ceiling_auc"] is not None
        assert set(done.json["tasks"]) == {"response_time", "hints", "attempts"}

    @pytest.mark.parametrize("simulator", ["irt", "dash"])
    def test_students_of_other_simulators_have_no_ceiling(self, simulator):
        found = cli("dkt", "train", "--students", 20, "--simulator", simulator, *TINY, "--json").json
        assert found["mastery"]["recovery"]["simulator"] == simulator
        assert "ceiling_auc" not in found["mastery"]["recovery"]
        assert found["mastery"]["recovery_by_p_correct"]["auc"] is not None

    def test_json_is_one_object_and_the_same_as_results_json(self):
        small_log().write_csv("log.csv")
        done = cli("dkt", "train", "log.csv", *TINY, "--json")
        found = done.json
        assert found == json.loads(Path(found["run"], "results.json").read_text())
        assert {"auc", "accuracy", "rmse", "log_loss", "ece"} <= set(found["test"])
        assert set(found["test"]["auc"]) == {"value", "low", "high"}
        assert done.err.splitlines()[0].startswith("log.csv: table, utf-8, 24 students, ")
        assert done.err.splitlines()[1].startswith("Columns: student, item, skills, correct, ")
        assert "epoch   1  AUC 0." in done.err

    def test_a_run_folder_holds_all_there_is_to_know(self, there):
        run = the_run()
        assert sorted(path.name for path in run.iterdir() if not path.name.startswith(".")) == [
            *("checkpoint", "classics.json", "config.yaml", "history.csv", "ingest.json", "mastery.csv", "model"),
            *("rejects.csv", "report.html", "results.json", "split.csv"),
        ]
        assert [len(names) for names in parts(run).values()] == [17, 2, 5]
        config = yaml.safe_load((run / "config.yaml").read_text())
        assert config["data"]["log"] == [str(there / "sim.csv")]
        assert config["model"] == {"hidden": 8, "embedding": 4, "head_hidden": 8, "epochs": 1}
        assert pl.read_csv(run / "history.csv").height == 1
        assert pl.read_csv(run / "mastery.csv")["student"].n_unique() == 5

    def test_tables_for_people(self):
        small_log().write_csv("log.csv")
        done = cli("dkt", "train", "log.csv", *TINY)
        for title in (
            "Next answer (",
            "By position in the history",
            "Mastery",
            "Behaviour, foretold before the answer",
        ):
            assert title in done.out
        run = the_run().relative_to(".")
        assert done.err.splitlines()[-2:] == [f"Run: {run}", f"Report: {run / 'report.html'}"]
        assert max(map(len, done.out.splitlines())) <= 80

    def test_same_seed_same_model_another_seed_another_split(self):
        small_log().write_csv("log.csv")
        for out, seed in (("a", 3), ("b", 3), ("c", 4)):
            assert cli("dkt", "train", "log.csv", *TINY, "--seed", seed, "--out", out).code == 0
        assert model_digest(Path("a")) == model_digest(Path("b")) != model_digest(Path("c"))
        assert parts(Path("a")) == parts(Path("b")) != parts(Path("c"))

    def test_another_log_tests(self):
        small_log(20).write_csv("log.csv")
        other = small_log(6, seed=1).with_columns(student="other-" + pl.col("student"))
        other.write_csv("other.csv")
        assert cli("dkt", "train", "log.csv", "--test", "other.csv", "--valid-fraction", 0.25, *TINY).code == 0
        found = parts(the_run())
        assert [len(found[part]) for part in PARTS] == [15, 5, 6]
        assert found["test"] == set(other["student"])
        assert json.loads((the_run() / "log-2" / "ingest.json").read_text())["files"] == ["other.csv"]

    def test_parts_of_a_log_are_one_log(self):
        table = small_log(20)
        table.head(100).write_csv("a.csv")
        table.tail(-100).write_csv("b.csv")
        assert cli("dkt", "train", "a.csv", "b.csv", *TINY, "--json").json["counts"]["students"] == 4
        assert sum(map(len, parts(the_run()).values())) == 20

    def test_fold_files(self):
        names = [f"fold-{number}.csv" for number in range(1, 6)]
        for number, name in enumerate(names):
            small_log(4, seed=number).with_columns(student=f"{name} " + pl.col("student")).write_csv(name)
        assert cli("dkt", "train", "--fold-files", *names, "--test-fold", 5, *TINY).code == 0
        found = {part: {student.split()[0] for student in students} for part, students in parts(the_run()).items()}
        assert found == {"test": {names[4]}, "valid": {names[0]}, "train": set(names[1:4])}
        assert (the_run() / "log-5" / "ingest.json").is_file()

    @pytest.mark.parametrize(("options", "test"), [((), -1), (("--test-fold", 0), 0)])
    def test_a_column_fold_splits(self, options, test):
        table = small_log(16).with_columns(fold=pl.col("student").str.tail(2).cast(pl.Int32) % 4 - 1)
        table.write_csv("log.csv")
        assert cli("dkt", "train", "log.csv", "--valid-fold", 2, *options, *TINY).code == 0
        for part, fold in (("valid", 2), ("test", test)):
            assert parts(the_run())[part] == set(table.filter(fold=fold)["student"])

    def test_split_by_time(self):
        small_log(8).write_csv("log.csv")
        found = cli("dkt", "train", "log.csv", "--split", "time", *TINY, "--json").json
        assert len(parts(the_run())["train"]) == len(parts(the_run())["test"]) == 8
        assert found["counts"]["students"] == 8

    def test_the_plain_model_learns_one_task_and_says_nothing_of_the_others(self):
        small_log().write_csv("log.csv")
        found = cli("dkt", "train", "log.csv", "--plain", *TINY, "--json").json
        assert "tasks" not in found
        assert yaml.safe_load((the_run() / "config.yaml").read_text())["model"]["plain"] is True

    def test_tasks_the_log_does_not_tell_are_left_out_and_that_is_said(self):
        small_log().drop("hints", "response_time").write_csv("log.csv")
        done = cli("dkt", "train", "log.csv", *TINY, "--json")
        assert "Left out, since the log does not tell: response_time, hints." in done.err
        assert set(done.json["tasks"]) == {"attempts"}

    def test_windows_as_pykt_has_them(self):
        small_log().write_csv("log.csv")
        carried = cli("dkt", "train", "log.csv", *TINY, "--json").json
        window = cli("dkt", "train", "log.csv", *TINY, "--protocol", "pykt-window", "--json").json
        assert window["mastery"]["protocol"] == "pykt-window"
        assert carried["counts"]["answers"] == window["counts"]["answers"] + 5  # no first answers

    def test_settings_from_a_file_and_options_that_go_before_them(self):
        small_log().write_csv("log.csv")
        model = {"hidden": 8, "embedding": 4, "head_hidden": 8, "epochs": 3, "average_decay": None}
        settings = {"data": {"log": ["log.csv"], "seed": 5}, "model": model, "threads": 1}
        Path("settings.yaml").write_text(yaml.safe_dump(settings))
        assert cli("dkt", "train", "--config", "settings.yaml", "--epochs", 2, "--set", "hidden=16").code == 0
        config = yaml.safe_load((the_run() / "config.yaml").read_text())
        assert config["model"] == model | {"epochs": 2, "hidden": 16}
        assert (config["data"]["seed"], config["threads"]) == (5, 1)
        again = cli("dkt", "train", "--config", the_run() / "config.yaml", "--out", "again")
        assert again.code == 0
        assert model_digest(Path("again")) == model_digest(the_run())

    def test_device_and_columns_by_name(self):
        table = small_log().rename({"student": "x", "skills": "y", "correct": "z"}).drop("item")
        table.write_csv("log.csv")
        named = ("--student", "x", "--skill", "y", "--correct", "z")
        done = cli("dkt", "train", "log.csv", *named, *TINY, "--device", "cpu")
        assert done.code == 0, done.err
        assert "Columns: student = x, skills = y, correct = z" in done.err

    def test_run_folders_are_named_by_time_and_none_is_overwritten(self):
        small_log().write_csv("log.csv")
        assert [cli("dkt", "train", "log.csv", *TINY).code for _ in range(2)] == [0, 0]
        assert len(list(Path("runs").glob("20*_*-*-*"))) == 2
        assert cli("dkt", "train", "log.csv", *TINY, "--out", "mine").code == 0
        before = model_digest(Path("mine"))
        refused = cli("dkt", "train", "log.csv", *TINY, "--out", "mine", "--seed", 1)
        assert refused.error == "mine is not empty. Choose another --out, or remove it first."
        assert model_digest(Path("mine")) == before

    def test_a_log_where_everything_is_right_trains_and_has_no_auc(self):
        small_log().with_columns(correct=1).write_csv("log.csv")
        done = cli("dkt", "train", "log.csv", *TINY)
        assert done.code == 0
        assert "AUC is undefined: every answer is right." in done.err
        auc = json.loads((the_run() / "results.json").read_text())["test"]["auc"]
        assert auc == {"value": None, "low": None, "high": None, "reason": "every answer is right"}
        assert cli("dkt", "evaluate", "latest", "log.csv").code == 0


@pytest.mark.usefixtures("there")
class TestUse:
    def test_evaluate(self):
        done = cli("dkt", "evaluate", "latest", "sim.csv", "--out", "found.json", "--json")
        found = done.json
        assert found["run"] == str(the_run())
        assert found["counts"]["students"] == 24
        assert set(found["test"]["auc"]) == {"value", "low", "high"}
        assert found == json.loads(Path("found.json").read_text())
        assert cli("dkt", "evaluate", the_run().name, "sim.csv").out.startswith("Next answer (")
        window = cli("dkt", "evaluate", "latest", "sim.csv", "--protocol", "pykt-window", "--json").json
        lengths = small_log().group_by("student").len()["len"]
        assert window["counts"]["answers"] == (lengths.filter(lengths >= 3) - 1).sum()
        assert found["counts"]["answers"] == lengths.sum()

    def test_evaluate_agrees_with_the_test_of_the_training(self):
        test = small_log().filter(pl.col("student").is_in(parts(the_run())["test"]))
        test.write_csv("test.csv")
        found = cli("dkt", "evaluate", "latest", "test.csv", "--json").json
        saved = json.loads((the_run() / "results.json").read_text())
        assert found["test"]["auc"] == pytest.approx(saved["test"]["auc"])
        assert found["tasks"]["response_time"]["r2"] == pytest.approx(saved["tasks"]["response_time"]["r2"])

    def test_predict_has_a_line_for_each_record_in_the_logs_order(self):
        log = small_log().sort("time").with_columns(pl.col("student").str.replace("student-", "00"))
        log.write_csv("shuffled.csv")
        done = cli("dkt", "predict", "latest", "shuffled.csv", "--out", "predictions.csv", "--json")
        assert done.json == {
            "run": str(the_run()),
            "out": "predictions.csv",
            "rows": log.height,
            "predicted": log.height,
        }
        lines = pl.read_csv("predictions.csv", infer_schema=False)
        columns = ["user_id", "timestamp", "split", "kc_ids", "item_id", "y_true", "y_pred", "fold", "mastery"]
        assert lines.columns == columns
        assert lines["user_id"].to_list() == log["student"].to_list()
        assert lines["item_id"].to_list() == log["item"].to_list()
        assert lines["kc_ids"].to_list() == log["skills"].to_list()
        assert lines["y_true"].cast(pl.Int8).to_list() == log["correct"].to_list()
        for name in ("y_pred", "mastery"):
            assert lines[name].cast(pl.Float64).is_between(0, 1).all()

    def test_merged_records_repeat_the_line_of_the_one_they_went_into(self):
        rows = [("007", "q1", "skill-01", 1, 10), ("007", "q1", "skill-02", 1, 10), ("007", "q2", "skill-01", 0, 20)]
        log = pl.DataFrame(rows, schema=["user_id", "problem_id", "skill", "correct", "timestamp"], orient="row")
        pl.concat([log, log.with_columns(user_id=pl.lit("7"))]).write_csv("expanded.csv")
        done = cli("dkt", "predict", "latest", "expanded.csv", "--out", "expanded-said.parquet")
        assert done.err.splitlines()[-1] == "6 lines in expanded-said.parquet."
        lines = pl.read_parquet("expanded-said.parquet")
        assert lines["user_id"].to_list() == ["007"] * 3 + ["7"] * 3
        assert lines["kc_ids"].to_list()[:3] == ["skill-01~~skill-02"] * 2 + ["skill-01"]
        assert lines.row(0) == lines.row(1)
        assert lines["y_pred"][0] != lines["y_pred"][2]

    def test_records_that_are_no_answers_have_a_line_of_nulls(self):
        small_log(6).with_columns(pl.col("correct").cast(pl.Float64)).write_csv("log.csv")
        text = Path("log.csv").read_text().splitlines()
        place = text[0].split(",").index("correct")
        cells = text[3].split(",")
        cells[place] = "0.5"
        Path("partial.csv").write_text("\n".join([*text[:3], ",".join(cells), *text[4:]]) + "\n")
        done = cli("dkt", "predict", "latest", "partial.csv", "--out", "partial-said.csv", "--json")
        assert done.json["rows"] == done.json["predicted"] + 1
        said = pl.read_csv("partial-said.csv")
        assert said["y_pred"].is_null().to_list() == [number == 2 for number in range(len(text) - 1)]

    def test_mastery_has_every_student_and_skill_and_ids_as_written(self):
        log = small_log(6).with_columns(pl.col("student").replace({"student-01": "007", "student-02": "=1+1"}))
        log.write_csv("ids.csv")
        done = cli("dkt", "mastery", "latest", "ids.csv", "--json")
        assert done.json == {"run": str(the_run()), "out": "mastery.csv", "students": 6, "skills": 3}
        table = pl.read_csv("mastery.csv", infer_schema=False)
        assert table.columns == [
            *("student", "skill", "n_attempts", "n_correct", "p_correct", "p_mastery", "last_seen", "level"),
        ]
        assert table.height == 18
        assert table["student"].unique(maintain_order=True).to_list()[:2] == ["007", "'=1+1"]
        mine = log.filter(student="007", skills="skill-01")
        counts = table.filter(student="007", skill="skill-01").select("n_attempts", "n_correct").row(0)
        assert counts == (str(mine.height), str(mine["correct"].sum()))

    def test_mastery_as_parquet_keeps_ids_whatever_they_are(self):
        small_log(3).with_columns(pl.col("student").replace({"student-01": "=1+1"})).write_csv("ids.csv")
        assert cli("dkt", "mastery", "latest", "ids.csv", "--out", "mastery.parquet", "--mastered-at", 0.5).code == 0
        table = pl.read_parquet("mastery.parquet")
        assert table["student"][0] == "=1+1"
        practised = table.filter(pl.col("n_attempts") > 0)
        assert (practised["level"] == "mastered").to_list() == (practised["p_mastery"] >= 0.5).to_list()

    def test_what_the_model_does_not_know_is_a_counted_warning(self):
        log = small_log(6)
        new = pl.when(pl.col("skills") == "skill-01").then(pl.lit("new")).otherwise("skills")
        log.with_columns(skills=new, item=pl.lit("other")).write_csv("new.csv")
        done = cli("dkt", "evaluate", "latest", "new.csv")
        assert done.code == 0
        answers = log.filter(skills="skill-01").height
        assert f"Warning: 1 of 3 skills are new to the model, such as 'new': {answers} answers on them" in done.err
        assert f"Warning: {log.height} answers on items that were new or rare in training." in done.err

    def test_nothing_the_model_knows_is_an_error(self):
        small_log(6).with_columns(skills=pl.lit("new")).write_csv("new.csv")
        error = cli("dkt", "predict", "latest", "new.csv", "--out", "no.csv").error
        assert error == (
            "The model knows nothing of the log: it knows 3 skills, such as 'skill-01'; the log has 1 skill, such as "
            "'new'. Name the right column with --skill, or train on this log."
        )
        assert not Path("no.csv").exists()

    def test_options(self):
        listed = cli("dkt", "options", "--json").json
        assert listed["hidden"] == {"default": 128, "meaning": "LSTM units"}
        assert listed["tasks"]["default"][0] == "correct"
        text = cli("dkt", "options").out
        assert [name for name in listed if name not in text] == []
        assert max(map(len, text.splitlines())) <= 80


def test_a_file_that_is_being_read_is_never_replaced(there):
    for command in ("predict", "mastery"):
        error = cli("dkt", command, "latest", "sim.csv", "--out", "sim.csv").error
        assert error == "sim.csv is what is being read. Name another file to write to."
    assert pl.read_csv("sim.csv").height == small_log().height


def test_the_same_answer_whether_predicted_alone_or_with_others(there):
    cli("dkt", "predict", "latest", "sim.csv", "--out", "all.csv")
    first = small_log().filter(student="student-01")
    first.write_csv("first.csv")
    cli("dkt", "predict", "latest", "first.csv", "--out", "one.csv")
    every, one = (pl.read_csv(name).filter(user_id="student-01") for name in ("all.csv", "one.csv"))
    np.testing.assert_allclose(every["y_pred"], one["y_pred"], atol=1e-5)
