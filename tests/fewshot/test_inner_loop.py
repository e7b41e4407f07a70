"""Tests of gradient steps and of the two strategies."""

import pytest
import torch
from torch import nn

from kt_fewshot.encoders import Conv4
from kt_fewshot.fewshot import Examples
from kt_fewshot.fewshot.inner_loop import Inputs, Loop, Vectorised, descend, example_losses, last, leaves, task_losses
from kt_fewshot.fewshot.strategy_choice import StrategyChoice, activation_bytes


def test_descent_on_paper():
    """l = (w - 1)^2 with rate .25: w halves its distance to 1."""
    w = torch.tensor(3.0, requires_grad=True)
    rule = lambda _, params, gradients: {"w": params["w"] - 0.25 * gradients["w"]}  # noqa: E731
    loss = lambda _, params: (params["w"] - 1).square()  # noqa: E731
    values = [params["w"] for params in descend({"w": w}, loss, rule, 3, second_order=True, follow=True)]
    assert [value.item() for value in values] == [2.0, 1.5, 1.25]
    assert torch.autograd.grad(values[-1], w)[0].item() == 0.125
    (first,) = descend({"w": w}, loss, rule, 1, second_order=False, follow=True)
    assert torch.autograd.grad(first["w"], w)[0].item() == 1.0  # the step as a constant
    alone = last(descend(leaves({"w": w}), loss, rule, 2, second_order=False, follow=False))["w"]
    assert alone.item() == 1.5
    assert alone.is_leaf


def test_losses_of_tasks_are_means_over_what_is_real():
    outputs = torch.tensor([[[1.0], [2.0]], [[3.0], [9.0]]])
    y = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    mask = torch.tensor([[True, True], [True, False]])
    x = torch.zeros(2, 2, 1)
    assert task_losses(outputs, Examples(x, y, mask), 0).tolist() == [2.5, 4.0]
    logits = torch.zeros(1, 2, 4)
    assert example_losses(logits, Examples(x[:1], torch.tensor([[0, 3]])), 4)[0].tolist() == pytest.approx(
        [1.3863] * 2, abs=1e-4
    )


def linear(params, x, counted):
    return x @ params["w"] + (0 if counted is None else counted[:, None])


@pytest.mark.parametrize("strategy", [Loop(), Vectorised()])
def test_each_task_has_its_own_parameters(strategy):
    x = torch.randn(2, 3, 4)
    w = torch.randn(2, 4, 5)
    mask = torch.tensor([[True, True, True], [True, False, True]])
    examples = Examples(x, torch.zeros(2, 3), mask)
    parts = strategy.parts(examples)
    slices = [slice(0, 1), slice(1, 2)] if isinstance(strategy, Loop) else [slice(0, 2)]
    for part, tasks in zip(parts, slices, strict=True):
        params = strategy.own({"w": w[tasks]})
        out = strategy.run(linear, params, Inputs(part.x, torch.zeros(part.y.shape)))
        real = torch.ones_like(part.y, dtype=torch.bool) if part.mask is None else part.mask
        torch.testing.assert_close(out[real], (x @ w)[tasks][mask[tasks]])
        shared = strategy.spread({"w": w[0]}, len(part))
        out = strategy.run(linear, shared, Inputs(part.x, torch.zeros(part.y.shape)))
        torch.testing.assert_close(out[real], (x @ w[0])[tasks][mask[tasks]])


def test_filling_that_is_not_a_number_stays_out():
    examples = Examples(torch.full((1, 2, 3), torch.nan), torch.zeros(1, 2), torch.tensor([[False, False]]))
    assert not Vectorised().parts(examples)[0].x.any()
    assert Loop().parts(examples)[0].x.shape == (1, 0, 3)


def test_the_strategy_is_the_users_or_that_of_the_device():
    examples = Examples(torch.zeros(2, 3, 1, 16, 16), torch.zeros(2, 3))
    for name, kind in (("loop", Loop), ("vectorised", Vectorised), ("auto", Loop)):
        assert isinstance(StrategyChoice(name)(examples, examples, steps=1, encoder=nn.Identity()), kind)


@pytest.mark.gpu
def test_a_gpu_takes_all_tasks_at_once_while_there_is_memory(monkeypatch):
    encoder = Conv4((1, 16, 16), hidden=4).cuda()
    examples = Examples(torch.zeros(2, 3, 1, 16, 16, device="cuda"), torch.zeros(2, 3, device="cuda"))
    assert isinstance(StrategyChoice("auto")(examples, examples, steps=1, encoder=encoder), Vectorised)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (1000, 1000))
    assert isinstance(StrategyChoice("auto")(examples, examples, steps=1, encoder=encoder), Loop)


def test_activations_are_counted():
    layer = nn.Sequential(nn.Linear(4, 8, bias=False), nn.Sigmoid())
    x = torch.zeros(3, 4)
    assert activation_bytes(layer, x) * 3 == 4 * (3 * 4 + 3 * 8)  # the linear layer's input, the sigmoid's output
