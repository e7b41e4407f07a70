"""`Records`: what an audit looks at, every record of a file in each student's order, with every column it has."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kt_fewshot.data import Interactions

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

_PLACE: Final = ("file", "row")
_KEPT: Final = ("student", "item", "skills", "correct", "time", "fold", *_PLACE)


@dataclass(frozen=True)
class Records:
    """Records of answers, the rows of a student together and in order, those that repeat an answer right after it.

    - `table`: `student`, `item`, `skills`, `correct`, `time`, `fold`, `file`, `row` as in `Interactions`; `merged`:
      whether the reader found that the record repeats the answer before it; `prediction`: P(correct) in [0, 1];
      `split`: name of the part. Null where unknown;
    - `side`: every other column of the file, numbers as Float64, words as String.
    """

    table: pl.DataFrame
    side: pl.DataFrame

    @classmethod
    def of(
        cls,
        interactions: Interactions,
        fates: pl.DataFrame,
        cells: pl.DataFrame | None = None,
        *,
        prediction: str | None = None,
        split: str | None = None,
    ) -> Self:
        """Put together what a reader kept, what it merged, and the cells of the file.

        Args:
            interactions: the answers.
            fates: what became of other records, as `Ingest.fates` has it.
            cells: `file`, `row` and other columns of the file, text or numbers; None for what the log table has.
            prediction: column of `cells` that holds P(correct).
            split: column of `cells` that names the part.
        """
        kept = interactions.table.select(_KEPT).with_row_index("place").with_columns(merged=False, of=pl.col("row"))
        gone = fates.filter(pl.col("fate") == "merged").select(*_PLACE, of="into")
        again = gone.join(kept.drop("row"), on=("file", "of")).with_columns(merged=True).select(kept.columns)
        table = pl.concat([kept, again], how="vertical_relaxed").sort("place", "merged", "row").drop("place", "of")
        if cells is None:
            behaviour = interactions.table.select(*_PLACE, "response_time", "hints", "attempts")
            cells = behaviour.select(name for name in behaviour.columns if interactions.has(name))
        keys = [pl.col(name).cast(table.schema[name]) for name in _PLACE]
        cells = table.select(_PLACE).join(cells.with_columns(keys), on=_PLACE, how="left", maintain_order="left")
        own = {
            "prediction": as_values(cells[prediction]) if prediction else _nulls(table.height, pl.Float64()),
            "split": cells[split].cast(pl.String) if split else _nulls(table.height, pl.String()),
        }
        side = cells.drop(*_PLACE, *(name for name in (prediction, split) if name))
        return cls(table.with_columns(**own), pl.DataFrame([as_values(side[name]) for name in side.columns]))

    def where(self, flags: Flags) -> "Records":
        """Only some records."""
        mask = pl.Series(flags)
        return Records(self.table.filter(mask), self.side.filter(mask) if self.side.width else self.side)

    def __len__(self) -> int:
        """Number of records."""
        return self.table.height

    @cached_property
    def student(self) -> Codes:
        """(records,) 0, 1, ... in the order of the table."""
        return self.table["student"].rle_id().to_numpy().astype(np.int64)

    @cached_property
    def item(self) -> Codes:
        """(records,) from 0; -1 where there is none."""
        return codes(self.table["item"])

    @cached_property
    def skill(self) -> Codes:
        """(records,) a number for each set of skills, from 0; -1 where there is none."""
        return codes(self.table["skills"])

    @cached_property
    def correct(self) -> Floats:
        """(records,) in {0, 1}."""
        return self.table["correct"].to_numpy().astype(np.float64)

    @cached_property
    def time(self) -> Floats:
        """(records,) seconds, nan where unknown; nan everywhere if the log has no real time."""
        return self.table["time"].cast(pl.Float64).fill_null(float("nan")).to_numpy()

    @cached_property
    def prediction(self) -> Floats:
        """(records,) in [0, 1], nan where there is none."""
        return self.table["prediction"].cast(pl.Float64).fill_null(float("nan")).to_numpy()

    @cached_property
    def follows(self) -> Flags:
        """(records,) whether the record before is of the same student."""
        return np.r_[False, self.student[1:] == self.student[:-1]][: len(self)]

    def groups(self) -> Mapping[str, Codes]:
        """What answers have in common: name -> (records,) codes, -1 for none. What the file does not have lacks."""
        found = {"student": self.student, "item": self.item, "skill": self.skill}
        for name in ("skill", "item"):
            found[f"student and {name}"] = np.where(
                found[name] >= 0, self.student * (found[name].max(initial=0) + 1) + found[name], -1
            )
        return {name: group for name, group in found.items() if (group >= 0).any()}

    def named(self, at: int) -> str:
        """Where a record stands in its file."""
        return f"record {self.table['row'][at]:,}"


def before(group: Codes, order: Codes | None = None) -> Codes:
    """(records,) the place of the record before of the same group, -1 where there is none or `group` is -1.

    Args:
        group: (records,) codes.
        order: (records,) places in the order that counts; as they stand by default.
    """
    at = np.argsort(group, kind="stable") if order is None else order[np.argsort(group[order], kind="stable")]
    again = (group[at[1:]] == group[at[:-1]]) & (group[at[1:]] >= 0)
    result = np.full(len(group), -1)
    result[at[1:][again]] = at[:-1][again]
    return result


def time_order(records: Records) -> Codes:
    """(records,) places in the order in which answers were given; as the file has them where it has no times."""
    if np.isfinite(records.time).all():
        return np.argsort(records.time, kind="stable")
    return np.lexsort((records.table["row"].to_numpy(), records.table["file"].to_numpy()))


def codes(values: pl.Series) -> Codes:
    """Values as whole numbers from 0; null as -1."""
    return values.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1


def as_values(cells: pl.Series) -> pl.Series:
    """Cells as Float64 if nearly all of them are numbers, else as String; cells that say nothing are null."""
    if cells.dtype.is_numeric() or cells.dtype == pl.Boolean:
        return cells.cast(pl.Float64)
    text = cells.cast(pl.String).str.strip_chars()
    text = text.set(text.str.to_lowercase().is_in(["", ".", "na", "nan", "null", "none"]), None)
    number = text.cast(pl.Float64, strict=False)
    filled = text.len() - text.null_count()
    return number.fill_nan(None) if filled and number.count() >= 0.99 * filled else text


def _nulls(height: int, kind: pl.DataType) -> pl.Series:
    return pl.Series([None], dtype=kind).new_from_index(0, height)
