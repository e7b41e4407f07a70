"""How numbers and names are said: percentages, intervals, counts, and names short enough to be read."""

from typing import Final

import numpy as np

from kt_fewshot.metrics import Interval

LONGEST_NAME: Final = 40
NBSP: Final = "\N{NO-BREAK SPACE}"
DASH: Final = "\N{EN DASH}"
ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"


def percent(share: float, digits: int = 0) -> str:
    """A share in [0, 1] as a percentage; a dash where it is undefined.

    >>> percent(0.5).split()
    ['50', '%']
    """
    return f"{100 * share:.{digits}f}{NBSP}%" if np.isfinite(share) else DASH


def number(value: float, digits: int = 3) -> str:
    """A number; a dash where it is undefined."""
    return f"{value:.{digits}f}" if np.isfinite(value) else DASH


def between(found: Interval, digits: int = 3) -> str:
    """The two ends of an interval, `0.803 to 0.835`; a dash where there are none."""
    if not np.isfinite([found.low, found.high]).all():
        return DASH
    return f"{found.low:.{digits}f} to {found.high:.{digits}f}"


def percent_between(found: Interval, digits: int = 0) -> str:
    """The two ends of an interval of shares, as percentages."""
    if not np.isfinite([found.low, found.high]).all():
        return DASH
    return f"{100 * found.low:.{digits}f} to {percent(found.high, digits)}"


def counted(n: int, one: str, many: str | None = None) -> str:
    """How many of something.

    >>> counted(1, "answer"), counted(2000, "answer")
    ('1 answer', '2,000 answers')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def short(name: str, longest: int = LONGEST_NAME) -> str:
    """A name in one line of printable characters, cut where it is too long."""
    line = " ".join("".join(character if character.isprintable() else " " for character in name).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + ELLIPSIS
