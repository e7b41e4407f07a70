"""`Interactions`: the one log table. Every reader and simulator makes it, everything else reads it."""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass
from functools import cached_property
from typing import Final

import polars as pl

SKILL_SEPARATOR: Final = "~~"
"""Joins the skills of one answer in text, as KDD Cup and kt-audit do: `fractions~~ratios`."""

SCHEMA: Final[Mapping[str, pl.DataType]] = {
    "student": pl.String(),
    "item": pl.String(),
    "skills": pl.String(),
    "correct": pl.Int8(),
    "time": pl.Float64(),
    "response_time": pl.Float32(),
    "hints": pl.Int16(),
    "attempts": pl.Int16(),
    "group": pl.String(),
    "bundle": pl.Int64(),
    "fold": pl.Int16(),
    "file": pl.UInt32(),
    "row": pl.Int64(),
}
"""Name and type of every column of `Interactions.table`."""

REQUIRED: Final = ("student", "correct", "file", "row")
"""Columns without missing values; every other column may be null, wholly or in places."""


@dataclass(frozen=True)
class Interactions:
    """Who answered which item of which skills, right or wrong, in order.

    One row is one answer. The rows of a student stand together, in the order the student answered; students stand in
    the order they first appear in the log. Ids are text and come back as they were written.

    Columns of `table` (`SCHEMA`):

    - `student`; `item` (null where the log names none);
    - `skills`: a set, written as its distinct names sorted and joined by `~~`; null for an answer without a skill;
    - `correct` in {0, 1};
    - `time`: seconds, null where the log has no real time;
    - `response_time`: seconds the student took for this answer; `hints`: hints asked for; `attempts`: tries at this
      item, 1 or more. These three belong to the answer, they may never be used to predict it;
    - `group`: a class or school; `fold`: a cross-validation fold given with the log, -1 for test;
    - `bundle`: neighbours of one student with the same bundle were asked together, so that none may be used to predict
      another;
    - `file` (index into `files`) and `row` (number of the record in that file, 1 is the first after the header):
      where the answer comes from.

    Raises:
        ValueError: if a column is missing, unknown or of another type, if a required value is null, if `correct` is
            not 0 or 1, or if a student's rows do not stand together.
    """

    table: pl.DataFrame
    files: tuple[str, ...] = ("",)
    runs: InitVar[pl.Series | None] = None
    """`runs_of` the students, where it is known; it is a pass over the table."""

    def __post_init__(self, runs: pl.Series | None) -> None:
        """Check once what every later step relies on."""
        found = dict(self.table.schema)
        if found != dict(SCHEMA):
            odd = {name for name in {*SCHEMA, *found} if SCHEMA.get(name) != found.get(name)}
            raise ValueError(f"Interactions need exactly the columns of SCHEMA. Found otherwise: {sorted(odd)}.")
        for name in REQUIRED:
            if self.table[name].null_count():
                raise ValueError(f"Column `{name}` of interactions must not be null; {name} is required.")
        if not self.table["correct"].is_in([0, 1]).all():
            raise ValueError("Column `correct` of interactions must be 0 or 1.")
        if not stand_together(runs_of(self.table["student"]) if runs is None else runs):
            raise ValueError("The rows of a student must stand together; sort the table with `Interactions.ordered`.")

    @classmethod
    def ordered(cls, frame: pl.DataFrame, files: tuple[str, ...] = ("",), *, by: str | None = "time") -> "Interactions":
        """Make interactions from a frame in any order, with any subset of the columns.

        Missing columns are added as nulls (`file` as 0, `row` as 1, 2, ...), types are cast, students are put in order
        of first appearance and each student's answers in the order of column `by`, ties and nulls in the frame's order.

        Args:
            frame: at least `student` and `correct`; columns not in `SCHEMA` are only used for sorting.
            files: names of the files that column `file` points to.
            by: column that orders a student's answers; None keeps the frame's order. A column that is null
                everywhere or constant is no order.

        Raises:
            ValueError: as the class does.
        """
        if "row" not in frame.columns:
            frame = frame.with_row_index("row", offset=1)
        if "file" not in frame.columns:
            frame = frame.with_columns(file=pl.lit(0))
        if by is not None and (by not in frame.columns or frame[by].drop_nulls().n_unique() < 2):
            by = None
        frame = frame.with_columns(pl.int_range(pl.len()).alias("__position"))
        frame = frame.with_columns(pl.col("__position").min().over("student").alias("__first"))
        keys = ["__first", *([by] if by else []), "__position"]
        frame = frame.sort(keys, nulls_last=True)
        columns = [
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
            for name, kind in SCHEMA.items()
        ]
        return cls(frame.select(columns), files)

    def __len__(self) -> int:
        """Number of answers."""
        return self.table.height

    @cached_property
    def n_students(self) -> int:
        """Number of students."""
        return self.table["student"].rle().len()

    def where(self, mask: pl.Series | pl.Expr) -> "Interactions":
        """Only the rows where `mask` is true, in the same order."""
        return Interactions(self.table.filter(mask), self.files)

    def of_students(self, students: pl.Series | list[str]) -> "Interactions":
        """Only the histories of `students`, whole."""
        runs = self.table["student"].rle().struct.unnest()  # far fewer than rows
        wanted = runs["value"].is_in(pl.Series(list(students), dtype=pl.String))
        return self.where(wanted.repeat_by(runs["len"]).explode())

    def skill_names(self) -> list[str]:
        """Every skill that occurs, sorted."""
        sets = self.table["skills"].drop_nulls().unique()
        return sorted(sets.str.split(SKILL_SEPARATOR).explode().unique().to_list())

    def has(self, column: str) -> bool:
        """Whether the log says anything in `column`."""
        return self.table[column].null_count() < self.table.height

    def bundle_numbers(self) -> pl.Series:
        """(answers,) the number of each answer's bundle, from 0, in the table's order.

        A bundle is neighbours in a student's history with the same `bundle`; an answer without one stands alone.
        """
        alone = pl.when(pl.col("bundle").is_null()).then(pl.int_range(pl.len()))
        return self.table.select(pl.struct("student", "bundle", alone.alias("alone")).rle_id()).to_series()


def runs_of(students: pl.Series) -> pl.Series:
    """The student of each run of rows: far fewer than rows, where students stand together."""
    return students.rle().struct.field("value")


def stand_together(runs: pl.Series) -> bool:
    """Whether the rows of each student are one run."""
    return runs.n_unique() == len(runs)


def join_skills(skills: list[str]) -> str | None:
    """One answer's skills as text: distinct, sorted, joined by `~~`; None for no skill.

    >>> join_skills(["ratios", "fractions", "ratios", ""])
    'fractions~~ratios'
    """
    return SKILL_SEPARATOR.join(sorted({skill for skill in skills if skill})) or None
