"""A log in buckets of students, of which one at a time is in memory; and its split, bucket by bucket."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from kt_fewshot.errors import LogError

from .interactions import Interactions
from .log_contents import with_tally
from .log_tally import LogTally
from .parts import PARTS, Part, Split, count, sizes
from .readers import Ingest, Log, bucket_folders
from .splits import deal, joined

Read = Callable[[Path], Log]
"""Reads one bucket."""


@dataclass(frozen=True)
class BucketedLog:
    """A log in buckets (see `data/log_files.py`). Iterating reads one after the other, each time anew.

    - `buckets`: the folders of those that hold answers; `read`: reads one;
    - `students`: columns `student` and `answers`, in the log's order; `ingest`: how the log was read.
    """

    buckets: tuple[Path, ...]
    read: Read
    students: pl.DataFrame
    ingest: Ingest

    @classmethod
    def at(cls, path: Path, read: Read) -> Self | None:
        """Look through the buckets in a folder; None if there are none, or no answers in them.

        Raises:
            LogError: if a bucket cannot be read, or a student is in two.
        """
        buckets = tuple(bucket for bucket in bucket_folders(path) if _has_rows(bucket))
        students, ingests = [], []
        tally: LogTally | None = None
        for bucket in buckets:
            log = read(bucket)
            students.append(Part.whole(log.interactions).students)
            ingests.append(log.ingest)
            counted = LogTally.of(log.interactions.table, log.ingest.files, tell_file=True)
            tally = tally.joined(counted) if tally else counted
        if tally is None:
            return None
        everyone = pl.concat(students)
        if (several := everyone.filter(pl.col("student").is_duplicated())).height:
            raise LogError(f"Student '{several['student'].min()}' is in several buckets of {path}. Write them anew.")
        return cls(buckets, read, everyone, with_tally(_joined(ingests, everyone.height), tally))

    def __iter__(self) -> Iterator[Interactions]:
        """The log's answers, a bucket at a time."""
        for bucket in self.buckets:
            yield self.read(bucket).interactions


@dataclass(frozen=True)
class BucketedSplit:
    """A log in three parts, one bucket at a time; what a `Split` is to a log in memory.

    - `log`: the log; `students`: as in the log, with the `part` each is in.
    """

    log: BucketedLog
    students: pl.DataFrame

    @classmethod
    def by_student(cls, log: BucketedLog, *, seed: int) -> Self:
        """Deal whole students to the parts, the same ones as `by_student` deals.

        Raises:
            LogError: as `by_student`.
        """
        dealt = deal(log.students["student"].to_list(), seed=seed)
        part = pl.concat(
            [pl.DataFrame({"student": names, "part": name}) for name, names in zip(PARTS, dealt, strict=True)]
        )
        return cls(log, log.students.join(part, on="student", how="left", maintain_order="left"))

    def pieces(self) -> Iterator[Split]:
        """The split of each bucket; a part may be empty."""
        for log in self.log:
            part = log.table.select("student").join(self.students, on="student", how="left", maintain_order="left")[
                "part"
            ]
            yield Split(*(Part.whole(log.where(part == name)) for name in PARTS))

    @property
    def test(self) -> Part:
        """The test part, whole."""
        return Part.whole(joined([piece.test.interactions for piece in self.pieces()]))

    def frame(self) -> pl.DataFrame:
        """Who is where, as `Split.frame`."""
        parts = [self.students.filter(pl.col("part") == name) for name in PARTS]
        return pl.concat(parts).select("student", "part", "answers")

    def describe(self) -> str:
        """The sizes of the parts in one line."""
        return sizes(self.frame())


def _has_rows(bucket: Path) -> bool:
    """Whether there is anything in a bucket; one that is damaged has, so that it is told."""
    files = sorted(bucket.glob("[!._]*.parquet"))
    try:
        return any(pl.scan_parquet(file, glob=False).select(pl.len()).collect().item() for file in files)
    except pl.exceptions.PolarsError:
        return True


def _joined(ingests: Sequence[Ingest], students: int) -> Ingest:
    """The account of a log from the accounts of its buckets."""
    first_file = np.cumsum([0, *(len(ingest.files) for ingest in ingests[:-1])]).tolist()

    def placed(frame: pl.DataFrame, first: int) -> pl.DataFrame:
        return frame.with_columns((pl.col("file") + first).cast(pl.UInt32))

    one, kept, hashed = ingests[0], sum(ingest.kept for ingest in ingests), sum(ingest.hashed for ingest in ingests)
    rejected = pl.concat([placed(ingest.rejected, first) for ingest, first in zip(ingests, first_file, strict=True)])
    decisions = [one.title, count(len(ingests), "bucket"), count(students, "student"), count(kept, "answer")]
    decisions += [f"{count(rejected.height, 'record')} rejected"] * bool(rejected.height)
    decisions += [f"{count(hashed, 'student')} hashed"] * bool(hashed)
    return replace(
        one,
        files=tuple(name for ingest in ingests for name in ingest.files),
        rows_read=sum(ingest.rows_read for ingest in ingests),
        kept=kept,
        rejected=rejected,
        fates=pl.concat([placed(ingest.fates, first) for ingest, first in zip(ingests, first_file, strict=True)]),
        hashed=hashed,
        decisions=tuple(decisions),
        warnings=tuple(dict.fromkeys(warning for ingest in ingests for warning in ingest.warnings)),
    )
