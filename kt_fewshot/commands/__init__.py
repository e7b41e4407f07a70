"""The command line: `kt-fewshot`, and `python cli.py` from a checkout.

A command parses, calls one recipe and prints. What is heavy is imported inside the commands, so that `--help` is quick.
"""

import sys

import typer

from kt_fewshot import __version__
from kt_fewshot.errors import Interrupted, KTError

from . import data, dkt

__all__ = ["app", "main"]

USER_ERROR = 2
INTERRUPTED = 130

app = typer.Typer(
    help="Knowledge tracing and few-shot learning on one multi-task core.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(dkt.app, name="dkt")
app.add_typer(data.app, name="data")


@app.callback(invoke_without_command=True)
def version(
    *, version: bool = typer.Option(False, "--version", help="Print the version and stop.", is_eager=True)
) -> None:
    """Knowledge tracing and few-shot learning on one multi-task core."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run a command; what the user can mend is one line on standard error and exit code 2."""
    try:
        app()
    except KTError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(INTERRUPTED if isinstance(error, Interrupted) else USER_ERROR)
