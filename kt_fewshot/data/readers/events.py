"""Logs of events in JSON: each object one record, told in columns of its own by the reader of the format."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

import polars as pl

from kt_fewshot.errors import LogError

from ..interactions import SKILL_SEPARATOR, join_skills
from .ingest import MERGED_SCHEMA, REJECTED_SCHEMA
from .json_records import json_records, text_of
from .layout import outcomes
from .reader import Draft, Options, Source
from .values import split_cells
from .wide import with_outcomes

PIECE: Final = 1 << 16
"""Records that wait in Python before they become columns."""

TOO_MUCH: Final = 1e300
"""No score is as large."""


@dataclass(frozen=True)
class Events:
    """The records of a log.

    `frame`: `file`, `row`, `record` (its number in the whole log, from 0) and the reader's own columns. `rejected`:
    records that are no objects. `lines`: of each file, the line of each record. `rows_read`: all records.
    """

    frame: pl.DataFrame
    rejected: pl.DataFrame
    lines: tuple[array, ...]
    rows_read: int


def read_events(
    source: Source,
    lists: Sequence[str],
    schema: Mapping[str, pl.DataType],
    describe: Callable[[dict[str, Any]], Sequence[object]],
) -> Events:
    """Read the objects of JSON files.

    Args:
        source: the log.
        lists: keys of a wrapper that hold the list of records.
        schema: the reader's columns.
        describe: an object's values for these columns, in their order.

    Raises:
        LogError: if a file is no JSON or damaged.
    """
    full = {"file": pl.UInt32(), "row": pl.Int64(), **schema}
    frames = [pl.DataFrame(schema=full)]
    rejected: list[tuple[int, int, int, str]] = []
    lines = tuple(array("q") for _ in source.paths)
    for number, peek in enumerate(source.peeks):
        rows: list[tuple[object, ...]] = []
        for record in json_records(peek, lists):
            lines[number].append(record.line)
            if record.problem:
                rejected.append((number, record.row, record.line, record.problem))
                continue
            rows.append((number, record.row, *describe(record.value)))
            if len(rows) == PIECE:
                frames.append(pl.DataFrame(rows, schema=full, orient="row"))
                peek.watch(len(rows), 0)
                rows = []
        frames.append(pl.DataFrame(rows, schema=full, orient="row"))
        peek.watch(len(rows), 0)
    return Events(
        pl.concat(frames).with_row_index("record"),
        pl.DataFrame(rejected, schema=REJECTED_SCHEMA, orient="row"),
        lines,
        sum(map(len, lines)),
    )


def event_draft(
    source: Source,
    events: Events,
    frame: pl.DataFrame,
    *,
    columns: Mapping[str, str],
    options: Options,
    decided: Sequence[str] = (),
) -> Draft:
    """The draft of a log of events.

    Args:
        source: the log.
        events: as read.
        frame: the records in canonical columns (ids and `correct` as text), with `set_aside`, `rejected`, `record`,
            `into` (number of the record that one is a part of, or null) and `part` (what part). A part is merged if
            that record is an answer, and set aside if not.
        columns: canonical column -> where it comes from.
        options: as asked.
        decided: decisions.
    """
    frame = with_outcomes(frame.with_columns(order=pl.col("record").cast(pl.Float64)), judge=outcomes, options=options)
    parts = frame.filter(pl.col("into").is_not_null())
    frame = frame.filter(pl.col("into").is_null())
    lost = frame.filter(pl.col("correct").is_not_null() & pl.col("time").is_null()).height
    warnings = [f"{lost:,} answers have no readable time; they come last in their student's history."] if lost else []
    is_answer = pl.all_horizontal(
        pl.col("student").is_not_null(), *(pl.col(name).is_null() for name in ("set_aside", "rejected"))
    )
    wholes = frame.select(into="record", of_file="file", of_row="row", kept=is_answer)
    parts = _followed(parts).join(wholes, on="into", how="left", maintain_order="left")
    merged = parts.filter("kept").select(
        "file", "row", into=pl.when(pl.col("file") == pl.col("of_file")).then("of_row"), reason="part"
    )
    others = parts.filter(~pl.col("kept")).with_columns(
        set_aside="part", rejected=pl.lit(None, pl.String), correct=pl.lit(None, pl.Int8)
    )
    counts = merged.group_by("reason", maintain_order=True).len().rows()
    decisions = [f"{count:,} merged ({reason})" for reason, count in counts]
    unused = ["record", "into", "part"]
    frame = pl.concat([frame, others.drop("of_file", "of_row", "kept")]).sort("record").drop(unused)
    peek = source.peek
    return Draft(
        frame,
        files=tuple(str(path) for path in source.paths),
        rows_read=events.rows_read,
        columns=columns,
        rejected=events.rejected,
        encoding=peek.encoding,
        compression=peek.compression,
        merged=merged.cast(pl.Schema(MERGED_SCHEMA)),
        decisions=(*decisions, *decided),
        warnings=tuple(warnings),
        line_of=lambda file, row: events.lines[file][row - 1],
    )


def _followed(parts: pl.DataFrame) -> pl.DataFrame:
    """Parts of parts (a grade sent twice) as parts of the whole."""
    links = parts.select(into="record", whole="into")
    while True:
        followed = parts.join(links, on="into", how="left", maintain_order="left")
        if followed["whole"].null_count() == followed.height:
            return parts
        parts = followed.with_columns(into=pl.coalesce("whole", "into")).drop("whole")


def sent_again(frame: pl.DataFrame, ids: str, of: pl.Expr) -> pl.DataFrame:
    """The frame with `into` and `part` for records sent before: the first of the same id, among those `of` tells."""
    first = pl.col("record").first().over(ids)
    again = (
        frame.filter(of & pl.col(ids).is_not_null()).with_columns(into=first).filter(pl.col("record") > pl.col("into"))
    )
    again = again.select("record", "into", part=pl.lit("sent again"))
    return frame.join(again, on="record", how="left", maintain_order="left")


def choose_skills(
    frame: pl.DataFrame, kinds: Mapping[str, str], options: Options, answers: pl.Expr
) -> tuple[pl.DataFrame, str]:
    """The frame with `skills` from the first kind that any answer has, or from the one the user named.

    Args:
        frame: with a column of skill sets per kind.
        kinds: name of the kind, for users -> column.
        options: as asked; of the columns only `skill` can be chosen.
        answers: which records count.

    Returns:
        the frame without the kinds; the kind taken, "" for none.

    Raises:
        LogError: if the user chose another column than that of the skill, or a kind that no answer has.
    """
    given = options.columns.given()
    if odd := [name for name in given if name != "skill"]:
        raise LogError(f"Column `{odd[0]}` of a log in JSON is where the standard says. Leave the choice out.")
    if chosen := given.get("skill"):
        if chosen not in kinds or not frame.filter(answers)[kinds[chosen]].count():
            raise LogError(f"No record has a skill in `{chosen}`.")
    else:
        chosen = next((name for name, column in kinds.items() if frame.filter(answers)[column].count()), "")
    if not chosen:
        return frame.drop(kinds.values()), ""
    skills = frame[kinds[chosen]].alias("skills")
    if options.skill_separator:
        skills, _ = split_cells(skills, options.skill_separator)
    return frame.with_columns(skills).drop(kinds.values()), chosen


def names_in(value: object) -> str | None:
    """The names (or ids of objects) in a value or list of values, as a skill set."""
    parts = value if isinstance(value, list) else [value]
    names = [text_of(part.get("id", part.get("@id")) if isinstance(part, dict) else part) for part in parts]
    return join_skills([name.replace(SKILL_SEPARATOR, "~ ~") for name in names if name])


def cell(value: object) -> str | None:
    """What a record says of an answer as the cell of a table: true is 1, a score below 0 is 0.

    >>> cell(True), cell(0.5), cell(-1), cell("yes"), cell(None), cell([1])
    ('1', '0.5', '0.0', 'yes', None, '[1]')
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float):
        return str(max(float(value), 0.0)) if abs(value) < TOO_MUCH else "inf"
    return text_of(value) or str(value)[:30]


def share(score: object, most: object, least: object = 0) -> str | None:
    """A score as a part of what could be had, as `cell` writes it; None if that is not known.

    >>> share(3, 4), share(5, 4), share(-1, 1, -1), share(1, 0), share(None, 4)
    ('0.75', '1.0', '0.0', None, None)
    """
    numbers = [number for number in (score, most, least or 0) if _is_number(number)]
    if len(numbers) < 3 or numbers[1] <= numbers[2]:
        return None
    return str(min(max((numbers[0] - numbers[2]) / (numbers[1] - numbers[2]), 0.0), 1.0))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < TOO_MUCH
