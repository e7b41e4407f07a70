"""Every task against a model of its own: a planted conflict is seen, related tasks pass; nothing is done twice."""

import json
import shutil
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from _cli import small_log

from kt_fewshot.data import simulate
from kt_fewshot.errors import CheckpointError, Interrupted, KTError
from kt_fewshot.evaluation import Verdict
from kt_fewshot.recipes import TrainSettings, compare_single_task, train_dkt
from kt_fewshot.tracing import DKT

TASKS = ["correct", "response_time", "attempts"]

MODEL = {"hidden": 2, "embedding": 4, "head_hidden": 8, "rows": 8, "time": 40, "average_decay": 0.99}

PLANTED = MODEL | {"tasks": TASKS, "weights": {"attempts": 10.0}, "learning_rate": 0.02, "patience": 10}


compared = partial(compare_single_task, repeats=3, report=False)


def trained(folder: Path, log, **model) -> Path:
    """A run on a log."""
    log.write_csv(folder / "log.csv")
    settings = {"data": {"log": [folder / "log.csv"]}, "model": MODEL | model, "threads": 1}
    return train_dkt(TrainSettings.assemble(None, settings), out=folder / "run", report=False).run.path


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A run with a comparison; each model was trained for one epoch."""
    run = trained(tmp_path_factory.mktemp("finished"), small_log(20), tasks=["correct", "hints"], epochs=1)
    compared(run, leave_one_out=True)
    return run


@pytest.fixture
def run(finished, tmp_path) -> Path:
    """A copy of it to do with as one likes."""
    return shutil.copytree(finished, tmp_path / "run")


@pytest.fixture
def fits(monkeypatch) -> list[tuple[str, ...]]:
    """The tasks of the models that are fitted meanwhile."""
    done: list[tuple[str, ...]] = []
    fit = DKT.fit

    def told(self, *arguments, **options):
        done.append(self.settings.tasks)
        return fit(self, *arguments, **options)

    monkeypatch.setattr(DKT, "fit", told)
    return done


def found(path: Path) -> dict:
    return json.loads((path / "transfer.json").read_text())


def test_the_folder_says_everything(finished):
    told = found(finished)
    assert set(told["tasks"]) == {"correct", "hints"}
    assert told["settings"] == {"level": 0.01, "smallest": 0.01, "repeats": 3}
    assert told["counts"] == {"students": 4}
    for task, given in told["without"].items():
        assert set(given["tasks"]) == set(told["tasks"]) - {task}
    assert set(told["unseen"]) == set(told["tasks"])
    for probes in told["unseen"].values():
        assert set(probes["tasks"]) == {"untrained trunk", "mean"}
    kept = {path.name for path in (finished / "single-task").iterdir()}
    models = ("joint", "correct", "hints", "without-correct", "without-hints")
    assert kept == {f"{model}-{k}" for model in models for k in (1, 2, 3)}
    assert not list(finished.rglob("training"))


def test_a_twin_is_the_joint_model_but_for_its_tasks(run, fits):
    shutil.rmtree(run / "single-task")
    before = found(run)
    compared(run)
    assert fits == [("correct", "hints")] * 2 + [("correct",)] * 3 + [("hints",)] * 3
    assert found(run)["tasks"] == before["tasks"]


def test_nothing_done_is_done_again(run, fits):
    before = found(run)
    shutil.rmtree(run / "single-task" / "hints-2")
    (run / "transfer.json").unlink()
    heard: list[str] = []
    compared(run, leave_one_out=True, say=heard.append)
    assert fits == [("hints",)]
    assert [line for line in heard if "fitted" in line] == [heard[7]]
    assert heard[7].startswith("hints, training 2: fitted, ")
    assert found(run)["tasks"] == before["tasks"]


def test_more_trainings_are_added(run, fits):
    compared(run, repeats=4)
    assert fits == [("correct", "hints"), ("correct",), ("hints",)]
    assert found(run)["settings"]["repeats"] == 4
    assert "without" not in found(run)


def test_an_interrupted_comparison_says_how_to_go_on(run, monkeypatch):
    shutil.rmtree(run / "single-task" / "hints-2")

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(DKT, "fit", stopped)
    again = "dkt train --compare-single-task --leave-one-out --repeats 4 --resume"
    with pytest.raises(Interrupted, match=f"Go on with: {again} .*run"):
        compared(run, repeats=4, leave_one_out=True)


def test_what_cannot_be_compared_is_refused(run, tmp_path):
    with pytest.raises(KTError, match="`repeats` should be at least 1"):
        compared(run, repeats=0)
    with pytest.raises(CheckpointError, match="There is no run"):
        compared(tmp_path / "nowhere")
    (tmp_path / "one").mkdir()
    one = trained(tmp_path / "one", small_log(20), tasks=["correct"], epochs=1)
    with pytest.raises(KTError, match="learned one task only"):
        compared(one)


def test_another_log_is_refused(tmp_path):
    run = trained(tmp_path, small_log(20), tasks=["correct", "hints"], epochs=1)
    small_log(20, skills=2).write_csv(tmp_path / "log.csv")
    with pytest.raises(KTError, match="not what it was"):
        compared(run)


def planted(behaviour: str) -> pl.DataFrame:
    """The log of 60 students."""
    made = simulate("bkt", n_students=60, n_answers=40, behaviour=behaviour, seed=2000, equal_lengths=True)
    return made.interactions.table.drop("file", "row", "bundle", "fold", strict=False)


@pytest.mark.parametrize(("behaviour", "epochs", "hurt"), [("conflict", 40, ["response_time"]), ("related", 5, [])])
def test_a_planted_conflict_is_seen_and_related_tasks_pass(tmp_path, behaviour, epochs, hurt):
    """One seed of `benchmarks/negative_transfer.py`, which has forty."""
    run = trained(tmp_path, planted(behaviour), **PLANTED, epochs=epochs)
    assert compared(run).tasks.named(Verdict.HURTS) == hurt
