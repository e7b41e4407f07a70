"""OATutor's open logs: answers to steps, answers to questions within hints, and hints opened, one row each.

Source: Pardos, Tang, Anastasopoulos, Sheel & Zhang 2023, "OATutor: an open-source adaptive tutoring system and curated
content library for learning sciences research", CHI; https://github.com/CAHLR/OATutor.
"""

from typing import ClassVar, Final

import polars as pl

from .layout import Layout
from .table_reader import TableReader
from .values import list_cells, to_seconds

COLUMNS: Final = {
    "student": "oatsUserId",
    "item": "stepID",
    "skills": "skills",
    "correct": "isCorrect",
    "time": "time",
    "event": "eventType",
    "first": "firstAttempt",
}
ANSWER: Final = "answerstep"
SCAFFOLD: Final = "hintscaffoldlog"
UNLOCKS: Final = ("unlockhint", "unlocksubhint")


def _first_answers(text: pl.DataFrame) -> pl.DataFrame:
    """Events with the reason to set aside each one that is no first answer, and its visit's numbers."""
    time, _ = to_seconds(text["time"])
    event = pl.col("event").fill_null("").str.strip_chars().str.to_lowercase()
    first = (event == ANSWER) & (pl.col("first").str.strip_chars().str.to_lowercase() == "true").fill_null(False)
    events = text.select("file", "row", "student", "item", event, first=first, __time=time)
    events = events.sort("__time", "file", "row", nulls_last=True)
    step = ("student", "item")
    visit = pl.max_horizontal(pl.col("first").cum_sum().over(step), 1)  # hints may be opened before the first answer
    events = events.with_columns(visit.alias("__visit"))
    visits = events.group_by(*step, "__visit").agg(
        hints=pl.col("event").is_in(UNLOCKS).sum().cast(pl.String),
        attempts=(pl.col("event") == ANSWER).sum().cast(pl.String),
    )
    visits = visits.drop([name for name in ("hints", "attempts") if name in text.columns])
    numbers = events.join(visits, on=[*step, "__visit"], nulls_equal=True).drop(*step, "__visit", "__time")
    numbers = numbers.rename({"event": "__event", "first": "__first"})
    text = text.join(numbers, on=["file", "row"], how="left", maintain_order="left")
    aside = (
        pl.when("__first")
        .then(None)
        .when(pl.col("__event") == ANSWER)
        .then(pl.lit("later attempt at the same step"))
        .when(pl.col("__event") == SCAFFOLD)
        .then(pl.lit("scaffolding question"))
        .when(pl.col("__event").is_in(UNLOCKS))
        .then(pl.lit("hint request"))
        .otherwise(pl.format("event {}", pl.col("event").fill_null("")))
    )
    order = pl.int_range(pl.len()).cast(pl.String)  # two events within a second are still two
    text = text.with_columns(list_cells(text["skills"]).alias("skills"), set_aside=aside, order=order)
    return text.drop("event", "first", "__event", "__first")


class OATutor(TableReader):
    """A student's first answer to a step is the answer; later ones, hints and the questions within them are set aside.

    The answer knows how often the student tried the step and how many hints were opened at it, before or after.
    """

    name: ClassVar[str] = "oatutor"
    title: ClassVar[str] = "OATutor"
    signs: ClassVar[frozenset[str]] = frozenset(COLUMNS.values())
    layout: ClassVar[Layout] = Layout(COLUMNS, adjust=_first_answers)
