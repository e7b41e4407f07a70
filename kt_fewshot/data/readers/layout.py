"""Tables into drafts: which source column is which canonical one, and how its cells become values.

Every reader of a table describes its columns by a `Layout`; this file does the rest.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from kt_fewshot.errors import LogError

from ..interactions import SKILL_SEPARATOR
from .columns import ColumnChoice, place_of
from .ingest import REJECTED_SCHEMA
from .reader import DRAFT_SCHEMA, Draft, Options, Source
from .sniff import Peek
from .table import Table, read_table
from .text_columns import NUMBERS, ParkedColumn, TextColumns, map_ids
from .text_pass import Pack
from .values import map_cells, outcome, present, split_cells, to_bundles, to_counts, to_numbers, to_seconds

NOTHING: Final = ("", ".")
"""What stands for no value in a cell that is one of several."""

MOST: Final = 40
"""Letters of an outcome that are quoted where it is none."""

SLOW: Final = 1000.0
"""A median response time above this many seconds is more likely one in milliseconds."""


@dataclass(frozen=True)
class Layout:
    """Where a table keeps what.

    - `columns`: canonical column (also `order`) -> source column; columns of other names are only for `adjust`;
    - `optional`: canonical columns that a file of this format may lack;
    - `joined`: column -> names of source columns, each of which may come several times; their filled cells are joined
      by `~~`;
    - `milliseconds`: whether response times are milliseconds; None to judge by name and size;
    - `skill_separator`: as in `Options`, which goes before;
    - `adjust`: called with the text columns, may change them and add `set_aside` and `rejected` (reasons, or null).
    """

    columns: Mapping[str, str]
    optional: frozenset[str] = frozenset()
    milliseconds: bool | None = None
    skill_separator: str | None = ""
    adjust: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def chosen(self, choice: ColumnChoice) -> "Layout":
        """The layout with the user's own choice of columns."""
        given = {"skills" if name == "skill" else name: column for name, column in choice.given().items()}
        kept = {name: column for name, column in self.columns.items() if name != "order" or "time" not in given}
        joined = {name: columns for name, columns in self.joined.items() if name not in given}
        return replace(self, columns={**kept, **given}, optional=self.optional - set(given), joined=joined)


def read_tables(source: Source, layout: Layout, options: Options) -> Draft:
    """Read tables of one layout into a draft.

    Raises:
        LogError: if a file is damaged, is no table, or lacks a column.
    """
    text = TextColumns()
    tables, rejected = [], []
    for number, peek in enumerate(source.peeks):
        table = _read_one(peek, layout, text.pack)
        for rows, packed in table.packed:
            text.add(packed, rows, number)
        tables.append(replace(table, packed=()))
        file = pl.lit(number, pl.UInt32).alias("file")
        rejected.append(table.rejected.with_columns(file).select(list(REJECTED_SCHEMA)))
    sources = {**layout.columns, **{name: " and ".join(columns) for name, columns in layout.joined.items()}}
    taken = {name: column for name, column in sources.items() if name in text.columns and name in DRAFT_SCHEMA}
    if layout.adjust is not None:
        text = _repacked(layout.adjust(text.whole()))
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
    if column.dtype.is_integer():
        if column.null_count() == 0 and column.is_between(0, 1).all():
            return {"correct": column.cast(pl.Int8)}
        column = column.cast(pl.String)
    column = column.fill_null("")
    texts = column.unique().to_list()
    correct, aside, rejected = zip(*(_fate(text, threshold) for text in texts), strict=True) if texts else ((),) * 3
    judged = {"correct": column.replace_strict(texts, list(correct), return_dtype=pl.Int8).cast(pl.Int8)}
    for name, reasons in (("set_aside", aside), ("rejected", rejected)):
        if any(reasons):
            judged[name] = column.replace_strict(texts, list(reasons), return_dtype=pl.String)
    return judged


def _fate(text: str, threshold: float | None) -> tuple[int | None, str | None, str | None]:
    """An outcome's value, or the reason to set it aside, or the reason to reject it."""
    try:
        value = outcome(text)
    except ValueError:
        return None, None, f"the outcome is {text[:MOST]!r}"
    if value is None:
        return None, "no outcome", None
    if 0 < value < 1 and threshold is None:
        return None, "partial credit", None
    return int(value >= (threshold or 1)), None, None


def _read_one(peek: Peek, layout: Layout, pack: Pack) -> Table:
    """One file's columns."""
    if peek.kind not in {"table", "parquet"}:
        raise LogError(f"{peek.name} is no table: no comma, tab, semicolon or bar cuts its lines into equal fields.")
    header = set(peek.header)
    columns = {
        name: place_of(peek, column)
        for name, column in layout.columns.items()
        if name not in layout.optional or column in header
    }
    parts = {
        name: [place for place, column in enumerate(peek.header) if column in joined]
        for name, joined in layout.joined.items()
    }
    numbered = {f"{name} {place}": place for name, places in parts.items() for place in places}
    if not parts:
        return read_table(peek, columns, pack=pack, numbers=NUMBERS if layout.adjust is None else frozenset())
    table = read_table(peek, {**columns, **numbered})
    cells = [
        pl.concat_str(
            [pl.when(pl.col(f"{name} {place}").is_in(NOTHING).not_()).then(f"{name} {place}") for place in places],
            separator=SKILL_SEPARATOR,
            ignore_nulls=True,
        ).alias(name)
        for name, places in parts.items()
        if places
    ]
    frame = table.frame.with_columns(cells)
    return replace(table, packed=((frame["row"].cast(pl.UInt32), pack(frame.drop("row", *numbered))),))


