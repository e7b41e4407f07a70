"""A saved run's tracer, and a log encoded for it."""

from dataclasses import dataclass

import torch

from kt_fewshot.data import Interactions, SequenceStore, encode, unknown_in
from kt_fewshot.errors import LogError
from kt_fewshot.storage import RunFolder
from kt_fewshot.tracing import Tracer, load_tracer


def choose_device(name: str) -> torch.device:
    """The device of a name; "auto" is CUDA where there is any, else the CPU.

    Raises:
        LogError: if CUDA is asked for where there is none.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise LogError("No CUDA device was found. Use --device cpu, or auto.")
    return torch.device(name)


@dataclass(frozen=True)
class Known:
    """A log in a tracer's own numbers, and what of it the tracer does not know, a line each."""

    store: SequenceStore
    warnings: tuple[str, ...]


def open_tracer(run: RunFolder, device: str = "auto") -> Tracer:
    """Load the tracer of a run.

    Raises:
        CheckpointError: if it is missing or damaged.
    """
    return load_tracer(run.model).to(choose_device(device))


def known_to(tracer: Tracer, log: Interactions) -> Known:
    """Encode a log for a tracer and count what goes to its unknown rows.

    Raises:
        LogError: if the tracer knows none of the log's skills.
    """
    unknown = unknown_in(log, tracer.vocabulary)
    skills = log.skill_names()
    if skills and len(unknown.skills) == len(skills):
        raise LogError(
            f"The model knows none of the log's {len(skills)} skills, such as '{skills[0]}' (it knows "
            f"'{tracer.vocabulary.skills[0]}' and {len(tracer.vocabulary.skills) - 1} more). Check --skill, or train "
            "on this log."
        )
    warnings = []
    if unknown.skills:
        warnings.append(
            f"{len(unknown.skills)} of {len(skills)} skills are new to the model, such as '{unknown.skills[0]}': "
            f"{unknown.skill_answers} answers on them are predicted as on an unknown skill."
        )
    if unknown.item_answers and tracer.vocabulary.items:
        warnings.append(f"{unknown.item_answers} answers are on items that are new or were rare in training.")
    return Known(encode(log, tracer.vocabulary), tuple(warnings))
