"""`dkt train --compare-single-task`: tables for people with a verdict and what to do, one JSON object for programs."""

from pathlib import Path

import pytest
from _cli import TINY, cli, small_log

from kt_fewshot.commands.single_task import print_single_task
from kt_fewshot.evaluation import TaskTransfer, Transfer, Verdict
from kt_fewshot.metrics import Interval
from kt_fewshot.recipes import SingleTaskRun
from kt_fewshot.storage import RunFolder

QUICK = (*TINY, "--no-report", "--set", "tasks=[correct, hints]", "--repeats", "1")


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A working folder with a log."""
    monkeypatch.chdir(tmp_path)
    small_log().write_csv("log.csv")
    return tmp_path


def found(**tasks: tuple[float, float, Interval, str]) -> Transfer:
    """A comparison with numbers of our choice: (loss, other, change, verdict) a task."""
    told = {name: TaskTransfer(*numbers, Verdict(verdict)) for name, (*numbers, verdict) in tasks.items()}
    return Transfer(told, Interval(-0.25, -0.5, 0.0), repeats=3, students=12, level=0.01, smallest=0.01)


def compared(tasks: Transfer, **parts: dict[str, Transfer]) -> SingleTaskRun:
    return SingleTaskRun(RunFolder(Path("run")), tasks, **parts)


SAME = (0.5, 0.5, Interval(0.0, -0.01, 0.01), "no difference")


def test_a_table_with_verdicts_and_what_to_do(capsys):
    tasks = found(
        correct=SAME,
        hints=(0.45, 0.5, Interval(0.1, 0.05, 0.15), "helps"),
        attempts=(6.0, 0.5, Interval(-11.0, -12.0, -3.5), "hurts"),
    )
    probed = found(mean=(0.4, 0.5, Interval(0.2, 0.1, 0.3), "helps"))
    print_single_task(compared(tasks, unseen={"hints": probed}, without={"hints": found(correct=SAME)}))
    told = capsys.readouterr()
    lines = [line.rstrip() for line in told.out.splitlines()]
    assert lines[1] == "Each task against a model of its own (trainings of each: 3)"
    assert lines[2].split() == ["task", "loss", "together", "alone", "change", "together"]
    assert [line.split()[0] for line in lines[3:6]] == ["correct", "hints", "attempts"]
    assert "+10.0% [+5.0%, +15.0%]" in lines[4]
    assert "< -1000% [< -1000%, -350.0%]" in lines[5]
    assert "What hints gives the others" in lines
    assert "A linear probe for hints on a trunk that never met it" in lines
    assert max(map(len, lines)) <= 80
    said = told.err.splitlines()
    assert [line.partition(".")[0] for line in said[:3]] == [
        "Helps: hints",
        "No difference: correct",
        "Hurts: attempts",
    ]
    assert "--set 'tasks=[attempts]'" in said[2]
    assert said[3] == "Mean change of the tasks (Delta-m): -25.0% [-50.0%, +0.0%]."
    assert said[4].endswith("of 100 such tables one may have it wrong.")


def test_of_several_tasks_none_is_named_in_the_advice(capsys):
    hurt = (0.6, 0.5, Interval(-0.2, -0.3, -0.1), "hurts")
    print_single_task(compared(found(hints=hurt, attempts=hurt)))
    assert "--set 'tasks=[NAME]'" in capsys.readouterr().err.splitlines()[0]


def test_without_an_interval_the_reason_is_said(capsys):
    none = Interval(0.0, reason="fewer than 3 trainings say too little about others")
    print_single_task(compared(found(hints=(0.5, 0.5, none, "not known"))))
    told = capsys.readouterr()
    assert "+0.0%  not known" in told.out
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

    def test_the_report_tells_of_it(self):
        sets = (*TINY, "--set", "tasks=[correct, hints]")
        done = cli("dkt", "train", "log.csv", *sets, "--repeats", "1", "--compare-single-task", "--out", "run")
        assert done.code == 0
        assert 'id="together"' in Path("run/report.html").read_text()
        assert "No verdict: fewer than 3 trainings say too little about others." in Path("run/report.html").read_text()
        Path("run/transfer.json").unlink()
        assert cli("dkt", "report", "run").code == 0
        assert 'id="together"' not in Path("run/report.html").read_text()

    def test_repeats_are_of_a_comparison(self):
        assert "--compare-single-task" in cli("dkt", "train", "log.csv", "--repeats", "4").error

    def test_one_task_alone_is_refused(self):
        done = cli("dkt", "train", "log.csv", *TINY, "--no-report", "--set", "tasks=[correct]", "--compare-single-task")
        assert done.code == 2
        assert "learned one task only" in done.err.splitlines()[-1]
