"""What two processes do together in the tests of training, and how they are started."""

import math
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from _toys import OPTIONS, Batch, Toy, ToyBatches, fork_context, validation
from torch import nn

from kt_fewshot.errors import Interrupted, KTError, TrainingError
from kt_fewshot.multitask import make_balancing
from kt_fewshot.storage import load_checkpoint
from kt_fewshot.training import Processes, Trainer, Validation, joined
from kt_fewshot.training.resume import KIND

Scenario = Callable[[Path, int], Any]
"""What each of two processes does: with a folder, and its rank."""


def in_two_processes(folder: Path, scenario: Scenario) -> list[Any]:
    """Run a scenario in two processes that have joined; what each of them gives, or the error it ends with."""
    return _both(_join_and_run, folder, scenario)


def ends_of_two_processes(folder: Path, scenario: Callable[[Processes], Any]) -> list[str]:
    """What each of two processes that torchrun might have started leaves the block with."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return _both(_leave_block, folder, scenario, port)


def _both(target: Callable, folder: Path, *arguments: Any) -> list[Any]:
    context = fork_context()
    children = [context.Process(target=target, args=(folder, rank, *arguments)) for rank in (0, 1)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    answers = [folder / f"rank{rank}" for rank in (0, 1)]
    return [torch.load(answer, weights_only=False) if answer.exists() else None for answer in answers]


def _leave_block(folder: Path, rank: int, scenario: Callable[[Processes], Any], port: int) -> None:
    torch.set_num_threads(1)
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    end = "nothing"
    try:
        with joined() as processes:
            scenario(processes)
        end += f" of {processes.count}"
    except BaseException as error:  # noqa: BLE001 (that is what is asked)
        end = type(error).__name__
    torch.save(end, folder / f"rank{rank}")


def all_go_well(processes):
    assert processes.from_writer(processes.rank) == 0


def all_are_interrupted(processes):
    raise Interrupted("Stopped.")


def no_loss_is_finite(processes):
    raise TrainingError("Not finite.")


def the_first_fails(processes):
    if processes.is_writer:
        raise ValueError("Mine.")
    processes.from_writer(None)


def the_second_fails(processes):
    if not processes.is_writer:
        raise ValueError("Mine.")
    processes.any(True)


def _join_and_run(folder: Path, rank: int, scenario: Scenario) -> None:
    torch.set_num_threads(1)
    address = f"file://{folder / 'meeting'}"
    torch.distributed.init_process_group("gloo", init_method=address, rank=rank, world_size=2)
    try:
        found: Any = scenario(folder, rank)
    except KTError as error:
        found = error
    torch.save(found, folder / f"rank{rank}")
    torch.distributed.destroy_process_group()


class Uncertainty:
    """Kendall et al. 2018: loss / exp(s) + s, with noise of its own; not the sum of what the shares would give."""

    def __init__(self):
        self.s = nn.Parameter(torch.zeros(2))

    def backward(self, losses, _):
        stacked = torch.stack(list(losses.values()))
        ((stacked * torch.exp(-self.s) + self.s) * torch.rand(2)).square().sum().backward()

    def after_step(self):
        pass

    def after_epoch(self):
        pass

    def parameters(self):
        return [self.s]


class LooksAgain(Uncertainty):
    """Told the losses again, it moves by them."""

    def look_again(self, losses):
        with torch.no_grad():
            self.s += 0.01 * torch.stack(list(losses.values()))

    def parameters(self):
        return []


class Ragged(ToyBatches):
    """Batches of 1 to 4 points: some are too small for two processes."""

    def epoch(self, epoch, first_step=0):
        for number, batch in enumerate(super().epoch(epoch, first_step), first_step):
            yield Batch(part[: 1 + number % 4] for part in batch)


def fit(options=OPTIONS, *, batches=None, balancing=None, checkpoint=None, validate=True):
    """Train a toy to the end: its weights, its last losses and scores."""
    model = Toy()
    trainer = Trainer(options, loss_scale=16, weights={"first": 0.5}, balancing=balancing)
    validate = validation(model) if validate else None
    history = trainer.fit(model, batches or ToyBatches(), validate, checkpoint=checkpoint, resume=True)
    numbers = [value for row in history.rows for value in (*row.losses.values(), row.score)]
    return torch.cat([p.detach().flatten() for p in model.parameters()]), torch.tensor(numbers)


def several_trainings(folder, rank):
    return {
        "plain": fit(),
        "chunks": fit(replace(OPTIONS, chunks=2)),
        "ragged": fit(batches=Ragged(steps_per_epoch=9)),
        "balanced": fit(replace(OPTIONS, clip_norm=None), balancing=Uncertainty()),
        "again": fit(balancing=LooksAgain()),
    }


def without_dropout(folder, rank):
    Toy.forward = lambda self, x: self.heads(torch.tanh(self.shared(x)))
    return several_trainings(folder, rank)


BALANCINGS = ("famo", "uncertainty", "dwa", "pcgrad", "graddrop")


def balanced_trainings(folder, rank):
    Toy.forward = lambda self, x: self.heads(torch.tanh(self.shared(x)))  # no noise
    options = replace(OPTIONS, epochs=2)
    return {name: fit(options, balancing=make_balancing(name, ("sum", "first"))) for name in BALANCINGS}


def stopped_and_resumed(folder, rank):
    whole = fit(replace(OPTIONS, checkpoint_seconds=0))

    class Signalled(ToyBatches):
        """The second process alone is asked to stop, in the tenth step."""

        def epoch(self, epoch, first_step=0):
            for number, batch in enumerate(super().epoch(epoch, first_step), first_step):
                if rank == 1 and (epoch, number) == (1, 2):
                    os.kill(os.getpid(), signal.SIGTERM)
                yield batch

    place = folder / "checkpoint" if rank == 0 else None
    with pytest.raises(Interrupted, match="interrupted after step 10 of 28"):
        fit(OPTIONS, batches=Signalled(), checkpoint=place)
    saved = None if place is None else load_checkpoint(place, kind=KIND)[1]["step"]
    return whole, fit(checkpoint=place), saved


def other_clocks(folder, rank):
    trainer = Trainer(replace(OPTIONS, max_seconds=0.0 if rank else 1e9, epochs=50))
    model = Toy()
    history = trainer.fit(model, ToyBatches(), lambda: Validation(float(rank)))
    return len(history.rows), history.rows[-1].step, history.rows[-1].score


def spoilt(folder, rank):
    class Bad(ToyBatches):
        """One target of the second half is not finite."""

        def epoch(self, epoch, first_step=0):
            for number, (x, y) in enumerate(super().epoch(epoch, first_step), first_step):
                y[-1, 0] = math.nan if number == 4 else y[-1, 0]
                yield Batch((x, y))

    return fit(batches=Bad())


def gone(folder, rank):
    class Dying(ToyBatches):
        """The second process dies in the fifth step."""

        def epoch(self, epoch, first_step=0):
            for number, batch in enumerate(super().epoch(epoch, first_step), first_step):
                if rank == 1 and number == 4:
                    os._exit(9)
                yield batch

    return fit(batches=Dying())
