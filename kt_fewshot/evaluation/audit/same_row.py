"""Columns that are only known with the answer: hints, attempts, feedback, whatever they are called.

What only came before an answer cannot decide it, and alone tells no more of it than a running mean does. Columns that
tell of an item, a skill or a student are none, however well they tell.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from .finding import Finding
from .levels import Levels, levels_of
from .records import Codes, Flags, Records, before

TELLING_AUC: Final = 0.8
"""AUC from which a single column knows more of the answer than a history does; running means reach .6 to .75."""

ABOVE_TRIVIAL: Final = 0.05
"""How far it must also be above the best running mean of this file."""

PURE: Final = 0.005
"""Share of exceptions up to which a value decides the answer: who asked for a hint is never right."""

USUAL: Final = 0.15
"""A value that decides for right (wrong) says something only where so many answers are wrong (right)."""

FEW: Final = 100
"""Records a value needs to be judged; together such values must be found in one record of a hundred."""

OF_ITEM: Final = 0.1
"""A column that changes so much less within an item (student, skill) than between any two records tells of the item."""


@dataclass(frozen=True)
class Telling:
    """A column that tells its own row's answer: AUC, and `decides`, the share of records whose value decides it."""

    name: str
    levels: Levels
    auc: float
    decides: float
    example: str

    def __str__(self) -> str:
        return f"{self.name} (AUC {self.auc:.2f}" + (f", decides {self.decides:.0%})" if self.decides else ")")


def telling(records: Records, trivial_auc: float, *, but: Collection[str] = ()) -> list[Telling]:
    """Columns that tell their own row's answer, the most telling first.

    Args:
        records: of a log or of predictions.
        trivial_auc: AUC of the best running mean.
        but: columns to leave out.
    """
    found = []
    half = halves(records)
    for name, levels in with_levels(records):
        if name in but or any(_is_of(levels.code, group) for group in records.groups().values()):
            continue
        auc = levels.score(records.correct, half, np.ones(len(records), dtype=bool))
        decides, example = _decides(levels, records)
        if auc >= max(TELLING_AUC, trivial_auc + ABOVE_TRIVIAL) or decides:
            found.append(Telling(name, levels, auc, decides, example))
    return sorted(found, key=lambda one: -max(one.auc, one.decides))


def find_same_row(told: list[Telling]) -> list[Finding]:
    """Columns that are only known with the answer.

    Args:
        told: what `telling` found in a log.
    """
    if not told:
        return []
    filled = np.any([one.levels.code > 0 for one in told], axis=0)
    return [
        Finding(
            "same-row-information",
            "risk",
            int(filled.sum()),
            float(filled.mean()),
            f"Known only with the answer, and telling it: {listed(list(map(str, told)))}.",
            next((f"{one.name}: {one.example}" for one in told if one.example), f"column {told[0].name}"),
            "Never an input for the same row: only a target, or an input for later rows.",
        )
    ]


def with_levels(records: Records) -> Iterator[tuple[str, Levels]]:
    """The columns that have levels, with them."""
    for name in records.side.columns:
        levels = levels_of(records.side[name])
        if levels is not None:
            yield name, levels


def halves(records: Records) -> Flags:
    """(records,) which half of the students a record is of."""
    return records.student % 2 == 1


def _is_of(code: Codes, group: Codes) -> bool:
    """Whether a column tells of the group (the item, the student ...), and not of the single answer."""
    previous = before(group)
    rest = previous >= 0
    if rest.sum() < 0.2 * len(code):
        return False
    share = np.bincount(code) / len(code)
    by_chance = 1 - float(share @ share)
    return bool((code[rest] != code[previous[rest]]).mean() <= OF_ITEM * by_chance)


def _decides(levels: Levels, records: Records) -> tuple[float, str]:
    """Share of records whose value leaves no doubt about the answer; the commonest such value, in words."""
    rate, count = levels.means(records.correct)
    mean = records.correct.mean()
    wrong = (rate <= PURE) & (mean >= USUAL)
    right = (rate >= 1 - PURE) & (mean <= 1 - USUAL)
    pure = (wrong | right) & (count >= FEW)
    share = float(count[pure].sum() / len(records))
    if share < 0.01:
        return 0.0, ""
    at = int(np.argmax(np.where(pure, count, 0)))
    return share, f"all {int(count[at]):,} rows with value {levels.names[at]} are {'wrong' if wrong[at] else 'right'}"


def listed(names: list[str]) -> str:
    """Names, no more than a sentence bears."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
