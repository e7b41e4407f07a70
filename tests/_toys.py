"""A small trainable, its batches, and what child processes do in the tests of storage and training."""

import hashlib
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

import torch
from torch import Tensor, nn

from kt_fewshot.errors import KTError
from kt_fewshot.storage import has_checkpoint, load_checkpoint, locked, save_checkpoint
from kt_fewshot.training import History, LossSum, Trainer, TrainerOptions, Validation, mix

OPTIONS = TrainerOptions(epochs=4, learning_rate=0.05, average_decay=0.9, patience=None)


class Toy(nn.Module):
    """Two regressions on a shared layer, with dropout."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.shared = nn.Linear(3, 8)
        self.heads = nn.Linear(8, 2)
        self.dropout = nn.Dropout(0.3)
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))
        for parameter in self.parameters():
            nn.init.normal_(parameter, std=0.5, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        return self.heads(self.dropout(torch.tanh(self.shared(x))))

    def losses(self, batch: tuple[Tensor, Tensor]) -> dict[str, LossSum]:
        x, y = batch
        self.seen += len(x)
        error = (self(x) - y).square()
        count = x.new_full((), len(x))
        return {"sum": LossSum(error[:, 0].sum(), count), "first": LossSum(error[:, 1].sum(), count)}

    def shared_parameters(self) -> Iterator[nn.Parameter]:
        return self.shared.parameters()


class Batch(tuple):
    """(x, y) that can be cut."""

    def chunks(self, n: int) -> Iterator["Batch"]:
        return map(Batch, zip(*(part.chunk(n) for part in self), strict=True))


@dataclass
class ToyBatches:
    """Random points; `spoil` is a (step, value) that puts the value into the targets of that step."""

    steps_per_epoch: int = 7
    size: int = 16
    pause: float = 0.0
    spoil: tuple[int, float] | None = None
    fingerprint: str = "toy"
    device: str = "cpu"

    def epoch(self, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        for number in range(first_step, self.steps_per_epoch):
            time.sleep(self.pause)
            x, y = points(self.size, mix(5, epoch, number))
            if self.spoil and epoch * self.steps_per_epoch + number == self.spoil[0]:
                y[0, 0] = self.spoil[1]
            yield Batch((x.to(self.device), y.to(self.device)))


def points(size: int, seed: int) -> tuple[Tensor, Tensor]:
    """x: (size, 3) and y: (size, 2), the sum and the first of x."""
    x = torch.randn(size, 3, generator=torch.Generator().manual_seed(seed))
    return x, torch.stack([x.sum(1), x[:, 0]], 1)


def validation(model: nn.Module) -> Callable[[], Validation]:
    """The error on other points."""
    device = next(model.parameters()).device
    x, y = (part.to(device) for part in points(64, 1))

    def validate() -> Validation:
        with torch.no_grad():
            error = (model(x) - y).square().mean().item()
        return Validation(-error, {"mse": error})

    return validate


def train(
    checkpoint: Path | None = None,
    *,
    resume: bool = False,
    options: TrainerOptions = OPTIONS,
    batches: ToyBatches | None = None,
) -> tuple[nn.Module, History]:
    """Train a fresh toy."""
    model = Toy()
    trainer = Trainer(options, loss_scale=16, weights={"first": 0.5})
    history = trainer.fit(model, batches or ToyBatches(), validation(model), checkpoint=checkpoint, resume=resume)
    return model, history


def digest(model: nn.Module) -> str:
    """SHA-256 of all weights and buffers."""
    state = model.state_dict()
    return hashlib.sha256(b"".join(state[name].cpu().numpy().tobytes() for name in sorted(state))).hexdigest()


def fork_context() -> multiprocessing.context.ForkServerContext:
    """Child processes that start fast: what takes long to import is loaded once, in a server without threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch", "torch._dynamo", "polars", "safetensors.torch"])
    return context


def train_in_child(checkpoint: Path, options: TrainerOptions, batches: ToyBatches, answer: Path) -> None:
    """Go on with a training; leave the digest, or the error, in the file `answer`."""
    torch.set_num_threads(1)
    try:
        model, _ = train(checkpoint, resume=True, options=options, batches=batches)
        answer.write_text(digest(model))
    except KTError as error:
        answer.write_text(f"{type(error).__name__}: {error}")


class DiesAt:
    """Ends the process, as abruptly as kill -9, at call number `number` to the system's file functions."""

    def __init__(self, number: int) -> None:
        self.left = number

    def install(self) -> None:
        for module, name in ((os, "open"), (os, "fsync"), (os, "replace"), (os, "unlink"), (Path, "write_bytes")):
            setattr(module, name, self._wrap(getattr(module, name), half=name == "write_bytes"))

    def _wrap(self, function: Callable, *, half: bool) -> Callable:
        def wrapped(*args, **kwargs):
            if self.left == 0:
                if half:
                    path, content = args
                    function(path, content[: len(content) // 2])
                os._exit(9)
            self.left -= 1
            return function(*args, **kwargs)

        return wrapped


def save_and_die_at_every_call(folder: Path, answer: Path) -> None:
    """Save checkpoints 0, 1, 2 ..., dying in number n at file call n, until one needs fewer calls.

    `answer` gets, for each, the exit code and the value that loads afterwards (null for nothing).
    """
    torch.set_num_threads(1)
    report = []
    code = 9
    while code == 9 and len(report) < 100:
        number = len(report)
        child = os.fork()
        if child == 0:
            DiesAt(number).install()
            save_checkpoint(folder, {"x": torch.full((100,), number)}, {"value": number}, kind="test", keep=2)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        report.append([code, _loaded_value(folder)])
    answer.write_text(json.dumps(report))


def _loaded_value(folder: Path) -> int | None:
    if not has_checkpoint(folder):
        return None
    tensors, meta = load_checkpoint(folder, kind="test")
    return meta["value"] if tensors["x"].tolist() == [meta["value"]] * 100 else -1


def hold_lock(path: Path, held: Event, release: Event) -> None:
    """Hold a lock until told otherwise."""
    with locked(path, wait=False):
        held.set()
        release.wait()
