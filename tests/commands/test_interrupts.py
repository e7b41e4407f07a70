"""Training that is stopped, by Ctrl-C or kill -9, goes on to the very model it would have become."""

import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
from _cli import TINY, cli, main_in_child, model_digest, process, small_log
from _toys import fork_context

from kt_fewshot.storage import load_checkpoint

MANY_STEPS = ("--set", "rows=2", "--set", "time=20", "--epochs", 8, "--set", "patience=8")
"""About 40 steps."""

TRAIN = ("dkt", "train", "log.csv", *TINY, *MANY_STEPS, "--out", "run")
TRAIN_AND_SAVE = (*TRAIN, "--set", "checkpoint_seconds=0")
"""The same, with a checkpoint after every step."""

SOON = 60.0


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> str:
    """SHA-256 of the model of a training that nothing stopped."""
    folder = tmp_path_factory.mktemp("whole")
    small_log().write_csv(folder / "log.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert cli(*TRAIN).code == 0
    return model_digest(folder / "run")


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A working folder with the log."""
    monkeypatch.chdir(tmp_path)
    small_log().write_csv("log.csv")
    return tmp_path


def manifest() -> bytes:
    """What tells one checkpoint from another; empty before the first."""
    path = Path("run/checkpoint/manifest.json")
    return path.read_bytes() if path.is_file() else b""


def wait_for_checkpoint(last: bytes = b"") -> None:
    """Wait for a checkpoint other than the last one known."""
    end = time.monotonic() + SOON
    while manifest() == last:
        assert time.monotonic() < end, "no checkpoint was written"
        time.sleep(0.002)


def test_ctrl_c_tells_how_to_go_on_and_going_on_ends_in_the_same_model(here, whole):
    for _ in range(3):  # a busy machine may let the training end before the signal comes
        shutil.rmtree("run", ignore_errors=True)
        started = process(*TRAIN_AND_SAVE, cwd=here)
        wait_for_checkpoint()
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=SOON)
        if started.returncode:
            break
    assert started.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == (
        "Training was interrupted; what was done is kept. Go on with: dkt train --resume run"
    )
    assert "Traceback" not in err
    assert cli("dkt", "predict", "run", "log.csv").error == "run holds no model (model/manifest.json is missing)."
    done = cli("dkt", "train", "--resume", "run", "--json")
    assert done.code == 0
    assert done.json["run"] == "run"
    assert model_digest(Path("run")) == whole


def test_three_times_kill_9_at_random_moments(here, whole):
    context, moments = fork_context(), random.Random(4)
    arguments, kills = TRAIN_AND_SAVE, 0
    while kills < 3:
        last = manifest()
        child = context.Process(target=main_in_child, args=(here, arguments))
        child.start()
        wait_for_checkpoint(last)
        time.sleep(moments.uniform(0.0, 0.15))
        os.kill(child.pid, signal.SIGKILL)
        child.join(SOON)
        if child.exitcode != -signal.SIGKILL:  # it was done before; once more from the start
            shutil.rmtree("run")
            arguments = TRAIN_AND_SAVE
            continue
        kills += 1
        _, meta = load_checkpoint(Path("run/checkpoint"), kind="training-state")
        assert meta["step"] >= 1
        arguments = ("dkt", "train", "--resume", "run")
    assert cli(*arguments).code == 0
    assert model_digest(Path("run")) == whole


@pytest.mark.usefixtures("here")
def test_a_run_killed_before_its_first_checkpoint_begins_anew(whole):
    assert cli(*TRAIN).code == 0
    for name in ("model", "checkpoint"):
        shutil.rmtree(f"run/{name}")
    for name in ("split.csv", "results.json", "history.csv", "mastery.csv"):
        Path("run", name).unlink()
    done = cli("dkt", "train", "--resume", "run")
    assert done.code == 0
    assert model_digest(Path("run")) == whole
    assert Path("run/results.json").is_file()
    assert Path("run/split.csv").is_file()


@pytest.mark.usefixtures("here")
def test_resuming_what_is_finished_changes_nothing(whole):
    assert cli(*TRAIN).code == 0
    before = Path("run/results.json").read_text()
    assert cli("dkt", "train", "--resume", "run").code == 0
    assert model_digest(Path("run")) == whole
    assert Path("run/results.json").read_text() == before


def test_a_run_is_resumed_from_any_folder_and_as_the_latest(here, whole, monkeypatch):
    assert cli(*TRAIN[:-2]).code == 0
    (run,) = Path("runs").iterdir()
    shutil.rmtree(run / "model")
    assert cli("dkt", "train", "--resume", "latest").code == 0
    shutil.rmtree(run / "model")
    monkeypatch.chdir("/")
    assert cli("dkt", "train", "--resume", here / run).code == 0
    assert model_digest(here / run) == whole


@pytest.mark.usefixtures("here")
def test_the_latest_training_is_resumed_whatever_else_was_run_since():
    assert cli(*TRAIN[:-2]).code == 0
    assert cli("dkt", "compare", "log.csv", "--tracers", "skill-mean", "--draws", 5, "--out", "runs/other").code == 0
    assert cli("dkt", "train", "--resume", "latest").code == 0
    error = cli("dkt", "train", "--resume", "other").error
    assert error.startswith("runs/other/config.yaml does not tell how to go on with a training. There is no setting")


@pytest.mark.parametrize("moment", ["simulate", "evaluate_tracer"])
def test_ctrl_c_outside_of_the_epochs(here, monkeypatch, moment):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    module = "kt_fewshot.recipes.data_settings" if moment == "simulate" else "kt_fewshot.recipes.train_dkt"
    monkeypatch.setattr(sys.modules[module], moment, interrupted)
    done = cli("dkt", "train", "--students", 20, *TINY, "--out", "run")
    assert done.code == 130
    if moment == "simulate":  # nothing was done, nothing stays
        assert done.err.splitlines()[-1] == "Interrupted."
        assert not Path("run").exists()
    else:
        assert done.err.splitlines()[-1].endswith("Go on with: dkt train --resume run")
        monkeypatch.undo()
        monkeypatch.chdir(here)
        assert cli("dkt", "train", "--resume", "run").code == 0
        assert cli("dkt", "mastery", "run", "log.csv").code == 0
