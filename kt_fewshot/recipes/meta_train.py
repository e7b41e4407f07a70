"""Meta-train a few-shot method, test it on classes it has never seen, and leave a run folder that says everything."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from kt_fewshot.data import ClassImages, Splits
from kt_fewshot.errors import KTError
from kt_fewshot.evaluation import JudgedEpisodes, Results, judge
from kt_fewshot.fewshot import EpisodePlan, EpisodeSource, Method, save_method
from kt_fewshot.storage import RunFolder, write_json, write_text
from kt_fewshot.training import History, Progress, Trainer, Validation

from .fewshot_settings import FewShotSettings
from .resumable import resumable
from .say import Say, silent
from .write_table import write_table

VALID_SEED: Final = 1_000_001
TEST_SEED: Final = 2_000_003
"""Episodes of validation and test are others than those of any training, and the same for every training."""


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
    settings: FewShotSettings, *, out: Path | None = None, say: Say = silent, progress: Progress | None = None
) -> MetaTrainedRun:
    """Train, test, and write a run folder.

    The folder holds `config.yaml`, `checkpoint/`, `history.csv`, `results.json`, `confusion.csv` and, written last,
    `model/`: a folder with a model is complete.

    Args:
        settings: what, on what, how.
        out: the folder; named by time under `runs/` if None.
        say: told what was decided, a line at a time.
        progress: told how far training is.

    Raises:
        KTError: if settings, data or folders are at fault. A folder is left only if training can go on from it.
        Interrupted: after Ctrl-C; the message says how to go on.
    """
    run = RunFolder.create(out=out)
    with resumable(run, what="Training", command="fewshot train", new=True):
        settings.write(run.config)
        return _train(settings, run, say=say, progress=progress)


def resume_meta_training(name: str | Path, *, say: Say = silent, progress: Progress | None = None) -> MetaTrainedRun:
    """Go on with an interrupted run, to the very result it would have had.

    Args:
        name: the run's folder, its name under `runs/`, or "latest".
        say: told what was decided.
        progress: told how far training is.

    Raises:
        KTError: if there is no such run, or its data have changed.
        Interrupted: after Ctrl-C; the message says how to go on.
    """
    run = RunFolder.open(name, having="checkpoint" if str(name) == "latest" else "config")
    try:
        settings = FewShotSettings.assemble(run.config, {})
    except KTError as error:
        raise KTError(f"{run.config} does not tell how to go on with a training. {error}") from error
    with resumable(run, what="Training", command="fewshot train", new=False):
        return _train(settings, run, say=say, progress=progress)


def test_episodes(data: ClassImages, plan: EpisodePlan) -> EpisodeSource:
    """The episodes that every method is tested on."""
    return plan.sampler(data, seed=TEST_SEED)


def tested(judged: JudgedEpisodes, plan: EpisodePlan, method: Method) -> Results:
    """The results, with how they were measured."""
    return judged.results().measured(
        {"n_way": plan.n_way, "k_shot": plan.k_shot, "n_query": plan.n_query, "method": method.name}
        | ({"transductive": True} if method.transductive else {})
    )


def _train(settings: FewShotSettings, run: RunFolder, *, say: Say, progress: Progress | None) -> MetaTrainedRun:
    torch.set_num_threads(settings.threads)
    splits = settings.load()
    if settings.with_valid:
        splits = Splits(splits.train.joined(splits.valid), splits.valid.of_classes(torch.arange(0)), splits.test)
    say(_told(settings, splits))
    method = settings.make(splits.train.shape)
    history = _fit(method, splits, settings, checkpoint=run.checkpoint, progress=progress)
    plan = settings.test_plan()
    judged = judge(method, test_episodes(splits.test, plan).first(settings.test_episodes))
    results = tested(judged, plan, method).of_run(str(run.path))
    write_text(run.history, history.to_csv())
    write_json(run.results, results.to_json_dict())
    write_table(run.path / "confusion.csv", judged.confusion(splits.test.names))
    scale = {"mean": splits.train.mean, "std": splits.train.std}
    save_method(method, run.model, meta=scale)  # last: whoever looks for a trained run finds a whole one
    return MetaTrainedRun(run, method, history, results)


def _fit(
    method: Method, splits: Splits, settings: FewShotSettings, *, checkpoint: Path, progress: Progress | None
) -> History:
    plan = settings.train_plan(type(method))
    batches = method.batches(splits.train, plan, steps=settings.steps, seed=settings.seed)
    trainer = Trainer(settings.trainer_options(type(method)), loss_scale=batches.labels_per_batch)
    validate = _validation(method, splits.valid, settings) if splits.valid.n_classes else None
    return trainer.fit(method, batches, validate, checkpoint=checkpoint, resume=True, progress=progress)


def _validation(method: Method, valid: ClassImages, settings: FewShotSettings) -> Callable[[], Validation]:
    episodes = settings.test_plan().sampler(valid, seed=VALID_SEED)

    def validate() -> Validation:
        found = judge(method, episodes.first(settings.valid_episodes)).results().test
        return Validation(found["accuracy"].value, {name: interval.value for name, interval in found.items()})

    return validate


def _told(settings: FewShotSettings, splits: Splits) -> str:
    shape = " x ".join(map(str, splits.train.shape))
    return (
        f"{settings.data}: {splits.train.n_classes:,} classes to train on, {splits.valid.n_classes:,} to validate, "
        f"{splits.test.n_classes:,} to test; {len(splits.train):,} examples of {shape} to train on."
    )
