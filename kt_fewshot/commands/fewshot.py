"""`kt-fewshot fewshot`: meta-train, test and use few-shot methods."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from kt_fewshot.errors import KTError

from .compare_methods import BUDGET, DATA, TEST, compare
from .options import RUNNING, Json, Option, Run, gathers, named_values
from .output import print_json, print_table, say

app = typer.Typer(
    help="Few-shot learning: one shared encoder, a head fitted on a handful of examples.",
    short_help="Few-shot learning.",
    no_args_is_help=True,
)

TRAINING: Final = (
    *DATA,
    Option("--method", "How a head is fitted to a new task (protonet).", metavar="NAME"),
    Option("--encoder", "What turns examples into features: conv4 for images, mlp for tables.", metavar="NAME"),
    Option("--n-way", "Classes of a training episode (20; with gradient steps as in the test).", kind=int),
    Option("--k-shot", "Labelled examples of each class in it (1).", kind=int),
    Option("--n-query", "Examples of each class to name in it (5).", kind=int),
    Option("--tasks", "Episodes a step (1; methods that take gradient steps 4).", kind=int),
    *BUDGET,
    Option("--learning-rate", "Highest of training (the method's own).", kind=float),
    Option("--precision", "Arithmetic of training (auto).", metavar="auto|fp32|bf16"),
    Option("--chunks", "Cut each step's episodes in so many parts, to save memory (1).", kind=int),
    Option("--with-valid", "Train on the validation classes too, to the last epoch.", kind=bool),
    *TEST,
    Option("--seed", "Same seed, same numbers (0).", kind=int),
    *RUNNING,
)
"""Settings of a meta-training that have an option of their own: fields of `FewShotSettings`."""


@app.command(short_help="Train a method, test it on unseen classes, and leave a run folder.")
@gathers(settings=TRAINING)
def train(
    *,
    settings: Mapping[str, Any],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Option of the method; `fewshot options` lists them."),
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="YAML", help="Settings; options go before them.")] = None,
    resume: Annotated[str | None, typer.Option(metavar="RUN", help="Go on with an interrupted run.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="RUN", help="Run folder (runs/ and the time).")] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no report.html.")] = False,
    as_json: Json = False,
) -> None:
    """Train a method on small tasks (episodes), test it on classes it has never seen, and leave a run folder.

    An episode shows a few labelled examples of some classes (--n-way of them, --k-shot examples each) and asks for the
    class of others (--n-query each). Without --data, characters are drawn on the spot in 16 fonts. Defaults stand in
    brackets.
    """
    from kt_fewshot.recipes import FewShotSettings, merged, meta_train, resume_meta_training

    from .progress import Bar
    from .summary import print_few_shot

    if resume is not None:
        if settings or set_ or config or out:
            raise KTError(
                "--resume goes on with the run's own settings, so nothing else can be set. "
                "Leave the rest out, or begin a new run with --config RUN/config.yaml."
            )
        trained = resume_meta_training(resume, report=not no_report, say=say, progress=Bar(counting="queries"))
    else:
        values = merged({"model": named_values(set_)} if set_ else {}, settings)
        chosen = FewShotSettings.assemble(config, values)
        trained = meta_train(chosen, out=out, report=not no_report, say=say, progress=Bar(counting="queries"))
    if as_json:
        print_json(trained.to_dict())
    else:
        print_few_shot(trained.results)
        say(f"Run: {trained.run.path}")


@app.command(short_help="Test a saved run on episodes.")
@gathers(data=DATA, running=RUNNING)
def evaluate(
    run: Run,
    *,
    n_way: Annotated[int, typer.Option(help="Classes of an episode.")] = 5,
    k_shot: Annotated[int, typer.Option(help="Labelled examples of each class.")] = 1,
    n_query: Annotated[int, typer.Option(help="Examples of each class to name.")] = 15,
    episodes: Annotated[int, typer.Option(help="How many episodes.")] = 1000,
    data: Mapping[str, Any],
    out: Annotated[Path | None, typer.Option(metavar="JSON", help="Also write the results here.")] = None,
    running: Mapping[str, Any],
    as_json: Json = False,
) -> None:
    """Test a saved run on episodes of its test classes: accuracy with 95 % interval over episodes.

    With --data the classes are those that other data keep for testing.
    """
    from kt_fewshot.recipes import evaluate_episodes

    from .summary import print_few_shot

    plan = {"n_way": n_way, "k_shot": k_shot, "n_query": n_query}
    results = evaluate_episodes(run, plan, episodes=episodes, data=data, out=out, say=say, **running)
    if as_json:
        print_json(results.to_json_dict())
    else:
        print_few_shot(results)


app.command(short_help="Methods side by side: same data, same budget, same test.")(compare)


@app.command(short_help="A run's report: one HTML file, for people.")
@gathers(running=RUNNING)
def report(
    run: Run,
    *,
    out: Annotated[Path | None, typer.Option(metavar="HTML", help="File to write (RUN/report.html).")] = None,
    running: Mapping[str, Any],
    as_json: Json = False,
) -> None:
    """Report on a run: how sure it is, an episode with its answers, more examples, a map of features, confusions."""
    from kt_fewshot.recipes import report_episodes

    written = report_episodes(run, out=out, say=say, **running)
    if as_json:
        print_json(written)
    else:
        say(f"Report: {written['out']}.")


@app.command(short_help="Name your own examples, after a few labelled ones.")
@gathers(running=RUNNING)
def adapt(
    run: Run,
    *,
    support: Annotated[Path, typer.Option(metavar="PATH", help="Labelled examples: folder of CLASS/IMAGE, or CSV.")],
    query: Annotated[Path, typer.Option(metavar="PATH", help="What to predict: folder of images, or CSV.")],
    label: Annotated[str | None, typer.Option(metavar="COL", help="Column of the class, in a CSV.")] = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="CSV or Parquet to write.")] = Path("predictions.csv"),
    running: Mapping[str, Any],
    as_json: Json = False,
) -> None:
    """Show a run a handful of labelled examples of any classes, and write what it says of others.

    The classes may be new: nothing is trained, and the run stays as it was.
    """
    from kt_fewshot.recipes import adapt_method

    written = adapt_method(run, support, query, out=out, label=label, say=say, **running)
    if as_json:
        print_json(written)
    else:
        say(f"{written['queries']:,} predictions in {written['out']}.")


@app.command(short_help="List the options of a method, for --set and for YAML files.")
def options(
    method: Annotated[
        str, typer.Argument(metavar="METHOD", help="Name of a method (protonet).", show_default=False)
    ] = "protonet",
    *,
    as_json: Json = False,
) -> None:
    """List the options of a method: `--set inner_steps=5`, or `model: {inner_steps: 5}` in a file for --config."""
    import json

    from kt_fewshot.recipes import list_method_options

    listed = list_method_options(method)
    if as_json:
        print_json(listed)
        return
    rows = [(name, json.dumps(option["default"]), option["meaning"]) for name, option in listed.items()]
    print_table(f"Options of {method}", ("name", "default", "meaning"), rows)
