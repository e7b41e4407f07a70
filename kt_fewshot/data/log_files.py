"""The log table in files: one Parquet or CSV file, or buckets of students; written without holding the table as text.

Buckets are the contract by which an outside engine (Spark, Ray Data) may prepare a log larger than one machine:

    log/bucket=0/part.parquet
    log/bucket=1/part.parquet ...

- Every answer of a student lies in bucket `crc32(student) % N`, the CRC-32 (IEEE, as in zlib, gzip and Spark's `crc32`)
  of the id's UTF-8 bytes.
- Files hold columns of `SCHEMA`; only `student` and `correct` must be there, `bucket` may be.
- A bucket may have several files, read in order of their names; the rows of a student stand together, in the order the
  student answered.
"""

import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from kt_fewshot.errors import StorageError
from kt_fewshot.storage import atomic_path

from .interactions import SCHEMA
from .plain_parquet import forget_types

MAX_BUCKETS: Final = 10_000

GROUP: Final = 500_000
"""Answers in a row group of a Parquet file: ids are written once for each."""


def bucket_of(student: str, buckets: int) -> int:
    """The bucket of a student, 0 to `buckets` - 1.

    >>> bucket_of("ann", 8)
    3
    """
    return zlib.crc32(student.encode()) % buckets


def write_log(path: Path, frame: pl.DataFrame) -> None:
    """Write answers as one Parquet (`.parquet`) or CSV (`.csv`) file with all columns of the log table.

    Args:
        path: where; the ending decides.
        frame: answers in order, with columns of the log table, ids as text or Categorical.

    Raises:
        StorageError: if it cannot be written; what was there before is then untouched.
    """
    with atomic_path(path) as temporary:
        _sink(frame, temporary)


def write_buckets(folder: Path, frame: pl.DataFrame, buckets: int) -> None:
    """Write answers in buckets of students; each student's answers stay in order.

    Args:
        folder: where; it must not exist yet.
        frame: as in `write_log`; it is taken apart.
        buckets: how many.

    Raises:
        StorageError: if the folder is there already or cannot be written, or there are too many buckets or none.
    """
    if not 1 <= buckets <= MAX_BUCKETS:
        raise StorageError(f"There can be 1 to {MAX_BUCKETS:,} buckets. Found {buckets:,}.")
    number = _buckets(frame["student"], buckets)
    order = pl.Series(np.argsort(number, kind="stable").astype(np.uint32))
    frame = pl.DataFrame({name: frame.drop_in_place(name).gather(order) for name in list(frame.columns)})
    ends = np.cumsum(np.bincount(number, minlength=buckets))
    with new_folder(folder) as temporary:
        for bucket, end in enumerate(ends.tolist()):
            start = ends[bucket - 1] if bucket else 0
            (temporary / f"bucket={bucket}").mkdir()
            with atomic_path(temporary / f"bucket={bucket}" / "part.parquet") as path:
                _sink(frame[start:end], path)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Hand out a folder to fill; it becomes `folder` when it is full, and is gone if something fails.

    Raises:
        StorageError: if `folder` exists or cannot be made.
    """
    temporary = folder.with_name(f".tmp-{folder.name}")
    if folder.exists():
        raise StorageError(f"{folder} exists already. Name a new folder, or remove that one.")
    try:
        with suppress(FileNotFoundError):
            shutil.rmtree(temporary)
        temporary.mkdir(parents=True)
        yield temporary
        temporary.rename(folder)
    except OSError as error:
        raise StorageError(f"Cannot write {folder}: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _sink(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame as a log table, a part at a time."""
    parquet = path.suffix != ".csv"
    coded = {name for name, kind in frame.schema.items() if parquet and isinstance(kind, pl.Categorical)}
    table = frame.lazy().select(
        pl.col(name) if name in coded else _column(frame, name).cast(kind).alias(name) for name, kind in SCHEMA.items()
    )
    try:
        if parquet:
            table.sink_parquet(path, compression_level=1, row_group_size=GROUP)
        else:
            table.sink_csv(path)
    except pl.exceptions.ComputeError as error:  # how the engine tells of a full disk
        raise OSError(str(error)) from error
    if coded:
        forget_types(path)


def _column(frame: pl.DataFrame, name: str) -> pl.Expr:
    """A column, nulls if it lacks."""
    return pl.col(name) if name in frame.columns else pl.lit(None)


def _buckets(students: pl.Series, buckets: int) -> np.ndarray:
    """(answers,) the bucket of each answer's student."""
    kind = np.uint16  # sorted by radix
    if not isinstance(students.dtype, pl.Categorical):
        students = students.cast(pl.Categorical(pl.Categories.random("students")))
    codes = students.to_physical()
    distinct = students.unique()
    lookup = np.zeros(int(codes.to_numpy().max(initial=0)) + 1, dtype=kind)
    lookup[distinct.to_physical().to_numpy()] = [bucket_of(name, buckets) for name in distinct.cast(pl.String)]
    return lookup[codes.to_numpy()]
