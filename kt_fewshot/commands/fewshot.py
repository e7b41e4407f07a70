"""`kt-fewshot fewshot`: meta-train, test and use few-shot methods."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from kt_fewshot.errors import KTError

from .options import RUNNING, Json, Option, Run, gathers, inside, named_values
from .output import print_json, print_table, say

app = typer.Typer(
    help="Few-shot learning: one shared encoder, a head fitted on a handful of examples.",
    short_help="Few-shot learning.",
    no_args_is_help=True,
)

DATA: Final = (
    Option("--data", "Data set, folder of CLASS/IMAGE, or CSV file (glyphs).", metavar="NAME|PATH"),
    Option("--data-path", "Where a named data set is.", kind=Path, metavar="FOLDER"),
    *inside(
        "data_options",
        (
            Option("--split", "How its classes are split.", metavar="NAME"),
            Option("--image-size", "Side of the images, in pixels.", ("size",), kind=int),
            Option("--label", "Column of the class, in a table.", metavar="COL"),
        ),
    ),
)
"""What to draw episodes from."""

TEST: Final = (
    Option("--test-way", "Classes of a test episode (5).", kind=int),
    Option("--test-shot", "Its support examples a class (1).", kind=int),
    Option("--test-query", "Its queries a class (15).", kind=int),
    Option("--test-episodes", "Test episodes (1000).", kind=int),
)

TRAINING: Final = (
    *DATA,
    Option("--method", "How heads are fitted (protonet).", metavar="NAME"),
    Option("--encoder", "What turns examples into features; by their shape unless named.", metavar="NAME"),
    Option("--n-way", "Classes of a training episode (5).", kind=int),
    Option("--k-shot", "Its support examples a class (1).", kind=int),
    Option("--n-query", "Its queries a class (5).", kind=int),
    Option("--tasks", "Episodes a step; the method's own unless named.", kind=int),
    Option("--steps", "Steps an epoch (100).", kind=int),
    Option("--epochs", "Epochs, at most (20).", kind=int),
    Option("--learning-rate", "The method's own unless named.", kind=float),
    Option("--precision", "Arithmetic (auto).", metavar="auto|fp32|bf16"),
    Option("--chunks", "Cut each step's episodes in so many parts, to save memory (1).", kind=int),
    Option("--with-valid", "Train on the validation classes too, to the last epoch.", kind=bool),
    *TEST,
    Option("--seed", "Same seed, same numbers (0).", kind=int),
    *RUNNING,
)
"""Settings of a meta-training that have an option of their own: fields of `FewShotSettings`."""


@app.command(short_help="Meta-train a method, test it on unseen classes, and leave a run folder.")
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
    as_json: Json = False,
) -> None:
    """Meta-train a method on episodes, test it on classes it has never seen, and leave a run folder.

    Without --data, characters are rendered on the spot. Defaults stand in brackets.
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
        trained = resume_meta_training(resume, say=say, progress=Bar(counting="queries"))
    else:
        values = merged({"model": named_values(set_)} if set_ else {}, settings)
        trained = meta_train(
            FewShotSettings.assemble(config, values), out=out, say=say, progress=Bar(counting="queries")
        )
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
    k_shot: Annotated[int, typer.Option(help="Support examples a class.")] = 1,
    n_query: Annotated[int, typer.Option(help="Queries a class.")] = 15,
    episodes: Annotated[int, typer.Option(help="How many.")] = 1000,
    data: Mapping[str, Any],
    out: Annotated[Path | None, typer.Option(metavar="JSON", help="Also write the results here.")] = None,
    running: Mapping[str, Any],
    as_json: Json = False,
) -> None:
    """Test a saved run on episodes of its test classes (of other data with --data): accuracy with 95 % interval."""
    from kt_fewshot.recipes import evaluate_episodes

    from .summary import print_few_shot

    plan = {"n_way": n_way, "k_shot": k_shot, "n_query": n_query}
    results = evaluate_episodes(run, plan, episodes=episodes, data=data, out=out, say=say, **running)
    if as_json:
        print_json(results.to_json_dict())
    else:
        print_few_shot(results)


@app.command(short_help="Fit a run's head on your own examples and predict others.")
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
    """Fit a run's head on a handful of labelled examples, and write what it says of others."""
    from kt_fewshot.recipes import adapt_method

    written = adapt_method(run, support, query, out=out, label=label, say=say, **running)
    if as_json:
        print_json(written)
    else:
        say(f"{written['queries']:,} predictions in {written['out']}.")


@app.command(short_help="List the options of a method, for --set and for YAML files.")
def options(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="Name of a method.")] = "protonet",
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
