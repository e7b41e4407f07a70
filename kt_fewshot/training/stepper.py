"""One step: losses, their gradient, the optimizer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import nn
from torch.optim import Optimizer

from .distributed import sum_over_processes
from .finite import GRADIENT, FiniteWatch
from .optimization import rate_factor, set_learning_rate
from .options import TrainerOptions
from .precision import autocast
from .seeding import mix, seed_generators
from .totals import Totals, stack_losses
from .trainable import Balancing, LossSum, Trainable


@dataclass
class Stepper:
    """Does single steps; what it reports goes to `totals` and `watch`.

    The loss of a step is the sum over tasks of weight * (sum of losses) / `loss_scale`. The scale is a constant, not
    the batch's own count: with per-batch means, an answer would weigh more the fewer others share its batch.
    """

    model: nn.Module
    optimizer: Optimizer
    balancing: Balancing
    options: TrainerOptions
    loss_scale: float
    weights: Mapping[str, float]
    total_steps: int
    totals: Totals
    watch: FiniteWatch = field(default_factory=FiniteWatch)
    batch: Any = None
    """The batch of this step, kept for a balancing that looks again."""

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        return next(self.model.parameters()).device

    @property
    def parameters(self) -> list[nn.Parameter]:
        """Everything that is trained, the balancing's parameters too."""
        return [parameter for group in self.optimizer.param_groups for parameter in group["params"]]

    def gradient(self, batch: Any, step: int) -> None:  # noqa: ANN401
        """Leave the gradient of a batch in `.grad`, shortened if the options say so."""
        seed_generators(mix(self.options.seed, step), self.device)
        self.optimizer.zero_grad(set_to_none=True)
        self.batch = batch if hasattr(self.balancing, "look_again") else None
        parts = [self._backward(chunk) for chunk in self._chunks(batch)]
        sum_over_processes(self.parameters, [sums for _, sums in parts])
        for names, sums in parts:
            self.totals.add(names, sums)
            self.watch.note(step, names, sums[0])
        if self.options.clip_norm is not None:
            norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.options.clip_norm)
            self.watch.note(step, (GRADIENT,), norm[None])

    def apply(self, step: int) -> None:
        """Move the weights along the gradient."""
        set_learning_rate(self.optimizer, rate_factor(step, self.total_steps, self.options))
        self.optimizer.step()
        if self.batch is not None:
            seed_generators(mix(self.options.seed, step), self.device)
            with torch.no_grad(), autocast(self.options.precision, self.device):
                self.balancing.look_again(self._scaled(cast(Trainable, self.model).losses(self.batch)))  # pyright: ignore[reportAttributeAccessIssue]
        self.balancing.after_step()

    def _backward(self, chunk: Any) -> tuple[tuple[str, ...], torch.Tensor]:  # noqa: ANN401
        own_rule = getattr(self.model, "add_gradient", None)
        with autocast(self.options.precision, self.device):
            losses = own_rule(chunk, 1 / self.loss_scale) if own_rule else cast(Trainable, self.model).losses(chunk)
        if own_rule:
            return tuple(losses), stack_losses(losses)
        self.balancing.backward(self._scaled(losses), self.model)
        return tuple(losses), stack_losses(losses)

    def _scaled(self, losses: Mapping[str, LossSum]) -> dict[str, torch.Tensor]:
        return {task: loss.total * (self.weights.get(task, 1.0) / self.loss_scale) for task, loss in losses.items()}

    def _chunks(self, batch: Any) -> Iterable[Any]:  # noqa: ANN401
        return (batch,) if self.options.chunks == 1 else batch.chunks(self.options.chunks)
