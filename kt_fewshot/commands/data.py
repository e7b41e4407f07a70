"""`kt-fewshot data`: look at logs, convert and simulate them, forget students."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .audit import audit
from .options import READING_ONCE, Json, Log, gathers
from .output import print_json, say

app = typer.Typer(help="Logs: describe, convert, simulate; forget a student.", no_args_is_help=True)
app.command(short_help="Look for leaks in a log or in predictions.")(audit)


@app.command(short_help="Say what a log holds and how it was read.")
@gathers(read=READING_ONCE)
def describe(log: Log, *, as_json: Json = False, read: Mapping[str, Any]) -> None:
    """Say what a log holds, how it was read, what became of every record, and what to look at."""
    from kt_fewshot.recipes import describe_log

    from .described import print_log
    from .reading_bar import reading_bar

    with reading_bar(log) as watch:
        described = describe_log(log, read=read, watch=watch)
    if as_json:
        print_json(described)
    else:
        print_log(described)


@app.command(short_help="Write a log in the toolkit's own columns.")
@gathers(read=READING_ONCE)
def convert(
    log: Log,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="CSV or Parquet to write; with --buckets, a new folder.")],
    *,
    buckets: Annotated[int | None, typer.Option(help="Write a folder of so many buckets of students.")] = None,
    pseudonymise: Annotated[
        Path | None,
        typer.Option(metavar="KEYFILE", help="Hash every student with this key, a new one if there is none."),
    ] = None,
    as_json: Json = False,
    read: Mapping[str, Any],
) -> None:
    """Read a log of any format and write it in the toolkit's own columns; OUT.ingest/ says how it was read.

    With --pseudonymise students are HMAC-SHA256 of their ids. Who has the key can tell who is who, so it may not lie
    where OUT does. Items, skills, times and groups stay as they are (groups with e-mail addresses are hashed too).
    """
    from kt_fewshot.recipes import convert_log

    from .reading_bar import reading_bar

    with reading_bar(log) as watch:
        written = convert_log(log, out, read=read, buckets=buckets, pseudonymise=pseudonymise, watch=watch)
    if as_json:
        print_json(written)
        return
    say(f"Read as {written['read_as']}.")
    if written.get("key_is_new"):
        say(f"New key in {written['key']}. Keep it, and keep it apart: who has it can tell who is who.")
    elif "key" in written:
        say(f"Pseudonyms by the key in {written['key']}.")
    say(f"{written['rows']:,} answers in {written['out']}.")


@app.command(short_help="Remove a student from everything that was written.")
def forget(
    student: Annotated[str, typer.Argument(metavar="STUDENT", help="The student's id, as it was written.")],
    path: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            help="Converted logs, buckets, caches, runs, tables, or folders with these in them (the working folder).",
        ),
    ] = None,
    *,
    key: Annotated[
        Path | None, typer.Option(metavar="KEYFILE", help="Forget the student's pseudonym by this key too.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and leave it.")] = False,
    as_json: Json = False,
) -> None:
    """Remove a student's rows from converted logs, caches, and the tables of runs (split, mastery, predictions).

    Cached logs with the student go as a whole. Logs that kt-fewshot did not write are never changed. What a model
    learned from the student stays in its weights until it is trained again; the models are named.
    """
    from kt_fewshot.recipes import forget_student

    from .forgotten import print_forgotten

    forgotten = forget_student(student, path or (), key=key, dry_run=dry_run)
    if as_json:
        print_json(forgotten)
    else:
        print_forgotten(forgotten)


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
