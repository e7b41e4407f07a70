"""`kt-fewshot dkt`: train, evaluate and use a deep tracer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from kt_fewshot.errors import KTError

from .options import (
    PROTOCOL,
    READING,
    RUNNING,
    TRAINING,
    Json,
    Log,
    OptionalLog,
    Run,
    gathers,
    inside,
    logs_named,
    named_values,
)
from .output import print_json, print_table, say

app = typer.Typer(
    help="Deep Knowledge Tracing: correctness, mastery and behaviour, learned jointly.",
    short_help="Deep Knowledge Tracing.",
    no_args_is_help=True,
)


@app.command(short_help="Train on a log, test, and leave a run folder.")
@gathers(settings=TRAINING, read=inside("data.read", READING))
def train(
    log: OptionalLog = None,
    *,
    fold_files: Annotated[bool, typer.Option("--fold-files", help="The logs are one fold each.")] = False,
    settings: Mapping[str, Any],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Option of the model; `dkt options` lists them."),
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="YAML", help="Settings; options go before them.")] = None,
    resume: Annotated[str | None, typer.Option(metavar="RUN", help="Go on with an interrupted run.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="RUN", help="Run folder (runs/ and the time).")] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no report.html, fit no classics.")] = False,
    single_task: Annotated[
        bool, typer.Option("--compare-single-task", help="Then train each task alone: does sharing help it?")
    ] = False,
    leave_one_out: Annotated[
        bool, typer.Option("--leave-one-out", help="With it: what each task gives the others.")
    ] = False,
    repeats: Annotated[
        int | None,
        typer.Option(help="With it: trainings of each model (5); a verdict needs 3.", show_default=False),
    ] = None,
    as_json: Json = False,
    read: Mapping[str, Any],
) -> None:
    """Train on a log (on simulated students if none is named), test, and leave a run folder.

    The log's students are split 70/10/20 unless --fold-files, --valid-fold, --test or --split say otherwise.
    Defaults stand in brackets.
    """
    from kt_fewshot.recipes import TrainSettings, compare_single_task, merged, resume_dkt, train_dkt

    from .progress import Bar, OneFit
    from .single_task import print_single_task
    from .summary import print_run

    comparing = single_task or leave_one_out
    if repeats is not None and not comparing:
        raise KTError("--repeats is of --compare-single-task. Give both, or neither.")
    named = logs_named(log, fold_files=fold_files) | ({"model": named_values(set_)} if set_ else {})
    values = merged(merged(named, settings), read)
    if resume is not None:
        _refuse_beside_resume(log or settings or read or set_ or config or out)
        trained = resume_dkt(resume, report=not no_report, say=say, progress=Bar())
    else:
        chosen = TrainSettings.assemble(config, values)
        trained = train_dkt(chosen, out=out, report=not no_report, say=say, progress=Bar())
    compared = None
    if comparing:
        how = {} if repeats is None else {"repeats": repeats}
        compared = compare_single_task(
            trained.run.path, leave_one_out=leave_one_out, report=not no_report, say=say, listen=OneFit, **how
        )
    if as_json:
        print_json(trained.to_dict() | ({"transfer": compared.to_dict()} if compared else {}))
    else:
        print_run(trained)
        if compared:
            print_single_task(compared)
    if not no_report:
        say(f"Report: {trained.report}")


@app.command(short_help="Test a saved run on a log.")
@gathers(protocol=PROTOCOL, running=RUNNING, read=READING)
def evaluate(
    run: Run,
    log: Log,
    *,
    protocol: Mapping[str, Any],
    out: Annotated[Path | None, typer.Option(metavar="JSON", help="Also write the results here.")] = None,
    running: Mapping[str, Any],
    as_json: Json = False,
    read: Mapping[str, Any],
) -> None:
    """Test a saved run on a log: every answer is predicted from what came before it."""
    from kt_fewshot.recipes import TracedLog, evaluate_log

    from .summary import print_results

    results = evaluate_log(TracedLog.open(run, log, read=read, say=say, **running), out=out, **protocol)
    if as_json:
        print_json(results.to_json_dict())
    else:
        print_results(results)


@app.command(short_help="Predict every answer of a log from what came before it.")
@gathers(running=RUNNING, read=READING)
def predict(
    run: Run,
    log: Log,
    *,
    out: Annotated[Path, typer.Option(metavar="FILE", help="CSV or Parquet to write.")] = Path("predictions.csv"),
    running: Mapping[str, Any],
    as_json: Json = False,
    read: Mapping[str, Any],
) -> None:
    """Predict every answer of a log from what came before it: one line for each record of the log, in its order."""
    from kt_fewshot.recipes import TracedLog, predict_log

    written = predict_log(TracedLog.open(run, log, read=read, say=say, **running), out)
    if as_json:
        print_json(written)
    else:
        say(f"{written['rows']:,} lines in {written['out']}.")


@app.command(short_help="Where everyone stands now, skill by skill.")
@gathers(running=RUNNING, read=READING)
def mastery(
    run: Run,
    log: Log,
    *,
    out: Annotated[Path, typer.Option(metavar="FILE", help="CSV or Parquet to write.")] = Path("mastery.csv"),
    mastered_at: Annotated[float, typer.Option(help="P(mastered) from which on a skill is mastered.")] = 0.95,
    running: Mapping[str, Any],
    as_json: Json = False,
    read: Mapping[str, Any],
) -> None:
    """Where everyone stands after the log: P(correct) next and mastery of every skill, for every student."""
    from kt_fewshot.recipes import TracedLog, write_mastery

    written = write_mastery(TracedLog.open(run, log, read=read, say=say, **running), out, mastered_at=mastered_at)
    if as_json:
        print_json(written)
    else:
        say(f"{written['students']:,} students x {written['skills']:,} skills in {written['out']}.")


@app.command(short_help="A run's report: one HTML file, for people.")
@gathers(running=RUNNING, read=READING)
def report(
    run: Run,
    log: OptionalLog = None,
    *,
    out: Annotated[Path | None, typer.Option(metavar="HTML", help="File to write (RUN/report.html).")] = None,
    show_ids: Annotated[bool, typer.Option("--show-ids", help="Call students by their ids.")] = False,
    running: Mapping[str, Any],
    as_json: Json = False,
    read: Mapping[str, Any],
) -> None:
    """Report on a run's test students, or on everyone in a LOG: how good, skill by skill, the class, the students.

    Pseudonyms are the same in every report that is made with the same --key.
    """
    from kt_fewshot.recipes import report_run

    key = read.get("key")
    own = read if log else {name: value for name, value in read.items() if name != "key"}
    written = report_run(run, log or (), out=out, show_ids=show_ids, key_file=key, read=own, say=say, **running)
    if as_json:
        print_json(written)
    else:
        say(f"{written['students']:,} students, {written['answers']:,} answers: {written['out']}.")


@app.command(short_help="List the options of the model, for --set and for YAML files.")
def options(*, as_json: Json = False) -> None:
    """List the options of the model: `--set hidden=64`, or `model: {hidden: 64}` in a file for --config."""
    import json

    from kt_fewshot.recipes import list_options

    listed = list_options()
    if as_json:
        print_json(listed)
        return
    rows = [(name, json.dumps(option["default"]), option["meaning"]) for name, option in listed.items()]
    print_table("Options of the model", ("name", "default", "meaning"), rows)


def _refuse_beside_resume(others: object) -> None:
    if others:
        raise KTError(
            "--resume goes on with the run's own settings, so nothing else can be set. "
            "Leave the rest out, or begin a new run with --config RUN/config.yaml."
        )
