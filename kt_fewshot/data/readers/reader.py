"""What a log reader is (`Reader`), and what it hands over (`Draft`).

A reader knows one format: how to recognise it and how to bring its records into canonical columns, saying of each
record whether it is an answer. Ordering, merging, counting and checking are the same for every format and happen after
it, in `finish.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Final

import polars as pl

from ..interactions import SCHEMA
from .columns import ColumnChoice
from .ingest import MERGED_SCHEMA, REJECTED_SCHEMA
from .sniff import Peek, Watch, sniff, unwatched

DRAFT_SCHEMA: Final[Mapping[str, pl.DataType]] = {
    **SCHEMA,
    "order": pl.Float64(),
    "set_aside": pl.String(),
    "rejected": pl.String(),
}
"""Columns of a draft: those of the log table, an order id, and why a record is no answer (null: it is one)."""


HINTS: Final = ("wrong", "drop")
"""What a first attempt that asks for help may count as."""


@dataclass(frozen=True)
class Options:
    """What a user may ask of a reader.

    - `columns`: which column is what, where the reader should not decide;
    - `max_bad`: part of the records that may be rejected, 0 to 1;
    - `threshold`: outcomes between 0 and 1 count as right from here on; None sets them aside;
    - `skill_separator`: what separates the skills of one cell; "" for nothing but `~~`; None to find out;
    - `kc`: which of several skill models of a log to take;
    - `hint`: what a first attempt is that asks for help: "wrong", or "drop" to set it aside; None is "wrong";
    - `side`: files that belong to the log (questions, keys); where none is named they are looked for near it;
    - `keep_names`: whether names and e-mail addresses of students stay readable;
    - `key`: secret that pseudonyms of students are made with.

    Raises:
        ValueError: if a number is out of range or `hint` is another word.
    """

    columns: ColumnChoice = field(default_factory=ColumnChoice)
    max_bad: float = 0.01
    threshold: float | None = None
    skill_separator: str | None = None
    kc: str | None = None
    hint: str | None = None
    side: tuple[Path, ...] = ()
    keep_names: bool = False
    key: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        """Check ranges."""
        if not 0 <= self.max_bad <= 1:
            raise ValueError(f"`max_bad` should be between 0 and 1. Found `max_bad = {self.max_bad}`.")
        if self.threshold is not None and not 0 < self.threshold <= 1:
            raise ValueError(f"`threshold` should be above 0 and at most 1. Found `threshold = {self.threshold}`.")
        if self.hint not in (None, *HINTS):
            raise ValueError(f"`hint` should be one of {', '.join(HINTS)}. Found `hint = {self.hint!r}`.")

    @property
    def drops_hints(self) -> bool:
        """Whether a first attempt that asks for help is set aside instead of counted as wrong."""
        return self.hint == "drop"


@dataclass(frozen=True)
class Source:
    """The files (or folders) of one log, in the order given."""

    paths: tuple[Path, ...]
    watch: Watch = unwatched
    """Told how far the reading of tables is."""

    @cached_property
    def peek(self) -> Peek:
        """The first file, sniffed."""
        return self._sniffed(self.paths[0])

    @cached_property
    def peeks(self) -> tuple[Peek, ...]:
        """Every file, sniffed."""
        return (self.peek, *map(self._sniffed, self.paths[1:]))

    def _sniffed(self, path: Path) -> Peek:
        return replace(sniff(path), watch=self.watch)


@dataclass(frozen=True)
class Draft:
    """What a reader makes of a log.

    - `frame`: one row per record that could be parsed, files and records in order; any columns of `DRAFT_SCHEMA`, of
      these `file`, `row`, `student` and `correct` always. `student` may be null (then the record is rejected);
      `correct` may be null where `set_aside` or `rejected` says why;
    - `rejected`: `file`, `row`, `line`, `reason` of records that could not even be parsed;
    - `rows_read`: all records; `files`: their files' names; `columns`: canonical column -> column of the log;
    - `encoding`, `separator`, `compression`: as found;
    - `decisions`, `warnings`: sentences for the user;
    - `merged`: `file`, `row`, `into`, `reason` of records that are part of others (a statement sent twice, the grade of
      an answer) and are not in `frame`; `into` is the record of the same file they went into, or null;
    - `named`: whether students' ids are names of people; `hashed`: how many of them became pseudonyms;
    - `settled`: whether order and times stand as they are: nothing is sorted or merged any more;
    - `runs`: the student of each run of records, if the reader had to look, so that nobody looks again;
    - `line_of`: line of a record by file and row, for messages.
    """

    frame: pl.DataFrame
    files: tuple[str, ...]
    rows_read: int
    columns: Mapping[str, str]
    rejected: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTED_SCHEMA))
    encoding: str = "utf-8"
    separator: str = ""
    compression: str = "none"
    decisions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    merged: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MERGED_SCHEMA))
    named: bool = False
    hashed: int = 0
    settled: bool = False
    runs: pl.Series | None = None
    line_of: Callable[[int, int], int] = lambda _, row: row


class Reader(ABC):
    """One log format."""

    name: ClassVar[str]
    """What `--format` calls it."""
    title: ClassVar[str]
    """What people call it."""
    uses: ClassVar[frozenset[str]] = frozenset()
    """Which of the options `kc`, `hint` and `side` mean something for this format."""
    beside: ClassVar[tuple[str, ...]] = ()
    """Names (patterns as in a shell) of side files that it looks for near a log, where the user names none."""

    @abstractmethod
    def recognises(self, peek: Peek) -> int:
        """How sure the reader is that the file is of its format: 0 no, else the number of signs it found.

        The surest reader gets the file, so a sign must be a sign: a column of that very name, a line of that very form.
        """

    @abstractmethod
    def read(self, source: Source, options: Options) -> Draft:
        """Read the whole log.

        Raises:
            LogError: if a file is damaged or not of this format.
        """


def signature(peek: Peek, names: frozenset[str]) -> int:
    """The number of `names` if a table's header has them all, else 0."""
    return len(names) if peek.kind in {"table", "parquet"} and names <= set(peek.header) else 0
