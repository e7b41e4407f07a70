"""What the user of a log should look at: signs that it is not what it seems. Each says how many, where, what to do.

Nothing here changes a log. Every check is a few passes over columns, so ten million answers are a matter of seconds.
"""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import polars as pl

from .expanded_rows import expanded_rows
from .interactions import SKILL_SEPARATOR
from .readers import Ingest
from .student_runs import as_before, coded, id_counts, known, run_starts

Show = Callable[[str], str]
"""How a student is called in a warning: warnings are kept with outputs, where the id itself may not be."""

DAY: Final = 86_400.0
SLOW: Final = 3600.0
"""A median response time above this many seconds is more likely in another unit."""
QUICK: Final = 0.05
"""So is one below this many."""

ZEROS: Final = r"(^|[^0-9.,])0+([0-9])"
"""Zeros that lead a number, as in `007` and `u007`, but not those of `1.05`."""


def quoted(student: str) -> str:
    """A student called by name."""
    return f"'{student}'"


def log_warnings(frame: pl.DataFrame, ingest: Ingest, *, show: Show = quoted) -> tuple[str, ...]:
    """What the user of a log should look at, a sentence or two each; nothing for a log without such signs.

    Args:
        frame: answers, those of a student together and in order, with columns of the log table; some may lack, ids
            may be Categorical.
        ingest: how it was read.
        show: how a student is called.
    """
    frame = coded(frame)
    starts = run_starts(frame)
    skill_sets = id_counts(known(frame, "skills"))["id"]
    return (
        *_expanded(frame, ingest),
        *_alone(frame, starts, show),
        *_timeless(frame, starts, ingest, show),
        *_lookalikes("student", id_counts(frame["student"])["id"], show),
        *_lookalikes("item", id_counts(known(frame, "item"))["id"]),
        *_lookalikes("skill", skill_sets.str.split(SKILL_SEPARATOR).explode().unique()),
        *_odd_response_times(known(frame, "response_time"), frame, ingest),
    )


def _expanded(frame: pl.DataFrame, ingest: Ingest) -> Iterator[str]:
    rows = expanded_rows(frame)
    if count := int(rows.sum()):
        item = ", item" if known(frame, "item") is not None else ""
        looks = _count(count, "record looks", "records look")
        yield (
            f"{looks} as if answers were spelled out once per skill: student{item} "
            f"and outcome of the record before, another skill ({_where(frame, ingest, rows)}). Such answers count "
            f"several times and give away their own outcome. Name what tells answers apart with --time (a time or an "
            f"order id), so that they are merged, or join their skills as a{SKILL_SEPARATOR}b."
        )


def _alone(frame: pl.DataFrame, starts: np.ndarray, show: Show) -> Iterator[str]:
    alone = np.flatnonzero(np.diff(np.append(starts, frame.height)) == 1)
    if len(alone):
        name = show(str(frame["student"][int(starts[alone[0]])]))
        yield (
            f"{_count(len(alone), 'student has', 'students have')} one answer only, such as {name}: "
            f"they have no history to learn from. If they are many, is the student column the right one?"
        )


def _timeless(frame: pl.DataFrame, starts: np.ndarray, ingest: Ingest, show: Show) -> Iterator[str]:
    column, times = ingest.columns.get("time"), frame.get_column("time", default=None)
    advice = "the order is the file's. Name another column with --time, or make sure that the file is in order."
    if times is None or (times.null_count() == 0 and times.min() == times.max()):
        told = any(f"`{column}`" in warning for warning in ingest.warnings)
        if column is not None and not told:
            yield f"Column `{column}` holds one and the same time in every record (or none), so {advice}"
        return
    if known(frame, "bundle") is not None or times.null_count() == len(times):
        return
    changes = ~as_before(times).to_numpy()
    changes[starts] = False
    several = np.diff(np.append(starts, frame.height)) > 1
    constant = several & ~np.logical_or.reduceat(changes, starts)
    if 2 * constant.sum() > several.sum():
        name = show(str(frame["student"][int(starts[np.argmax(constant)])]))
        yield (
            f"{_count(int(constant.sum()), 'student has', 'students have')} one and the same time in all answers, "
            + (f"such as {name}; among them {advice}")
        )


def _lookalikes(kind: str, ids: pl.Series, show: Show = quoted) -> Iterator[str]:
    alike = (
        pl.DataFrame({"id": ids})
        .group_by(pl.col("id").str.replace_all(ZEROS, "${1}${2}").str.to_lowercase().alias("bare"))
        .agg(pl.len(), pl.col("id").sort())
        .filter(pl.col("len") > 1)
        .sort("bare")
    )
    if alike.height:
        names = " and ".join(map(show, alike["id"][0].head(3)))
        yield (
            f"{alike['len'].sum():,} {kind} ids differ from others only by leading zeros or case, such as {names}. "
            f"They are kept apart; if they mean the same, make them the same in the log."
        )


def _odd_response_times(seconds: pl.Series | None, frame: pl.DataFrame, ingest: Ingest) -> Iterator[str]:
    if seconds is None:
        return
    column = ingest.columns.get("response_time", "response_time")
    middle, most = seconds.median(), seconds.max()
    if most == 0:
        yield f"Every response time in column `{column}` is 0, so it tells nothing. Name another with --response-time."
        return
    for odd, what in ((seconds < 0, "negative"), (seconds > DAY, "longer than a day")):
        odd = odd.fill_null(value=False)
        if count := int(odd.sum()):
            yield (
                f"{_count(count, 'response time', 'response times')} in column `{column}` "
                f"{'is' if count == 1 else 'are'} {what}, which cannot be ({_where(frame, ingest, odd)}). "
                f"Empty such cells, or name another column with --response-time."
            )
    if isinstance(middle, float) and not QUICK <= middle <= SLOW:
        yield (
            f"The median response time in column `{column}` is {middle:,.4g} seconds, so its unit is likely another. "
            f"Give the column a name that tells it, such as response_time_ms."
        )


def _count(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def _where(frame: pl.DataFrame, ingest: Ingest, mask: pl.Series) -> str:
    """The first place where `mask` is true, as the log's user finds it."""
    place = int(mask.arg_max() or 0)
    if "row" not in frame.columns:
        return f"answer {place + 1}"
    file = ingest.files[frame["file"][place]] if len(ingest.files) > 1 and "file" in frame.columns else ""
    return f"first in record {frame['row'][place]:,}{f' of {file}' if file else ''}"
