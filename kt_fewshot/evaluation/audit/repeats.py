"""Rows that tell an answer twice: once per skill, or simply again."""

from typing import Final

import numpy as np
import polars as pl

from kt_fewshot.data import SKILL_SEPARATOR, expanded_rows
from kt_fewshot.metrics import auc

from .finding import Finding
from .records import Flags, Records

FEWEST: Final = 20
"""Repeated rows that are worth telling."""

WORTH_TELLING: Final = 0.001
"""Share of the records from which repeated ones change a score."""

MANY_AT_ONCE: Final = 0.05
"""Share of a log's answers that share their time with another item's: from here on equal times mean nothing."""

RECORD_ID: Final = 0.95
"""Different values, as part of all records, from which a column is an id of the record."""

BETTER: Final = 0.1
"""AUC that predictions of repeated rows may be above those of first rows before it counts as a leak."""


def expanded(records: Records) -> Flags:
    """Which records tell the answer before them again, for another skill: (records,).

    Those that the reader merged, as many as the answer has further skills, and those that look like it though nothing
    says so (`expanded_rows`).
    """
    alone = ~records.table["merged"].to_numpy()
    found = _of_further_skills(records)
    found[alone] |= expanded_rows(records.table.filter(pl.Series(alone))).to_numpy()
    return found


def again(records: Records, repeats: Flags) -> Flags:
    """Which records repeat the one before in every respect, time included: (records,).

    In every other column too, but for one that is different in nearly all records: an id of the record. Nobody can
    tell where a log has no time, or where many answers share one.

    Args:
        records: of a log or of predictions.
        repeats: what `expanded` found.
    """
    merged = records.table["merged"].to_numpy()
    found = merged & ~_of_further_skills(records)
    same_time = records.follows & (records.time == _shifted(records.time)) & ~merged
    other = (records.item != _shifted(records.item)) | (records.skill != _shifted(records.skill))
    if (same_time & other & ~repeats).mean() > MANY_AT_ONCE:
        return np.zeros(len(records), dtype=bool)
    found |= same_time & ~other & (records.correct == _shifted(records.correct))
    return found & _same_cells(records) if found.any() else found


def find_expanded(records: Records, repeats: Flags) -> list[Finding]:
    """Answers told once per skill: a model that reads row by row has seen the outcome before it predicts it.

    Args:
        records: of a log.
        repeats: what `expanded` found.
    """
    rows = int(repeats.sum())
    if rows < FEWEST or rows < WORTH_TELLING * len(records):
        return []
    return [
        Finding(
            "expanded-skills",
            "leak",
            rows,
            rows / len(records),
            f"{rows:,} rows tell the answer before them again, for another skill.",
            _pair(records, int(np.flatnonzero(repeats)[0])),
            "Make one row of each answer, with all its skills; this toolkit does so where rows share item and time.",
        )
    ]


def find_expanded_predictions(records: Records, repeats: Flags) -> list[Finding]:
    """Predictions that foretell an answer which the row before has told.

    Args:
        records: of predictions.
        repeats: what `expanded` found.
    """
    foretold = np.isfinite(records.prediction)
    rows = int((repeats & foretold).sum())
    if rows < FEWEST or rows < WORTH_TELLING * len(records):
        return []
    first, later = (_auc(records, foretold & flags) for flags in (~repeats, repeats))
    told = f"{rows:,} rows predict the answer of the row before again: AUC {later:.3f}, on first rows {first:.3f}."
    place = _pair(records, int(np.flatnonzero(repeats)[0]))
    advice = "Count each answer once, by its first row, or predict all its skills in one step."
    if np.isfinite(later) and later - first > BETTER:
        return [Finding("expanded-skills", "leak", rows, rows / len(records), told, place, advice)]
    return [Finding("expanded-skills", "risk", rows, rows / len(records), told, place, advice)]


def find_again(records: Records, repeats: Flags) -> list[Finding]:
    """Records that stand in the file several times.

    Args:
        records: of a log or of predictions.
        repeats: what `again` found.
    """
    rows = int(repeats.sum())
    if rows < 5 or rows < WORTH_TELLING * len(records):
        return []
    return [
        Finding(
            "duplicate-rows",
            "leak",
            rows,
            rows / len(records),
            f"{rows:,} rows repeat another one: same student, item, skills, time and outcome.",
            _pair(records, int(np.flatnonzero(repeats)[0])),
            "Keep one of each: a repeated answer is known before it is predicted, and counts twice.",
        )
    ]


def _of_further_skills(records: Records) -> Flags:
    """Which merged records stand for a further skill of their answer, not for the same answer again: (records,)."""
    merged = records.table["merged"].to_numpy()
    place = np.arange(len(records))
    ahead = place - np.maximum.accumulate(np.where(merged, 0, place))  # merged records since the answer itself
    skills = records.table["skills"].str.count_matches(SKILL_SEPARATOR, literal=True).fill_null(0).to_numpy()
    return merged & (ahead <= skills)


def _same_cells(records: Records) -> Flags:
    """Which records agree with the one before in every column of theirs that is no id of the record: (records,)."""
    same = np.ones(len(records), dtype=bool)
    for name in records.side.columns:
        cells = records.side[name]
        if cells.n_unique() < RECORD_ID * cells.len():
            same &= cells.eq_missing(cells.shift(1)).to_numpy()
    return same


def _shifted(values: np.ndarray) -> np.ndarray:
    """The values of the record before; of the first its own, which `follows` leaves out."""
    return np.r_[values[:1], values[:-1]]


def _auc(records: Records, flags: Flags) -> float:
    return auc(records.prediction[flags], records.correct[flags])


def _pair(records: Records, at: int) -> str:
    """Two neighbours, for the user to look at."""
    return f"{records.named(at - 1)} and {records.named(at)}"
