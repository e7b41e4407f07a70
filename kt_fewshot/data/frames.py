"""A data frame of pandas or polars as a log, each row an answer, wherever its columns' names can be understood."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import polars as pl

from .interactions import SCHEMA, Interactions, join_skills
from .readers.columns import MUST_BE_CLEAR, SYNONYMS, bare
from .readers.values import map_cells, outcome, present, split_cells, to_seconds

OWN_NAMES: Final = {"skill": "skills"}
"""What a column is called in the log table, where the readers call it otherwise."""

NEEDED: Final = ("student", "correct")

TEXT: Final = ("student", "item", "group")

EXACT: Final = ("response_time", "bundle", "fold")
"""Columns that are taken by their own name or the user's word only: `ms_first_response` is in another unit."""


COLLECTIONS: Final = (list, tuple, set, frozenset)


def interactions_of(frame: Any, columns: Mapping[str, str] | None = None) -> Interactions:  # noqa: ANN401
    """The answers of a data frame, a row each; column `row` of the result says which (1 is the first).

    Columns are found by the names that the readers know (`student`, `user_id`, `Anon Student Id` ...). A student's
    answers stand in the order of `order` (an id that grows), else of `time`, else of the frame.

    - `correct`: 0 or 1, booleans, or words;
    - `skills`: a name, several joined by `~~`, or a list of names;
    - `time`: seconds, dates, or text of dates; `response_time`: seconds.

    Args:
        frame: pandas or polars; interactions are given back as they are.
        columns: name -> column of the frame, where the name is ours (`student`) or any other that the readers know
            (`user_id`, `skill_name`, `order_id`: pyBKT's `defaults`).

    Raises:
        TypeError: if it is no such frame.
        ValueError: if a column is missing, could be either of two, or holds what it should not; the message names it.

    >>> frame = pl.DataFrame({"user_id": [7, 7, 8], "skill_name": ["a", "b~~a", None], "correct": [1, 0, 1]})
    >>> interactions_of(frame).table["skills"].to_list()
    ['a', 'a~~b', None]
    """
    if isinstance(frame, Interactions):
        return frame
    series = {
        OWN_NAMES.get(name, name): _converted(name, _column(frame, place), column=str(frame.columns[place]))
        for name, place in frame_columns(frame, columns).items()
    }
    by = next((name for name in ("order", "time") if name in series), None)
    return Interactions.ordered(pl.DataFrame(series), by=by)


def frame_columns(frame: Any, columns: Mapping[str, str] | None = None) -> dict[str, int]:  # noqa: ANN401
    """Which column of a data frame is what: `student`, `item`, `skill`, `correct` ... -> its place, from 0.

    Args:
        frame: pandas or polars.
        columns: as `interactions_of` has them.

    Raises:
        TypeError, ValueError: as `interactions_of`.
    """
    if not isinstance(frame, pl.DataFrame) and not (hasattr(frame, "columns") and hasattr(frame, "iloc")):
        raise TypeError(f"`frame` should be a data frame of pandas or polars. Found {type(frame).__name__}.")
    return _places([str(name) for name in frame.columns], columns or {})


def _places(header: list[str], columns: Mapping[str, str]) -> dict[str, int]:
    chosen = {_canonical(name): column for name, column in columns.items()}
    if absent := [column for column in chosen.values() if column not in header]:
        raise ValueError(f"Column `{absent[0]}` is missing (found: {', '.join(header)}).")
    places = {name: header.index(column) for name, column in chosen.items()}
    for name in SYNONYMS:
        if name not in places and (place := _found(name, header, taken=list(places.values()))) is not None:
            places[name] = place
    for name in NEEDED:
        if name not in places:
            raise ValueError(
                f"Column `{name}` is missing (found: {', '.join(header)}). Name it: defaults={{'{name}': ...}}."
            )
    return places


def _canonical(name: str) -> str:
    """Our name for one a user gave: `user_id` is `student`."""
    for canonical, synonyms in SYNONYMS.items():
        if bare(name) == bare(canonical) or bare(name) in synonyms:
            return canonical
    raise ValueError(f"There is no column `{name}` to name. Choose of: {', '.join(SYNONYMS)}.")


