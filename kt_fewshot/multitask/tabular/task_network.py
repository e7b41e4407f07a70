"""`TaskNetwork`: towers that tasks share in some way, a head a task, and the tasks' losses on rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, final

import torch
from torch import Tensor, nn

from kt_fewshot.training import LossSum

from ..sharing import MakeTower, make_sharing
from ..sharing.soft import distance_from_mean
from ..tasks import Task
from .row_batches import Rows

TIE: Final = "tie"
"""What the penalty of a sharing scheme is called among the losses."""


@final
class TaskNetwork(nn.Module):
    """Predicts several targets of an example; what a trainer trains.

    Args:
        make_tower: gives a new tower at each call, as in `Sharing`.
        tasks: what to predict; those that others build on first.
        width: of a tower's features.
        sharing: out of `SHARINGS`.
        sharing_options: of the scheme.
        tie_heads: whether the heads start equal and are drawn together as soft sharing's towers are, where all tasks
            ask the same question of different groups.

    Raises:
        KTError: if there is no such scheme, or it has no such option.
        ValueError: if an option is out of range, or the heads cannot be tied.
    """

    def __init__(
        self,
        make_tower: MakeTower,
        tasks: Sequence[Task],
        *,
        width: int,
        sharing: str = "hard",
        sharing_options: Mapping[str, Any] | None = None,
        tie_heads: bool = False,
    ) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        names = [task.name for task in tasks]
        if len({*names, TIE}) <= len(names):
            raise ValueError(f"Tasks need names of their own, other than '{TIE}'. Found: {', '.join(names)}.")
        self.sharing = make_sharing(sharing, make_tower, names, width=width, options=sharing_options)
        self.heads = nn.ModuleList(task.head(width) for task in tasks)
        self.head_tie = self._tied_heads(sharing) if tie_heads else 0.0

    def forward(self, x: Tensor, names: Iterable[str] | None = None) -> dict[str, Tensor]:
        """Raw outputs, (batch, *output_shape), of all tasks, or of those named."""
        wanted = set(names) if names is not None else {task.name for task in self.tasks}
        views, _ = self.sharing(x, self.sharing.start(len(x)))
        return {
            task.name: head(views[self.sharing.view(task.name)])
            for task, head in zip(self.tasks, self.heads, strict=True)
            if task.name in wanted
        }

    def losses(self, batch: Rows) -> dict[str, LossSum]:
        """Sum and count of the losses of the tasks that the batch has labels of, and what the sharing adds."""
        outputs = self(batch.x, batch.masks)
        losses = {
            task.name: task.loss(outputs[task.name], batch.targets[task.name], batch.masks[task.name])
            for task in self.tasks
            if task.name in outputs
        }
        if (tie := self._tie()) is not None:
            losses[TIE] = LossSum(tie * len(batch), tie.new_tensor(len(batch)))
        return losses

    def shared_parameters(self) -> list[nn.Parameter]:
        """What several tasks have in common, as the sharing says."""
        return self.sharing.shared_parameters()

    def _tie(self) -> Tensor | None:
        """(): what each example's loss grows by."""
        penalty = self.sharing.penalty()
        if self.head_tie and len(self.heads) > 1:
            of_heads = self.head_tie / 2 * distance_from_mean(list(self.heads))
            return of_heads if penalty is None else penalty + of_heads
        return penalty

    @torch.no_grad()
    def _tied_heads(self, sharing: str) -> float:
        """Give all heads the first one's weights; how strongly they are tied."""
        tie = getattr(self.sharing, "tie", None)
        if tie is None:
            raise ValueError(f"`tie_heads` needs `sharing = 'soft'`. Found `sharing = {sharing!r}`.")
        first = self.tasks[0]
        for task, head in zip(self.tasks, self.heads, strict=True):
            if (type(task), task.output_shape) != (type(first), first.output_shape):
                raise ValueError(f"Tied heads need tasks of one kind. Found '{first.name}' and '{task.name}'.")
            head.load_state_dict(self.heads[0].state_dict())
        return float(tie)
