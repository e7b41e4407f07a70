"""Training from a notebook: ten lines; whatever the tracer, the folder is whole or gone."""

import json

import polars as pl
import pytest
from _cli import small_log

from kt_fewshot.errors import KTError, TrainingError
from kt_fewshot.recipes import TrainSettings, report_run, resume_dkt, train_dkt

MODEL = {"hidden": 8, "embedding": 4, "head_hidden": 8, "epochs": 1}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A working folder with a log."""
    monkeypatch.chdir(tmp_path)
    small_log().write_csv("log.csv")
    return tmp_path


def test_ten_lines():
    heard = []
    settings = TrainSettings(data={"log": ["log.csv"]}, model=MODEL, threads=1)
    trained = train_dkt(settings, say=heard.append)
    assert trained.to_dict() == json.loads(trained.run.results.read_text())
    assert trained.results.text().startswith("answers ")
    assert trained.history.rows[0].metrics["auc"] == pytest.approx(trained.history.best.metrics["auc"])
    assert trained.tracer.name == "dkt"
    assert heard[-1].startswith("train ")


def test_a_trunk_for_each_school(monkeypatch):
    monkeypatch.setattr("kt_fewshot.data.vocabulary.GROUP_ANSWERS", 100)
    schools = small_log().with_columns(school=pl.col("student").rank("dense") % 2)
    schools.vstack(schools.with_columns(student=pl.col("student") + "-2")).write_csv("schools.csv")
    data = {"log": ["schools.csv"], "read": {"columns": {"group": "school"}}}
    apart = {**MODEL, "group_tie": 0.0, "epochs": 4, "learning_rate": 0.02}
    trained = train_dkt(TrainSettings(data=data, model=apart), report=False)
    assert trained.tracer.vocabulary.groups == ("0", "1")
    report_run(trained.run.path)  # fits the classics, and asks the tracer once more, of the same schools
    standing = json.loads((trained.run.path / "classics.json").read_text())["tracers"][0]
    assert standing["log_loss"] == pytest.approx(trained.to_dict()["test"]["log_loss"]["value"], abs=1e-6)
    monkeypatch.setattr("kt_fewshot.data.vocabulary.GROUP_ANSWERS", 500)
    with pytest.raises(KTError, match=r"groups of students with 500 training answers or more\. The log has none"):
        train_dkt(TrainSettings(data={"log": ["log.csv"]}, model={**MODEL, "group_tie": 0.1}))


def test_a_tracer_that_keeps_no_checkpoint_leaves_a_whole_run():
    trained = train_dkt(TrainSettings(data={"log": ["log.csv"]}, tracer="skill-mean"))
    assert trained.run.has("model")
    assert not trained.run.has("checkpoint")
    assert trained.run.results.is_file()
    assert "tasks" not in trained.to_dict()


def test_a_training_that_fails_leaves_no_folder(monkeypatch, here):
    def fails(*_, **__):
        raise TrainingError("no luck")

    settings = TrainSettings(data={"log": ["log.csv"]}, tracer="skill-mean")
    monkeypatch.setattr("kt_fewshot.tracing.skill_mean.SkillMean.fit", fails)
    with pytest.raises(TrainingError, match="no luck"):
        train_dkt(settings, out=here / "mine")
    assert not (here / "mine").exists()


def test_a_resumed_training_that_fails_keeps_its_folder(here):
    trained = train_dkt(TrainSettings(data={"log": ["log.csv"]}, model=MODEL), out=here / "mine")
    (here / "log.csv").unlink()
    with pytest.raises(KTError, match="There is no file"):
        resume_dkt(trained.run.path)
    assert trained.run.has("model")


def test_two_trainings_of_one_run_do_not_meet(here):
    trained = train_dkt(TrainSettings(data={"log": ["log.csv"]}, model=MODEL), out=here / "mine")
    with trained.run.writing(), pytest.raises(KTError, match="Another training writes"):
        resume_dkt(trained.run.path)
    assert trained.run.has("model")
