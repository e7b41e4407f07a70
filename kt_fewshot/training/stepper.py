"""One step: losses, their gradient, the optimizer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

import torch
from torch import nn
from torch.optim import Optimizer

from .distributed import Processes, sum_over_processes
from .finite import GRADIENT, FiniteWatch
from .optimization import rate_factor, set_learning_rate
from .options import TrainerOptions
from .precision import autocast
from .seeding import mix, seed_generators
from .totals import Totals, stack_losses
from .trainable import Balancing, LossSum, Trainable

_BALANCING: Final = 1 << 40
"""Stands for the balancing where chunks are numbered."""


@dataclass
class Stepper:
    """Does single steps; what it reports goes to `totals` and `watch`.

    The loss of a step is the sum over tasks of weight * (sum of losses) / `loss_scale`. The scale is a constant, not
    the batch's own count: with per-batch means, an answer would weigh more the fewer others share its batch.

    Each of several processes takes its share of the batch, and cuts it in chunks if it is told to. Every chunk of the
    whole batch has a number and draws its noise by it: two processes are one with two chunks, dropout included.
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
    processes: Processes = field(default_factory=Processes.here)
    share: tuple[Any, float] | None = None
    """This process's share of the step's batch and what it counts, kept for a balancing that looks again."""

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
        self.optimizer.zero_grad(set_to_none=True)
        share, counts = self.processes.share(batch)
        self.share = (share, counts) if hasattr(self.balancing, "look_again") else None
        parts = [self._backward(chunk, step, number, counts) for number, chunk in enumerate(self._chunks(share))]
        # What a balancing makes of the joint losses is the same everywhere, and so is its own parameters' gradient.
        summed = self.parameters if self._adds_up else self.model.parameters()
        sum_over_processes((p for p in summed if p.requires_grad), [sums for _, sums in parts])
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
        if self.share is not None:
            share, counts = self.share
            self._draw_noise(step, 0)
            with torch.no_grad(), autocast(self.options.precision, self.device):
                losses = self._scaled(cast(Trainable, self.model).losses(share), counts)
                self.balancing.look_again(self.processes.joint(losses))  # pyright: ignore[reportAttributeAccessIssue]
        self.balancing.after_step()

    def _backward(self, chunk: Any, step: int, number: int, counts: float) -> tuple[tuple[str, ...], torch.Tensor]:  # noqa: ANN401
        """Add a chunk's gradient; give its tasks, and their sums and counts."""
        self._draw_noise(step, number)
        own_rule = getattr(self.model, "add_gradient", None)
        scale = counts / self.loss_scale
        with autocast(self.options.precision, self.device):
            losses = own_rule(chunk, scale) if own_rule else cast(Trainable, self.model).losses(chunk)
        if not own_rule:
            scaled = self._scaled(losses, counts)
            if not self._adds_up:
                scaled = self.processes.joint(scaled)
                seed_generators(mix(self.options.seed, step, _BALANCING), self.device)  # it may draw; all draw the same
            self.balancing.backward(scaled, self.model)
        return tuple(losses), stack_losses(losses) * counts

    @property
    def _adds_up(self) -> bool:
        """Whether the gradient of a batch is the sum of its parts' gradients."""
        return getattr(self.balancing, "adds_over_chunks", False)

    def _draw_noise(self, step: int, number: int) -> None:
        """Let dropout and the like be a function of the step and of the chunk's number in the whole batch."""
        number += self.processes.rank * self.options.chunks
        numbers = (step, number) if number else (step,)
        seed_generators(mix(self.options.seed, *numbers), self.device)

    def _scaled(self, losses: Mapping[str, LossSum], counts: float) -> dict[str, torch.Tensor]:
        scale = counts / self.loss_scale
        return {task: loss.total * (self.weights.get(task, 1.0) * scale) for task, loss in losses.items()}

    def _chunks(self, batch: Any) -> Iterable[Any]:  # noqa: ANN401
        return (batch,) if self.options.chunks == 1 else batch.chunks(self.options.chunks)
