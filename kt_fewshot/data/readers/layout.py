"""Tables into drafts: which source column is which canonical one, and how its cells become values.

Every reader of a table describes its columns by a `Layout`; this file does the rest.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from kt_fewshot.errors import LogError

from .columns import ColumnChoice, place_of
from .ingest import REJECTED_SCHEMA
from .reader import DRAFT_SCHEMA, Draft, Options, Source
from .sniff import Peek
from .table import Table, read_table
from .values import map_cells, outcome, present, split_cells, to_counts, to_numbers, to_seconds

SLOW: Final = 1000.0
"""A median response time above this many seconds is more likely one in milliseconds."""


@dataclass(frozen=True)
class Layout:
    """Where a table keeps what.

    - `columns`: canonical column (also `order`) -> source column; columns of other names are only for `adjust`;
    - `optional`: canonical columns that a file of this format may lack;
    - `milliseconds`: whether response times are milliseconds; None to judge by name and size;
    - `skill_separator`: as in `Options`, which goes before;
    - `adjust`: called with the text columns, may change them and add `set_aside` and `rejected` (reasons, or null).
    """

    columns: Mapping[str, str]
    optional: frozenset[str] = frozenset()
    milliseconds: bool | None = None
    skill_separator: str | None = ""
    adjust: Callable[[pl.DataFrame], pl.DataFrame] = field(default=lambda frame: frame)

    def chosen(self, choice: ColumnChoice) -> "Layout":
        """The layout with the user's own choice of columns."""
        given = {"skills" if name == "skill" else name: column for name, column in choice.given().items()}
        kept = {name: column for name, column in self.columns.items() if name != "order" or "time" not in given}
        return Layout(
            {**kept, **given}, self.optional - set(given), self.milliseconds, self.skill_separator, self.adjust
        )


def read_tables(source: Source, layout: Layout, options: Options) -> Draft:
    """Read tables of one layout into a draft.

    Raises:
        LogError: if a file is damaged, is no table, or lacks a column.
    """
    tables = [_read_one(peek, layout) for peek in source.peeks]
    frames, rejected = [], []
    for number, table in enumerate(tables):
        file = pl.lit(number, pl.UInt32).alias("file")
        frames.append(table.frame.with_columns(file))
        rejected.append(table.rejected.with_columns(file).select(list(REJECTED_SCHEMA)))
    text = pl.concat(frames, how="diagonal")
    del frames
    taken = {name: column for name, column in layout.columns.items() if name in text.columns and name in DRAFT_SCHEMA}
    text = layout.adjust(text)
    comma = any(peek.separator == ";" for peek in source.peeks)
    typing = _Typing(text, layout, options, comma)
    frame = typing.frame()
    return Draft(
        frame,
        files=tuple(str(path) for path in source.paths),
        rows_read=sum(table.rows_read for table in tables),
        columns=taken,
        rejected=pl.concat(rejected),
        encoding=_all(table.encoding for table in tables),
        separator=_all(peek.separator for peek in source.peeks),
        compression=_all(peek.compression for peek in source.peeks),
        decisions=tuple(typing.decisions),
        warnings=tuple(typing.warnings),
        line_of=lambda file, row: tables[file].lines.of(row),
    )


def outcomes(column: pl.Series, threshold: float | None) -> dict[str, pl.Series]:
    """Outcome cells as `correct` (0, 1 or null); `set_aside` and `rejected` (reason or null) where there are any."""
    column = column.fill_null("")
    texts = column.unique().to_list()
    correct, aside, rejected = zip(*(_fate(text, threshold) for text in texts), strict=True) if texts else ((),) * 3
    judged = {"correct": column.replace_strict(texts, list(correct), return_dtype=pl.Int8)}
    for name, reasons in (("set_aside", aside), ("rejected", rejected)):
        if any(reasons):
            judged[name] = column.replace_strict(texts, list(reasons), return_dtype=pl.String)
    return judged


def _fate(text: str, threshold: float | None) -> tuple[int | None, str | None, str | None]:
    """An outcome's value, or the reason to set it aside, or the reason to reject it."""
    try:
        value = outcome(text)
    except ValueError:
        return None, None, f"the outcome is {text!r}"
    if value is None:
        return None, "no outcome", None
    if 0 < value < 1 and threshold is None:
        return None, "partial credit", None
    return int(value >= (threshold or 1)), None, None


