"""What a log holds, in numbers: counted once where a log is read, the same in `data describe` and in `ingest.json`."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import polars as pl

from .log_tally import DAY, EXTRAS, LogTally
from .log_warnings import Show, log_warnings, quoted
from .readers import Ingest
from .spread import Spread

QUANTILES: Final[Mapping[str, float]] = {"min": 0, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95, "max": 1}

CALENDAR: Final = (datetime(1980, 1, 1, tzinfo=UTC).timestamp(), datetime(2100, 1, 1, tzinfo=UTC).timestamp())
"""Times between these are taken for dates; others count from some start of their own."""


def looked_through(ingest: Ingest, frame: pl.DataFrame, *, show: Show = quoted) -> Ingest:
    """The account of a log, with what the log holds and what its user should look at.

    Args:
        ingest: how the log was read.
        frame: its answers in order, with columns of the log table; some may lack, ids may be Categorical.
        show: how a student is called in a warning.
    """
    return with_tally(ingest, LogTally.of(frame, ingest.files), show=show)


def with_tally(ingest: Ingest, tally: LogTally, *, show: Show = quoted) -> Ingest:
    """`looked_through` where the log was counted already."""
    warnings = log_warnings(tally, ingest, show=show)
    return replace(ingest, contents=log_contents(tally), warnings=(*ingest.warnings, *warnings))


def log_contents(tally: LogTally) -> dict[str, Any]:
    """What a log holds.

    Args:
        tally: the log, counted.

    Returns:
        plain JSON values: numbers of `students`, `items`, `skills`, of answers without a skill and on several;
        `share_correct`; quantiles of `answers_a_student`; `first_time`, `last_time` (ISO 8601, None where times are no
        dates) and `time_span_days`; `response_time`, how many have it and the median in seconds; `also_has`.
    """
    lengths = tally.lengths
    return {
        "students": len(lengths),
        "items": len(tally.items),
        "skills": len(tally.skills),
        "answers_without_skill": tally.without_skill,
        "answers_on_several_skills": tally.on_several,
        "share_correct": tally.right / tally.answers,
        "answers_a_student": {
            name: int(np.quantile(lengths, share, method="nearest")) for name, share in QUANTILES.items()
        },
        **_span(tally),
        "response_time": _response_time(tally.seconds),
        "also_has": [name for name in EXTRAS if name in tally.has],
    }


def _span(tally: LogTally) -> dict[str, Any]:
    times = tally.times
    if times is None or times.least is None or times.most is None:
        return {"first_time": None, "last_time": None, "time_span_days": None}
    dated = CALENDAR[0] <= times.least and times.most <= CALENDAR[1]
    first, last = (
        datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds") if dated else None
        for time in (times.least, times.most)
    )
    return {"first_time": first, "last_time": last, "time_span_days": (times.most - times.least) / DAY}


def _response_time(seconds: Spread | None) -> dict[str, Any] | None:
    return seconds and {"median": seconds.median(), "max": seconds.most, "known": seconds.size}
