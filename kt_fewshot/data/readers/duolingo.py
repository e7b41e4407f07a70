"""Duolingo's learner traces: SLAM 2018 (blocks of tokens) and half-life regression 2016 (a table).

Sources: Settles, Brust, Gustafson, Hagiwara & Madnani 2018, "Second language acquisition modeling", BEA,
https://doi.org/10.7910/DVN/8SWHNO; Settles & Meeder 2016, "A trainable spaced repetition model for language learning",
ACL, https://doi.org/10.7910/DVN/N8XJME.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

import polars as pl

from kt_fewshot.errors import LogError

from .ingest import REJECTED_SCHEMA
from .layout import Layout
from .reader import Draft, Options, Reader, Source
from .sniff import Peek, sniff
from .stream import read_text
from .table_reader import TableReader
from .values import present

ABOUT: Final = re.compile(r"(\w+):(\S*)")
DAY: Final = 86400.0
HALF_LIFE: Final = {
    "student": "user_id",
    "item": "lexeme_id",
    "skills": "lexeme_id",
    "correct": "p_recall",
    "time": "timestamp",
    "attempts": "session_seen",
}
MISTAKE: Final = {"0": "1", "1": "0"}
"""A label says whether the token was a mistake: 1 is wrong."""


@dataclass
class _Exercise:
    """What the comments before a block of tokens tell; `number` counts from 1."""

    number: int
    student: str
    days: float | None
    seconds: float | None


class DuolingoSlam(Reader):
    """A token is an answer, the word in lower case its skill; label 1 means mistake.

    The tokens of an exercise were answered together. Times count from the student's first day; the seconds belong to
    the whole exercise. Files to be predicted get their labels from the key (the same name and `.key`), if there is one.
    """

    name: ClassVar[str] = "duolingo-slam"
    title: ClassVar[str] = "Duolingo SLAM"
    uses: ClassVar[frozenset[str]] = frozenset({"side"})
    beside: ClassVar[tuple[str, ...]] = ("*.key",)

    def recognises(self, peek: Peek) -> int:
        """By the comment that begins a block."""
        return 10 if any(line.startswith("# user:") and " days:" in line for line in peek.lines[:20]) else 0

    def read(self, source: Source, options: Options) -> Draft:
        """Read the tokens of one or more files."""
        frames, rejected, rows = [], [], 0
        exercises = 0
        for number, peek in enumerate(source.peeks):
            if not self.recognises(peek):
                raise LogError(f"{peek.name} does not begin its blocks with `# user:... days:...`.")
            tokens, bad, count, exercises = _tokens(peek, _keys(peek.path, options), exercises)
            frames.append(tokens.with_columns(file=pl.lit(number, pl.UInt32)))
            rejected += [(number, *rest) for rest in bad]
            rows += count
        frame = pl.concat(frames).drop("line")
        peek = source.peek
        return Draft(
            frame.with_columns(present(frame["student"])),
            files=tuple(str(path) for path in source.paths),
            rows_read=rows,
            columns={"student": "user", "item": "token", "skills": "token", "correct": "label", "time": "days"}
            | {"response_time": "time", "bundle": "exercise"},
            rejected=pl.DataFrame(rejected, schema=REJECTED_SCHEMA, orient="row"),
            encoding=peek.encoding,
            compression=peek.compression,
            decisions=("label 1 read as wrong",),
        )


class DuolingoHalfLife(TableReader):
    """A row is a word in a session: right if every recall of it was. `threshold` makes answers of the others."""

    name: ClassVar[str] = "duolingo-hlr"
    title: ClassVar[str] = "Duolingo half-life regression"
    signs: ClassVar[frozenset[str]] = frozenset({"p_recall", "delta", *HALF_LIFE.values()})
    layout: ClassVar[Layout] = Layout(HALF_LIFE)


def _keys(path: Path, options: Options) -> dict[str, str]:
    """Token -> label, from the key file of a log, if there is one."""
    beside = path.with_name(f"{path.name}.key")
    fitting = [side for side in options.side if side.name == beside.name] or list(options.side)
    key = fitting[0] if fitting else beside
    if not fitting and not beside.is_file():
        return {}
    peek = sniff(key)
    pairs = [line.split() for line in read_text(key, peek.compression, peek.encoding, peek.newline).split("\n")]
    if any(len(pair) not in (0, 2) for pair in pairs):
        raise LogError(f"{key.name} should have a token and its label in each line.")
    return dict(pair for pair in pairs if pair)  # type: ignore[arg-type]


def _tokens(peek: Peek, keys: dict[str, str], before: int) -> tuple[pl.DataFrame, list, int, int]:
    """Tokens of a file, (row, line, reason) of lines that are none, the number of both, and of exercises so far."""
    columns: dict[str, list] = {
        name: [] for name in ("row", "line", "student", "item", "correct", "time", "response_time", "bundle")
    }
    bad: list[tuple[int, int, str]] = []
    row = exercises = 0
    for line, fields, exercise in _lines(peek, before):
        row += 1
        exercises = max(exercises, exercise.number if exercise else 0)
        label = fields[6] if len(fields) == 7 else keys.get(fields[0], "")
        problem = (
            "a token before the first exercise"
            if exercise is None
            else f"{len(fields)} fields instead of 6 or 7"
            if len(fields) not in (6, 7)
            else f"the label is {label[:40]!r}"
            if label not in ("", "0", "1")
            else ""
        )
        if problem or exercise is None:
            bad.append((row, line, problem))
            continue
        time = None if exercise.days is None else exercise.days * DAY
        values = (row, line, exercise.student, fields[1], label, time, exercise.seconds, exercise.number)
        for column, value in zip(columns.values(), values, strict=True):
            column.append(value)
    kinds = {"row": pl.Int64, "line": pl.Int64, "student": pl.String, "item": pl.String, "correct": pl.String}
    kinds |= {"time": pl.Float64, "response_time": pl.Float64, "bundle": pl.Int64}
    frame = pl.DataFrame(columns, schema=kinds).with_columns(
        skills=pl.col("item").str.to_lowercase(),
        set_aside=pl.when(pl.col("correct") == "").then(pl.lit("no outcome")),
        correct=pl.col("correct").replace_strict(MISTAKE, default=None).cast(pl.Int8),
    )
    return frame, bad, row, max(before, exercises)


def _lines(peek: Peek, number: int) -> Iterator[tuple[int, list[str], _Exercise | None]]:
    """The token lines of a file: number of the line, its fields, the exercise it belongs to."""
    exercise = None
    for line, text in enumerate(read_text(peek.path, peek.compression, peek.encoding, peek.newline).split("\n"), 1):
        if text.startswith("#"):
            told = dict(ABOUT.findall(text))
            if text.startswith("# user:"):
                number += 1
                days, seconds = (_number(told.get(name, "")) for name in ("days", "time"))
                exercise = _Exercise(
                    number, told["user"], days, seconds if seconds is not None and seconds >= 0 else None
                )
        elif text.strip():
            yield line, text.split(), exercise


def _number(text: str) -> float | None:
    """A number of seconds or days, None for `null` and what cannot be."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number >= 0 else None
