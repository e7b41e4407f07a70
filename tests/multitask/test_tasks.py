"""Tests of tasks: losses on paper, what holds for every task, calibration."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm
from torch import Tensor

from kt_fewshot.metrics import fit_platt
from kt_fewshot.multitask import Binary, MultiClass, MultiLabel, Ordinal, Regression, Task

EVERY_TASK = pytest.mark.parametrize(
    "task",
    [
        Binary("binary"),
        MultiLabel("skills", labels=("a", "b", "c")),
        Regression("time"),
        Regression("noisy", noise="learned"),
        MultiClass("subject", classes=4),
        Ordinal("grade", classes=4),
        Ordinal("yes or no", classes=2),
    ],
    ids=lambda task: task.name,
)


def outputs(task: Task, n: int = 6) -> Tensor:
    """Raw outputs of a new head on random features."""
    torch.manual_seed(0)
    head = task.head(5).double()
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return head(torch.randn(n, 5, dtype=torch.float64))


def targets(task: Task, n: int = 6) -> Tensor:
    return torch.randint(0, 2, (n, *task.target_shape), generator=torch.Generator().manual_seed(1)).double()


def test_binary_on_paper() -> None:
    output = torch.tensor([0.0, 2.0, -1.0])
    loss = Binary("correct").loss(output, torch.tensor([1, 1, 0]), torch.tensor([True, True, True]))
    expected = math.log(2) + math.log(1 + math.exp(-2)) + math.log(1 + math.exp(-1))
    assert loss.total.item() == pytest.approx(expected)
    assert loss.count.item() == 3


def test_regression_on_paper() -> None:
    loss = Regression("time").loss(torch.tensor([1.0, 4.0]), torch.tensor([0.0, 2.0]), torch.tensor([True, True]))
    assert loss.total.item() == pytest.approx(0.5 + 2.0)
    noisy = Regression("time", noise="learned")
    said = noisy.loss(torch.tensor([[1.0, math.log(2)]]), torch.tensor([4.0]), torch.tensor([True]))
    assert said.total.item() == pytest.approx(-norm(1, 2).logpdf(4))


def test_labels_of_an_example_add_up_where_they_are_known() -> None:
    task = MultiLabel("skills", labels=("a", "b", "c"))
    target = torch.tensor([[1.0, 0.0, float("nan")]])
    loss = task.loss(torch.zeros(1, 3), target, ~target.isnan())
    assert loss.total.item() == pytest.approx(2 * math.log(2))
    assert loss.count.item() == 2


def test_a_level_is_what_lies_between_its_thresholds() -> None:
    """P(y > 0) = .8 and P(y > 1) = .3 leave .2, .5 and .3."""
    output = torch.tensor([[math.log(0.8 / 0.2), math.log(0.3 / 0.7)]])
    task = Ordinal("grade", classes=3)
    assert task.expected(output).tolist()[0] == pytest.approx([0.2, 0.5, 0.3])
    for level, p in enumerate((0.2, 0.5, 0.3)):
        assert task.elementwise(output, torch.tensor([level])).item() == pytest.approx(-math.log(p), rel=1e-5)
    assert task.decide(task.expected(output).numpy()) == [1]


def test_levels_far_out_stay_finite() -> None:
    output = torch.tensor([[90.0, 89.999], [-90.0, -90.0]], requires_grad=True)
    loss = Ordinal("grade", classes=3).elementwise(output, torch.tensor([0, 2]))
    loss.sum().backward()
    assert loss.tolist() == pytest.approx([90.0, 90.0])
    assert output.grad.isfinite().all()


def test_class_on_paper() -> None:
    output = torch.tensor([[0.0, math.log(3), 0.0]])
    task = MultiClass("subject", classes=3)
    assert task.expected(output).tolist()[0] == pytest.approx([0.2, 0.6, 0.2])
    assert task.elementwise(output, torch.tensor([1])).item() == pytest.approx(-math.log(0.6))
    assert task.decide(task.expected(output).numpy()) == [1]


@EVERY_TASK
def test_head_gives_what_the_task_asks_for(task: Task) -> None:
    output = outputs(task)
    assert output.shape == (6, *task.output_shape)
    assert task.outputs == output[0].numel()
    assert task.elementwise(output, targets(task)).shape == (6, *task.target_shape)


@EVERY_TASK
def test_masked_targets_may_be_anything(task: Task) -> None:
    output = outputs(task, 2).detach().requires_grad_()
    target, mask = targets(task, 2), torch.ones(2, *task.target_shape, dtype=torch.bool)
    target[1], mask[1] = float("nan"), False
    loss = task.loss(output, target, mask)
    loss.total.backward()
    assert loss.count.item() == math.prod(task.target_shape)
    assert output.grad is not None
    assert output.grad.isfinite().all()
    assert not output.grad[1].any()
    assert output.grad[0].any()


@EVERY_TASK
def test_nothing_labelled_is_a_loss_of_zero(task: Task) -> None:
    loss = task.loss(outputs(task), targets(task), torch.zeros(6, *task.target_shape, dtype=torch.bool))
    assert (loss.total.item(), loss.count.item()) == (0.0, 0)


@EVERY_TASK
def test_a_likelihood_adds_up_to_one(task: Task) -> None:
    """Over all values of the target, exp(-loss) is a distribution, and what is expected is its mean."""
    task, output = task.likelihood, outputs(task.likelihood)
    labels, real = isinstance(task, MultiLabel), isinstance(task, Regression)
    values = torch.linspace(-12, 12, 4001).double() if real else torch.arange(getattr(task, "classes", 2)).double()
    shape = (len(values), 6, *task.target_shape)
    every = values.reshape(-1, *[1] * (len(shape) - 1)).expand(shape)
    p = (-task.elementwise(output.expand(len(values), *output.shape), every)).exp() * (24 / 4000 if real else 1)
    torch.testing.assert_close(p.sum(0), torch.ones_like(p[0]))
    by_class = not labels and hasattr(task, "classes")
    torch.testing.assert_close(p.movedim(0, -1) if by_class else (p * every).sum(0), task.expected(output))


@EVERY_TASK
def test_metrics_know_their_direction(task: Task) -> None:
    """To expect what happens is better than to expect what happened elsewhere."""
    target = targets(task, 40).numpy()
    size = getattr(task, "classes", 2)
    right = np.eye(size)[target.astype(int)] if hasattr(task, "classes") else target
    for metric in task.metrics:
        best, worst = metric(right, target), metric(np.roll(right, 1, axis=0), target)
        assert (best > worst) == metric.higher_is_better
        assert best != worst


def draw(task: Task, output: Tensor, generator: torch.Generator) -> Tensor:
    """Targets as the outputs say."""
    said = task.expected(output)
    if isinstance(task, Regression):
        return said + 0.5 * torch.randn(said.shape, dtype=said.dtype, generator=generator)
    if isinstance(task, MultiClass | Ordinal):
        return torch.multinomial(said, 1, generator=generator)[:, 0].double()
    return torch.bernoulli(said, generator=generator)


@EVERY_TASK
def test_calibration_takes_back_a_distortion(task: Task) -> None:
    """Outputs that are twice too sure fit as well afterwards as if they had never been bent; of noise, its size."""
    generator = torch.Generator().manual_seed(3)
    true = 1.5 * torch.randn(3000, *task.output_shape, dtype=torch.float64, generator=generator)
    bent = 2 * true
    if isinstance(task, Ordinal):
        true = true.sort(dim=-1, descending=True).values
        bent = 2 * true + 0.5
    target = draw(task, true, generator)
    if isinstance(task, Regression):
        mean = task.expected(true)
        bent, true = true, torch.stack([mean, torch.full_like(mean, math.log(0.5))], dim=-1)
    mask = torch.rand(target.shape, generator=generator) < 0.9
    calibrated = task.calibration(bent, target.masked_fill(~mask, float("nan")), mask)(bent)
    losses = [task.likelihood.elementwise(said, target).mean().item() for said in (calibrated, true)]
    assert losses[0] == pytest.approx(losses[1], abs=0.005)
    if not isinstance(task, Regression):
        assert losses[0] < task.elementwise(bent, target).mean().item() - 0.05


@EVERY_TASK
def test_calibration_of_nothing_keeps_the_order(task: Task) -> None:
    output = outputs(task)
    nothing = torch.zeros(6, *task.target_shape, dtype=torch.bool)
    calibrated = task.calibration(output, targets(task), nothing)(output)
    torch.testing.assert_close(task.likelihood.expected(calibrated), task.expected(output))


def test_labels_are_calibrated_one_by_one() -> None:
    output, target = torch.randn(50, 2), torch.randint(0, 2, (50, 2)).double()
    mask = torch.rand(50, 2) < 0.8
    found = MultiLabel("skills", labels=("a", "b")).calibration(output, target, mask)
    for k in range(2):
        alone = fit_platt(output[mask[:, k], k].double().numpy(), target[mask[:, k], k].numpy())
        assert (found.slope[k].item(), found.intercept[k].item()) == pytest.approx((alone.slope, alone.intercept))


def test_what_is_expected_of_a_target() -> None:
    output = torch.tensor([0.0, math.log(3)])
    assert Binary("hints").expected(output).tolist() == pytest.approx([0.5, 0.75])
    assert Regression("time").expected(output) is output
    assert Binary("hints").decide(np.array([0.5, 0.75])).tolist() == [0, 1]


def test_out_of_range() -> None:
    with pytest.raises(ValueError, match="`classes` should be at least 2. Found `classes = 1`"):
        MultiClass("a", classes=1)
    with pytest.raises(ValueError, match="`classes` should be at least 2"):
        Ordinal("a", classes=0)
    with pytest.raises(ValueError, match="at least one label"):
        MultiLabel("a", labels=())
    with pytest.raises(ValueError, match="'unit' or 'learned'. Found `noise = 'none'`"):
        Regression("a", noise="none")  # pyright: ignore
