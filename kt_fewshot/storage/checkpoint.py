"""Tensors, settings and texts saved as one: after a crash at any moment the folder loads, old or new, never mixed."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kt_fewshot.errors import CheckpointError, StorageError

from .atomic import TEMPORARY, write_bytes
from .lock import locked
from .manifest import MANIFEST, FileRecord, Manifest

if TYPE_CHECKING:
    from torch import Tensor

TENSORS: Final = "tensors.safetensors"

_HASHED_NAME: Final = re.compile(r"[^/]+-[0-9a-f]{16}(\.\w+)?")


class Checkpoint(NamedTuple):
    """What `save_checkpoint` was given, as `load_checkpoint` gives it back; tensors are on the CPU."""

    tensors: dict[str, "Tensor"]
    meta: dict[str, Any]
    texts: dict[str, str]


def save_checkpoint(
    folder: Path,
    tensors: Mapping[str, "Tensor"],
    *,
    kind: str,
    meta: Mapping[str, Any] | None = None,
    texts: Mapping[str, str] | None = None,
    keep: int = 1,
) -> None:
    """Save tensors with what belongs to them, in place of what the folder held before.

    Every file is written under a name that carries its hash, so it never touches a file in use; then `manifest.json`,
    which points to them, is replaced in one step; then files that no manifest names are removed. No pickle anywhere.

    Args:
        folder: where; made if it is missing.
        tensors: name -> tensor, of any device; an empty mapping is fine.
        kind: what it is; `load_checkpoint` must ask for the same.
        meta: free JSON.
        texts: file name -> content, hashed in the manifest too (a vocabulary, a list of names).
        keep: how many generations stay loadable, this one included.

    Raises:
        StorageError: if something cannot be written; what was saved before then still loads.
    """
    if keep < 1:
        raise ValueError(f"`keep` should be at least 1. Found `keep = {keep}`.")
    contents = {TENSORS: _tensor_bytes(tensors)}
    contents |= {name: text.encode("utf-8") for name, text in (texts or {}).items()}
    with locked(folder / ".lock", wait=True):
        files = {name: _write_hashed(folder, name, content) for name, content in contents.items()}
        new = Manifest(kind, files, meta or {}).to_bytes()
        for generation in range(keep - 1, 0, -1):
            _copy_if_there(folder / _manifest_name(generation - 1), folder / _manifest_name(generation))
        write_bytes(folder / MANIFEST, new)
        _remove_unnamed(folder, keep)


def load_checkpoint(folder: Path, *, kind: str, generation: int = 0) -> Checkpoint:
    """Load what was saved, after checking every byte of it.

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


def _load(folder: Path, manifest: Manifest) -> Checkpoint:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        tensors = load(manifest.read(folder, TENSORS))
    except SafetensorError as error:
        raise CheckpointError(f"{folder / manifest.files[TENSORS].file} is not a safetensors file: {error}.") from error
    texts = {name: manifest.read(folder, name).decode("utf-8") for name in manifest.files if name != TENSORS}
    return Checkpoint(tensors, dict(manifest.meta), texts)


def _tensor_bytes(tensors: Mapping[str, "Tensor"]) -> bytes:
    from safetensors.torch import save

    # Copies, since safetensors refuses tensors that share memory (tied weights).
    return save({name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()})


def _write_hashed(folder: Path, name: str, content: bytes) -> FileRecord:
    record = FileRecord.of_bytes(name, content)
    path = Path(name)
    if path.name != name:
        raise ValueError(f"A file of a checkpoint should have a plain name. Found {name!r}.")
    file = f"{path.stem}-{record.sha256[:16]}{path.suffix}"
    write_bytes(folder / file, content)
    return FileRecord(file, record.sha256, record.size)


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
