"""Tests of the network of any tasks."""

import pytest
import torch
from torch import nn

from kt_fewshot.encoders import Layer, Memoryless
from kt_fewshot.multitask import Binary, MultiLabel, Regression, Rows, TaskNetwork

TASKS = (Binary("correct"), Regression("time"), MultiLabel("skills", labels=("a", "b")))


def tower() -> list[Layer]:
    return [Memoryless(nn.Linear(3, 4)), Memoryless(nn.Tanh())]


def batch(*names: str, n: int = 5) -> Rows:
    shapes = {task.name: (n, *task.target_shape) for task in TASKS if task.name in names}
    targets = {name: torch.ones(shape) for name, shape in shapes.items()}
    return Rows(
        torch.randn(n, 3), targets, {name: torch.ones(shape, dtype=torch.bool) for name, shape in shapes.items()}
    )


def test_losses_are_of_the_tasks_with_labels() -> None:
    network = TaskNetwork(tower, TASKS, width=4)
    losses = network.losses(batch("correct", "skills"))
    assert {name: int(loss.count) for name, loss in losses.items()} == {"correct": 5, "skills": 10}
    outputs = network(torch.randn(5, 3))
    assert {name: tuple(said.shape) for name, said in outputs.items()} == {
        "correct": (5,),
        "time": (5,),
        "skills": (5, 2),
    }


def test_a_tie_is_a_loss_of_each_row() -> None:
    network = TaskNetwork(tower, TASKS, width=4, sharing="soft", sharing_options={"tie": 0.5})
    with torch.no_grad():
        next(network.sharing.towers[0].parameters()).add_(1.0)
    tie = network.losses(batch("correct"))["tie"]
    penalty = network.sharing.penalty()
    assert penalty is not None
    assert tie.total.item() == pytest.approx(5 * penalty.item())
    assert tie.count == 5


def test_tied_heads_are_drawn_together() -> None:
    same = (Binary("a"), Binary("b"))
    network = TaskNetwork(tower, same, width=4, sharing="soft", sharing_options={"tie": 2.0}, tie_heads=True)
    rows = Rows(torch.randn(3, 3), {"a": torch.ones(3)}, {"a": torch.ones(3, dtype=torch.bool)})
    assert network.losses(rows)["tie"].total == 0
    with torch.no_grad():
        for parameter in network.heads[0].parameters():
            parameter.add_(1.0)
    assert network.losses(rows)["tie"].total.item() == pytest.approx(3 * 2.0 / 2 * 5 * (0.5**2 + 0.5**2))


def test_names_are_their_own() -> None:
    for names in (("a", "a"), ("a", "tie")):
        with pytest.raises(ValueError, match="names of their own"):
            TaskNetwork(tower, [Binary(name) for name in names], width=4)
