"""Joining the processes that torchrun has started, and leaving them: whatever goes wrong, one of them tells."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import torch
from torch import distributed

from kt_fewshot.errors import Interrupted, TrainingError

from .distributed import Processes, ProcessLostError

if TYPE_CHECKING:
    from torch.distributed import Store  # pyright: ignore[reportPrivateImportUsage]

_PATIENCE: Final = timedelta(days=7)
"""How long one waits for another: the writer may read data for hours, and who has gone is noticed at once."""


@contextmanager
def joined() -> Iterator[Processes]:
    """Inside, this process and the others that torchrun started are one group; alone, it stays alone.

    It waits for all to come. If all fail alike, the writer's error goes on; if one fails by itself, its own. The others
    leave without a word, with `SystemExit`.
    """
    if not started_by_torchrun() or distributed.is_initialized():
        yield Processes.here()
        return
    store = _join()
    processes = Processes.here()
    try:
        processes.any(False)  # all are here, so that nobody who leaves again is missed
        yield processes
    except BaseException as error:
        if _shall_tell(error, processes, store):
            raise
        raise SystemExit(1) from error
    else:
        distributed.destroy_process_group()


def started_by_torchrun() -> bool:
    """Whether this is one of several processes that torchrun, or who sets the same variables, has started."""
    return "RANK" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1


def _join() -> "Store":
    """Each process takes the accelerator of its number on this machine, if there are enough of them."""
    from torch.distributed.rendezvous import rendezvous

    devices, here = torch.cuda.device_count(), int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    backend = "gloo"
    if devices >= here and distributed.is_nccl_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        backend = "cpu:gloo,cuda:nccl"
    store, rank, count = next(iter(rendezvous("env://", timeout=_PATIENCE)))
    distributed.init_process_group(backend, store=store, rank=rank, world_size=count, timeout=_PATIENCE)
    return store


def _shall_tell(error: BaseException, processes: Processes, store: "Store") -> bool:
    """Whether it is this process that tells what has ended it."""
    alike = isinstance(error, KeyboardInterrupt | Interrupted | TrainingError)
    if alike and not isinstance(error, ProcessLostError) and not processes.is_writer:
        return False
    try:
        return store.add("has told", 1) == 1
    except RuntimeError:  # whoever kept the store has gone
        return processes.is_writer
