import pytest
import torch
from torch import nn
from torch.optim import Adam, AdamW

from kt_fewshot.training import TrainerOptions
from kt_fewshot.training.optimization import (
    load_optimizer_tensors,
    make_optimizer,
    optimizer_tensors,
    rate_factor,
    set_learning_rate,
)


def factors(total, **options):
    return [rate_factor(step, total, TrainerOptions(**options)) for step in range(total)]


def test_constant_with_and_without_warm_up():
    assert factors(3) == [1.0, 1.0, 1.0]
    assert factors(6, warmup_steps=4) == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


def test_cosine_on_paper():
    # after two steps of warm-up, half a cosine over the other four: (1 + cos(0, pi/4, pi/2, 3 pi/4)) / 2
    expected = [0.5, 1.0, 1.0, 0.8535533905932737, 0.5, 0.14644660940672627]
    assert factors(6, schedule="cosine", warmup_steps=2) == pytest.approx(expected)


@pytest.mark.parametrize("total", [2, 3, 4, 10, 101])
def test_one_cycle_is_torch_s(total):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=total, cycle_momentum=False)
    for factor in factors(total, schedule="one-cycle"):
        assert factor == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        if schedule.last_epoch < total - 1:
            schedule.step()


def test_one_cycle_of_a_single_step_is_a_number():
    assert 0 < factors(1, schedule="one-cycle")[0] <= 1


class Grouped(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.frozen = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2)
        self.frozen.requires_grad_(False)

    def parameter_groups(self):
        return [
            {"params": self.a.parameters(), "weight_decay": 0.5},
            {"params": self.b.parameters(), "lr": 0.1},
            {"params": self.frozen.parameters()},
        ]


def test_the_model_may_name_its_groups_and_the_balancing_joins_without_decay():
    extra = nn.Parameter(torch.zeros(2))
    options = TrainerOptions(learning_rate=0.01, weight_decay=0.2)
    optimizer = make_optimizer(Grouped(), [extra], options)
    found = [(len(group["params"]), group["lr"], group["weight_decay"]) for group in optimizer.param_groups]
    assert found == [(2, 0.01, 0.5), (2, 0.1, 0.2), (1, 0.01, 0.0)]
    set_learning_rate(optimizer, 0.5)
    set_learning_rate(optimizer, 0.5)  # always a share of the highest, not of the last
    assert [group["lr"] for group in optimizer.param_groups] == [0.005, 0.05, 0.005]


@pytest.mark.parametrize(("name", "kind"), [("adamw", AdamW), ("adam", Adam)])
def test_the_optimizer_that_was_asked_for(name, kind):
    optimizer = make_optimizer(nn.Linear(1, 1), (), TrainerOptions(optimizer=name))
    assert type(optimizer) is kind
    assert all(group["fused"] for group in optimizer.param_groups)


def test_a_model_without_parameters_is_refused():
    with pytest.raises(ValueError, match="should have parameters that require a gradient"):
        make_optimizer(nn.ReLU(), (), TrainerOptions())


def test_its_memory_travels_as_tensors():
    def step(model, optimizer, x):
        optimizer.zero_grad()
        model(x).square().sum().backward()
        optimizer.step()

    x = torch.arange(6.0).reshape(3, 2)
    model = nn.Linear(2, 2)
    optimizer = make_optimizer(model, (), TrainerOptions())
    step(model, optimizer, x)
    tensors = optimizer_tensors(optimizer)
    assert set(tensors) == {f"{n}.{name}" for n in (0, 1) for name in ("step", "exp_avg", "exp_avg_sq")}
    copy = nn.Linear(2, 2)
    copy.load_state_dict(model.state_dict())
    other = make_optimizer(copy, (), TrainerOptions())
    load_optimizer_tensors(other, {name: tensor.clone() for name, tensor in tensors.items()})
    step(model, optimizer, x + 1)
    step(copy, other, x + 1)
    assert torch.equal(model.weight, copy.weight)
    assert torch.equal(model.bias, copy.bias)
