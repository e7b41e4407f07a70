"""Text into records: the careful way, one record at a time, that says what is wrong with a line."""

from collections.abc import Iterator
from dataclasses import dataclass

MAX_LINES = 1000
"""A quoted field running over more lines than this is a quote that somebody forgot to close."""


@dataclass(frozen=True)
class Record:
    """One record of a separated text, or why a line is none."""

    line: int
    """Index of its first line, counting from 0."""
    fields: tuple[str, ...]
    """Its fields without quotes; empty where `problem` is set."""
    problem: str = ""
    """Why the line cannot be read; empty for a sound record."""


def split_record(text: str, separator: str) -> list[str] | None:
    r"""The fields of one record, or None if a quoted field is still open at its end.

    A quote means something only at the start of a field (RFC 4180), so `5" screen` is plain text.

    >>> split_record('7,"a, ""b"" c",5" screen,', ",")
    ['7', 'a, "b" c', '5" screen', '']
    >>> split_record('7,"a', ",") is None
    True

    Raises:
        ValueError: if text follows a closing quote.
    """
    if '"' not in text:
        return text.split(separator)
    fields: list[str] = []
    at = 0
    while True:
        if text.startswith('"', at):
            close = _closing_quote(text, at + 1)
            if close < 0:
                return None
            fields.append(text[at + 1 : close].replace('""', '"'))
            at = close + 1
            if at < len(text) and text[at] != separator:
                raise ValueError("text follows a closing quote")
        else:
            end = text.find(separator, at)
            end = len(text) if end < 0 else end
            fields.append(text[at:end])
            at = end
        if at >= len(text):
            return fields
        at += 1


def split_lines(lines: list[str], separator: str, fields: int | None = None, *, final: bool = True) -> Iterator[Record]:
    """The records of `lines`, blank lines left out; a bad line costs itself, never its neighbours.

    Args:
        lines: without line ends.
        separator: one character.
        fields: number of fields a sound record has; None accepts any number.
        final: whether the text ends here. If not, a record still open after the last line is not given; the caller
            finds its lines by the last record's `line` and tries again with more text.
    """
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        record, used = _record_at(lines, at, separator, fields)
        if used == 0:  # open at the end of the lines
            if not final:
                return
            record, used = _rescued(lines[at], at, separator, fields, "a quote is not closed"), 1
        yield record
        at += used


def _closing_quote(text: str, start: int) -> int:
    """Position of the quote that ends the field begun before `start`, -1 if there is none."""
    close = text.find('"', start)
    while close >= 0 and text.startswith('""', close):
        close = text.find('"', close + 2)
    return close


def _record_at(lines: list[str], at: int, separator: str, fields: int | None) -> tuple[Record, int]:
    """The record that begins at line `at` and how many lines it takes; 0 lines if it is open at the end of the text."""
    text = lines[at]
    used = 1
    while True:
        try:
            found = split_record(text, separator)
        except ValueError as error:
            return _rescued(lines[at], at, separator, fields, str(error)), 1
        if found is not None:
            break
        if used == MAX_LINES:
            return _rescued(lines[at], at, separator, fields, "a quote is not closed"), 1
        if at + used == len(lines):
            return Record(at, ()), 0
        text = f"{text}\n{lines[at + used]}"
        used += 1
    if fields is None or len(found) == fields:
        return Record(at, tuple(found)), used
    problem = f"{len(found)} fields instead of {fields}"
    if used > 1:  # the quote that swallowed other lines is the likelier mistake
        return _rescued(lines[at], at, separator, fields, "a quote is not closed"), 1
    return _rescued(lines[at], at, separator, fields, problem), 1


def _rescued(line: str, at: int, separator: str, fields: int | None, problem: str) -> Record:
    """A tab-separated line whose quotes are mere text, if its number of fields says so; else the problem."""
    parts = line.split(separator)
    if separator == "\t" and fields is not None and len(parts) == fields:
        return Record(at, tuple(parts))
    return Record(at, (), problem)
