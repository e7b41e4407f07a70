"""Log readers: any of the formats people hold, in; one log table and the account of every record, out.

A new format is one new file here and one line in `READERS`.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from kt_fewshot.errors import LogError

from .columns import ColumnChoice
from .finish import finish
from .ingest import Ingest, Log
from .reader import Draft, Options, Reader, Source
from .sniff import Peek, sniff

__all__ = ["READERS", "ColumnChoice", "Draft", "Ingest", "Log", "Options", "Peek", "Reader", "Source", "load_reader"]
__all__ += ["read_log", "sniff"]

READERS: Final[Mapping[str, str]] = {
    "assistments2009": "assistments:Assistments2009",
    "assistments2012": "assistments:Assistments2012",
    "assistments2015": "assistments:Assistments2015",
    "assistments2017": "assistments:Assistments2017",
    "generic": "generic:GenericTable",
    "interactions": "own_parquet:OwnParquet",
    "pykt": "pykt:PyKT",
    "text-lines": "text_lines:TextLines",
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
) -> Log:
    """Read a log, whatever its format.

    >>> log = read_log("answers.csv")  # doctest: +SKIP
    >>> log.ingest.sentence  # doctest: +SKIP
    'table, utf-8, 300 students, 12,000 answers, in order of time'

    Args:
        path: the log; or its parts, whose records are numbered file by file. A student id that occurs in several parts
            is the same student.
        format: a name from `READERS`; None to find out.
        columns: which column is what, where that should not be found out.
        max_bad: part of the records that may be unreadable, 0 to 1.
        threshold: outcomes between 0 and 1 count as right from here on; None sets them aside.
        skill_separator: what separates the skills in one cell; "" for nothing but `~~`; None to find out.

    Returns:
        the answers, and what became of every record.

    Raises:
        LogError: if the log cannot be read, or cannot be read unambiguously; the message says what to do.
    """
    paths = [path] if isinstance(path, str | Path) else list(path)
    if not paths:
        raise LogError("No log was given.")
    source = Source(tuple(Path(part) for part in paths))
    options = Options(columns or ColumnChoice(), max_bad, threshold, skill_separator)
    reader = load_reader(format) if format is not None else recognise(source.peek)
    return finish(reader, reader.read(source, options), options)


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
    sure = {name: load_reader(name).recognises(peek) for name in READERS}
    best = max(sure, key=lambda name: sure[name])
    if sure[best]:
        return load_reader(best)
    if peek.kind in {"table", "parquet"}:
        return load_reader("generic")
    raise LogError(
        f"Cannot tell the format of {peek.name}. Name it with --format; choose one of: {', '.join(sorted(READERS))}."
    )
