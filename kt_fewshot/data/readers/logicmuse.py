"""LogicMuse: a table with a row per student and a column per item; each cell lists the item's skills and the outcome.

Source: Tato & Nkambou 2022, "Infusing expert knowledge into a deep neural network using attention mechanism for
personalized learning environments", Frontiers in Artificial Intelligence.
"""

import json
from typing import ClassVar

import polars as pl

from kt_fewshot.errors import LogError

from ..interactions import SKILL_SEPARATOR
from .layout import outcomes
from .reader import Draft, Options, Reader, Source
from .sniff import Peek
from .table import read_table
from .values import map_cells
from .wide import wide_draft


class LogicMuse(Reader):
    """A cell `[1, 0, ..., 0, 1]` has a 1 at each skill the item needs, and the outcome at its end.

    Skills are numbered from 0, the items are named by their columns, in the order of which everyone answered. Nothing
    in such a file says what it is, so the format has to be named.
    """

    name: ClassVar[str] = "logicmuse"
    title: ClassVar[str] = "LogicMuse"

    def recognises(self, peek: Peek) -> int:  # noqa: ARG002
        """Never by itself."""
        return 0

    def read(self, source: Source, options: Options) -> Draft:
        """Read the cells; students keep the name in the first column."""
        frames = [_cells(peek) for peek in source.peeks]
        columns = {"student": "first column", "item": "name of the column", "skills": "1s in a cell's list"}
        return wide_draft(source, frames, {**columns, "correct": "end of it"}, judge=outcomes, options=options)


def _cells(peek: Peek) -> pl.DataFrame:
    """One file's answers, student by student."""
    places = {f"{place}": place for place in range(len(peek.header))}
    if peek.kind != "table" or len(places) < 2:
        raise LogError(f"{peek.name} is no table of lists.")
    table = read_table(peek, places)
    if table.rejected.height:
        _, line, reason = table.rejected.row(0)
        raise LogError(f"{peek.name} is damaged in line {line}: {reason}.")
    # The first line may count as a record where it holds only numbers: the names of the items.
    frame, names = table.frame, peek.header
    if not peek.has_header:
        names, frame = frame.drop("row").row(0), frame.slice(1)
    item = {str(place): name or f"item {place}" for place, name in enumerate(names)}
    long = frame.unpivot(index=["row", "0"], variable_name="item", value_name="cell").sort(
        "row", pl.col("item").cast(pl.Int64)
    )
    kind = pl.Struct({"skills": pl.String(), "correct": pl.String()})
    parsed = map_cells(long["cell"], lambda cell: _parsed(cell, peek.name), kind).struct.unnest()
    return long.select(student="0", item=pl.col("item").replace_strict(item)).hstack(parsed)


def _parsed(cell: str, name: str) -> dict[str, str | None]:
    """Skills and outcome of a cell."""
    if not cell.strip():
        return {"skills": None, "correct": None}
    try:
        values = json.loads(cell)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, list) or not values or any(value not in (0, 1) for value in values):
        raise LogError(f"{name} should have a list of 0 and 1 in each cell. Found {cell[:30]!r}.")
    *skills, correct = values
    needed = [str(place) for place, skill in enumerate(skills) if skill]
    return {"skills": SKILL_SEPARATOR.join(sorted(needed)) or None, "correct": str(correct)}
