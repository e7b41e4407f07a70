"""`kt-fewshot data`: look at logs, convert and simulate them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import Json, reads_log
from .output import print_json, print_table, say

app = typer.Typer(help="Logs: describe, convert, simulate.", no_args_is_help=True)

Log = Annotated[list[Path], typer.Argument(help="Log, or its parts.")]


@app.command()
@reads_log
def describe(log: Log, *, read: Mapping[str, Any], as_json: Json = False) -> None:
    """Say what a log holds, how it was read, and what became of every record."""
    from kt_fewshot.recipes.describe_log import describe_log

    described = describe_log(log, read=read)
    if as_json:
        print_json(described)
    else:
        print_table("", ("", ""), [(name.replace("_", " "), value) for name, value in described.items()])


@app.command()
@reads_log
def convert(
    log: Log,
    out: Annotated[Path, typer.Argument(help="Parquet or CSV to write.")],
    *,
    read: Mapping[str, Any],
    as_json: Json = False,
) -> None:
    """Read a log of any format and write it in the toolkit's own columns."""
    from kt_fewshot.recipes.convert_log import convert_log

    written = convert_log(log, out, read=read)
    if as_json:
        print_json(written)
    else:
        say(f"{written['rows']:,} answers in {written['out']}.")


@app.command()
def simulate(
    out: Annotated[Path, typer.Argument(help="CSV or Parquet to write.")],
    *,
    students: Annotated[int, typer.Option(help="How many students.")] = 1000,
    answers: Annotated[int, typer.Option(help="Mean number of answers of a student.")] = 60,
    skills: Annotated[int, typer.Option(help="How many skills.")] = 10,
    generator: Annotated[str, typer.Option(help="bkt, irt or dash.")] = "bkt",
    seed: Annotated[int, typer.Option(help="Same seed, same students.")] = 0,
    truth: Annotated[Path | None, typer.Option(help="Also write the latent truth here.", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """Write a log of simulated students."""
    from kt_fewshot.recipes.simulate_log import simulate_log

    written = simulate_log(
        out, students=students, answers=answers, skills=skills, generator=generator, seed=seed, truth=truth
    )
    if as_json:
        print_json(written)
    else:
        say(f"{written['rows']:,} answers of {students:,} students in {written['out']}.")
