"""What a person sees of tasks compared with models of their own."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kt_fewshot.metrics import Interval

from .output import print_table, say

if TYPE_CHECKING:
    from kt_fewshot.evaluation import TaskTransfer, Transfer
    from kt_fewshot.recipes import SingleTaskRun


def print_single_task(compared: "SingleTaskRun") -> None:
    """Every task against a model of its own, with a verdict; then what each task gives, where that was asked."""
    from kt_fewshot.reports import meaning_of_transfer

    found = compared.tasks
    columns = ("task", "loss together", "alone", "change", "together")
    _print_changes(f"\nEach task against a model of its own (trainings of each: {found.repeats})", columns, found.tasks)
    for task, part in compared.without.items():
        columns = ("task", f"loss with {task}", "without", "change", f"with {task}")
        _print_changes(f"\nWhat {task} gives the others", columns, part.tasks)
    for task, part in compared.unseen.items():
        columns = ("against", "loss", "its loss", "change", "the probe")
        _print_changes(f"\nA linear probe for {task} on a trunk that never met it", columns, part.tasks)
    _say_what_to_do(found)
    say(f"Mean change of the tasks (Delta-m): {_percent(found.delta_m)}.")
    say(meaning_of_transfer(found))


def _say_what_to_do(found: "Transfer") -> None:
    from kt_fewshot.reports import ADVICE

    for verdict, advice in ADVICE.items():
        if named := found.named(verdict):
            told = advice.replace("NAME", named[0]) if len(named) == 1 else advice
            say(f"{verdict.value.capitalize()}: {', '.join(named)}. {told}")
    for reason in sorted({task.change.reason for task in found.tasks.values() if task.change.reason}):
        say(f"No verdict: {reason}.")


def _print_changes(title: str, columns: Sequence[str], tasks: "Mapping[str, TaskTransfer]") -> None:
    rows = [
        (name, f"{task.joint:.4f}", f"{task.other:.4f}", _percent(task.change), task.verdict.value)
        for name, task in tasks.items()
    ]
    print_table(title, columns, rows)


def _percent(change: Interval) -> str:
    """`+1.2% [-0.3%, +2.6%]`; only the number where it has no interval."""
    value, low, high = map(_one_percent, (change.value, change.low, change.high))
    return value if change.reason else f"{value} [{low}, {high}]"


def _one_percent(number: float) -> str:
    """Losses many times as large are told as that."""
    number = min(number, 1.0)  # no loss falls by more than the whole of it
    return f"{number:+.1%}" if number > -10 else "< -1000%"
