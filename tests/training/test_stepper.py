import pytest
import torch
from _toys import Batch, Toy, points
from torch import nn

from kt_fewshot.training import LossSum, PlainSum, TrainerOptions
from kt_fewshot.training.optimization import make_optimizer
from kt_fewshot.training.stepper import Stepper
from kt_fewshot.training.totals import Totals


def stepper_of(model, *, loss_scale=1.0, weights=None, balancing=None, **options):
    settings = TrainerOptions(**options)
    return Stepper(
        model=model,
        optimizer=make_optimizer(model, (), settings),
        balancing=balancing or PlainSum(),
        options=settings,
        loss_scale=loss_scale,
        weights=weights or {},
        total_steps=10,
        totals=Totals(),
    )


class Two(nn.Module):
    """loss of a: 3 w on two answers; loss of b: 5 w on one."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(2.0))

    def losses(self, batch):
        return {"a": LossSum(3 * self.w, torch.tensor(2)), "b": LossSum(5 * self.w * batch, torch.tensor(1))}

    def shared_parameters(self):
        return self.parameters()


def test_the_gradient_on_paper():
    model = Two()
    stepper = stepper_of(model, loss_scale=4.0, weights={"b": 0.5, "unknown": 9.0}, clip_norm=None)
    stepper.gradient(1.0, 0)
    assert model.w.grad.item() == (3 + 0.5 * 5) / 4  # a constant scale, whatever the counts
    stepper.gradient(1.0, 1)
    assert model.w.grad.item() == (3 + 0.5 * 5) / 4  # the last step's gradient is gone
    assert stepper.totals.read() == {"a": (12.0, 4.0), "b": (20.0, 2.0)}  # as the model gave them


def test_a_long_gradient_is_shortened():
    model = Two()
    stepper_of(model, clip_norm=2.0).gradient(1.0, 0)
    assert model.w.grad.item() == pytest.approx(2.0)


def test_the_rate_follows_the_schedule():
    model = Two()
    stepper = stepper_of(model, optimizer="adam", learning_rate=1.0, warmup_steps=4)
    for step in range(2):
        stepper.gradient(1.0, step)
        stepper.apply(step)
    # Adam's steps under a constant gradient are as long as the rate: a quarter, then a half
    assert model.w.item() == pytest.approx(2 - 0.25 - 0.5, abs=1e-6)


def test_the_gradient_of_a_batch_is_the_sum_of_its_chunks_gradients():
    batch = Batch(points(16, 3))
    gradients = []
    for chunks in (1, 3):
        model = Toy().double()
        model.dropout.p = 0.0
        stepper = stepper_of(model, chunks=chunks, clip_norm=None)
        stepper.gradient(Batch(part.double() for part in batch), 0)
        gradients.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
        assert stepper.totals.items() == 16
    torch.testing.assert_close(*gradients, rtol=1e-12, atol=1e-12)


def test_dropout_is_a_function_of_seed_and_step():
    batch = Batch(points(16, 3))

    def gradient(seed, step):
        model = Toy()
        with torch.random.fork_rng(devices=[]):
            torch.rand(1)
            stepper_of(model, seed=seed).gradient(batch, step)
        return model.shared.weight.grad

    assert torch.equal(gradient(1, 2), gradient(1, 2))
    assert not torch.equal(gradient(1, 2), gradient(1, 3))
    assert not torch.equal(gradient(1, 2), gradient(2, 2))


def test_the_balancing_gets_weighted_losses_and_makes_the_gradient():
    class OnlyB:
        def backward(self, losses, model):
            self.losses = {task: loss.item() for task, loss in losses.items()}
            self.model = model
            losses["b"].backward()

        def after_step(self):
            self.stepped = True

    model, balancing = Two(), OnlyB()
    stepper = stepper_of(model, loss_scale=2.0, weights={"b": 0.5}, balancing=balancing)
    stepper.gradient(1.0, 0)
    assert balancing.losses == {"a": 3.0, "b": 2.5}
    assert balancing.model is model
    assert model.w.grad.item() == 1.25
    assert not hasattr(balancing, "stepped")
    stepper.apply(0)
    assert balancing.stepped


def test_what_is_not_finite_is_seen_with_its_step():
    stepper = stepper_of(Two())
    stepper.gradient(1.0, 0)
    assert stepper.watch.poison() is None
    stepper.gradient(float("inf"), 5)
    assert stepper.watch.poison() == (5, ["b", "gradient"])


def test_bf16_is_the_forward_pass_only():
    kinds = []

    class Watched(Toy):
        def losses(self, batch):
            kinds.append(self.shared(batch[0]).dtype)
            return super().losses(batch)

    model = Watched()
    stepper = stepper_of(model, precision="bf16")
    stepper.gradient(Batch(points(16, 3)), 0)
    stepper.apply(0)
    assert kinds == [torch.bfloat16]
    assert {p.grad.dtype for p in model.parameters()} == {torch.float32}


def test_a_model_may_bring_its_own_update_rule():
    class Rule(Two):
        losses = None

        def add_gradient(self, batch, scale):  # noqa: ARG002
            grad = torch.full_like(self.w, 6.0 * scale)
            self.w.grad = grad if self.w.grad is None else self.w.grad + grad
            return {"inner": LossSum(self.w.detach() * 4, torch.tensor(2.0))}

    model = Rule()
    stepper = stepper_of(model, loss_scale=3.0, clip_norm=None)
    stepper.gradient(1.0, 0)
    assert model.w.grad.item() == 2.0
    assert stepper.totals.read() == {"inner": (4 * model.w.item(), 2.0)}
