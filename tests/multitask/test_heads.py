"""Tests of heads."""

import torch

from kt_fewshot.multitask import GatheredLinear, SplitMLP


def test_gathered_linear_is_the_one_output_of_a_linear_layer() -> None:
    head = GatheredLinear(5, 7)
    features = torch.randn(3, 5)
    target = torch.tensor([6, 0, 2])
    full = features @ head.weight.t() + head.bias
    chosen = head(features, head.weight[target], head.bias[target])
    torch.testing.assert_close(chosen, full[torch.arange(3), target])


def test_split_mlp_is_an_mlp_of_the_inputs_side_by_side() -> None:
    head = SplitMLP(3, 2, hidden=4)
    a, b = torch.randn(6, 3), torch.randn(6, 2)
    weight = torch.cat([layer.weight for layer in head.inputs], dim=1)
    hidden = torch.relu(torch.cat([a, b], dim=1) @ weight.t() + head.inputs[0].bias)
    torch.testing.assert_close(head(a, b), head.output(hidden).squeeze(-1))


def test_split_mlp_broadcasts() -> None:
    head = SplitMLP(3, 2, hidden=4)
    students, skills = torch.randn(5, 1, 3), torch.randn(1, 6, 2)
    every = head(students, skills)
    assert every.shape == (5, 6)
    torch.testing.assert_close(every[2, 3], head(students[2, 0], skills[0, 3]))


def test_gradient_reaches_every_weight() -> None:
    head = SplitMLP(3, 2, hidden=4)
    head(torch.randn(6, 3), torch.randn(6, 2)).sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in head.parameters())
