"""How a run's tasks get on: what is found, drawn and kept, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from _cli import small_log

from kt_fewshot.errors import KTError, StorageError
from kt_fewshot.recipes import TrainSettings, relate_tasks, train_dkt

SMALL = {"hidden": 8, "embedding": 4, "head_hidden": 8, "epochs": 1, "time": 40}
TASKS = ("response_time", "hints", "attempts", "correct", "mastery")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A log, a run with towers, one with a common trunk, one of a single task."""
    folder = tmp_path_factory.mktemp("related")
    small_log(30).write_csv(folder / "log.csv")
    runs = {"towers": {"sharing": "cross-stitch"}, "trunk": {}, "single": {"tasks": ["correct"]}}
    for name, model in runs.items():
        settings = TrainSettings(data={"log": [folder / "log.csv"]}, model=SMALL | model)
        train_dkt(settings, out=folder / name, report=False)
    return folder


def test_what_is_found_is_drawn_and_kept(folder):
    said = []
    related = relate_tasks(folder / "towers", epochs=2, trainings=2, say=said.append)
    assert related.cosine.tasks == related.affinity.tasks == TASKS
    cosine = related.cosine.matrix
    np.testing.assert_allclose(cosine.diagonal(), 1)
    np.testing.assert_allclose(cosine, cosine.T)
    assert (related.lowest <= cosine + 1e-12).all() and (cosine <= related.highest + 1e-12).all()
    assert (related.lowest < related.highest)[0, 1]
    assert (related.affinity.matrix.diagonal() > 0).all()  # a small step for a task helps it
    assert sorted(task for group in related.groups for task in group) == sorted(TASKS)
    assert json.loads((folder / "towers/relations.json").read_text()) == json.loads(json.dumps(related.to_dict()))
    assert related.settings["students"] == 21  # those the run learned from
    page = (folder / "towers/relations.html").read_text()
    assert "Learned in the run" in page and "Groups that get on" in page
    assert any("2 fresh networks for 2 epochs" in line for line in said)


def test_what_the_run_has_learned_of_them(folder):
    learned = relate_tasks(folder / "towers", epochs=1, trainings=1).learned
    assert learned.tasks == learned.sources == TASKS
    assert (learned.matrix.diagonal() > 0.5).all()
    related = relate_tasks(folder / "trunk", epochs=1, trainings=1)
    assert related.learned is None
    assert "Learned" not in related.page.read_text()


def test_the_same_seed_finds_the_same(folder):
    once, again = (relate_tasks(folder / "trunk", epochs=1, trainings=1).to_dict() for _ in range(2))
    assert once == again


def test_another_log_and_another_place(folder, tmp_path):
    small_log(8, seed=3).drop("hints").write_csv(tmp_path / "other.csv")
    related = relate_tasks(
        folder / "trunk", [tmp_path / "other.csv"], out=tmp_path / "picture.svg", epochs=1, trainings=1
    )
    assert related.cosine.tasks == ("response_time", "attempts", "correct", "mastery")  # the log tells of no hints
    assert related.settings["students"] == 8
    assert (tmp_path / "picture.svg").read_text().startswith("<svg")
    assert (tmp_path / "picture.json").exists()


def test_of_a_long_log_the_first_students_are_looked_at(folder):
    said = []
    related = relate_tasks(folder / "trunk", epochs=1, trainings=1, most_answers=100, say=said.append)
    assert related.settings["answers"] <= 100
    assert any(f"the first {related.settings['students']} of its 21 students" in line for line in said)


def test_refusals(folder, tmp_path):
    with pytest.raises(KTError, match="learned one task, correct, so there is nothing to relate"):
        relate_tasks(folder / "single")
    with pytest.raises(KTError, match="`epochs` should be at least 1. Found 0"):
        relate_tasks(folder / "trunk", epochs=0)
    with pytest.raises(KTError, match="`trainings` should be at least 1"):
        relate_tasks(folder / "trunk", trainings=0)
    with pytest.raises(KTError, match="Without a LOG"):
        relate_tasks(folder / "trunk", read={"kc": "x"})
    with pytest.raises(StorageError, match=r"saved as \.svg or \.html. Found 'a\.png'"):
        relate_tasks(folder / "trunk", out=tmp_path / "a.png")
    with pytest.raises(StorageError, match="name a file in a folder that is there"):
        relate_tasks(folder / "trunk", out=tmp_path / "none/a.svg")
