"""Relations between tasks: do their gradients agree, and does a step for one help another?

Two questions to a model with several losses on shared parameters. `gradient_cosine` (Du et al. 2018, "Adapting
auxiliary losses using gradient similarity", https://arxiv.org/abs/1812.02224): do two tasks pull what they share the
same way? `lookahead_affinity` (Fifty et al. 2021, "Efficiently identifying task groupings for multi-task learning",
https://arxiv.org/abs/2109.04617): by what share does a step for one task alone lower the loss of another?

Both change as a model learns. At the end of a training the gradients of a sum of losses cancel, whatever the tasks have
in common, so that they are then against each other by construction: ask while the model learns, as `Watched` does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kt_fewshot.training import LossSum, own_randomness, seed_generators

from .gradients import flat


@dataclass(frozen=True)
class Relations:
    """What each task has of each other.

    - `tasks`: names of the rows;
    - `matrix: (tasks, sources)`, row: the task that gains (or loses), column: where from; nan where it is not known;
    - `what`: what the numbers are, in a few words;
    - `sources`: names of the columns; the tasks themselves unless told.

    Raises:
        ValueError: if the matrix has another shape.
    """

    tasks: tuple[str, ...]
    matrix: NDArray[np.float64]
    what: str
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the shape once."""
        if not self.sources:
            object.__setattr__(self, "sources", self.tasks)
        if self.matrix.shape != (len(self.tasks), len(self.sources)):
            wanted = f"({len(self.tasks)}, {len(self.sources)})"
            raise ValueError(f"`matrix` should be {wanted}. Found `matrix.shape = {self.matrix.shape}`.")

    @property
    def mutual(self) -> NDArray[np.float64]:
        """(tasks, tasks) mean of both directions.

        Raises:
            ValueError: if the columns are not the tasks.
        """
        self._require_tasks()
        return (self.matrix + self.matrix.T) / 2

    def of_own(self) -> Self:
        """What each task has of each other as a share of what it has of itself, nan if that is not above 0.

        So lookahead affinities can be compared between tasks: 1 for a step that helps as much as the task's own.

        Raises:
            ValueError: if the columns are not the tasks.
        """
        self._require_tasks()
        own = self.matrix.diagonal()[:, None]
        share = np.divide(self.matrix, own, out=np.full_like(self.matrix, np.nan), where=own > 0)
        return replace(self, matrix=share, what=f"{self.what}, as a share of the task's own")

    @classmethod
    def mean(cls, found: Sequence[Self]) -> Self:
        """Of several findings about the same tasks: of batches, moments of a training, or trainings.

        Raises:
            ValueError: if there are none, or they are about different tasks.
        """
        if not found:
            raise ValueError("There are no relations to average: no batch has been looked at.")
        first = found[0]
        if any((one.tasks, one.sources) != (first.tasks, first.sources) for one in found):
            raise ValueError("Relations of different tasks cannot be averaged.")
        return cls(first.tasks, _mean_of_known([one.matrix for one in found]), first.what, first.sources)

    def _require_tasks(self) -> None:
        if self.sources != self.tasks:
            raise ValueError(f"Columns should be the tasks. Found {', '.join(self.sources)}.")

    def to_json_dict(self) -> dict[str, Any]:
        """Plain values; null where nothing is known."""
        matrix = [[None if np.isnan(value) else float(value) for value in row] for row in self.matrix]
        return {"what": self.what, "tasks": list(self.tasks), "sources": list(self.sources), "matrix": matrix}


def gradient_cosine(model: nn.Module, batches: Iterable[Any], tasks: Sequence[str]) -> Relations:
    """Cosine of the tasks' gradients on the shared parameters, averaged over batches.

    Costs a backward pass a task and batch. Dropout is off; model, gradients and randomness come out as they went in.

    Args:
        model: a `Trainable`, with two or more tasks.
        batches: what its losses take.
        tasks: which losses to relate.

    Returns:
        cosines in [-1, 1], 1 on the diagonal: 1 for the same direction, below 0 for a conflict; nan for tasks that no
        batch had together, or whose gradient is 0.

    Raises:
        ValueError: if there are no batches, or no parameters are shared.
    """
    return Relations.mean([Moment(model, batch, tasks).cosines() for batch in batches])


def lookahead_affinity(
    model: nn.Module, batches: Iterable[Any], tasks: Sequence[str], *, rate: float = 0.1
) -> Relations:
    """By what share a step along one task's gradient lowers each task's loss, averaged over batches.

    Z_ij = (L_i - L_i') / |L_i|, where L_i' is the loss of task i after theta' = theta - rate * gradient of L_j on the
    shared parameters theta, on the same batch. Above 0: task j helps task i.

    Costs a backward pass and a forward pass a task and batch. Otherwise as `gradient_cosine`.

    Args:
        model: a `Trainable`, with two or more tasks.
        batches: what its losses take.
        tasks: which losses to relate.
        rate: of the step; the losses are means over labelled answers.

    Raises:
        ValueError: if there are no batches, or no parameters are shared.
    """
    return Relations.mean([Moment(model, batch, tasks).affinities(rate=rate) for batch in batches])


