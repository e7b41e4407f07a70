"""Few-shot methods side by side: the same data, budget and test, one table; what is done is never done again."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from kt_fewshot.data import Splits
from kt_fewshot.errors import CheckpointError
from kt_fewshot.evaluation import ComparedMethod, MethodComparison, Results, compare_methods
from kt_fewshot.fewshot import load_method
from kt_fewshot.storage import RunFolder, write_json
from kt_fewshot.training import Progress, Silence

from .compare_methods_settings import CompareMethodsSettings
from .fewshot_settings import FewShotSettings
from .meta_train import EPISODES, train_in
from .resumable import resumable
from .same_data import fingerprint
from .say import Say, silent
from .write_table import write_table

Listen = Callable[[], Progress]
"""Makes a new listener for each training."""

CHANGES_NOTHING = {"checkpoint_seconds", "device", "threads"}
"""Settings that a finished run need not share."""


@dataclass(frozen=True)
class ComparedMethodsRun:
    """What a comparison left: its folder, and what was found."""

    run: RunFolder
    comparison: MethodComparison

    def to_dict(self) -> dict[str, Any]:
        """The content of `results.json`."""
        return self.comparison.to_json_dict()


def compare_few_shot(
    settings: CompareMethodsSettings, *, out: Path | None = None, say: Say = silent, listen: Listen = Silence
) -> ComparedMethodsRun:
    """Train every method on the same budget, test all on the same episodes, and write a run folder.

    The folder holds `config.yaml`, `results.json` and `results.csv`, and the whole run of each method in `METHOD/`.

    Args:
        settings: who, on what, how.
        out: the folder; named by time under `runs/` if None.
        say: told what was decided, a line at a time.
        listen: makes a listener for each training.

    Raises:
        KTError: if settings, data or folders are at fault. A folder is left only if there is something done in it.
        Interrupted: after Ctrl-C; the message says how to go on.
    """
    run = RunFolder.create(out=out)
    with resumable(run, what="The comparison", command="fewshot compare", new=True):
        settings.write(run.config)
        return _compare(settings, run, say=say, listen=listen)


def resume_method_comparison(
    name: str | Path, *, methods: tuple[str, ...] = (), say: Say = silent, listen: Listen = Silence
) -> ComparedMethodsRun:
    """Go on with a comparison: nothing that is done is done again.

    Args:
        name: the run's folder, its name under `runs/`, or "latest".
        methods: compare these from now on; those of the run if empty.
        say: told what was decided.
        listen: makes a listener for each training.

    Raises:
        KTError: if there is no such run, or settings or data are at fault.
        Interrupted: after Ctrl-C; the message says how to go on.
    """
    run = RunFolder.open(name, having="config")
    settings = CompareMethodsSettings.of_run(run, only=methods)
    with resumable(run, what="The comparison", command="fewshot compare", new=False):
        settings.write(run.config)
        return _compare(settings, run, say=say, listen=listen)


def _compare(settings: CompareMethodsSettings, run: RunFolder, *, say: Say, listen: Listen) -> ComparedMethodsRun:
    names = settings.present(say)
    say(settings.describe(names))
    splits = settings.of_method(names[0]).load()
    data = fingerprint(splits)
    tested: list[ComparedMethod] = []
    for name in names:
        here, own = RunFolder(run.path / name), settings.of_method(name)
        found = _kept(here, own, data, say)
        told = "kept" if found else "trained"
        tested.append(found or _trained(here, own, splits, listen()))
        say(f"{name}: {told}, accuracy {tested[-1].results.test['accuracy'].value:.4f}, {tested[-1].seconds:.1f} s")
    comparison = compare_methods(tested, baseline=settings.against(names), settings=_budget(settings, names[0]))
    comparison = comparison.of_run(str(run.path))
    write_table(run.path / "results.csv", comparison.table())
    write_json(run.results, comparison.to_json_dict())
    return ComparedMethodsRun(run, comparison)


def _budget(settings: CompareMethodsSettings, name: str) -> dict[str, Any]:
    one = settings.of_method(name)
    names = ("data", "steps", "epochs", "tasks", "n_way", "k_shot", "n_query", "test_way", "test_shot", "test_query")
    return {name: getattr(one, name) for name in names}


def _trained(run: RunFolder, settings: FewShotSettings, splits: Splits, progress: Progress) -> ComparedMethod:
    """Train in a method's folder, from where an earlier training of the same settings and data stopped."""
    if run.path.exists() and not _same_settings(run, settings):
        shutil.rmtree(run.path)
    settings.write(run.config)
    try:
        train_in(run, settings, splits, report=False, progress=progress)
    except CheckpointError:  # of other data, or damaged
        shutil.rmtree(run.path)
        settings.write(run.config)
        train_in(run, settings, splits, report=False, progress=progress)
    return _read(run)


def _kept(run: RunFolder, settings: FewShotSettings, data: str, say: Say) -> ComparedMethod | None:
    """A method's finished run, if it is whole and of these settings and data."""
    if not run.has("model"):
        return None
    try:
        _, meta = load_method(run.model)
        if _same_settings(run, settings) and meta.get("data") == data:
            return _read(run)
        say(f"Warning: {run.path} is of other data or settings. Training again.")
    except CheckpointError as error:
        say(f"Warning: {error} Training again.")
    shutil.rmtree(run.path)
    return None


def _same_settings(run: RunFolder, settings: FewShotSettings) -> bool:
    if not run.config.is_file():
        return False
    there = FewShotSettings.assemble(run.config, {}).plain()
    return all(there[name] == value for name, value in settings.plain().items() if name not in CHANGES_NOTHING)


def _read(run: RunFolder) -> ComparedMethod:
    """What a finished run tells.

    Raises:
        CheckpointError: if a file of it is missing or damaged.
    """
    method, _ = load_method(run.model)
    try:
        return ComparedMethod(
            name=method.name,
            episodes=pl.read_csv(run.path / EPISODES),
            results=Results.from_json_dict(json.loads(run.results.read_text(encoding="utf-8"))),
            seconds=float(pl.read_csv(run.history)["seconds"].sum()),
            parameters=sum(parameter.numel() for parameter in method.parameters()),
            transductive=method.transductive,
        )
    except (OSError, KeyError, TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise CheckpointError(f"{run.path} is damaged: {error}.") from error
