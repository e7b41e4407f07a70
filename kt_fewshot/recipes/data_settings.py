"""Which answers: the log or logs a user names, or simulated students, split into train, valid and test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kt_fewshot.data import (
    BucketedLog,
    BucketedSplit,
    Ingest,
    Log,
    SimulatedStudents,
    Split,
    by_fold,
    by_fold_files,
    by_student,
    by_time,
    simulate,
    with_test,
)
from kt_fewshot.errors import KTError

from .read_settings import ReadSettings

TEST_FOLD: Final = -1
"""The number of a log's own test set in its column `fold`."""

NEEDS: Final = {
    "valid_fraction": ("test",),
    "test_fold": ("fold_files", "valid_fold"),
    "fold_files": ("test_fold",),
    "test": ("log",),
    "valid_fold": ("log",),
    "split": ("log",),
}
"""A setting -> it means nothing unless one of these is there too."""

ALTERNATIVES: Final = (
    ("log", "fold_files", "simulator"),
    ("log", "fold_files", "students"),
    ("test", "fold_files", "valid_fold", "split"),
)
"""Of each of these groups a user can mean one setting at most."""


class DataSettings(BaseModel):
    """What to learn from and what to test on.

    Without `log` and `fold_files`, students are simulated. With `test`, another log tests. With `fold_files`, one log
    a fold, number `test_fold` (from 1) tests and the next validates. With `valid_fold`, the log's column `fold` decides
    and `test_fold` (-1 unless named) tests. Otherwise `split` cuts the log 70/10/20, by student or by time within each
    student.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    log: tuple[Path, ...] = ()
    test: Path | None = None
    fold_files: tuple[Path, ...] = ()
    test_fold: int | None = None
    valid_fold: int | None = None
    split: Literal["student", "time"] = "student"
    valid_fraction: float = Field(default=0.1, gt=0, lt=1)
    read: ReadSettings = ReadSettings()
    simulator: str = "bkt"
    students: int = Field(default=2000, ge=3)
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _check(self) -> "DataSettings":
        """No setting is silently without effect."""
        given = [name for name, field in type(self).model_fields.items() if getattr(self, name) != field.default]
        for group in ALTERNATIVES:
            if len(named := [name for name in group if name in given]) > 1:
                raise ValueError(f"Settings `{named[0]}` and `{named[1]}` exclude each other. Leave one out.")
        for name, others in NEEDS.items():
            if name in given and not any(other in given for other in others):
                raise ValueError(f"Setting `{name}` needs {' or '.join(f'`{other}`' for other in others)} beside it.")
        return self

    def absolute(self) -> "DataSettings":
        """The same settings, with paths that hold in any working folder."""
        paths = {name: tuple(path.absolute() for path in getattr(self, name)) for name in ("log", "fold_files")}
        test = self.test and self.test.absolute()
        return self.model_copy(update={**paths, "test": test, "read": self.read.absolute()})

    def load(self, *, in_buckets: bool = False) -> "Data":
        """Read or simulate, and split.

        Args:
            in_buckets: a log in buckets that is split by student stays in its buckets: one is read at a time.

        Raises:
            KTError: if there is no such simulator or fold.
            LogError: if a log cannot be read or split.
        """
        if in_buckets and (log := self._bucketed()):
            return Data(BucketedSplit.by_student(log, seed=self.seed), (log.ingest,))
        if self.fold_files:
            logs = [self.read.read(path) for path in self.fold_files]
        elif self.log:
            logs = [self.read.read(*self.log), *([self.read.read(self.test)] if self.test else [])]
        else:
            with _user_chose():
                simulated = simulate(self.simulator, n_students=self.students, seed=self.seed)
            return Data(by_student(simulated.interactions, seed=self.seed), simulated=simulated)
        return Data(self._split(logs), tuple(log.ingest for log in logs))

    def _bucketed(self) -> BucketedLog | None:
        """The log, if it is one in buckets and its split needs no more than the students' names."""
        if len(self.log) != 1 or self.test or self.valid_fold is not None or self.split != "student":
            return None
        return BucketedLog.at(self.log[0], lambda bucket: self.read.read_compact(bucket).full())

    def _split(self, logs: list[Log]) -> Split:
        log, *others = (log.interactions for log in logs)
        with _user_chose():
            if self.fold_files:
                return by_fold_files([log, *others], test_fold=self.test_fold or 0)
            if others:
                return with_test(log, others[0], valid_fraction=self.valid_fraction, seed=self.seed)
            if self.valid_fold is not None:
                test = TEST_FOLD if self.test_fold is None else self.test_fold
                return by_fold(log, valid=self.valid_fold, test=test)
        return by_time(log) if self.split == "time" else by_student(log, seed=self.seed)


@dataclass(frozen=True)
class Data:
    """A split, how its logs were read, and the truth behind it if it was simulated."""

    split: Split | BucketedSplit
    ingests: tuple[Ingest, ...] = ()
    simulated: SimulatedStudents | None = None

    def describe(self) -> list[str]:
        """What was read and how it was split, a line each."""
        lines = [line for ingest in self.ingests for line in told(ingest)]
        if self.simulated is not None:
            students = f"{self.simulated.interactions.n_students:,} simulated students"
            lines.append(f"No log was named: {students} ({self.simulated.simulator}).")
        return [*lines, self.split.describe()]


def told(ingest: Ingest) -> list[str]:
    """How a log was read, which column was taken for what, and what its user should look at, a line each."""
    lines = [f"{', '.join(ingest.files)}: {ingest.sentence}"]
    if ingest.columns:
        columns = (name if name == column else f"{name} = {column}" for name, column in ingest.columns.items())
        lines.append(f"Columns: {', '.join(columns)}.")
    return [*lines, *(f"Warning: {warning}" for warning in ingest.warnings)]


@contextmanager
def _user_chose() -> Iterator[None]:
    """Inside, a value that is refused is one that the user chose: the number of a fold, the name of a simulator."""
    try:
        yield
    except ValueError as error:
        raise KTError(str(error)) from error
