"""pyKT's sequence files: one line a student (or a window of one), the answers' values joined by commas.

Columns `fold,uid,[questions,]concepts,responses[,timestamps,usetimes,selectmasks,is_repeat,...]`; -1 pads, `_` joins
the concepts of one question, fold -1 is the test set. Source: pykt-toolkit, Liu et al. 2022, https://pykt.org.
"""

from typing import ClassVar, Final

import polars as pl

from kt_fewshot.errors import LogError

from .layout import outcomes
from .reader import Draft, Options, Reader, Source, signature
from .sniff import Peek
from .table import read_table
from .values import present, split_cells, to_numbers, to_seconds

SIGNS: Final = frozenset({"uid", "concepts", "responses"})
SERIES: Final = {
    "skills": "concepts",
    "correct": "responses",
    "item": "questions",
    "time": "timestamps",
    "response_time": "usetimes",
    "mask": "selectmasks",
    "repeat": "is_repeat",
}
PADDING: Final = "-1"


class PyKT(Reader):
    """A row counts answers in reading order; padding is no answer.

    Where a window repeats answers only as context (`selectmasks` is not 1), these are set aside. Questions spelled out
    once per concept (`is_repeat`) become one answer.
    """

    name: ClassVar[str] = "pykt"
    title: ClassVar[str] = "pyKT sequences"

    def recognises(self, peek: Peek) -> int:
        """By its column names."""
        return signature(peek, SIGNS)

    def read(self, source: Source, options: Options) -> Draft:
        """Read the sequences of one or more files."""
        frames = [_answers(peek, number) for number, peek in enumerate(source.peeks)]
        frame = pl.concat(frames, how="diagonal")
        judged = outcomes(frame["correct"], options.threshold)
        skills, _ = split_cells(frame["skills"], "_" if options.skill_separator is None else options.skill_separator)
        columns = {"student": present(frame["student"]), "skills": skills, **judged}
        if "item" in frame.columns:
            columns["item"] = present(frame["item"])
        if "time" in frame.columns:
            columns["time"], _ = to_seconds(frame["time"])
        if "response_time" in frame.columns:
            milliseconds = to_numbers(frame["response_time"])
            columns["response_time"] = milliseconds.set(milliseconds < 0, None) / 1000
        if "fold" in frame.columns:
            columns["fold"] = to_numbers(frame["fold"])
        draft = frame.select("file", "row").with_columns(**columns)
        if "repeat" in frame.columns:
            first = (frame["repeat"] != "1").fill_null(True)
            draft = draft.with_columns(order=first.cum_sum().cast(pl.Float64))
        if "mask" in frame.columns:
            context = pl.Series((frame["mask"] != "1").fill_null(False))
            other = pl.col("set_aside") if "set_aside" in draft.columns else None
            reason = pl.when(context).then(pl.lit("context of a window")).otherwise(other)
            draft = draft.with_columns(set_aside=reason)
        first = source.peeks[0]
        return Draft(
            draft,
            files=tuple(str(path) for path in source.paths),
            rows_read=frame.height,
            columns={"student": "uid", **{name: column for name, column in SERIES.items() if name in draft.columns}},
            encoding=first.encoding,
            separator=first.separator,
            compression=first.compression,
        )


def _answers(peek: Peek, file: int) -> pl.DataFrame:
    """One file's answers as text columns, padding left out."""
    if not signature(peek, SIGNS):
        raise LogError(f"{peek.name} is not a pyKT file: it needs columns uid, concepts and responses.")
    series = {name: peek.header.index(column) for name, column in SERIES.items() if column in peek.header}
    others = {"student": peek.header.index("uid")}
    if "fold" in peek.header:
        others["fold"] = peek.header.index("fold")
    table = read_table(peek, {**others, **series})
    if table.rejected.height:
        _, line, reason = table.rejected.row(0)
        raise LogError(f"{peek.name} is damaged in line {line}: {reason}.")
    frame = table.frame.with_columns(pl.col(name).str.strip_chars(",").str.split(",") for name in series)
    for name in series:
        uneven = frame.filter(pl.col(name).list.len() != pl.col("correct").list.len())
        if uneven.height:
            first = uneven.row(0, named=True)
            raise LogError(
                f"{peek.name} is damaged in line {table.lines.of(first['row'])}: {len(first[name])} {SERIES[name]} "
                f"for {len(first['correct'])} responses."
            )
    frame = frame.explode(list(series)).with_columns(pl.col(name).str.strip_chars() for name in series)
    frame = frame.filter(pl.col("correct") != PADDING)
    rows = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    return frame.with_columns(row=rows, file=pl.lit(file, pl.UInt32))
