"""Log readers: any of the formats people hold, in; one log table and the account of every record, out.

A new format is one new file here and one line in `READERS`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kt_fewshot.errors import LogError
from kt_fewshot.faces import load_later

from .columns import ColumnChoice
from .containers import CACHE_TAG, Parts, archive_of, is_cache, opened
from .finish import CompactLog, compact_log, finish
from .ingest import Ingest, Log
from .own_parquet import OwnParquet, bucket_folders, is_own_table, read_own_columns
from .privacy import veiled
from .reader import Draft, Options, Reader, Source
from .sniff import Peek, Watch, sniff, unwatched

if TYPE_CHECKING:
    from .cells import read_cells
    from .side_files import files_near

__all__ = ["READERS", "ColumnChoice", "CompactLog", "Draft", "Ingest", "Log", "Options", "Peek", "Reader", "Source"]
__all__ += ["CACHE_TAG", "Watch", "archive_of", "bucket_folders", "files_near", "is_cache", "is_own_table"]
__all__ += ["load_reader", "read_cells", "read_compact", "read_log", "read_own_columns", "sniff", "unwatched"]

load_later(__name__, {"cells": ("read_cells",), "side_files": ("files_near",)})

READERS: Final[Mapping[str, str]] = {
    "assistments2009": "assistments:Assistments2009",
    "assistments2012": "assistments:Assistments2012",
    "assistments2015": "assistments:Assistments2015",
    "assistments2017": "assistments:Assistments2017",
    "caliper": "caliper:Caliper",
    "canvas": "canvas:Canvas",
    "datashop": "datashop:DataShop",
    "datashop-steps": "datashop_steps:StudentStep",
    "duolingo-hlr": "duolingo:DuolingoHalfLife",
    "duolingo-slam": "duolingo:DuolingoSlam",
    "ednet": "ednet:EdNet",
    "eedi": "eedi:Eedi",
    "generic": "generic:GenericTable",
    "interactions": "own_parquet:OwnParquet",
    "junyi": "junyi:Junyi",
    "kdd-cup": "datashop_steps:KddCup",
    "logicmuse": "logicmuse:LogicMuse",
    "moodle": "moodle:Moodle",
    "oatutor": "oatutor:OATutor",
    "pykt": "pykt:PyKT",
    "riiid": "riiid:Riiid",
    "synthetic-matrix": "synthetic_matrix:SyntheticMatrix",
    "text-lines": "text_lines:TextLines",
    "xapi": "xapi:XApi",
}
"""Name -> file and class of every reader; loaded when first needed."""


def read_log(
    path: str | Path | Sequence[str | Path],
    *,
    format: str | None = None,
    columns: ColumnChoice | None = None,
    max_bad: float = 0.01,
    threshold: float | None = None,
    skill_separator: str | None = None,
    kc: str | None = None,
    hint: str | None = None,
    side: Sequence[str | Path] = (),
    keep_names: bool = False,
    key: bytes = b"",
) -> Log:
    """Read a log, whatever its format.

    >>> log = read_log("answers.csv")  # doctest: +SKIP
    >>> log.ingest.sentence  # doctest: +SKIP
    'table, utf-8, 300 students, 12,000 answers, in order of time'

    Args:
        path: the log: a file, a folder of files of one format, a zip archive of them, or a file in one
            (`logs.zip/answers.csv`); or its parts, whose records are numbered file by file. A student id that occurs in
            several parts is the same student.
        format: a name from `READERS`; None to find out.
        columns: which column is what, where that should not be found out.
        max_bad: part of the records that may be unreadable, 0 to 1.
        threshold: outcomes between 0 and 1 count as right from here on; None sets them aside.
        skill_separator: what separates the skills in one cell; "" for nothing but `~~`; None to find out.
        kc: which of several skill models to take (DataShop).
        hint: "wrong" or "drop": what a first attempt is that asks for help; None is "wrong".
        side: files that belong to the log (questions, answer keys), where they are not found near it.
        keep_names: whether names and e-mail addresses of students stay readable instead of becoming pseudonyms.
        key: secret that pseudonyms are made with (HMAC-SHA256); without it they are plain SHA-256, and whoever has a
            list of addresses finds them out by trying.

    Returns:
        the answers, and what became of every record.

    Raises:
        LogError: if the log cannot be read, or cannot be read unambiguously; the message says what to do.
    """
    beside = tuple(Path(part) for part in side)
    options = Options(columns or ColumnChoice(), max_bad, threshold, skill_separator, kc, hint, beside, keep_names, key)
    return finish(*_drafted(path, format, options, unwatched))


def read_compact(
    path: str | Path | Sequence[str | Path],
    *,
    format: str | None = None,
    watch: Watch = unwatched,
    **options: Any,  # fields of `Options`, which checks them
) -> CompactLog:
    """Read a log, whatever its format, in a fraction of the memory: ids stay codes, nothing is checked twice.

    Args:
        path: as in `read_log`.
        format: as in `read_log`.
        watch: told, again and again, how many records of how many bytes were read.
        options: fields of `Options`, which are the other arguments of `read_log`.

    Raises:
        LogError: as `read_log` does.
    """
    return compact_log(*_drafted(path, format, Options(**options), watch))


def _drafted(
    path: str | Path | Sequence[str | Path], format: str | None, options: Options, watch: Watch
) -> tuple[Reader, Draft, Options]:
    """The reader of a log, and what it makes of it."""
    paths = [path] if isinstance(path, str | Path) else list(path)
    if not paths:
        raise LogError("No log was given.")
    named = None if format is None else load_reader(format)
    with opened([Path(part) for part in paths], lambda folder: _takes(named, folder)) as parts:
        source = Source(tuple(part for part, _ in parts), watch)
        reader = named or _sole_reader(source, parts) if len(parts) > len(paths) else named or recognise(source.peek)
        _check_used(reader, options)
        draft = veiled(reader.read(source, options), options)
    return reader, _as_named(draft, parts), options


def _takes(named: Reader | None, folder: Path) -> bool:
    """Whether a folder is a log in itself, for the named reader or any."""
    peek = sniff(folder)
    readers = map(load_reader, READERS) if named is None else [named]
    return any(reader.recognises(peek) for reader in readers)


def _sole_reader(source: Source, parts: Parts) -> Reader:
    """The one reader of files that were found, not named.

    Raises:
        LogError: if they are of several formats, or one is of none.
    """
    first = recognise(source.peek)
    for peek, (_, name) in zip(source.peeks, parts, strict=True):
        other = recognise(peek)
        if other.name != first.name:
            raise LogError(
                f"{parts[0][1]} is of format '{first.name}', {name} of format '{other.name}': they are not one log. "
                "Name the files that are."
            )
    return first


def _as_named(draft: Draft, parts: Parts) -> Draft:
    """The draft with the names of its files as the user knows them."""
    names = {str(path): name for path, name in parts}
    unpacked = any(path != name for path, name in names.items())
    how = "zip" if draft.compression in ("none", "") else f"zip, {draft.compression}"
    files = tuple(names.get(file, file) for file in draft.files)
    return replace(draft, files=files, compression=how if unpacked else draft.compression)


def _check_used(reader: Reader, options: Options) -> None:
    """No option is silently without effect."""
    for name in ("kc", "hint", "side"):
        if getattr(options, name) and name not in reader.uses:
            raise LogError(f"Option `{name}` means nothing for format '{reader.name}' ({reader.title}). Leave it out.")


def load_reader(name: str) -> Reader:
    """The reader of a format.

    Raises:
        LogError: if there is none of that name.
    """
    if name not in READERS:
        raise LogError(f"Unknown format '{name}'. Choose one of: {', '.join(sorted(READERS))}.")
    module, _, kind = READERS[name].partition(":")
    return getattr(import_module(f".{module}", __name__), kind)()


def recognise(peek: Peek) -> Reader:
    """The reader that is surest of a file; a table that none knows goes to the generic one.

    Raises:
        LogError: if no reader knows what to do with the file.
    """
    own = OwnParquet()
    if own.recognises(peek):  # nobody else's columns are these, so the other readers need not be loaded
        return own
    sure = {name: load_reader(name).recognises(peek) for name in READERS}
    best = max(sure, key=lambda name: sure[name])
    if sure[best]:
        return load_reader(best)
    if peek.kind in {"table", "parquet"}:
        return load_reader("generic")
    raise LogError(
        f"Cannot tell the format of {peek.name}. Name it with --format; choose one of: {', '.join(sorted(READERS))}."
    )
