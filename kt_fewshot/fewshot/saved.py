"""Saved methods: weights, options, and how the encoder was made, so that a method can be made again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kt_fewshot.encoders import Encoder, make_encoder
from kt_fewshot.errors import CheckpointError
from kt_fewshot.storage import load_checkpoint, save_checkpoint

from .method import Method

KIND: Final = "few-shot method"
"""What a saved method's manifest says it is."""


def save_method(method: Method, folder: Path, *, meta: Mapping[str, Any] | None = None) -> None:
    """Write a method to a folder: weights and a manifest with their SHA-256; no code.

    Args:
        method: what to save; on any device.
        folder: where.
        meta: free JSON to keep beside it, such as the tasks it was trained on.

    Raises:
        StorageError: if it cannot be written.
    """
    made = {
        "method": method.name,
        "options": method.options.model_dump(mode="json"),
        "encoder": method.encoder.made_as,
        "extra": dict(meta or {}),
    }
    save_checkpoint(folder, method.state_dict(), kind=KIND, meta=made)


def load_method(folder: Path, *, encoder: Encoder | None = None) -> tuple[Method, dict[str, Any]]:
    """Read a saved method, in eval mode on the CPU, and what was kept beside it.

    Args:
        folder: where it was saved.
        encoder: of the same shape as the saved one; needed where that was a module of the user's own.

    Raises:
        CheckpointError: if the folder holds no method, was damaged, or its encoder cannot be made again.
    """
    from . import method_class

    tensors, meta = load_checkpoint(folder, kind=KIND)
    if encoder is None:
        if meta["encoder"] is None:
            raise CheckpointError(
                f"{folder} was saved with an encoder of your own. Hand it in: load_method(encoder=...)."
            )
        encoder = make_encoder(**meta["encoder"])
    method = method_class(meta["method"])(encoder, meta["options"])
    method.load_state_dict(tensors)
    return method.eval(), meta["extra"]
