"""Any log in, the toolkit's own columns out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .data_settings import ReadSettings
from .settings import checked
from .write_table import check_target, write_table


def convert_log(paths: Sequence[Path], out: Path, *, read: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Read a log of any format and write it as Parquet or CSV, with `<out>.ingest/` beside it saying how it was read.

    Ids are written as they were read, also where a spreadsheet would run them as a formula: the file is a log again.

    Args:
        paths: the log, or its parts.
        out: file to write; the ending decides.
        read: fields of `ReadSettings`.

    Returns:
        what was written, as plain JSON values.

    Raises:
        LogError: if the log cannot be read.
        StorageError: if the file cannot be written.
    """
    check_target(out, inputs=paths)
    log = checked(ReadSettings, read or {}).read(*paths)
    folder = out.with_name(f"{out.name}.ingest")
    log.ingest.save(folder)
    write_table(out, log.interactions.table, guard=False)
    return {"out": str(out), "rows": len(log.interactions), "read_as": log.ingest.sentence, "ingest": str(folder)}
