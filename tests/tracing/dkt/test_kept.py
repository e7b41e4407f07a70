"""What is computed of weights alone is kept, and never longer than the weights stay."""

import pickle
from collections.abc import Callable
from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from _asserts import random_log, step_of, store_of
from kt_fewshot.data import Vocabulary
from kt_fewshot.tracing import DKT
from kt_fewshot.tracing.dkt.kept import Kept


def doubled(kept: Kept[Tensor], layer: nn.Linear) -> Tensor:
    with torch.no_grad():
        return kept.of([layer], lambda: 2 * layer.weight)


@pytest.fixture
def layer() -> nn.Linear:
    layer = nn.Linear(1, 1, bias=False)
    nn.init.ones_(layer.weight)
    return layer


def test_it_is_computed_once(layer: nn.Linear):
    kept = Kept()
    assert doubled(kept, layer) is doubled(kept, layer)


def test_a_change_in_place_is_noticed(layer: nn.Linear):
    kept = Kept()
    doubled(kept, layer)
    with torch.no_grad():
        layer.weight += 1
    assert doubled(kept, layer).item() == 4


def test_another_parameter_is_noticed(layer: nn.Linear):
    kept = Kept()
    for value in range(5):
        layer.weight = nn.Parameter(torch.full((1, 1), float(value)))
        assert doubled(kept, layer).item() == 2 * value


def test_other_numbers_elsewhere_are_noticed(layer: nn.Linear):
    kept = Kept()
    for value in range(5):
        layer.weight.data = torch.full((1, 1), float(value))
        assert doubled(kept, layer).item() == 2 * value


def test_another_precision_is_noticed(layer: nn.Linear):
    kept = Kept()
    doubled(kept, layer)
    assert doubled(kept, layer.double()).dtype == torch.float64


@pytest.mark.parametrize("copied", [deepcopy, lambda kept: pickle.loads(pickle.dumps(kept))])
def test_a_copy_begins_empty(layer: nn.Linear, copied: Callable[[Kept], Kept]):
    kept = Kept()
    first = doubled(kept, layer)
    assert doubled(copied(kept), layer) is not first


@pytest.mark.parametrize("change", ["load", "assign", "step", "double"])
def test_a_tracer_that_changes_says_something_else(change: str):
    log = random_log(3)
    vocabulary = Vocabulary.of(log, min_item_answers=1)
    small = {"hidden": 8, "embedding": 6, "head_hidden": 7}
    tracer, other = (DKT(vocabulary, small | {"seed": seed}) for seed in (0, 1))
    question, answer = step_of(store_of(log, vocabulary, torch.float32), 3)
    before = said(tracer, question, answer)
    assert torch.equal(said(tracer, question, answer), before)
    if change == "step":
        with torch.no_grad():
            for mine, its in zip(tracer.parameters(), other.parameters(), strict=True):
                mine.add_(its - mine)
    elif change == "double":
        tracer, other = tracer.double(), other.double()
        tracer.load_state_dict(other.state_dict())
    else:
        tracer.load_state_dict(other.state_dict(), assign=change == "assign")
    after = said(tracer, question, answer)
    torch.testing.assert_close(after, said(other, question, answer), atol=1e-6, rtol=0)
    assert not torch.allclose(after.float(), before, atol=1e-4)


def said(tracer: DKT, question, answer) -> Tensor:
    state = tracer.update(tracer.start(1), question, answer)
    return torch.cat([*tracer.predict(state, question), *(part.flatten() for part in tracer.mastery(state))])
