"""How the tasks of a run relate: do they help each other or stand in each other's way, and who takes what from whom."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from kt_fewshot.data import PackedRows, SequenceStore, encode
from kt_fewshot.errors import KTError, StorageError
from kt_fewshot.multitask import Relations, Watched, group_tasks
from kt_fewshot.storage import RunFolder, write_json
from kt_fewshot.tracing import DKT, Tracer, load_tracer
from kt_fewshot.training import Progress, Trainer, TrainerOptions

from .related_tasks import RelatedTasks
from .saved_tracer import TracedLog, choose_device
from .say import Say, silent
from .train_settings import TrainSettings

PAGE: Final = "relations.html"
"""The picture's name in a run's folder."""

LOOKS: Final = 30
"""Moments of a training at which relations are read, about."""

ROWS: Final = 8
"""Rows a batch, where the run's settings leave it open."""


def relate_tasks(
    name: str | Path,
    paths: Sequence[Path] = (),
    *,
    out: Path | None = None,
    epochs: int = 3,
    trainings: int = 3,
    at_least: float = 0.05,
    most_answers: int = 200_000,
    read: Mapping[str, Any] | None = None,
    device: str = "auto",
    threads: int = 1,
    say: Say = silent,
    progress: Progress | None = None,
) -> RelatedTasks:
    """Read the relations of a run's tasks, and draw them.

    At the end of a training the tasks' gradients cancel, so fresh networks of the run's settings are trained for a
    few epochs, from other first weights each, and asked on the way. Their trunk is shared by all tasks, whatever the
    run's sharing: what is asked is how the tasks would get on in it.

    Writes the picture, and beside it the same numbers as JSON.

    Args:
        name: the run's folder, its name under `runs/`, or "latest".
        paths: a log, or its parts; the run's own training students if empty.
        out: HTML or SVG to write; `relations.html` in the run's folder if None.
        epochs: of each training.
        trainings: how many.
        at_least: mean cosine from which two tasks count as friends.
        most_answers: of a longer log the first students are taken, up to so many answers.
        read: fields of `ReadSettings`, of `paths`.
        device: auto, cpu or cuda.
        threads: CPU threads, of the whole process.
        say: told how the log was read, and what is done.
        progress: told how far each training is.

    Raises:
        KTError: if run or log are at fault, or the run has learned fewer than two tasks.
    """
    for option, value in (("epochs", epochs), ("trainings", trainings)):
        if value < 1:
            raise KTError(f"`{option}` should be at least 1. Found {value}.")
    run, tracer, store = _opened(name, paths, read=read, device=device, threads=threads, say=say)
    page = out or run.path / PAGE
    _check_target(page)
    store = _first_students(store, most_answers, say)
    say(f"Training {trainings} fresh networks for {epochs} epochs each, to see how their tasks get on.")
    seen = [
        _watched(tracer, store, seed=tracer.settings.seed + number, epochs=epochs, progress=progress)
        for number in range(trainings)
    ]
    cosine, affinity = (Relations.mean(found) for found in zip(*seen, strict=True))
    each = np.stack([found.matrix for found, _ in seen])
    related = RelatedTasks(
        run,
        cosine,
        affinity,
        np.fmin.reduce(each),
        np.fmax.reduce(each),
        _learned(tracer),
        group_tasks(cosine, at_least=at_least),
        page,
        {
            "answers": len(store),
            "students": store.n_students,
            "epochs": epochs,
            "trainings": trainings,
            "at_least": at_least,
        },
    )
    related.picture().save(page)
    write_json(page.with_suffix(".json"), related.to_dict())
    return related


def _opened(
    name: str | Path, paths: Sequence[Path], *, read: Mapping[str, Any] | None, device: str, threads: int, say: Say
) -> tuple[RunFolder, DKT, SequenceStore]:
    """A run's tracer, and a log for it: another, or the answers it learned from."""
    if paths:
        traced = TracedLog.open(name, paths, read=read, device=device, threads=threads, say=say)
        return traced.run, _of_tasks(traced.run, traced.tracer), traced.store
    if read:
        raise KTError("Without a LOG the run's own is read as it was, so no column can be named.")
    if threads < 1:
        raise KTError(f"`threads` should be at least 1. Found {threads}.")
    run = RunFolder.open(name)
    torch.set_num_threads(threads)
    tracer = _of_tasks(run, load_tracer(run.model).to(choose_device(device)))
    (split,) = TrainSettings.assemble(run.config, {}).data.load().split.pieces()
    return run, tracer, encode(split.train.interactions, tracer.vocabulary, scored=split.train.scored)


def _of_tasks(run: RunFolder, tracer: Tracer) -> DKT:
    if not isinstance(tracer, DKT):
        raise KTError(f"The tracer of {run.path}, {tracer.name}, learns one task, so there is nothing to relate.")
    if len(tracer.settings.tasks) < 2:
        raise KTError(f"{run.path} learned one task, {''.join(tracer.settings.tasks)}, so there is nothing to relate.")
    return tracer


def _check_target(page: Path) -> None:
    if page.suffix not in {".svg", ".html"}:
        raise StorageError(f"A picture is saved as .svg or .html. Found '{page.name}'.")
    if page.is_dir() or not page.parent.is_dir():
        raise StorageError(f"{page} cannot be written: name a file in a folder that is there.")


def _first_students(store: SequenceStore, most: int, say: Say) -> SequenceStore:
    """As many as have so many answers together, one at least."""
    if len(store) <= most:
        return store
    first = max(int((store.starts <= most).sum()) - 1, 1)
    say(f"The log is long: the first {first:,} of its {store.n_students:,} students are looked at.")
    return store.students(0, first)


def _watched(
    tracer: DKT, store: SequenceStore, *, seed: int, epochs: int, progress: Progress | None
) -> tuple[Relations, Relations]:
    """Train a fresh network of the same settings, on one trunk for all; its cosines and affinities on the way."""
    fresh = DKT(tracer.vocabulary, tracer.options | {"seed": seed, "sharing": "hard", "sharing_options": {}})
    fresh.leave_out(fresh.untold_tasks(store))
    settings = fresh.settings
    if len(settings.tasks) < 2:
        raise KTError(f"The log tells of one task alone, {''.join(settings.tasks)}, so there is nothing to relate.")
    store = store.to(tracer.device)
    fresh.to(tracer.device)
    if fresh.network.items:
        fresh.network.items.count(store.item)
    batches = PackedRows(store, rows=settings.rows or ROWS, time=settings.time, seed=seed)
    every = max(1, epochs * batches.steps_per_epoch // LOOKS)
    watched = Watched(fresh.network, fresh.network.trunk.tasks, every=every)
    options = TrainerOptions(
        epochs=epochs,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        clip_norm=settings.clip_norm,
        precision=settings.precision,
        patience=None,
        seed=seed,
    )
    trainer = Trainer(options, loss_scale=batches.answers_per_batch, weights=settings.weights)
    trainer.fit(watched, batches, progress=progress)
    return watched.cosine, watched.affinity


def _learned(tracer: DKT) -> Relations | None:
    """The weights of the run's own sharing."""
    trunk = tracer.network.trunk
    mixing = trunk.mixing()
    if mixing is None:
        return None
    return Relations(trunk.tasks, mixing.double().cpu().numpy(), f"weights of {trunk.name}", trunk.tower_names())
