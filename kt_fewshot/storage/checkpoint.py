"""Tensors and settings saved as one: after a crash at any moment the folder loads, old or new, never mixed."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kt_fewshot.errors import CheckpointError, StorageError

from .atomic import TEMPORARY, write_bytes
from .lock import locked
from .manifest import MANIFEST, FileRecord, Manifest

if TYPE_CHECKING:
    from torch import Tensor

TENSORS: Final = "tensors.safetensors"
"""What the manifest calls the file of tensors, whatever its name on disk."""

_HASHED_NAME: Final = re.compile(r"tensors-[0-9a-f]{16}\.safetensors")


def save_checkpoint(
    folder: Path,
    tensors: Mapping[str, "Tensor"],
    meta: Mapping[str, Any] | None = None,
    *,
    kind: str,
    keep: int = 1,
) -> None:
    """Save tensors with what belongs to them, in place of what the folder held before.

    The tensors are written under a name that carries their hash, so no file in use is touched; then `manifest.json`,
    which holds `meta` and points to them, is replaced in one step; then files that no manifest names are removed. No
    pickle anywhere.

    Args:
        folder: where; made if it is missing.
        tensors: name -> tensor, of any device; an empty mapping is fine.
        meta: free JSON (options, vocabulary, calibration ...); a number that is not finite becomes null.
        kind: what it is; `load_checkpoint` must ask for the same.
        keep: how many generations stay loadable, this one included.

    Raises:
        StorageError: if something cannot be written; what was saved before then still loads.
    """
    if keep < 1:
        raise ValueError(f"`keep` should be at least 1. Found `keep = {keep}`.")
    content = _tensor_bytes(tensors)
    record = FileRecord.of_bytes(TENSORS, content)
    record = replace(record, file=f"tensors-{record.sha256[:16]}.safetensors")
    new = Manifest(kind, {TENSORS: record}, meta or {}).to_bytes()
    with locked(folder / ".lock", wait=True):
        write_bytes(folder / record.file, content)
        for generation in range(keep - 1, 0, -1):
            _copy_if_there(folder / _manifest_name(generation - 1), folder / _manifest_name(generation))
        write_bytes(folder / MANIFEST, new)
        _remove_unnamed(folder, keep)


def load_checkpoint(folder: Path, *, kind: str, generation: int = 0) -> tuple[dict[str, "Tensor"], dict[str, Any]]:
    """The tensors (on the CPU) and the meta that were saved, after checking every byte of them.

    Args:
        folder: where it was saved.
        kind: as it was saved.
        generation: 0 is the newest, 1 the one before (where `keep` was more than 1).

    Raises:
        CheckpointError: if it is missing, damaged, of a newer version or of another kind.
    """
    while True:
        manifest = Manifest.load(folder, kind=kind, name=_manifest_name(generation))
        try:
            return _load(folder, manifest)
        except CheckpointError:
            # A process that saves meanwhile removes the files of the manifest we read, and leaves a newer one.
            if Manifest.load(folder, kind=kind, name=_manifest_name(generation)) == manifest:
                raise


def has_checkpoint(folder: Path) -> bool:
    """Whether something was saved in the folder, whole or damaged."""
    return (folder / MANIFEST).is_file()


def _load(folder: Path, manifest: Manifest) -> tuple[dict[str, "Tensor"], dict[str, Any]]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(manifest.read(folder, TENSORS)), dict(manifest.meta)
    except SafetensorError as error:
        raise CheckpointError(f"{folder / manifest.files[TENSORS].file} is not a safetensors file: {error}.") from error


def _tensor_bytes(tensors: Mapping[str, "Tensor"]) -> bytes:
    from safetensors.torch import save

    # Copies, since safetensors refuses tensors that share memory (tied weights).
    return save({name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()})


def _manifest_name(generation: int) -> str:
    return MANIFEST if generation == 0 else f"manifest.{generation}.json"


def _copy_if_there(source: Path, target: Path) -> None:
    if source.is_file():
        try:
            content = source.read_bytes()
        except OSError as error:
            raise StorageError(f"Cannot read {source}: {error.strerror}.") from error
        write_bytes(target, content)


def _remove_unnamed(folder: Path, keep: int) -> None:
    """Remove older generations and leftovers of killed processes; only files whose names are ours."""
    kept = {_manifest_name(generation) for generation in range(keep)}
    for path in folder.glob("manifest.*.json"):
        if path.name not in kept:
            path.unlink(missing_ok=True)
    named = set(_named_files(folder, kept))
    for path in folder.iterdir():
        ours = _HASHED_NAME.fullmatch(path.name) or path.name.startswith(TEMPORARY)
        if ours and path.name not in named:
            with suppress(OSError):  # the new state is safe; a leftover that cannot be removed harms nobody
                path.unlink()


def _named_files(folder: Path, manifests: Iterable[str]) -> Iterable[str]:
    for name in manifests:
        with suppress(CheckpointError):
            yield from (record.file for record in Manifest.load(folder, kind=None, name=name).files.values())
