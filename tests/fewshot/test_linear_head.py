"""Tests of what methods with a linear head share."""

import pytest
import torch
from _episodes import SHAPES, method_of

from kt_fewshot.data import ClassImages
from kt_fewshot.fewshot import EpisodePlan
from kt_fewshot.fewshot.linear_head import rows_for


def test_rows_on_paper():
    weight = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    assert rows_for(weight, 2) is weight
    assert rows_for(weight, 3).tolist() == [[2.0, 4.0]] * 3
    assert rows_for(torch.tensor([1.0, 5.0]), 0).tolist() == [3.0]


@pytest.mark.parametrize(("n_way", "rows"), [(3, 3), (5, 5), ((2, 4), 1)])
@pytest.mark.parametrize("name", ["anil", "maml", "meta-sgd"])
def test_the_head_has_the_rows_of_the_training_s_classes(name, n_way, rows):
    data = ClassImages(torch.randn(30, *SHAPES["mlp"]), torch.arange(30) % 6, tuple("abcdef"))
    method, twin = method_of(name), method_of(name)
    for each in (method, twin):
        each.batches(data, EpisodePlan(n_way, 1, n_query=2), steps=1, seed=0)
    assert method.head.weight.shape == (rows, 8)
    assert method.options.ways == rows
    assert torch.equal(method.head.weight, twin.head.weight)
    assert method.head.weight.dtype == torch.float64
    fixed = method_of(name, ways=4)
    fixed.batches(data, EpisodePlan(n_way, 1, n_query=2), steps=1, seed=0)
    assert fixed.head.weight.shape == (4, 8)
