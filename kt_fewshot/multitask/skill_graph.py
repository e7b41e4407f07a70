"""A graph over targets, such as skills, along which those with many answers lend strength to those with few."""

from collections.abc import Iterable
from typing import final

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn


def links_of(edges: Iterable[tuple[int, int]], nodes: int) -> NDArray[np.float64]:
    """(nodes, nodes): 1 where there is an edge; as prerequisites are given.

    Raises:
        ValueError: if an edge names a node that is not there.
    """
    links = np.zeros((nodes, nodes))
    for before, after in edges:
        if not (0 <= before < nodes and 0 <= after < nodes):
            raise ValueError(f"Edges should join nodes 0 to {nodes - 1}. Found ({before}, {after}).")
        links[before, after] = 1.0
    return links


def links_from_counts(counts: ArrayLike, *, most: int = 5) -> NDArray[np.float64]:
    """(nodes, nodes): how much more often two come together than by chance, for each node's closest others.

    Args:
        counts: (nodes, nodes) how often the second came with, or after, the first; the diagonal is ignored.
        most: others that a node is linked to, at most, by its own choice.

    Returns:
        positive pointwise mutual information of both directions together, in nats; 0 for no link.

    Raises:
        ValueError: if the counts are not square, or `most` is less than 1.
    """
    found = _square(counts)
    if most < 1:
        raise ValueError(f"`most` should be at least 1. Found `most = {most}`.")
    together = found + found.T
    np.fill_diagonal(together, 0.0)
    of_node, total = together.sum(1), together.sum()
    chance = of_node[:, None] * of_node / max(total, 1.0)
    often = (together > 0) & (chance > 0)
    strength = np.log(np.divide(together, chance, out=np.ones_like(together), where=often)).clip(min=0)
    bar = np.sort(strength, axis=1)[:, ::-1][:, min(most, len(strength)) - 1]
    chosen = (strength >= bar[:, None]) & (strength > 0)
    return np.where(chosen | chosen.T, strength, 0.0)


@final
class SkillGraph(nn.Module):
    """Smooths a table of nodes along a graph: a dense graph convolution.

    Kipf and Welling 2017, https://arxiv.org/abs/1609.02907: X' = relu(A X W) layer after layer, without relu after the
    last, where A = D^-1/2 (links + I) D^-1/2; W starts as I. Each node here has a row of its own to learn, so the
    convolution alone may fit those with few answers all the better, and foretell them worse: `GraphPrior` helps them.

    Args:
        links: (nodes, nodes) at least 0; how strongly two nodes are linked, in either direction.
        width: of the table's rows.
        depth: layers.

    Shape:
        table: (nodes, width); result: (nodes, width).

    Raises:
        ValueError: if the links are not square or below 0, or `depth` is less than 1.
    """

    adjacency: Tensor

    def __init__(self, links: ArrayLike, width: int, *, depth: int = 1) -> None:
        if depth < 1:
            raise ValueError(f"`depth` should be at least 1. Found `depth = {depth}`.")
        super().__init__()
        both = _both_ways(links)
        self.register_buffer("adjacency", torch.tensor(_normalised(both + np.eye(len(both)))).float())
        self.layers = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(depth))
        for layer in self.layers:
            nn.init.eye_(layer.weight)  # pyright: ignore[reportArgumentType]

    def forward(self, table: Tensor) -> Tensor:
        """The smoothed table."""
        for number, layer in enumerate(self.layers):
            table = layer(self.adjacency @ (table if number == 0 else table.relu()))
        return table


@final
class GraphPrior(nn.Module):
    """How rough a table of nodes is on a graph: neighbours differ little, unless answers say so.

    Links are scaled so that those of a linked node add up to 1 on average. Times a strength, added to a sum of losses
    over all answers, it lends strength to nodes with few. Only training needs it: it is not saved with a model.

    Args:
        links: as in `SkillGraph`.

    Shape:
        table: (nodes, width) or (nodes,); result: ().
    """

    laplacian: Tensor

    def __init__(self, links: ArrayLike) -> None:
        super().__init__()
        laplacian = torch.tensor(_laplacian(_both_ways(links))).float()
        self.register_buffer("laplacian", laplacian, persistent=False)

    def forward(self, table: Tensor) -> Tensor:
        """Half the sum over linked nodes of strength * |difference of their rows|^2."""
        return (table * (self.laplacian.to(table.dtype) @ table)).sum() / 2


def _both_ways(links: ArrayLike) -> NDArray[np.float64]:
    found = _square(links)
    if (found < 0).any():
        raise ValueError(f"`links` should be at least 0. Found {found.min():g}.")
    found = np.maximum(found, found.T)
    np.fill_diagonal(found, 0.0)
    return found


def _square(values: ArrayLike) -> NDArray[np.float64]:
    found = np.array(values, dtype=np.float64)
    if found.ndim != 2 or found.shape[0] != found.shape[1]:
        raise ValueError(f"A graph's matrix should be (nodes, nodes). Found {found.shape}.")
    return found


def _normalised(links: NDArray[np.float64]) -> NDArray[np.float64]:
    root = np.sqrt(links.sum(1))
    return links / (root[:, None] * root)


def _laplacian(links: NDArray[np.float64]) -> NDArray[np.float64]:
    linked = (links.sum(1) > 0).sum()
    scaled = links * (linked / links.sum()) if linked else links
    return np.diag(scaled.sum(1)) - scaled
