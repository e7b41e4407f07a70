"""Tests of the mastery head."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from kt_fewshot.data import HORIZON, QUESTION_FEATURES, SkillSets
from kt_fewshot.tracing.bkt_recursion import log_likelihood
from kt_fewshot.tracing.dkt.mastery_head import MasteryHead


def test_emission_starts_plausible_and_stays_below_a_half() -> None:
    head = MasteryHead(3, 4)
    emission = head.emission()
    np.testing.assert_allclose(emission.guess.detach(), 0.2, rtol=1e-5)
    np.testing.assert_allclose(emission.slip.detach(), 0.1, rtol=1e-5)
    np.testing.assert_allclose(emission.learn.detach(), 0.1, rtol=1e-5)
    for parameter in head.emission_parameters():
        parameter.data.fill_(50.0)
    assert (head.emission().guess <= 0.5).all()
    assert (head.emission().slip <= 0.5).all()


def test_loss_is_the_likelihood_of_the_next_answers() -> None:
    head = MasteryHead(3, 4).double()
    logit, skill = torch.tensor([0.3, -1.0], dtype=torch.float64), torch.tensor([1, 2])
    ahead = torch.tensor([[1, 1, 0, 1, 1], [0, 2, 1, -1, -1]], dtype=torch.int8)
    loss = head.loss(logit, skill, ahead)
    total, told = log_likelihood(logit.sigmoid(), ahead, head.emission().of(skill))
    assert loss.total.item() == pytest.approx(-total.sum().item() / HORIZON)
    assert loss.count.item() == pytest.approx((5 + 2) / HORIZON)
    assert told.tolist() == [5, 2]


def test_gradient_reaches_guess_slip_and_learning_rate_of_the_practised_skill_only() -> None:
    head = MasteryHead(3, 4)
    ahead = torch.tensor([[1, 1, 0, 1, 1]], dtype=torch.int8)
    head.loss(torch.tensor([0.3]), torch.tensor([2]), ahead).total.backward()
    for parameter in head.emission_parameters():
        assert parameter.grad is not None
        assert parameter.grad.nonzero().flatten().tolist() == [2]


def test_planted_emission_is_found() -> None:
    """From constant mastery and answers alone, guess, slip and learning rate come back."""
    rng = np.random.default_rng(0)
    n, guess, slip, learn, prior = 20_000, 0.3, 0.05, 0.2, 0.4
    mastered = rng.random(n) < prior
    answers = []
    for _ in range(HORIZON):
        answers.append(np.where(mastered, rng.random(n) >= slip, rng.random(n) < guess))
        mastered = mastered | (rng.random(n) < learn)
    ahead = torch.from_numpy(np.stack(answers, 1).astype(np.int8))
    head = MasteryHead(3, 2)
    skill = torch.ones(n, dtype=torch.int64)
    optimizer = torch.optim.Adam([*head.emission_parameters(), head.prior], lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        (head.loss(head.prior[skill], skill, ahead).total / n).backward()
        optimizer.step()
    found = head.emission()
    assert found.guess[1].item() == pytest.approx(guess, abs=0.03)
    assert found.slip[1].item() == pytest.approx(slip, abs=0.03)
    assert found.learn[1].item() == pytest.approx(learn, abs=0.04)
    assert head.prior[1].sigmoid().item() == pytest.approx(prior, abs=0.04)


def test_one_value_a_question() -> None:
    head = MasteryHead(3, 4)
    asked = SimpleNamespace(
        skill_set=torch.tensor([[0, 1]]),
        item=torch.zeros(1, 2, dtype=torch.int64),
        question=torch.randn(1, 2, len(QUESTION_FEATURES)),
        sets=SkillSets.of([[1], [2, 3]]),
    )
    assert head(torch.randn(1, 2, 3), asked).shape == (1, 2)
