"""Any log in, the toolkit's own columns out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .data_settings import ReadSettings, checked
from .write_table import write_table


def convert_log(paths: Sequence[Path], out: Path, *, read: Mapping[str, Any]) -> dict[str, Any]:
    """Read a log of any format and write it as Parquet or CSV, with `<out>.ingest/` beside it saying how it was read.

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
    log = checked(ReadSettings, read).read(*paths)
    write_table(out, log.interactions.table, guard=False)
    folder = out.with_name(f"{out.name}.ingest")
    folder.mkdir(exist_ok=True)
    log.ingest.save(folder)
    return {"out": str(out), "rows": len(log.interactions), "read_as": log.ingest.sentence, "ingest": str(folder)}
