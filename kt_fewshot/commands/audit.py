"""`kt-fewshot data audit`: what lets answers be known before they are given."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from .options import READING, Json, Option, gathers
from .output import interval, print_json, print_table, say

AUDITING: Final = (
    Option("--prediction", "Column: P(correct).", metavar="COL"),
    Option("--split", "Column: train, valid or test.", metavar="COL"),
)

LEAKS_FOUND: Final = 1
"""Exit code where a leak was found."""


@gathers(settings=AUDITING, read=READING)
def audit(
    file: Annotated[list[Path], typer.Argument(metavar="FILE", help="Log or predictions, or their parts.")],
    *,
    draws: Annotated[int, typer.Option(min=0, help="Resamples of the students for the intervals.")] = 1000,
    as_json: Json = False,
    settings: Mapping[str, Any],
    read: Mapping[str, Any],
) -> None:
    """Look for leaks in a log, or in predictions of any tool, and see how far trivial models get.

    Leaks: answers told once per skill, rows told twice, columns that know their row's answer, the next one or the
    mean of the whole file, students in several parts, predictions that know what they cannot know.

    Predictions are a table with the columns of kt-audit (user_id, item_id, kc_ids, timestamp, y_true, y_pred, split,
    fold) or others of such names: student, problem, question, skill, concept, label, correct, target, prediction,
    pred, prob, p, position. Options name those whose names do not tell. Any other column is looked at as
    information that may only be known with the answer.

    Exit code 0: no leak; 1: a leak was found; 2: the file cannot be read.
    """
    from kt_fewshot.recipes import audit_file

    audited = audit_file(file, read=read, draws=draws, **settings)
    found = audited.to_dict()
    if as_json:
        print_json(found)
    else:
        say(f"Read as {found['read_as']}.")
        print_audit(found)
    if found["leaks"]:
        raise typer.Exit(LEAKS_FOUND)


def print_audit(found: Mapping[str, Any]) -> None:
    """Findings, a table of trivial models, and the verdict."""
    if found["findings"]:
        rows = [(one["severity"], one["kind"], one["rows"], f"{one['share']:.1%}") for one in found["findings"]]
        print_table("Findings", ("", "", "rows", "share"), rows)
    for one in found["findings"]:
        told = [("found", one["sentence"]), ("look at", one["example"]), ("do", one["advice"])]
        print_table(f"\n{one['kind']} ({one['severity']})", ("", ""), told)
    scores = found["scores"]
    rows = [(one["model"], interval(one["auc"]), interval(one["log_loss"])) for one in scores["models"]]
    title = f"\nTrivial models on the same {scores['answers']:,} answers of {found['students']:,} students"
    print_table(title, ("", "AUC [95 %]", "log-loss [95 %]"), rows)
    print_table("\nVerdict", ("",), [(found["verdict"],)])
    for line in found["untested"]:
        say(f"Not tested: {line}")
