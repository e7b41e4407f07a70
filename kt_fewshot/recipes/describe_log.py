"""What a log holds, how it was read, and what became of every record."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from kt_fewshot.data import SKILL_SEPARATOR, Ingest, Interactions

from .read_settings import ReadSettings
from .settings import checked

SECONDS_A_DAY = 86_400


def describe_log(paths: Sequence[Path], *, read: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Describe a log.

    Args:
        paths: the log, or its parts.
        read: fields of `ReadSettings`.

    Returns:
        plain JSON values: how it was read (format, encoding, columns, counts of records) and what it holds.

    Raises:
        LogError: if it cannot be read.
    """
    log = checked(ReadSettings, read or {}).read(*paths)
    return _reading(log.ingest) | _holding(log.interactions)


def _reading(ingest: Ingest) -> dict[str, Any]:
    return {
        "files": list(ingest.files),
        "read_as": ingest.sentence,
        "format": ingest.format,
        "encoding": ingest.encoding,
        "separator": ingest.separator,
        "columns": dict(ingest.columns),
        "rows_read": ingest.rows_read,
        "kept": ingest.kept,
        "merged": ingest.merged,
        "set_aside": dict(ingest.set_aside),
        "rejected": ingest.n_rejected,
        "warnings": list(ingest.warnings),
    }


def _holding(log: Interactions) -> dict[str, Any]:
    table = log.table
    lengths = table.group_by("student").len()["len"]
    return {
        "students": log.n_students,
        "items": table["item"].drop_nulls().n_unique(),
        "skills": len(log.skill_names()),
        "answers_without_skill": table["skills"].null_count(),
        "answers_on_several_skills": int(table["skills"].str.contains(SKILL_SEPARATOR, literal=True).sum()),
        "share_correct": table["correct"].cast(pl.Int64).sum() / len(log),
        "answers_a_student": {
            name: int(lengths.quantile(share, "nearest") or 0)
            for name, share in (("min", 0.0), ("q25", 0.25), ("median", 0.5), ("q75", 0.75), ("max", 1.0))
        },
        "time_span_days": _days(table["time"].drop_nulls()),
        "also_has": [name for name in ("response_time", "hints", "attempts", "group", "fold") if log.has(name)],
    }


def _days(times: pl.Series) -> float | None:
    if times.is_empty():
        return None
    seconds = times.to_numpy()
    return float(seconds.max() - seconds.min()) / SECONDS_A_DAY
