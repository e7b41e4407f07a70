"""Transfer to a task that a trunk never met: a linear probe on what the trunk knows before each answer."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from kt_fewshot.data import BEHAVIOUR, SequenceStore
from kt_fewshot.evaluation import YES_OR_NO, linear_probe
from kt_fewshot.tracing import DKT

from .student_losses import StudentLosses, by_student, task_loss
from .study import Study

UNTRAINED: Final = "untrained trunk"
"""A trunk of random weights reads the answers too, and a probe finds something in it."""

MEAN: Final = "mean"
"""The training students' mean for everyone."""


def probe_losses(task: str, tracer: DKT, untrained: DKT, study: Study) -> dict[str, StudentLosses]:
    """The test students' losses of a task by three probes.

    Args:
        task: "correct" or one of `BEHAVIOUR`; of another nothing is probed, as it has no label of its own.
        tracer: trained, without this task.
        untrained: the same before training.
        study: probes are fitted to its training students.

    Returns:
        `task` for the trained trunk, `task untrained trunk` and `task mean` for what it has to beat.
    """
    if task != "correct" and task not in BEHAVIOUR:
        return {}
    target, asked = (_target(task, store) for store in (study.train, study.test))
    yes_or_no = task == "correct" or task in YES_OR_NO
    found = {}
    for name, trunk in ((task, tracer), (f"{task} {UNTRAINED}", untrained), (f"{task} {MEAN}", None)):
        said = linear_probe(_features(trunk, study.train), target, _features(trunk, study.test), yes_or_no=yes_or_no)
        loss = task_loss(task, torch.from_numpy(said), torch.from_numpy(asked))
        found[name] = by_student(loss, ~torch.from_numpy(np.isnan(asked)), study.test)
    return found


def _features(trunk: DKT | None, store: SequenceStore) -> NDArray[np.float32]:
    """(answers, width); nothing but ones without a trunk."""
    return np.ones((len(store), 1), np.float32) if trunk is None else trunk.features(store).float().cpu().numpy()


def _target(task: str, store: SequenceStore) -> NDArray[np.float64]:
    """(answers,), NaN where the answer does not count or says nothing."""
    column = store.correct if task == "correct" else store.behaviour[:, BEHAVIOUR.index(task)]
    values = column.double().cpu().numpy().copy()
    values[~store.scored.cpu().numpy()] = np.nan
    return values
