"""The skills one by one: how much practice, how well foretold, what the model thinks of them, what to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from kt_fewshot.data import SKILL_SEPARATOR
from kt_fewshot.evaluation import LearningCurve, PartScores
from kt_fewshot.metrics import expected_calibration_error

from .material import Material, SkillNumbers
from .suppression import FLOOR, withheld
from .wording import DASH, between, number, percent, short

FIRST: Final = 20
"""Skills shown at once; the others wait to be asked for."""

ROWS: Final = 300
"""Skills shown at most, the most practised ones."""

BINS: Final = 5
FEWEST: Final = 100
"""Answers a skill's calibration error needs."""

BOUND: Final = 0.4
STILL: Final = 0.005
FAR: Final = 0.05
EASY: Final = 0.95

NOTHING: Final = "withheld"


@dataclass(frozen=True)
class SkillRow:
    """One skill, ready to be shown; `hidden` if it has too few students for numbers."""

    skill: str
    hidden: bool
    students: str = ""
    answers: str = ""
    base_rate: str = ""
    auc: str = ""
    auc_interval: str = ""
    ece: str = ""
    guess: str = ""
    slip: str = ""
    learn: str = ""
    category: str = ""
    hardest: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class SkillTable:
    """The fourth section: the first rows, the rest of them, how many skills have no row and how many no numbers."""

    rows: tuple[SkillRow, ...]
    rest: tuple[SkillRow, ...]
    left_out: int
    withheld: int


def skill_table(material: Material, curves: Sequence[LearningCurve]) -> SkillTable:
    """A row for each skill of the log, the most practised first.

    Args:
        material: the report's.
        curves: of every skill of the log.
    """
    answers = _answers(material)
    counted = answers.group_by("skill").agg(
        students=pl.col("student").n_unique(), n=pl.len(), base_rate=pl.col("correct").mean()
    )
    counted = counted.sort("n", "skill", descending=[True, False])
    hidden = withheld(counted["students"].to_numpy())
    context = _Context(
        {part.key: part for part in material.results.skills},
        _calibration(answers.filter("scored")),
        material.skills,
        {curve.skill: curve.category for curve in curves},
        _hardest(answers),
    )
    rows = [
        SkillRow(short(row["skill"]), hidden=True) if hide else context.row(row)
        for row, hide in zip(counted.head(ROWS).iter_rows(named=True), hidden[:ROWS], strict=True)
    ]
    return SkillTable(tuple(rows[:FIRST]), tuple(rows[FIRST:]), max(counted.height - ROWS, 0), int(hidden.sum()))


@dataclass(frozen=True)
class _Context:
    """What is known of skills, by name."""

    scores: Mapping[str, PartScores]
    ece: Mapping[str, float]
    numbers: Mapping[str, SkillNumbers]
    category: Mapping[str, str]
    hardest: Mapping[str, tuple[str, ...]]

    def row(self, counted: Mapping[str, float]) -> SkillRow:
        name = str(counted["skill"])
        part, numbers = self.scores.get(name), self.numbers.get(name)
        if part is not None and part.students < FLOOR:
            part = None
        auc = part.scores["auc"] if part else None
        return SkillRow(
            skill=short(name),
            hidden=False,
            students=f"{counted['students']:,}",
            answers=f"{counted['n']:,}",
            base_rate=percent(counted["base_rate"]),
            auc=number(auc.value, 2) if auc else DASH,
            auc_interval=between(auc, 2) if auc and np.isfinite(auc.low) else "",
            ece=number(self.ece.get(name, np.nan), 2),
            **{key: number(getattr(numbers, key), 2) if numbers else DASH for key in ("guess", "slip", "learn")},
            category=self.category.get(name, ""),
            hardest=self.hardest.get(name, ()),
            warnings=tuple(_warnings(counted["base_rate"], part, numbers)),
        )


def _warnings(base_rate: float, part: PartScores | None, numbers: SkillNumbers | None) -> list[str]:
    found = []
    if numbers is not None:
        if numbers.guess + numbers.slip >= 1:
            found.append("guess + slip is 1 or more: a right answer speaks against mastery")
        elif max(numbers.guess, numbers.slip) > BOUND:
            name = "guess" if numbers.guess > numbers.slip else "slip"
            found.append(f"{name} above {BOUND:g}")
        if numbers.learn < STILL:
            found.append("learning rate near 0")
    if part is not None:
        gap = part.mean_predicted - part.base_rate
        noise = 2 * np.sqrt(part.base_rate * (1 - part.base_rate) / part.n)
        if abs(gap) > max(FAR, noise):
            found.append(f"foretold {percent(abs(gap))} too {'high' if gap > 0 else 'low'}")
        if part.scores["auc"].high < 0.5:
            found.append("worse than guessing")
    if base_rate > EASY:
        found.append("nearly every answer is right")
    return found


def _answers(material: Material) -> pl.DataFrame:
    """A row for each answer and skill."""
    columns = {"probability": pl.Series(material.probability), "scored": pl.Series(material.scored)}
    rows = material.log.table.select("student", "item", "correct", skill="skills").with_columns(**columns)
    several = rows["skill"].str.contains(SKILL_SEPARATOR, literal=True).any()
    if several:
        rows = rows.with_columns(pl.col("skill").str.split(SKILL_SEPARATOR)).explode("skill")
    return rows.drop_nulls("skill")


def _calibration(scored: pl.DataFrame) -> dict[str, float]:
    return {
        str(skill): expected_calibration_error(rows["probability"].to_numpy(), rows["correct"].to_numpy(), bins=BINS)
        for (skill,), rows in scored.group_by("skill")
        if rows.height >= FEWEST and rows["student"].n_unique() >= FLOOR
    }


def _hardest(answers: pl.DataFrame, *, most: int = 2) -> dict[str, tuple[str, ...]]:
    """The items of each skill with the fewest right answers, of those that enough students tried."""
    items = (
        answers.drop_nulls("item")
        .group_by("skill", "item")
        .agg(students=pl.col("student").n_unique(), share=pl.col("correct").mean())
    )
    hardest = items.filter(pl.col("students") >= FLOOR).sort("skill", "share", "item").group_by("skill").head(most)
    found: dict[str, list[str]] = {}
    for row in hardest.iter_rows(named=True):
        text = f"{short(row['item'], 24)} ({percent(row['share'])} of {row['students']:,})"
        found.setdefault(row["skill"], []).append(text)
    return {skill: tuple(texts) for skill, texts in found.items()}
