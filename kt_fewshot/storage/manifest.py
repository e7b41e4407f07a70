"""`Manifest`: what a folder holds, with the hash of every file, so that damage is found and never loaded."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kt_fewshot import __version__
from kt_fewshot.errors import CheckpointError

from .atomic import plain_json, write_bytes

SCHEMA_VERSION: Final = 1
"""Version of the manifest's own layout; a program reads its own version and older ones."""

MANIFEST: Final = "manifest.json"

_CHECKSUM: Final = re.compile(rb'\A\{\n  "checksum": "([0-9a-f]{64})"')
_UNSIGNED: Final = '{\n  "checksum": ""'


@dataclass(frozen=True)
class FileRecord:
    """What one file should be: its name in the folder, SHA-256 in hexadecimal, size in bytes."""

    file: str
    sha256: str
    size: int

    @classmethod
    def of_bytes(cls, file: str, content: bytes) -> "FileRecord":
        """The record of a file with this content."""
        return cls(file, hashlib.sha256(content).hexdigest(), len(content))

    @classmethod
    def of_file(cls, path: Path) -> "FileRecord":
        """The record of a file on disk, read in pieces."""
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            return cls(path.name, digest, stream.tell())

    def check(self, found: "FileRecord", folder: Path) -> None:
        """Compare with what was found.

        Raises:
            CheckpointError: if the size or the hash differs.
        """
        path = folder / self.file
        if found.size != self.size:
            raise CheckpointError(f"{path} is damaged: it should have {self.size} bytes, it has {found.size}.")
        if found.sha256 != self.sha256:
            raise CheckpointError(f"{path} is damaged: its content does not match its SHA-256 in the manifest.")


@dataclass(frozen=True)
class Manifest:
    """What a folder holds.

    Attributes:
        kind: what it is, for example "dkt" or "training-state"; a loader asks for the kind it can read.
        files: name -> record; the name is the one loaders use, the record's file the one on disk.
        meta: free JSON (configuration, vocabulary hash, calibration ...).
        code_version: version of this package that wrote it.
    """

    kind: str
    files: Mapping[str, FileRecord]
    meta: Mapping[str, Any] = field(default_factory=dict)
    code_version: str = __version__

    def write(self, folder: Path) -> None:
        """Write `manifest.json`, atomically; the files it names must already be there.

        Raises:
            StorageError: if it cannot be written.
        """
        write_bytes(folder / MANIFEST, self.to_bytes())

    def to_bytes(self) -> bytes:
        """The manifest as JSON text that carries a checksum over itself."""
        content = {
            "checksum": "",
            "schema_version": SCHEMA_VERSION,
            "kind": self.kind,
            "code_version": self.code_version,
            "files": {name: vars(record) for name, record in self.files.items()},
            "meta": plain_json(self.meta, "meta"),
        }
        unsigned = json.dumps(content, indent=2, allow_nan=False) + "\n"
        checksum = hashlib.sha256(unsigned.encode()).hexdigest()
        return (_UNSIGNED[:-1] + checksum + unsigned[len(_UNSIGNED) - 1 :]).encode()

    @classmethod
    def load(cls, folder: Path, *, kind: str | None, name: str = MANIFEST) -> "Manifest":
        """Read the manifest of a folder; the files it names are checked when they are read, or by `verify`.

        Args:
            folder: where it stands.
            kind: the kind of content the caller can use; None takes any.
            name: an earlier manifest's name, where several are kept.

        Raises:
            CheckpointError: if it is missing, damaged, of a newer layout, or of another kind.
        """
        path = folder / name
        try:
            content = path.read_bytes()
        except OSError as error:
            reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
            raise CheckpointError(f"{folder} holds no saved {kind or 'content'}: {path}: {reason}.") from error
        manifest = cls.from_bytes(content, path)
        if kind is not None and manifest.kind != kind:
            raise CheckpointError(f"{folder} holds a saved {manifest.kind!r}; {kind!r} is wanted.")
        return manifest

    @classmethod
    def from_bytes(cls, content: bytes, path: Path) -> "Manifest":
        """The opposite of `to_bytes`; `path` is only named in errors.

        Raises:
            CheckpointError: if the text was changed in any byte, or is of a newer layout.
        """
        damaged = CheckpointError(f"{path} is damaged: it does not match its own checksum.")
        try:
            found = json.loads(content)
            version = found["schema_version"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise damaged from error
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise CheckpointError(
                f"{path} was written by a newer kt-fewshot (layout {version}, this one reads up to {SCHEMA_VERSION}). "
                "Update kt-fewshot."
            )
        if not _is_intact(content):
            raise damaged
        try:
            files = {name: FileRecord(**record) for name, record in found["files"].items()}
            manifest = cls(found["kind"], files, found["meta"], found["code_version"])
        except (KeyError, TypeError, AttributeError) as error:
            raise CheckpointError(f"{path} is not a manifest of kt-fewshot: {error!r}.") from error
        for record in files.values():
            _check_inside(record.file, path)
        return manifest

    def read(self, folder: Path, name: str) -> bytes:
        """The content of a file the manifest names; what is returned is what was hashed.

        Raises:
            CheckpointError: if the manifest does not name it, or it is missing or damaged.
        """
        record = self._record(folder, name)
        try:
            content = (folder / record.file).read_bytes()
        except OSError as error:
            raise _unreadable(folder / record.file, error) from error
        record.check(FileRecord.of_bytes(record.file, content), folder)
        return content

    def verify(self, folder: Path) -> None:
        """Check every file the manifest names, in pieces, so that memory does not matter.

        Raises:
            CheckpointError: if one is missing or damaged.
        """
        for name in self.files:
            self.verified_path(folder, name)

    def verified_path(self, folder: Path, name: str) -> Path:
        """The path of a file the manifest names, checked first; for files that are too large to be read at once.

        Raises:
            CheckpointError: if the manifest does not name it, or it is missing or damaged.
        """
        record = self._record(folder, name)
        path = folder / record.file
        try:
            record.check(FileRecord.of_file(path), folder)
        except OSError as error:
            raise _unreadable(path, error) from error
        return path

    def _record(self, folder: Path, name: str) -> FileRecord:
        if name not in self.files:
            raise CheckpointError(f"The manifest of {folder} names no {name!r} (it names: {', '.join(self.files)}).")
        return self.files[name]


def write_manifest(folder: Path, names: Iterable[str], *, kind: str, meta: Mapping[str, Any] | None = None) -> Manifest:
    """Hash files that stand in a folder already and write the manifest that names them.

    Raises:
        StorageError: if it cannot be written.
    """
    manifest = Manifest(kind, {name: FileRecord.of_file(folder / name) for name in names}, meta or {})
    manifest.write(folder)
    return manifest


def _is_intact(content: bytes) -> bool:
    signature = _CHECKSUM.match(content)
    if signature is None:
        return False
    unsigned = _UNSIGNED.encode() + content[signature.end() :]
    return hashlib.sha256(unsigned).hexdigest() == signature.group(1).decode()


def _check_inside(file: str, path: Path) -> None:
    """A manifest from elsewhere must not lead out of its folder."""
    if not isinstance(file, str) or file in {"", ".", ".."} or re.search(r"[/\\:\0]", file):
        raise CheckpointError(f"{path} names a file outside its folder: {file!r}.")


def _unreadable(path: Path, error: OSError) -> CheckpointError:
    reason = "it is missing" if isinstance(error, FileNotFoundError) else error.strerror
    return CheckpointError(f"{path} cannot be read, although the manifest names it: {reason}.")
