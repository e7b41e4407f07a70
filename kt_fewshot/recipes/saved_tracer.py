"""A saved run's tracer and a log encoded for it: what using a run begins with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch

from kt_fewshot.data import Interactions, Log, SequenceStore, Vocabulary, encode, unknown_in
from kt_fewshot.errors import KTError, LogError
from kt_fewshot.storage import RunFolder
from kt_fewshot.tracing import Tracer, load_tracer

from .data_settings import ReadSettings, checked


def choose_device(name: str) -> torch.device:
    """The device of a name; "auto" is CUDA where there is any, else the CPU.

    Raises:
        KTError: if the name is none, or CUDA is asked for where there is none.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise KTError(f"Unknown device '{name}'. Choose auto, cpu or cuda.") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise KTError("No CUDA device was found. Use --device cpu, or auto.")
    return device


@dataclass(frozen=True)
class TracedLog:
    """A saved run's tracer, and a log in the tracer's own numbers."""

    run: RunFolder
    tracer: Tracer
    log: Log
    store: SequenceStore

    @classmethod
    def open(
        cls,
        run: str,
        paths: Sequence[Path],
        *,
        read: Mapping[str, Any],
        device: str = "auto",
        threads: int | None = None,
        say: Callable[[str], None],
    ) -> Self:
        """Load a run's tracer and read a log for it.

        Args:
            run: the run's folder, its name under `runs/`, or "latest".
            paths: the log, or its parts.
            read: fields of `ReadSettings`.
            device: auto, cpu or cuda.
            threads: CPU threads; all if None.
            say: told how the log was read, and what of it the tracer does not know.

        Raises:
            CheckpointError: if the run is missing or damaged.
            LogError: if the log cannot be read, or the tracer knows none of its skills.
        """
        if threads:
            torch.set_num_threads(threads)
        folder = RunFolder.open(run)
        tracer = load_tracer(folder.model).to(choose_device(device))
        log = checked(ReadSettings, read).read(*paths)
        say(f"{', '.join(log.ingest.files)}: {log.ingest.sentence}")
        for warning in unknown_to(tracer.vocabulary, log.interactions):
            say(f"Warning: {warning}")
        return cls(folder, tracer, log, encode(log.interactions, tracer.vocabulary))


def unknown_to(vocabulary: Vocabulary, log: Interactions) -> list[str]:
    """What of a log goes to the unknown rows, a line each.

    Raises:
        LogError: if none of the log's skills is known.
    """
    unknown, skills = unknown_in(log, vocabulary), log.skill_names()
    if skills and vocabulary.skills and len(unknown.skills) == len(skills):
        raise LogError(
            f"The model knows none of the log's {len(skills)} skills, such as '{skills[0]}'; it knows "
            f"{len(vocabulary.skills)}, such as '{vocabulary.skills[0]}'. Check --skill, or train on this log."
        )
    warnings = []
    if unknown.skills:
        warnings.append(
            f"{len(unknown.skills)} of {len(skills)} skills are new to the model, such as '{unknown.skills[0]}': "
            f"{unknown.skill_answers:,} answers on them are predicted as on an unknown skill."
        )
    if unknown.item_answers and vocabulary.items:
        warnings.append(f"{unknown.item_answers:,} answers are on items that were new or rare in training.")
    return warnings
