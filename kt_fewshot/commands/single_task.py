"""What a person sees of tasks compared with models of their own."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from .output import print_table, say

if TYPE_CHECKING:
    from kt_fewshot.recipes import SingleTaskRun

WHAT_TO_DO: Final = {
    "helps": "keep it",
    "no difference": "none shown: what is simpler will do",
    "hurts": "drop it, or share less (--sharing soft), or weigh it anew (--set weights=...)",
}
"""Verdict -> what to do."""


def print_single_task(compared: "SingleTaskRun") -> None:
    """Every task against a model of its own, with a verdict; then what each task gives, where that was asked."""
    found = compared.to_dict()
    how = found["settings"]
    title = f"Learned together, against a model of its own ({how['repeats']} trainings of each)"
    _print_changes(f"\n{title}", "task", found["tasks"])
    say(f"Mean change (Delta-m): {_percent(found['delta_m'])}.")
    say(
        f"A change is 1 - loss together / loss alone. Verdicts beyond {how['smallest']:.0%}, wrong in at most "
        f"{how['level']:.0%} of such comparisons; intervals hold for all tasks at once."
    )
    for reason in sorted({task["change"].get("reason") for task in found["tasks"].values()} - {None}):
        say(f"No interval: {reason}.")
    for verdict, advice in WHAT_TO_DO.items():
        if named := [name for name, task in found["tasks"].items() if task["verdict"] == verdict]:
            say(f"{verdict}: {', '.join(named)}. What to do: {advice}.")
    for task, part in found.get("without", {}).items():
        _print_changes(f"\nWhat {task} gives the others", "task", part["tasks"])
    for task, part in found.get("unseen", {}).items():
        _print_changes(f"\nWhat a trunk that never met {task} has for it (linear probe)", "against", part["tasks"])


def _print_changes(title: str, what: str, tasks: Mapping[str, Any]) -> None:
    rows = [
        (name, f"{task['joint']:.4f}", f"{task['other']:.4f}", _percent(task["change"]), task["verdict"])
        for name, task in tasks.items()
    ]
    print_table(title, (what, "loss", "other", "change", ""), rows)


def _percent(change: Mapping[str, Any]) -> str:
    """`+1.2% [-0.3%, +2.6%]`; a change below -1000 % is told as that."""
    value, low, high = (_one_percent(change[name]) for name in ("value", "low", "high"))
    return value if change["low"] is None else f"{value} [{low}, {high}]"


def _one_percent(number: float | None) -> str:
    if number is None:
        return "-"
    return f"{number:+.1%}" if number > -10 else "<-1000%"
