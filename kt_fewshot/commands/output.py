"""What commands print: one JSON object, or tables for people."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Table


def say(line: str) -> None:
    """A line for people, on standard error, so that standard output stays the result's."""
    typer.echo(line, err=True)


def print_json(value: Mapping[str, Any]) -> None:
    """Exactly one JSON object on standard output."""
    from kt_fewshot.storage import plain_json

    typer.echo(json.dumps(plain_json(value), ensure_ascii=False, allow_nan=False))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on standard output; numbers are set right."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    rows = [[_text(cell) for cell in row] for row in rows]
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False)
    if title:
        console.print(title, style="bold", soft_wrap=True)
    console.print(table)


def interval(value: Mapping[str, float | None]) -> str:
    """`.7712 [.7651, .7780]`; a dash where the value is undefined."""
    point, low, high = (value.get(name) for name in ("value", "low", "high"))
    if point is None:
        return "-"
    return f"{point:.4f}" if low is None or high is None else f"{point:.4f}  [{low:.4f}, {high:.4f}]"


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:.4f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
