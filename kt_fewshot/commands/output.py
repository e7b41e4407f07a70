"""What commands print: one JSON object, or tables for people."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import typer

PLAIN_NUMBERS: Final = set("0123456789.,-+% ")


def say(line: str) -> None:
    """A line for people, on standard error, so that standard output stays the result's."""
    typer.echo(one_line(line), err=True)


def one_line(text: str) -> str:
    """Text from anywhere as one line that no terminal takes for commands."""
    return "".join(character if character.isprintable() else " " for character in text)


def print_json(value: Mapping[str, Any]) -> None:
    """Exactly one JSON object on standard output, in ASCII, so that every terminal and pipe can carry it."""
    from kt_fewshot.storage import plain_json

    typer.echo(json.dumps(plain_json(value), allow_nan=False))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on standard output; columns of numbers are set right, text is folded where the terminal is narrow.

    Args:
        title: stands above, if not empty.
        columns: heads; all empty for none.
        rows: cells.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells = [[one_line(_text(cell)) for cell in row] for row in rows]
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for number, name in enumerate(columns):
        numbers = number > 0 and all(_is_numeric(row[number]) for row in cells)
        table.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    console = Console(highlight=False)
    if title:
        console.print(Text(title, style="bold"), soft_wrap=True)
    console.print(table)


def interval(value: Mapping[str, Any]) -> str:
    """A number and its interval, `0.7712 [0.7651, 0.7780]`; a dash where it is undefined."""
    point, low, high = (value.get(name) for name in ("value", "low", "high"))
    if point is None:
        return "-"
    return f"{point:.4f}" if low is None or high is None else f"{point:.4f} [{low:.4f}, {high:.4f}]"


def signed(difference: Mapping[str, Any] | None) -> str:
    """A difference and its interval, `+0.0121 [+0.0051, +0.0180]`; nothing where there is no difference."""
    if difference is None:
        return ""
    point, low, high = (difference[name] for name in ("value", "low", "high"))
    if point is None:
        return "-"
    return f"{point:+.4f}" if low is None or high is None else f"{point:+.4f} [{low:+.4f}, {high:+.4f}]"


def _is_numeric(text: str) -> bool:
    """Whether a cell is a number, with or without its interval, or nothing."""
    return text in {"", "-"} or set(text) <= PLAIN_NUMBERS | set("[]")


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return f"{cell:.4f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
