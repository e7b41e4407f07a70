"""Options that several commands share, each written once."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

Logs = Annotated[list[Path] | None, typer.Argument(help="Log, or its parts.", show_default=False)]
Run = Annotated[str, typer.Argument(help="Run folder, its name in runs/, or `latest`.")]
Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object on standard output.")]
Device = Annotated[str | None, typer.Option(help="auto, cpu or cuda.  [default: auto]", show_default=False)]
Out = Annotated[Path | None, typer.Option(help="Where to write.", show_default=False)]
Seed = Annotated[int | None, typer.Option(help="Same seed, same numbers.  [default: 0]", show_default=False)]
Threads = Annotated[int | None, typer.Option(help="CPU threads.  [default: all]", show_default=False)]

COLUMNS: Final = {
    "student": "who answered",
    "item": "what was answered",
    "skill": "skill or skills of the item",
    "correct": "right or wrong",
    "time": "when",
    "order": "number that orders answers",
    "response_time": "how long the answer took",
    "hints": "hints asked for",
    "attempts": "tries",
    "group": "class or school",
    "fold": "cross-validation fold",
}
"""Columns a user can name, and what they hold."""


def reads_log(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say how to read a log; it gets them as one mapping, `read`."""
    described = {
        "format": _option("Format of the log; found out if not named.", str, "--format"),
        "skill_separator": _option("What separates skills in one cell.", str, "--skill-separator"),
        "threshold": _option("Outcomes between 0 and 1 count as right from here on.", float, "--threshold"),
        "max_bad": _option("Share of records that may be unreadable.  [default: 0.01]", float, "--max-bad"),
    }
    for name, what in COLUMNS.items():
        described[name] = _option(f"Column: {what}.", str, f"--{name.replace('_', '-')}")
    signature = inspect.signature(command)
    own = [parameter for parameter in signature.parameters.values() if parameter.name != "read"]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in described.items()
    ]

    @functools.wraps(command)
    def with_read(**values: Any) -> None:
        given = {name: values.pop(name) for name in described}
        columns = {name: given.pop(name) for name in COLUMNS}
        read = {name: value for name, value in given.items() if value is not None}
        chosen = {name: value for name, value in columns.items() if value is not None}
        command(read=read | ({"columns": chosen} if chosen else {}), **values)

    with_read.__signature__ = signature.replace(parameters=[*own, *added])  # pyright: ignore[reportAttributeAccessIssue]
    return with_read


def _option(text: str, kind: type, flag: str) -> Any:  # noqa: ANN401 (an Annotated type)
    panel = "Reading the log"
    return Annotated[kind | None, typer.Option(flag, help=text, show_default=False, rich_help_panel=panel)]
