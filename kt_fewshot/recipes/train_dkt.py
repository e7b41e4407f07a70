"""Train a tracer on a log, test it, and leave behind a run folder that says everything."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from kt_fewshot.data import Ingest, SequenceStore, Vocabulary
from kt_fewshot.errors import StorageError
from kt_fewshot.evaluation import Results
from kt_fewshot.storage import RunFolder, write_json, write_text
from kt_fewshot.tracing import Tracer
from kt_fewshot.training import History, Progress, joined

from .classics import against_classics, keep_standings
from .evaluate_tracer import evaluate_tracer
from .mastery_table import mastery_table
from .report_run import REPORT, Names, write_report
from .reported import Reported, asked_of, foretold, kept_transfer
from .resumable import resumable, run_to_resume
from .say import Say, silent
from .study import Study
from .train_settings import TrainSettings
from .write_table import write_table


@dataclass(frozen=True)
class TrainedRun:
    """What a training left: its folder, the tracer, the learning curve and the test's results."""

    run: RunFolder
    tracer: Tracer
    history: History
    results: Results

    @property
    def report(self) -> Path:
        """The page for people, unless it was left out."""
        return self.run.path / REPORT

    def to_dict(self) -> dict[str, Any]:
        """The content of `results.json`."""
        return self.results.to_json_dict()


def train_dkt(
    settings: TrainSettings,
    *,
    out: Path | None = None,
    report: bool = True,
    say: Say = silent,
    progress: Progress | None = None,
) -> TrainedRun:
    """Train, test, and write a run folder.

    Of several processes that torchrun started, the first calls this and the others `learn_along`.

    The folder holds `config.yaml`, `split.csv`, `ingest.json` and `rejects.csv` of the log (of a second log, or of
    further fold files, in `log-2/` and so on), `checkpoint/`, `history.csv`, `results.json`, `mastery.csv` (where the
    test's students stand), `report.html` and `classics.json` (the classics on the same answers) and, written last,
    `model/`: a folder with a model is complete.

    Args:
        settings: what, on what, how.
        out: the folder; named by time under `runs/` if None.
        report: whether to fit the classics and write the report, some seconds of work.
        say: told what was decided, a line at a time.
        progress: told how far training is.

    Raises:
        KTError: if settings, logs or folders are at fault. A folder is left only if training can go on from it.
        Interrupted: after Ctrl-C; the message says how to go on.
    """
    run = RunFolder.create(out=out)
    with resumable(run, what="Training", command="dkt train", new=True):
        settings.write(run.config)
        return _train(settings, run, report=report, say=say, progress=progress)


def resume_dkt(
    name: str | Path, *, report: bool = True, say: Say = silent, progress: Progress | None = None
) -> TrainedRun:
    """Go on with an interrupted run, to the very result it would have had.

    Args:
        name: the run's folder, its name under `runs/`, or "latest".
        report: as in `train_dkt`.
        say: told what was decided.
        progress: told how far training is.

    Raises:
        KTError: if there is no such run, or its logs have changed.
        Interrupted: after Ctrl-C; the message says how to go on.
    """
    run, settings = run_to_resume(name, TrainSettings)
    with resumable(run, what="Training", command="dkt train", new=False):
        return _train(settings, run, report=report, say=say, progress=progress)


@contextmanager
def _room(run: RunFolder) -> Iterator[Path]:
    """A folder in the run's for what nobody needs afterwards: a log in buckets, as numbers."""
    stores = run.path / ".stores"
    shutil.rmtree(stores, ignore_errors=True)  # of a training that was killed
    try:
        yield stores
    finally:
        shutil.rmtree(stores, ignore_errors=True)


def _train(settings: TrainSettings, run: RunFolder, *, report: bool, say: Say, progress: Progress | None) -> TrainedRun:
    torch.set_num_threads(settings.threads)
    with _room(run) as stores:
        return _trained(settings, run, stores, report=report, say=say, progress=progress)


def _trained(
    settings: TrainSettings, run: RunFolder, stores: Path, *, report: bool, say: Say, progress: Progress | None
) -> TrainedRun:
    data = settings.data.load(in_buckets=True)
    study = Study.of(data, min_item_answers=settings.min_item_answers, groups=settings.groups, folder=stores)
    del data  # frees the log as text
    for line in study.lines:
        say(line)
    write_table(run.path / "split.csv", study.students)
    _save_ingests(study.ingests, run.path)
    tracer = settings.make(study.vocabulary)
    if untold := tracer.untold_tasks(study.train):
        say(f"Left out, since the log does not tell: {', '.join(untold)}.")
    with joined() as processes:
        if processes.count > 1:
            processes.from_writer(_Lesson(settings, study.vocabulary, study.kept_in(stores)))
        history = tracer.fit(study.train, study.valid, checkpoint=run.checkpoint, resume=True, progress=progress)
    write_text(run.history, history.to_csv())
    standings = against_classics(tracer, study) if report else ()
    log, test, mean, simulated = study.log, study.test, study.mean, study.simulated
    asked = asked_of(study.students)
    del study  # frees the stores of training and validation
    results = evaluate_tracer(tracer, log, test, protocol=settings.protocol, mean=mean, simulated=simulated).of_run(
        str(run.path)
    )
    write_json(run.results, results.to_json_dict())
    mastery = mastery_table(tracer, log, test)
    write_table(run.path / "mastery.csv", mastery)
    if report:
        keep_standings(run, standings)
        told = Reported(log, test, foretold(tracer, test), results, asked, standings, kept_transfer(run), mastery)
        write_report(run.path / REPORT, tracer, told, names=Names.of(key_file=settings.data.read.key))
    tracer.save(run.model)  # last: whoever looks for a trained run finds a whole one
    return TrainedRun(run, tracer, history, results)


@dataclass(frozen=True)
class _Lesson:
    """What other processes need to train along: settings, names, and where the first one keeps the stores."""

    settings: TrainSettings
    vocabulary: Vocabulary
    stores: Path

    def learn(self) -> None:
        torch.set_num_threads(self.settings.threads)
        tracer = self.settings.make(self.vocabulary)
        if not self.stores.is_dir():
            raise StorageError(
                f"{self.stores} cannot be seen by every process. Choose an --out that all machines have."
            )
        tracer.fit(SequenceStore.load(self.stores / "train"), SequenceStore.load(self.stores / "valid"))


def _save_ingests(ingests: tuple[Ingest, ...], folder: Path) -> None:
    for number, ingest in enumerate(ingests, start=1):
        ingest.save(folder if number == 1 else folder / f"log-{number}")
