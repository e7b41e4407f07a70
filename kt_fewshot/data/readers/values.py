"""Cells into values: outcomes, times, numbers, skill sets. Text that says nothing becomes null, never a number."""

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

import polars as pl

from ..interactions import SKILL_SEPARATOR, join_skills

BLANK: Final = frozenset({"", ".", "-", "na", "n/a", "nan", "null", "none"})
"""What stands for a missing value in a column of numbers or outcomes. In a column of ids only "" does."""

WORDS: Final[Mapping[str, float]] = {
    **dict.fromkeys(("true", "t", "yes", "y", "correct", "right", "pass", "passed", "ok"), 1.0),
    **dict.fromkeys(("false", "f", "no", "n", "incorrect", "wrong", "fail", "failed", "error"), 0.0),
}
DATES: Final = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M",
    "%m/%d/%y %H:%M:%S%.f",  # before %Y, which would take 05 for the year 5
    "%m/%d/%y %H:%M",
    "%m/%d/%Y %H:%M:%S%.f",
    "%m/%d/%Y %H:%M",
    "%d/%m/%y %H:%M:%S%.f",
    "%d/%m/%y %H:%M",
    "%d/%m/%Y %H:%M:%S%.f",
    "%d/%m/%Y %H:%M",
    "%d.%m.%Y %H:%M:%S%.f",
    "%d.%m.%Y %H:%M",
)
ZONED: Final = "%Y-%m-%d %H:%M:%S%.f%:z"
DAYS: Final = ("%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y")
MICROSECONDS: Final = 1e14
MILLISECONDS: Final = 1e11
"""Numbers at least this large can only be micro- or milliseconds since 1970 (as seconds: the year 5138)."""


def outcome(text: str) -> float | None:
    """What a cell says about an answer: 1 right, 0 wrong, between for partial credit, None for nothing.

    >>> [outcome(text) for text in ("1", "0.0", "TRUE", "incorrect", "0.5", "")]
    [1.0, 0.0, 1.0, 0.0, 0.5, None]

    Raises:
        ValueError: for a word or number that is no outcome.
    """
    word = text.strip().lower()
    if word in BLANK:
        return None
    if word in WORDS:
        return WORDS[word]
    value = float(word.replace(",", "."))
    if not 0 <= value <= 1:  # nan too
        raise ValueError(f"{text!r} is not an outcome")
    return value


def map_cells(column: pl.Series, function: Callable[[str], object], kind: pl.DataType) -> pl.Series:
    """Each cell through a function, called once per distinct text; missing cells stay missing."""
    texts = column.drop_nulls().unique(maintain_order=True).to_list()
    return column.replace_strict(texts, [function(text) for text in texts], default=None, return_dtype=kind)


def present(column: pl.Series) -> pl.Series:
    """Ids as written; only "" and null are missing."""
    empty = column == ""
    return column.set(empty, None) if empty.any() else column


def to_numbers(column: pl.Series, *, decimal_comma: bool = False) -> pl.Series:
    """Cells, text or whole numbers, as Float64; null for anything that is not a finite number."""
    if column.dtype.is_integer():
        return column.cast(pl.Float64)
    text = column.str.strip_chars()
    if decimal_comma:
        text = text.str.replace(",", ".", literal=True)
    number = text.cast(pl.Float64, strict=False)
    return number.set(~number.is_finite(), None) if number.len() else number


def to_counts(column: pl.Series, *, least: int = 0, decimal_comma: bool = False) -> pl.Series:
    """Cells as Int16; null below `least`, and for anything that is not a number."""
    number = to_numbers(column, decimal_comma=decimal_comma).round()
    frame = pl.DataFrame({"x": number})
    sound = pl.col("x").is_between(least, 32767)
    return frame.select(pl.when(sound).then(pl.col("x")).cast(pl.Int16))["x"]