class Moment:
    """A model as it is now, on one batch: the gradient of each task's mean loss on the shared parameters.

    Dropout is off; model, gradients and randomness come out as they went in.

    Args:
        model: a `Trainable`.
        batch: what its losses take.
        tasks: which losses to relate.

    Raises:
        ValueError: if no parameters are shared.
    """

    def __init__(self, model: nn.Module, batch: Any, tasks: Sequence[str]) -> None:  # noqa: ANN401 (the model's choice)
        self.model, self.batch, self.tasks = model, batch, tuple(tasks)
        self.shared = _shared(model)
        with _undisturbed(model):
            losses = _losses(model, batch)
            self.gradients = _gradients(losses, self.shared, tasks)
        self.before = {task: float(loss.detach()) for task, loss in losses.items()}

    def cosines(self) -> Relations:
        """`gradient_cosine` of the batch."""
        rows = [None if each is None else flat(each, self.shared) for each in self.gradients]
        matrix = [[_cosine(a, b) for b in rows] for a in rows]
        return Relations(self.tasks, np.array(matrix), "gradient cosine")

    def affinities(self, *, rate: float = 0.1) -> Relations:
        """`lookahead_affinity` of the batch."""
        with _undisturbed(self.model):
            after = [self._after_step(gradient, rate) for gradient in self.gradients]
        matrix = [[_gain(self.before.get(task), losses.get(task)) for losses in after] for task in self.tasks]
        return Relations(self.tasks, np.array(matrix), "lookahead affinity")

    @torch.no_grad()
    def _after_step(self, gradient: Sequence[Tensor] | None, rate: float) -> dict[str, float]:
        """Losses after a step, which is taken back; of no task where there is no gradient."""
        if gradient is None:
            return {}
        kept = [parameter.clone() for parameter in self.shared]
        try:
            for parameter, slope in zip(self.shared, gradient, strict=True):
                parameter.sub_(slope, alpha=rate)
            return {task: float(loss) for task, loss in _losses(self.model, self.batch).items()}
        finally:
            for parameter, before in zip(self.shared, kept, strict=True):
                parameter.copy_(before)


def _losses(model: Any, batch: Any) -> dict[str, Tensor]:  # noqa: ANN401
    """Mean loss of each task that has labels in the batch."""
    found: Mapping[str, LossSum] = model.losses(batch)
    return {task: loss.total / loss.count for task, loss in found.items() if float(loss.count)}


def _shared(model: Any) -> list[nn.Parameter]:  # noqa: ANN401
    shared = [parameter for parameter in model.shared_parameters() if parameter.requires_grad]
    if not shared:
        raise ValueError("Relations are read from parameters that tasks share. The model has none.")
    return shared


def _gradients(
    losses: Mapping[str, Tensor], shared: Sequence[nn.Parameter], tasks: Sequence[str]
) -> list[list[Tensor] | None]:
    """Each task's gradient on the shared parameters; None for a task that is absent or does not depend on them."""
    return [
        list(torch.autograd.grad(losses[task], shared, retain_graph=True, allow_unused=True, materialize_grads=True))
        if task in losses and losses[task].requires_grad
        else None
        for task in tasks
    ]


@contextmanager
def _undisturbed(model: nn.Module) -> Iterator[None]:
    """Without dropout, and with everybody's randomness as it was afterwards."""
    training = {module: module.training for module in model.modules()}
    device = next(model.parameters()).device
    model.eval()
    try:
        with own_randomness(device):
            seed_generators(0, device)
            yield
    finally:
        for module, was in training.items():
            module.training = was


def _cosine(a: Tensor | None, b: Tensor | None) -> float:
    """Of two gradients, nan if one is missing or 0."""
    if a is None or b is None or not (a.any() and b.any()):
        return np.nan
    a, b = a.double() / a.norm(), b.double() / b.norm()
    return float((a @ b / (a.norm() * b.norm())).clamp(-1, 1))


def _gain(before: float | None, after: float | None) -> float:
    """By what share a loss fell."""
    return (before - after) / abs(before) if before and after is not None else np.nan


def _mean_of_known(matrices: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    stacked = np.stack(matrices)
    known = ~np.isnan(stacked)
    count = known.sum(0)
    total = np.where(known, stacked, 0).sum(0)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
