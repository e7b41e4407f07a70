"""What a log is known by: SHA-256 of every byte that decides what is read of it."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from kt_fewshot import __version__
from kt_fewshot.errors import LogError

from .readers import READERS, Options, archive_of, files_near, is_cache, load_reader

LOG_KEY: Final = re.compile("[0-9a-f]{64}")
"""What such a key looks like."""


def log_key(paths: Sequence[Path], format: str | None, options: Options) -> str:
    """64 hexadecimal digits, others for any other log.

    Hashed are the bytes and names of the log's files and of those near it that a reader may look into, the options, and
    the program's own text: what it read yesterday it may read otherwise today. Where the log lies is not hashed.

    Args:
        paths: the log, or its parts.
        format: a reader's name; None where it is to be found out.
        options: how the log is read.

    Raises:
        LogError: if a file cannot be read.
    """
    told = {name: str(value) for name, value in asdict(options).items() if name not in ("key", "side")}
    told |= {"format": str(format), "program": _program(), "key": hashlib.sha256(options.key).hexdigest()}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    beside = options.side or _near(paths, format)
    for number, path in enumerate((*paths, *beside)):
        for file in files_of(path):
            name = str(file.relative_to(path) if path.is_dir() else path.relative_to(file.parent))
            digest.update(json.dumps([number, number < len(paths), name, _content(file)]).encode())
    return digest.hexdigest()


def files_of(path: Path) -> Iterator[Path]:
    """The file, all files of a folder but those of caches in it, or the archive that the path leads into."""
    if not path.is_dir():
        yield archive_of(path) or path
    for place, folders, names in os.walk(path):
        folder = Path(place)
        folders[:] = sorted(name for name in folders if not is_cache(folder / name))
        yield from sorted(folder / name for name in names if (folder / name).is_file())


def _near(paths: Sequence[Path], format: str | None) -> tuple[Path, ...]:
    """Files near a log, beside its own, that the named reader may look into, or any."""
    readers = map(load_reader, READERS if format is None else [format])
    names = [name for reader in readers for name in reader.beside]
    return tuple(dict.fromkeys(file for path in paths for file in files_near(path, names)))


def _content(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise LogError(f"There is no file {path}.") from error
    except OSError as error:
        raise LogError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def _program() -> str:
    """The version, and SHA-256 of the text of everything that reads logs."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return f"{__version__} {digest.hexdigest()}"