def to_bundles(pieces: Iterable[pl.Series]) -> pl.Series:
    """Bundles as Int64: whole numbers as they are; where some are none, numbers that differ as the cells do.

    Args:
        pieces: cells as written, or whole numbers.
    """
    numbers, blank = [], 0
    for piece in pieces:
        cells = _stripped(piece)
        numbers.append(cells.cast(pl.Int64, strict=False))
        blank += cells.null_count() + (0 if cells.dtype.is_integer() else int((cells == "").sum()))
    whole = pl.concat(numbers)
    if whole.null_count() == blank:
        return whole
    cells = pl.concat([_stripped(piece).cast(pl.String) for piece in pieces])
    return cells.set(cells == "", None).rank("dense").cast(pl.Int64)


def _stripped(cells: pl.Series) -> pl.Series:
    """Text without blanks around it; whole numbers as they are."""
    return cells if cells.dtype.is_integer() else cells.str.strip_chars()


def to_seconds(column: pl.Series | Iterable[pl.Series], *, decimal_comma: bool = False) -> tuple[pl.Series, str]:
    """Times as Float64 seconds, and in words how they were read.

    Numbers are seconds, or milli- or microseconds since 1970 where only that makes sense. Texts are dates in the one
    of a few formats that fits most of them, taken as UTC.

    Args:
        column: cells as written, or whole numbers; a long column may come in pieces that can be gone through several
            times.
        decimal_comma: whether `1,5` is a number.
    """
    pieces = [column] if isinstance(column, pl.Series) else column
    rows = found = 0
    largest = 0.0
    for number in (to_numbers(piece, decimal_comma=decimal_comma) for piece in pieces):
        rows, found = rows + number.len(), found + number.count()
        largest = max(largest, float(number.abs().max() or 0.0))  # pyright: ignore[reportArgumentType]
    if found == rows or (found and found >= sum(map(_filled, pieces)) / 2) or not any(map(_filled, pieces)):
        unit, name = _unit(largest)
        return pl.concat([to_numbers(piece, decimal_comma=decimal_comma) / unit for piece in pieces]), name
    dated = _dated(pieces)
    if dated.zoned:
        zoned = pl.concat([_epoch(_parsed(_plain_date(piece), ZONED)) for piece in pieces])
        if zoned.null_count() < rows:
            return zoned, "dates with a time zone"
    return dated.seconds, dated.how


def split_cells(column: pl.Series, separator: str | None) -> tuple[pl.Series, str]:
    """Skill cells as canonical skill sets, and in words how cells with several skills were cut.

    Args:
        column: cells as written.
        separator: what separates the skills of a cell; "" for nothing but `~~`; None to find out. `~~` always does.
    """
    texts = [text for text in column.unique().to_list() if text]
    if separator is None:
        separator = list_separator(texts)
    separators = [SKILL_SEPARATOR, separator] if separator else [SKILL_SEPARATOR]
    if not any(part in text for text in texts for part in separators):
        return present(column), ""
    note = f"skills of one answer separated by '{separator or SKILL_SEPARATOR}'"

    def canonical(text: str) -> str | None:
        parts = text.replace(separator, SKILL_SEPARATOR) if separator else text
        return join_skills([part.strip() for part in parts.split(SKILL_SEPARATOR)])

    return map_cells(column, canonical, pl.String()), note


def list_cells(column: pl.Series) -> pl.Series:
    """Cells that spell out lists, `['a', 'b']` or `[1, 2]`, as canonical skill sets; other cells as they are.

    They are read as data, never run as code.
    """

    def canonical(text: str) -> str | None:
        if not text.strip().startswith("["):
            return text or None
        try:
            parts = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return text
        return join_skills([str(part).strip() for part in parts])

    return map_cells(column, canonical, pl.String())


def list_separator(texts: list[str]) -> str:
    """The separator that makes clear lists of some of these cells, "" if none does.

    With `;` or `|`, the parts must be numbers, come again in other cells, or half of them stand alone in other cells;
    with `_` or `,`, they must be numbers and half of them stand alone (`6_3` may well be the name of one skill).
    """
    alone = set(texts)
    for separator in (";", "|", ",", "_"):
        lists = [text.split(separator) for text in texts if separator in text]
        parts = [part.strip() for cell in lists for part in cell]
        if not lists or not all(parts):
            continue
        numbers = all(part.isdigit() for part in parts)
        stand_alone = sum(part in alone for part in set(parts)) * 2 >= len(set(parts))
        if separator in ";|":
            is_list = numbers or stand_alone or len(set(parts)) < len(parts)
        else:
            is_list = numbers and stand_alone
        if is_list:
            return separator
    return ""


