"""Gradient descent on one task's own copy of the parameters, and how the tasks of a batch are computed."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import Tensor
from torch.func import vmap
from torch.nn import functional

from .episodes import Examples
from .method import at_least_single

Params = Mapping[str, Tensor]
"""Parameters by name; what a strategy holds has a first axis `tasks`, or belongs to one task."""

Forward = Callable[[Params, Tensor, Tensor | None], Tensor]
"""Parameters of one task, its x (examples, *shape) and (examples,) which of them count in statistics (None: all); to
(examples, ...) outputs."""

Rule = Callable[[int, Params, Params], Params]
"""Number of the step (0, 1, ...), parameters and gradients to new parameters."""

StrategyName = Literal["auto", "loop", "vectorised"]


def descend(
    params: Params,
    loss: Callable[[int, Params], Tensor],
    rule: Rule,
    steps: int,
    *,
    second_order: bool,
    follow: bool,
) -> Iterator[Params]:
    """Parameters after 1, 2, ..., `steps` steps.

    Args:
        params: to begin with; each takes part in a graph or requires a gradient.
        loss: number of the step and parameters to (): the sum of the tasks' losses.
        rule: makes the step.
        steps: how many.
        second_order: whether gradients are themselves differentiable.
        follow: whether what comes out depends on the first parameters; if not, each step stands alone.
    """
    for step in range(steps):
        values = list(params.values())
        gradients = torch.autograd.grad(
            loss(step, params), values, create_graph=second_order, allow_unused=True, materialize_grads=True
        )
        params = rule(step, params, dict(zip(params, gradients, strict=True)))
        if not follow:
            params = leaves(params)
        yield params


def last(steps: Iterator[Params]) -> Params:
    """The parameters after the last step."""
    return deque(steps, maxlen=1)[0]


def leaves(params: Params) -> Params:
    """The same values, as the beginning of a graph."""
    return {name: value.detach().requires_grad_() for name, value in params.items()}


def task_losses(outputs: Tensor, examples: Examples, n_way: int) -> Tensor:
    """(tasks,) mean loss of each task's real examples: cross-entropy, or the squared error where `n_way` is 0.

    Args:
        outputs: (tasks, examples, way), or (tasks, examples, 1).
        examples: with y.
        n_way: classes.
    """
    losses = example_losses(outputs, examples, n_way)
    if examples.mask is None:
        return losses.mean(1)
    return (losses * examples.mask).sum(1) / examples.mask.sum(1).clamp(min=1)


def example_losses(outputs: Tensor, examples: Examples, n_way: int) -> Tensor:
    """(tasks, examples) losses; see `task_losses`."""
    wide = at_least_single(outputs)
    if not n_way:
        return (wide.squeeze(-1) - examples.y).square()
    losses = functional.cross_entropy(wide.flatten(0, 1), examples.y.flatten(), reduction="none")
    return losses.unflatten(0, examples.y.shape)


@dataclass(frozen=True)
class Inputs:
    """What a network reads: `x` (tasks, examples, ...) and `counted` (tasks, examples), as `Forward` has it."""

    x: Tensor
    counted: Tensor | None = None


class Strategy(ABC):
    """How the tasks of a batch are computed: in parts, each of one task or of many."""

    @abstractmethod
    def parts(self, examples: Examples) -> list[Examples]:
        """The batch in parts."""

    @abstractmethod
    def split(self, x: Tensor) -> list[Tensor]:
        """The same parts of a tensor (tasks, ...)."""

    @abstractmethod
    def inputs(self, examples: Examples) -> Inputs:
        """A part as a network reads it."""

    @abstractmethod
    def spread(self, params: Params, tasks: int) -> Params:
        """Parameters common to all tasks as each task's own."""

    @abstractmethod
    def own(self, params: Params) -> Params:
        """Parameters with a first axis `tasks` as each task's own."""

    @abstractmethod
    def run(self, forward: Forward, params: Params, inputs: Inputs) -> Tensor:
        """Outputs (tasks, examples, ...) of a network with each task's own parameters; none means common ones."""


@final
class Loop(Strategy):
    """One task after the other: small working sets, which stay in a processor's cache."""

    def parts(self, examples: Examples) -> list[Examples]:
        """Parts of one task, without filling."""
        return [_without_filling(examples.part(slice(task, task + 1))) for task in range(len(examples))]

    def split(self, x: Tensor) -> list[Tensor]:
        """Parts of one task."""
        return list(x.split(1))

    def inputs(self, examples: Examples) -> Inputs:
        """Nothing is filled, so everything counts."""
        return Inputs(examples.x)

    def spread(self, params: Params, tasks: int) -> Params:  # noqa: ARG002 (the contract's)
        """Views, so that what else is made of the parameters takes no part in the gradients of these."""
        return {name: value.view_as(value) for name, value in params.items()}

    def own(self, params: Params) -> Params:
        """Of the one task."""
        return {name: value[0] for name, value in params.items()}

    def run(self, forward: Forward, params: Params, inputs: Inputs) -> Tensor:
        """See `Strategy.run`."""
        counted = None if inputs.counted is None else inputs.counted[0]
        return forward(params, inputs.x[0], counted)[None]


@final
class Vectorised(Strategy):
    """All tasks at once, by `torch.func.vmap`: few large operations, which keep a GPU busy.

    Only the forward pass is vectorised. Gradients are taken outside, where they are exact; with `torch.func.grad`
    inside vmap the second derivatives of batch, layer and instance normalisation would be wrong.
    """

    def parts(self, examples: Examples) -> list[Examples]:
        """One part, its filling set to 0."""
        if examples.mask is None:
            return [examples]
        real = examples.mask.reshape(*examples.mask.shape, *[1] * len(examples.shape))
        return [Examples(torch.where(real, examples.x, 0), examples.y, examples.mask)]

    def split(self, x: Tensor) -> list[Tensor]:
        """One part."""
        return [x]

    def inputs(self, examples: Examples) -> Inputs:
        """What is real counts."""
        return Inputs(examples.x, examples.real())

    def spread(self, params: Params, tasks: int) -> Params:
        """A view for each task."""
        return {name: value.expand(tasks, *value.shape) for name, value in params.items()}

    def own(self, params: Params) -> Params:
        """As they are."""
        return params

    def run(self, forward: Forward, params: Params, inputs: Inputs) -> Tensor:
        """See `Strategy.run`."""
        counted = torch.ones(inputs.x.shape[:2], dtype=torch.bool, device=inputs.x.device)
        counted = counted if inputs.counted is None else inputs.counted
        return vmap(forward, randomness="different")(params, inputs.x, counted)


def _without_filling(examples: Examples) -> Examples:
    """A batch of one task without its filling."""
    if examples.mask is None:
        return examples
    real = examples.mask[0]
    return Examples(examples.x[:, real], examples.y[:, real])
