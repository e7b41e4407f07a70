"""Tables with students in them that this program wrote: how to know one, and how to take students out of it."""

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from kt_fewshot.data import SCHEMA
from kt_fewshot.errors import StorageError
from kt_fewshot.storage import MANIFEST, FileRecord, Manifest, atomic_path

from .write_table import ENDINGS, FORMULA_STARTS

SIGNS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "converted log": ("student", frozenset({"correct", "skills", "bundle", "file", "row"})),
    "mastery": ("student", frozenset({"skill", "p_mastery", "level"})),
    "predictions": ("user_id", frozenset({"y_true", "y_pred", "kc_ids"})),
    "split": ("student", frozenset({"part", "answers"})),
    "simulated truth": ("student", frozenset({"mastered", "p_correct", "row"})),
}
"""What a table is -> its column of students, and other columns that it has."""

BUCKET: Final = "bucket="


@dataclass(frozen=True)
class StudentTable:
    """A table: where, what it is, and which column names the students."""

    path: Path
    what: str
    column: str

    def count(self, students: Collection[str]) -> int:
        """Rows of these students.

        Raises:
            StorageError: if the file is damaged.
        """
        return self._run(self._rows().filter(self._is_of(students)).select(pl.len())).item()

    def parts(self, students: Collection[str]) -> set[str]:
        """What a split has them for: "train", "valid", "test"."""
        return set(self._run(self._rows().filter(self._is_of(students)).select("part"))["part"])

    def remove(self, students: Collection[str]) -> None:
        """Write the table without them; whoever reads it finds all of them or none. A manifest beside it is put right.

        Raises:
            StorageError: if it cannot be written; it is then as it was.
        """
        others = self._rows().filter(~self._is_of(students))
        with atomic_path(self.path) as temporary:
            try:
                if self.path.suffix == ".csv":
                    others.sink_csv(temporary)
                else:
                    others.sink_parquet(temporary)
            except pl.exceptions.ComputeError as error:  # how the engine tells of a full disk
                raise OSError(str(error)) from error
        if (self.path.parent / MANIFEST).is_file():
            _record_anew(self.path)

    def _rows(self) -> pl.LazyFrame:
        if self.path.suffix == ".csv":
            return pl.scan_csv(self.path, infer_schema=False, glob=False)
        return pl.scan_parquet(self.path, glob=False, hive_partitioning=False)

    def _is_of(self, students: Collection[str]) -> pl.Expr:
        named = set(students)
        if self.path.suffix == ".csv":  # where text that a spreadsheet would run has a quote before it
            named |= {f"'{student}" for student in students if student.startswith(FORMULA_STARTS)}
        return pl.col(self.column).cast(pl.String).is_in(sorted(named)).fill_null(value=False)

    def _run(self, query: pl.LazyFrame) -> pl.DataFrame:
        try:
            return query.collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _damaged(self.path) from error


def student_table(path: Path, *, in_run: bool = False) -> StudentTable | None:
    """A file as a table with students in it; None for any other file, such as a log that this program did not write.

    Args:
        path: the file.
        in_run: whether it lies in a run's folder, where every table is ours.

    Raises:
        StorageError: if it is a damaged table.
    """
    if path.suffix not in ENDINGS or not path.is_file():
        return None
    columns = _columns(path)
    for what, (column, others) in SIGNS.items():
        if {column, *others} <= columns:
            return StudentTable(path, what, column)
    if path.parent.name.startswith(BUCKET) and "student" in columns and columns <= {*SCHEMA, "bucket"}:
        return StudentTable(path, "converted log", "student")
    own = [column for column in ("student", "user_id") if in_run and column in columns]
    return StudentTable(path, "table", own[0]) if own else None


def _columns(path: Path) -> set[str]:
    try:
        if path.suffix == ".parquet":
            return set(pl.read_parquet_schema(path))
        with path.open(encoding="utf-8", newline="") as stream:
            return set(next(csv.reader(stream), ()))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _damaged(path) from error
    except (UnicodeDecodeError, csv.Error):  # a log of somebody else's
        return set()


def _damaged(path: Path) -> StorageError:
    return StorageError(f"{path} cannot be read, so nobody can tell who is in it. Remove it, or make it readable.")


def _record_anew(path: Path) -> None:
    """Have the manifest beside a file tell of the file as it is now, if it tells of it."""
    manifest = Manifest.load(path.parent, kind=None)
    record = FileRecord.of_file(path)
    if path.name in {old.file for old in manifest.files.values()}:
        files = {name: record if old.file == path.name else old for name, old in manifest.files.items()}
        replace(manifest, files=files).write(path.parent)
