"""`LogTally`: what is counted of a log in one go, for its contents and its warnings; tallies of pieces add up.

Nothing here changes a log. All of it is a few passes over columns, so ten million answers are a matter of seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import polars as pl

from .expanded_rows import expanded_rows
from .interactions import SKILL_SEPARATOR
from .spread import Spread
from .student_runs import as_before, coded, id_counts, known, run_starts

DAY: Final = 86_400.0

EXTRAS: Final = ("response_time", "hints", "attempts", "group", "bundle", "fold")
"""Columns that a log may have beside who, what, right or wrong, and when."""


@dataclass(frozen=True)
class Odd:
    """How many are odd, and the first of them: a student, or the place of a record in words."""

    count: int = 0
    first: str = ""

    def joined(self, other: "Odd") -> "Odd":
        """Both; `self` stands before `other`."""
        return Odd(self.count + other.count, self.first or other.first)


@dataclass(frozen=True)
class Times:
    """What the times of a log look like.

    - `known`: how many answers have one; `least`, `most`: seconds, None if none has;
    - `several`: students with several answers; `constant`: those among them with one and the same time in all.
    """

    known: int = 0
    least: float | None = None
    most: float | None = None
    several: int = 0
    constant: Odd = Odd()

    def joined(self, other: "Times") -> "Times":
        """Both; `self` stands before `other`."""
        least = [time for time in (self.least, other.least) if time is not None]
        most = [time for time in (self.most, other.most) if time is not None]
        return Times(
            self.known + other.known,
            min(least, default=None),
            max(most, default=None),
            self.several + other.several,
            self.constant.joined(other.constant),
        )


@dataclass(frozen=True)
class LogTally:
    """What is counted of answers whose students stand together.

    - `answers`, `right`: numbers of them; `without_skill`, `on_several`: answers on no skill and on several;
    - `students`, `items`, `skills`: each name once; `lengths: (students,)` answers of each student;
    - `alone`: students with one answer only;
    - `times`: None where there is no such column; `seconds`: response times, None if none is known;
    - `negative`, `long`: response times that cannot be; `expanded`: answers that look spelled out once per skill,
      as far as one piece tells;
    - `has`: which of `EXTRAS` say something.
    """

    answers: int
    right: int
    without_skill: int
    on_several: int
    students: pl.Series
    items: pl.Series
    skills: pl.Series
    lengths: np.ndarray
    alone: Odd
    times: Times | None
    seconds: Spread | None
    negative: Odd
    long: Odd
    expanded: Odd
    has: frozenset[str]

    @classmethod
    def of(cls, frame: pl.DataFrame, files: Sequence[str] = ("",), *, tell_file: bool | None = None) -> Self:
        """Count.

        Args:
            frame: answers, those of a student together and in order, with columns of the log table; some may lack, ids
                may be Categorical.
            files: names of the files that column `file` points to.
            tell_file: whether a place names its file; where there are several if None.
        """
        frame = coded(frame)
        place = _Places(frame, files if tell_file or (tell_file is None and len(files) > 1) else ())
        starts = run_starts(frame)
        lengths = np.diff(np.append(starts, frame.height))
        sets = id_counts(known(frame, "skills"))
        seconds = known(frame, "response_time")
        named = int(sets["count"].sum())
        return cls(
            answers=frame.height,
            right=int(frame["correct"].cast(pl.Int64).sum()),
            without_skill=frame.height - named,
            on_several=int(sets.filter(pl.col("id").str.contains(SKILL_SEPARATOR, literal=True))["count"].sum()),
            students=frame["student"][starts].cast(pl.String),
            items=id_counts(known(frame, "item"))["id"],
            skills=sets["id"].str.split(SKILL_SEPARATOR).explode().unique(),
            lengths=lengths,
            alone=_odd_students(frame, starts, lengths == 1),
            times=_times(frame, starts, lengths),
            seconds=None if seconds is None else Spread(seconds.drop_nulls()),
            negative=Odd() if seconds is None else place.of(seconds < 0),
            long=Odd() if seconds is None else place.of(seconds > DAY),
            expanded=place.of(expanded_rows(frame)),
            has=frozenset(name for name in EXTRAS if known(frame, name) is not None),
        )

    def joined(self, other: "LogTally") -> "LogTally":
        """What is counted of two pieces of a log without a student in common; `self` stands before `other`."""
        return LogTally(
            answers=self.answers + other.answers,
            right=self.right + other.right,
            without_skill=self.without_skill + other.without_skill,
            on_several=self.on_several + other.on_several,
            students=pl.concat([self.students, other.students]),
            items=pl.concat([self.items, other.items]).unique(),
            skills=pl.concat([self.skills, other.skills]).unique(),
            lengths=np.concatenate([self.lengths, other.lengths]),
            alone=self.alone.joined(other.alone),
            times=self.times.joined(other.times) if self.times and other.times else self.times or other.times,
            seconds=self.seconds.joined(other.seconds)
            if self.seconds and other.seconds
            else self.seconds or other.seconds,
            negative=self.negative.joined(other.negative),
            long=self.long.joined(other.long),
            expanded=self.expanded.joined(other.expanded),
            has=self.has | other.has,
        )


@dataclass(frozen=True)
class _Places:
    """Where the records of a frame stand, in words; `files` is empty where a file need not be named."""

    frame: pl.DataFrame
    files: Sequence[str]

    def of(self, mask: pl.Series) -> Odd:
        """How many rows are marked, and where the first is, as the log's user finds it."""
        count = int(mask.sum())
        if not count:
            return Odd()
        row = int(mask.fill_null(value=False).arg_max() or 0)
        if "row" not in self.frame.columns:
            return Odd(count, f"answer {row + 1}")
        file = f" of {self.files[self.frame['file'][row]]}" if self.files and "file" in self.frame.columns else ""
        return Odd(count, f"first in record {self.frame['row'][row]:,}{file}")


def _odd_students(frame: pl.DataFrame, starts: np.ndarray, odd: np.ndarray) -> Odd:
    first = frame["student"][int(starts[np.argmax(odd)])] if odd.any() else ""
    return Odd(int(odd.sum()), str(first))


def _times(frame: pl.DataFrame, starts: np.ndarray, lengths: np.ndarray) -> Times | None:
    times = frame.get_column("time", default=None)
    if times is None:
        return None
    if times.null_count() == len(times):
        return Times(several=int((lengths > 1).sum()))
    least, most = float(times.min()), float(times.max())  # pyright: ignore[reportArgumentType]
    changes = ~as_before(times).to_numpy()
    changes[starts] = False
    several = lengths > 1
    constant = several & ~np.logical_or.reduceat(changes, starts)
    return Times(times.count(), least, most, int(several.sum()), _odd_students(frame, starts, constant))
