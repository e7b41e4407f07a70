"""The command to run instead: the whole line, with what decides."""

import shlex
import sys
from pathlib import Path

import pytest
from _cli import cli

from kt_fewshot.commands.again import completed

UNCLEAR = "user,kc,topic,correct\na,x,t,1\na,y,t,0\nb,x,s,1\n"


@pytest.mark.parametrize(
    ("arguments", "options", "line"),
    [
        (["data", "describe", "log"], ("--kc", "A B"), "kt-fewshot data describe log --kc 'A B'"),
        (["x", "--student", "a"], ("--student", "b", "--skill", "c"), "kt-fewshot x --student a --skill c"),
        (["x", "--student=a"], ("--student", "b"), "kt-fewshot x --student=a"),
        (["x", "--", "-odd.csv"], ("--kc", "A"), "kt-fewshot x --kc A -- -odd.csv"),
    ],
)
def test_what_is_there_stays_and_what_decides_comes_to_it(arguments, options, line):
    assert shlex.join(completed(arguments, options)) == line


def test_a_program_is_named_as_its_user_typed_it(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(sys, "argv", ["cli.py", "data", "describe", "log"])
    monkeypatch.setattr(sys, "orig_argv", ["python", "-X", "dev", "cli.py", "data", "describe", "log"])
    assert completed(None, ("--kc", "A")) == ["python", "-X", "dev", "cli.py", "data", "describe", "log", "--kc", "A"]
    script = tmp_path / "kt-fewshot"
    script.touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [str(script), "data"])
    monkeypatch.setattr(sys, "orig_argv", ["/usr/bin/python", str(script), "data"])
    monkeypatch.setenv("PATH", "")
    assert completed(None, ())[:2] == ["/usr/bin/python", str(script)]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert completed(None, ()) == ["kt-fewshot", "data"]


def test_the_line_that_is_told_runs(tmp_path: Path):
    log = tmp_path / "my $(log).csv"
    log.write_text(UNCLEAR)
    told = cli("data", "describe", log, "--correct", "correct").error
    assert told.startswith("my $(log).csv: the skill could be kc or topic (found: user, kc, topic, correct).")
    program, *again = shlex.split(told.partition("Name the columns: ")[2])
    assert (program, again[:3]) == ("kt-fewshot", ["data", "describe", str(log)])
    assert again[3:] == ["--correct", "correct", "--student", "user", "--skill", "kc"]
    assert "x" in cli(*again, "--json").out
