"""Tests of Performance Factors Analysis."""

import math

import pytest
import torch
from pydantic import ValidationError

from _asserts import store_and_vocabulary
from kt_fewshot.tracing import PFA

ROWS = [("a", "x", "p", 1), ("a", "y", "p", 0), ("a", "z", "p~~q", 1), ("a", "x", "q", 0), ("b", "x", "p", 1)]


def by_hand(tracer: PFA):
    with torch.no_grad():
        tracer.model.bias.fill_(0.1)
        tracer.model.skill.copy_(torch.tensor([0.0, -0.5, 0.3]))
        tracer.model.skill_slopes.copy_(torch.tensor([[0.0, 0.0], [0.8, -0.4], [0.6, -0.2]]))


@pytest.mark.parametrize(("counts", "f"), [("log", math.log1p), ("raw", float)])
def test_five_answers_on_paper(counts, f):
    store, vocabulary = store_and_vocabulary(ROWS)
    tracer = PFA(vocabulary, {"counts": counts}).double()
    by_hand(tracer)
    p = [-0.5, -0.5 + 0.8 * f(1), -0.5 + 0.8 * f(1) - 0.4 * f(1)]
    logits = [p[0], p[1], (p[2] + 0.3) / 2, 0.3 + 0.6 * f(1), p[0]]
    said = tracer.predict_log(store)
    assert said.correct.tolist() == pytest.approx([1 / (1 + math.exp(-0.1 - logit)) for logit in logits])
    assert said.mastery.tolist() == said.correct.tolist()


def test_where_students_stand_on_paper():
    store, vocabulary = store_and_vocabulary(ROWS)
    tracer = PFA(vocabulary, {}).double()
    by_hand(tracer)
    now = tracer.mastery(tracer.final_state(store)).correct
    p = -0.5 + 0.8 * math.log(3) - 0.4 * math.log(2)
    q = 0.3 + 0.6 * math.log(2) - 0.2 * math.log(2)
    assert now[0, 1:].logit().tolist() == pytest.approx([0.1 + p, 0.1 + q])


def test_success_speaks_for_a_skill_and_failure_against_it():
    rows = [(f"s{k}", "x", "p", int(k % 3 > 0)) for k in range(30) for _ in range(6)]
    store, vocabulary = store_and_vocabulary(rows)
    tracer = PFA(vocabulary, {}).double()
    history = tracer.fit(store, store)
    success, failure = tracer.model.skill_slopes[1].tolist()
    assert success > 0 > failure
    assert history.rows[0].metrics["auc"] > 0.9


def test_unknown_counts_are_refused():
    with pytest.raises(ValidationError, match="'log' or 'raw'"):
        PFA(store_and_vocabulary(ROWS)[1], {"counts": "squared"})
