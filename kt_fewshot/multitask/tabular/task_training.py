"""Training of a `TaskNetwork` on rows, and what it says of rows afterwards."""

from collections.abc import Iterator, Mapping
from math import prod

import torch
from torch import Tensor

from kt_fewshot.training import History, Trainer, TrainerOptions, Validation

from ..balancing import make_balancing
from ..task_calibration import Calibration
from .row_batches import RowBatches, Rows
from .task_network import TaskNetwork


def train_tasks(
    network: TaskNetwork,
    train: Rows,
    valid: Rows,
    options: TrainerOptions,
    *,
    batch_size: int,
    shares: str | float = "proportional",
    balancing: str = "sum",
    weights: Mapping[str, float] | None = None,
) -> History:
    """Train a network in place; it ends in eval mode with the weights that were best on the rows for validation.

    Args:
        network: to train.
        train: rows to train on.
        valid: rows to decide when to stop; where there are none all epochs are run.
        options: of the trainer.
        batch_size: rows of a batch.
        shares: how often rows of each task come, see `RowBatches`.
        balancing: out of `BALANCINGS`.
        weights: name -> weight of a task's loss, 1 where nothing is said.

    Raises:
        KTError: if there is no such balancing, or a loss is not finite.
        ValueError: if a number is out of range, or nothing has a label.
    """
    names = [task.name for task in network.tasks]
    weights = dict(weights or {})
    if unknown := [name for name in weights if name not in names]:
        raise ValueError(f"`weights` should be of the tasks {', '.join(names)}. Found also: {', '.join(unknown)}.")
    batches = RowBatches(train, batch_size, shares=shares, seed=options.seed)
    trainer = Trainer(options, loss_scale=batch_size, weights=weights, balancing=make_balancing(balancing, names))
    return trainer.fit(network, batches, (lambda: validation(network, valid, weights)) if len(valid) else None)


def validation(network: TaskNetwork, rows: Rows, weights: Mapping[str, float]) -> Validation:
    """The joint likelihood of an example with all labels: the tasks' mean losses, each times its labels a row."""
    sums = {task.name: torch.zeros(2, dtype=torch.float64) for task in network.tasks}
    for part, outputs in said_of(network, rows):
        for task in network.tasks:
            total, count = task.loss(outputs[task.name], part.targets[task.name], part.masks[task.name])
            sums[task.name] += torch.stack([total, count.to(total)]).double().cpu()
    labels = {task.name: prod(task.target_shape) for task in network.tasks}
    losses = {name: float(total / count) * labels[name] for name, (total, count) in sums.items() if count}
    score = -sum(weights.get(name, 1.0) * loss for name, loss in losses.items())
    return Validation(score, {f"valid_{name}": loss for name, loss in losses.items()})


def raw_outputs(network: TaskNetwork, rows: Rows) -> dict[str, Tensor]:
    """Name -> (rows, *output_shape) in float64 on the CPU."""
    found: dict[str, list[Tensor]] = {task.name: [] for task in network.tasks}
    for _, outputs in said_of(network, rows):
        for name, output in outputs.items():
            found[name].append(output.double().cpu())
    return {name: torch.cat(parts) for name, parts in found.items()}


def calibrations(network: TaskNetwork, rows: Rows) -> dict[str, Calibration]:
    """What makes each task's raw outputs honest, fitted on rows that the network was not trained on.

    Without any row nothing is corrected.
    """
    outputs = raw_outputs(network, rows) if len(rows) else _of_nothing(network)
    return {
        task.name: task.calibration(
            outputs[task.name], rows.targets[task.name].double().cpu(), rows.masks[task.name].cpu()
        )
        for task in network.tasks
    }


@torch.no_grad()
def said_of(network: TaskNetwork, rows: Rows, *, at_once: int = 4096) -> Iterator[tuple[Rows, dict[str, Tensor]]]:
    """Raw outputs of some rows after the other, `at_once` of them together."""
    for part in rows.chunks(max(-(-len(rows) // at_once), 1)):
        yield part, network(part.x)


def _of_nothing(network: TaskNetwork) -> dict[str, Tensor]:
    """Raw outputs of no rows."""
    return {task.name: torch.empty(0, *task.output_shape, dtype=torch.float64) for task in network.tasks}
