"""What a log holds, in numbers: counted once where a log is read, the same in `data describe` and in `ingest.json`."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import polars as pl

from .interactions import SKILL_SEPARATOR
from .log_warnings import Show, log_warnings, quoted
from .readers import Ingest
from .student_runs import coded, id_counts, known, run_starts

SECONDS_A_DAY: Final = 86_400

QUANTILES: Final[Mapping[str, float]] = {"min": 0, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95, "max": 1}

EXTRAS: Final = ("response_time", "hints", "attempts", "group", "bundle", "fold")
"""Columns that a log may have beside who, what, right or wrong, and when."""

CALENDAR: Final = (datetime(1980, 1, 1, tzinfo=UTC).timestamp(), datetime(2100, 1, 1, tzinfo=UTC).timestamp())
"""Times between these are taken for dates; others count from some start of their own."""


def looked_through(ingest: Ingest, frame: pl.DataFrame, *, show: Show = quoted) -> Ingest:
    """The account of a log, with what the log holds and what its user should look at.

    Args:
        ingest: how the log was read.
        frame: its answers in order, with columns of the log table; some may lack, ids may be Categorical.
        show: how a student is called in a warning.
    """
    frame = coded(frame)
    warnings = log_warnings(frame, ingest, show=show)
    return replace(ingest, contents=log_contents(frame), warnings=(*ingest.warnings, *warnings))


def log_contents(frame: pl.DataFrame) -> dict[str, Any]:
    """What a log holds.

    Args:
        frame: answers, those of a student together, with columns of the log table; some may lack.

    Returns:
        plain JSON values: numbers of `students`, `items`, `skills`, of answers without a skill and on several;
        `share_correct`; quantiles of `answers_a_student`; `first_time`, `last_time` (ISO 8601, None where times are no
        dates) and `time_span_days`; `response_time`, how many have it and the median in seconds; `also_has`.
    """
    frame = coded(frame)
    lengths = np.diff(np.append(run_starts(frame), frame.height))
    return {
        "students": len(lengths),
        "items": id_counts(known(frame, "item")).height,
        **_skills(frame),
        "share_correct": float(frame["correct"].mean()),  # pyright: ignore[reportArgumentType]
        "answers_a_student": {
            name: int(np.quantile(lengths, share, method="nearest")) for name, share in QUANTILES.items()
        },
        **_span(known(frame, "time")),
        "response_time": _response_time(known(frame, "response_time"), frame.height),
        "also_has": [name for name in EXTRAS if known(frame, name) is not None],
    }


def _skills(frame: pl.DataFrame) -> dict[str, int]:
    column = known(frame, "skills")
    if column is None:
        return {"skills": 0, "answers_without_skill": frame.height, "answers_on_several_skills": 0}
    sets = id_counts(column)
    several = sets.filter(pl.col("id").str.contains(SKILL_SEPARATOR, literal=True))
    return {
        "skills": sets["id"].str.split(SKILL_SEPARATOR).explode().n_unique(),
        "answers_without_skill": column.null_count(),
        "answers_on_several_skills": int(several["count"].sum()),
    }


def _span(times: pl.Series | None) -> dict[str, Any]:
    if times is None:
        return {"first_time": None, "last_time": None, "time_span_days": None}
    first, last = float(times.min()), float(times.max())  # pyright: ignore[reportArgumentType]
    dated = CALENDAR[0] <= first and last <= CALENDAR[1]
    dates = [datetime.fromtimestamp(t, UTC).isoformat(timespec="seconds") if dated else None for t in (first, last)]
    return {"first_time": dates[0], "last_time": dates[1], "time_span_days": (last - first) / SECONDS_A_DAY}


def _response_time(seconds: pl.Series | None, answers: int) -> dict[str, Any] | None:
    if seconds is None:
        return None
    return {"median": seconds.median(), "max": seconds.max(), "known": answers - seconds.null_count()}
