"""Losses by student are those that training minimises, and of a probe those of what it says."""

import numpy as np
import pytest
import torch
from scipy.special import expit, logit

from _asserts import random_log, store_of
from kt_fewshot.data import Streams, Vocabulary
from kt_fewshot.recipes.student_losses import by_student, student_losses, task_loss
from kt_fewshot.tracing import DKT, tracer_class

LOG = random_log(6, seed=3)
VOCABULARY = Vocabulary.of(LOG, min_item_answers=1)
STORE = store_of(LOG, VOCABULARY)
SMALL = {"hidden": 8, "embedding": 6, "head_hidden": 7}


def test_a_deep_tracers_losses_are_those_of_its_network():
    tracer = DKT(VOCABULARY, SMALL).double().eval()
    found = student_losses(tracer, STORE)
    (batch,) = Streams(STORE, rows=100, time=10_000)
    with torch.no_grad():
        wanted = tracer.network.losses(batch)
    wanted.pop("item_shrinkage")
    assert set(found) == set(wanted)
    for task, loss in wanted.items():
        assert found[task].total.sum() == pytest.approx(loss.total.item()), task
        assert found[task].labels.sum() == pytest.approx(loss.count.item()), task
        assert found[task].total.shape == (6,)


def test_correctness_is_judged_after_calibration():
    tracer = DKT(VOCABULARY, SMALL | {"tasks": ["correct"]}).double().eval()
    raw = tracer.predict_log(STORE).correct
    tracer.calibration = type(tracer.calibration)(0.5, 1.0)
    p = expit(0.5 * logit(raw.numpy()) + 1.0)
    wanted = -np.where(STORE.correct == 1, np.log(p), np.log(1 - p)).sum()
    assert student_losses(tracer, STORE)["correct"].total.sum() == pytest.approx(wanted)


def test_a_classic_has_correctness_and_perhaps_mastery():
    for name, tasks in (("skill-mean", {"correct"}), ("bkt", {"correct", "mastery"})):
        tracer = tracer_class(name)(VOCABULARY, {}).double()
        tracer.fit(STORE, STORE)
        assert set(student_losses(tracer, STORE)) == tasks


def test_losses_by_hand():
    said, told = torch.tensor([0.25, 1.0, 0.5]), torch.tensor([1.0, 1.0, 0.0])
    assert task_loss("hints", said, told).tolist() == pytest.approx([np.log(4), 1e-7, np.log(2)])
    assert task_loss("attempts", said, told).tolist() == pytest.approx([0.28125, 0, 0.125])


def test_what_is_not_labelled_may_be_anything():
    loss = torch.arange(len(STORE)).double()
    labelled = STORE.position() < 2
    found = by_student(loss.masked_fill(~labelled, float("nan")), labelled, STORE)
    assert found.labels.tolist() == STORE.lengths.clamp(max=2).tolist()
    for k, first in enumerate(STORE.starts[:-1].tolist()):
        assert found.total[k] == sum(range(first, first + int(found.labels[k])))
