"""Our own log table, `Interactions.table`, as Parquet, one file or buckets: read back value for value."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Final

import polars as pl

from kt_fewshot.errors import LogError

from ..interactions import SCHEMA, runs_of, stand_together
from .parquet import empty_columns, parquet_columns, read_parquet
from .reader import Draft, Options, Reader, Source
from .sniff import Peek, sniff

BUCKET: Final = re.compile(r"bucket=(\d+)\Z")
NEEDED: Final = ("student", "correct")
COUNTED: Final = ("file", "row")


class OwnParquet(Reader):
    """A Parquet file with exactly the columns of `Interactions`, or a folder of buckets (`data/log_files.py`), or one.

    `file` and `row` are counted anew: they tell where an answer stands in *this* file.
    """

    name: ClassVar[str] = "interactions"
    title: ClassVar[str] = "kt-fewshot log table"

    def recognises(self, peek: Peek) -> int:
        """Exactly our columns, or a folder that is called a bucket or has such folders in it."""
        if peek.kind == "folder":
            return len(SCHEMA) * any(map(BUCKET.match, (peek.name, *peek.lines)))
        return len(SCHEMA) if peek.kind == "parquet" and set(peek.header) == set(SCHEMA) else 0

    def read(self, source: Source, options: Options) -> Draft:  # noqa: ARG002
        """Read the tables; no option matters, everything has been decided when they were written."""
        paths = [path for peek in source.peeks for path in self._files(peek)]
        frames = [_table(path, number) for number, path in enumerate(paths)]
        frame = pl.concat(frames)
        runs = runs_of(frame["student"])
        if not runs.null_count() and not stand_together(runs):
            raise LogError(f"The answers of a student do not stand together in {source.peek.name}. Sort them.")
        return Draft(
            frame,
            files=tuple(map(str, paths)),
            rows_read=frame.height,
            columns={name: name for name in SCHEMA},
            encoding="",
            separator="",
            compression="parquet",
            settled=True,
            runs=runs,
        )

    def _files(self, peek: Peek) -> Iterator[Path]:
        """The Parquet files of a log: itself, or those of its buckets."""
        if not self.recognises(peek):
            raise LogError(f"{peek.name} is not a kt-fewshot log table in Parquet.")
        if peek.kind != "folder":
            yield peek.path
            return
        for bucket in bucket_folders(peek.path) or [peek.path]:
            yield from sorted(bucket.glob("[!._]*.parquet"))


def is_own_table(path: Path) -> bool:
    """Whether a path is a log that this program wrote as Parquet, in one file or in buckets."""
    may_be = path.is_dir() or (path.is_file() and path.suffix == ".parquet")
    return may_be and OwnParquet().recognises(sniff(path)) > 0


def bucket_folders(path: Path) -> list[Path]:
    """The buckets of a log, in order of their numbers; none if the path is no folder of buckets."""
    names = [entry.name for entry in path.iterdir()] if path.is_dir() else []
    numbers = sorted((int(found.group(1)), name) for name in names if (found := BUCKET.match(name)))
    return [path / name for _, name in numbers]


def _table(path: Path, number: int) -> pl.DataFrame:
    """One file as a log table, `file` and `row` counted anew."""
    names = parquet_columns(path)
    odd = [name for name in names if name not in SCHEMA and name != "bucket"]
    missing = [name for name in NEEDED if name not in names]
    if odd or missing:
        raise LogError(f"{path} is not a kt-fewshot log table (column `{(odd + missing)[0]}`).")
    frame = read_own_columns(path, [name for name in SCHEMA if name not in COUNTED])
    rows = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    return frame.with_columns(file=pl.lit(number, pl.UInt32), row=rows)


def read_own_columns(path: Path, wanted: Sequence[str]) -> pl.DataFrame:
    """Columns of the log table from a Parquet file: null where it lacks one; one without any value costs nothing.

    Raises:
        LogError: if the file is damaged, or a column is of another type.
    """
    names = parquet_columns(path)
    empty = empty_columns(path, [name for name in names if name in wanted and name not in NEEDED])
    frame = read_parquet(path, [place for place, name in enumerate(names) if name in wanted and name not in empty])
    try:
        return frame.select(
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(SCHEMA[name]).alias(name) for name in wanted
        )
    except pl.exceptions.PolarsError as error:
        raise LogError(f"The columns of {path.name} have other types than a kt-fewshot log table.") from error
