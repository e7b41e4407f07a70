"""Junyi Academy 2015: `junyi_ProblemLog_original.csv`, and the exercises' topics in a table of their own.

Source: Chang, Hsu & Chen 2015, "Modeling exercise relationships in e-learning: a unified approach", EDM; DataShop data
set 1198.
"""

from dataclasses import replace
from typing import ClassVar, Final

import polars as pl

from .layout import Layout, read_tables
from .reader import Draft, Options, Reader, Source, signature
from .side_files import read_side, side_file
from .sniff import Peek

COLUMNS: Final = {
    "student": "user_id",
    "item": "exercise",
    "correct": "correct",
    "time": "time_done",
    "taken": "time_taken",
    "first_taken": "time_taken_attempts",
    "hints": "count_hints",
    "attempts": "count_attempts",
}
SIGNS: Final = frozenset({"user_id", "exercise", "correct", "time_done", "time_taken", "count_attempts"})


class Junyi(Reader):
    """Right is right at the first attempt without a hint, as the log says; times are microseconds since 1970.

    The skill is the exercise's topic, where the exercise table lies beside the log; else the exercise itself.
    """

    name: ClassVar[str] = "junyi"
    title: ClassVar[str] = "Junyi Academy 2015"
    uses: ClassVar[frozenset[str]] = frozenset({"side"})
    beside: ClassVar[tuple[str, ...]] = ("junyi_exercise_table.csv", "*exercise*table*.csv")

    def recognises(self, peek: Peek) -> int:
        """By its column names."""
        return signature(peek, SIGNS)

    def read(self, source: Source, options: Options) -> Draft:
        """Read the log, and the exercises' topics if they are there."""
        side = side_file(source, options, self.beside)
        topics = None
        if side is not None:
            topics = read_side(side, {"item": "name", "skills": "topic"}).unique("item", keep="first")
        layout = Layout(
            COLUMNS,
            optional=frozenset({"taken", "first_taken", "hints", "attempts"}),
            adjust=lambda text: _answers(text, topics),
        )
        draft = read_tables(source, layout.chosen(options.columns), options)
        if options.columns.skill is not None:
            return draft
        note = "each exercise is a skill" if side is None else f"skills are topics in {side.name}"
        columns = {**draft.columns, "skills": "exercise" if side is None else "topic"}
        return replace(draft, columns=columns, decisions=(*draft.decisions, note))


def _answers(text: pl.DataFrame, topics: pl.DataFrame | None) -> pl.DataFrame:
    """Text columns with skills and the seconds up to the first attempt (`12&5`: 12)."""
    if "skills" not in text.columns:
        if topics is None:
            text = text.with_columns(skills="item")
        else:
            text = text.join(topics, on="item", how="left", maintain_order="left")
    taken = [
        pl.col(name).str.split("&").list.first().replace({"": None})
        for name in ("first_taken", "taken")
        if name in text.columns
    ]
    if taken and "response_time" not in text.columns:
        text = text.with_columns(response_time=pl.coalesce(taken))
    order = pl.int_range(pl.len()).cast(pl.String)  # each row is a problem of its own, even at the same time
    return text.with_columns(order=order).drop("taken", "first_taken", strict=False)
