"""What each of a tracer's tasks cost each student: sums of losses, by which trainings are compared."""

from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kt_fewshot.data import BEHAVIOUR, HORIZON, SequenceStore
from kt_fewshot.evaluation import YES_OR_NO
from kt_fewshot.tracing import Tracer, log_likelihood

SURE: Final = 1e-7
"""Probabilities keep this distance from 0 and 1, so that no single answer decides a sum."""


class StudentLosses(NamedTuple):
    """One task's losses, (students,) each: `total`, their sum; `labels`, how many there are."""

    total: NDArray[np.float64]
    labels: NDArray[np.float64]


def student_losses(tracer: Tracer, store: SequenceStore) -> dict[str, StudentLosses]:
    """Losses of what a tracer says before each answer, summed by student, in nats.

    They are those that training minimises, of what the user is told: of P(correct) after calibration.

    Args:
        tracer: a fitted one.
        store: the histories; the answers count that are scored.

    Returns:
        task -> losses: of "correct", of "mastery" where the tracer has an emission, and of the behaviour it predicts.
    """
    said = tracer.predict_log(store)
    found = {"correct": by_student(task_loss("correct", said.correct, store.correct), store.scored, store)}
    if (emission := tracer.emission()) is not None:
        skill = store.sets.single()[store.skill_set.long()]
        likelihood, told = log_likelihood(said.mastery.double(), store.ahead, emission.of(skill.clamp(min=0)))
        counts = store.scored & (skill >= 0)
        found["mastery"] = by_student(-likelihood / HORIZON, torch.where(counts, told / HORIZON, 0.0), store)
    for task, expected in tracer.predict_behaviour(store).items():
        target = store.behaviour[:, BEHAVIOUR.index(task)]
        found[task] = by_student(task_loss(task, expected, target), store.scored & ~target.isnan(), store)
    return found


def task_loss(task: str, expected: Tensor, target: Tensor) -> Tensor:
    """Loss of each answer, (answers,): the cross-entropy of what happens or not, else half the squared error."""
    if task != "correct" and task not in YES_OR_NO:
        return 0.5 * (expected.double() - target).square()
    sure = expected.double().clamp(SURE, 1 - SURE)
    return -(target * sure.log() + (1 - target) * (1 - sure).log())


def by_student(loss: Tensor, labels: Tensor, store: SequenceStore) -> StudentLosses:
    """Sums over each student's answers.

    Args:
        loss: (answers,); what stands where there is no label may be anything.
        labels: (answers,) how many labels each loss is of, or whether there is one.
        store: the answers.
    """
    labels, student = labels.double(), store.student()
    told = torch.where(labels > 0, loss.double(), 0.0)
    sums = (values.new_zeros(store.n_students).index_add_(0, student, values) for values in (told, labels))
    return StudentLosses(*(values.cpu().numpy() for values in sums))
