"""Methods whose head is a linear layer that is learned across tasks and adapted to each."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import torch
from pydantic import Field
from torch import Tensor, nn

from kt_fewshot.data import ClassImages
from kt_fewshot.encoders import Encoder
from kt_fewshot.training import mix, own_randomness, seed_generators

from .batch_statistics import twice_differentiable
from .episode_plan import EpisodePlan
from .method import LabelledBatches, Method, MethodOptions

WAYS: Final = 5
"""Classes the head has rows for until it is known better."""


class LinearHeadOptions(MethodOptions):
    """What all of them can be told.

    - `ways`: classes the head has rows for; if None, those of the training's episodes. Tasks of another number of
      classes, and regressions, begin with the mean row for every class (Ye and Chao 2022, "How to train your MAML to
      excel in few-shot classification", https://arxiv.org/abs/2106.16245). With equal rows the first gradient of the
      features is 0: the encoder is adapted from the second step on;
    - `inner_steps`, `inner_rate`: gradient steps on a task's support set, and their length;
    - `test_steps`: steps once training is over; as many as in training if None.
    """

    ways: int | None = Field(default=None, ge=1)
    inner_steps: int = Field(default=1, ge=1)
    inner_rate: float = Field(default=0.4, gt=0)
    test_steps: int | None = Field(default=None, ge=1)


class LinearHeadMethod(Method):
    """An encoder and a linear head.

    Also for regressions (`n_way` 0: y is a float, the loss the squared error, predictions are (tasks, queries)).

    The encoder is a copy that shares the given one's parameters, in which batch normalisation uses the statistics of
    the batch at hand (`twice_differentiable`).
    """

    tasks: ClassVar[int] = 4
    Options: ClassVar[type[MethodOptions]] = LinearHeadOptions
    options: LinearHeadOptions
    head: nn.Linear | None

    def __init__(self, encoder: Encoder, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(twice_differentiable(encoder), options)
        self.size_head(self.options.ways or WAYS)

    @property
    def steps(self) -> int:
        """Gradient steps, in training or afterwards."""
        return self.options.inner_steps if self.training else (self.options.test_steps or self.options.inner_steps)

    def size_head(self, ways: int) -> None:
        """Make the head anew, with so many rows."""
        like = next(self.encoder.parameters(), torch.empty(0))
        self.head = nn.Linear(self.encoder.width, ways, device=like.device, dtype=like.dtype)

    def batches(self, data: ClassImages, plan: EpisodePlan, *, steps: int, seed: int) -> LabelledBatches:
        """Episodes; unless told otherwise, the head gets as many rows as they have classes, one if that varies."""
        if self.options.ways is None:
            ways = plan.n_way if isinstance(plan.n_way, int) else 1
            self.options = self.options.model_copy(update={"ways": ways})
            if ways != WAYS:
                cpu = torch.device("cpu")
                with own_randomness(cpu):
                    seed_generators(mix(seed, ways), cpu)
                    self.size_head(ways)
        return super().batches(data, plan, steps=steps, seed=seed)

    def head_rows(self, n_way: int) -> dict[str, Tensor]:
        """The head's parameters for tasks of `n_way` classes."""
        assert self.head is not None
        return {name: rows_for(value, n_way) for name, value in self.head.named_parameters()}


def rows_for(value: Tensor, n_way: int) -> Tensor:
    """(rows, ...) as (n_way, ...), one row for a regression: as it is, or the mean row again and again."""
    rows = max(n_way, 1)
    return value if len(value) == rows else value.mean(0, keepdim=True).expand(rows, *value.shape[1:])
