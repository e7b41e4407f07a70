"""A run's report: how good it is, what it says of skills, of a class and of students, in one HTML file."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import polars as pl
import torch

from kt_fewshot.data import encode, pseudonym
from kt_fewshot.errors import KTError, StorageError
from kt_fewshot.reports import Material, SkillNumbers, report, short
from kt_fewshot.storage import RunFolder, write_text
from kt_fewshot.tracing import Tracer, load_tracer

from .key_file import read_key
from .mastery_table import mastery_table
from .reported import Reported
from .saved_tracer import TracedLog, choose_device
from .say import Say, silent
from .trace_students import trace_students

REPORT: Final = "report.html"
"""The report's name in a run's folder."""

DIGITS: Final = 8
"""Of a pseudonym: of 20,000 students two have the same in one of twenty reports."""

PSEUDONYMS: Final = "Students are called by pseudonyms."


@dataclass(frozen=True)
class Names:
    """What students are called in a report, and what is said of that."""

    call: Callable[[str], str]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, *, show_ids: bool = False, key_file: Path | None = None) -> Self:
        """Their ids, cut to a readable length, or short pseudonyms.

        Args:
            show_ids: whether by their ids.
            key_file: secret of the pseudonyms; without it they are of a secret that nobody keeps.

        Raises:
            KTError: if there is no such file, or no key in it.
        """
        if show_ids:
            return cls(short)
        key = read_key(key_file) if key_file else secrets.token_bytes(32)
        return cls(lambda student: pseudonym(student, key)[:DIGITS], (PSEUDONYMS,))


def report_run(
    name: str | Path,
    paths: Sequence[Path] = (),
    *,
    out: Path | None = None,
    show_ids: bool = False,
    key_file: Path | None = None,
    read: Mapping[str, Any] | None = None,
    device: str = "auto",
    threads: int = 1,
    say: Say = silent,
) -> dict[str, Any]:
    """Write the report of a run: on its own test students, or on everyone in another log.

    Args:
        name: the run's folder, its name under `runs/`, or "latest".
        paths: a log, or its parts; its students whom the run did not learn from test the tracer. None: the run's test.
        out: HTML to write; `report.html` in the run's folder if None.
        show_ids: call students by their ids.
        key_file: secret of the pseudonyms, so that they are the same in each report; a fresh one if None.
        read: fields of `ReadSettings`, of `paths`.
        device: auto, cpu or cuda.
        threads: CPU threads, of the whole process.
        say: told how the log was read.

    Returns:
        what was written, as plain JSON values.

    Raises:
        KTError: if run, log or key are at fault.
    """
    names = Names.of(show_ids=show_ids, key_file=key_file)
    if paths:
        traced = TracedLog.open(name, paths, read=read, device=device, threads=threads, say=say)
        run, tracer, told = traced.run, traced.tracer, Reported.of_log(traced)
    else:
        if read:
            raise KTError("Without a LOG the run's own is read as it was, so no column can be named.")
        run = RunFolder.open(name)
        torch.set_num_threads(threads)
        tracer = load_tracer(run.model).to(choose_device(device))
        told = Reported.of_run(run, tracer, say)
    path = out or run.path / REPORT
    _check_target(path, inputs=paths)
    size = write_report(path, tracer, told, names=names)
    return {
        "run": str(run.path),
        "out": str(path),
        "bytes": size,
        "students": told.store.n_students,
        "answers": len(told.log),
    }


def _check_target(path: Path, *, inputs: Sequence[Path]) -> None:
    if path.is_dir():
        raise StorageError(f"{path} is a folder. Name a file to write to.")
    if path.exists() and any(path.samefile(log) for log in inputs if log.exists()):
        raise StorageError(f"{path} is what is being read. Name another file to write to.")


def write_report(path: Path, tracer: Tracer, told: Reported, *, names: Names | None = None) -> int:
    """Write the report.

    Args:
        path: HTML to write.
        tracer: a fitted one.
        told: what it is about.
        names: what students are called; pseudonyms if None.

    Returns:
        bytes of the file.

    Raises:
        StorageError: if it cannot be written.
    """
    page = report(_material(tracer, told, names or Names.of()))
    write_text(path, page)
    return len(page.encode())


def _material(tracer: Tracer, told: Reported, names: Names) -> Material:
    log, store = told.log, told.store
    title = ", ".join(Path(file).name for file in log.files if file) or "Simulated students"
    return Material(
        title=title,
        tracer=tracer.name,
        log=log,
        probability=told.probability,
        scored=store.scored.cpu().numpy(),
        asked=told.asked,
        results=told.results,
        standings=told.standings,
        together=told.together,
        mastery=lambda students: _mastery(tracer, told, students),
        skills=_skill_numbers(tracer),
        trace=lambda students, from_start: trace_students(tracer, log, students, from_start=from_start),
        call=names.call,
        notes=(f"{len(log):,} answers of {store.n_students:,} students.", *told.notes, *names.notes),
    )


def _mastery(tracer: Tracer, told: Reported, students: Sequence[str]) -> pl.DataFrame:
    if told.mastery is not None:
        return told.mastery.filter(pl.col("student").is_in(list(students)))
    log = told.log.of_students(list(students))
    return mastery_table(tracer, log, encode(log, tracer.vocabulary))


def _skill_numbers(tracer: Tracer) -> dict[str, SkillNumbers]:
    emission = tracer.emission()
    if emission is None:
        return {}
    guess, slip, learn = (field.detach()[1:].double().cpu().tolist() for field in emission[:3])
    rows = zip(tracer.vocabulary.skills, guess, slip, learn, strict=True)
    return {skill: SkillNumbers(*numbers) for skill, *numbers in rows}
