"""Options of the command line: declared once, handed to a command as one tree of settings."""

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import GenericAlias
from typing import Annotated, Any, Final

import typer

from kt_fewshot.errors import KTError

Log = Annotated[list[Path], typer.Argument(metavar="LOG", help="Log, or its parts.")]
OptionalLog = Annotated[list[Path] | None, typer.Argument(metavar="LOG", help="Log, or its parts.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="Run folder, its name in runs/, or `latest`.")]
Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object on standard output.")]


@dataclass(frozen=True)
class Option:
    """One option.

    Args:
        flag: `--name`, or `--name/--no-name`.
        text: what it means, for `--help`.
        sets: the settings it sets, dotted: "data.seed"; by default one of the flag's own name.
        kind: type of its value; a bool is a flag without one, a list can be given several times.
        metavar: what stands for its value in `--help`.
    """

    flag: str
    text: str
    sets: tuple[str, ...] = ()
    kind: type | GenericAlias = str
    metavar: str | None = None

    @property
    def name(self) -> str:
        """The parameter's name: `--test-fold` is `test_fold`."""
        return self.flag.partition("/")[0].strip("-").replace("-", "_")

    def parameter(self) -> inspect.Parameter:
        """The option as a parameter that typer understands; None if the user does not give it."""
        told = typer.Option(self.flag, help=self.text, metavar=self.metavar, show_default=False)
        kind = Annotated[self.kind | None, told]
        return inspect.Parameter(self.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


def inside(group: str, options: Sequence[Option]) -> tuple[Option, ...]:
    """The same options, setting what they set inside a group of settings."""
    return tuple(replace(o, sets=tuple(f"{group}.{name}" for name in o.sets or (o.name,))) for o in options)


COLUMNS: Final = {
    "student": "who answered",
    "item": "what was answered",
    "skill": "skill or skills of the item",
    "correct": "right or wrong",
    "time": "when",
    "response-time": "how long the answer took",
    "hints": "hints asked for",
    "attempts": "tries",
    "group": "class or school",
    "fold": "cross-validation fold",
}
"""Columns a user can name, and what they hold."""

READING_ONCE: Final = (
    Option("--format", "Format of the log; found out unless named.", metavar="NAME"),
    *(
        Option(f"--{name}", f"Column: {what}.", (f"columns.{name.replace('-', '_')}",), metavar="COL")
        for name, what in COLUMNS.items()
    ),
    Option("--skill-separator", "What separates skills in one cell.", metavar="TEXT"),
    Option("--kc", "Skill model, where a log has several.", metavar="NAME"),
    Option("--hint", "A first try that asks for help is wrong, or dropped (wrong).", metavar="wrong|drop"),
    Option("--side", "File beside the log: questions, keys. Repeatable.", kind=list[Path], metavar="PATH"),
    Option("--threshold", "Outcomes between 0 and 1 count as right from here on.", kind=float),
    Option("--max-bad", "Share of records that may be unreadable (0.01).", kind=float),
    Option("--keep-names", "Leave names and e-mail addresses of students readable.", kind=bool),
    Option("--key", "Key of the pseudonyms that stand for them otherwise.", kind=Path, metavar="KEYFILE"),
)
"""How a log is read: fields of `ReadSettings`."""

READING: Final = (
    *READING_ONCE,
    Option("--cache/--no-cache", "Keep a log of 32 MB or more in cache/ for the next time (kept).", kind=bool),
)
"""The same, where a log may be read again."""

RUNNING: Final = (
    Option("--device", "Where to compute (auto).", metavar="auto|cpu|cuda"),
    Option("--threads", "CPU threads (1); more seldom helps.", kind=int),
)

PROTOCOL: Final = (
    Option(
        "--protocol", "How the test asks: whole histories, or as pyKT does (carried).", metavar="carried|pykt-window"
    ),
)

TRAINING: Final = (
    *inside(
        "data",
        (
            Option("--test-fold", "The fold that tests; with --fold-files, from 1.", kind=int),
            Option("--valid-fold", "Column `fold` splits; this fold validates, -1 tests.", kind=int),
            Option("--test", "Another log, with other students, tests.", kind=Path, metavar="LOG"),
            Option("--valid-fraction", "With --test: share of students that validate (0.1).", kind=float),
            Option("--split", "70/10/20 of the students, or of each history (student).", metavar="student|time"),
            Option("--simulator", "Without a log: how simulated students learn (bkt).", metavar="bkt|irt|dash"),
            Option("--students", "Without a log: how many students (2000).", kind=int),
        ),
    ),
    Option("--seed", "Same seed, same numbers (0).", ("data.seed", "model.seed"), kind=int),
    *inside(
        "model",
        (
            Option("--plain", "The model of the paper: lookup, LSTM, linear.", kind=bool),
            Option("--epochs", "Passes over the training students, at most (40).", kind=int),
            Option("--sharing", "What the tasks share of the trunk (hard).", metavar="NAME"),
            Option("--balancing", "How the tasks' losses become one gradient (sum).", metavar="NAME"),
        ),
    ),
    *PROTOCOL,
    *RUNNING,
)
"""Settings of a training that have an option of their own: fields of `TrainSettings`."""


def gathers(**groups: Sequence[Option]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command groups of options; it gets each group as one tree of what the user gave, and nothing else.

    Args:
        groups: name of the command's parameter -> options that stand in its place on the command line.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command)
        shown = [
            parameter
            for own in signature.parameters.values()
            for parameter in ([option.parameter() for option in groups[own.name]] if own.name in groups else [own])
        ]

        @functools.wraps(command)
        def with_trees(**values: Any) -> None:
            trees = {group: _tree(options, values) for group, options in groups.items()}
            command(**trees, **values)

        with_trees.__signature__ = signature.replace(parameters=shown)  # pyright: ignore[reportAttributeAccessIssue]
        return with_trees

    return decorate


def logs_named(log: list[Path] | None, *, fold_files: bool) -> dict[str, Any]:
    """The logs a user named as settings: one log, perhaps in parts, or one fold each.

    Raises:
        KTError: if they should be folds and there are none.
    """
    if fold_files and not log:
        raise KTError("--fold-files says that the logs are one fold each, but no log is named.")
    return {"data": {"fold_files" if fold_files else "log": log}} if log else {}


def named_values(pairs: Sequence[str] | None) -> dict[str, Any]:
    """`name=value` pairs, values read as YAML: numbers, true, null, [lists].

    Raises:
        KTError: if one is no such pair.
    """
    return dict(_named_value(pair) for pair in pairs or ())


def _named_value(pair: str) -> tuple[str, Any]:
    import yaml

    name, equals, text = pair.partition("=")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        equals, value = "", None
    if not equals or not name.strip():
        raise KTError(f"--set wants name=value, such as --set hidden=64. Found '{pair}'.")
    return name.strip(), value


def _tree(options: Sequence[Option], values: dict[str, Any]) -> dict[str, Any]:
    """Take the options' values out of all values; those that were given, as a tree of settings."""
    tree: dict[str, Any] = {}
    for option in options:
        value = values.pop(option.name)
        for dotted in (option.sets or (option.name,)) if value not in (None, []) else ():
            *groups, name = dotted.split(".")
            branch = functools.reduce(lambda part, group: part.setdefault(group, {}), groups, tree)
            branch[name] = value
    return tree
