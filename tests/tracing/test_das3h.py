"""Tests of DAS3H."""

import math

import pytest
import torch

from _asserts import store_and_vocabulary
from kt_fewshot.data import Vocabulary, encode, simulate
from kt_fewshot.tracing import DAS3H

HOUR, DAY = 3600.0, 86_400.0
ROWS = [("a", "x", "p", 1), ("a", "x", "p", 0), ("a", "x", "p", 1)]


def by_hand(vocabulary: Vocabulary) -> DAS3H:
    tracer = DAS3H(vocabulary, {}).double()
    with torch.no_grad():
        tracer.model.bias.fill_(0.1)
        tracer.model.item.copy_(torch.tensor([0.0, 0.7]))
        tracer.model.skill.copy_(torch.tensor([0.0, -0.5]))
        tracer.model.skill_slopes[1] = torch.tensor([0.5, 0.4, 0.3, 0.2, 0.1, -0.05, -0.04, -0.03, -0.02, -0.01])
    return tracer


def test_three_answers_on_paper():
    """After a right answer two days ago and a wrong one half an hour ago."""
    store, vocabulary = store_and_vocabulary(ROWS, [0.0, 2 * DAY - HOUR / 2, 2 * DAY])
    two, three = math.log(2), math.log(3)
    ever_and_weeks = (0.5 + 0.2 + 0.1) * two - (0.05 + 0.02 + 0.01) * three
    hour_and_day = -(0.04 + 0.03) * two
    second = (0.5 + 0.2 + 0.1) * two - (0.05 + 0.02 + 0.01) * two
    tracer = by_hand(vocabulary)
    said = tracer.predict_log(store).correct.logit().tolist()
    assert said == pytest.approx([0.3, 0.3 + second, 0.3 + ever_and_weeks + hour_and_day])


def test_mastery_is_at_the_time_of_the_last_answer():
    store, vocabulary = store_and_vocabulary(ROWS, [0.0, 5 * DAY, 10 * DAY])
    tracer = by_hand(vocabulary)
    now = tracer.mastery(tracer.final_state(store)).mastery[0, 1].logit().item()
    two, three, four = (math.log(k) for k in (2, 3, 4))
    wins = 0.5 * three + (0.4 + 0.3) * two + 0.2 * two + 0.1 * three
    attempts = 0.05 * four + (0.04 + 0.03) * two + 0.02 * three + 0.01 * four
    assert now == pytest.approx(0.1 - 0.5 + wins - attempts)  # the average item of an unfitted tracer is 0


def test_times_help_where_students_forget_and_are_not_needed():
    students = simulate("dash", n_students=400, n_answers=60, n_skills=3, seed=1)
    log = students.interactions
    vocabulary = Vocabulary.of(log, min_item_answers=1)
    timed, timeless = encode(log, vocabulary), encode(log, vocabulary)
    timeless.time.fill_(float("nan"))
    found = [DAS3H(vocabulary, {}).fit(store, store).rows[0].metrics["auc"] for store in (timed, timeless)]
    assert found[0] > found[1] + 0.002
    assert found[1] > 0.6