def _found(name: str, header: list[str], *, taken: list[int]) -> int | None:
    """The place of a column that the user did not name; None if there is none."""
    free = {place: bare(column) for place, column in enumerate(header) if place not in taken}
    own = [place for place in free if header[place] == OWN_NAMES.get(name, name)]
    if own or name in EXACT:
        return next(iter(own), None)
    found = sorted((SYNONYMS[name].index(column), place) for place, column in free.items() if column in SYNONYMS[name])
    if len(found) > 1 and name in MUST_BE_CLEAR:
        one, other = (header[place] for _, place in found[:2])
        raise ValueError(f"Both `{one}` and `{other}` could be the {name}. Name it: defaults={{'{name}': '{one}'}}.")
    return found[0][1] if found else None


def _column(frame: Any, place: int) -> pl.Series:  # noqa: ANN401
    """A column as polars has it, whatever the frame; what pandas calls missing is null."""
    if isinstance(frame, pl.DataFrame):
        column = frame.to_series(place)
        return column.fill_nan(None) if column.dtype.is_float() else column
    values = frame.iloc[:, place]
    if getattr(values.dtype, "tz", None) is not None:
        values = values.dt.tz_convert(None)
    if getattr(values.dtype, "kind", "O") in "biufM" and hasattr(values.dtype, "itemsize") and not _masked(values):
        column = pl.Series(values.to_numpy())
        return column.fill_nan(None) if column.dtype.is_float() else column
    cells = values.astype(object).where(values.notna(), None).tolist()
    return pl.Series(cells if _numbers(cells) else _texts(cells))


def _masked(values: Any) -> bool:  # noqa: ANN401
    """Whether a pandas column keeps what is missing beside its numbers (`Int64`)."""
    return hasattr(values.array, "_mask")


def _numbers(cells: Iterable[object]) -> bool:
    return all(value is None or isinstance(value, bool | int | float) for value in cells)


def _texts(cells: Sequence[object]) -> Sequence[object]:
    """Python's values as texts, or all as lists of texts if one is a list."""
    if not any(isinstance(value, COLLECTIONS) for value in cells):
        return [None if value is None else str(value) for value in cells]
    lists = [value if isinstance(value, COLLECTIONS) else [value] for value in cells]
    return [[str(part) for part in value if part is not None] for value in lists]


def _converted(name: str, values: pl.Series, *, column: str) -> pl.Series:
    """A column's values as the log table has them."""
    if name == "correct":
        return _correct(values, column)
    if name == "skill":
        return _skills(values)
    if name in TEXT:
        text = _text(values)
        if name == "student" and text.null_count():
            raise ValueError(f"Column `{column}` should name the student of every answer. Found a row without.")
        return text
    if name == "time":
        return _seconds(values)
    if name == "order":
        return values
    return values.cast(SCHEMA[name], strict=False)


def _correct(values: pl.Series, column: str) -> pl.Series:
    """0 or 1 everywhere."""
    try:
        number = map_cells(values, outcome, pl.Float64()) if values.dtype == pl.String else values.cast(pl.Float64)
    except ValueError as error:
        raise ValueError(f"Column `{column}` should be 0 or 1: {error}.") from error
    odd = ~number.is_in([0.0, 1.0]) | number.is_null()
    if odd.fill_null(True).any():
        row = int(odd.fill_null(True).arg_max() or 0)
        raise ValueError(f"Column `{column}` should be 0 or 1 in every row. Found {values[row]!r} in row {row + 1}.")
    return number.cast(pl.Int8)


def _skills(values: pl.Series) -> pl.Series:
    if isinstance(values.dtype, pl.List | pl.Array):
        lists = values.cast(pl.List(pl.String)).to_list()
        return pl.Series([join_skills(found or []) for found in lists], dtype=pl.String)
    return split_cells(_text(values), "")[0]


def _text(values: pl.Series) -> pl.Series:
    """Ids as text; whole numbers that missing values made floats as whole numbers: 47.0 is 47."""
    if values.dtype.is_float() and (values.drop_nulls() % 1 == 0).all():
        values = values.cast(pl.Int64)
    return present(values.cast(pl.String))


def _seconds(values: pl.Series) -> pl.Series:
    if values.dtype.is_temporal():
        return values.cast(pl.Datetime("us")).dt.epoch("us").cast(pl.Float64) / 1e6
    return to_seconds(values.cast(pl.String))[0]
