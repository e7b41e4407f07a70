"""Tasks: jointly predicted targets, each with its loss, its mask, its unit, its metrics and the head it needs."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from math import log, pi, prod
from typing import ClassVar, Final, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from kt_fewshot.training import LossSum

from .task_calibration import Calibration, platt
from .task_heads import LinearHead, NoisyMean
from .task_metrics import AUC, LOG_LOSS, MACRO_AUC, MASKED_LOG_LOSS, R2, RMSE, Metric

LOG_ROOT_TAU: Final = 0.5 * log(2 * pi)
"""What a standard normal density costs at its peak, in nats."""

SMALLEST_NOISE: Final = 1e-6
"""Of a standardised target; a smaller one is taken for this."""


@dataclass(frozen=True)
class Task(ABC):
    """One target. `losses` of targets add up to a joint negative log-likelihood, in nats.

    A head's raw output of an example has `output_shape`, a target `target_shape`; both are () for a single number, and
    tensors of many examples have these axes last.

    Args:
        name: what the target is called in results and options.
        unit: of the target, for tables; empty for probabilities.
    """

    name: str
    unit: str = ""

    metrics: ClassVar[tuple[Metric, ...]]
    """How well it is predicted, the first one being what to look at; each of what is `expected` and the targets."""

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Of the raw output of one example."""
        return ()

    @property
    def target_shape(self) -> tuple[int, ...]:
        """Of the target of one example."""
        return ()

    @property
    def outputs(self) -> int:
        """How many raw outputs a head gives."""
        return prod(self.output_shape)

    @property
    def likelihood(self) -> "Task":
        """The task whose loss is a negative log-likelihood to the last constant; most are it themselves."""
        return self

    def head(self, width: int) -> nn.Module:
        """A head: features (..., width) to raw outputs (..., *output_shape)."""
        return LinearHead(width, self.output_shape)

    @abstractmethod
    def elementwise(self, output: Tensor, target: Tensor) -> Tensor:
        """Loss of each element, (..., *target_shape), from a head's raw output (..., *output_shape)."""

    @abstractmethod
    def expected(self, output: Tensor) -> Tensor:
        """What is expected of the target by a head's raw output: its mean; of a class, how likely each is."""

    @abstractmethod
    def decide(self, expected: NDArray[np.floating]) -> NDArray[np.floating]:
        """The one value of the target to name, from what is expected."""

    @abstractmethod
    def calibration(self, output: Tensor, target: Tensor, mask: Tensor) -> Calibration:
        """What makes raw outputs honest, fitted on examples the head was not trained on.

        Args:
            output: (n, *output_shape).
            target: (n, *target_shape); those outside the mask may be anything.
            mask: (n, *target_shape) bool.

        Returns:
            A map of raw outputs to raw outputs of `likelihood`.
        """

    def loss(self, output: Tensor, target: Tensor, mask: Tensor) -> LossSum:
        """Sum of the losses where `mask` is true, and how many there are.

        Args:
            output: (..., *output_shape) raw outputs of the head.
            target: (..., *target_shape); those outside the mask may be anything, NaN too.
            mask: (..., *target_shape) bool.
        """
        safe = target.masked_fill(~mask, 0)
        return LossSum(self.elementwise(output, safe).masked_fill(~mask, 0).sum(), mask.sum())


