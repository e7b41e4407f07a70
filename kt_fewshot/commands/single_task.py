"""What a person sees of tasks compared with models of their own."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from .output import print_table, say

if TYPE_CHECKING:
    from kt_fewshot.recipes import SingleTaskRun

WHAT_TO_DO: Final = {
    "helps": "keep it",
    "no difference": "none was shown, so whichever is simpler will do",
    "hurts": "drop it, share less (--sharing soft), or weigh the tasks anew (--set 'weights={NAME: 0.1}')",
}
"""Verdict -> what to do about a task."""


def print_single_task(compared: "SingleTaskRun") -> None:
    """Every task against a model of its own, with a verdict; then what each task gives, where that was asked."""
    found = compared.to_dict()
    how, tasks = found["settings"], found["tasks"]
    columns = ("task", "loss together", "alone", "change", "verdict")
    _print_changes(f"\nEach task against a model of its own (trainings of each: {how['repeats']})", columns, tasks)
    for task, part in found.get("without", {}).items():
        columns = ("task", f"loss with {task}", "without", "change", "verdict")
        _print_changes(f"\nWhat {task} gives the others", columns, part["tasks"])
    for task, part in found.get("unseen", {}).items():
        columns = ("against", "loss", "its loss", "change", "verdict")
        _print_changes(f"\nA linear probe for {task} on a trunk that never met it", columns, part["tasks"])
    say(f"Mean change of the tasks (Delta-m): {_percent(found['delta_m'])}.")
    for verdict, advice in WHAT_TO_DO.items():
        if named := [name for name, task in tasks.items() if task["verdict"] == verdict]:
            say(f"{verdict.capitalize()}: {', '.join(named)}. What to do: {advice}.")
    for reason in sorted({task["change"]["reason"] for task in tasks.values() if "reason" in task["change"]}):
        say(f"No verdict: {reason}.")
    say(
        f"A change is 1 - loss / other loss. A verdict says that it is beyond {how['smallest']:.0%}, whoever tests and "
        f"whatever the seed; of {round(1 / how['level'])} such tables one may have a wrong one."
    )


def _print_changes(title: str, columns: Sequence[str], tasks: Mapping[str, Any]) -> None:
    rows = [
        (name, f"{task['joint']:.4f}", f"{task['other']:.4f}", _percent(task["change"]), task["verdict"])
        for name, task in tasks.items()
    ]
    print_table(title, columns, rows)


def _percent(change: Mapping[str, Any]) -> str:
    """`+1.2% [-0.3%, +2.6%]`; only the number where it has no interval."""
    value, low, high = (_one_percent(change[name]) for name in ("value", "low", "high"))
    return value if change["high"] is None else f"{value} [{low}, {high}]"


def _one_percent(number: float | None) -> str:
    """Losses many times as large are told as that."""
    return f"{number:+.1%}" if number is not None and number > -10 else "< -1000%"
