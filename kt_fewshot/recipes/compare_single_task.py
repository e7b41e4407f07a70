"""A trained run's tasks against models of their own: what learning together gave each of them."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from kt_fewshot.errors import KTError
from kt_fewshot.evaluation import USUAL_REPEATS, PairedLosses, Transfer, transfer
from kt_fewshot.storage import RunFolder, save_checkpoint, write_json
from kt_fewshot.tracing import DKT, load_tracer
from kt_fewshot.training import Silence

from .compare_tracers import Listen
from .kept_checkpoint import kept_checkpoint
from .kept_predictions import fingerprint
from .report_run import report_run
from .reported import TRANSFER
from .resumable import resumable
from .say import Say, silent
from .student_losses import StudentLosses, student_losses
from .study import Study
from .train_settings import TrainSettings
from .unseen_task import MEAN, UNTRAINED, probe_losses

FOLDER: Final = "single-task"
"""Where a run keeps what its comparison was made of."""

KIND: Final = "losses"

ALONE: Final = {"weights": {}, "sharing": "hard", "sharing_options": {}, "balancing": "sum"}
"""A single task has nothing to share and nothing to balance; all else of a twin is the joint model's."""

Losses = dict[str, StudentLosses]


@dataclass(frozen=True)
class SingleTaskRun:
    """What a comparison found.

    - `run`: the joint model's folder;
    - `tasks`: every task in the joint model, against a model of its own;
    - `without`: task -> the joint model against one that does without this task: what it gives the others;
    - `unseen`: task -> a linear probe for it on the trunk that did without it, against probes that know less.
    """

    run: RunFolder
    tasks: Transfer
    without: Mapping[str, Transfer] = field(default_factory=dict)
    unseen: Mapping[str, Transfer] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The content of `transfer.json`."""
        parts = {
            name: {task: found.to_json_dict() for task, found in getattr(self, name).items()}
            for name in ("without", "unseen")
        }
        return {
            "run": str(self.run.path),
            **self.tasks.to_json_dict(),
            **{name: part for name, part in parts.items() if part},
        }


def compare_single_task(
    name: str | Path,
    *,
    repeats: int = USUAL_REPEATS,
    leave_one_out: bool = False,
    report: bool = True,
    say: Say = silent,
    listen: Listen = Silence,
) -> SingleTaskRun:
    """Train each task of a run alone, with the same budget, network, batches and seeds, and compare.

    One training says nothing about the noise of training, so the joint model is trained again too, with the seeds that
    follow its own. Writes `transfer.json` into the run; what is fitted is kept in its folder `single-task`, and never
    fitted again.

    Args:
        name: the run's folder, its name under `runs/`, or "latest".
        repeats: trainings of each model, the run's own among them; fewer than 3 give no verdict.
        leave_one_out: also train the joint model without each of its tasks in turn, to see what the task gives the
            others, and what a trunk that never met the task has for it.
        report: whether to write the run's report anew, with what was found.
        say: told what was done, a line at a time.
        listen: makes a listener for each fit.

    Raises:
        KTError: if there is no such run, it learned one task only, or its log has changed.
        Interrupted: after Ctrl-C; the message says how to go on.
    """
    if repeats < 1:
        raise KTError(f"`repeats` should be at least 1. Found {repeats}.")
    run = RunFolder.open(name)
    settings = TrainSettings.assemble(run.config, {})
    torch.set_num_threads(settings.threads)
    command = f"dkt train --compare-single-task{' --leave-one-out' * leave_one_out} --repeats {repeats}"
    with resumable(run, what="The comparison", command=command, new=False):
        trainings = _Trainings.of_run(run, settings, say, listen)
        found = _compared(trainings, range(repeats), leave_one_out=leave_one_out)
        write_json(run.path / TRANSFER, found.to_dict())
        if report:
            report_run(run.path, key_file=settings.data.read.key, threads=settings.threads, say=say)
    return found


def _compared(trainings: "_Trainings", repeats: range, *, leave_one_out: bool) -> SingleTaskRun:
    tasks = trainings.tasks
    joint = [trainings.joint(repeat) for repeat in repeats]
    alone = {task: [trainings.alone(task, repeat) for repeat in repeats] for task in tasks}
    found = transfer({task: _paired(task, joint, alone[task]) for task in tasks})
    if not leave_one_out:
        return SingleTaskRun(trainings.run, found)
    without = {task: [trainings.without(task, repeat) for repeat in repeats] for task in tasks}
    given = {
        task: transfer({other: _paired(other, joint, without[task]) for other in tasks if other != task})
        for task in tasks
    }
    unseen = {task: _unseen(task, without[task]) for task in tasks if task in without[task][0]}
    return SingleTaskRun(trainings.run, found, given, unseen)


def _unseen(task: str, without: list[Losses]) -> Transfer:
    """What a probe makes of the trunk that never met the task, against an untrained trunk and the mean."""
    probed, labels = _totals(task, without), without[0][task].labels
    references = {against: _totals(f"{task} {against}", without) for against in (UNTRAINED, MEAN)}
    return transfer({against: PairedLosses(probed, totals, labels) for against, totals in references.items()})


def _paired(task: str, joint: list[Losses], other: list[Losses]) -> PairedLosses:
    return PairedLosses(_totals(task, joint), _totals(task, other), joint[0][task].labels)


def _totals(name: str, losses: list[Losses]) -> NDArray[np.float64]:
    """(repeats, students)."""
    return np.stack([one[name].total for one in losses])


@dataclass(frozen=True)
class _Trainings:
    """Trains what a comparison needs, or finds it done."""

    run: RunFolder
    settings: TrainSettings
    trained: DKT
    study: Study
    asked: str
    say: Say
    listen: Listen

    @classmethod
    def of_run(cls, run: RunFolder, settings: TrainSettings, say: Say, listen: Listen) -> "_Trainings":
        trained = load_tracer(run.model)
        if not isinstance(trained, DKT) or len(trained.settings.tasks) < 2:
            raise KTError(f"{run.path} learned one task only, so there is nothing to compare with single tasks.")
        least = settings.min_item_answers
        study = Study.of(settings.data.load(), min_item_answers=least, groups=settings.groups)
        if study.vocabulary != trained.vocabulary:
            raise KTError(f"The log of {run.path} is not what it was when the run learned from it. Train anew.")
        return cls(run, settings, trained, study, fingerprint(study), say, listen)

    @property
    def tasks(self) -> tuple[str, ...]:
        """What the joint model learned."""
        return self.trained.settings.tasks

    def joint(self, repeat: int) -> Losses:
        """All tasks together."""
        return self._losses("joint", repeat, {})

    def alone(self, task: str, repeat: int) -> Losses:
        """One task's twin."""
        return self._losses(task, repeat, {"tasks": (task,)} | ALONE)

    def without(self, task: str, repeat: int) -> Losses:
        """All tasks but one; beside theirs the probe's losses of that one, where it can be probed."""
        others = tuple(other for other in self.tasks if other != task)
        return self._losses(f"without-{task}", repeat, {"tasks": others}, probed=task)

    def _losses(self, label: str, repeat: int, changes: Mapping[str, Any], probed: str | None = None) -> Losses:
        options = {**self.trained.options, **changes, "seed": self.trained.settings.seed + repeat}
        folder = self.run.path / FOLDER / f"{label}-{repeat + 1}"
        of = {"split": self.asked, "options": options}
        done = kept_checkpoint(folder, kind=KIND, of=of, say=self.say)
        began = time.perf_counter()
        losses = _read(done[0]) if done else self._fitted(options, folder, probed)
        if not done:
            save_checkpoint(folder, _tensors(losses), {"of": of}, kind=KIND)
            shutil.rmtree(folder / "training", ignore_errors=True)
        told = "kept" if done else f"fitted, {time.perf_counter() - began:.1f} s"
        self.say(f"{label}, training {repeat + 1}: {told}")
        return losses

    def _fitted(self, options: Mapping[str, Any], folder: Path, probed: str | None) -> Losses:
        tracer, study = self._fresh(options), self.study
        if options == self.trained.options:
            tracer = self.trained.to(tracer.device)
        else:
            tracer.fit(study.train, study.valid, checkpoint=folder / "training", resume=True, progress=self.listen())
        losses = student_losses(tracer, study.test)
        return losses if probed is None else losses | probe_losses(probed, tracer, self._fresh(options), study)

    def _fresh(self, options: Mapping[str, Any]) -> DKT:
        tracer = self.settings.model_copy(update={"model": options}).make(self.study.vocabulary)
        assert isinstance(tracer, DKT)
        return tracer


def _tensors(losses: Losses) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(np.stack(found)) for name, found in losses.items()}


def _read(tensors: Mapping[str, torch.Tensor]) -> Losses:
    return {name: StudentLosses(*values.numpy()) for name, values in tensors.items()}
