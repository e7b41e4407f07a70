"""What a log holds, how it was read, what became of every record, and what its user should look at."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kt_fewshot.data import Watch, looked_through, unwatched

from .read_settings import ReadSettings
from .settings import checked


def describe_log(
    paths: Sequence[Path], *, read: Mapping[str, Any] | None = None, watch: Watch = unwatched
) -> dict[str, Any]:
    """Describe a log.

    Args:
        paths: the log, or its parts.
        read: fields of `ReadSettings`.
        watch: told, again and again, how many records of how many bytes were read.

    Returns:
        plain JSON values, those of `ingest.json`: how it was read (format, encoding, columns, counts of records), what
        it holds, and warnings; also `read_as`, the decisions in one line.

    Raises:
        LogError: if it cannot be read.
    """
    log = checked(ReadSettings, read or {}).read_compact(*paths, watch=watch)
    ingest = looked_through(log.ingest, log.frame)
    return {"read_as": ingest.sentence} | ingest.to_dict()
