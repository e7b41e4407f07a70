"""Tests of Best-LR."""

import math

import pytest
import torch

from _asserts import store_and_vocabulary
from kt_fewshot.data import Question, Vocabulary, encode, simulate
from kt_fewshot.tracing import IRT, PFA, BestLR, SkillMean

ROWS = [("a", "x", "p", 1), ("a", "y", "p", 0), ("a", "x", "p", 1), ("a", None, "q", 1), ("a", None, "q", 1)]


@pytest.fixture
def tracer() -> BestLR:
    tracer = BestLR(store_and_vocabulary(ROWS)[1], {}).double()
    with torch.no_grad():
        tracer.model.bias.fill_(0.1)
        tracer.model.item.copy_(torch.tensor([0.0, 0.7, -0.7]))
        tracer.model.average_item.copy_(torch.tensor([0.0, 0.2, -0.3]))
        tracer.model.skill.copy_(torch.tensor([0.0, -0.5, 0.3]))
        tracer.model.skill_slopes.copy_(torch.tensor([[0.0, 0.0], [0.8, -0.4], [0.6, -0.2]]))
        tracer.model.slopes.copy_(torch.tensor([0.5, -0.3, 0.9, -0.6]))
    return tracer


def test_five_answers_on_paper(tracer):
    two, three, four, five = (math.log(k) for k in (2, 3, 4, 5))
    logits = [
        0.1 + 0.7 - 0.5,
        0.1 - 0.7 - 0.5 + (0.8 - 0.4) * two + (0.9 - 0.6) * two,
        0.1 + 0.7 - 0.5 + (0.8 * two - 0.4 * three) + (0.5 - 0.3) * two + (0.9 * two - 0.6 * three),
        0.1 - 0.3 + 0.3 + (0.9 * three - 0.6 * four),
        0.1 - 0.3 + 0.3 + (0.6 - 0.2) * two + (0.9 * four - 0.6 * five),  # an unknown item has no counts
    ]
    said = tracer.predict_log(store_and_vocabulary(ROWS)[0])
    assert said.correct.logit().tolist() == pytest.approx(logits)
    assert said.correct[3:].tolist() == said.mastery[3:].tolist()
    assert said.mastery[2].logit().item() == pytest.approx(logits[2] - 0.7 + 0.2 - (0.5 - 0.3) * two)


def test_mastery_is_what_is_said_of_an_item_never_seen(tracer):
    state = tracer.final_state(store_and_vocabulary(ROWS)[0])
    every = tracer.mastery(state)
    for skill in (1, 2):
        said = tracer.predict(state, Question.of_skills(torch.tensor([skill])))
        assert said.correct.item() == said.mastery.item() == pytest.approx(every.mastery[0, skill].item())


def test_items_skills_and_the_past_are_learned():
    log = simulate("irt", n_students=250, n_answers=40, n_skills=3, seed=2).interactions
    names = log.table["student"].unique(maintain_order=True).to_list()
    vocabulary = Vocabulary.of(log, min_item_answers=1)
    train, valid = (encode(log.of_students(part), vocabulary) for part in (names[:200], names[200:]))
    found = {cls: cls(vocabulary, {}).fit(train, valid).rows[0].metrics["auc"] for cls in (BestLR, PFA, IRT, SkillMean)}
    assert found[BestLR] > max(found[PFA], found[IRT]) > min(found[PFA], found[IRT]) > found[SkillMean]
    assert found[BestLR] > found[SkillMean] + 0.05
