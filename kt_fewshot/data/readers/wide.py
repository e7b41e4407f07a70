"""Logs with a row per student and a column per question: every cell is a record of its own."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from .reader import Draft, Options, Source
from .values import present

Judge = Callable[[pl.Series, float | None], dict[str, pl.Series]]
"""Outcome cells and threshold to `correct`, `set_aside` and `rejected`, as `layout.outcomes` does."""


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
    judged = pl.DataFrame(judge(frame["correct"], options.threshold))
    if "set_aside" in frame.columns:
        other = judged["set_aside"] if "set_aside" in judged.columns else pl.lit(None, pl.String)
        judged = judged.with_columns(frame.select(pl.coalesce("set_aside", other).alias("set_aside"))["set_aside"])
        if "rejected" in judged.columns:
            said = frame["set_aside"].is_not_null()
            judged = judged.with_columns(rejected=pl.when(~said).then("rejected"))
    ids = [name for name in ("student", "item", "skills", "group") if name in frame.columns]
    frame = frame.with_columns(present(frame[name]) for name in ids).with_columns(judged.get_columns())
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
