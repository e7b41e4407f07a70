"""Tests of normalisation by the statistics of the batch at hand."""

import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, vmap
from torch.nn import functional

from kt_fewshot.encoders import Conv4, LSTMEncoder
from kt_fewshot.fewshot.batch_statistics import BatchStatisticsNorm, counting, twice_differentiable


def norm_of(channels=3, **options):
    norm = nn.BatchNorm2d(channels, **options).double()
    if norm.affine:
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    return norm


def test_a_copy_under_the_same_names_shares_the_parameters_and_leaves_the_original_alone():
    torch.manual_seed(0)
    encoder = Conv4((1, 16, 16), hidden=4)
    copy = twice_differentiable(encoder)
    theirs = dict(copy.named_parameters())
    assert list(theirs) == [name for name, _ in encoder.named_parameters()]
    assert all(theirs[name] is parameter for name, parameter in encoder.named_parameters())
    assert not list(copy.buffers())  # no running statistics
    x = torch.randn(6, 1, 16, 16)
    expected = encoder.train()(x)  # in training: the batch's own
    torch.testing.assert_close(copy.train()(x), expected)
    torch.testing.assert_close(copy.eval()(x), expected)
    assert any(isinstance(part, nn.BatchNorm2d) for part in encoder.modules())
    assert int(next(part for part in encoder.modules() if isinstance(part, nn.BatchNorm2d)).num_batches_tracked) == 1


@pytest.mark.parametrize(
    ("norm", "shape"), [(nn.BatchNorm1d, (4, 3)), (nn.BatchNorm1d, (4, 3, 5)), (nn.BatchNorm3d, (2, 3, 2, 2, 2))]
)
@pytest.mark.parametrize("affine", [True, False])
def test_any_batch_norm_both_ways(norm, shape, affine):
    torch.manual_seed(0)
    theirs = nn.Sequential(norm(3, affine=affine, eps=0.1)).double()
    ours = twice_differentiable(theirs)
    x = torch.randn(shape, dtype=torch.float64)
    torch.testing.assert_close(ours(x), theirs(x))
    with counting(ours, torch.ones(len(x))):
        torch.testing.assert_close(ours(x), theirs(x))


def test_only_what_counts_counts():
    torch.manual_seed(0)
    ours = nn.Sequential(BatchStatisticsNorm(norm_of()))
    x = torch.randn(5, 3, 2, 2, dtype=torch.float64)
    expected = ours(x[:3])
    with counting(ours, torch.tensor([True, True, True, False, False])):
        torch.testing.assert_close(ours(x)[:3], expected)
    assert ours[0].counted is None


@pytest.mark.parametrize("counted", [None, torch.tensor([1.0, 0.0, 1.0, 1.0])])
def test_first_and_second_derivatives_are_those_of_finite_differences(counted):
    torch.manual_seed(0)
    ours = nn.Sequential(BatchStatisticsNorm(norm_of()))

    def run(x, weight, bias):
        with counting(ours, counted):
            return functional_call(ours, {"0.weight": weight, "0.bias": bias}, (x,))

    inputs = [torch.randn(4, 3, 2, 2, dtype=torch.float64), *(p.detach() for p in ours.parameters())]
    inputs = [value.requires_grad_() for value in inputs]
    assert torch.autograd.gradcheck(run, inputs)
    assert torch.autograd.gradgradcheck(run, inputs)


def test_the_kernel_keeps_bf16_and_channels_last():
    ours = BatchStatisticsNorm(nn.BatchNorm2d(3))
    x = torch.randn(4, 3, 6, 6).to(memory_format=torch.channels_last).bfloat16().requires_grad_()
    y = ours(x)
    assert y.dtype == torch.bfloat16
    assert y.is_contiguous(memory_format=torch.channels_last)
    (g,) = torch.autograd.grad(y.square().sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(g.square().sum(), x)
    assert second.dtype == torch.bfloat16
    assert second.isfinite().all()


def network(norm):
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), norm, nn.Tanh(), nn.Flatten(), nn.Linear(100, 3)).double()


def through_a_step(norm, how):
    """The gradient of three tasks' losses after a gradient step on each, by the parameters before it."""
    net = network(norm)
    x = torch.randn(3, 6, 2, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y = torch.arange(6).remainder(3).repeat(3, 1)
    params = {name: p.detach().clone().requires_grad_() for name, p in net.named_parameters()}

    def loss(params, x, y):
        with counting(net, torch.ones(len(x))):
            return functional.cross_entropy(functional_call(net, params, (x,)), y)

    def stepped(params, gradients):
        return {name: p - 0.4 * g for (name, p), g in zip(params.items(), gradients, strict=True)}

    def inside(params, x, y):
        return loss(stepped(params, grad(loss)(params, x, y).values()), x, y)

    if how == "one by one":
        total = 0
        for task in zip(x, y, strict=True):
            gradients = torch.autograd.grad(loss(params, *task), list(params.values()), create_graph=True)
            total += loss(stepped(params, gradients), *task)
    elif how == "outside":
        run = vmap(loss)
        tasks = {name: p.expand(3, *p.shape) for name, p in params.items()}
        gradients = torch.autograd.grad(run(tasks, x, y).sum(), list(tasks.values()), create_graph=True)
        total = run(stepped(tasks, gradients), x, y).sum()
    else:
        total = vmap(inside, in_dims=(None, 0, 0))(params, x, y).sum()
    return torch.cat([g.flatten() for g in torch.autograd.grad(total, list(params.values()))])


def error(norm, how):
    truth = through_a_step(norm, "one by one")
    return ((through_a_step(norm, how) - truth).norm() / truth.norm()).item()


@pytest.mark.parametrize("how", ["inside", "outside"])
def test_vectorised_tasks_have_exact_gradients(how):
    assert error(BatchStatisticsNorm(norm_of(4)), how) < 1e-12


@pytest.mark.parametrize("norm", [nn.BatchNorm2d(4, track_running_stats=False), nn.LayerNorm([4, 5, 5])])
def test_the_trap_that_the_tests_above_would_catch(norm):
    """If this fails, torch has mended it."""
    assert error(norm, "inside") > 1e-5


@pytest.mark.parametrize("norm", [nn.LayerNorm([4, 5, 5]), nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, affine=True)])
def test_other_normalisations_are_exact_when_gradients_are_taken_outside(norm):
    assert error(norm, "outside") < 1e-12


def test_an_lstm_leaves_its_gradient_to_autograd():
    encoder = LSTMEncoder((4, 3), hidden=2)
    copy = twice_differentiable(encoder)
    assert [part.twice_differentiable for part in copy.modules() if hasattr(part, "twice_differentiable")] == [True]
    assert not any(getattr(part, "twice_differentiable", False) for part in encoder.modules())
