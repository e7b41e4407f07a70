"""Settings of a comparison: who, over which folds, and what makes no sense."""

from pathlib import Path

import pytest
import yaml
from _cli import small_log

from kt_fewshot.data import Vocabulary
from kt_fewshot.errors import KTError
from kt_fewshot.recipes import CompareSettings
from kt_fewshot.storage import RunFolder
from kt_fewshot.tracing import TRACERS


def test_without_names_all_there_are_simple_ones_first():
    names = CompareSettings().names
    assert sorted(names) == sorted(TRACERS)
    assert names[-1] == "dkt"
    assert CompareSettings(tracers=("dkt", "pfa", "bkt", "pfa")).names == ("pfa", "bkt", "dkt")


def test_options_and_the_seed_reach_the_tracer_they_are_for():
    settings = CompareSettings.assemble(None, {"data": {"seed": 7}, "models": {"dkt": {"hidden": 8}}})
    dkt, bkt = (settings.make(name, Vocabulary(("a",))) for name in ("dkt", "bkt"))
    assert (dkt.options["hidden"], dkt.options["seed"], bkt.options["seed"]) == (8, 7, 7)
    other = CompareSettings.assemble(None, {"data": {"seed": 7}, "models": {"dkt": {"seed": 3}}})
    assert other.make("dkt", Vocabulary(("a",))).options["seed"] == 3


def test_every_student_tests_once(tmp_path):
    small_log(12).write_csv(tmp_path / "log.csv")
    settings = CompareSettings.assemble(None, {"data": {"log": [tmp_path / "log.csv"]}, "folds": 3})
    tested = [set(data.split.test.interactions.table["student"]) for data in settings.load()]
    assert [len(students) for students in tested] == [4, 4, 4]
    assert len(set().union(*tested)) == 12


def test_simulated_students_are_the_same_ones_in_each_fold():
    settings = CompareSettings.assemble(None, {"data": {"students": 9}, "folds": 3})
    parts = [data.split for data in settings.load()]
    everyone = [
        {name for part in (split.train, split.valid, split.test) for name in part.interactions.table["student"]}
        for split in parts
    ]
    assert everyone[0] == everyone[1] == everyone[2]
    assert len(everyone[0]) == 9


@pytest.mark.parametrize("test_fold", [None, 2])
def test_each_fold_file_tests_unless_one_is_named(tmp_path, test_fold):
    files = []
    for number in range(1, 4):
        path = tmp_path / f"{number}.csv"
        small_log(3, seed=number).with_columns(student=f"{number}-" + small_log(3, seed=number)["student"]).write_csv(
            path
        )
        files.append(path)
    data = {"fold_files": files} | ({"test_fold": test_fold} if test_fold else {})
    settings = CompareSettings.assemble(None, {"data": data})
    tested = [{name[0] for name in made.split.test.interactions.table["student"]} for made in settings.load()]
    assert tested == ([{"2"}] if test_fold else [{"1"}, {"2"}, {"3"}])
    assert settings.folds == (None if test_fold else 3)


def test_written_and_read_again(tmp_path):
    settings = CompareSettings.assemble(
        None, {"data": {"log": ["log.csv"]}, "folds": 3, "tracers": ["bkt", "irt"], "models": {"bkt": {"strength": 2}}}
    )
    settings.write(tmp_path / "config.yaml")
    read = CompareSettings.assemble(tmp_path / "config.yaml", {})
    assert read == settings.model_copy(update={"data": settings.data.absolute()})
    run = RunFolder(tmp_path)
    assert CompareSettings.of_run(run) == read
    other = CompareSettings.of_run(run, only=("irt", "pfa"))
    assert (other.names, other.models, other.folds) == (("irt", "pfa"), {}, 3)
    settings.model_copy(update={"baseline": "bkt"}).write(run.config)
    assert CompareSettings.of_run(run, only=("bkt", "pfa")).baseline == "bkt"
    assert CompareSettings.of_run(run, only=("irt", "pfa")).baseline is None


WRONG = {
    "tracer": ({"tracers": ["dtk"]}, "Unknown tracer 'dtk'. Choose one of: best-lr, bkt, "),
    "option": ({"models": {"dkt": {"hiden": 3}}}, "There is no setting `models.dkt.hiden`. Did you mean `hidden`?"),
    "value": ({"models": {"dkt": {"hidden": 0}}}, "`models.dkt.hidden` should be greater than or equal to 1. Found 0."),
    "setting": ({"fold": 3}, "There is no setting `fold`. Did you mean `folds`?"),
    "folds": ({"folds": 1}, "`folds` should be greater than or equal to 2. Found 1."),
    "option of nobody": (
        {"tracers": ["bkt"], "models": {"dkt": {}}},
        "'dkt' is not compared. The tracers are: bkt.",
    ),
    "baseline": ({"tracers": ["bkt", "dkt"], "baseline": "irt"}, "'irt' is not compared. The tracers are: bkt, dkt."),
    "split": (
        {"data": {"log": ["a"], "split": "time"}, "folds": 3},
        "Settings `folds` and `data.split` exclude each other. Leave one out.",
    ),
    "files": (
        {"data": {"fold_files": ["a", "b", "c"]}, "folds": 5},
        "There are as many folds as fold files. Found `folds = 5`, 3 files.",
    ),
    "device": ({"device": "tpu"}, "Unknown device 'tpu'. Choose auto, cpu or cuda."),
}


@pytest.mark.parametrize(("values", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_makes_no_sense_is_told_before_a_log_is_read(values, message):
    with pytest.raises(KTError) as error:
        CompareSettings.assemble(None, values)
    assert str(error.value).startswith(message)


def test_a_training_is_no_comparison(tmp_path):
    Path(tmp_path, "config.yaml").write_text(yaml.safe_dump({"tracer": "dkt"}))
    with pytest.raises(KTError, match="is no comparison"):
        CompareSettings.of_run(RunFolder(tmp_path))
