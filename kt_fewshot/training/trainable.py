"""What the trainer asks of others: a model with losses, a source of batches, a validation, a balancing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from torch import Tensor, nn


class LossSum(NamedTuple):
    """The loss of one task over a batch, as a sum, so that chunks, batches and processes add up exactly.

    `total`: () sum of the losses of the labelled answers; `count`: () how many they are.
    """

    total: Tensor
    count: Tensor  # pyright: ignore[reportIncompatibleMethodOverride] - nobody counts in a LossSum


class Trainable(Protocol):
    """A module that knows its losses; any `nn.Module` with these two methods is one.

    It may also have

    - `parameter_groups()`, as torch's optimizers take them (`lr` and `weight_decay` per group);
    - `add_gradient(batch, scale) -> losses`, an update rule of its own in place of the losses' gradient: it adds
      `scale` times what the optimizer shall follow to `.grad`, as a sum over the batch, and tells losses for the
      history. Neither weights of tasks nor a balancing reach it.
    """

    def losses(self, batch: Any) -> Mapping[str, LossSum]:  # noqa: ANN401 - a batch is whatever source and model agree on
        """The loss of every task on a batch; a task may be absent from a batch."""
        ...

    def shared_parameters(self) -> Iterable[nn.Parameter]:
        """The parameters that several tasks share, for balancing."""
        ...


class BatchSource(Protocol):
    """Batches, as a pure function of the epoch: asked twice, it gives the same.

    It may also have `fingerprint`, a text that changes with the data: training is then never resumed on other data.
    """

    @property
    def steps_per_epoch(self) -> int:
        """Batches an epoch."""
        ...

    def epoch(self, epoch: int, first_step: int = 0) -> Iterator[Any]:
        """The batches of an epoch (0, 1, ...), from number `first_step` on.

        A batch may have `chunks(n)`, which cuts it in at most n parts; gradient accumulation needs it.
        """
        ...


@dataclass(frozen=True)
class Validation:
    """What a validation found: `score`, by which epochs are compared, higher is better; and whatever else to record."""

    score: float
    metrics: Mapping[str, float] = field(default_factory=dict)


class Balancing(Protocol):
    """How the losses of several tasks become one gradient.

    It may also have

    - `state_dict` and `load_state_dict`, if it remembers something from step to step;
    - `look_again(losses)`, which is told the losses of the same batch, with the same randomness, after each step.
    """

    def backward(self, losses: dict[str, Tensor], model: Any) -> None:  # noqa: ANN401 - an nn.Module that is Trainable
        """Add the gradient of the balanced losses to `.grad` of the model's parameters.

        Where several processes train together, `losses` have the value of the whole batch and the gradient of this
        process's share (see `Processes.joint`), and what is added to the model's `.grad` is summed over processes.
        """
        ...

    def after_step(self) -> None:
        """Called after each step of the optimizer."""
        ...

    def after_epoch(self) -> None:
        """Called after each epoch."""
        ...

    def parameters(self) -> Iterable[nn.Parameter]:
        """Its own parameters, trained along with the model's."""
        ...


class PlainSum:
    """The balancing one gets without asking: the gradient of the sum of the losses."""

    adds_over_chunks = True
    """The gradient of a batch is the sum of its chunks' gradients."""

    def backward(self, losses: dict[str, Tensor], model: nn.Module) -> None:  # noqa: ARG002 - others need the model
        """Add the gradient of the sum."""
        total = sum(losses.values())
        if isinstance(total, Tensor):
            total.backward()

    def after_step(self) -> None:
        """Nothing to do."""

    def after_epoch(self) -> None:
        """Nothing to do."""

    def parameters(self) -> Iterable[nn.Parameter]:
        """None."""
        return ()
