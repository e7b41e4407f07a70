import pytest
import torch
from torch import nn

from kt_fewshot.training import WeightAverage


def model_at(value):
    model = nn.Linear(1, 1, bias=False).double()
    put(model, value)
    return model


def put(model, value):
    with torch.no_grad():
        model.weight.fill_(value)


def test_worked_on_paper():
    model = model_at(0.0)
    average = WeightAverage(model, 0.25)
    put(model, 11.0)
    average.update(1)  # decay min(.25, 2/11) = 2/11: 2/11 * 0 + 9/11 * 11
    assert average.weights["weight"].item() == pytest.approx(9.0)
    put(model, 1.0)
    average.update(2)  # decay min(.25, 3/12) = .25: .25 * 9 + .75 * 1
    assert average.weights["weight"].item() == pytest.approx(3.0)
    put(model, 5.0)
    average.update(3)  # decay .25: .25 * 3 + .75 * 5
    assert average.weights["weight"].item() == pytest.approx(4.5)


def test_the_model_carries_it_only_inside_the_block():
    model = model_at(2.0)
    average = WeightAverage(model, 0.5)
    put(model, 1 / 3)
    pointer = model.weight.data_ptr()
    with pytest.raises(KeyError), average.in_place():
        assert model.weight.item() == 2.0
        assert model.weight.data_ptr() == pointer
        raise KeyError
    assert model.weight.item() == 1 / 3
    average.copy_to_model()
    assert model.weight.item() == 2.0
    assert average.weights["weight"].item() == 2.0


def test_tied_weights_are_averaged_once_and_buffers_not_at_all():
    model = nn.ModuleDict({"a": nn.Linear(2, 2), "norm": nn.BatchNorm1d(2)})
    model["b"] = nn.Linear(2, 2)
    model["b"].weight = model["a"].weight
    average = WeightAverage(model, 0.9)
    assert set(average.weights) == {"a.weight", "a.bias", "norm.weight", "norm.bias", "b.bias"}


def test_goes_on_from_saved_averages():
    model = model_at(0.0)
    average, other = WeightAverage(model, 0.5), WeightAverage(model_at(7.0), 0.5)
    other.load({"weight": torch.tensor([[3.0]], dtype=torch.float64)})
    assert other.weights["weight"].item() == 3.0
    assert average.weights["weight"].item() == 0.0
