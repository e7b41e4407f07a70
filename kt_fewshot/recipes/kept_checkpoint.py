"""Work that is kept in a folder: found again whole and of the very same question, or not at all."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kt_fewshot.errors import CheckpointError
from kt_fewshot.storage import has_checkpoint, load_checkpoint, plain_json

from .say import Say

if TYPE_CHECKING:
    from torch import Tensor


def kept_checkpoint(
    folder: Path, *, kind: str, of: Mapping[str, Any], say: Say
) -> tuple[dict[str, "Tensor"], dict[str, Any]] | None:
    """Tensors that were saved with a meta that says in `of` what they depend on; every byte is checked.

    Args:
        folder: where they were saved.
        kind: as they were saved, such as "predictions"; it names them to people too.
        of: what they must depend on, as JSON values.
        say: told why what is there cannot be used.

    Returns:
        tensors and meta; None if there are none, if they were damaged, or if they depend on something else.
    """
    if not has_checkpoint(folder):
        return None
    try:
        tensors, meta = load_checkpoint(folder, kind=kind)
    except CheckpointError as error:
        say(f"Warning: {error} Fitting again.")
        return None
    if meta["of"] != plain_json(of):
        say(f"Warning: The {kind} in {folder} are of another log, split or options. Fitting again.")
        return None
    return tensors, meta
