"""What learning several tasks at once gave each of them, against a model of its own: a verdict and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from kt_fewshot.evaluation import TaskTransfer, Transfer, Verdict
from kt_fewshot.metrics import Interval

from .wording import DASH, NBSP, counted, number, percent, short

TASKS: Final = {
    "correct": ("Answer", "right or wrong"),
    "mastery": ("Mastery", "the next answers on the skill"),
    "response_time": ("Response time", "how long until the answer"),
    "hints": ("Hints", "whether one was asked for"),
    "attempts": ("Attempts", "how many until the answer"),
}
"""Tasks as people know them, and what is foretold."""

ADVICE: Final[Mapping[Verdict, str]] = {
    Verdict.HELPS: "Keep it among the tasks.",
    Verdict.NONE: "Nothing to change: neither way was shown to be better. More trainings (--repeats) would tell more.",
    Verdict.HURTS: (
        "Train it in a model of its own (--set 'tasks=[NAME]'), let the tasks share less (--sharing soft), "
        "or weigh it more against the others (--set 'weights={NAME: NUMBER}')."
    ),
}
"""Verdict -> what to do about a task."""

SMALLEST_SHOWN: Final = -10.0
"""Below that a loss is many times as large, and how many is of no interest."""


@dataclass(frozen=True)
class Together:
    """A section: sentences, and the rows of its table: task, what it is, losses, change, interval, verdict, advice."""

    sentences: tuple[str, ...]
    rows: tuple[tuple[str, str, str, str, str, str, str, str], ...]
    mean_change: str
    meaning: str


def together(found: Transfer) -> Together:
    """Say what learning together gave."""
    return Together(
        sentences=(*_verdicts(found), _how(found)),
        rows=tuple(_row(name, task) for name, task in found.tasks.items()),
        mean_change=f"{_changed(found.delta_m.value)} ({_changed_between(found.delta_m)})",
        meaning=meaning_of_transfer(found),
    )


def advice(task: TaskTransfer) -> str:
    """What to do about a task."""
    return ADVICE.get(task.verdict, f"No verdict: {task.change.reason}.")


def meaning_of_transfer(found: Transfer) -> str:
    """How the numbers are to be read."""
    return (
        "A loss says how wrong the predictions are: lower is better. The change is 1 - loss together / loss alone: "
        f"above 0 learning together is better, at {_changed(-1.0)} the loss is twice as large. Helps or hurts is said "
        f"only where the whole interval lies beyond {percent(found.smallest)}, so that it holds for other students and "
        f"other trainings too; of {round(1 / found.level)} such tables one may have it wrong."
    )


def _verdicts(found: Transfer) -> list[str]:
    said = {
        Verdict.HURTS: "Learning together hurts: {}.",
        Verdict.HELPS: "Learning together helps: {}.",
        Verdict.NONE: "No difference was shown for: {}.",
        Verdict.UNKNOWN: "Nothing can be said yet about: {}.",
    }
    named = {verdict: [_named(name)[0].lower() for name in found.named(verdict)] for verdict in said}
    return [text.format(", ".join(named[verdict])) for verdict, text in said.items() if named[verdict]]


def _how(found: Transfer) -> str:
    return (
        f"The model learns {counted(len(found.tasks), 'task')} at once. To see what each gains or loses by that, it "
        "was also learned alone, by a model of the same size. Each model was trained "
        f"{counted(found.repeats, 'time')}, since no two trainings come out alike, and tested on the same "
        f"{counted(found.students, 'student')}."
    )


def _row(name: str, task: TaskTransfer) -> tuple[str, str, str, str, str, str, str, str]:
    losses = number(task.joint), number(task.other)
    change = _changed(task.change.value), _changed_between(task.change)
    verdict = "no difference shown" if task.verdict is Verdict.NONE else task.verdict.value
    return *_named(name), *losses, *change, verdict, advice(task).replace("NAME", name)


def _named(task: str) -> tuple[str, str]:
    return TASKS.get(task, (short(task), ""))


def _changed(share: float) -> str:
    """`+3.1 %`; no loss falls by more than the whole of it."""
    if not np.isfinite(share):
        return DASH
    share = min(share, 1.0)
    return f"{100 * share:+.1f}{NBSP}%" if share > SMALLEST_SHOWN else f"below {100 * SMALLEST_SHOWN:,.0f}{NBSP}%"


def _changed_between(found: Interval) -> str:
    if not np.isfinite([found.low, found.high]).all():
        return "no interval"
    return f"{_changed(found.low)} to {_changed(found.high)}"
