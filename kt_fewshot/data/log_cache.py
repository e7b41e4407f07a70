"""Logs that were read once, kept by what they say: `cache/<SHA-256 of bytes and options>/`.

The name is a hash of every byte of the log's files, of their names, of the options and of this version of the program,
so a log that changed by one byte is read anew, and a copy of a log elsewhere is not. A damaged entry is read anew too.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

import polars as pl

from kt_fewshot import __version__
from kt_fewshot.errors import CheckpointError, LogError, StorageError
from kt_fewshot.storage import MANIFEST, Manifest, write_manifest, write_text

from .interactions import Interactions
from .log_files import new_folder, write_log
from .readers import Ingest, Log, Options, Watch, archive_of, read_compact, unwatched

KIND: Final = "log"
NAME: Final = re.compile("[0-9a-f]{64}")
FILES: Final = ("log.parquet", "ingest.json", "rejected.parquet", "fates.parquet")


def read_cached(
    paths: Sequence[Path],
    cache: Path,
    *,
    format: str | None = None,
    watch: Watch = unwatched,
    **options: Any,  # fields of `Options`, which checks them
) -> Log:
    """Read a log, or what was kept of it when it was read before.

    Args:
        paths: the log, or its parts.
        cache: folder of what is kept; made when needed. Where it cannot be written, the log is read all the same.
        format: as in `read_log`.
        watch: told how far the reading is, if there is any.
        options: fields of `Options`.

    Raises:
        LogError: if the log cannot be read.
    """
    key = cache_key(paths, format, Options(**options))
    kept = _kept(cache / key, paths)
    if kept is not None:
        return kept
    log = read_compact(paths, format=format, watch=watch, **options)
    try:
        shutil.rmtree(cache / key, ignore_errors=True)  # damaged
        with new_folder(cache / key) as folder:
            write_log(folder / "log.parquet", log.frame)
            told = {**json.loads(log.ingest.to_json()), "paths": list(map(str, paths))}
            write_text(folder / "ingest.json", json.dumps(told, indent=2, ensure_ascii=False))
            log.ingest.rejected.write_parquet(folder / "rejected.parquet")
            log.ingest.fates.write_parquet(folder / "fates.parquet")
            write_manifest(folder, FILES, kind=KIND)
    except StorageError:
        return log.full()
    return log.full()


def cache_key(paths: Sequence[Path], format: str | None, options: Options) -> str:
    """The name under which a log is kept: 64 hexadecimal digits.

    Raises:
        LogError: if a file cannot be read.
    """
    told = {name: str(value) for name, value in asdict(options).items() if name not in ("key", "side")}
    told |= {"format": str(format), "version": __version__, "key": hashlib.sha256(options.key).hexdigest()}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for number, path in enumerate((*paths, *options.side)):
        for file in _files(Path(path)):
            name = str(file.relative_to(path)) if file.is_relative_to(path) and file != Path(path) else Path(path).name
            digest.update(json.dumps([number, number < len(paths), name, _content(file)]).encode())
    return digest.hexdigest()


def clear_cache(cache: Path) -> int:
    """Remove everything kept; the number of logs that were."""
    entries = [entry for entry in cache.glob("*") if is_cached_log(entry)]
    for entry in entries:
        shutil.rmtree(entry)
    return len(entries)


def is_cached_log(folder: Path) -> bool:
    """Whether a folder is what is kept of a log."""
    return NAME.fullmatch(folder.name) is not None and (folder / MANIFEST).is_file()


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


def _files(path: Path) -> Iterator[Path]:
    """The file, all files of a folder, or the archive that the path leads into."""
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file())
    else:
        yield archive_of(path) or path


def _content(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise LogError(f"There is no file {path}.") from error
    except OSError as error:
        raise LogError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def _kept(folder: Path, paths: Sequence[Path]) -> Log | None:
    """What is kept of a log, if it is there and whole."""
    try:
        manifest = Manifest.load(folder, kind=KIND)
        manifest.verify(folder)
        told = json.loads((folder / "ingest.json").read_text(encoding="utf-8"))
        frames = [pl.read_parquet(folder / f"{name}.parquet", glob=False) for name in ("log", "rejected", "fates")]
    except (CheckpointError, OSError):
        return None
    table, rejected, fates = frames
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
