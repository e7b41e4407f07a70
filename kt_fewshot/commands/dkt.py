"""`kt-fewshot dkt`: train, evaluate and use a deep tracer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import Device, Json, Logs, Out, Run, Seed, Threads, reads_log
from .output import print_json, say

app = typer.Typer(
    help="Deep Knowledge Tracing: correctness, mastery and behaviour, learned jointly.", no_args_is_help=True
)

Log = Annotated[list[Path], typer.Argument(help="Log, or its parts.")]
Protocol = Annotated[str | None, typer.Option(help="carried (whole histories) or pykt-window.  [default: carried]")]


@app.command()
@reads_log
def train(
    log: Logs = None,
    *,
    read: Mapping[str, Any],
    test: Annotated[Path | None, typer.Option(help="Another log that tests.", show_default=False)] = None,
    valid_fraction: Annotated[
        float | None, typer.Option(help="With --test: share of students that validate.  [default: 0.1]")
    ] = None,
    fold_files: Annotated[bool, typer.Option("--fold-files", help="The logs are one fold each.")] = False,
    test_fold: Annotated[int | None, typer.Option(help="The fold that tests.", show_default=False)] = None,
    valid_fold: Annotated[int | None, typer.Option(help="The fold of column `fold` that validates.")] = None,
    split: Annotated[str | None, typer.Option(help="70/10/20 by student or by time.  [default: student]")] = None,
    simulator: Annotated[str | None, typer.Option(help="Without a log: bkt, irt or dash.  [default: bkt]")] = None,
    students: Annotated[int | None, typer.Option(help="Without a log: how many.  [default: 2000]")] = None,
    plain: Annotated[bool, typer.Option("--plain", help="The model of the paper: lookup, LSTM, linear.")] = False,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training students, at most.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Option of the model, name=value; see `dkt options`.")
    ] = None,
    protocol: Protocol = None,
    config: Annotated[Path | None, typer.Option(help="YAML with any of these settings.", show_default=False)] = None,
    resume: Annotated[str | None, typer.Option(help="Run to go on with.", show_default=False)] = None,
    device: Device = None,
    seed: Seed = None,
    threads: Threads = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Train on a log (simulated students if none is named), test, and leave a run folder."""
    from kt_fewshot.recipes.train_dkt import TrainSettings, resume_dkt, train_dkt

    from .progress import Bar
    from .train_summary import print_summary

    if resume is not None:
        trained = resume_dkt(resume, say=say, progress=Bar())
    else:
        model = _values(set_) | _given(epochs=epochs, seed=seed) | ({"plain": True} if plain else {})
        data = _given(
            test=test,
            valid_fraction=valid_fraction,
            test_fold=test_fold,
            valid_fold=valid_fold,
            split=split,
            simulator=simulator,
            students=students,
            seed=seed,
        )
        if log:
            data["fold_files" if fold_files else "log"] = log
        if read:
            data["read"] = read
        settings = TrainSettings.assemble(
            config, _given(protocol=protocol, device=device, threads=threads) | {"data": data, "model": model}
        )
        trained = train_dkt(settings, out=out, say=say, progress=Bar())
    if as_json:
        print_json(trained.to_dict())
    else:
        print_summary(trained)


@app.command()
@reads_log
def evaluate(
    run: Run,
    log: Log,
    *,
    read: Mapping[str, Any],
    protocol: Protocol = None,
    device: Device = None,
    threads: Threads = None,
    out: Annotated[Path | None, typer.Option(help="Write the results as JSON.", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """Test a saved run on a log."""
    from kt_fewshot.recipes.saved_tracer import TracedLog
    from kt_fewshot.recipes.use_tracer import evaluate_log

    from .train_summary import print_results

    traced = TracedLog.open(run, log, read=read, say=say, **_given(device=device, threads=threads))
    results = evaluate_log(traced, out=out, **_given(protocol=protocol))
    if as_json:
        print_json(results.to_json_dict())
    else:
        print_results(results)


@app.command()
@reads_log
def predict(
    run: Run,
    log: Log,
    *,
    read: Mapping[str, Any],
    out: Annotated[Path, typer.Option(help="CSV to write.")] = Path("predictions.csv"),
    device: Device = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Predict every answer of a log from what came before it: one line for each record of the log."""
    from kt_fewshot.recipes.saved_tracer import TracedLog
    from kt_fewshot.recipes.use_tracer import predict_log

    written = predict_log(TracedLog.open(run, log, read=read, say=say, **_given(device=device, threads=threads)), out)
    if as_json:
        print_json(written)
    else:
        say(f"{written['rows']:,} lines in {written['out']}.")


@app.command()
@reads_log
def mastery(
    run: Run,
    log: Log,
    *,
    read: Mapping[str, Any],
    out: Annotated[Path, typer.Option(help="CSV or Parquet to write.")] = Path("mastery.csv"),
    mastered_at: Annotated[float, typer.Option(help="P(mastered) from which on a skill counts as mastered.")] = 0.95,
    device: Device = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Where everyone stands now: P(correct) next and mastery of every skill, for every student."""
    from kt_fewshot.recipes.saved_tracer import TracedLog
    from kt_fewshot.recipes.use_tracer import write_mastery

    traced = TracedLog.open(run, log, read=read, say=say, **_given(device=device, threads=threads))
    written = write_mastery(traced, out, mastered_at=mastered_at)
    if as_json:
        print_json(written)
    else:
        say(f"{written['students']:,} students x {written['skills']:,} skills in {written['out']}.")


@app.command()
def options() -> None:
    """List the options of the model, for --set and for configuration files."""
    from kt_fewshot.tracing.dkt_options import DKTOptions

    from .output import print_table

    rows = [(name, str(field.default), field.description or "") for name, field in DKTOptions.model_fields.items()]
    print_table("Options of the model", ("name", "default", "meaning"), rows)


def _given(**values: Any) -> dict[str, Any]:
    """What the user said."""
    return {name: value for name, value in values.items() if value is not None}


def _values(pairs: list[str] | None) -> dict[str, Any]:
    """`name=value` pairs, values read as YAML: numbers, true, null, [lists]."""
    import yaml

    from kt_fewshot.errors import KTError

    values = {}
    for pair in pairs or []:
        name, equals, text = pair.partition("=")
        if not equals:
            raise KTError(f"--set wants name=value. Found '{pair}'.")
        values[name.strip()] = yaml.safe_load(text)
    return values
