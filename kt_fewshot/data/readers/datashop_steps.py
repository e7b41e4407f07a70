"""DataShop's student-step exports and the KDD Cup 2010 files: one row per student and step.

Sources: https://pslcdatashop.web.cmu.edu/help?page=export; Stamper, Niculescu-Mizil, Ritter, Gordon & Koedinger 2010,
KDD Cup 2010 challenge data, https://pslcdatashop.web.cmu.edu/KDDCup.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Final

import polars as pl

from .datashop import bare_signature, joined_item, named_columns
from .kc_models import choose_model
from .layout import Layout, read_tables
from .reader import Draft, Options, Reader, Source
from .sniff import Peek
from .values import to_seconds

STEPS: Final = frozenset({"anonstudentid", "problemname", "problemview", "stepname", "firsttransactiontime"})
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "student": ("anonstudentid",),
    "time": ("firsttransactiontime",),
    "begin": ("stepstarttime",),
    "correct": ("correctfirstattempt", "firstattempt"),
    "problem": ("problemname",),
    "step": ("stepname",),
    "view": ("problemview",),
    "sample": ("sample", "samplename"),
    "response_time": ("stepdurationsec",),
    "hints": ("hints",),
    "wrongs": ("incorrects",),
    "rights": ("corrects",),
    "group": ("class", "school"),
}
NEEDED: Final = frozenset({"student", "time", "correct", "problem", "step"})
FIRST_LATENCY: Final = "response time up to the first transaction of a step"
STEP: Final = ("file", "student", "item", "view", "time")


class StudentStep(Reader):
    """A row per student and step, right or wrong at the first attempt.

    - Item: problem and step. A first attempt that is a hint is wrong (DataShop's own rule) unless hints are dropped.
    - Response time: from the start of the step to its first transaction; where times are given to the minute only, the
      duration of the step.
    - Blank outcomes (the rows to predict in KDD Cup test files) and steps repeated for another sample are set aside.
    """

    name: ClassVar[str] = "datashop-steps"
    title: ClassVar[str] = "DataShop student steps"
    uses: ClassVar[frozenset[str]] = frozenset({"kc", "hint"})
    outcome: ClassVar[str] = "firstattempt"

    def recognises(self, peek: Peek) -> int:
        """By its column names, however renamed."""
        return bare_signature(peek, STEPS | {self.outcome})

    def read(self, source: Source, options: Options) -> Draft:
        """Read the columns needed of one skill model."""
        columns = named_columns(source.peek, COLUMNS, NEEDED)
        skills, notes = (), []
        if options.columns.skill is None:
            skills, note = choose_model(source.peek, options.kc)
            notes += [note] if note else []
        layout = Layout(
            columns,
            optional=frozenset(COLUMNS) - NEEDED,
            milliseconds=False,
            adjust=lambda text: _answers(text, options, notes),
            joined={"skills": skills} if skills else {},
        )
        draft = read_tables(source, layout.chosen(options.columns), options)
        own = {} if options.columns.item else {"item": f"{columns['problem']} and {columns['step']}"}
        if FIRST_LATENCY in notes:
            own["response_time"] = f"{columns['begin']} and {columns['time']}"
        return replace(draft, columns={**draft.columns, **own}, decisions=(*draft.decisions, *notes))


class KddCup(StudentStep):
    """The same table with `Correct First Attempt` and a different spelling of the skill models."""

    name: ClassVar[str] = "kdd-cup"
    title: ClassVar[str] = "KDD Cup 2010"
    outcome: ClassVar[str] = "correctfirstattempt"


def _answers(text: pl.DataFrame, options: Options, notes: list[str]) -> pl.DataFrame:
    """Steps in canonical columns, with the reason to set aside those that are none."""
    text = joined_item(text)
    if "begin" in text.columns and options.columns.response_time is None:
        text = _with_first_latency(text, notes)
    hint = pl.col("correct").str.strip_chars().str.to_lowercase() == "hint"
    asked = text.select(hint.fill_null(False).sum()).item()
    reasons = []
    if asked and options.drops_hints:
        reasons.append(pl.when(hint).then(pl.lit("hint request")))
    elif asked:
        notes.append(f"{asked:,} first attempts that asked for a hint counted as wrong")
    if "sample" in text.columns and text["sample"].n_unique() > 1:
        key = [name for name in STEP if name in text.columns]
        again = ~pl.struct(key).is_first_distinct() & (pl.col("sample") != pl.col("sample").first().over(key))
        reasons.insert(0, pl.when(again).then(pl.lit("the same step in another sample")))
    if reasons:
        text = text.with_columns(set_aside=pl.coalesce(reasons))
    unknown = pl.col("correct").str.strip_chars().str.to_lowercase() == "unknown"
    text = text.with_columns(correct=pl.when(hint).then(pl.lit("0")).when(unknown).then(None).otherwise("correct"))
    if {"wrongs", "rights"} <= set(text.columns) and "attempts" not in text.columns:
        wrongs, rights = (pl.col(name).cast(pl.Float64, strict=False) for name in ("wrongs", "rights"))
        text = text.with_columns(attempts=(wrongs + (rights > 0)).cast(pl.String))
    order = pl.int_range(pl.len()).cast(pl.String)  # each row is a step of its own, even where times agree
    return text.with_columns(order=order).drop("begin", "view", "sample", "wrongs", "rights", strict=False)


def _with_first_latency(text: pl.DataFrame, notes: list[str]) -> pl.DataFrame:
    """With the time up to the first transaction as response time, if times are given to the second."""
    to_the_second = text["begin"].str.contains(r"\d:\d\d:\d\d").any() or not text["begin"].str.contains(":").any()
    if not to_the_second:
        return text
    notes.append(FIRST_LATENCY)
    begin, _ = to_seconds(text["begin"])
    time, _ = to_seconds(text["time"])
    return text.with_columns((time - begin).cast(pl.String).alias("response_time"))
