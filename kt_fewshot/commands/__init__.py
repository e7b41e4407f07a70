"""The command line: `kt-fewshot`, and `python cli.py` from a checkout.

A command parses, calls one recipe and prints. What is heavy is imported inside the commands, so that `--help` is quick.
"""

import sys
from collections.abc import Sequence
from typing import Final, NoReturn, cast

import typer

from kt_fewshot import __version__
from kt_fewshot.errors import Interrupted, KTError, UnclearLogError

from . import data, dkt, fewshot
from .again import completed
from .compare import compare
from .output import say
from .relations import relations
from .several import learned_along

__all__ = ["app", "main"]

USER_ERROR: Final = 2
INTERRUPTED: Final = 130

UsageError: Final = cast("type[Exception]", typer.BadParameter.__base__)
"""What a mistake on the command line is to typer, which does not export it."""

app = typer.Typer(
    help="Knowledge tracing and few-shot learning on one multi-task core.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
dkt.app.command(short_help="Tracers side by side, on the same answers.")(compare)
dkt.app.command(short_help="How the tasks of a run get on.")(relations)
app.add_typer(dkt.app, name="dkt")
app.add_typer(data.app, name="data")
app.add_typer(fewshot.app, name="fewshot")


@app.callback(invoke_without_command=True)
def version(
    *, version: bool = typer.Option(False, "--version", help="Print the version and stop.", is_eager=True)
) -> None:
    """Knowledge tracing and few-shot learning on one multi-task core."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and leave with its exit code; what the user can mend is one line on standard error and code 2.

    Args:
        arguments: of the command line; those of the process if None.
    """
    try:
        if learned_along(sys.argv[1:] if arguments is None else arguments):
            sys.exit(0)
        code = app(arguments, standalone_mode=False)
        if code == INTERRUPTED:
            say("Interrupted.")
        sys.exit(code)
    except UsageError as mistake:
        _explain(mistake)
        sys.exit(USER_ERROR)
    except Interrupted as stop:
        say(f"{stop}")
        sys.exit(INTERRUPTED)
    except UnclearLogError as unclear:
        say(f"Error: {unclear.asking(completed(arguments, unclear.options))}")
        sys.exit(USER_ERROR)
    except KTError as error:
        say(f"Error: {error}")
        sys.exit(USER_ERROR)


def _explain(mistake: Exception) -> None:
    """A mistake on the command line in one line; a command without arguments shows its help instead."""
    message, context = mistake.format_message(), mistake.ctx  # pyright: ignore[reportAttributeAccessIssue]
    if context is not None and message == context.get_help():
        typer.echo(message, err=True)
        return
    end = "" if message.endswith((".", "?")) else "."
    where = f" See {context.command_path} --help." if context is not None else ""
    say(f"Error: {message}{end}{where}")
