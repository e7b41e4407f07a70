"""`dkt train --compare-single-task`: tables for people with a verdict and what to do, one JSON object for programs."""

from pathlib import Path
from typing import Any

import pytest
from _cli import TINY, cli, small_log

from kt_fewshot.commands.single_task import print_single_task

QUICK = (*TINY, "--no-report", "--set", "tasks=[correct, hints]", "--repeats", "1")


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A working folder with a log."""
    monkeypatch.chdir(tmp_path)
    small_log().write_csv("log.csv")
    return tmp_path


class Found:
    """A comparison with numbers of our choice: (loss, other, change, low, high, verdict) a task."""

    def __init__(self, tasks: dict[str, tuple[Any, ...]], **others: Any) -> None:
        self.content = {
            "settings": {"level": 0.01, "smallest": 0.01, "repeats": 3},
            "delta_m": {"value": -0.25, "low": -0.5, "high": 0.0},
            "tasks": {name: self.task(*numbers) for name, numbers in tasks.items()},
            **others,
        }

    @staticmethod
    def task(*numbers: Any) -> Any:
        joint, other, value, low, high, verdict = numbers
        reason = {} if high is not None else {"reason": "fewer than 3 trainings say too little about others"}
        return {
            "joint": joint,
            "other": other,
            "change": {"value": value, "low": low, "high": high} | reason,
            "verdict": verdict,
        }

    def to_dict(self) -> dict[str, Any]:
        return self.content


def test_a_table_with_verdicts_and_what_to_do(capsys):
    compared = Found(
        {
            "correct": (0.5, 0.5, 0.0, -0.01, 0.01, "no difference"),
            "hints": (0.45, 0.5, 0.1, 0.05, 0.15, "helps"),
            "attempts": (6.0, 0.5, -11.0, None, -3.5, "hurts"),
        },
        unseen={"hints": {"tasks": {"mean": Found.task(0.4, 0.5, 0.2, 0.1, 0.3, "helps")}}},
        without={"hints": {"tasks": {"correct": Found.task(0.5, 0.5, 0.0, -0.01, 0.01, "no difference")}}},
    )
    print_single_task(compared)  # pyright: ignore[reportArgumentType]
    told = capsys.readouterr()
    lines = [line.rstrip() for line in told.out.splitlines()]
    assert lines[1] == "Each task against a model of its own (trainings of each: 3)"
    assert lines[2].split() == ["task", "loss", "together", "alone", "change", "verdict"]
    assert [line.split()[0] for line in lines[3:6]] == ["correct", "hints", "attempts"]
    assert "+10.0% [+5.0%, +15.0%]" in lines[4]
    assert "< -1000% [< -1000%, -350.0%]" in lines[5]
    assert "What hints gives the others" in lines
    assert "A linear probe for hints on a trunk that never met it" in lines
    assert max(map(len, lines)) <= 80
    said = told.err.splitlines()
    assert said[0] == "Mean change of the tasks (Delta-m): -25.0% [-50.0%, +0.0%]."
    assert [line.partition(".")[0] for line in said[1:4]] == [
        "Helps: hints",
        "No difference: correct",
        "Hurts: attempts",
    ]
    assert "--sharing soft" in said[3]
    assert said[4].endswith("of 100 such tables one may have a wrong one.")


def test_without_an_interval_the_reason_is_said(capsys):
    print_single_task(Found({"hints": (0.5, 0.5, 0.0, None, None, "no difference")}))  # pyright: ignore[reportArgumentType]
    told = capsys.readouterr()
    assert "+0.0%  no difference" in told.out
    assert "No verdict: fewer than 3 trainings say too little about others." in told.err.splitlines()


@pytest.mark.usefixtures("here")
class TestCommand:
    def test_one_json_object_and_a_file(self):
        done = cli("dkt", "train", "log.csv", *QUICK, "--compare-single-task", "--out", "run", "--json")
        assert done.code == 0
        assert set(done.json["transfer"]["tasks"]) == {"correct", "hints"}
        assert "without" not in done.json["transfer"]
        assert "hints, training 1: fitted" in done.err
        assert Path("run/transfer.json").is_file()
        again = cli("dkt", "train", "--resume", "run", "--no-report", "--leave-one-out", "--repeats", "1")
        assert "hints, training 1: kept" in again.err
        assert "without-hints, training 1: fitted" in again.err
        assert "A linear probe for hints on a trunk that never met it" in again.out

    def test_repeats_are_of_a_comparison(self):
        assert "--compare-single-task" in cli("dkt", "train", "log.csv", "--repeats", "4").error

    def test_one_task_alone_is_refused(self):
        done = cli("dkt", "train", "log.csv", *TINY, "--no-report", "--set", "tasks=[correct]", "--compare-single-task")
        assert done.code == 2
        assert "learned one task only" in done.err.splitlines()[-1]
