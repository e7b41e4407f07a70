"""Two processes started by torchrun, as one: the same numbers, one run folder, one voice."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from _cli import REPOSITORY, TINY, Outcome, cli, small_log

from kt_fewshot.commands import several
from kt_fewshot.storage import RunFolder

WITHOUT_NOISE = tuple(f"--set={name}=0" for name in ("dropout", "item_dropout", "mastery_dropout"))
DKT = ("dkt", "train", "log.csv", *TINY, *WITHOUT_NOISE, "--epochs", "2", "--set=rows=3", "--no-report", "--json")
FEW_SHOT = ("fewshot", "train", "--data=digits", "--encoder=mlp", "--method=ridge", "--tasks=3", "--n-way=3")
FEW_SHOT += ("--test-way=3", "--steps=10", "--epochs=2", "--test-episodes=60", "--no-report", "--json")


def torchrun(*arguments: str, cwd: Path) -> Outcome:
    """Two processes with a command."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    done = subprocess.run(
        [*command, str(REPOSITORY / "cli.py"), *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a log."""
    monkeypatch.chdir(tmp_path)
    small_log().write_csv("log.csv")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
@pytest.mark.parametrize(("command", "metric"), [(DKT, "auc"), (FEW_SHOT, "accuracy")])
def test_two_processes_do_what_one_does(here: Path, command: tuple[str, ...], metric: str, device: str):
    command = (*command, "--device", device, "--precision=fp32" if command is FEW_SHOT else "--set=precision=fp32")
    one, two = cli(*command), torchrun(*command, cwd=here)
    assert two.code == 0, two.err
    assert two.json["test"][metric]["value"] == pytest.approx(one.json["test"][metric]["value"], abs=1e-4)
    assert two.json["test"]["log_loss"]["value"] == pytest.approx(one.json["test"]["log_loss"]["value"], abs=1e-4)
    assert one.err.splitlines()[0] in two.err  # told once, by the first
    assert two.err.count(one.err.splitlines()[0]) == 1
    alone, shared = RunFolder.all(here / "runs")
    assert {path.name for path in alone.path.iterdir()} == {path.name for path in shared.path.iterdir()}


def started(monkeypatch: pytest.MonkeyPatch, rank: int) -> None:
    """As torchrun would have started this process."""
    monkeypatch.setenv("RANK", str(rank))
    monkeypatch.setenv("WORLD_SIZE", "2")


def test_what_cannot_be_shared_is_refused_by_the_first_and_left_by_others(monkeypatch, here):
    started(monkeypatch, 0)
    assert cli("dkt", "options").error == (
        "Only `dkt train` and `fewshot train` can be shared by several processes. Run this without torchrun."
    )
    started(monkeypatch, 1)
    assert cli("dkt", "options") == Outcome(0, "", "")


def test_help_is_the_first_one_s(monkeypatch):
    started(monkeypatch, 0)
    assert "Train on a log" in cli("dkt", "train", "--help").out
    started(monkeypatch, 1)
    assert cli("dkt", "train", "--help") == Outcome(0, "", "")


def test_others_learn_along_whatever_the_arguments(monkeypatch):
    heard = []
    monkeypatch.setattr("kt_fewshot.recipes.learn_along", lambda: heard.append("lesson"))
    started(monkeypatch, 1)
    assert cli("dkt", "train", "--nonsense") == Outcome(0, "", "")
    assert heard == ["lesson"]
    started(monkeypatch, 0)
    assert cli("dkt", "train", "--nonsense").code == 2
    assert heard == ["lesson"]


def test_one_process_is_no_group(monkeypatch):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert not several.learned_along(["dkt", "options"])
    monkeypatch.delenv("RANK")
    assert not several.learned_along(["dkt", "options"])
