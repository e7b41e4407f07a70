"""The predictions in the form that kt-audit reads: line n tells of record n of the log, whatever became of it."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from kt_fewshot.data import Interactions

PREDICTION_SCHEMA: Final = {
    "user_id": pl.String(),
    "timestamp": pl.Float64(),
    "split": pl.String(),
    "kc_ids": pl.String(),
    "item_id": pl.String(),
    "y_true": pl.Int8(),
    "y_pred": pl.Float64(),
    "fold": pl.Int16(),
    "mastery": pl.Float64(),
}
"""Columns of `predictions_frame`, in their order."""

_PLACE: Final = ("file", "row")


def predictions_frame(
    interactions: Interactions,
    probability: ArrayLike,
    *,
    fates: pl.DataFrame | None = None,
    rows_read: int | None = None,
    split: str | Sequence[str] | pl.Series | None = None,
    fold: int | ArrayLike | None = None,
    mastery: ArrayLike | None = None,
) -> pl.DataFrame:
    """One line for each record of the log, in the log's order, files one after the other.

    A record that was merged into another repeats that one's line, so that whoever counts rows as the log has them and
    whoever counts answers find the same prediction. A record that was set aside or rejected has a line of nulls: it
    says nothing about an answer.

    Args:
        interactions: the answers that were kept.
        probability: (answers,) foretold P(correct) in [0, 1]; nan where nothing was foretold.
        fates: what became of the other records, as `Ingest.fates` has it: `file`, `row`, `fate` and, for merged
            records, `into`. None if there are none.
        rows_read: number of records in all, to make sure that none is missing at the end; None believes the fates.
        split: "train", "valid" or "test", for all answers or for each.
        fold: fold of all answers or of each; None takes it from `interactions`.
        mastery: (answers,) P(the skills of the answer are mastered) before it, in [0, 1]; nan where unknown.

    Returns:
        Columns of `PREDICTION_SCHEMA`: `timestamp` in seconds, `kc_ids` joined by `~~`; null where unknown.

    Raises:
        ValueError: if lengths differ, a number is not in [0, 1], or the records do not add up: one is missing, told of
            twice, or went into a record that was not kept.
    """
    n = len(interactions)
    known = interactions.table.select(
        *_PLACE, "fold", user_id="student", timestamp="time", kc_ids="skills", item_id="item", y_true="correct"
    ).with_columns(y_pred=_share("probability", probability, n), mastery=_share("mastery", mastery, n))
    known = known.with_columns(split=pl.lit(split) if split is None or isinstance(split, str) else pl.Series(split))
    if fold is not None:
        known = known.with_columns(fold=pl.Series(np.broadcast_to(np.asarray(fold), (n,))))
    records = _records(known, fates)
    _check(records, known, rows_read)
    lines = records.join(known, left_on=("file", "of"), right_on=_PLACE, how="left", maintain_order="left")
    return lines.select(pl.col(name).cast(kind) for name, kind in PREDICTION_SCHEMA.items())


def _share(name: str, values: ArrayLike | None, n: int) -> pl.Series:
    """`values` as a column of `n` numbers in [0, 1]; nan becomes null."""
    array = np.full(n, np.nan) if values is None else np.asarray(values, dtype=np.float64)
    if array.shape != (n,):
        raise ValueError(f"`{name}` should hold one number for each of {n} answers. Found shape {array.shape}.")
    if not (np.isnan(array) | ((array >= 0) & (array <= 1))).all():
        raise ValueError(f"`{name}` should be in [0, 1]. Found {np.nanmin(array):g} to {np.nanmax(array):g}.")
    return pl.Series(array).fill_nan(None)


def _records(known: pl.DataFrame, fates: pl.DataFrame | None) -> pl.DataFrame:
    """Every record, `file` and `row`, in the log's order; `of`: row of the answer it shows, null for none."""
    kept = known.select(*_PLACE, of="row")
    if fates is None:
        return kept.sort(_PLACE)
    merged = pl.when(pl.col("fate") == "merged").then("into")
    others = fates.select(pl.col("file").cast(pl.UInt32), pl.col("row").cast(pl.Int64), of=merged.cast(pl.Int64))
    lost = others.drop_nulls("of").join(kept, left_on=("file", "of"), right_on=_PLACE, how="anti")
    if lost.height:
        file, row, into = lost.row(0)
        raise ValueError(f"Record {row} of file {file} went into record {into}, which was not kept.")
    return pl.concat([kept, others]).sort(_PLACE)


def _check(records: pl.DataFrame, known: pl.DataFrame, rows_read: int | None) -> None:
    """No record is missing and none told of twice: in each file they are 1, 2, 3, ..."""
    odd = records.filter(pl.col("row") != pl.int_range(1, pl.len() + 1).over("file"))
    if odd.height:
        file, row, _ = odd.row(0)
        raise ValueError(
            f"Each record should be told of once. Found a gap or a repetition at record {row} of file {file}."
        )
    others = records.height - known.height
    if rows_read is not None and records.height != rows_read:
        raise ValueError(f"The log has {rows_read} records. Found {known.height} answers and {others} fates.")
