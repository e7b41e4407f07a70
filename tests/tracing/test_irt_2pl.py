"""Tests of the two-parameter model with an ability that follows the answers."""

import pytest
import torch
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

from _asserts import step_of, store_and_vocabulary
from kt_fewshot.data import Vocabulary, encode, simulate
from kt_fewshot.metrics import auc
from kt_fewshot.tracing import IRT, IRT2PL

ROWS = [("a", "x", "p", 1), ("a", "y", "p", 0), ("a", "x", "q", 1), ("b", None, "p~~q", 1)]


@pytest.fixture
def tracer() -> IRT2PL:
    tracer = IRT2PL(store_and_vocabulary(ROWS)[1], {}).double()
    with torch.no_grad():
        tracer.easiness.copy_(torch.tensor([0.0, 0.5, -1.0]))
        tracer.discrimination.copy_(torch.tensor([0.0, 1.2, 0.6]))
        tracer.average_easiness.copy_(torch.tensor([0.0, 0.2, 0.4]))
        tracer.average_discrimination.copy_(torch.tensor([0.0, 0.8, 1.0]))
    return tracer


def expected(past: list[tuple[float, float, int]], discrimination: float, easiness: float) -> float:
    """P(correct) by numerical integration; `past`: discrimination, easiness, answer."""

    def belief(ability: float) -> float:
        result = norm.pdf(ability)
        for a, e, right in past:
            p = expit(a * ability + e)
            result *= p if right else 1 - p
        return result

    right = quad(lambda ability: belief(ability) * expit(discrimination * ability + easiness), -6, 6)[0]
    return right / quad(belief, -6, 6)[0]


def test_predictions_are_integrals_over_ability(tracer):
    said = tracer.predict_log(store_and_vocabulary(ROWS)[0])
    x, y = (1.2, 0.5), (0.6, -1.0)
    correct = [
        expected([], *x),
        expected([(*x, 1)], *y),
        expected([(*x, 1), (*y, 0)], *x),
        expected([], 0.9, 0.3),  # an unknown item is the mean of its skills' average items
    ]
    assert said.correct.tolist() == pytest.approx(correct, abs=1e-4)
    assert said.mastery[1].item() == pytest.approx(expected([(*x, 1)], 0.8, 0.2), abs=1e-4)


def test_a_right_answer_raises_every_skill(tracer):
    store = store_and_vocabulary(ROWS)[0]
    question, answer = step_of(store, 0)
    before = tracer.start(1)
    after = tracer.update(before, question, answer)
    assert (tracer.mastery(after).mastery[:, 1:] > tracer.mastery(before).mastery[:, 1:]).all()


def test_the_ability_of_new_students_is_worth_knowing():
    log = simulate("irt", n_students=300, n_answers=40, n_skills=2, seed=3).interactions
    names = log.table["student"].unique(maintain_order=True).to_list()
    vocabulary = Vocabulary.of(log, min_item_answers=1)
    train, test = (encode(log.of_students(part), vocabulary) for part in (names[:200], names[200:]))
    found = {}
    for cls in (IRT, IRT2PL):
        tracer = cls(vocabulary, {})
        tracer.fit(train, test)
        found[cls] = auc(tracer.predict_log(test).correct.numpy(), test.correct.numpy())
    assert found[IRT2PL] > found[IRT] + 0.03
