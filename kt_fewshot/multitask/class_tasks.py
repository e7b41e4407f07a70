"""Tasks whose target is one of several classes: without an order, or with one."""

from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from .task_calibration import Calibration, scaling
from .task_heads import OrderedThresholds
from .task_metrics import ACCURACY, CLASS_LOG_LOSS, LEVEL_ERROR, QUADRATIC_KAPPA, Metric, median_level
from .tasks import Task


@final
@dataclass(frozen=True)
class MultiClass(Task):
    """A target out of 0 ... `classes` - 1; the head gives a logit a class, the loss is the cross-entropy.

    Args:
        classes: how many, at least 2.

    Raises:
        ValueError: if there are fewer.
    """

    classes: int = field(kw_only=True)

    metrics: ClassVar[tuple[Metric, ...]] = (ACCURACY, CLASS_LOG_LOSS)

    def __post_init__(self) -> None:
        """Check once."""
        _check_classes(self.classes)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """A logit a class."""
        return (self.classes,)

    def elementwise(self, output: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy in nats."""
        said = functional.log_softmax(output, dim=-1)
        return -said.gather(-1, target.long()[..., None]).squeeze(-1)

    def expected(self, output: Tensor) -> Tensor:
        """(..., classes) how likely each is."""
        return output.softmax(-1)

    def decide(self, expected: NDArray[np.floating]) -> NDArray[np.floating]:
        """The likeliest."""
        return expected.argmax(-1).astype(expected.dtype)

    def calibration(self, output: Tensor, target: Tensor, mask: Tensor) -> Calibration:
        """A temperature."""
        return _scaled(self, output, target, mask, shift=False)


@final
@dataclass(frozen=True)
class Ordinal(Task):
    """A target out of 0 ... `classes` - 1 that have an order: grades, numbers of attempts, levels.

    The head gives for each level but the last the log-odds z_k of a target above it, which fall with k: P(y > k) =
    sigmoid(z_k). The loss is the likelihood of the cumulative logit model (McCullagh 1980), -log P(y = k), with
    P(y = k) = sigmoid(z_{k-1}) - sigmoid(z_k). Where we depart from CORAL (Cao, Mirjalili and Raschka 2020,
    https://arxiv.org/abs/1901.07884), whose loss is the sum of the cross-entropies of all "above k?": that is no
    likelihood of the target.

    Args:
        classes: how many levels, at least 2.

    Raises:
        ValueError: if there are fewer.
    """

    classes: int = field(kw_only=True)

    metrics: ClassVar[tuple[Metric, ...]] = (LEVEL_ERROR, QUADRATIC_KAPPA)

    def __post_init__(self) -> None:
        """Check once."""
        _check_classes(self.classes)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The log-odds of being above each level but the last."""
        return (self.classes - 1,)

    def head(self, width: int) -> nn.Module:
        """One score, ordered thresholds."""
        return OrderedThresholds(width, self.classes)

    def elementwise(self, output: Tensor, target: Tensor) -> Tensor:
        """Negative log-likelihood of the level in nats."""
        return -self._log_probabilities(output).gather(-1, target.long()[..., None]).squeeze(-1)

    def expected(self, output: Tensor) -> Tensor:
        """(..., classes) how likely each level is."""
        return self._log_probabilities(output).softmax(-1)

    def decide(self, expected: NDArray[np.floating]) -> NDArray[np.floating]:
        """The median level, which is the least distance away on average."""
        return median_level(expected)

    def calibration(self, output: Tensor, target: Tensor, mask: Tensor) -> Calibration:
        """A temperature and a shift, the same for all thresholds."""
        return _scaled(self, output, target, mask, shift=True)

    def _log_probabilities(self, output: Tensor) -> Tensor:
        """(..., classes): log(sigmoid(a) - sigmoid(b)) = log sigmoid(a) + log sigmoid(-b) + log(1 - exp(b - a))."""
        above, below = functional.logsigmoid(output), functional.logsigmoid(-output)
        first, last = below[..., :1], above[..., -1:]
        gap = (output[..., :-1] - output[..., 1:]).clamp(min=torch.finfo(output.dtype).eps)
        between = above[..., :-1] + below[..., 1:] + (-torch.expm1(-gap)).log()
        return torch.cat([first, between, last], dim=-1)


def _check_classes(classes: int) -> None:
    if classes < 2:
        raise ValueError(f"`classes` should be at least 2. Found `classes = {classes}`.")


def _scaled(task: Task, output: Tensor, target: Tensor, mask: Tensor, *, shift: bool) -> Calibration:
    real = target[mask].cpu()
    return scaling(lambda calibrated: task.elementwise(calibrated, real).sum(), output[mask], shift=shift)
