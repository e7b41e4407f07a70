"""Meta-train a few-shot method, test it on classes it has never seen, and leave a run folder that says everything."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from kt_fewshot.data import ClassImages, Splits, count
from kt_fewshot.errors import DatasetError, KTError
from kt_fewshot.evaluation import Results
from kt_fewshot.fewshot import EpisodePlan, Method, save_method
from kt_fewshot.reports import few_shot_report
from kt_fewshot.storage import RunFolder, write_json, write_text
from kt_fewshot.training import History, Progress, Trainer, Validation, joined

from .episode_material import episode_material
from .fewshot_settings import FewShotSettings
from .judged_method import VALID_SEED, judge_first, test_episodes, tested
from .resumable import resumable, run_to_resume
from .same_data import fingerprint
from .say import Say, silent
from .write_table import write_table

REPORT: Final = "report.html"
"""The report's name in a run's folder."""

EPISODES: Final = "episodes.csv"
"""Accuracy and log-loss of each test episode, in order: what two runs of the same test are compared by."""


TEST_FLAGS: Final = {"--n-way": "--test-way", "--k-shot": "--test-shot", "--n-query": "--test-query"}
"""Options of training episodes -> the same of test episodes."""


@dataclass(frozen=True)
class MetaTrainedRun:
    """What a meta-training left: its folder, the method, the learning curve and the test's results."""

    run: RunFolder
    method: Method
    history: History
    results: Results

    def to_dict(self) -> dict[str, Any]:
        """The content of `results.json`."""
        return self.results.to_json_dict()


def meta_train(
    settings: FewShotSettings,
    *,
    out: Path | None = None,
    report: bool = True,
    say: Say = silent,
    progress: Progress | None = None,
) -> MetaTrainedRun:
    """Train, test, and write a run folder.

    Of several processes that torchrun started, the first calls this and the others `learn_along`.

    The folder holds `config.yaml`, `checkpoint/`, `history.csv`, `results.json`, `episodes.csv`, `confusion.csv`,
    `report.html` and, written last, `model/`: a folder with a model is complete.

    Args:
        settings: what, on what, how.
        out: the folder; named by time under `runs/` if None.
        report: whether to write the report, some seconds of work.
        say: told what was decided, a line at a time.
        progress: told how far training is.

    Raises:
        KTError: if settings, data or folders are at fault. A folder is left only if training can go on from it.
        Interrupted: after Ctrl-C; the message says how to go on.
    """
    run = RunFolder.create(out=out)
    with resumable(run, what="Training", command="fewshot train", new=True):
        settings.write(run.config)
        return train_in(run, settings, settings.load(), report=report, say=say, progress=progress)


def resume_meta_training(
    name: str | Path, *, report: bool = True, say: Say = silent, progress: Progress | None = None
) -> MetaTrainedRun:
    """Go on with an interrupted run, to the very result it would have had.

    Args:
        name: the run's folder, its name under `runs/`, or "latest".
        report: as in `meta_train`.
        say: told what was decided.
        progress: told how far training is.

    Raises:
        KTError: if there is no such run, or its data have changed.
        Interrupted: after Ctrl-C; the message says how to go on.
    """
    run, settings = run_to_resume(name, FewShotSettings)
    with resumable(run, what="Training", command="fewshot train", new=False):
        return train_in(run, settings, settings.load(), report=report, say=say, progress=progress)


