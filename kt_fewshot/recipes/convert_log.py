"""Any log in, the toolkit's own columns out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kt_fewshot.data import Watch, read_compact, unwatched, write_buckets, write_log
from kt_fewshot.errors import StorageError

from .read_settings import ReadSettings
from .settings import checked
from .write_table import check_target


def convert_log(
    paths: Sequence[Path],
    out: Path,
    *,
    read: Mapping[str, Any] | None = None,
    buckets: int | None = None,
    watch: Watch = unwatched,
) -> dict[str, Any]:
    """Read a log of any format and write it as Parquet or CSV, with `<out>.ingest/` beside it saying how it was read.

    Ids are written as they were read, also where a spreadsheet would run them as a formula: the file is a log again.
    At no time does the log stand in memory as text, so ten million answers need less than a gigabyte.

    Args:
        paths: the log, or its parts.
        out: file to write; the ending decides. With `buckets`, a new folder.
        read: fields of `ReadSettings`.
        buckets: write so many buckets of students, as `data/log_files.py` describes them.
        watch: told, again and again, how many records of how many bytes were read.

    Returns:
        what was written, as plain JSON values.

    Raises:
        LogError: if the log cannot be read.
        StorageError: if the file cannot be written.
    """
    if buckets is None:
        check_target(out, inputs=paths)
    elif out.exists():
        raise StorageError(f"{out} exists already. Name a new folder for the buckets.")
    settings = checked(ReadSettings, read or {})
    log = read_compact(paths, watch=watch, **{name: getattr(settings, name) for name in type(settings).model_fields})
    rows = log.frame.height
    folder = out.with_name(f"{out.name}.ingest")
    log.ingest.save(folder)
    if buckets is None:
        write_log(out, log.frame)
    else:
        write_buckets(out, log.frame, buckets)
    return {"out": str(out), "rows": rows, "read_as": log.ingest.sentence, "ingest": str(folder)}
