"""DataShop transaction exports: one row per try, hint and study trial; the first try at a step is the answer.

Source: Koedinger et al. 2010, "A data repository for the EDM community: the PSLC DataShop"; column help at
https://pslcdatashop.web.cmu.edu/help?page=importFormatTd. MATHia's words for outcomes (`OK`, `JIT`) are known too.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Final

import polars as pl

from kt_fewshot.errors import LogError

from ..interactions import SKILL_SEPARATOR
from .columns import bare
from .kc_models import choose_model
from .layout import Layout, read_tables
from .reader import Draft, Options, Reader, Source
from .sniff import Peek
from .values import to_seconds

SIGNS: Final = frozenset({"anonstudentid", "problemname", "stepname", "outcome", "time"})
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "student": ("anonstudentid",),
    "time": ("time",),
    "correct": ("outcome",),
    "problem": ("problemname",),
    "step": ("stepname",),
    "view": ("problemview",),
    "attempt": ("attemptatstep",),
    "transaction": ("transactionid",),
    "response_time": ("durationsec",),
    "latency": ("cfendlatency",),
    "group": ("class", "school"),
}
"""Column of the draft -> columns of the export it may come from, bare of case and punctuation (R changes it)."""

NEEDED: Final = frozenset({"student", "time", "correct", "problem", "step"})
RIGHT: Final = ("correct", "ok")
WRONG: Final = ("incorrect", "error", "bug", "jit")
HINT: Final = ("hint", "initial_hint", "hint_level_change")
PART: Final = ["student", "item", "view", "__visit"]


class DataShop(Reader):
    """Transactions into one answer per visit to a step.

    - Item: problem and step. Right if the first try is; asking for a hint first is wrong (DataShop's own rule) unless
      hints are dropped. Later tries and hints are set aside; the answer keeps their number.
    - Skills of the answer, as in DataShop's own student-step table: those of the correct try, else of all tries.
    - Study trials, blank outcomes and transactions repeated for another sample are set aside.
    - `CF (End Latency)`, where there is one, is the response time in milliseconds; else `Duration (sec)`.
    """

    name: ClassVar[str] = "datashop"
    title: ClassVar[str] = "DataShop transactions"
    uses: ClassVar[frozenset[str]] = frozenset({"kc", "hint"})

    def recognises(self, peek: Peek) -> int:
        """By its column names, however renamed."""
        return bare_signature(peek, SIGNS)

    def read(self, source: Source, options: Options) -> Draft:
        """Read the columns needed, and sort tries into steps."""
        skills, notes = (), []
        columns = named_columns(source.peek, COLUMNS, NEEDED)
        if options.columns.skill is None:
            skills, note = choose_model(source.peek, options.kc)
            notes += [note] if note else []
        if "latency" in columns:
            columns["response_time"] = columns.pop("latency")
        layout = Layout(
            columns,
            optional=frozenset(COLUMNS) - NEEDED,
            milliseconds=None if options.columns.response_time else "latency" in bare(columns.get("response_time", "")),
            adjust=lambda text: first_tries(text, drop_hints=options.drops_hints, notes=notes),
            joined={"skills": skills} if skills else {},
        )
        draft = read_tables(source, layout.chosen(options.columns), options)
        item = {} if options.columns.item else {"item": f"{columns['problem']} and {columns['step']}"}
        return replace(draft, columns={**draft.columns, **item}, decisions=(*draft.decisions, *notes))


def bare_signature(peek: Peek, names: frozenset[str]) -> int:
    """The number of `names` if a table's header has them all, whatever their case and punctuation, else 0."""
    header = {bare(column) for column in peek.header} if peek.kind in {"table", "parquet"} else set()
    return len(names) if names <= header else 0


def named_columns(peek: Peek, wanted: Mapping[str, tuple[str, ...]], needed: frozenset[str]) -> dict[str, str]:
    """Column of the draft -> the first column of the log with one of the wanted bare names.

    Raises:
        LogError: if a needed one is missing.
    """
    places = {bare(column): column for column in reversed(peek.header)}
    found = {name: next((places[each] for each in names if each in places), None) for name, names in wanted.items()}
    missing = sorted(name for name in needed if found[name] is None)
    if missing:
        raise LogError(f"{peek.name} has no column for {', '.join(missing)}; is it of this format?")
    return {name: column for name, column in found.items() if column is not None}


def joined_item(text: pl.DataFrame) -> pl.DataFrame:
    """With `item` made of `problem` and `step`, unless the user chose another; without a step it is the problem."""
    if "item" in text.columns:
        return text.drop("problem", "step")
    problem, step = pl.col("problem").fill_null(""), pl.col("step").fill_null("")
    item = pl.when(step == "").then(problem).otherwise(pl.concat_str(problem, pl.lit(" / "), step))
    return text.with_columns(item=item).drop("problem", "step")


def first_tries(text: pl.DataFrame, *, drop_hints: bool, notes: list[str]) -> pl.DataFrame:
    """Transactions with the reason to set aside each one that is no answer; the answers know their whole step.

    Args:
        text: columns of the draft as text.
        drop_hints: whether a first try that asks for a hint is set aside instead of wrong.
        notes: gets a sentence if such a try was counted as wrong.
    """
    text = joined_item(text)
    for name in ("view", "attempt", "transaction", "skills"):
        if name not in text.columns:
            text = text.with_columns(pl.lit("").alias(name))
    outcome = pl.col("correct").fill_null("").str.strip_chars().str.to_lowercase().str.replace_all(r"\W+", "_")
    text = text.with_columns(
        __kind=pl.when(outcome.is_in(RIGHT))
        .then(pl.lit("right"))
        .when(outcome.is_in(WRONG))
        .then(pl.lit("wrong"))
        .when(outcome.is_in(HINT))
        .then(pl.lit("hint"))
        .when(outcome == "study")
        .then(pl.lit("study")),
        __again=(pl.col("transaction") != "") & ~pl.struct("file", "transaction").is_first_distinct(),
        view=pl.col("view").fill_null(""),
    )
    tries = _tries(text)
    text = text.join(tries, on=["file", "row"], how="left", maintain_order="left")
    first_hint = pl.col("__first").fill_null(False) & (pl.col("__kind") == "hint")
    asked = text.select(first_hint.fill_null(False).sum()).item()
    if asked and not drop_hints:
        notes.append(f"{asked:,} first tries that asked for a hint counted as wrong")
    aside = (
        pl.when("__again")
        .then(pl.lit("the same transaction in another sample"))
        .when(pl.col("__kind") == "study")
        .then(pl.lit("study trial"))
        .when((pl.col("__kind") == "hint") & (~pl.col("__first") | pl.lit(drop_hints)))
        .then(pl.lit("hint request"))
        .when(~pl.col("__first"))
        .then(pl.lit("later attempt at the same step"))
    )
    correct = {"right": "1", "wrong": "0", "hint": "0"}
    return text.with_columns(
        set_aside=aside,
        correct=pl.when(pl.col("__kind").is_in(list(correct)))
        .then(pl.col("__kind").replace(correct))
        .otherwise("correct"),
        skills=pl.coalesce("__skills", "skills"),
        order=pl.int_range(pl.len()).cast(pl.String),  # two tries within a second are still two
    ).drop("view", "attempt", "transaction", "__kind", "__again", "__first", "__skills")


def _tries(text: pl.DataFrame) -> pl.DataFrame:
    """Of every try and hint: whether it is the first of its visit to the step, and the visit's skills and numbers.

    A visit begins with attempt 1 where attempts are counted; else a problem view is one.
    """
    tries = text.filter(pl.col("__kind").is_in(["right", "wrong", "hint"]) & ~pl.col("__again"))
    time, _ = to_seconds(tries["time"])
    tries = tries.with_columns(time=time).sort("time", "file", "row", nulls_last=True)
    begins = pl.col("attempt").cast(pl.Float64, strict=False) == 1
    tries = tries.with_columns(begins.fill_null(False).cum_sum().over("student", "item", "view").alias("__visit"))
    rights = pl.col("__kind") == "right"
    skills = pl.col("skills").fill_null("")
    of_right, of_all = skills.filter(rights).first(), skills.unique(maintain_order=True).str.join(SKILL_SEPARATOR)
    visits = tries.group_by(PART).agg(
        pl.when(rights.any()).then(of_right).otherwise(of_all).alias("__skills"),
        hints=(pl.col("__kind") == "hint").sum().cast(pl.String),
        attempts=((pl.col("__kind") == "wrong").sum() + rights.any()).cast(pl.String),
    )
    visits = visits.drop([name for name in ("hints", "attempts") if name in text.columns])  # the user chose others
    first = pl.struct(PART).is_first_distinct()
    return tries.select("file", "row", *PART, first.alias("__first")).join(visits, on=PART).drop(PART)
