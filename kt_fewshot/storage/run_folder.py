"""`RunFolder`: where one training writes, named by the time it began, and how to find it again."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from kt_fewshot.errors import CheckpointError, StorageError

from .lock import LockHeldError, locked
from .manifest import MANIFEST

Has = Literal["model", "checkpoint", "config"]

RUNS: Final = Path("runs")
"""Where runs go unless the user says otherwise."""

_TIME_NAME: Final = "%Y-%m-%d_%H-%M-%S"
_LOCK: Final = ".lock"


@dataclass(frozen=True)
class RunFolder:
    """One run: its settings, model, training state, history and results under one folder."""

    path: Path

    @classmethod
    def create(cls, root: Path = RUNS, *, out: Path | None = None, now: datetime | None = None) -> "RunFolder":
        """Make a new, empty folder, never one that is already in use.

        Args:
            root: parent of folders named by local time, `2026-01-31_14-05-09`, then `...-2`, `...-3`.
            out: make this folder instead; it may exist only if it is empty.
            now: the time to name it by; the current local time if None.

        Raises:
            StorageError: if `out` is not empty, or the folder cannot be made.
        """
        try:
            return cls(_claim(out) if out is not None else _next_free(root, now or datetime.now()))
        except OSError as error:
            raise StorageError(f"Cannot make a run folder in {out or root}: {error.strerror}.") from error

    @classmethod
    def open(cls, name: str | Path, root: Path = RUNS, *, having: Has = "model") -> "RunFolder":
        """Find a run that holds a saved model (or a training state, or at least its settings).

        Args:
            name: "latest" for the newest such run under `root`, a folder, or a folder's name under `root`.
            root: parent of the runs.
            having: what must be there.

        Raises:
            CheckpointError: if there is none; the message lists what there is.
        """
        candidates = [run for run in cls.all(root) if run.has(having)]
        if str(name) == "latest":
            if not candidates:
                raise CheckpointError(
                    f"There is no run with a {having} in {root}. Train a model first, or name a folder."
                )
            return candidates[-1]
        for path in (Path(name), root / name):
            if path.is_dir():
                if not cls(path).has(having):
                    missing = cls(path)._sign(having).relative_to(path)
                    raise CheckpointError(f"{path} holds no {having} ({missing} is missing).")
                return cls(path)
        known = ", ".join(run.path.name for run in reversed(candidates[-10:])) or "none"
        raise CheckpointError(f"There is no run '{name}'. Runs with a {having} in {root}, newest first: {known}.")

    @classmethod
    def all(cls, root: Path = RUNS) -> "list[RunFolder]":
        """Every folder under `root`, oldest first."""
        if not root.is_dir():
            return []
        return sorted((cls(path) for path in root.iterdir() if path.is_dir()), key=lambda run: _age_key(run.path))

    def has(self, part: Has) -> bool:
        """Whether the run holds a saved model, a training state, or its settings."""
        return self._sign(part).is_file()

    def _sign(self, part: Has) -> Path:
        """The file whose presence tells that a part is there."""
        return self.config if part == "config" else self.path / part / MANIFEST

    def discard(self) -> None:
        """Remove the folder with all it holds; what cannot be removed stays."""
        shutil.rmtree(self.path, ignore_errors=True)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the run against a second training, until the block or the process ends.

        Raises:
            StorageError: if another training writes this run.
        """
        try:
            with locked(self.path / _LOCK, wait=False):
                yield
        except LockHeldError as error:
            raise StorageError(
                f"Another training writes {self.path}. Wait for its end or choose another --out."
            ) from error

    @property
    def config(self) -> Path:
        """Every setting the run was started with."""
        return self.path / "config.yaml"

    @property
    def model(self) -> Path:
        """The trained model."""
        return self.path / "model"

    @property
    def checkpoint(self) -> Path:
        """The state of the training, to resume it."""
        return self.path / "checkpoint"

    @property
    def history(self) -> Path:
        """One row an epoch."""
        return self.path / "history.csv"

    @property
    def results(self) -> Path:
        """The evaluation's numbers."""
        return self.path / "results.json"

    @property
    def ingest(self) -> Path:
        """What was read, kept, merged, set aside and rejected."""
        return self.path / "ingest.json"


def _next_free(root: Path, now: datetime) -> Path:
    name = now.strftime(_TIME_NAME)
    number = 1
    while True:
        path = root / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir(parents=True)  # of two processes at the same second, one gets it and the other moves on
        except FileExistsError:
            if not root.is_dir():
                raise
            number += 1
        else:
            return path


def _claim(out: Path) -> Path:
    used = StorageError(f"{out} is not empty. Choose another --out, or remove it first.")
    if out.exists() and not out.is_dir():
        raise StorageError(f"{out} is a file. Choose another --out.")
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise used
    try:
        os.close(os.open(out / _LOCK, os.O_CREAT | os.O_EXCL, 0o666))  # of two processes, one is first
    except FileExistsError:
        raise used from None
    return out


def _age_key(path: Path) -> tuple[float, int, str]:
    """Order by the time in the name, else by the folder's own time."""
    stamp, number = path.name[:19], path.name[19:]
    try:
        began = datetime.strptime(stamp, _TIME_NAME).timestamp()
        return began, int(number.removeprefix("-") or 1), path.name
    except ValueError:
        return path.stat().st_mtime, 0, path.name
