"""Tests of every balancing: what it does to gradients, and what it remembers."""

import pytest
import torch
from torch import Tensor, nn

from kt_fewshot.errors import KTError
from kt_fewshot.multitask import AGGREGATORS, BALANCINGS, SCALARIZERS, make_balancing
from kt_fewshot.multitask.balancing import LOOKING_BACK, SOLVERS
from kt_fewshot.training import PlainSum

TASKS = ("a", "b")


class Pair(nn.Module):
    """Two tasks on one shared layer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.trunk, self.a, self.b = nn.Linear(3, 4), nn.Linear(4, 1), nn.Linear(4, 1)

    def shared_parameters(self):
        return self.trunk.parameters()

    def losses(self, step: int = 0) -> dict[str, Tensor]:
        generator = torch.Generator().manual_seed(step)
        x, y = torch.randn(8, 3, generator=generator), torch.randn(8, 2, generator=generator)
        features = self.trunk(x).tanh()
        errors = {"a": self.a(features)[:, 0] - y[:, 0], "b": self.b(features)[:, 0] - 3 * y[:, 1]}
        penalty = self.trunk.weight.square().sum()
        return {name: error.square().mean() for name, error in errors.items()} | {"penalty": 0.1 * penalty}

    def gradients(self) -> list[Tensor]:
        return [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in self.parameters()]


@pytest.fixture(params=BALANCINGS)
def name(request: pytest.FixtureRequest) -> str:
    try:
        make_balancing(request.param, TASKS)
    except KTError as error:
        assert request.param in SOLVERS
        pytest.skip(str(error))
    return request.param


def backward(name: str, tasks: tuple[str, ...] = TASKS) -> list[Tensor]:
    model = Pair()
    torch.manual_seed(1)
    make_balancing(name, tasks).backward(model.losses(), model)
    return model.gradients()


def plain() -> list[Tensor]:
    model = Pair()
    sum(model.losses().values()).backward()
    return model.gradients()


def test_gradient_reaches_everything(name: str) -> None:
    found = backward(name)
    assert all(gradient.isfinite().all() and gradient.any() for gradient in found)


def test_regularisers_are_added_as_they_are(name: str) -> None:
    model, balancing = Pair(), make_balancing(name, TASKS)
    losses = {
        "a": model.losses()["a"] * 0 + 1e-9,
        "b": model.losses()["b"] * 0 + 1e-9,
        "penalty": model.losses()["penalty"],
    }
    balancing.backward(losses, model)
    torch.testing.assert_close(model.trunk.weight.grad, 0.2 * model.trunk.weight.detach())


def test_one_task_alone_is_plain_training(name: str) -> None:
    assert isinstance(make_balancing(name, ("a",)), PlainSum)
    assert all(map(torch.equal, backward(name, ("a",)), plain()))


@pytest.mark.parametrize("name", sorted(set(AGGREGATORS) - set(SOLVERS)))
def test_what_is_a_tasks_own_gets_its_own_gradient(name: str) -> None:
    for found, expected in zip(backward(name)[2:], plain()[2:], strict=True):
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("name", ["upgrad", "dualproj", "mgda"])
def test_no_task_is_worked_against(name: str) -> None:
    """The gradient of the plain sum raises one of two losses that conflict; these methods raise neither."""
    point = torch.nn.Parameter(torch.tensor([0.0, 1.0]))

    class Point(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.point = point

        def shared_parameters(self):
            return [self.point]

    losses = {"a": -4 * point[0] + point[1], "b": 6 * point[0] + point[1]}
    jacobian = torch.tensor([[-4.0, 1.0], [6.0, 1.0]])
    assert (jacobian @ jacobian.sum(0) < 0).any()
    make_balancing(name, TASKS).backward(losses, Point())
    assert (jacobian @ point.grad >= -1e-2).all()


def test_dwa_weighs_the_slower_task_more_after_two_epochs() -> None:
    balancing = make_balancing("dwa", TASKS)
    for falling in (1.0, 0.1):
        one = torch.tensor(1.0, requires_grad=True)
        balancing.backward({"a": one * falling, "b": one * 1.0}, Pair())
        balancing.after_epoch()
    a, b = torch.tensor(1.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    balancing.backward({"a": a, "b": b}, Pair())
    assert b.grad > 1 > a.grad
    assert float(a.grad + b.grad) == pytest.approx(2)


def test_famo_weighs_the_task_more_that_the_step_helped_less() -> None:
    balancing = make_balancing("famo", TASKS)
    losses = {task: torch.tensor(1.0, requires_grad=True) for task in TASKS}
    balancing.backward(losses, Pair())
    assert losses["a"].grad == losses["b"].grad
    balancing.look_again({"a": torch.tensor(0.5), "b": torch.tensor(1.0)})
    after = {task: torch.tensor(1.0, requires_grad=True) for task in TASKS}
    balancing.backward(after, Pair())
    assert after["b"].grad > after["a"].grad


@pytest.mark.parametrize("name", ["uncertainty", "imtl-l"])
def test_learned_weights_are_the_optimizers(name: str) -> None:
    balancing = make_balancing(name, TASKS)
    (weights,) = balancing.parameters()
    model = Pair()
    balancing.backward(model.losses(), model)
    assert weights.shape == (2,)
    assert weights.grad.any()


def test_remembers_over_an_interruption(name: str) -> None:
    """Steps in a row leave the same gradients as steps with the memory handed to a new balancing in the middle."""
    if name == "sum":
        pytest.skip("It remembers nothing.")

    def run(interrupted: bool) -> list[Tensor]:
        model, balancing = Pair(), make_balancing(name, TASKS)
        for step in range(4):
            if interrupted and step == 2:
                state = balancing.state_dict()
                assert all(isinstance(value, Tensor | int) for value in state.values())
                balancing = make_balancing(name, TASKS)
                balancing.load_state_dict(state)
            model.zero_grad()
            torch.manual_seed(step)
            losses = model.losses(step)
            if step == 2:
                del losses["b"]
            balancing.backward(losses, model)
            if hasattr(balancing, "look_again"):
                balancing.look_again(model.losses(step + 10))
            balancing.after_step()
            if step % 2 == 0:
                balancing.after_epoch()
        return model.gradients()

    assert all(map(torch.equal, run(interrupted=False), run(interrupted=True)))


def test_absent_task(name: str) -> None:
    model = Pair()
    losses = model.losses()
    del losses["b"]
    make_balancing(name, TASKS).backward(losses, model)
    assert model.trunk.weight.grad.isfinite().all()


@pytest.mark.parametrize("name", [*SCALARIZERS, *LOOKING_BACK])
def test_an_absent_task_does_not_silence_the_others(name: str) -> None:
    model, balancing = Pair(), make_balancing(name, TASKS)
    sizes = []
    for absent in (None, "b"):
        model.zero_grad()
        losses = {task: loss for task, loss in model.losses().items() if task in TASKS and task != absent}
        torch.manual_seed(0)
        balancing.backward(losses, model)
        sizes.append(float(model.a.weight.grad.norm()))
    assert sizes[1] == pytest.approx(sizes[0], rel=0.01)


def test_names() -> None:
    assert set(BALANCINGS) == {"sum", *SCALARIZERS, *LOOKING_BACK, *AGGREGATORS}
    with pytest.raises(KTError, match="Unknown balancing 'pcgard'. Choose one of: sum, aligned, "):
        make_balancing("pcgard", TASKS)


def test_missing_solvers_are_told() -> None:
    try:
        make_balancing("nash", TASKS)
    except KTError as error:
        assert str(error).startswith("Balancing 'nash' needs solvers that are not installed: pip install cvxpy ecos")
