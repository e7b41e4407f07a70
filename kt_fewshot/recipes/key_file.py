"""Key files: the secret that pseudonyms are made with, 32 random bytes as hexadecimal digits, for its owner only."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kt_fewshot.errors import KTError, StorageError

BYTES: Final = 32
FEWEST: Final = 16
"""Bytes of a key that somebody else made; fewer could be found by trying."""


def read_key(path: Path) -> bytes:
    """The key in a file.

    Raises:
        KTError: if there is no such file, or it holds no key.
    """
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise KTError(
            f"There is no key file {path}. `data convert LOG OUT --pseudonymise {path}` makes a new key."
        ) from error
    except OSError as error:
        raise KTError(f"Cannot read the key file {path}: {error.strerror or error}.") from error
    except UnicodeDecodeError:
        text = ""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) < FEWEST:
        raise KTError(f"{path} holds no key: {2 * BYTES} hexadecimal digits are wanted. Name another file.")
    return key


def make_key(path: Path) -> bytes:
    """Write a new key, readable by its owner only; an existing file is never replaced.

    Raises:
        StorageError: if the file is there already or cannot be written.
    """
    key = secrets.token_bytes(BYTES)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(key.hex() + "\n")
            stream.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise StorageError(f"Cannot write the key file {path}: {error.strerror or error}.") from error
    return key


def check_apart(key: Path, out: Path, logs: Sequence[Path]) -> None:
    """Refuse a key that lies where the output will be: who gets both knows who is who.

    The output's folder is the one that `out` lies in, unless the log lies there too: such a folder tells who is who
    anyway. A folder of buckets, and `<out>.ingest`, may hold no key in any case.

    Raises:
        KTError: if it does.
    """
    place, parent = key.resolve(), out.resolve().parent
    folders = [out.resolve(), out.resolve().with_name(f"{out.name}.ingest")]
    if not any(log.resolve().is_relative_to(parent) for log in logs):
        folders.append(parent)
    for folder in folders:
        if place.is_relative_to(folder):
            raise KTError(
                f"The key file {key} would lie in the output's folder {folder}, and who gets both knows who is who. "
                f"Name a file elsewhere."
            )
