"""Tracers side by side on a log: the same split, the same answers, one table; what is done is never done again."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl
import torch

from kt_fewshot.evaluation import Comparison, Fold, Foretold, compare
from kt_fewshot.metrics import auc
from kt_fewshot.storage import RunFolder, write_json
from kt_fewshot.tracing import Tracer, tracer_class
from kt_fewshot.training import Progress, Silence

from .compare_settings import CompareSettings
from .kept_predictions import fingerprint, keep, kept
from .resumable import resumable
from .say import Say, silent
from .study import Study
from .write_table import write_table

Listen = Callable[[], Progress]
"""Makes a new listener for each fit."""


@dataclass(frozen=True)
class ComparedRun:
    """What a comparison left: its folder, and what was found."""

    run: RunFolder
    comparison: Comparison

    def to_dict(self) -> dict[str, Any]:
        """The content of `results.json`."""
        return self.comparison.to_json_dict()


def compare_tracers(
    settings: CompareSettings, *, out: Path | None = None, say: Say = silent, listen: Listen = Silence
) -> ComparedRun:
    """Fit every tracer to every fold, score all on the same answers, and write a run folder.

    The folder holds `config.yaml`, `split.csv`, `ingest.json` and `rejects.csv` of the log (of further logs in `log-2/`
    and so on), `fold-1/TRACER/` with the predictions, and `results.json` and `results.csv` with what was found.

    Args:
        settings: who, on what, how.
        out: the folder; named by time under `runs/` if None.
        say: told what was decided, a line at a time.
        listen: makes a listener for each fit.

    Raises:
        KTError: if settings, logs or folders are at fault. A folder is left only if there is something done in it.
        Interrupted: after Ctrl-C; the message says how to go on.
    """
    run = RunFolder.create(out=out)
    with resumable(run, what="The comparison", command="dkt compare", new=True):
        settings.write(run.config)
        return _compare(settings, run, say=say, listen=listen)


def resume_comparison(
    name: str | Path, *, tracers: tuple[str, ...] = (), say: Say = silent, listen: Listen = Silence
) -> ComparedRun:
    """Go on with a comparison: nothing that is done is done again.

    Args:
        name: the run's folder, its name under `runs/`, or "latest".
        tracers: compare these from now on; those of the run if empty.
        say: told what was decided.
        listen: makes a listener for each fit.

    Raises:
        KTError: if there is no such run, or settings or logs are at fault.
        Interrupted: after Ctrl-C; the message says how to go on.
    """
    run = RunFolder.open(name, having="config")
    settings = CompareSettings.of_run(run, only=tracers)
    with resumable(run, what="The comparison", command="dkt compare", new=False):
        settings.write(run.config)
        return _compare(settings, run, say=say, listen=listen)


def _compare(settings: CompareSettings, run: RunFolder, *, say: Say, listen: Listen) -> ComparedRun:
    torch.set_num_threads(settings.threads)
    import_module("sklearn.linear_model")  # or else the first tracer that needs it is charged for loading it
    folds: list[Fold] = []
    foretold: dict[str, list[Foretold]] = {name: [] for name in settings.names}
    split: list[pl.DataFrame] = []
    for number, data in enumerate(settings.load(), start=1):
        study = Study.of(data, min_item_answers=settings.min_item_answers, groups=settings.groups)
        if number == 1:
            _introduce(study, settings, run, say)
        folds.append(_asked(study))
        split.append(study.students.select(pl.lit(number).alias("fold"), *study.students.columns))
        asked = fingerprint(study)
        for name in settings.names:
            here = run.path / f"fold-{number}" / name
            tracer = settings.make(name, study.vocabulary)
            of = {"split": asked, "tracer": name, "options": tracer.options}
            found = kept(here, of=of, say=say)
            told = "kept" if found else "fitted"
            found = found or _fitted(tracer, study, here, of=of, listen=listen)
            foretold[name].append(found)
            say(f"{_place(number, settings)}{name}: {told}, {_told(found, folds[-1])}")
    write_table(run.path / "split.csv", pl.concat(split) if settings.folds else split[0].drop("fold"))
    simple = {name for name in settings.names if not tracer_class(name).validates}
    comparison = compare(folds, foretold, simple=simple, baseline=settings.baseline, draws=settings.draws)
    comparison = comparison.of_run(str(run.path))
    write_table(run.path / "results.csv", comparison.table())
    write_json(run.results, comparison.to_json_dict())
    return ComparedRun(run, comparison)


def _introduce(study: Study, settings: CompareSettings, run: RunFolder, say: Say) -> None:
    """Say how the log was read and who is compared, and keep what became of every record."""
    for line in study.lines if settings.folds is None else study.lines[:-1]:
        say(line)
    say(settings.describe())
    for number, ingest in enumerate(study.ingests, start=1):
        ingest.save(run.path if number == 1 else run.path / f"log-{number}")


def _asked(study: Study) -> Fold:
    """The test's answers, and how many training answers each one's item has."""
    told = study.train.item[study.train.scored].long()
    answers = torch.bincount(told, minlength=study.vocabulary.n_items)
    answers[0] = 0  # rare and new items: fewer answers than an item needs for a number of its own
    item_answers = answers[study.test.item.long()].numpy()
    item_answers[study.log.table["item"].is_null().to_numpy()] = -1
    return Fold(study.log, study.test.scored.numpy(), item_answers, study.mean)


def _fitted(tracer: Tracer, study: Study, folder: Path, *, of: dict[str, Any], listen: Listen) -> Foretold:
    """What a tracer says of the test after fitting it, also kept in the folder."""
    training = folder / "training"
    began = time.perf_counter()
    tracer.fit(study.train, study.valid, checkpoint=training, resume=True, progress=listen())
    fitted = time.perf_counter()
    probability = tracer.predict_log(study.test).correct.float().cpu().numpy()
    parameters = sum(parameter.numel() for parameter in tracer.parameters())
    found = Foretold(probability, fitted - began, time.perf_counter() - fitted, parameters)
    keep(folder, found, of=of)
    shutil.rmtree(training, ignore_errors=True)
    return found


def _place(number: int, settings: CompareSettings) -> str:
    return "" if settings.folds is None else f"fold {number} of {settings.folds}, "


def _told(found: Foretold, fold: Fold) -> str:
    correct = fold.log.table["correct"].to_numpy()[fold.scored]
    return f"AUC {auc(found.probability[fold.scored], correct):.4f}, {found.fit_seconds:.1f} s"
