"""Reptile: move the parameters towards where ordinary training on a task takes them.

Nichol, Achiam and Schulman 2018, "On First-Order Meta-Learning Algorithms", https://arxiv.org/abs/1803.02999. Where we
depart from it: what it calls the outer step is taken by the trainer's optimizer, with parameters - adapted ones for a
gradient; and the mini-batches of a task are dealt out in turn, not drawn.
"""

from collections.abc import Mapping
from typing import ClassVar, Final, final

import torch
from pydantic import Field
from torch import Tensor

from kt_fewshot.training import LossSum

from .episodes import Episode, Examples
from .gradient_method import GradientMethod, GradientOptions
from .inner_loop import Params, Rule, Strategy, descend, last, leaves, task_losses
from .method import MethodOptions, at_least_single

_DECAY: Final = 0.999
_TINY: Final = 1e-8


class ReptileOptions(GradientOptions):
    """Besides what all gradient methods can be told.

    - `inner_rate`: Adam's, without momentum;
    - `inner_batch`: examples a step in training, out of support and query together; afterwards each step sees the whole
      support set.
    """

    inner_steps: int = Field(default=5, ge=1)
    inner_rate: float = Field(default=1e-3, gt=0)
    test_steps: int | None = Field(default=50, ge=1)
    inner_batch: int = Field(default=10, ge=1)


@final
class Reptile(GradientMethod):
    """Adam's steps on a task; no loss of the queries is ever differentiated."""

    name: ClassVar[str] = "reptile"
    Options: ClassVar[type[MethodOptions]] = ReptileOptions
    options: ReptileOptions  # pyright: ignore[reportIncompatibleVariableOverride]
    first_order: ClassVar[bool] = True

    def start(self, strategy: Strategy, support: Examples, n_way: int) -> Params:
        """See `GradientMethod.start`."""
        return self.all_parameters(strategy, len(support), n_way)

    def rule(self, n_way: int) -> Rule:  # noqa: ARG002 (the contract's)
        """Adam with a memory of squares alone."""
        return _Adam(self.options.inner_rate)

    def add_gradient(self, batch: Episode, scale: float) -> Mapping[str, LossSum]:
        """Add parameters - adapted parameters to `.grad`, as trainers ask of a method with an update rule of its own.

        A task counts `scale` times its number of queries: with a trainer's scale, the mean over the tasks of a batch.

        Returns:
            The loss at the last step of each task, counted likewise.
        """
        strategy = self.strategy(batch.support, batch.query)
        both = _joined(batch.support, batch.query)
        counts = batch.query.real().sum(1).to(at_least_single(batch.query.x).dtype)  # (tasks,)
        batches = [strategy.parts(some) for some in _batches(both, self.options.inner_batch)]
        totals = [
            self._add_part(strategy, part, count, batch.n_way, scale)
            for *part, count in zip(*batches, strategy.split(counts), strict=True)
        ]
        return {"inner": LossSum(torch.stack(totals).sum(), counts.sum())}

    @torch.enable_grad()
    def _add_part(
        self, strategy: Strategy, batches: list[Examples], counts: Tensor, n_way: int, scale: float
    ) -> Tensor:
        start = self.start(strategy, batches[0], n_way)
        losses = counts

        def loss(step: int, params: Params) -> Tensor:
            nonlocal losses
            batch = batches[step % len(batches)]
            losses = task_losses(self.outputs(strategy, params, strategy.inputs(batch)), batch, n_way)
            return losses.sum()

        steps = self.options.inner_steps
        adapted = last(descend(leaves(start), loss, self.rule(n_way), steps, second_order=False, follow=False))
        weight = strategy.own({"": scale * counts})[""]
        moves = [(value - adapted[name]).detach() * _trailing(weight, value) for name, value in start.items()]
        torch.autograd.backward(list(start.values()), moves)
        return (losses.detach() * counts).sum()


class _Adam:
    """p - rate * gradient / sqrt(mean of its squares), with decay .999 and bias correction."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.squares: dict[str, Tensor] = {}

    def __call__(self, step: int, params: Params, gradients: Params) -> Params:
        new = {}
        for name, value in params.items():
            square = gradients[name].square()
            self.squares[name] = torch.lerp(self.squares.get(name, torch.zeros_like(square)), square, 1 - _DECAY)
            size = (self.squares[name] / (1 - _DECAY ** (step + 1))).sqrt() + _TINY
            new[name] = value - self.rate * gradients[name] / size
        return new


def _trailing(weight: Tensor, value: Tensor) -> Tensor:
    """() or (tasks,) so that it multiplies a value of more axes."""
    return weight.reshape(*weight.shape, *[1] * (value.dim() - weight.dim()))


def _joined(support: Examples, query: Examples) -> Examples:
    mask = None
    if support.mask is not None or query.mask is not None:
        mask = torch.cat([support.real(), query.real()], 1)
    return Examples(torch.cat([support.x, query.x], 1), torch.cat([support.y, query.y], 1), mask)


def _batches(examples: Examples, size: int) -> list[Examples]:
    """The examples dealt out in batches of about so many: examples in class order give every batch of all classes."""
    x, y, mask = examples.x, examples.y, examples.mask
    n = -(-y.shape[1] // size)
    if mask is None:
        return [Examples(x[:, k::n], y[:, k::n]) for k in range(n)]
    n = max(1, min(n, int(mask.sum(1).min())))  # so that no batch is all filling, which is dealt out last
    order = (~mask).long().argsort(dim=1, stable=True)
    task = torch.arange(len(x), device=x.device)[:, None]
    x, y, mask = (value[task, order] for value in (x, y, mask))
    return [Examples(x[:, k::n], y[:, k::n], mask[:, k::n]) for k in range(n)]
