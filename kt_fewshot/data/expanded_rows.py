"""Answers that a log spells out once per skill: neighbours that are one answer, though nothing says so."""

from typing import Final

import polars as pl

from .student_runs import as_before, coded, known

AGREE: Final = 0.9
"""Share of suspects whose outcome is that of the row before, from which on they are one answer with it."""

FEW: Final = 0.001
"""Suspects that are no more than this part of all rows are oddities, not the form of the log."""

CHANCE: Final = 1e-3
"""Suspects that agree by chance as often as this are none, unless they name the same item."""

RARER: Final = 10
"""A pair of skills always has the same outcome if it has, at least so often, each of the two outcomes."""

SHARE: Final = 0.01
"""Part of all rows from which on such pairs are more than chance."""


def expanded_rows(frame: pl.DataFrame) -> pl.Series:
    """(answers,) whether a row looks like the answer before it with another skill.

    A suspect has the student of the row before it, another skill, and the same item; where the log names no items, the
    same time; where there are no times either, the same response time. If suspects have the outcome of the row before
    far more often than other rows have, those that do are expanded. Where there is none of the three, expanded are the
    rows of those pairs of skills that have the same outcome each time they follow one another.

    Args:
        frame: answers, those of a student together and in order; columns of the log table, some may lack.
    """
    skills = known(frame, "skills")
    if skills is None:
        return pl.repeat(value=False, n=frame.height, eager=True)
    follows = as_before(frame["student"])
    other = follows & (skills != skills.shift(1)).fill_null(value=False)
    agrees = as_before(frame["correct"])
    key = next((name for name in ("item", "time", "response_time") if _tells(frame, name)), None)
    if key is None:
        return _always_agree(skills, other, agrees, frame["correct"])
    suspect = other & as_before(frame[key])
    count, usual = int(suspect.sum()), _share(agrees, follows & ~suspect)
    convincing = count > FEW * frame.height and _share(agrees, suspect) >= max(AGREE, (1 + usual) / 2)
    if convincing and (key == "item" or usual**count < CHANCE):
        return suspect & agrees
    return pl.repeat(value=False, n=frame.height, eager=True)


def _tells(frame: pl.DataFrame, name: str) -> bool:
    """Whether a column tells answers apart at all."""
    column = known(frame, name)
    return column is not None and bool((column != column.slice(int(column.is_not_null().arg_max() or 0), 1)).any())


def _share(agrees: pl.Series, among: pl.Series) -> float:
    """Share of rows with the outcome of the row before, in [0, 1]; 0.5 of none."""
    n = int(among.sum())
    return int((agrees & among).sum()) / n if n else 0.5


def _always_agree(skills: pl.Series, other: pl.Series, agrees: pl.Series, correct: pl.Series) -> pl.Series:
    """(answers,) whether the row's skill and the one before it always have the same outcome, be it right or wrong."""
    codes = coded(pl.DataFrame({"skills": skills}))["skills"].to_physical().cast(pl.Int64)
    pair = codes.shift(1) * (int(codes.max() or 0) + 1) + codes  # pyright: ignore[reportArgumentType]
    steps = pl.DataFrame({"pair": pair, "agrees": agrees, "correct": correct})
    right = pl.col("correct").cast(pl.Int64).sum()
    pairs = steps.filter(other).group_by("pair").agg(pl.len(), right=right, agree=pl.col("agrees").all())
    rarer = pl.min_horizontal("right", pl.col("len") - pl.col("right"))
    sure = pairs.filter(pl.col("agree") & (rarer >= RARER))["pair"]
    found = other & pair.is_in(sure).fill_null(value=False)
    return found if found.sum() >= SHARE * len(found) else pl.repeat(value=False, n=len(found), eager=True)
