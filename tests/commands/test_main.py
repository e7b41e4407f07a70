"""The program as such: help at once, one line for mistakes, exit codes, output that survives pipes."""

import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from _cli import REPOSITORY, cli

from kt_fewshot import __version__
from kt_fewshot.commands import app

HEAVY = ("numpy", "torch", "polars", "pandas", "sklearn", "scipy", "yaml", "rich")


def named(group: Any = None) -> Iterator[str]:
    """Every command and group of commands: "", "dkt", "dkt train" ..."""
    group = group or typer.main.get_command(app)
    yield ""
    for name, command in getattr(group, "commands", {}).items():
        yield from (f"{name} {inner}".strip() for inner in named(command))


COMMANDS = list(named())


def test_the_commands_are_found():
    assert {"", "dkt", "data", "dkt train", "dkt evaluate", "data describe"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_terminal_and_tells_every_option(command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = cli(*command.split(), "--help")
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 80
    lines = done.out.splitlines()
    assert lines[0].startswith("Usage: ")
    for number, line in enumerate(lines):
        if re.fullmatch(r"  --[a-z-]+( \S+)?", line):
            assert lines[number + 1].startswith(" " * 10), f"{line} is not explained"
    if "Commands:" not in lines:
        assert "--json" in done.out
        assert ("--max-bad" in done.out) == ("LOG" in lines[0] or "FILE" in lines[0])


@pytest.mark.parametrize("command", ["", "dkt", "data"])
def test_a_group_without_a_command_shows_its_help(command):
    done = cli(*command.split())
    assert done.code == 2
    assert done.err.startswith("Usage: ")
    assert "Commands:" in done.err


def test_version():
    assert cli("--version").out == f"{__version__}\n"


def test_help_needs_nothing_heavy():
    """Every `--help` in one fresh process, which then tells what it has imported."""
    code = f"""
import sys
from kt_fewshot.commands import main
for command in {COMMANDS}:
    try:
        main([*command.split(), "--help"])
    except SystemExit as end:
        assert not end.code
print(*sorted(set({HEAVY}) & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stderr.split() == []


def test_help_answers_at_once():
    """Half a second on a quiet machine is the promise; counted is the processor's time, whoever computes beside us."""
    command = [sys.executable, str(REPOSITORY / "cli.py"), "dkt", "train", "--help"]
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, capture_output=True, check=True, env={"COLUMNS": "80"})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(spent) < 1.0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["dkt", "trian"], "No such command 'trian'. Did you mean 'train'? See "),
        (["dkt", "train", "--nothing"], "No such option: --nothing"),
        (["dkt", "predict"], "Missing argument 'RUN'. See "),
        (["dkt", "train", "--out"], "Option '--out' requires an argument."),
    ],
)
def test_mistakes_on_the_command_line_are_one_line(arguments, error):
    done = cli(*arguments)
    assert done.error.startswith(error)
    assert done.err.count("\n") == 1


def test_ctrl_c_outside_of_training_is_one_line_and_130(monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("kt_fewshot.recipes.describe_log", interrupted)
    done = cli("data", "describe", "log.csv")
    assert (done.code, done.out, done.err) == (130, "", "Interrupted.\n")


def test_a_reader_that_goes_away_is_no_traceback():
    command = f"'{sys.executable}' '{REPOSITORY / 'cli.py'}' dkt train --help | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr


def test_a_mistake_of_ours_is_not_hidden(monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("kt_fewshot.recipes.describe_log", broken)
    with pytest.raises(ZeroDivisionError):
        cli("data", "describe", "log.csv")
