"""Tests of the history of a fit without epochs."""

import math

import pytest
import torch

from _asserts import random_log, store_of
from kt_fewshot.data import Vocabulary
from kt_fewshot.metrics import auc, log_loss
from kt_fewshot.tracing import SkillMean
from kt_fewshot.training import Row


class Listener:
    """Writes down what it is told."""

    def __init__(self):
        self.heard = []

    def start(self, total_steps):
        self.heard.append(("start", total_steps))

    def advance(self, steps, items, metrics):
        self.heard.append(("advance", steps, items, list(metrics)))

    def epoch(self, row):
        self.heard.append(("epoch", row.step))

    def close(self):
        self.heard.append(("close",))


@pytest.fixture
def tracer():
    return SkillMean(Vocabulary.of(random_log(12, seed=1)), {}).double()


def test_one_row_with_the_numbers_of_the_metrics(tracer):
    train, valid = (store_of(random_log(12, seed=seed), tracer.vocabulary) for seed in (1, 2))
    valid.scored[::3] = False
    history = tracer.fit(train, valid)
    (row,) = history.rows
    said, scored = tracer.predict_log(valid).correct.numpy(), valid.scored.numpy()
    assert row.metrics["auc"] == auc(said[scored], valid.correct.numpy()[scored])
    assert row.score == -row.metrics["correct_loss"] == -log_loss(said[scored], valid.correct.numpy()[scored])
    assert row.losses == {"correct": log_loss(tracer.predict_log(train).correct.numpy(), train.correct.numpy())}
    assert history.best is row


def test_a_listener_hears_of_one_step_and_the_end(tracer):
    store, listener = store_of(random_log(12, seed=1), tracer.vocabulary), Listener()
    tracer.fit(store, store, progress=listener)
    assert listener.heard == [("start", 1), ("advance", 1, len(store), ["correct"]), ("epoch", 1), ("close",)]


def test_a_listener_hears_of_the_end_of_a_failure(tracer, monkeypatch):
    def fail(_self, _train):
        raise ValueError("no")

    monkeypatch.setattr(SkillMean, "solve", fail)
    store, listener = store_of(random_log(12, seed=1), tracer.vocabulary), Listener()
    with pytest.raises(ValueError, match="no"):
        tracer.fit(store, store, progress=listener)
    assert listener.heard[-1] == ("close",)


def test_nothing_to_validate_on_is_no_score(tracer):
    store = store_of(random_log(12, seed=1), tracer.vocabulary)
    nobody = store.students(0, 0)
    row: Row = tracer.fit(store, nobody).rows[0]
    assert math.isnan(row.score)
    assert math.isnan(row.metrics["auc"])
    assert torch.isfinite(torch.tensor(row.losses["correct"]))
