"""What a tracer said of a fold, kept in a folder: whole and of the very same question, or not at all."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import torch

from kt_fewshot.data import SequenceStore
from kt_fewshot.evaluation import Foretold
from kt_fewshot.storage import plain_json, save_checkpoint

from .kept_checkpoint import kept_checkpoint
from .say import Say
from .study import Study

KIND: Final = "predictions"


def fingerprint(study: Study) -> str:
    """SHA-256 of everything a tracer is asked on a split: what it learns from, and what it predicts."""
    digest = hashlib.sha256(_json(study.vocabulary.to_dict()))
    for store in (study.train, study.valid, study.test):
        for column in fields(SequenceStore):
            values = getattr(store, column.name)
            values = values.members if column.name == "sets" else values
            digest.update(_json([column.name, str(values.dtype), list(values.shape)]))
            digest.update(values.contiguous().cpu().numpy().data)
    return digest.hexdigest()


def keep(folder: Path, foretold: Foretold, *, of: Mapping[str, Any]) -> None:
    """Write predictions; a later `kept` with the same `of` finds them.

    Args:
        folder: where.
        foretold: what was said.
        of: what they depend on, as JSON values: tracer, options, fingerprint of the split.

    Raises:
        StorageError: if they cannot be written.
    """
    costs = {name: value for name, value in vars(foretold).items() if name != "probability"}
    tensors = {"probability": torch.from_numpy(foretold.probability)}
    save_checkpoint(folder, tensors, {"of": plain_json(of), "costs": costs}, kind=KIND)


def kept(folder: Path, *, of: Mapping[str, Any], say: Say) -> Foretold | None:
    """Predictions that were kept, every byte of them checked.

    Args:
        folder: where `keep` wrote.
        of: what they must depend on.
        say: told why predictions that are there cannot be used.

    Returns:
        None if there are none, if they were damaged, or if they are of another split or other options.
    """
    found = kept_checkpoint(folder, kind=KIND, of=of, say=say)
    if found is None:
        return None
    tensors, meta = found
    return Foretold(tensors["probability"].numpy(), **meta["costs"])


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