def _repacked(frame: pl.DataFrame) -> TextColumns:
    """Text columns that were changed, small again."""
    text = TextColumns()
    for part in frame.partition_by("file", maintain_order=True) or [frame]:
        file = part["file"][0] if part.height else 0
        text.add(text.pack(part.drop("file", "row")), part["row"].cast(pl.UInt32), file)
    return text


class _Typing:
    """The text columns of a draft as values; collects what was decided and what to look at."""

    def __init__(self, text: TextColumns, layout: Layout, options: Options, comma: bool) -> None:
        self.text = text
        self.layout = layout
        self.options = options
        self.comma = comma
        self.decisions: list[str] = []
        self.warnings: list[str] = []

    def frame(self) -> pl.DataFrame:
        """The draft's frame."""
        text = self.text
        columns = {}
        readers = {
            "time": self._time,
            "response_time": self._response_time,
            "hints": lambda cells: cells.map(lambda piece: to_counts(piece, decimal_comma=self.comma)),
            "attempts": lambda cells: cells.map(lambda piece: to_counts(piece, least=1, decimal_comma=self.comma)),
            "order": lambda cells: cells.map(to_numbers),
            "bundle": to_bundles,
            "fold": lambda cells: cells.map(lambda piece: to_counts(_folds(piece), least=-1)),
        }
        for name, read in readers.items():
            if name in text.columns:
                columns[name] = read(text.take(name))  # the text is not needed again, and it is large
        ids = {**dict.fromkeys(("student", "item", "group"), present), "skills": self._skills}
        for name, read in ids.items():
            if name in text.columns:
                columns[name] = map_ids(text.take_ids(name), read)
        return pl.DataFrame({**text.take_places().to_dict(), **columns, **self._outcomes()})

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

    def _time(self, cells: ParkedColumn) -> pl.Series:
        """Seconds."""
        time, how = to_seconds(cells, decimal_comma=self.comma)
        if how == "unreadable":
            self.warnings.append(
                f"No time in column `{self.layout.columns.get('time', 'time')}` can be read; the order is the file's."
            )
            return time
        self._note(f"time read as {how}" if how != "seconds" else "")
        if 0 < time.null_count() < len(time):
            self.warnings.append(
                f"{time.null_count():,} records have no readable time; they come last in their student's history."
            )
        return time

    def _response_time(self, cells: ParkedColumn) -> pl.Series:
        """Seconds; negative ones are missing."""
        source = self.layout.columns.get("response_time", "response_time")
        milliseconds = self.layout.milliseconds
        if milliseconds is None and source != "response_time":
            milliseconds = _is_milliseconds(source.lower(), lambda: cells.map(self._numbers))
            self._note(f"{source} read as {'milliseconds' if milliseconds else 'seconds'}")
        negative = 0

        def durations(piece: pl.Series) -> pl.Series:
            nonlocal negative
            numbers = self._numbers(piece)
            negative += int((numbers < 0).sum())
            return _durations(numbers, 1000 if milliseconds else 1)

        seconds = cells.map(durations)
        if negative:
            self.warnings.append(
                f"{negative:,} response times in `{source}` are negative, which no answer takes, and count as unknown."
            )
        return seconds

    def _numbers(self, cells: pl.Series) -> pl.Series:
        return to_numbers(cells, decimal_comma=self.comma)

    def _outcomes(self) -> dict[str, pl.Series]:
        """`correct`, `set_aside` and `rejected`; the reader's own reason goes before what the outcome says."""
        reasons = ("set_aside", "rejected")
        own = {f"own_{name}": pl.concat(self.text.take(name)) for name in reasons if name in self.text.columns}
        pieces = [outcomes(piece, self.options.threshold) for piece in self.text.take("correct")]
        judged = pl.concat([pl.DataFrame(piece) for piece in pieces], how="diagonal").to_dict()
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


def _is_milliseconds(name: str, numbers: Callable[[], pl.Series]) -> bool:
    """Whether response times are milliseconds: by the column's name, else by their size."""
    if "sec" in name and "milli" not in name:
        return False
    if "milli" in name or re.search(r"(^|[^a-z])ms|ms($|[^a-z])", name):
        return True
    middle = numbers().median()
    return isinstance(middle, float) and middle > SLOW


def _durations(numbers: pl.Series, unit: int) -> pl.Series:
    """Numbers of so many to the second as seconds; negative ones are missing."""
    seconds = pl.DataFrame({"x": numbers / unit})
    return seconds.select(pl.when(pl.col("x") >= 0).then(pl.col("x")).cast(pl.Float32))["x"]


def _folds(cells: pl.Series) -> pl.Series:
    """The folds' numbers; `test` is -1, `train` 0."""
    words = {"test": "-1", "train": "0"}
    if cells.dtype.is_integer():
        return cells
    return map_cells(cells, lambda text: words.get(text.strip().lower(), text), pl.String())


def _all(parts: Iterable[str]) -> str:
    """Distinct facts of several files, joined."""
    return ", ".join(dict.fromkeys(parts))