def _unit(largest: float) -> tuple[float, str]:
    """How many to the second, by the largest time, and in words."""
    if largest >= MICROSECONDS:
        return 1e6, "microseconds"
    if largest >= MILLISECONDS:
        return 1e3, "milliseconds"
    return 1.0, "seconds"


def _filled(column: pl.Series) -> int:
    """Number of cells that say something."""
    if column.dtype.is_integer():
        return column.count()
    blank = column.str.strip_chars().str.to_lowercase().is_in(list(BLANK))
    return column.len() - int(blank.sum()) - column.null_count()


def _plain_date(column: pl.Series) -> pl.Series:
    """Dates without what may stand around them: `T` between day and time, `Z` at the end."""
    text = column.cast(pl.String).str.strip_chars()
    if not text.str.contains("T", literal=True).any() and not text.str.ends_with("Z").any():
        return text
    return text.str.replace(r"\s*(Z|UTC)$", "").str.replace("T", " ", literal=True)


def _is_zoned(column: pl.Series) -> pl.Series:
    """Whether dates end in an offset like +01:00."""
    tail = column.cast(pl.String).str.strip_chars_end(" \tZUTC\r\n").str.tail(6)
    signs = tail.str.contains("+", literal=True) | tail.str.contains("-", literal=True)
    return tail.filter(signs).str.contains(r"[+-]\d\d:?\d\d$")


class _Dated(NamedTuple):
    """Dates as seconds, in words how they were read, and whether any that were not have a time zone."""

    seconds: pl.Series
    how: str
    zoned: bool


def _dated(pieces: Iterable[pl.Series]) -> _Dated:
    """Dates in the format that fits most of a sample."""
    sample = _sample(pieces)
    best, fits = "", 0
    for form in (*DATES, *DAYS):
        parsed = _parsed(sample, form)
        if (count := parsed.len() - parsed.null_count()) > fits:
            best, fits = form, count
    seconds, zoned = [], False
    for piece in pieces:
        found = (
            _epoch(_parsed(_plain_date(piece), best))
            if best
            else pl.repeat(None, len(piece), dtype=pl.Float64, eager=True)
        )
        seconds.append(found)
        zoned = zoned or (found.null_count() > 0 and bool(_is_zoned(piece.filter(found.is_null())).any()))
    words = best.replace("%.f", "")
    for code, word in {"%Y": "YYYY", "%y": "YY", "%m": "MM", "%d": "DD", "%H": "hh", "%M": "mm", "%S": "ss"}.items():
        words = words.replace(code, word)
    return _Dated(pl.concat(seconds).alias("time"), f"dates {words}" if best else "unreadable", zoned)


def _sample(pieces: Iterable[pl.Series], size: int = 2000) -> pl.Series:
    """The first distinct dates."""
    sample = pl.Series("time", dtype=pl.String)
    for part in (piece[start : start + 8 * size] for piece in pieces for start in range(0, piece.len(), 8 * size)):
        found = _plain_date(part).drop_nulls().unique(maintain_order=True)
        sample = pl.concat([sample, found.alias("time")]).unique(maintain_order=True).head(size)
        if sample.len() == size:
            break
    return sample


def _parsed(text: pl.Series, form: str) -> pl.Series:
    """Dates of one format; null where it does not fit."""
    if form in DAYS:
        return text.str.to_date(form, strict=False).cast(pl.Datetime("us"))
    if form == ZONED:
        return text.str.to_datetime(form, strict=False, time_unit="us", time_zone="UTC")
    if not text.str.contains(".", literal=True).any():
        form = form.removesuffix("%.f")  # without fractions, three times as fast
    return text.str.to_datetime(form, strict=False, time_unit="us")


def _epoch(moments: pl.Series) -> pl.Series:
    """Datetimes as seconds since 1970."""
    return moments.dt.epoch("us").cast(pl.Float64) / 1e6
