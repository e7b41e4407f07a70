"""Tests of training on rows."""

import pytest
import torch
from torch import nn

from kt_fewshot.encoders import Layer, Memoryless
from kt_fewshot.multitask import MultiLabel, Regression, Rows, TaskNetwork, raw_outputs, train_tasks
from kt_fewshot.multitask.tabular.task_training import said_of, validation
from kt_fewshot.training import TrainerOptions


def tower() -> list[Layer]:
    return [Memoryless(nn.Identity())]


def rows(n: int = 8) -> Rows:
    x = torch.randn(n, 2, generator=torch.Generator().manual_seed(0))
    mask = torch.ones(n, 2, dtype=torch.bool)
    mask[:1] = False
    targets = {"sum": x.sum(1), "signs": (x > 0).float()}
    return Rows(x, targets, {"sum": torch.ones(n, dtype=torch.bool), "signs": mask})


@pytest.fixture
def network() -> TaskNetwork:
    torch.manual_seed(0)
    return TaskNetwork(tower, (Regression("sum"), MultiLabel("signs", labels=("a", "b"))), width=2)


def test_validation_is_the_likelihood_of_an_example_with_all_labels(network) -> None:
    found = validation(network, rows(), {"sum": 3.0})
    outputs = network(rows().x)
    time = 0.5 * (outputs["sum"] - rows().targets["sum"]).square().mean()
    each = nn.functional.binary_cross_entropy_with_logits(outputs["signs"][1:], rows().targets["signs"][1:])
    assert found.metrics == pytest.approx({"valid_sum": time.item(), "valid_signs": 2 * each.item()})
    assert found.score == pytest.approx(-3 * time.item() - 2 * each.item())


def test_rows_are_read_in_parts(network) -> None:
    whole, parts = raw_outputs(network, rows()), list(said_of(network, rows(), at_once=3))
    assert [len(part) for part, _ in parts] == [3, 3, 2]
    for name, output in whole.items():
        torch.testing.assert_close(torch.cat([said[name] for _, said in parts]).double(), output)


def test_weights_and_balancing_decide_what_is_learned(network) -> None:
    options = TrainerOptions(epochs=20, learning_rate=0.1, patience=None)
    history = train_tasks(network, rows(64), rows(0), options, batch_size=16, weights={"signs": 0.0})
    assert history.rows[-1].losses["sum"] < 0.1 * history.rows[0].losses["sum"]
    assert history.rows[-1].losses["signs"] == pytest.approx(history.rows[0].losses["signs"], rel=0.2)
    with pytest.raises(ValueError, match="of the tasks sum, signs. Found also: total"):
        train_tasks(network, rows(), rows(0), options, batch_size=4, weights={"total": 1.0})
