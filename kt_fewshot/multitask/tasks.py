"""Tasks: jointly predicted targets, each with its loss, its mask and its unit."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

from torch import Tensor
from torch.nn import functional

from kt_fewshot.training import LossSum


@dataclass(frozen=True)
class Task(ABC):
    """One target. `losses` of targets add up to a joint negative log-likelihood, in nats.

    Args:
        name: what the target is called in results and options.
        unit: of the target, for tables; empty for probabilities.
    """

    name: str
    unit: str = ""

    @abstractmethod
    def elementwise(self, output: Tensor, target: Tensor) -> Tensor:
        """Loss of each element, (...), from a head's raw output (...)."""

    @abstractmethod
    def expected(self, output: Tensor) -> Tensor:
        """What is expected of the target, (...), by a head's raw output (...)."""

    def loss(self, output: Tensor, target: Tensor, mask: Tensor) -> LossSum:
        """Sum of the losses where `mask` is true, and how many there are.

        Args:
            output: (...) raw outputs of the head.
            target: (...) targets; those outside the mask may be anything, NaN too.
            mask: (...) bool.
        """
        safe = target.masked_fill(~mask, 0).to(output.dtype)
        return LossSum(self.elementwise(output, safe).masked_fill(~mask, 0).sum(), mask.sum())


@final
@dataclass(frozen=True)
class Binary(Task):
    """A target in {0, 1}; the head gives a logit, the loss is the cross-entropy."""

    def elementwise(self, output: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy in nats."""
        return functional.binary_cross_entropy_with_logits(output, target, reduction="none")

    def expected(self, output: Tensor) -> Tensor:
        """P(1)."""
        return output.sigmoid()


@final
@dataclass(frozen=True)
class Regression(Task):
    """A standardised real target; the head gives its mean, the loss is half the squared error (unit variance)."""

    def elementwise(self, output: Tensor, target: Tensor) -> Tensor:
        """Half the squared error: a Gaussian's negative log-likelihood up to a constant."""
        return 0.5 * (output - target).square()

    def expected(self, output: Tensor) -> Tensor:
        """The mean."""
        return output
