"""Tests of the BKT recursion, on paper and by enumeration of latent states."""

import itertools

import pytest
import torch

from kt_fewshot.data import Occurrences
from kt_fewshot.tracing.bkt_recursion import Emission, forward_filter, log_likelihood, p_correct, posterior, practise


def emission(guess: float, slip: float, learn: float, forget: float = 0.0) -> Emission:
    return Emission(*(torch.tensor([value], dtype=torch.float64) for value in (guess, slip, learn, forget)))


def test_one_step_on_paper() -> None:
    skill = emission(0.2, 0.1, 0.3)
    m = torch.tensor([0.5], dtype=torch.float64)
    assert p_correct(m, skill).item() == pytest.approx(0.55)
    right = posterior(m, torch.tensor([1]), skill)
    assert right.item() == pytest.approx(0.45 / 0.55)
    assert posterior(m, torch.tensor([0]), skill).item() == pytest.approx(0.05 / 0.45)
    assert practise(right, skill).item() == pytest.approx(0.45 / 0.55 + (0.1 / 0.55) * 0.3)


def by_enumeration(m: float, answers: list[int], skill: Emission) -> float:
    """P(answers) as the sum over every path of the latent state."""
    guess, slip, learn, forget = (float(field) for field in skill)
    total = 0.0
    for path in itertools.product([0, 1], repeat=len(answers)):
        p = m if path[0] else 1 - m
        for here, there in itertools.pairwise(path):
            stay = 1 - forget if here else 1 - learn
            p *= stay if here == there else 1 - stay
        for state, answer in zip(path, answers, strict=True):
            right = 1 - slip if state else guess
            p *= {1: right, 0: 1 - right, 2: 1.0}[answer]
        total += p
    return total


@pytest.mark.parametrize("answers", [[1], [0, 1], [1, 1, 0, 1, 0], [0, 2, 1], [2, 2, 1, 0]])
def test_likelihood_is_the_sum_over_paths(answers: list[int]) -> None:
    skill = emission(0.25, 0.08, 0.15, 0.05)
    ahead = torch.tensor([answers + [-1] * (5 - len(answers))])
    total, told = log_likelihood(torch.tensor([0.4], dtype=torch.float64), ahead, skill)
    assert total.exp().item() == pytest.approx(by_enumeration(0.4, answers, skill))
    assert told.item() == sum(answer != 2 for answer in answers)


def test_likelihood_of_nothing_is_one() -> None:
    total, told = log_likelihood(torch.tensor([0.4]), torch.full((1, 5), -1), emission(0.2, 0.1, 0.1))
    assert (total.item(), told.item()) == (0.0, 0)


def test_filter_follows_each_group_by_itself() -> None:
    key = torch.tensor([7, 3, 7, 7, 3])
    correct = torch.tensor([1, 0, 1, 0, 1])
    skill = emission(0.2, 0.1, 0.3).of(torch.zeros(5, dtype=torch.int64))
    prior = torch.full((5,), 0.5, dtype=torch.float64)
    filtered = forward_filter(Occurrences.of(key), correct, prior, skill)
    one = emission(0.2, 0.1, 0.3)
    for positions in ([0, 2, 3], [1, 4]):
        m = prior[:1]
        for at in positions:
            assert filtered[at].item() == pytest.approx(m.item())
            m = practise(posterior(m, correct[at : at + 1], one), one)
