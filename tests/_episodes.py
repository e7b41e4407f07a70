"""Small random episodes in double precision, where roundings cannot hide a mistake."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from kt_fewshot.encoders import make_encoder
from kt_fewshot.fewshot import Episode, Examples, Method, Sinusoids, method_class

SHAPES: Mapping[str, tuple[int, ...]] = {"conv4": (1, 16, 16), "lstm": (4, 3), "mlp": (5,), "resnet12": (1, 16, 16)}
"""Encoder -> the smallest example it reads."""


def episode_of(
    shape: tuple[int, ...], *, way: int = 3, shot: int = 2, queries: int = 3, tasks: int = 2, seed: int = 0
) -> Episode:
    """Noise, with a different mean for each class; class by class in the support, mixed in the query."""
    generator = torch.Generator().manual_seed(seed)
    draw = {"generator": generator, "dtype": torch.float64}
    means = torch.randn(tasks, way, *shape, **draw)
    y = torch.arange(way).repeat_interleave(shot).expand(tasks, -1)
    z = torch.arange(way).repeat(queries).expand(tasks, -1)
    task = torch.arange(tasks)[:, None]
    support, query = (means[task, c] + torch.randn(*c.shape, *shape, **draw) for c in (y, z))
    return Episode(Examples(support, y), Examples(query, z), way)


def filled_up(episode: Episode, value: float = 7.0) -> Episode:
    """The same tasks, the first of whose supports have lost an example to filling."""
    support = episode.support
    mask = torch.ones_like(support.y, dtype=torch.bool)
    mask[0, 1] = False
    x = support.x.clone()
    x[0, 1] = value
    return Episode(Examples(x, support.y, mask), episode.query, episode.n_way)


def method_of(name: str, encoder: str = "mlp", *, seed: int = 0, **options: Any) -> Method:
    """A method in double precision, in train mode; small, and with the weights that the seed says."""
    kind = method_class(name)
    if "test_steps" in kind.Options.model_fields:
        options = {"test_steps": 2, **options}
    small = {"hidden": 8} if encoder == "mlp" else {"hidden": 4}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return kind(make_encoder(encoder, SHAPES[encoder], small), options).double()


def gradients(method: Method, episode: Episode) -> dict[str, Tensor]:
    """Of the loss of the queries by every parameter."""
    method.zero_grad()
    method.losses(episode)["query"].total.backward()
    return {name: p.grad.clone() for name, p in method.named_parameters() if p.grad is not None}


def sinusoid_errors(method: Method) -> tuple[float, float]:
    """Mean squared error on new waves, without adapting and with; the method has a head of one row."""
    episode = Sinusoids(seed=99, tasks=100).draw(0)
    x, y = episode.query.x, episode.query.y
    with torch.no_grad():
        adapted = method.eval().adapt(episode.support, 0)(x)
        unadapted = method.head(method.encoder(x.flatten(0, 1))).reshape(y.shape)
        return (unadapted - y).square().mean().item(), (adapted - y).square().mean().item()
