"""Which answers: the log or logs a user names, or simulated students, split into train, valid and test."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kt_fewshot.data import (
    ColumnChoice,
    Ingest,
    Log,
    SimulatedStudents,
    Split,
    by_fold,
    by_fold_files,
    by_student,
    by_time,
    read_log,
    simulate,
    with_test,
)
from kt_fewshot.errors import KTError

S = TypeVar("S", bound=BaseModel)

TEST_FOLD: Final = -1
"""The number of a log's own test set in its column `fold`."""


class ReadSettings(BaseModel):
    """How a log is read; everything left out is found out and said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str | None = None
    columns: Mapping[str, str] = Field(default_factory=dict)
    skill_separator: str | None = None
    threshold: float | None = None
    max_bad: float = 0.01

    def read(self, *paths: Path) -> Log:
        """Read a log, or the parts of one.

        Raises:
            LogError: if it cannot be read.
        """
        return read_log(
            list(paths),
            format=self.format,
            columns=ColumnChoice(**self.columns),
            skill_separator=self.skill_separator,
            threshold=self.threshold,
            max_bad=self.max_bad,
        )


class DataSettings(BaseModel):
    """What to learn from and what to test on.

    Without `log` and `fold_files`, students are simulated. With `test`, another log tests. With `fold_files`, one log
    a fold, number `test_fold` (from 1) tests and the next validates. With `valid_fold`, the log's column `fold` decides
    and -1 tests. Otherwise `split` cuts the log 70/10/20, by student or by time within each student.
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

    def load(self) -> "Data":
        """Read or simulate, and split.

        Raises:
            KTError: if the settings contradict each other.
            LogError: if a log cannot be read or split.
        """
        try:
            return self._load()
        except ValueError as error:  # a number of a fold or a share that a split refuses
            raise KTError(str(error)) from error

    def _load(self) -> "Data":
        if self.fold_files:
            return self._load_folds()
        if not self.log:
            simulated = simulate(self.simulator, n_students=self.students, seed=self.seed)
            return Data(by_student(simulated.interactions, seed=self.seed), (), simulated)
        log = self.read.read(*self.log)
        if self.test is not None:
            test = self.read.read(self.test)
            split = with_test(log.interactions, test.interactions, valid_fraction=self.valid_fraction, seed=self.seed)
            return Data(split, (log.ingest, test.ingest))
        return Data(self._cut(log), (log.ingest,))

    def _load_folds(self) -> "Data":
        if self.log or self.test_fold is None:
            raise KTError("--fold-files names all the logs there are, and --test-fold says which one tests (from 1).")
        logs = [self.read.read(path) for path in self.fold_files]
        split = by_fold_files([log.interactions for log in logs], test_fold=self.test_fold)
        return Data(split, tuple(log.ingest for log in logs))

    def _cut(self, log: Log) -> Split:
        if self.valid_fold is not None:
            test = TEST_FOLD if self.test_fold is None else self.test_fold
            return by_fold(log.interactions, valid=self.valid_fold, test=test)
        if self.split == "time":
            return by_time(log.interactions)
        return by_student(log.interactions, seed=self.seed)


@dataclass(frozen=True)
class Data:
    """A split, how its logs were read, and the truth behind it if it was simulated."""

    split: Split
    ingests: tuple[Ingest, ...] = ()
    simulated: SimulatedStudents | None = None

    def describe(self) -> list[str]:
        """What was read and how it was split, a line each."""
        read = [f"{', '.join(ingest.files)}: {ingest.sentence}" for ingest in self.ingests]
        if self.simulated is not None:
            read = [f"No log was named: {self.split_size()} simulated students ({self.simulated.simulator})."]
        return [*read, self.split.describe()]

    def split_size(self) -> int:
        """Number of students in all parts."""
        parts = (self.split.train, self.split.valid, self.split.test)
        return sum(part.interactions.n_students for part in parts)


def checked(kind: type[S], values: Mapping[str, Any]) -> S:
    """Settings of a kind from plain values.

    Raises:
        KTError: if a value is not what it should be; one line that names it.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        raise KTError(first_problem(error)) from error


def first_problem(error: ValidationError) -> str:
    """What is wrong with settings first, in one line that names it."""
    problem = error.errors()[0]
    name = ".".join(str(part) for part in problem["loc"]) or "settings"
    message = problem["msg"].removeprefix("Value error, ").rstrip(".")
    if problem["type"] == "extra_forbidden":
        return f"There is no setting `{name}`."
    return f"`{name}`: {message}. Found {problem['input']!r}."
