"""Tests of towers made of any encoder."""

import torch
from torch import nn

from kt_fewshot.encoders import LSTM, MLP, Encoder, Memoryless
from kt_fewshot.multitask.tabular.towers import tower_maker


def weights(tower: object) -> list[torch.Tensor]:
    return [p for layer in tower for p in layer.parameters()]  # pyright: ignore


def test_of_a_name_with_its_options() -> None:
    make, width = tower_maker("mlp", (2, 3), {"hidden": 7, "depth": 3})
    assert width == 7
    assert [type(layer) for layer in make()] == [Memoryless] * 4
    assert not torch.equal(weights(make())[0], weights(make())[0])


def test_of_a_module_the_first_is_as_it_is_and_the_others_are_new() -> None:
    module = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    make, width = tower_maker(module, (3,))
    first, second = make(), make()
    assert width == 2
    assert len(first) == 3, "a sequence is taken apart"
    assert all(map(torch.equal, weights(first), module.parameters()))
    assert weights(first)[0] is not module[0].weight
    assert not torch.equal(weights(second)[0], weights(first)[0])
    assert weights(second)[0].shape == weights(first)[0].shape


def test_layers_stay_layers_and_encoders_are_taken_apart() -> None:
    encoder = Encoder([Memoryless(nn.Linear(3, 16)), LSTM(4)], 4)
    make, width = tower_maker(encoder, (5, 3))
    assert width == 4
    assert [type(layer) for layer in make()] == [Memoryless, LSTM]


def test_of_a_function_of_the_shape() -> None:
    make, width = tower_maker(lambda shape: MLP(shape, hidden=shape[0] + 1), (6,))
    assert width == 7
    assert len(make()) == 3


def test_looking_at_a_module_with_batch_normalisation_leaves_it_alone() -> None:
    module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    make, _ = tower_maker(module, (3,))
    assert module.training
    assert make()[1].training  # pyright: ignore
    assert not module[1].running_mean.any()
