"""Large logs that were read once, kept by what they say: `cache/<SHA-256 of bytes and options>/`.

A log that changed by one byte is read anew (`log_key.py` tells what counts), a copy of a log elsewhere is not; a
damaged entry is read anew too. What is kept came through the door of `readers/privacy.py`; where the user opens that
door (`keep_names`) nothing is kept. The folder tells git and backups to leave it alone.
"""

import json
import os
import shutil
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from kt_fewshot.errors import CheckpointError, LogError, StorageError
from kt_fewshot.storage import MANIFEST, Manifest, write_manifest, write_text

from .interactions import SCHEMA, Interactions
from .log_contents import looked_through
from .log_files import new_folder, write_log
from .log_key import LOG_KEY, files_of, log_key
from .readers import (
    CACHE_TAG,
    CompactLog,
    Ingest,
    Log,
    Options,
    Watch,
    is_own_table,
    read_compact,
    read_own_columns,
    unwatched,
)

KIND: Final = "log"
FILES: Final = ("log.parquet", "ingest.json", "rejected.parquet", "fates.parquet")

LIMIT: Final = 4_000_000_000
"""Bytes that are kept; logs that were not used for longest go first."""

ABANDONED: Final = 3600.0
"""Seconds after which what somebody began to write and never finished goes."""

NO_CONTENT: Final = {
    ".gitignore": "*\n",
    CACHE_TAG: "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# Logs that kt-fewshot has read, so that it need not read them again. This folder may be removed at any time.\n",
}
"""Files that say so of the folder; the second is https://bford.info/cachedir/."""


def read_cached(
    paths: Sequence[Path],
    cache: Path | None,
    *,
    least: int = 0,
    limit: int = LIMIT,
    format: str | None = None,
    watch: Watch = unwatched,
    **options: Any,  # fields of `Options`, which checks them
) -> Log:
    """Read a log and look through it, or take what was kept of it when it was read before.

    Args:
        paths: the log, or its parts.
        cache: folder of what is kept, made when needed; None keeps nothing. Where it cannot be written, the log is
            read all the same.
        least: bytes from which on a log is worth keeping; one of our own tables never is, it is read as fast.
        limit: bytes that may be kept of all logs.
        format: as in `read_log`.
        watch: told how far the reading is, if there is any.
        options: fields of `Options`.

    Raises:
        LogError: if the log cannot be read.
    """
    asked = Options(**options)
    if cache is None or asked.keep_names or not _is_slow(paths, least):
        return _read(paths, format, watch, options).full()
    place = cache / log_key(paths, format, asked)
    if (kept := _kept(place, paths)) is not None:
        return kept
    log = _read(paths, format, watch, options)
    with suppress(StorageError, OSError, pl.exceptions.PolarsError):  # a full disk, or somebody else was quicker
        _keep(log, place, paths)
        _make_room(cache, limit)
    return log.full()


def clear_cache(cache: Path) -> int:
    """Remove everything kept; the number of logs that were."""
    entries = [entry for entry in cache.glob("*") if is_cached_log(entry)]
    for entry in entries:
        shutil.rmtree(entry)
    return len(entries)


def is_cached_log(folder: Path) -> bool:
    """Whether a folder is what is kept of a log."""
    return LOG_KEY.fullmatch(folder.name) is not None and (folder / MANIFEST).is_file()


def rows_in_cache(folder: Path, students: Collection[str]) -> int | None:
    """How many answers of some students are kept of a log; None if it is damaged, so that nobody can tell.

    Args:
        folder: what is kept of one log.
        students: their ids.
    """
    try:
        answers = pl.scan_parquet(folder / "log.parquet", glob=False).filter(pl.col("student").is_in(list(students)))
        return answers.select(pl.len()).collect().item()
    except (pl.exceptions.PolarsError, OSError):
        return None


def _is_slow(paths: Sequence[Path], least: int) -> bool:
    """Whether a log is large, and none of our own tables."""
    size = 0
    for path in paths:
        for file in files_of(path):
            size += file.stat().st_size if file.is_file() else 0
            if size >= least:
                return not is_own_table(paths[0])
    return False


def _read(paths: Sequence[Path], format: str | None, watch: Watch, options: dict[str, Any]) -> CompactLog:
    log = read_compact(paths, format=format, watch=watch, **options)
    return replace(log, ingest=looked_through(log.ingest, log.frame))


def _keep(log: CompactLog, place: Path, paths: Sequence[Path]) -> None:
    """Write an entry."""
    shutil.rmtree(place, ignore_errors=True)  # damaged
    with new_folder(place) as folder:
        write_log(folder / "log.parquet", log.frame)
        told = log.ingest.to_dict() | {"contents": log.ingest.contents, "paths": list(map(str, paths))}
        write_text(folder / "ingest.json", json.dumps(told, indent=2, ensure_ascii=False))
        log.ingest.rejected.write_parquet(folder / "rejected.parquet")
        log.ingest.fates.write_parquet(folder / "fates.parquet")
        write_manifest(folder, FILES, kind=KIND)
    for name, text in NO_CONTENT.items():
        if not (place.parent / name).exists():
            write_text(place.parent / name, text)


def _make_room(cache: Path, limit: int) -> None:
    """Remove the logs not used for longest, until the others take `limit` bytes, and what was abandoned."""
    entries = sorted(filter(is_cached_log, cache.iterdir()), key=lambda entry: entry.stat().st_mtime, reverse=True)
    size = 0
    for entry in entries:
        size += sum(file.stat().st_size for file in entry.iterdir())
        if size > limit:
            shutil.rmtree(entry, ignore_errors=True)
    for entry in cache.glob(".tmp-*"):
        if time.time() - entry.stat().st_mtime > ABANDONED:
            shutil.rmtree(entry, ignore_errors=True)


def _kept(folder: Path, paths: Sequence[Path]) -> Log | None:
    """What is kept of a log, if it is there and whole; it was used now."""
    try:
        manifest = Manifest.load(folder, kind=KIND)
        manifest.verify(folder)
        told = json.loads((folder / "ingest.json").read_text(encoding="utf-8"))
        table = read_own_columns(folder / "log.parquet", list(SCHEMA))
        rejected, fates = (pl.read_parquet(folder / f"{name}.parquet", glob=False) for name in ("rejected", "fates"))
    except (CheckpointError, LogError, OSError, pl.exceptions.PolarsError):
        return None
    with suppress(OSError):
        os.utime(folder)
    before = told.get("paths", told["files"])
    own = {field.name for field in fields(Ingest)}
    told = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items() if name in own}
    files = _moved(told["files"], before, list(map(str, paths)))
    ingest = Ingest(**{**told, "rejected": rejected, "fates": fates, "files": files})
    return Log(Interactions(table, ingest.files), ingest)


def _moved(files: Sequence[str], before: Sequence[str], paths: Sequence[str]) -> tuple[str, ...]:
    """Names of a log's files where it is now, be they those of its paths or of what is in them.

    >>> _moved(["old/x.zip/a.csv", "old/b.csv"], ["old/x.zip", "old/b.csv"], ["new/y.zip", "new/b.csv"])
    ('new/y.zip/a.csv', 'new/b.csv')
    """
    roots = dict(zip(before, paths, strict=False))
    return tuple(
        next(
            (new + file[len(old) :] for old, new in roots.items() if file == old or file.startswith(old + os.sep)), file
        )
        for file in files
    )
