"""`Processes`: several processes that train one model together; the one place that knows how they talk."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import torch
from torch import Tensor, distributed, nn

from kt_fewshot.errors import TrainingError

T = TypeVar("T")

CPU = torch.device("cpu")


class ProcessLostError(TrainingError):
    """Another process has gone; whatever ended it has been told there."""


@dataclass(frozen=True)
class Processes:
    """Processes that take the same steps at the same time, each on its share of every batch.

    All hold the same model. The gradient of a step is the sum of the shares' gradients, so it is that of one process
    with the whole batch. Each draws the noise (dropout) of its own share: that of one process which cuts its batches
    in as many chunks. Where nobody has joined torch's process group there is one process, and nothing is exchanged.

    Args:
        rank: of this process, 0, 1, ...; number 0 is the one that writes.
        count: of all.
    """

    rank: int = 0
    count: int = 1

    @classmethod
    def here(cls) -> Self:
        """Those that this process has joined."""
        if not (distributed.is_available() and distributed.is_initialized()):
            return cls()
        return cls(distributed.get_rank(), distributed.get_world_size())

    @property
    def is_writer(self) -> bool:
        """Whether this process writes files and talks to the user; all others are silent."""
        return self.rank == 0

    def share(self, batch: Any) -> tuple[Any, float]:  # noqa: ANN401 - a batch is whatever source and model agree on
        """This process's part of a batch, and what it counts: 1, or 0 where the batch has too few parts for all.

        Who is left without a part computes on another's, for nothing, so that all talk of the same tasks.

        Raises:
            TrainingError: if the batch cannot be cut.
        """
        if self.count == 1:
            return batch, 1.0
        if not hasattr(batch, "chunks"):
            raise TrainingError("Batches of this kind cannot be shared by several processes. Train in one.")
        parts = list(batch.chunks(self.count))
        return (parts[self.rank], 1.0) if self.rank < len(parts) else (parts[0], 0.0)

    def joint(self, losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Losses of the shares -> losses of the batch, whose gradient is that of this process's share.

        Args:
            losses: task -> () sum over the share; the same tasks in every process.
        """
        if self.count == 1:
            return dict(losses)
        own = torch.stack(list(losses.values()))
        whole = self.sum(own) + (own - own.detach())  # adds 0, and a gradient
        return dict(zip(losses, whole.unbind(), strict=True))

    def sum(self, values: Tensor) -> Tensor:
        """The sum over all processes, to the same bit in each, without gradient."""
        total = values.detach().clone()
        if self.count > 1:
            with _told_if_lost():
                distributed.all_reduce(total)
        return total

    def any(self, *wishes: bool) -> list[bool]:
        """Of each wish, whether some process has it. It does not wait for an accelerator."""
        return list(wishes) if self.count == 1 else self.sum(torch.tensor(wishes, dtype=torch.int32)).bool().tolist()

    def from_writer(self, value: T) -> T:
        """What the writer says, in every process; what others say is not heard."""
        said: list[Any] = [value]
        if self.count > 1:
            with _told_if_lost():
                distributed.broadcast_object_list(said, src=0, device=CPU)
        return said[0]

    def take_writers(self, tensors: Iterable[Tensor]) -> None:
        """Overwrite tensors with the writer's."""
        if self.count > 1:
            for tensor in tensors:
                writers = tensor.contiguous()
                with _told_if_lost():
                    distributed.broadcast(writers, src=0)
                tensor.copy_(writers)


def sum_over_processes(parameters: Iterable[nn.Parameter], sums: Sequence[Tensor]) -> None:
    """Add up, in every process, the gradients and the sums of losses of all; does nothing where there is one process.

    Losses are sums divided by a constant (that of the joint batch), so adding is exact: no mean of means.

    Args:
        parameters: their `.grad` is summed in place; a missing one counts as 0.
        sums: totals and counts, summed in place; the same tasks in every process.
    """
    if Processes.here().count == 1:
        return
    gradients = []
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        gradients.append(parameter.grad)
    for alike in (gradients, sums):
        _sum_in_place(alike)


def _sum_in_place(tensors: Sequence[Tensor]) -> None:
    """As few exchanges as there are kinds of numbers: each costs the others' waiting."""
    kinds = dict.fromkeys((tensor.device, tensor.dtype) for tensor in tensors)
    for kind in kinds:
        alike = [tensor for tensor in tensors if (tensor.device, tensor.dtype) == kind]
        flat = Processes.here().sum(torch.cat([tensor.flatten() for tensor in alike]))
        for tensor, total in zip(alike, flat.split([tensor.numel() for tensor in alike]), strict=True):
            tensor.copy_(total.view_as(tensor))


@contextmanager
def _told_if_lost() -> Iterator[None]:
    """Torch's own words for a process that has gone are an address and a file of C++."""
    try:
        yield
    except RuntimeError as error:
        raise ProcessLostError(
            "Another process of this training has ended without a word, perhaps for lack of memory. "
            "What was saved is kept: --resume goes on from it."
        ) from error
