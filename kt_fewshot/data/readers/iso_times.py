"""Moments and durations as ISO 8601 writes them, one by one: statements of one log come from many time zones."""

import re
from datetime import UTC, datetime
from typing import Final

DURATION: Final = re.compile(
    r"P(?:(?P<weeks>\d+(?:[.,]\d+)?)W)?(?:(?P<years>\d+(?:[.,]\d+)?)Y)?(?:(?P<months>\d+(?:[.,]\d+)?)M)?"
    r"(?:(?P<days>\d+(?:[.,]\d+)?)D)?(?:T(?:(?P<hours>\d+(?:[.,]\d+)?)H)?(?:(?P<minutes>\d+(?:[.,]\d+)?)M)?"
    r"(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?\Z",
    re.ASCII,
)
SECONDS: Final = {"weeks": 604_800.0, "days": 86_400.0, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0}


def moment(text: str | None) -> float | None:
    """Seconds since 1970; None if it cannot be read. Without a time zone it is taken as UTC.

    >>> moment("2024-03-01T10:00:00.5+01:00"), moment("2024-03-01T09:00:00.5Z"), moment("soon")
    (1709283600.5, 1709283600.5, None)
    """
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text.strip().upper())
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def duration(text: str | None) -> float | None:
    """Seconds; None if it cannot be read, or counts months or years, which are of no certain length.

    >>> duration("PT1M2.5S"), duration("P0Y0M0DT0H5M0S"), duration("P1M"), duration("-PT1S")
    (62.5, 300.0, None, None)
    """
    found = DURATION.match(text.strip().upper()) if text else None
    if found is None or not any(found.groups()):
        return None
    parts = {name: float(part.replace(",", ".")) for name, part in found.groupdict().items() if part}
    if parts.pop("years", 0) or parts.pop("months", 0):
        return None
    return sum(value * SECONDS[name] for name, value in parts.items() if name in SECONDS)
