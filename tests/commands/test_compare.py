"""`dkt compare`: the tables, one JSON object, folds, going on, and what is refused."""

import json
from pathlib import Path

import polars as pl
import pytest
import yaml
from _cli import cli, small_log

QUICK = ("--tracers", "skill-mean,bkt", "--draws", "20", "--threads", "1")


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A working folder with a log."""
    monkeypatch.chdir(tmp_path)
    small_log(20).write_csv("log.csv")
    return tmp_path


@pytest.fixture(scope="module")
def compared(tmp_path_factory) -> Path:
    """A working folder with a log and a comparison of it in `run`."""
    folder = tmp_path_factory.mktemp("compared")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        small_log(20).write_csv("log.csv")
        assert cli("dkt", "compare", "log.csv", *QUICK, "--out", "run").code == 0
    return folder


@pytest.fixture
def there(compared, monkeypatch) -> Path:
    """The working folder of `compared`."""
    monkeypatch.chdir(compared)
    return compared


@pytest.mark.usefixtures("there")
class TestPrinted:
    def test_tables_for_people(self):
        done = cli("dkt", "compare", "--resume", "run")
        lines = done.out.splitlines()
        assert lines[0].startswith("Next answer (")
        assert lines[1].split() == ["tracer", "AUC", "[95", "%]", "less", "that", "of", "bkt", "[95", "%]"]
        assert [line.split()[0] for line in lines[2:4]] == ["bkt", "skill-mean"]
        assert lines[3].split()[4].startswith("-0.")
        other = next(line for line in lines if line.startswith("tracer") and "RMSE" in line)
        assert other.split() == [
            *("tracer", "accuracy", "RMSE", "log-loss", "ECE", "fit", "s", "predict", "s", "parameters")
        ]
        assert "AUC by position in the history" in done.out
        assert "AUC by how many training answers the item has" in done.out
        assert max(map(len, lines)) <= 80

    def test_what_was_done_is_said_on_the_way(self):
        lines = cli("dkt", "compare", "--resume", "run").err.splitlines()
        assert "log.csv: table, utf-8, 20 students, " in lines[0]
        assert "2 tracers on one split: skill-mean, bkt." in lines
        assert sum(": kept, AUC 0." in line for line in lines) == 2
        assert lines[-1] == "Run: run"

    def test_json_is_one_object_and_that_of_results_json(self):
        found = cli("dkt", "compare", "--resume", "run", "--json").json
        assert found == json.loads(Path("run", "results.json").read_text())
        assert found["baseline"] == "bkt"
        assert {"auc", "accuracy", "rmse", "log_loss", "ece"} <= set(found["tracers"][1]["difference"])
        assert pl.read_csv("run/results.csv").filter(tracer="bkt", part="cost", metric="parameters")["value"][0] > 0

    def test_what_goes_on_takes_no_other_settings(self):
        for option in (["--folds", 3], ["--seed", 1], ["--out", "x"], ["log.csv"], ["--set", "bkt.strength=2"]):
            error = cli("dkt", "compare", "--resume", "run", *option).error
            assert error.startswith("--resume goes on with the comparison's own settings, so nothing but --tracers")


@pytest.mark.usefixtures("here")
class TestOptions:
    def test_folds(self):
        done = cli("dkt", "compare", "log.csv", *QUICK, "--folds", 2, "--json")
        assert done.json["counts"] == {"answers": small_log(20).height, "students": 20, "folds": 2}
        assert "fold 2 of 2, bkt: fitted, AUC 0." in done.err
        assert all(len(one["folds"]) == 2 for one in done.json["tracers"])

    def test_fold_files_test_each_once(self):
        for number in range(1, 4):
            table = small_log(4, seed=number)
            table.with_columns(student=f"{number}-" + pl.col("student")).write_csv(f"{number}.csv")
        found = cli("dkt", "compare", "--fold-files", "1.csv", "2.csv", "3.csv", *QUICK, "--json").json
        assert found["counts"]["folds"] == 3
        assert found["counts"]["students"] == 12
        assert {"log-2", "log-3"} <= {path.name for path in Path(found["run"]).iterdir()}

    def test_options_of_a_tracer_the_seed_and_the_baseline(self):
        options = ("--set", "bkt.strength=3", "--set", "bkt.forgetting=true", "--seed", 4, "--baseline", "skill-mean")
        found = cli("dkt", "compare", "log.csv", *QUICK, *options, "--json").json
        config = yaml.safe_load(Path(found["run"], "config.yaml").read_text())
        assert config["models"] == {"bkt": {"strength": 3, "forgetting": True}}
        assert (config["data"]["seed"], config["baseline"]) == (4, "skill-mean")
        assert found["baseline"] == "skill-mean"
        again = cli("dkt", "compare", "--config", Path(found["run"], "config.yaml"), "--json").json
        assert again["tracers"][0]["test"] == found["tracers"][0]["test"]

    def test_without_a_log_students_are_simulated(self):
        done = cli("dkt", "compare", "--students", 12, *QUICK)
        assert "No log was named: 12 simulated students (bkt)." in done.err

    def test_columns_by_name_and_another_log_tests(self):
        small_log(20).rename({"student": "x", "skills": "y", "correct": "z"}).write_csv("log.csv")
        other = small_log(6, seed=1).with_columns(student="other-" + pl.col("student"))
        other.rename({"student": "x", "skills": "y", "correct": "z"}).write_csv("test.csv")
        named = ("--student", "x", "--skill", "y", "--correct", "z")
        found = cli("dkt", "compare", "log.csv", "--test", "test.csv", *named, *QUICK, "--json").json
        assert found["counts"]["students"] == 6

    def test_one_class_of_answers_has_no_auc_and_says_so_without_breaking(self):
        small_log(20).with_columns(correct=pl.lit(1)).write_csv("right.csv")
        done = cli("dkt", "compare", "right.csv", *QUICK)
        assert done.code == 0
        assert [line.split()[1:] for line in done.out.splitlines()[2:4]] in ([["-"], ["-", "-"]], [["-", "-"], ["-"]])


WRONG = {
    "tracer": (["--tracers", "dtk"], "Unknown tracer 'dtk'. Choose one of: best-lr, bkt, "),
    "option": (["--set", "bkt.strenth=1"], "There is no setting `models.bkt.strenth`. Did you mean `strength`?"),
    "option of nobody": (
        ["--set", "hidden=1"],
        "--set wants the tracer too, such as --set dkt.hidden=64. Found 'hidden'",
    ),
    "no value": (["--set", "bkt.strength"], "--set wants name=value"),
    "folds": (["--folds", "1"], "`folds` should be greater than or equal to 2. Found 1."),
    "too many folds": (["--folds", "30"], "Cross-validation with 30 folds needs at least 30 students. Found 20."),
    "two splits": (["--folds", "2", "--split", "time"], "Settings `folds` and `data.split` exclude each other."),
    "baseline": (["--baseline", "irt"], "'irt' is not compared. The tracers are: skill-mean, bkt."),
    "out": (["--out", "log.csv"], "log.csv is a file. Choose another --out."),
}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("options", "error"), WRONG.values(), ids=WRONG.keys())
def test_mistakes_are_one_line_and_leave_nothing(options, error):
    assert cli("dkt", "compare", "log.csv", *QUICK, *options).error.startswith(error)
    assert not Path("runs").exists() or not list(Path("runs").iterdir())


@pytest.mark.usefixtures("here")
def test_fold_files_without_files():
    assert cli("dkt", "compare", "--fold-files").error.startswith("--fold-files says that the logs are one fold each")


@pytest.mark.usefixtures("here")
def test_all_tracers_there_are():
    tiny = [f"dkt.{name}" for name in ("hidden=8", "embedding=4", "head_hidden=8", "epochs=1")]
    options = [part for value in tiny for part in ("--set", value)]
    done = cli("dkt", "compare", "log.csv", "--draws", 10, "--threads", 1, *options, "--json")
    names = [tracer["tracer"] for tracer in done.json["tracers"]]
    assert {"best-lr", "bkt", "das3h", "dkt", "elo", "irt", "irt-2pl", "pfa", "skill-mean"} <= set(names)
    assert done.json["baseline"] != "dkt"
    assert "epoch" not in done.err
