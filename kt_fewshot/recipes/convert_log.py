"""Any log in, the toolkit's own columns out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from kt_fewshot.data import (
    CompactLog,
    Watch,
    looked_through,
    pseudonym,
    pseudonymised,
    quoted,
    unwatched,
    write_buckets,
    write_log,
)
from kt_fewshot.errors import KTError, StorageError

from .key_file import check_apart, make_key, read_key
from .read_settings import ReadSettings
from .settings import checked
from .write_table import check_target


def convert_log(
    paths: Sequence[Path],
    out: Path,
    *,
    read: Mapping[str, Any] | None = None,
    buckets: int | None = None,
    pseudonymise: Path | None = None,
    watch: Watch = unwatched,
) -> dict[str, Any]:
    """Read a log of any format and write it as Parquet or CSV, with `<out>.ingest/` beside it saying how it was read.

    Ids are written as they were read, also where a spreadsheet would run them as a formula: the file is a log again.
    At no time does the log stand in memory as text, so ten million answers need less than a gigabyte.

    With `pseudonymise`, every student gets a pseudonym (HMAC-SHA256 by the key), and so does a group with an e-mail
    address in it. Items, skills, other groups and times stay as they are, none of them may name a person; the log's
    other columns are not written anyway. Who has the key can tell who is who; once the key is deleted, nobody can.

    Args:
        paths: the log, or its parts.
        out: file to write; the ending decides. With `buckets`, a new folder.
        read: fields of `ReadSettings`.
        buckets: write so many buckets of students, as `data/log_files.py` describes them.
        pseudonymise: key file; a new key is made if there is none.
        watch: told, again and again, how many records of how many bytes were read.

    Returns:
        what was written, as plain JSON values.

    Raises:
        KTError: if a setting or the key is at fault.
        LogError: if the log cannot be read.
        StorageError: if the file cannot be written.
    """
    if buckets is None:
        check_target(out, inputs=paths)
    elif out.exists():
        raise StorageError(f"{out} exists already. Name a new folder for the buckets.")
    settings = checked(ReadSettings, read or {})
    if pseudonymise is None:
        log = settings.read_compact(*paths, watch=watch)
        log = replace(log, ingest=looked_through(log.ingest, log.frame))
        key_is_new = None
    else:
        log, key_is_new = _pseudonymised(settings, pseudonymise, paths, out, watch)
    rows, folder = log.frame.height, out.with_name(f"{out.name}.ingest")
    log.ingest.save(folder)
    if buckets is None:
        write_log(out, log.frame)
    else:
        write_buckets(out, log.frame, buckets)
    key = {} if pseudonymise is None else {"key": str(pseudonymise), "key_is_new": key_is_new}
    return {"out": str(out), "rows": rows, "read_as": log.ingest.sentence, "ingest": str(folder)} | key


def _pseudonymised(
    settings: ReadSettings, file: Path, paths: Sequence[Path], out: Path, watch: Watch
) -> tuple[CompactLog, bool]:
    """The log with pseudonyms for all its students, and whether their key is new."""
    if settings.key is not None or settings.keep_names:
        option = "key" if settings.key is not None else "keep_names"
        raise KTError(f"`pseudonymise` and `{option}` exclude each other. Leave one out.")
    check_apart(file, out, paths)
    found = read_key(file) if file.exists() else None
    names = settings.model_copy(update={"keep_names": True})  # or some of them would be hashed twice
    log = names.read_compact(*paths, watch=watch)
    key = make_key(file) if found is None else found
    ingest = looked_through(log.ingest, log.frame, show=lambda student: quoted(pseudonym(student, key)))
    hashed = ingest.contents["students"]
    told = f"{hashed:,} {'student' if hashed == 1 else 'students'} hashed"
    ingest = replace(ingest, hashed=hashed, decisions=(*ingest.decisions, told), files=_unnamed(ingest.files, log, key))
    return CompactLog(pseudonymised(log.frame, key), ingest), found is None


def _unnamed(files: tuple[str, ...], log: CompactLog, key: bytes) -> tuple[str, ...]:
    """Names of files, those that are called after a student by the pseudonym."""
    students = set(log.frame["student"].unique().cast(pl.String)) if len(files) > 1 else set()
    stems = {file: Path(file).name.partition(".")[0] for file in files}
    return tuple(
        str(Path(file).with_name(f"{pseudonym(stem, key)}{Path(file).name.removeprefix(stem)}"))
        if stem in students
        else file
        for file, stem in stems.items()
    )
