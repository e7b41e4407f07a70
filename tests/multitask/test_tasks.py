"""Tests of tasks' losses."""

import math

import pytest
import torch

from kt_fewshot.multitask import Binary, Regression


def test_binary_on_paper() -> None:
    output = torch.tensor([0.0, 2.0, -1.0])
    loss = Binary("correct").loss(output, torch.tensor([1, 1, 0]), torch.tensor([True, True, True]))
    expected = math.log(2) + math.log(1 + math.exp(-2)) + math.log(1 + math.exp(-1))
    assert loss.total.item() == pytest.approx(expected)
    assert loss.count.item() == 3


def test_regression_on_paper() -> None:
    loss = Regression("time").loss(torch.tensor([1.0, 4.0]), torch.tensor([0.0, 2.0]), torch.tensor([True, True]))
    assert loss.total.item() == pytest.approx(0.5 + 2.0)


@pytest.mark.parametrize("task", [Binary("a"), Regression("b")])
def test_masked_targets_may_be_anything(task: Binary | Regression) -> None:
    output = torch.tensor([0.3, -0.2], requires_grad=True)
    loss = task.loss(output, torch.tensor([1.0, float("nan")]), torch.tensor([True, False]))
    loss.total.backward()
    assert loss.count.item() == 1
    assert output.grad is not None
    assert output.grad.isfinite().all()
    assert output.grad[1] == 0


def test_nothing_labelled_is_a_loss_of_zero() -> None:
    loss = Binary("a").loss(torch.zeros(3), torch.zeros(3), torch.zeros(3, dtype=torch.bool))
    assert (loss.total.item(), loss.count.item()) == (0.0, 0)


def test_what_is_expected_of_a_target() -> None:
    output = torch.tensor([0.0, math.log(3)])
    assert Binary("hints").expected(output).tolist() == pytest.approx([0.5, 0.75])
    assert Regression("time").expected(output) is output
