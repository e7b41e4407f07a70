"""A class at one look: students x skills, both from low to high, each cell a mastery."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from .drawing import level_of
from .material import Material
from .wording import percent, short

MOST_STUDENTS: Final = 40
MOST_SKILLS: Final = 24


@dataclass(frozen=True)
class HeatRow:
    """A student: mean mastery of the skills met, how many of them are mastered, and a colour and a number a skill."""

    student: str
    mean: str
    mastered: str
    cells: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class HeatMap:
    """The students with most answers, the skills practised most.

    - `more_skills`: how many skills are left out;
    - `order`: the rows' students by their ids.
    """

    skills: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    more_skills: int
    order: tuple[str, ...]


def class_heat_map(table: pl.DataFrame, material: Material) -> HeatMap:
    """Students and skills by rising mean.

    Args:
        table: a row for each student and skill met, as `Material.mastery` gives it.
        material: the report's.
    """
    of_skill = table.group_by("skill").agg(n=pl.col("n_attempts").sum(), mean=pl.col("p_mastery").mean())
    skills = (
        of_skill.sort("n", "skill", descending=[True, False]).head(MOST_SKILLS).sort("mean", "skill")["skill"].to_list()
    )
    of_student = table.group_by("student", maintain_order=True).agg(
        n=pl.col("n_attempts").sum(),
        mean=pl.col("p_mastery").mean(),
        mastered=(pl.col("p_mastery") >= material.mastered_at).sum(),
        met=pl.len(),
    )
    most = of_student.sort("n", descending=True, maintain_order=True).head(MOST_STUDENTS)
    shown = most.sort("mean", maintain_order=True)
    kept = table.filter(pl.col("student").is_in(shown["student"].to_list()) & pl.col("skill").is_in(skills))
    cells = {(student, skill): p for student, skill, p in kept.select("student", "skill", "p_mastery").iter_rows()}
    rows = tuple(
        HeatRow(
            material.call(row["student"]),
            percent(row["mean"]),
            f"{row['mastered']} of {row['met']}",
            tuple(_cell(cells.get((row["student"], skill))) for skill in skills),
        )
        for row in shown.iter_rows(named=True)
    )
    names = tuple(short(skill, 26) for skill in skills)
    return HeatMap(names, rows, of_skill.height - len(skills), tuple(shown["student"].to_list()))


def _cell(mastery: float | None) -> tuple[int, str]:
    return (-1, "") if mastery is None else (int(level_of(mastery)), f"{100 * mastery:.0f}")