@dataclass(frozen=True)
class _Chances(Task):
    """Targets in {0, 1}; the head gives a logit each, the loss is the cross-entropy, the calibration Platt scaling."""

    def elementwise(self, output: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy of each target in nats."""
        return functional.binary_cross_entropy_with_logits(output, target.to(output.dtype), reduction="none")

    def expected(self, output: Tensor) -> Tensor:
        """P(1) of each target."""
        return output.sigmoid()

    def decide(self, expected: NDArray[np.floating]) -> NDArray[np.floating]:
        """1 where it is likelier than 0."""
        return (expected > 0.5).astype(expected.dtype)

    def calibration(self, output: Tensor, target: Tensor, mask: Tensor) -> Calibration:
        """Platt scaling of each target."""
        return platt(output, target, mask)


@final
@dataclass(frozen=True)
class Binary(_Chances):
    """A target in {0, 1}; the head gives a logit, the loss is the cross-entropy."""

    metrics: ClassVar[tuple[Metric, ...]] = (AUC, LOG_LOSS)


@final
@dataclass(frozen=True)
class MultiLabel(_Chances):
    """Several targets in {0, 1} at once, such as the success on each skill; any of them may be missing.

    The head gives a logit a label, the loss of an example is the sum over its labels: given the features, labels are
    independent.

    Args:
        labels: their names.

    Raises:
        ValueError: if there are none.
    """

    labels: tuple[str, ...] = field(kw_only=True)

    metrics: ClassVar[tuple[Metric, ...]] = (MACRO_AUC, MASKED_LOG_LOSS)

    def __post_init__(self) -> None:
        """Check once."""
        if not self.labels:
            raise ValueError("`labels` should name at least one label. Found none.")

    @property
    def output_shape(self) -> tuple[int, ...]:
        """A logit a label."""
        return (len(self.labels),)

    @property
    def target_shape(self) -> tuple[int, ...]:
        """The labels."""
        return (len(self.labels),)


@final
@dataclass(frozen=True)
class Regression(Task):
    """A standardised real target; the head gives its mean, and how far off it is where `noise` is learned.

    With unit noise the loss is half the squared error: a Gaussian's negative log-likelihood up to a constant. With
    learned noise (one number for the task: Kendall, Gal and Cipolla 2018, https://arxiv.org/abs/1705.07115) the head
    gives mean and log standard deviation, and the loss is the likelihood itself, which may be negative. Balancings that
    take logarithms or products of losses need the former, a joint likelihood the latter.

    Args:
        noise: "unit" or "learned".

    Raises:
        ValueError: if there is no such noise.
    """

    noise: Literal["unit", "learned"] = "unit"

    metrics: ClassVar[tuple[Metric, ...]] = (RMSE, R2)

    def __post_init__(self) -> None:
        """Check once."""
        if self.noise not in {"unit", "learned"}:
            raise ValueError(f"`noise` should be 'unit' or 'learned'. Found `noise = {self.noise!r}`.")

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The mean; with learned noise mean and log standard deviation."""
        return (2,) if self.noise == "learned" else ()

    @property
    def likelihood(self) -> Task:
        """With learned noise."""
        return replace(self, noise="learned")

    def head(self, width: int) -> nn.Module:
        """Linear; the noise is a number of its own."""
        return NoisyMean(width) if self.noise == "learned" else super().head(width)

    def elementwise(self, output: Tensor, target: Tensor) -> Tensor:
        """See the class."""
        if self.noise == "unit":
            return 0.5 * (output - target).square()
        mean, log_scale = output.unbind(-1)
        return 0.5 * ((mean - target) * (-log_scale).exp()).square() + log_scale + LOG_ROOT_TAU

    def expected(self, output: Tensor) -> Tensor:
        """The mean."""
        return output if self.noise == "unit" else output[..., 0]

    def decide(self, expected: NDArray[np.floating]) -> NDArray[np.floating]:
        """The mean."""
        return expected

    def calibration(self, output: Tensor, target: Tensor, mask: Tensor) -> Calibration:
        """The noise is the root mean squared error; of nothing, it stays what it was."""
        error = (self.expected(output) - target)[mask].double()
        learned = self.noise == "learned"
        if learned and not len(error):
            return Calibration(torch.ones(2), torch.zeros(2))
        log_scale = float(error.square().mean().sqrt().clamp(min=SMALLEST_NOISE).log()) if len(error) else 0.0
        return Calibration(torch.tensor([1.0, 0.0]), torch.tensor([0.0, log_scale]), widens=not learned)
