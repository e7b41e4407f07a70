"""Tests of towers by group."""

from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from kt_fewshot.encoders import LSTM, Layer
from kt_fewshot.multitask import ByGroup


class Examples(NamedTuple):
    values: Tensor
    group: Tensor | None


class Values(Layer):
    """The first layer: takes the numbers out of the examples."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def start(self, batch):  # noqa: ARG002
        return ()

    def forward(self, x, state, reset=None):  # noqa: ARG002
        return self.module(x.values), state


def layer_of(n_groups: int = 3, tie: float = 0.5) -> ByGroup:
    torch.manual_seed(0)
    names = [f"group {k}" for k in range(n_groups)]
    return ByGroup(lambda: [Values(nn.Linear(4, 8)), LSTM(2)], names, width=2, tie=tie).double()


def alone(layer: ByGroup, k: int, values: Tensor) -> Tensor:
    first, lstm = layer.towers.towers[k]  # pyright: ignore[reportGeneralTypeIssues]
    y, _ = lstm(first.module(values), lstm.start(len(values)))
    return y


@pytest.fixture
def values() -> Tensor:
    return torch.randn(5, 6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def apart(layer: ByGroup) -> ByGroup:
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return layer


def test_features_are_those_of_the_own_tower(values):
    layer = apart(layer_of())
    group = torch.tensor([0, 1, 2, 1, 0])[:, None].expand(5, 6)
    y, _ = layer(Examples(values, group), layer.start(5))
    for row, k in enumerate(group[:, 0].tolist()):
        torch.testing.assert_close(y[row], alone(layer, k, values)[row])


def test_a_student_may_change_groups(values):
    layer = apart(layer_of())
    group = torch.tensor([0, 0, 0, 2, 2, 2]).expand(5, 6)
    y, _ = layer(Examples(values, group), layer.start(5))
    torch.testing.assert_close(y[:, :3], alone(layer, 0, values)[:, :3])
    torch.testing.assert_close(y[:, 3:], alone(layer, 2, values)[:, 3:])


def test_no_group_is_group_0(values):
    layer = apart(layer_of())
    y, _ = layer(Examples(values, None), layer.start(5))
    torch.testing.assert_close(y, alone(layer, 0, values))


def test_reading_goes_on_from_the_state(values):
    layer = apart(layer_of())
    group = torch.tensor([0, 1, 2, 1, 0])[:, None].expand(5, 6)
    whole, last = layer(Examples(values, group), layer.start(5))
    _, state = layer(Examples(values[:, :2], group[:, :2]), layer.start(5))
    rest, end = layer(Examples(values[:, 2:], group[:, 2:]), state)
    torch.testing.assert_close(rest, whole[:, 2:])
    for one, other in zip(last, end, strict=True):
        torch.testing.assert_close(one, other)


def test_the_tie_is_half_the_squared_distance_from_the_mean():
    layer = layer_of(2, tie=0.5)
    assert layer.penalty() == 0  # all start alike
    with torch.no_grad():
        bias = layer.get_parameter("towers.towers.0.0.module.bias")
        bias += 2.0
    n = len(bias)
    assert layer.penalty().item() == pytest.approx(0.25 * n * (1 + 1))  # each is 1 from the mean


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="at least one task"):
        layer_of(0)
    with pytest.raises(ValueError, match="`tie` should be at least 0. Found `tie = -1`"):
        layer_of(tie=-1)
