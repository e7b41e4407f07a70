import json
import math

import pytest
import torch

from kt_fewshot.training import LossSum
from kt_fewshot.training.totals import Totals, stack_losses


def losses(**tasks):
    return {task: LossSum(torch.tensor(total), torch.tensor(count)) for task, (total, count) in tasks.items()}


def add(totals, **tasks):
    found = losses(**tasks)
    totals.add(tuple(found), stack_losses(found))


def test_sums_and_means_on_paper():
    totals = Totals()
    add(totals, a=(1.5, 3), b=(4.0, 1))
    add(totals, a=(0.5, 1), b=(2.0, 2))
    assert totals.read() == {"a": (2.0, 4.0), "b": (6.0, 3.0)}
    assert totals.means() == {"a": 0.5, "b": 2.0}
    assert totals.items() == 4


def test_a_task_may_be_absent_from_a_batch():
    totals = Totals()
    add(totals, a=(1.0, 1))
    add(totals, b=(2.0, 2), a=(3.0, 1))
    add(totals, b=(2.0, 2))
    assert totals.means() == {"a": 2.0, "b": 1.0}


def test_no_labels_give_no_mean():
    totals = Totals()
    assert totals.items() == 0
    add(totals, a=(0.0, 0))
    assert math.isnan(totals.means()["a"])


def test_begins_anew():
    totals = Totals()
    add(totals, a=(1.0, 1))
    totals.clear()
    assert totals.read() == {}


def test_json_brings_them_back_to_the_last_bit():
    totals, other = Totals(), Totals()
    add(totals, a=(0.1, 3), b=(1 / 3, 1))
    add(totals, b=(1e-9, 1))
    other.load(json.loads(json.dumps(totals.to_json())), torch.device("cpu"))
    for each in (totals, other):
        add(each, a=(0.7, 3), b=(0.3, 1))
    assert other.read() == totals.read()


def test_losses_of_any_type_are_stacked_without_their_graph():
    weight = torch.ones((), requires_grad=True)
    stacked = stack_losses(
        {"a": LossSum(weight * 2, torch.tensor(3)), "b": LossSum(weight.bfloat16(), torch.tensor(1.0))}
    )
    assert stacked.tolist() == [[2.0, 1.0], [3.0, 1.0]]
    assert stacked.dtype == torch.float64
    assert not stacked.requires_grad


def test_small_losses_are_not_lost_in_large_sums():
    totals = Totals()
    add(totals, a=(1e8, 1))
    for _ in range(100):
        add(totals, a=(0.25, 1))
    assert totals.read()["a"][0] == pytest.approx(100_000_025.0, abs=1e-6)
