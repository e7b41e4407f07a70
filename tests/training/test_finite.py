import math

import pytest
import torch

from kt_fewshot.training.finite import GRADIENT, WEIGHTS, FiniteWatch, Poison, all_finite


def test_the_first_step_and_all_that_were_not_finite_then():
    watch = FiniteWatch()
    watch.note(0, ("a", "b", "c"), torch.tensor([1.0, 2.0, 3.0]))
    assert watch.poison() is None
    watch.note(7, ("a", "b", "c"), torch.tensor([math.nan, 2.0, -math.inf]))
    watch.note(8, ("a", "b", "c"), torch.tensor([1.0, math.inf, 3.0]))
    watch.note(7, (GRADIENT,), torch.tensor([math.nan]))
    assert watch.poison() == Poison(7, ["a", "c", GRADIENT])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a", "c", GRADIENT], "The loss of a, c is not finite"),
        ([GRADIENT], "The gradient is not finite"),
        ([WEIGHTS], "Weights are no longer finite"),
    ],
)
def test_in_words(names, words):
    assert str(Poison(1, names)) == words


def test_all_numbers_of_all_tensors():
    fine = torch.ones(3)
    assert all_finite([])
    assert all_finite([fine, torch.empty(0)])
    assert not all_finite([fine, torch.tensor([1.0, math.inf])])
    assert not all_finite([torch.tensor(math.nan), fine])
