"""Tests of the heads that tasks ask for."""

import math

import torch

from kt_fewshot.multitask.task_heads import LinearHead, NoisyMean, OrderedThresholds


def test_linear_outputs_have_the_shape_asked_for() -> None:
    features = torch.randn(2, 7, 5)
    assert LinearHead(5)(features).shape == (2, 7)
    assert LinearHead(5, (3,))(features).shape == (2, 7, 3)
    assert LinearHead(5, (3, 2))(features).shape == (2, 7, 3, 2)
    head = LinearHead(5)
    torch.testing.assert_close(head(features), features @ head.linear.weight[0] + head.linear.bias)


def test_noise_is_one_number_for_all() -> None:
    head = NoisyMean(5)
    with torch.no_grad():
        head.log_scale.fill_(0.7)
    said = head(torch.randn(4, 5))
    assert said.shape == (4, 2)
    torch.testing.assert_close(said[:, 1], torch.full((4,), 0.7))


def test_levels_start_equally_likely_and_thresholds_stay_in_order() -> None:
    head = OrderedThresholds(5, 4)
    torch.testing.assert_close(head.thresholds().sigmoid(), torch.tensor([0.25, 0.5, 0.75]))
    optimizer = torch.optim.SGD(head.parameters(), lr=100.0)
    for _ in range(5):
        optimizer.zero_grad()
        (-head.thresholds()[0] + head.thresholds()[-1]).backward()  # pushed together, and beyond
        optimizer.step()
    assert (head.thresholds().diff() > 0).all()
    assert (head(torch.randn(6, 5)).diff(dim=-1) < 0).all()


def test_two_levels_have_one_threshold() -> None:
    head = OrderedThresholds(5, 2)
    assert head(torch.randn(6, 5)).shape == (6, 1)
    assert math.isclose(head.thresholds().item(), 0.0)
