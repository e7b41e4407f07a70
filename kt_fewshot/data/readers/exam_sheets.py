"""Tables with a row per student and attempt at a quiz and columns per question, as learning platforms export them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from kt_fewshot.errors import LogError

from .columns import place_of
from .layout import outcomes
from .reader import Draft, Options, Source
from .sniff import Peek
from .table import LineNumbers, read_table
from .values import to_numbers
from .wide import wide_draft

ABOUT: Final = ("student", "time", "attempts", "group", "set_aside")
"""What a sheet may have, beside its answers."""


@dataclass(frozen=True)
class Sheets:
    """The sheets of one file.

    - `about`: a row per sheet; columns of `ABOUT`;
    - `cells`: of each question, by its name, the outcome on every sheet;
    - `lines`: where each sheet stands.
    """

    about: pl.DataFrame
    cells: Mapping[str, pl.Series]
    lines: LineNumbers


def read_sheets(peek: Peek) -> tuple[list[pl.Series], LineNumbers]:
    """All columns of a table as text, in their order, and where its records stand.

    Raises:
        LogError: if a line is damaged, since nobody knows how many answers are lost with it.
    """
    table = read_table(peek, {str(place): place for place in range(len(peek.header))})
    if table.rejected.height:
        _, line, reason = table.rejected.row(0)
        raise LogError(f"{peek.name} is damaged in line {line}: {reason}.")
    return table.frame.drop("row").get_columns(), table.lines


def sheets_draft(source: Source, sheets: Sequence[Sheets], columns: Mapping[str, str], options: Options) -> Draft:
    """The draft of all cells, sheet by sheet, questions in order.

    The answers of a sheet are a bundle: they were handed in together, so none may be used to predict another.
    """
    frames, first = [], 0
    for file in sheets:
        sheet = pl.int_range(first, first + file.about.height, eager=True, dtype=pl.Int64)
        about = file.about.with_columns(bundle=sheet)
        parts = [about.with_columns(item=pl.lit(name), correct=cells) for name, cells in file.cells.items()]
        frames.append(pl.concat(parts).sort("bundle", maintain_order=True))
        first += file.about.height
    draft = wide_draft(source, frames, columns, judge=outcomes, options=options)
    return replace(draft, line_of=lambda file, row: sheets[file].lines.of((row - 1) // len(sheets[file].cells) + 1))


def chosen_places(peek: Peek, options: Options, found: Mapping[str, int | None]) -> dict[str, int]:
    """Where each column is: where the user says, else where it was found.

    Raises:
        LogError: if the user names a column of another kind than those that can be found, or one that is not there.
    """
    given = options.columns.given()
    if odd := [name for name in given if name not in found]:
        raise LogError(f"`{odd[0]}` of {peek.name} is what its export says. Leave the choice of its column out.")
    named = {name: place_of(peek, column) for name, column in given.items()}
    return {name: place for name, place in found.items() if place is not None} | named


def shares(points: pl.Series, most: float | None) -> pl.Series:
    """Points as parts of the most there are, as text; below 0 is 0, above the most is the most (a bonus).

    Decimals may have a comma. Cells that are no numbers stay as they are; where nothing can be had, all are null.
    """
    if not most or most < 0:
        return pl.Series(points.name, [None], dtype=pl.String).new_from_index(0, points.len())
    number = to_numbers(points, decimal_comma=True)
    frame = pl.DataFrame({"part": (number / most).clip(0, 1).cast(pl.String), "cell": points})
    return frame.select(pl.coalesce("part", "cell").alias(points.name))[points.name]


def number_of(text: str) -> float | None:
    """A number, with a decimal point or comma; None if it is none.

    >>> number_of("1,50"), number_of("x")
    (1.5, None)
    """
    return to_numbers(pl.Series([text]), decimal_comma=True)[0]
