"""Train a tracer on a log, test it, and leave behind a run folder that says everything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kt_fewshot.data import Vocabulary
from kt_fewshot.errors import KTError
from kt_fewshot.evaluation import Results
from kt_fewshot.storage import RunFolder, write_json, write_text
from kt_fewshot.tracing import Tracer, tracer_class
from kt_fewshot.training import History, Progress

from .data_settings import DataSettings, checked, first_problem
from .evaluate_tracer import Protocol, evaluate_tracer
from .mastery_table import mastery_table
from .saved_tracer import choose_device
from .study import Study
from .write_table import write_table

Say = Callable[[str], None]


class TrainSettings(BaseModel):
    """Everything a run depends on; `config.yaml` in its folder holds it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: DataSettings = DataSettings()
    tracer: str = "dkt"
    model: Mapping[str, Any] = Field(default_factory=dict)
    min_item_answers: int = Field(default=2, ge=1)
    protocol: Protocol = "carried"
    device: str = "auto"
    threads: int | None = Field(default=None, ge=1)

    @classmethod
    def assemble(cls, config: Path | None, values: Mapping[str, Any]) -> Self:
        """Settings from a file, if there is one, and values that go before it.

        Raises:
            KTError: if the file is missing or no YAML mapping, or a setting is unknown or out of range.
        """
        return checked(cls, _merged(_read_yaml(config) if config else {}, values))

    def write(self, path: Path) -> None:
        """Write the settings as YAML."""
        write_text(path, yaml.safe_dump(self.model_dump(mode="json", exclude_unset=True), sort_keys=False))


@dataclass(frozen=True)
class TrainedRun:
    """What a training left: its folder, the tracer, the learning curve and the test's results."""

    run: RunFolder
    tracer: Tracer
    history: History
    results: Results

    def to_dict(self) -> dict[str, Any]:
        """The content of `results.json`."""
        return self.results.to_json_dict()


def train_dkt(
    settings: TrainSettings, *, out: Path | None = None, say: Say | None = None, progress: Progress | None = None
) -> TrainedRun:
    """Train, test, and write a run folder.

    The folder holds `config.yaml`, `split.csv`, `ingest.json` and `rejects.csv` of each log, `history.csv`, `model/`,
    `results.json` and `mastery.csv` (where the test's students stand).

    Args:
        settings: what, on what, how.
        out: the folder; named by time under `runs/` if None.
        say: told what was decided, a line at a time.
        progress: told how far training is.

    Raises:
        KTError: if settings, logs or folders are at fault; nothing is left half written.
    """
    study = Study.of(settings.data.load(), min_item_answers=settings.min_item_answers)
    tracer = _make(settings, study.vocabulary)
    run = RunFolder.create(out=out)
    with run.writing():
        settings.write(run.config)
        write_table(run.path / "split.csv", study.students)
        for number, ingest in enumerate(study.ingests, start=1):
            folder = run.path if number == 1 else run.path / f"log-{number}"
            folder.mkdir(exist_ok=True)
            ingest.save(folder)
        return _train(settings, study, tracer, run, say=say or _silent, progress=progress, resume=False)


def resume_dkt(name: str, *, say: Say | None = None, progress: Progress | None = None) -> TrainedRun:
    """Go on with an interrupted run, to the very result it would have had.

    Args:
        name: the run's folder, its name under `runs/`, or "latest".
        say: told what was decided.
        progress: told how far training is.

    Raises:
        KTError: if there is no such run, it keeps no training state, or its logs have changed.
    """
    run = RunFolder.open(name, having="checkpoint")
    settings = TrainSettings.assemble(run.config, {})
    study = Study.of(settings.data.load(), min_item_answers=settings.min_item_answers)
    tracer = _make(settings, study.vocabulary)
    with run.writing():
        return _train(settings, study, tracer, run, say=say or _silent, progress=progress, resume=True)


def _train(
    settings: TrainSettings,
    study: Study,
    tracer: Tracer,
    run: RunFolder,
    *,
    say: Say,
    progress: Progress | None,
    resume: bool,
) -> TrainedRun:
    if settings.threads:
        torch.set_num_threads(settings.threads)
    for line in study.lines:
        say(line)
    if untold := tracer.untold_tasks(study.train):
        say(f"Left out, since the log does not tell: {', '.join(untold)}.")
    history = tracer.fit(study.train, study.valid, checkpoint=run.checkpoint, resume=resume, progress=progress)
    tracer.save(run.model)
    write_text(run.history, history.to_csv())
    results = evaluate_tracer(
        tracer, study.log, study.test, protocol=settings.protocol, mean=study.mean, simulated=study.simulated
    ).of_run(str(run.path))
    write_json(run.results, results.to_json_dict())
    write_table(run.path / "mastery.csv", mastery_table(tracer, study.log, study.test))
    return TrainedRun(run, tracer, history, results)


def _make(settings: TrainSettings, vocabulary: Vocabulary) -> Tracer:
    try:
        tracer = tracer_class(settings.tracer)(vocabulary, settings.model)
    except ValidationError as error:
        raise KTError(first_problem(error)) from error
    return tracer.to(choose_device(settings.device))


def _silent(line: str) -> None:
    """Nobody listens."""


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise KTError(f"Cannot read the settings in {path}: {str(error).splitlines()[0]}.") from error
    if not isinstance(values, dict):
        raise KTError(f"{path} should hold settings as `name: value`. Found a {type(values).__name__}.")
    return values


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two trees of settings as one; where both have a value, that of `above`."""
    both = {
        name: _merged(below[name], value) if isinstance(value, Mapping) and isinstance(below[name], Mapping) else value
        for name, value in above.items()
        if name in below
    }
    return {**below, **above, **both}
