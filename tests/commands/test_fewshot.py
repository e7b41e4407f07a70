"""`fewshot`: train, evaluate, compare, adapt, report, options; one JSON object each; mistakes are one line."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from _cli import cli
from PIL import Image

TINY = ("--n-way", 3, "--steps", 3, "--epochs", 2, "--test-way", 3, "--test-episodes", 20, "--test-query", 4)
DIGITS = ("--data", "digits", "--encoder", "mlp", *TINY)


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A working folder with a run on digits in `run`."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert cli("fewshot", "train", *DIGITS, "--out", "run").code == 0
    return folder


@pytest.fixture
def there(trained, monkeypatch) -> Path:
    """The working folder of `trained`."""
    monkeypatch.chdir(trained)
    return trained


def image_folder(path: Path, classes: int, items: int, *, sides: Sequence[int] = (16,), seed: int = 0) -> None:
    """Folders of CLASS/IMAGE: grey noise, brighter from class to class."""
    rng = np.random.default_rng(seed)
    for number in range(classes):
        (path / f"class-{number}").mkdir(parents=True)
        for item in range(items):
            side = sides[item % len(sides)]
            pixels = rng.integers(9 * number, 9 * number + 60, (side, side), np.uint8)
            Image.fromarray(pixels).save(path / f"class-{number}/{item}.png")


def table(classes: int = 20, items: int = 8, *, seed: int = 0) -> pl.DataFrame:
    """Rows of classes that lie apart."""
    rng = np.random.default_rng(seed)
    kind = np.arange(classes * items) % classes
    x, y = (np.sin(kind * (place + 1)) + 0.1 * rng.normal(size=kind.size) for place in range(2))
    return pl.DataFrame({"width": x, "height": y, "label": [f"c{k}" for k in kind]})


class TestTrain:
    @pytest.mark.usefixtures("here")
    def test_json_is_one_object_and_that_of_results_json(self):
        done = cli("fewshot", "train", *DIGITS, "--no-report", "--json")
        found = done.json
        assert found == json.loads(Path(found["run"], "results.json").read_text())
        assert set(found["test"]) == {"accuracy", "log_loss", "ece"}
        assert set(found["test"]["accuracy"]) == {"value", "low", "high"}
        assert 0 <= found["test"]["accuracy"]["low"] < found["test"]["accuracy"]["high"] <= 1
        assert found["counts"] == {"episodes": 20, "queries": 240}
        assert found["settings"] == {"n_way": 3, "k_shot": 1, "n_query": 4, "method": "protonet"}
        assert done.err.splitlines()[0].startswith("digits: 4 classes to train on, 3 to validate, 3 to test; ")
        assert "epoch   2  accuracy 0." in done.err
        assert not Path(found["run"], "report.html").exists()

    @pytest.mark.usefixtures("there")
    def test_a_run_folder_holds_all_there_is_to_know(self):
        assert sorted(path.name for path in Path("run").iterdir() if not path.name.startswith(".")) == [
            *("checkpoint", "config.yaml", "confusion.csv", "episodes.csv", "history.csv", "model", "report.html"),
            "results.json",
        ]
        config = yaml.safe_load(Path("run/config.yaml").read_text())
        assert (config["data"], config["n_way"], config["steps"], config["method"]) == ("digits", 3, 3, "protonet")
        episodes = pl.read_csv("run/episodes.csv")
        accuracy = json.loads(Path("run/results.json").read_text())["test"]["accuracy"]["value"]
        assert episodes.height == 20
        assert episodes["accuracy"].mean() == pytest.approx(accuracy)
        assert pl.read_csv("run/history.csv").height == 2

    @pytest.mark.usefixtures("here")
    def test_a_table_for_people(self):
        done = cli("fewshot", "train", *DIGITS, "--no-report", "--out", "mine")
        assert done.out.splitlines()[0] == "3-way 1-shot, 20 episodes of unseen classes"
        assert [line.split()[0] for line in done.out.splitlines()[2:]] == ["accuracy", "log-loss", "calibration"]
        assert done.err.splitlines()[-1] == "Run: mine"
        assert max(map(len, done.out.splitlines())) <= 80

    @pytest.mark.usefixtures("here")
    def test_same_seed_same_numbers_another_seed_others(self):
        one, two, other = (
            cli("fewshot", "train", *DIGITS, "--no-report", "--seed", seed, "--json").json["test"] for seed in (0, 0, 1)
        )
        assert one == two != other

    @pytest.mark.usefixtures("here")
    def test_without_a_number_of_classes_there_are_as_many_as_the_data_have(self):
        """20 unless there are fewer; digits has four to train on."""
        assert cli("fewshot", "train", *DIGITS[:4], *TINY[2:], "--no-report").code == 0

    @pytest.mark.usefixtures("here")
    def test_options_of_a_method_and_a_file_of_settings(self):
        options = ("--method", "maml", "--set", "inner_steps=2", "--set", "ways=3", "--tasks", 2, "--no-report")
        found = cli("fewshot", "train", *DIGITS, *options, "--json").json
        config = Path(found["run"], "config.yaml")
        assert yaml.safe_load(config.read_text())["model"] == {"inner_steps": 2, "ways": 3}
        again = cli("fewshot", "train", "--config", config, "--no-report", "--json").json
        assert again["test"] == found["test"]

    def test_images_in_folders_and_rows_of_a_table(self, here):
        image_folder(here / "images", 20, 6, sides=(16, 20))
        options = ("--test-query", 3, "--n-query", 3, "--no-report", "--json")
        done = cli("fewshot", "train", "--data", "images", "--image-size", 16, *TINY, *options)
        assert "examples of 1 x 16 x 16 to train on" in done.err
        assert done.json["counts"]["episodes"] == 20
        table().rename({"label": "kind"}).write_csv("rows.csv")
        done = cli("fewshot", "train", "--data", "rows.csv", "--label", "kind", *TINY, *options)
        assert "examples of 2 to train on" in done.err

    @pytest.mark.usefixtures("there")
    def test_what_goes_on_takes_no_other_settings(self):
        for option in (["--seed", 1], ["--out", "x"], ["--set", "a=1"], ["--data", "digits"]):
            error = cli("fewshot", "train", "--resume", "run", *option).error
            assert error.startswith("--resume goes on with the run's own settings")
        assert cli("fewshot", "train", "--resume", "run", "--no-report", "--json").json["run"] == "run"


class TestEvaluate:
    PLAN = ("--n-way", 3, "--n-query", 4, "--episodes", 20)

    @pytest.mark.usefixtures("there")
    def test_the_test_of_the_training_again(self):
        found = cli("fewshot", "evaluate", "run", *self.PLAN, "--json").json
        assert found == json.loads(Path("run/results.json").read_text())

    @pytest.mark.usefixtures("there")
    def test_other_episodes_and_a_file(self, tmp_path):
        options = ("--n-way", 2, "--k-shot", 3, "--episodes", 10, "--out", tmp_path / "more.json")
        done = cli("fewshot", "evaluate", "run", *options)
        assert done.out.startswith("2-way 3-shot, 10 episodes of unseen classes")
        assert json.loads((tmp_path / "more.json").read_text())["counts"] == {"episodes": 10, "queries": 300}

    @pytest.mark.usefixtures("there")
    def test_other_data(self, tmp_path):
        image_folder(tmp_path / "images", 15, 6, sides=(8,))
        done = cli("fewshot", "evaluate", "run", *self.PLAN, "--data", tmp_path / "images", "--json")
        assert done.json["counts"]["episodes"] == 20
        error = cli("fewshot", "evaluate", "run", *self.PLAN, "--data", "glyphs").error
        assert error.startswith("The run reads examples of 1 x 8 x 8. Found 1 x 28 x 28; --image-size changes")

    @pytest.mark.usefixtures("here")
    def test_of_no_run(self):
        assert cli("fewshot", "evaluate", "nowhere").error.startswith("There is no run 'nowhere'.")


@pytest.mark.usefixtures("here")
class TestCompare:
    def test_one_table_then_nothing_is_done_again(self):
        asked = ("fewshot", "compare", "--methods", "simpleshot,protonet,soft-kmeans", *DIGITS, "--out", "run")
        done = cli(*asked)
        first, *lines = done.out.splitlines()
        assert first == "3-way 1-shot, 20 episodes of unseen classes"
        assert "less that of protonet" in lines[0]
        assert {lines[1].split()[0], lines[2].split()[0]} == {"protonet", "simpleshot"}
        place = lines.index("Transductive: all queries of an episode at once")
        assert lines[place + 2].startswith("soft-kmeans")
        assert lines[place + 5].split() == ["method", "log-loss", "calibration", "error", "train", "s", "parameters"]
        assert max(map(len, lines)) <= 80
        assert "3 methods, each trained on 6 steps of 4 3-way 1-shot episodes with 5 queries a class: " in done.err
        again = cli("fewshot", "compare", "--resume", "run", "--methods", "all", "--json")
        assert again.json == json.loads(Path("run/results.json").read_text())
        assert again.err.count(": kept, accuracy 0.") == 3
        assert again.json["baseline"] == "protonet"
        assert {one["method"] for one in again.json["methods"]} == {"protonet", "simpleshot", "soft-kmeans"}

    def test_options_of_a_method(self):
        options = ("--methods", "maml", "--set", "maml.ways=3", "--set", "maml.inner_steps=2")
        found = cli("fewshot", "compare", *DIGITS, *options, "--json").json
        assert yaml.safe_load(Path(found["run"], "maml/config.yaml").read_text())["model"] == {
            "ways": 3,
            "inner_steps": 2,
        }
        assert found["baseline"] == "maml"

    @pytest.mark.parametrize(
        ("options", "error"),
        [
            (["--methods", "protonets"], "Unknown method 'protonets'. Choose one of: "),
            (["--methods", "maml", "--set", "x=1"], "--set wants the method too, such as --set maml.inner_steps=5."),
            (["--methods", "maml", "--set", "maml.stepps=1"], "There is no setting `model.stepps`."),
            (["--methods", "maml", "--baseline", "protonet"], "'protonet' is not compared. The methods are: maml."),
            (["--methods", "maml", "--steps", 0], "`steps` should be greater than or equal to 1. Found 0."),
            (["--resume", "nowhere"], "There is no run 'nowhere'."),
        ],
    )
    def test_mistakes_are_one_line_and_leave_nothing(self, options, error):
        assert cli("fewshot", "compare", *options).error.startswith(error)
        assert not Path("runs").exists() or not list(Path("runs").iterdir())


@pytest.mark.usefixtures("there")
class TestAdapt:
    def test_a_folder(self, tmp_path):
        image_folder(tmp_path / "known", 3, 2, sides=(8,))
        image_folder(tmp_path / "asked", 2, 3, sides=(8,), seed=1)
        out = tmp_path / "said.csv"
        options = ("--support", tmp_path / "known", "--query", tmp_path / "asked", "--out", out)
        assert cli("fewshot", "adapt", "run", *options, "--json").json == {"queries": 6, "classes": 3, "out": str(out)}
        said = pl.read_csv(out)
        assert said.columns[:3] == ["item", "predicted", "probability"]
        assert said["item"][0] == "class-0/0.png"
        assert set(said["predicted"]) <= {"class-0", "class-1", "class-2"}

    def test_a_table_of_other_features(self, tmp_path):
        table().write_csv(tmp_path / "rows.csv")
        options = ("--support", tmp_path / "rows.csv", "--query", tmp_path / "rows.csv", "--out", tmp_path / "x.csv")
        assert "features" in cli("fewshot", "adapt", "run", *options).error
        assert not (tmp_path / "x.csv").exists()


@pytest.mark.usefixtures("there")
class TestReport:
    def test_where_it_is_and_how_large(self, tmp_path):
        found = cli("fewshot", "report", "run", "--out", tmp_path / "r.html", "--json").json
        assert found == {
            "run": "run",
            "out": str(tmp_path / "r.html"),
            "bytes": (tmp_path / "r.html").stat().st_size,
        }
        assert (tmp_path / "r.html").read_text() == Path("run/report.html").read_text()
        assert cli("fewshot", "report", "run").err.splitlines()[-1] == "Report: run/report.html."

    def test_a_folder_is_no_file(self, tmp_path):
        assert cli("fewshot", "report", "run", "--out", tmp_path).error.endswith("Name a file to write to.")


class TestOptions:
    def test_listed_with_their_defaults(self):
        found = cli("fewshot", "options", "maml", "--json").json
        assert found["inner_steps"]["default"] == 1
        assert "inner_steps" in cli("fewshot", "options", "maml").out

    def test_of_no_method(self):
        assert cli("fewshot", "options", "mamml").error.startswith("Unknown method 'mamml'. Choose one of: anil, ")


BAD_NUMBERS = {
    "too few classes to train": (
        ["--data", "digits", "--test-way", 3, "--n-way", 20],
        "A 20-way task needs 20 classes. Found 4.",
    ),
    "too few classes to test": (
        ["--data", "digits"],
        "Test: A 5-way task needs 5 classes. Found 3. Lower --test-way.",
    ),
    "method": (["--data", "digits", "--method", "protonets"], "Unknown method 'protonets'."),
    "encoder": (["--data", "digits", "--encoder", "conv4", "--test-way", 3], "Encoder conv4: conv4 needs images"),
    "data": (["--data", "nowhere"], "There is no data set and no path 'nowhere'. Choose one of: "),
    "epochs": (["--epochs", 0], "`epochs` should be greater than or equal to 1. Found 0."),
    "precision": (["--precision", "fp16"], "`precision` should be 'auto', 'fp32' or 'bf16'. Found 'fp16'."),
    "device": (["--data", "digits", "--device", "tpu"], "Unknown device 'tpu'. Choose auto, cpu or cuda."),
}


def refused(*arguments: object) -> str:
    """The one line of a training that leaves nothing."""
    error = cli("fewshot", "train", *arguments).error
    assert not Path("runs").exists() or not list(Path("runs").iterdir())
    return error


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("options", "error"), BAD_NUMBERS.values(), ids=BAD_NUMBERS.keys())
def test_what_cannot_be(options, error):
    assert refused(*options).startswith(error)


@pytest.mark.usefixtures("here")
class TestBadData:
    def test_too_few_items_for_shots_and_queries(self):
        image_folder(Path("images"), 12, 4)
        error = refused("--data", "images", *TINY)
        assert "1 shots and 4 queries need 5 items of each class. Class 'class-" in error
        assert "has 4." in error

    def test_images_of_different_sizes(self):
        image_folder(Path("images"), 6, 6, sides=(16, 20))
        error = refused("--data", "images", *TINY)
        assert error.startswith("Images are of different sizes: ")
        assert error.endswith("--image-size 16.")

    def test_a_damaged_image(self):
        image_folder(Path("images"), 6, 6)
        bad = Path("images/class-3/2.png")
        bad.write_bytes(bad.read_bytes()[:60])
        assert refused("--data", "images", *TINY).startswith("images/class-3/2.png cannot be read as an image (")
        bad.write_bytes(b"no image")
        assert refused("--data", "images", *TINY).startswith("images/class-3/2.png cannot be read as an image (")

    def test_an_empty_folder(self):
        Path("images").mkdir()
        assert "images" in refused("--data", "images", *TINY)

    @pytest.mark.parametrize("missing", ["", "NaN", "inf"])
    def test_a_feature_that_is_no_number(self, missing):
        lines = table().write_csv().splitlines()
        lines[3] = ",".join([missing, *lines[3].split(",")[1:]])
        Path("rows.csv").write_text("\n".join(lines))
        assert refused("--data", "rows.csv", *TINY).startswith(
            "Column `width` has 1 missing or infinite values, the first in row 3."
        )

    def test_features_of_text(self):
        table().with_columns(z=pl.lit("a")).write_csv("rows.csv")
        assert refused("--data", "rows.csv", *TINY).startswith("Column `z` holds no numbers ('a').")

    def test_no_column_of_labels(self):
        table().drop("label").write_csv("rows.csv")
        error = refused("--data", "rows.csv", *TINY)
        assert error == "The class of rows.csv is missing (found: width, height). Name it: --label COLUMN."
        error = refused("--data", "rows.csv", "--label", "kind", *TINY)
        assert error == "Column `kind` is missing (found: width, height)."

    def test_a_label_is_missing(self):
        rows = table()
        label = pl.when(pl.int_range(pl.len()) == 4).then(None).otherwise("label").alias("label")
        rows.with_columns(label).write_csv("rows.csv")
        error = refused("--data", "rows.csv", *TINY)
        assert error.startswith("1 of 160 labels in `label` are missing")
