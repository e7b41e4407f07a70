"""Tests of low-rank heads: the matrix, its start, and what tasks with few rows gain."""

import numpy as np
import pytest
import torch
from torch import Tensor

from kt_fewshot.multitask import GatheredLinear, LowRankLinear

TASKS, WIDTH, RANK, FEW, MANY = 40, 20, 3, 8, 100


def test_numbers_by_hand():
    head = LowRankLinear(2, 3, rank=1)
    with torch.no_grad():
        head.mixture.copy_(torch.tensor([[1.0], [2.0], [-1.0]]))
        head.patterns.copy_(torch.tensor([[3.0, 4.0]]))
        head.bias.copy_(torch.tensor([0.0, 1.0, 2.0]))
    assert head.weight.tolist() == [[3, 4], [6, 8], [-3, -4]]
    features = torch.tensor([[1.0, 1.0], [0.0, 0.5]])
    assert head.every(features).tolist() == [[7, 15, -5], [2, 5, 0]]
    asked = torch.tensor([1, 2])
    assert head(features, head.weight[asked], head.bias[asked]).tolist() == [15, 0]
    assert head.penalty(sparsity=0.5, size=0.1).item() == pytest.approx(0.5 * 4 + 0.1 * 25)
    np.testing.assert_allclose(head.relations(("a", "b", "c")).matrix, [[1, 1, -1], [1, 1, -1], [-1, -1, 1]], atol=1e-6)


def test_it_stands_in_the_place_of_separate_heads():
    separate, low = GatheredLinear(4, 6), LowRankLinear(4, 6, rank=4)
    low.start_from(separate.weight)
    torch.testing.assert_close(low.weight, separate.weight)
    features, asked = torch.randn(5, 4), torch.tensor([0, 5, 2, 2, 1])
    said = [head(features, head.weight[asked], head.bias[asked]) for head in (separate, low)]
    torch.testing.assert_close(*said)


def test_it_starts_from_the_nearest_matrix_of_its_rank():
    weight = torch.randn(7, 5, generator=torch.Generator().manual_seed(0))
    low = LowRankLinear(5, 7, rank=2)
    low.start_from(weight)
    assert int(torch.linalg.matrix_rank(low.weight.detach(), tol=1e-5)) == 2
    left_out = torch.linalg.svdvals(weight)[2:].square().sum()
    torch.testing.assert_close((low.weight - weight).square().sum(), left_out)
    wide = LowRankLinear(5, 7, rank=9)
    wide.start_from(weight)
    torch.testing.assert_close(wide.weight.detach(), weight)


def test_gradient_reaches_everything():
    head = LowRankLinear(4, 6, rank=2)
    (head.every(torch.randn(3, 4)).square().sum() + head.penalty(sparsity=1.0, size=1.0)).backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in head.parameters())


def planted(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weights that are sparse mixtures of three patterns; every second task has few rows. (weights, task, x, y)."""
    random = np.random.default_rng(seed)
    mixture = random.standard_normal((TASKS, RANK)) * (random.random((TASKS, RANK)) < 0.6)
    mixture[~mixture.any(1), 0] = 1.0
    weights = mixture @ random.standard_normal((RANK, WIDTH)) / np.sqrt(0.6 * RANK * WIDTH)
    task = np.repeat(np.arange(TASKS), np.where(np.arange(TASKS) % 2, FEW, MANY))
    x = random.standard_normal((len(task), WIDTH))
    y = (x * weights[task]).sum(1) + 0.5 * random.standard_normal(len(task))
    return torch.tensor(weights), torch.tensor(task), torch.tensor(x), torch.tensor(y)


def errors_alone(weights: Tensor, task: Tensor, x: Tensor, y: Tensor, ridge: float) -> Tensor:
    """(tasks,) squared error of what each task expects, each with a ridge regression of its own."""
    rows = [(x[task == t], y[task == t]) for t in range(TASKS)]
    found = [torch.linalg.solve(a.T @ a + ridge * torch.eye(WIDTH, dtype=a.dtype), a.T @ b) for a, b in rows]
    return (torch.stack(found) - weights).square().sum(1)


def errors_together(weights: Tensor, task: Tensor, x: Tensor, y: Tensor) -> Tensor:
    head = LowRankLinear(WIDTH, TASKS, rank=RANK).double()
    optimizer = torch.optim.Adam(head.parameters(), 0.03)
    for _ in range(200):
        optimizer.zero_grad()
        said = head(x, head.weight[task], head.bias[task])
        ((said - y).square().sum() / 2 + head.penalty(sparsity=1.0, size=1.0)).backward()
        optimizer.step()
    return (head.weight.detach() - weights).square().sum(1)


@pytest.mark.parametrize("seed", range(3))
def test_tasks_with_few_rows_are_foretold_better_than_by_heads_alone(seed: int):
    torch.manual_seed(seed)
    world = planted(seed)
    few = torch.arange(TASKS) % 2 == 1
    together = errors_together(*world)
    alone = torch.stack([errors_alone(*world, ridge) for ridge in (0.3, 1.0, 3.0, 10.0, 30.0)])
    assert together[few].mean() < 0.6 * alone[:, few].mean(1).min()  # the best ridge in hindsight
    assert together[~few].mean() < alone[:, ~few].mean(1).min()


def test_refusals():
    with pytest.raises(ValueError, match=r"`rank` should be at least 1\. Found `rank = 0`"):
        LowRankLinear(2, 3, rank=0)
    with pytest.raises(ValueError, match=r"`weight` should be \(3, 2\)\. Found \(2, 3\)"):
        LowRankLinear(2, 3, rank=1).start_from(torch.zeros(2, 3))
