"""`kt-fewshot dkt relations`: how the tasks of a run get on."""

from collections.abc import Mapping
from itertools import combinations
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from .options import READING, RUNNING, Json, OptionalLog, Run, gathers
from .output import print_json, print_table, say

if TYPE_CHECKING:
    from kt_fewshot.recipes import RelatedTasks


EXPLAINED: Final = "what a step for the other task saves of its loss, in % of what a step of its own saves"


@gathers(running=RUNNING, read=READING)
def relations(
    run: Run,
    log: OptionalLog = None,
    *,
    out: Annotated[Path | None, typer.Option(metavar="HTML", help="File to write (RUN/relations.html).")] = None,
    epochs: Annotated[int, typer.Option(help="Passes over the students, a training.")] = 3,
    trainings: Annotated[int, typer.Option(help="From other first weights each.")] = 3,
    at_least: Annotated[float, typer.Option(help="Mean cosine from which two tasks get on.")] = 0.05,
    running: Mapping[str, Any],
    as_json: Json = False,
    read: Mapping[str, Any],
) -> None:
    """Find out how a run's tasks get on: whether they pull its trunk the same way, and whether they help each other.

    Fresh networks of the run's settings are trained for a few epochs on its training students, or on a LOG, and asked
    on the way. The picture also shows how much each task takes of each tower, where the run has learned that.
    """
    from kt_fewshot.recipes import relate_tasks

    from .progress import OneFit

    related = relate_tasks(
        run,
        log or (),
        out=out,
        epochs=epochs,
        trainings=trainings,
        at_least=at_least,
        read=read,
        say=say,
        progress=OneFit(),
        **running,
    )
    if as_json:
        print_json(related.to_dict())
        return
    print_related(related)
    say(f"Picture: {related.page}")


def print_related(related: "RelatedTasks") -> None:
    """Pair by pair; whom each task gets on with; what the run has learned of it."""
    tasks, cosine, share = related.cosine.tasks, related.cosine.matrix, related.affinity.of_own().matrix
    rows = [
        (
            tasks[i],
            tasks[j],
            _signed(cosine[i, j]),
            f"{_signed(related.lowest[i, j])} to {_signed(related.highest[i, j])}",
            _signed(100 * share[i, j], "+.0f"),
            _signed(100 * share[j, i], "+.0f"),
        )
        for i, j in sorted(combinations(range(len(tasks)), 2), key=lambda pair: (isnan(cosine[pair]), -cosine[pair]))
    ]
    columns = ("task", "and task", "gradient cosine", "between trainings", "gains %", "gives %")
    print_table("How the tasks get on", columns, rows)
    print_table("", ("", ""), [("gains", EXPLAINED)])
    groups = [(", ".join(group), "") for group in related.groups]
    print_table("\nGroups that get on", ("", ""), groups)
    if (learned := related.learned) is not None:
        rows = [
            (task, *map("{:.2f}".format, weights)) for task, weights in zip(learned.tasks, learned.matrix, strict=True)
        ]
        print_table("\nWhat each task takes of each tower, as the run has learned", ("", *learned.sources), rows)


def _signed(value: float, form: str = "+.2f") -> str:
    """A number that may be unknown; never -0.00."""
    said = "-" if isnan(value) else format(value, form)
    return said if said.strip("+-0.") else said.lstrip("+-") or "-"
