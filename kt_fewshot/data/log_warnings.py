"""What the user of a log should look at: signs that it is not what it seems. Each says how many, where, what to do."""

from collections.abc import Callable, Iterator
from typing import Final

import polars as pl

from .interactions import SKILL_SEPARATOR
from .log_tally import LogTally
from .readers import Ingest

Show = Callable[[str], str]
"""How a student is called in a warning: warnings are kept with outputs, where the id itself may not be."""

SLOW: Final = 3600.0
"""A median response time above this many seconds is more likely in another unit."""
QUICK: Final = 0.05
"""So is one below this many."""

ZEROS: Final = r"(^|[^0-9.,])0+([0-9])"
"""Zeros that lead a number, as in `007` and `u007`, but not those of `1.05`."""


def quoted(student: str) -> str:
    """A student called by name."""
    return f"'{student}'"


def log_warnings(tally: LogTally, ingest: Ingest, *, show: Show = quoted) -> tuple[str, ...]:
    """What the user of a log should look at, a sentence or two each; nothing for a log without such signs.

    Args:
        tally: the log, counted.
        ingest: how it was read.
        show: how a student is called.
    """
    return (
        *_expanded(tally),
        *_alone(tally, show),
        *_timeless(tally, ingest, show),
        *_lookalikes("student", tally.students, show),
        *_lookalikes("item", tally.items),
        *_lookalikes("skill", tally.skills),
        *_odd_response_times(tally, ingest),
    )


def _expanded(tally: LogTally) -> Iterator[str]:
    if count := tally.expanded.count:
        item = ", item" if len(tally.items) else ""
        looks = _count(count, "record looks", "records look")
        yield (
            f"{looks} as if answers were spelled out once per skill: student{item} "
            f"and outcome of the record before, another skill ({tally.expanded.first}). Such answers count "
            f"several times and give away their own outcome. Name what tells answers apart with --time (a time or an "
            f"order id), so that they are merged, or join their skills as a{SKILL_SEPARATOR}b."
        )


def _alone(tally: LogTally, show: Show) -> Iterator[str]:
    if count := tally.alone.count:
        yield (
            f"{_count(count, 'student has', 'students have')} one answer only, such as {show(tally.alone.first)}: "
            f"they have no history to learn from. If they are many, is the student column the right one?"
        )


def _timeless(tally: LogTally, ingest: Ingest, show: Show) -> Iterator[str]:
    column, times = ingest.columns.get("time"), tally.times
    advice = "the order is the file's. Name another column with --time, or make sure that the file is in order."
    if times is None or (times.known == tally.answers and times.least == times.most):
        told = any(f"`{column}`" in warning for warning in ingest.warnings)
        if column is not None and not told:
            yield f"Column `{column}` holds one and the same time in every record (or none), so {advice}"
        return
    if "bundle" in tally.has or not times.known:
        return
    if 2 * times.constant.count > times.several:
        yield (
            f"{_count(times.constant.count, 'student has', 'students have')} one and the same time in all answers, "
            + (f"such as {show(times.constant.first)}; among them {advice}")
        )


def _lookalikes(kind: str, ids: pl.Series, show: Show = quoted) -> Iterator[str]:
    bare = ids.str.replace_all(ZEROS, "${1}${2}").str.to_lowercase()
    if bare.n_unique() == len(bare):
        return
    alike = (
        pl.DataFrame({"id": ids, "bare": bare})
        .group_by("bare")
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


def _odd_response_times(tally: LogTally, ingest: Ingest) -> Iterator[str]:
    if tally.seconds is None:
        return
    column = ingest.columns.get("response_time", "response_time")
    middle = tally.seconds.median()
    if tally.seconds.most == 0:
        yield f"Every response time in column `{column}` is 0, so it tells nothing. Name another with --response-time."
        return
    for odd, what in ((tally.negative, "negative"), (tally.long, "longer than a day")):
        if odd.count:
            yield (
                f"{_count(odd.count, 'response time', 'response times')} in column `{column}` "
                f"{'is' if odd.count == 1 else 'are'} {what}, which cannot be ({odd.first}). "
                f"Empty such cells, or name another column with --response-time."
            )
    if not QUICK <= middle <= SLOW:
        yield (
            f"The median response time in column `{column}` is {middle:,.4g} seconds, so its unit is likely another. "
            f"Give the column a name that tells it, such as response_time_ms."
        )


def _count(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"