def _read_one(peek: Peek, layout: Layout) -> Table:
    """One file's columns."""
    if peek.kind not in {"table", "parquet"}:
        raise LogError(f"{peek.name} is no table: no comma, tab, semicolon or bar cuts its lines into equal fields.")
    header = set(peek.header)
    columns = {
        name: place_of(peek, column)
        for name, column in layout.columns.items()
        if name not in layout.optional or column in header
    }
    return read_table(peek, columns)


class _Typing:
    """The text columns of a draft as values; collects what was decided and what to look at."""

    def __init__(self, text: pl.DataFrame, layout: Layout, options: Options, comma: bool) -> None:
        self.text = text
        self.layout = layout
        self.options = options
        self.comma = comma
        self.decisions: list[str] = []
        self.warnings: list[str] = []

    def frame(self) -> pl.DataFrame:
        """The draft's frame."""
        columns = {"file": self.text["file"], "row": self.text["row"]}
        readers = {
            **dict.fromkeys(("student", "item", "group"), present),
            "skills": self._skills,
            "time": self._time,
            "response_time": self._response_time,
            "hints": lambda cells: to_counts(cells, decimal_comma=self.comma),
            "attempts": lambda cells: to_counts(cells, least=1, decimal_comma=self.comma),
            "order": to_numbers,
            "bundle": to_numbers,
            "fold": lambda cells: to_counts(map_cells(cells, _fold, pl.String()), least=-1),
        }
        for name, read in readers.items():
            if name in self.text.columns:
                columns[name] = read(self.text.drop_in_place(name))  # the text is not needed again, and it is large
        return pl.DataFrame(columns | self._outcomes())

    def _note(self, note: str) -> None:
        """Remember a decision, if there was one."""
        if note:
            self.decisions.append(note)

    def _skills(self, cells: pl.Series) -> pl.Series:
        """Skill sets."""
        asked = self.options.skill_separator
        sets, note = split_cells(cells, self.layout.skill_separator if asked is None else asked)
        self._note(note)
        return sets

    def _time(self, cells: pl.Series) -> pl.Series:
        """Seconds."""
        time, how = to_seconds(cells, decimal_comma=self.comma)
        if how == "unreadable":
            self.warnings.append(
                f"No time in column `{self.layout.columns['time']}` can be read; the order is the file's."
            )
            return time
        self._note(f"time read as {how}" if how != "seconds" else "")
        if 0 < time.null_count() < len(time):
            self.warnings.append(
                f"{time.null_count():,} records have no readable time; they come last in their student's history."
            )
        return time

    def _response_time(self, cells: pl.Series) -> pl.Series:
        """Seconds; negative ones are missing."""
        number = to_numbers(cells, decimal_comma=self.comma)
        source = self.layout.columns["response_time"]
        milliseconds = self.layout.milliseconds
        if milliseconds is None and source != "response_time":
            milliseconds = _is_milliseconds(source.lower(), number)
            self._note(f"{source} read as {'milliseconds' if milliseconds else 'seconds'}")
        seconds = pl.DataFrame({"x": number / 1000 if milliseconds else number})
        return seconds.select(pl.when(pl.col("x") >= 0).then(pl.col("x")))["x"]

    def _outcomes(self) -> dict[str, pl.Series]:
        """`correct`, `set_aside` and `rejected`; the reader's own reason goes before what the outcome says."""
        reasons = ("set_aside", "rejected")
        own = {f"own_{name}": self.text[name] for name in reasons if name in self.text.columns}
        judged = outcomes(self.text.drop_in_place("correct"), self.options.threshold)
        if not own:
            return judged
        is_said = pl.any_horizontal(pl.col(*own).is_not_null())
        frame = pl.DataFrame(judged | own)
        said = {name: f"own_{name}" if f"own_{name}" in own else None for name in reasons}
        other = {name: name if name in judged else None for name in reasons}
        both = (
            pl.when(is_said).then(said[name]).otherwise(other[name]).cast(pl.String).alias(name) for name in reasons
        )
        return frame.select("correct", *both).to_dict()


def _is_milliseconds(name: str, number: pl.Series) -> bool:
    """Whether response times are milliseconds: by the column's name, else by their size."""
    if "sec" in name and "milli" not in name:
        return False
    if "milli" in name or re.search(r"(^|[^a-z])ms|ms($|[^a-z])", name):
        return True
    middle = number.median()
    return isinstance(middle, float) and middle > SLOW


def _fold(text: str) -> str:
    """A fold's number; `test` is -1, `train` 0."""
    return {"test": "-1", "train": "0"}.get(text.strip().lower(), text)


def _all(parts: Iterable[str]) -> str:
    """Distinct facts of several files, joined."""
    return ", ".join(dict.fromkeys(parts))
