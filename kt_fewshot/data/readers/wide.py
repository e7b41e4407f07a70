"""Logs with a row per student and a column per question: every cell is a record of its own."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from .reader import Draft, Options, Source
from .values import present

Judge = Callable[[pl.Series, float | None], dict[str, pl.Series]]
"""Outcome cells and threshold to `correct`, `set_aside` and `rejected`, as `layout.outcomes` does."""

REASONS = ("set_aside", "rejected")
IDS = ("student", "item", "skills", "group")


def wide_draft(
    source: Source, frames: Sequence[pl.DataFrame], columns: Mapping[str, str], *, judge: Judge, options: Options
) -> Draft:
    """The draft of cells, one row each.

    Args:
        source: the log.
        frames: of each file, the cells with whatever canonical columns there are; `student`, `item`, `skills`, `group`
            and `correct` as text, others typed. Cells stand student by student or question by question. A reason in
            `set_aside` goes before what the outcome says.
        columns: canonical column -> where it comes from.
        judge: `layout.outcomes`.
        options: as asked.
    """
    parts = []
    for number, frame in enumerate(frames):
        row = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
        parts.append(frame.with_columns(row=row, file=pl.lit(number, pl.UInt32)))
    frame = pl.concat(parts, how="diagonal")
    frame = with_outcomes(frame, judge=judge, options=options)
    peek = source.peek
    return Draft(
        frame,
        files=tuple(str(path) for path in source.paths),
        rows_read=frame.height,
        columns=columns,
        encoding=peek.encoding,
        separator=peek.separator,
        compression=peek.compression,
    )


def with_outcomes(frame: pl.DataFrame, *, judge: Judge, options: Options) -> pl.DataFrame:
    """The frame with its outcomes judged and empty ids missing; a reason in `set_aside` or `rejected` goes first."""
    judged = pl.DataFrame(judge(frame["correct"], options.threshold))
    own = {name: frame[name].alias(f"own_{name}") for name in REASONS if name in frame.columns}
    both = judged.with_columns(own.values())
    said = pl.any_horizontal(pl.lit(value=False), *(pl.col(column.name).is_not_null() for column in own.values()))
    reasons = [
        pl.when(said)
        .then(pl.col(f"own_{name}") if name in own else None)
        .otherwise(pl.col(name) if name in judged.columns else None)
        .cast(pl.String)
        .alias(name)
        for name in REASONS
    ]
    ids = [name for name in IDS if name in frame.columns]
    frame = frame.with_columns(present(frame[name]) for name in ids)
    return frame.with_columns(both.select("correct", *reasons if own else judged.columns[1:]).get_columns())
