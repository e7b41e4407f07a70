"""A saved run's tracer and a log encoded for it: what using a run begins with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch

from kt_fewshot.data import Interactions, Log, SequenceStore, Vocabulary, count, encode, unknown_in
from kt_fewshot.errors import KTError, LogError
from kt_fewshot.storage import RunFolder
from kt_fewshot.tracing import Tracer, load_tracer

from .data_settings import told
from .read_settings import ReadSettings
from .say import Say, silent
from .settings import checked


def choose_device(name: str) -> torch.device:
    """The device of a name; "auto" is CUDA where there is any, else the CPU.

    Raises:
        KTError: if the name is none, or CUDA is asked for where there is none.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, _, number = name.partition(":")
    if kind not in {"cpu", "cuda"} or (number and not number.isdecimal()):
        raise KTError(f"Unknown device '{name}'. Choose auto, cpu or cuda.")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise KTError(f"There is no CUDA device '{name}' on this machine. Use --device cpu, or auto.")
    return torch.device(name)


@dataclass(frozen=True)
class TracedLog:
    """A saved run's tracer, and a log in the tracer's own numbers; `paths` are the log's files."""

    run: RunFolder
    tracer: Tracer
    paths: tuple[Path, ...]
    log: Log
    store: SequenceStore

    @classmethod
    def open(
        cls,
        run: str | Path,
        paths: Sequence[Path],
        *,
        read: Mapping[str, Any] | None = None,
        device: str = "auto",
        threads: int = 1,
        say: Say = silent,
    ) -> Self:
        """Load a run's tracer and read a log for it.

        Args:
            run: the run's folder, its name under `runs/`, or "latest".
            paths: the log, or its parts.
            read: fields of `ReadSettings`.
            device: auto, cpu or cuda.
            threads: CPU threads, of the whole process.
            say: told how the log was read, and what of it the tracer does not know.

        Raises:
            CheckpointError: if the run is missing or damaged.
            LogError: if the log cannot be read, or the tracer knows nothing of it.
        """
        if threads < 1:
            raise KTError(f"`threads` should be at least 1. Found {threads}.")
        torch.set_num_threads(threads)
        folder = RunFolder.open(run)
        tracer = load_tracer(folder.model).to(choose_device(device))
        log = checked(ReadSettings, read or {}).read(*paths)
        for line in told(log.ingest):
            say(line)
        for warning in unknown_to(tracer.vocabulary, log.interactions):
            say(f"Warning: {warning}")
        return cls(folder, tracer, tuple(paths), log, encode(log.interactions, tracer.vocabulary))


def unknown_to(vocabulary: Vocabulary, log: Interactions) -> list[str]:
    """What of a log goes to the unknown rows, a line each.

    Raises:
        LogError: if the model knows none of the log's skills; where one of them has no skills, none of its items.
    """
    unknown, skills, items = unknown_in(log, vocabulary), log.skill_names(), log.table["item"].drop_nulls()
    if skills and vocabulary.skills:
        if len(unknown.skills) == len(skills):
            raise _strangers("skill", skills, vocabulary.skills)
    elif unknown.item_answers == len(items):
        raise _strangers("item", items.unique(maintain_order=True).to_list(), vocabulary.items)
    warnings = []
    if unknown.skills:
        warnings.append(
            f"{len(unknown.skills):,} of {len(skills):,} skills are new to the model, such as '{unknown.skills[0]}': "
            f"{count(unknown.skill_answers, 'answer')} on them predicted as on an unknown skill."
        )
    if unknown.item_answers and vocabulary.items:
        warnings.append(f"{count(unknown.item_answers, 'answer')} on items that were new or rare in training.")
    return warnings


def _strangers(kind: str, there: Sequence[str], known: Sequence[str]) -> LogError:
    found, wanted = (
        f"{count(len(names), kind)}{f', such as {names[0]!r}' if names else ''}" for names in (there, known)
    )
    return LogError(
        f"The model knows nothing of the log: it knows {wanted}; the log has {found}. "
        f"Name the right column with --{kind}, or train on this log."
    )
