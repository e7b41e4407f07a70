"""Tests of graphs over skills: links, smoothing, roughness, and what skills with few answers gain."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from kt_fewshot.multitask import GraphPrior, SkillGraph, links_from_counts, links_of

NODES, WIDTH, FEW, MANY = 48, 8, 4, 100


def test_prerequisites_are_links():
    assert links_of([(0, 1), (2, 1)], 3).tolist() == [[0, 1, 0], [0, 0, 0], [0, 1, 0]]
    with pytest.raises(ValueError, match=r"nodes 0 to 2\. Found \(0, 3\)"):
        links_of([(0, 3)], 3)


def test_links_are_of_those_that_meet_more_often_than_by_chance():
    """0 and 1 meet 8 times, 2 and 3 too, 1 and 2 once: by chance it would be 9 * 9 / 34 times."""
    counts = np.zeros((4, 4))
    counts[[0, 2, 1], [1, 3, 2]] = [8, 8, 1]
    found = links_from_counts(counts + 100 * np.eye(4))
    assert found[0, 1] == found[1, 0] == pytest.approx(np.log(8 * 34 / (8 * 9)))
    assert found[1, 2] == 0
    assert (found.diagonal() == 0).all()


def test_each_has_its_closest():
    counts = np.random.default_rng(0).poisson(3, (20, 20))
    found = links_from_counts(counts, most=2)
    np.testing.assert_array_equal(found, found.T)
    strength = links_from_counts(counts, most=20)
    assert all(found[node].max() == strength[node].max() for node in range(20))
    assert (found > 0).sum() < (strength > 0).sum()


def test_nothing_counted_is_no_link():
    assert not links_from_counts(np.zeros((3, 3))).any()
    assert not links_from_counts(np.eye(3)).any()


def test_smoothing_by_hand():
    """Two linked nodes and one alone: A is 1/2 for the two of them, 1 for the third."""
    graph = SkillGraph(links_of([(0, 1)], 3), 1)
    table = torch.tensor([[2.0], [4.0], [-5.0]])
    assert graph(table).tolist() == pytest.approx(np.array([[3.0], [3.0], [-5.0]]))
    deep = SkillGraph(links_of([(0, 1)], 3), 1, depth=2)
    assert deep(table)[2].item() == 0  # relu between layers
    assert graph.adjacency.tolist() == pytest.approx(np.array([[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]]))


def test_directions_do_not_matter():
    there, back = (SkillGraph(links_of(edges, 3), 1) for edges in ([(0, 1), (1, 2)], [(1, 0), (2, 1)]))
    assert torch.equal(there.adjacency, back.adjacency)


def test_roughness_by_hand():
    """One link between two nodes that are 2 apart, each linked node having 1 on average: 1/2 * 1 * 4."""
    prior = GraphPrior(7 * links_of([(0, 1)], 3))
    assert prior(torch.tensor([[1.0], [3.0], [100.0]])).item() == pytest.approx(2.0)
    assert prior(torch.tensor([1.0, 3.0, 100.0])).item() == pytest.approx(2.0)
    assert prior(torch.full((3, 1), 5.0)).item() == pytest.approx(0)
    assert GraphPrior(np.zeros((3, 3)))(torch.randn(3, 1)).item() == 0
    assert not prior.state_dict()


def test_gradient_reaches_everything():
    graph = SkillGraph(links_of([(0, 1)], 3), 2, depth=2)
    table = torch.rand(3, 2, requires_grad=True)
    graph(table).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in graph.parameters())
    assert table.grad is not None and table.grad.any()


def planted(seed: int) -> tuple[np.ndarray, np.ndarray, Tensor, tuple[Tensor, Tensor, Tensor]]:
    """Six circles of eight skills that are alike, half of them with few answers. (links, counts, weights, data)."""
    random = np.random.default_rng(seed)
    circle = np.repeat(np.arange(6), 8)
    links = np.triu((circle[:, None] == circle) & (random.random((NODES, NODES)) < 0.5), 1)
    own, common = random.standard_normal((NODES, WIDTH)), random.standard_normal((6, WIDTH))
    weights = 1.1 * common[circle] + 0.5 * own
    counts = np.where(random.random(NODES) < 0.5, FEW, MANY)
    skill = np.repeat(np.arange(NODES), counts)
    x = random.standard_normal((len(skill), WIDTH))
    right = random.random(len(skill)) < 1 / (1 + np.exp(-(x * weights[skill]).sum(1)))
    data = (torch.tensor(skill), torch.tensor(x), torch.tensor(right, dtype=torch.float64))
    return links, counts, torch.tensor(weights), data


def fitted(data: tuple[Tensor, Tensor, Tensor], links: np.ndarray, *, size: float, rough: float) -> Tensor:
    """Weights (skills, width) of a logistic regression a skill; the graph is used where `rough` is above 0."""
    skill, x, right = data
    graph, prior = SkillGraph(links, WIDTH).double(), GraphPrior(links)
    table = torch.zeros(NODES, WIDTH, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([table, *graph.parameters()], 0.05)
    for _ in range(120):
        optimizer.zero_grad()
        weights = graph(table) if rough else table
        logits = (x * weights[skill]).sum(1)
        loss = functional.binary_cross_entropy_with_logits(logits, right, reduction="sum")
        (loss + size * table.square().sum() + rough * prior(weights)).backward()
        optimizer.step()
    return (graph(table) if rough else table).detach()


def loss_of(found: Tensor, weights: Tensor, seed: int) -> Tensor:
    """(skills,) mean log-loss of unseen answers."""
    x = torch.randn(NODES, 500, WIDTH, generator=torch.Generator().manual_seed(seed)).double()
    probability = torch.einsum("kaw,kw->ka", x, weights).sigmoid()
    logits = torch.einsum("kaw,kw->ka", x, found)
    return functional.binary_cross_entropy_with_logits(logits, probability, reduction="none").mean(1)


@pytest.mark.parametrize("seed", range(3))
def test_skills_with_few_answers_are_foretold_better_along_the_graph(seed: int):
    links, counts, weights, data = planted(seed)
    few = torch.tensor(counts == FEW)
    along = loss_of(fitted(data, links, size=0.02, rough=3.0), weights, seed)
    alone = torch.stack([loss_of(fitted(data, links, size=size, rough=0.0), weights, seed) for size in (0.3, 1.0, 3.0)])
    assert along[few].mean() < 0.85 * alone[:, few].mean(1).min()  # the best shrinkage in hindsight
    assert along[~few].mean() < 1.02 * alone[:, ~few].mean(1).min()


def test_refusals():
    with pytest.raises(ValueError, match=r"should be \(nodes, nodes\)\. Found \(2, 3\)"):
        SkillGraph(np.ones((2, 3)), 1)
    with pytest.raises(ValueError, match="`links` should be at least 0. Found -1"):
        SkillGraph(-np.ones((2, 2)), 1)
    with pytest.raises(ValueError, match="`depth` should be at least 1"):
        SkillGraph(np.ones((2, 2)), 1, depth=0)
    with pytest.raises(ValueError, match="`most` should be at least 1"):
        links_from_counts(np.ones((2, 2)), most=0)
