"""`Method`: the contract of few-shot methods."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn
from torch.nn import functional

from kt_fewshot.encoders import Encoder
from kt_fewshot.training import LossSum

from .episodes import Episode, Examples

Predictor = Callable[[Tensor], Tensor]
"""Query examples (tasks, queries, *shape) to logits (tasks, queries, way)."""


class MethodOptions(BaseModel):
    """Options of a method; every method's are a child of these."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Method(nn.Module, ABC):
    """A shared encoder, and a way to fit a head for a new task on a handful of examples.

    Tasks travel in batches of equal shape: the first axis of every tensor is `tasks`. `adapt` never changes the method.

    Args:
        encoder: examples to features; learned across tasks.
        options: fields of `Options`.
    """

    name: ClassVar[str]
    """What it is called on the command line."""
    transductive: ClassVar[bool] = False
    """Whether a prediction may depend on the other queries of its task; such methods stand apart in every table."""
    Options: ClassVar[type[MethodOptions]] = MethodOptions

    def __init__(self, encoder: Encoder, options: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.encoder = encoder
        self.options = self.Options(**(options or {}))

    @abstractmethod
    def adapt(self, support: Examples, n_way: int) -> Predictor:
        """Fit the head of each task on its support set.

        Args:
            support: x (tasks, examples, *shape), y (tasks, examples) class index in [0, n_way).
            n_way: classes of each task.
        """

    def losses(self, episode: Episode) -> dict[str, LossSum]:
        """Cross-entropy of the queries after adapting to the support sets: {"query": sum and count}."""
        logits = self.adapt(episode.support, episode.n_way)(episode.query.x)
        return {"query": cross_entropy(logits, episode.query)}

    def shared_parameters(self) -> Iterable[nn.Parameter]:
        """The encoder's."""
        return self.encoder.parameters()


def cross_entropy(logits: Tensor, examples: Examples) -> LossSum:
    """Sum over the examples of -log P(true class), and how many they are; logits (tasks, examples, way)."""
    losses = functional.cross_entropy(logits.float().flatten(0, 1), examples.y.flatten(), reduction="none")
    real = torch.ones_like(losses) if examples.mask is None else examples.mask.flatten().to(losses.dtype)
    return LossSum((losses * real).sum(), real.sum())
