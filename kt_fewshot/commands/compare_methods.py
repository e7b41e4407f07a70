"""`kt-fewshot fewshot compare`: few-shot methods side by side on one budget."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from kt_fewshot.errors import KTError

from .options import RUNNING, Json, Option, gathers, inside, named_values
from .output import print_json, say

DATA: Final = (
    Option("--data", "glyphs, digits, omniglot ..., a folder of CLASS/IMAGE, or a CSV file (glyphs).", metavar="DATA"),
    Option("--data-path", "Where a named data set is.", kind=Path, metavar="FOLDER"),
    *inside(
        "data_options",
        (
            Option("--split", "How its classes are split, where there are several ways: omniglot.", metavar="NAME"),
            Option("--image-size", "Scale images to this side, in pixels.", ("size",), kind=int),
            Option("--label", "Column of the class, in a table (label, class, target or y).", metavar="COL"),
        ),
    ),
)
"""What to draw episodes from."""

TEST: Final = (
    Option("--test-way", "Classes of a test episode (5).", kind=int),
    Option("--test-shot", "Labelled examples of each class in it (1).", kind=int),
    Option("--test-query", "Examples of each class to name in it (15).", kind=int),
    Option("--test-episodes", "Test episodes (1000).", kind=int),
)
"""What the episodes of validation and test look like."""

BUDGET: Final = (
    Option("--steps", "Training steps an epoch (50).", kind=int),
    Option("--epochs", "Epochs, each ends with a validation (10).", kind=int),
)

COMPARING: Final = (
    *inside(
        "training",
        (
            *DATA,
            Option("--encoder", "What turns examples into features: conv4 for images, mlp for tables.", metavar="NAME"),
            Option("--n-way", "Classes of a training episode (5).", kind=int),
            Option("--k-shot", "Labelled examples of each class in it (1).", kind=int),
            Option("--n-query", "Examples of each class to name in it (5).", kind=int),
            Option("--tasks", "Episodes a step (4).", kind=int),
            *BUDGET,
            Option("--precision", "Arithmetic of training (auto).", metavar="auto|fp32|bf16"),
            *TEST,
            Option("--seed", "Same seed, same numbers (0).", kind=int),
            *RUNNING,
        ),
    ),
    Option("--baseline", "Compare with this method (protonet).", metavar="METHOD"),
)
"""Settings of a comparison that have an option of their own: fields of `CompareMethodsSettings`."""


@gathers(settings=COMPARING)
def compare(
    *,
    methods: Annotated[str | None, typer.Option(metavar="A,B,...", help="Which methods (all).")] = None,
    settings: Mapping[str, Any],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="METHOD.NAME=VALUE", help="Option of a method: --set maml.inner_steps=5"),
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="YAML", help="Settings; options go before them.")] = None,
    resume: Annotated[str | None, typer.Option(metavar="RUN", help="Go on with a comparison.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="RUN", help="Run folder (runs/ and the time).")] = None,
    as_json: Json = False,
) -> None:
    """Train methods on one budget (steps, episodes a step, examples an episode) and test them on the same episodes.

    Each method's run lies in RUN/METHOD and is not trained again: --resume goes on where a comparison stopped, or adds
    --methods to it. Methods that look at all queries of an episode at once (transductive) stand apart in the table.
    """
    from kt_fewshot.recipes import CompareMethodsSettings, compare_few_shot, merged, resume_method_comparison

    from .progress import OneFit
    from .summary import print_methods

    def listen() -> OneFit:
        return OneFit(counting="queries")

    named = _named(methods, set_)
    if resume is not None:
        if settings or set_ or config or out:
            raise KTError(
                "--resume goes on with the comparison's own settings, so nothing but --methods can be set. "
                "Leave the rest out, or begin a new one with --config RUN/config.yaml."
            )
        done = resume_method_comparison(resume, methods=tuple(named.get("methods", ())), say=say, listen=listen)
    else:
        chosen = CompareMethodsSettings.assemble(config, merged(named, settings))
        done = compare_few_shot(chosen, out=out, say=say, listen=listen)
    if as_json:
        print_json(done.to_dict())
        return
    print_methods(done.comparison)
    say(f"Run: {done.run.path}")


def _named(methods: str | None, options: list[str] | None) -> dict[str, Any]:
    """What has no setting of its own name, as settings."""
    named: dict[str, Any] = {}
    if methods is not None and methods.strip() != "all":
        named["methods"] = [name.strip() for name in methods.split(",") if name.strip()]
    for dotted, value in named_values(options).items():
        method, dot, option = dotted.partition(".")
        if not dot:
            raise KTError(f"--set wants the method too, such as --set maml.inner_steps=5. Found '{dotted}'.")
        named.setdefault("models", {}).setdefault(method, {})[option] = value
    return named
