"""Tests of the skill mean."""

import pytest
import torch
from pydantic import ValidationError

from _asserts import store_and_vocabulary
from kt_fewshot.data import Question
from kt_fewshot.tracing import SkillMean

ROWS = [("a", "x", "p", 1), ("a", "y", "p~~q", 0), ("a", "x", "p", 1), ("b", "x", "q", 1)]


def test_means_on_paper():
    store, vocabulary = store_and_vocabulary(ROWS)
    tracer = SkillMean(vocabulary, {"strength": 2.0}).double()
    tracer.fit(store, store)
    mean = 4 / 6  # of all answers, by the rule of succession
    p, q = (2 + 2 * mean) / (2.5 + 2), (1 + 2 * mean) / (1.5 + 2)
    assert tracer.rate.tolist() == pytest.approx([mean, p, q])
    assert tracer.predict_log(store).correct.tolist() == pytest.approx([p, (p + q) / 2, p, q])
    said = tracer.predict(tracer.start(2), Question.of_skills(torch.tensor([2, 0])))
    assert said.correct.tolist() == said.mastery.tolist() == pytest.approx([q, mean])


def test_only_scored_answers_count():
    store, vocabulary = store_and_vocabulary(ROWS)
    store.scored[1] = False
    tracer = SkillMean(vocabulary, {"strength": 1.0}).double()
    tracer.fit(store, store)
    assert tracer.rate[1].item() == pytest.approx((2 + 4 / 5) / (2 + 1))


def test_strength_is_checked():
    with pytest.raises(ValidationError, match="strength"):
        SkillMean(store_and_vocabulary(ROWS)[1], {"strength": 0})
