"""`Method`: the contract of few-shot methods."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Protocol

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn
from torch.nn import functional

from kt_fewshot.data import ClassImages
from kt_fewshot.encoders import Encoder
from kt_fewshot.training import BatchSource, LossSum

from .episode_plan import EpisodePlan
from .episodes import Episode, Examples

Predictor = Callable[[Tensor], Tensor]
"""Query examples (tasks, queries, *shape) to logits (tasks, queries, way)."""


class LabelledBatches(BatchSource, Protocol):
    """What the trainer draws from, and how many labels there are in a batch."""

    @property
    def labels_per_batch(self) -> int:
        """The losses' sum is divided by it."""
        ...


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
    tasks: ClassVar[int] = 1
    """Episodes a training step unless the user says otherwise."""
    learning_rate: ClassVar[float] = 1e-3
    """Of training unless the user says otherwise."""
    Options: ClassVar[type[MethodOptions]] = MethodOptions

    def __init__(self, encoder: Encoder, options: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.encoder = encoder
        self.options = self.Options(**(options or {}))

    @abstractmethod
    def adapt(self, support: Examples, n_way: int) -> Predictor:
        """Fit the head of each task on its support set; under `torch.no_grad` too.

        Args:
            support: x (tasks, examples, *shape), y (tasks, examples) class index in [0, n_way).
            n_way: classes of each task.
        """

    def batches(self, data: ClassImages, plan: EpisodePlan, *, steps: int, seed: int) -> LabelledBatches:
        """What the method is trained on: episodes, unless it says otherwise.

        Args:
            data: classes to train on, on the method's device.
            plan: what an episode looks like, and how many there are in a batch.
            steps: batches an epoch.
            seed: of the episodes.
        """
        return plan.sampler(data, steps=steps, seed=seed)

    def losses(self, batch: Episode) -> dict[str, LossSum]:
        """Cross-entropy of the queries after adapting to the support sets: {"query": sum and count}."""
        logits = self.adapt(batch.support, batch.n_way)(batch.query.x)
        return {"query": cross_entropy(logits, batch.query)}

    def shared_parameters(self) -> Iterable[nn.Parameter]:
        """The encoder's."""
        return self.encoder.parameters()


def cross_entropy(logits: Tensor, examples: Examples) -> LossSum:
    """Sum over the examples of -log P(true class), and how many they are; logits (tasks, examples, way)."""
    wide = at_least_single(logits).flatten(0, 1)
    losses = functional.cross_entropy(wide, examples.y.flatten(), reduction="none")
    real = torch.ones_like(losses) if examples.mask is None else examples.mask.flatten().to(losses.dtype)
    return LossSum((losses * real).sum(), real.sum())


def at_least_single(x: Tensor) -> Tensor:
    """The same in fp32, or in double precision if it was."""
    return x.to(torch.promote_types(x.dtype, torch.float32))