def train_in(
    run: RunFolder,
    settings: FewShotSettings,
    splits: Splits,
    *,
    report: bool = True,
    say: Say = silent,
    progress: Progress | None = None,
) -> MetaTrainedRun:
    """Train in a folder, from where an earlier training in it stopped.

    Args:
        run: the folder, with the settings in it, held by the caller.
        settings: what and how.
        splits: the data that the settings name.
        report: as in `meta_train`.
        say: told what was decided.
        progress: told how far training is.

    Raises:
        KTError: if data and settings do not go together.
    """
    torch.set_num_threads(settings.threads)
    splits = _trained_on(splits, settings)
    plan = settings.test_plan()
    _must_suffice(splits, plan)
    say(_told(settings, splits))
    method = settings.make(splits.train.shape)
    with joined() as processes:
        if processes.count > 1:
            _must_be_shared(settings.train_plan(method, splits.train.n_classes).tasks, processes.count)
            processes.from_writer(_Lesson(settings))
        history = _fit(method, splits, settings, checkpoint=run.checkpoint, progress=progress)
    judged = judge_first(method, splits.test, plan, settings.test_episodes)
    results = tested(judged, plan, method).of_run(str(run.path))
    write_text(run.history, history.to_csv())
    write_json(run.results, results.to_json_dict())
    write_table(run.path / EPISODES, judged.by_episode())
    write_table(run.path / "confusion.csv", judged.confusion(splits.test.names))
    if report:
        material = episode_material(
            method, splits, settings, judged=judged, results=results, history=history.to_frame()
        )
        write_text(run.path / REPORT, few_shot_report(material))
    kept = {"mean": splits.train.mean, "std": splits.train.std, "data": fingerprint(splits)}
    save_method(method, run.model, meta=kept)  # last: whoever looks for a trained run finds a whole one
    return MetaTrainedRun(run, method, history, results)


def _must_suffice(splits: Splits, plan: EpisodePlan) -> None:
    """What cannot be tested or validated is told before the training, not after it."""
    for what, part in (("Test", splits.test), ("Validation", splits.valid)):
        try:
            if part.n_classes or part is splits.test:
                test_episodes(part, plan)
        except DatasetError as error:
            told = str(error)
            for flag, ours in TEST_FLAGS.items():
                told = told.replace(flag, ours)
            raise DatasetError(f"{what}: {told}") from error


@dataclass(frozen=True)
class _Lesson:
    """What other processes need to train along: the settings, by which they load the data themselves."""

    settings: FewShotSettings

    def learn(self) -> None:
        torch.set_num_threads(self.settings.threads)
        splits = _trained_on(self.settings.load(), self.settings)
        _fit(self.settings.make(splits.train.shape), splits, self.settings)


def _trained_on(splits: Splits, settings: FewShotSettings) -> Splits:
    """The classes as the settings deal them out."""
    if not settings.with_valid:
        return splits
    return Splits(splits.train.joined(splits.valid), splits.valid.of_classes(torch.arange(0)), splits.test)


def _must_be_shared(episodes: int, processes: int) -> None:
    if episodes < processes:
        raise KTError(
            f"A step of {count(episodes, 'episode')} cannot be shared by {processes} processes. "
            f"Take more episodes a step: --tasks {processes}."
        )


def _fit(
    method: Method,
    splits: Splits,
    settings: FewShotSettings,
    *,
    checkpoint: Path | None = None,
    progress: Progress | None = None,
) -> History:
    plan = settings.train_plan(method, splits.train.n_classes)
    batches = method.batches(splits.train, plan, steps=settings.steps, seed=settings.seed)
    trainer = Trainer(settings.trainer_options(type(method)), loss_scale=batches.labels_per_batch)
    validate = _validation(method, splits.valid, settings) if splits.valid.n_classes else None
    return trainer.fit(method, batches, validate, checkpoint=checkpoint, resume=True, progress=progress)


def _validation(method: Method, valid: ClassImages, settings: FewShotSettings) -> Callable[[], Validation]:
    plan = settings.test_plan()

    def validate() -> Validation:
        found = judge_first(method, valid, plan, settings.valid_episodes, seed=VALID_SEED).results().test
        return Validation(found["accuracy"].value, {name: interval.value for name, interval in found.items()})

    return validate


def _told(settings: FewShotSettings, splits: Splits) -> str:
    shape = " x ".join(map(str, splits.train.shape))
    return (
        f"{settings.data}: {splits.train.n_classes:,} classes to train on, {splits.valid.n_classes:,} to validate, "
        f"{splits.test.n_classes:,} to test; {len(splits.train):,} examples of {shape} to train on."
    )
