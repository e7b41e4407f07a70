"""`kt-fewshot dkt compare`: tracers side by side on a log."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from kt_fewshot.errors import KTError

from .options import READING, RUNNING, TRAINING, Json, Option, OptionalLog, gathers, inside, logs_named, named_values
from .output import interval, print_json, print_table, say, signed

if TYPE_CHECKING:
    from kt_fewshot.evaluation import Comparison

SEED: Final = Option("--seed", "Same seed, same numbers (0).", ("data.seed",), kind=int)

COMPARING: Final = (
    Option("--folds", "Deal the students to so many folds; each tests once.", kind=int),
    Option("--baseline", "Compare with this tracer (the best simple one).", metavar="TRACER"),
    Option("--draws", "Resamples of the students for the intervals (1000).", kind=int),
    *(option for option in TRAINING if option.name != "seed" and any(name.startswith("data.") for name in option.sets)),
    SEED,
    *RUNNING,
)
"""Settings of a comparison that have an option of their own: fields of `CompareSettings`."""

METRICS: Final = {"accuracy": "accuracy", "rmse": "RMSE", "log_loss": "log-loss", "ece": "ECE"}
"""Metrics shown beside the AUC, and what they are called; `results.csv` has them all."""


@gathers(settings=COMPARING, read=inside("data.read", READING))
def compare(
    log: OptionalLog = None,
    *,
    tracers: Annotated[str | None, typer.Option(metavar="A,B,...", help="Which tracers (all).")] = None,
    fold_files: Annotated[bool, typer.Option("--fold-files", help="The logs are one fold each.")] = False,
    settings: Mapping[str, Any],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="TRACER.NAME=VALUE", help="Option of a tracer: --set dkt.hidden=64"),
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="YAML", help="Settings; options go before them.")] = None,
    resume: Annotated[str | None, typer.Option(metavar="RUN", help="Go on with a comparison.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="RUN", help="Run folder (runs/ and the time).")] = None,
    as_json: Json = False,
    read: Mapping[str, Any],
) -> None:
    """Fit tracers to the same students of a log and score them on the same answers of others.

    The log's students are split 70/10/20 unless --folds, --fold-files, --valid-fold, --test or --split say otherwise.
    A tracer that is done is not fitted again: --resume goes on where a comparison stopped, or adds --tracers to it.
    """
    from kt_fewshot.recipes import CompareSettings, compare_tracers, merged, resume_comparison

    from .progress import OneFit

    named = _named(log, tracers, set_, fold_files=fold_files)
    if resume is not None:
        _refuse_beside_resume(log or settings or read or set_ or config or out)
        done = resume_comparison(resume, tracers=tuple(named.get("tracers", ())), say=say, listen=OneFit)
    else:
        values = merged(merged(named, settings), read)
        done = compare_tracers(CompareSettings.assemble(config, values), out=out, say=say, listen=OneFit)
    if as_json:
        print_json(done.to_dict())
        return
    print_comparison(done.comparison)
    say(f"Run: {done.run.path}")


def print_comparison(comparison: "Comparison") -> None:
    """Who foretells best, by how much, at what cost; and where: early or late in a history, on rare or common items."""
    found = comparison.to_json_dict()
    tracers = found["tracers"]
    counts = ", ".join(
        f"{number:,} {name}" for name, number in found["counts"].items() if (name, number) != ("folds", 1)
    )
    baseline = found["baseline"]
    print_table(
        f"Next answer ({counts})",
        ("tracer", "AUC [95 %]", f"less that of {baseline} [95 %]" if baseline else ""),
        [
            (one["tracer"], interval(one["test"]["auc"]), signed(one.get("difference", {}).get("auc")))
            for one in tracers
        ],
    )
    columns = ("tracer", *METRICS.values(), "fit s", "predict s", "parameters")
    print_table("\nOther metrics, and what it took", columns, [_row(one) for one in tracers])
    _print_parts("AUC by position in the history", tracers, "positions")
    _print_parts("AUC by how many training answers the item has", tracers, "items")


def _row(tracer: Mapping[str, Any]) -> tuple[object, ...]:
    metrics = [interval({"value": tracer["test"][name]["value"]}) for name in METRICS]
    seconds = [f"{tracer[name]:.2f}" for name in ("fit_seconds", "predict_seconds")]
    return (tracer["tracer"], *metrics, *seconds, tracer["parameters"])


def _print_parts(title: str, tracers: Sequence[Mapping[str, Any]], kind: str) -> None:
    keys = [part["key"] for part in tracers[0].get(kind, ())] if tracers else []
    if not keys:
        return
    rows = [
        (one["tracer"], *(interval({"value": part["auc"]["value"]}) for part in one[kind] if part["key"] in keys))
        for one in tracers
    ]
    numbers = ("answers", *(part["n"] for part in tracers[0][kind]))
    print_table(f"\n{title}", ("tracer", *keys), [*rows, numbers])


def _named(
    log: list[Path] | None, tracers: str | None, options: list[str] | None, *, fold_files: bool
) -> dict[str, Any]:
    """What has no setting of its own name, as settings."""
    named = logs_named(log, fold_files=fold_files)
    if tracers is not None:
        named["tracers"] = [name.strip() for name in tracers.split(",") if name.strip()]
    for dotted, value in named_values(options).items():
        tracer, dot, option = dotted.partition(".")
        if not dot:
            raise KTError(f"--set wants the tracer too, such as --set dkt.hidden=64. Found '{dotted}'.")
        named.setdefault("models", {}).setdefault(tracer, {})[option] = value
    return named


def _refuse_beside_resume(others: object) -> None:
    if others:
        raise KTError(
            "--resume goes on with the comparison's own settings, so nothing but --tracers can be set. "
            "Leave the rest out, or begin a new one with --config RUN/config.yaml."
        )
