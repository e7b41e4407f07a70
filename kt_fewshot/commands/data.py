"""`kt-fewshot data`: look at logs, convert and simulate them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import READING, Json, Log, gathers
from .output import print_json, print_table, say

app = typer.Typer(help="Logs: describe, convert, simulate.", no_args_is_help=True)


@app.command(short_help="Say what a log holds and how it was read.")
@gathers(read=READING)
def describe(log: Log, *, as_json: Json = False, read: Mapping[str, Any]) -> None:
    """Say what a log holds, how it was read, and what became of every record."""
    from kt_fewshot.recipes import describe_log

    described = describe_log(log, read=read)
    if as_json:
        print_json(described)
    else:
        rows = [(name.replace("_", " "), _told(value)) for name, value in described.items()]
        print_table("", ("", ""), rows)


@app.command(short_help="Write a log in the toolkit's own columns.")
@gathers(read=READING)
def convert(
    log: Log,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="CSV or Parquet to write; with --buckets, a new folder.")],
    *,
    buckets: Annotated[int | None, typer.Option(help="Write a folder of so many buckets of students.")] = None,
    as_json: Json = False,
    read: Mapping[str, Any],
) -> None:
    """Read a log of any format and write it in the toolkit's own columns; OUT.ingest/ says how it was read."""
    from kt_fewshot.recipes import convert_log

    from .reading_bar import reading_bar

    with reading_bar(log) as watch:
        written = convert_log(log, out, read=read, buckets=buckets, watch=watch)
    if as_json:
        print_json(written)
    else:
        say(f"Read as {written['read_as']}.")
        say(f"{written['rows']:,} answers in {written['out']}.")


@app.command(short_help="Write a log of simulated students.")
def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="CSV or Parquet to write.")],
    *,
    generator: Annotated[str, typer.Option(metavar="bkt|irt|dash", help="How students learn.")] = "bkt",
    students: Annotated[int, typer.Option(help="How many students.")] = 1000,
    answers: Annotated[int, typer.Option(help="Mean number of answers of a student.")] = 60,
    skills: Annotated[int, typer.Option(help="How many skills.")] = 10,
    seed: Annotated[int, typer.Option(help="Same seed, same students.")] = 0,
    truth: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the latent truth here.")] = None,
    as_json: Json = False,
) -> None:
    """Write a log of simulated students, whose latent mastery is known."""
    from kt_fewshot.recipes import simulate_log

    written = simulate_log(
        out, students=students, answers=answers, skills=skills, generator=generator, seed=seed, truth=truth
    )
    if as_json:
        print_json(written)
    else:
        say(f"{written['rows']:,} answers of {written['students']:,} students in {written['out']}.")


def _told(value: object) -> object:
    """A value for people: what is nested becomes a list of words."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {inner}" for name, inner in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, str) and not value.strip():
        return repr(value) if value else "none"  # a tab that separates columns should be seen
    return "unknown" if value is None else value
