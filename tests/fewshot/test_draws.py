"""Tests of random numbers by (seed, task): the published generator, different numbers, every order as likely."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.fewshot.draws import below, distinct, random_bits, unequal, uniform
from kt_fewshot.training import mix

MASK = (1 << 64) - 1


def splitmix(state: int) -> int:
    """SplitMix64 on Python's own integers."""
    z = (state + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def test_bits_are_those_of_splitmix():
    assert splitmix(0) == 0xE220A8397B1DCDAF  # the reference implementation's first number
    bits = random_bits(3, torch.tensor([0, 7]), 4, stream=2)
    by_hand = [[splitmix((splitmix(t + mix(3, 2)) + j) & MASK) >> 32 & (2**31 - 1) for j in range(4)] for t in (0, 7)]
    assert bits.tolist() == by_hand


def test_a_task_has_its_numbers_whatever_stands_beside_it():
    tasks = torch.arange(50)
    whole = random_bits(1, tasks, 8)
    assert torch.equal(random_bits(1, tasks[30:33], 8), whole[30:33])
    assert torch.equal(random_bits(1, tasks, 5), whole[:, :5])
    assert not torch.equal(random_bits(2, tasks, 8), whole)
    assert not torch.equal(random_bits(1, tasks, 8, stream=1), whole)


def test_distinct_on_paper():
    half = torch.full((3,), 1 << 30)
    # places 2 of 5, 2 of the 4 left, 1 of the 3 left: 2 of 0 1 2 3 4, then 3 of 0 1 3 4, then 1 of 0 1 4
    assert distinct(half, 5).tolist() == [2, 3, 1]


@given(st.integers(1, 12), st.integers(0, 30), st.integers(0, 2**40))
def test_distinct_numbers_are_different_and_in_range(n: int, more: int, seed: int):
    bound = n + more
    drawn = distinct(random_bits(seed, torch.arange(20), n), bound)
    assert drawn.min() >= 0
    assert drawn.max() < bound
    assert all(len(set(row)) == n for row in drawn.tolist())


def test_every_ordered_pair_is_as_likely():
    drawn = distinct(random_bits(0, torch.arange(60_000), 2), 3)
    counts = torch.bincount(drawn[:, 0] * 3 + drawn[:, 1], minlength=9).reshape(3, 3)
    assert counts.diagonal().tolist() == [0, 0, 0]
    counts = counts.flatten()[counts.flatten() > 0].double()
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 20.5  # chi squared of 5 degrees of freedom, p = .001


def test_below_reaches_both_ends_and_no_further():
    assert below(torch.tensor([0, (1 << 31) - 1]), 7).tolist() == [0, 6]


def test_uniform_is_in_range_and_even():
    values = uniform(random_bits(5, torch.arange(1000), 100))
    assert uniform(torch.tensor([(1 << 31) - 1])) < 1
    assert float(values.mean()) == pytest.approx(0.5, abs=0.005)
    assert float(values.var()) == pytest.approx(1 / 12, abs=0.002)


def test_equal_bits_become_unequal_in_their_order():
    keys = unequal(torch.tensor([[5, 5, 4]]))
    assert keys.argsort(1).tolist() == [[2, 0, 1]]
