"""Files that are either wholly there or not there at all."""

import errno
import json
import math
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Final

from kt_fewshot.errors import StorageError

TEMPORARY: Final = ".tmp-"
"""How the name of a file that is still being written begins; a killed process may leave such a file behind."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Hand out a path to write to; it takes the place of `path` once everything is safely on the disk.

    The body writes a temporary file in the same folder (with the same suffix, since some writers look at it). Then the
    file is flushed to the disk, renamed over `path`, and the folder is flushed too. A process killed at any moment
    leaves the old file or the new one, never a part. Missing parent folders are made; an old file's permissions are
    kept; a symbolic link at `path` is replaced, not followed.

    Raises:
        StorageError: if the disk is full, a permission is missing, or the like; `path` is then as it was.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_path(Path(folder) / "answer.txt") as temporary:
    ...         _ = temporary.write_text("42")
    ...     (Path(folder) / "answer.txt").read_text()
    '42'
    """
    temporary = path.with_name(f"{TEMPORARY}{secrets.token_hex(8)}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _flush(temporary, os.O_RDWR)
        if path.is_file():
            shutil.copymode(path, temporary)
        temporary.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        if error.filename is not None and not _concerns(error.filename, path.parent):
            raise  # the body stumbled over another file, which is not ours to explain
        raise StorageError(f"Cannot write {path}: {_reason(error)}.") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file at once.

    Raises:
        StorageError: as `atomic_path` does.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    r"""Write a text file at once: UTF-8, line ends as they are in `text` (`\n` everywhere).

    Raises:
        StorageError: as `atomic_path` does.
    """
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:  # noqa: ANN401 - JSON is any of six types
    """Write a JSON file at once, strictly: a number that is not finite becomes null.

    Raises:
        StorageError: as `atomic_path` does.
        TypeError: as `plain_json` does.
    """
    write_text(path, json.dumps(plain_json(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def plain_json(value: Any, where: str = "value") -> Any:  # noqa: ANN401
    """The same value in what JSON knows: dict with text keys, list, text, number, true, false, null.

    Numbers of numpy become Python's, tuples lists, paths text, nan and the infinities None.

    Raises:
        TypeError: if a part is of another type, or a key is not text; the message says where it stands.

    >>> plain_json({"auc": float("nan"), "shape": (2, 3)})
    {'auc': None, 'shape': [2, 3]}
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain_json(part, f"{where}[{index}]") for index, part in enumerate(value)]
    if isinstance(value, Mapping):
        return {_key(key, where): plain_json(part, f"{where}[{key!r}]") for key, part in value.items()}
    raise TypeError(f"JSON has no {type(value).__name__}. Found one at {where}: {value!r}.")


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"Keys of a JSON object should be text. Found {key!r} at {where}.")
    return key


def _flush(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows offers no way to flush a folder
        return
    try:
        _flush(folder, os.O_RDONLY)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # some network file systems cannot either
            raise


def _concerns(filename: str | bytes | int, folder: Path) -> bool:
    """Whether an error about `filename` is about our temporary file, our folder, or a folder above it."""
    if isinstance(filename, int):
        return True
    named = Path(os.fsdecode(filename))
    return named == folder or named in folder.parents or (named.parent == folder and named.name.startswith(TEMPORARY))


def _reason(error: OSError) -> str:
    return {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EFBIG: "the file would be larger than allowed here",
        errno.EACCES: "permission is missing",
        errno.EPERM: "permission is missing",
        errno.EROFS: "the file system is read-only",
    }.get(error.errno or 0, error.strerror or str(error))
