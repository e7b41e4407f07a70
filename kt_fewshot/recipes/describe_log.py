"""What a log holds, how it was read, and what became of every record."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from kt_fewshot.data import Ingest, Interactions

from .data_settings import ReadSettings, checked


def describe_log(paths: Sequence[Path], *, read: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a log.

    Args:
        paths: the log, or its parts.
        read: fields of `ReadSettings`.

    Returns:
        plain JSON values: how it was read (format, encoding, columns, counts of records) and what it holds.

    Raises:
        LogError: if it cannot be read.
    """
    log = checked(ReadSettings, read).read(*paths)
    return _reading(log.ingest) | _holding(log.interactions)


def _reading(ingest: Ingest) -> dict[str, Any]:
    return {
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
    times = table["time"].drop_nulls()
    return {
        "students": log.n_students,
        "items": table["item"].drop_nulls().n_unique(),
        "skills": len(log.skill_names()),
        "answers_without_skill": table["skills"].null_count(),
        "answers_on_several_skills": int(table["skills"].str.contains("~~", literal=True).sum()),
        "mean_correct": float(table["correct"].cast(pl.Float64).mean() or 0.0),  # pyright: ignore[reportArgumentType]
        "answers_a_student": {
            name: int(lengths.quantile(share, "nearest") or 0)
            for name, share in (("min", 0.0), ("q25", 0.25), ("median", 0.5), ("q75", 0.75), ("max", 1.0))
        },
        "time_span_days": float((times.max() - times.min()) / 86_400) if len(times) else None,  # pyright: ignore
        "also_has": [name for name in ("response_time", "hints", "attempts", "group", "fold") if log.has(name)],
    }
