"""The command line in this process, in a forked one and in a real one; tiny models and logs for it."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import polars as pl

from kt_fewshot.commands import main
from kt_fewshot.data import simulate
from kt_fewshot.storage import Manifest

REPOSITORY = Path(__file__).parents[1]

TINY = ("--set", "hidden=8", "--set", "embedding=4", "--set", "head_hidden=8", "--epochs", "1", "--threads", "1")
"""A model that trains in an instant."""


@dataclass(frozen=True)
class Outcome:
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output as exactly one JSON object."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        assert self.out.count("\n") == 1
        return found

    @property
    def error(self) -> str:
        """The one line of a command that failed through its user's fault, and of nothing else."""
        *told, line = self.err.splitlines()
        assert self.code == 2, self
        assert self.out == ""
        assert line.startswith("Error: "), line
        assert not any("Error" in other or "Traceback" in other for other in told), self.err
        return line.removeprefix("Error: ")


def cli(*arguments: object, err: TextIO | None = None) -> Outcome:
    """Run a command here, as the installed program would; `err` takes the place of standard error."""
    told_out, told_err = io.StringIO(), io.StringIO()
    code: Any = 0
    with contextlib.redirect_stdout(told_out), contextlib.redirect_stderr(err or told_err):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
    return Outcome(code or 0, told_out.getvalue(), told_err.getvalue())


def process(*arguments: object, cwd: Path, **options: Any) -> subprocess.Popen:
    """Start a command as a process of its own."""
    command = [sys.executable, str(REPOSITORY / "cli.py"), *map(str, arguments)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    pipe = subprocess.PIPE
    settings = {"stdout": pipe, "stderr": pipe, "text": True} | options
    return subprocess.Popen(command, cwd=cwd, env=environment, **settings)


def main_in_child(folder: Path, arguments: Sequence[object]) -> None:
    """What a forked process runs: a command, in a folder."""
    os.chdir(folder)
    sys.stdout = sys.stderr = Path("child.txt").open("a", encoding="utf-8")  # noqa: SIM115 (to the process's end)
    main([str(argument) for argument in arguments])


def model_digest(run: Path) -> str:
    """SHA-256 of a run's weights, as its manifest has it, after comparing it with the file."""
    manifest = Manifest.load(run / "model", kind="tracer")
    manifest.verify(run / "model")
    return manifest.files["tensors.safetensors"].sha256


def small_log(students: int = 24, *, seed: int = 0, answers: int = 12, skills: int = 3) -> pl.DataFrame:
    """A simulated log as a user would have it: no empty columns, no file and row."""
    made = simulate("bkt", n_students=students, n_answers=answers, n_skills=skills, seed=seed)
    table = made.interactions.table.drop("file", "row")
    return table.select(name for name in table.columns if table[name].null_count() < table.height)
