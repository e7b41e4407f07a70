"""Files that belong to a log and hold what it does not: the questions, their skills, the keys to a test."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

import polars as pl

from kt_fewshot.errors import LogError

from .columns import listed
from .reader import Options, Source
from .sniff import sniff
from .table import read_table

FOLDERS = (".", "contents", "metadata", "..", "../contents", "../metadata")
"""Where such a file may lie, seen from the log's folder."""


def side_file(source: Source, options: Options, names: Sequence[str], *, sole: bool = True) -> Path | None:
    """The file of one of these names (patterns as in a shell): among those the user named, else near the log.

    Args:
        source: the log.
        options: with the files that the user named.
        names: patterns, the best first.
        sole: whether this is the only side file of the format; then the user's file is it, whatever its name.
    """
    for pattern in names:
        fitting = [path for path in options.side if _fits(path, pattern)]
        if fitting:
            return fitting[0]
    if options.side:
        return options.side[0] if sole else None
    return next((path for pattern in names for path in _near(source.paths[0]) if _fits(path, pattern)), None)


def read_side(path: Path, columns: Mapping[str, str]) -> pl.DataFrame:
    """Some columns of a side file as text.

    Args:
        path: the file.
        columns: name to give -> name in the file, whatever its case.

    Raises:
        LogError: if the file is damaged or lacks a column.
    """
    peek = sniff(path)
    places = {name.lower(): place for place, name in enumerate(peek.header)}
    missing = [column for column in columns.values() if column.lower() not in places]
    if missing:
        raise LogError(f"Column `{missing[0]}` is missing from {path.name} (found: {listed(peek.header) or 'none'}).")
    table = read_table(peek, {name: places[column.lower()] for name, column in columns.items()})
    if table.rejected.height:
        _, line, reason = table.rejected.row(0)
        raise LogError(f"{path.name} is damaged in line {line}: {reason}.")
    return table.frame.drop("row")


def files_near(log: Path, names: Sequence[str]) -> list[Path]:
    """Files near a log, each once, of these names (patterns as in a shell)."""
    return list(dict.fromkeys(path for path in _near(log) if any(_fits(path, pattern) for pattern in names)))


def _near(log: Path) -> Iterator[Path]:
    """Files in and around the log's folder."""
    start = log if log.is_dir() else log.parent
    for folder in FOLDERS:
        place = start / folder
        if place.is_dir():
            yield from sorted(path for path in place.iterdir() if path.is_file() and path != log)


def _fits(path: Path, pattern: str) -> bool:
    """Whether a file has such a name, compressed or not."""
    name = path.name.lower().removesuffix(".gz").removesuffix(".xz")
    return fnmatch(name, pattern.lower())
