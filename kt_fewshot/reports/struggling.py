"""Who needs help and on how much evidence, who is stuck, who could work on the same skill together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from kt_fewshot.data import SKILL_SEPARATOR

from .material import Material
from .wording import counted, percent, short

MOST: Final = 10
MOST_SKILLS: Final = 3
MOST_GROUPS: Final = 6
MOST_NAMED: Final = 12

WEAK: Final = 0.5
"""A skill with mastery below this is weak."""

ENOUGH: Final = 5
"""Answers on a weak skill from which on a student is said to need help."""

TRIES: Final = 8
BETTER: Final = 0.1
KNOWN: Final = 0.6
"""Stuck: so many tries, the share of right answers in the later half hardly above that in the first, and below this."""

Call = Callable[[str], str]


@dataclass(frozen=True)
class Struggling:
    """Rows of three tables, and how many more there are.

    - `help`: student, number of weak skills, the weakest of them and the answers behind;
    - `stuck`: student, skill, tries, right in the first half, in the second;
    - `groups`: skill, students.
    """

    help: tuple[tuple[str, str, str], ...]
    more_help: int
    stuck: tuple[tuple[str, str, str, str, str], ...]
    more_stuck: int
    groups: tuple[tuple[str, str], ...]


def struggling(table: pl.DataFrame, material: Material, students: Sequence[str]) -> Struggling:
    """Look through a class.

    Args:
        table: a row for each student and skill met, as `Material.mastery` gives it.
        material: the report's.
        students: of the class.
    """
    few = (pl.col("p_mastery") < WEAK) & (pl.col("n_attempts") >= ENOUGH)
    weak = table.filter(few).sort("p_mastery", maintain_order=True)
    help_, more_help = _needing_help(weak, material.call)
    stuck, more_stuck = _stuck(material, students, table)
    return Struggling(help_, more_help, stuck, more_stuck, _groups(weak, material.call))


def _needing_help(weak: pl.DataFrame, call: Call) -> tuple[tuple[tuple[str, str, str], ...], int]:
    """Students with weak skills on enough evidence, those with most of them first."""
    students = weak.group_by("student", maintain_order=True).agg(
        weak=pl.len(), skills=pl.col("skill"), right=pl.col("n_correct"), tries=pl.col("n_attempts")
    )
    ranked = students.sort("weak", descending=True, maintain_order=True)
    rows = tuple(
        (
            call(row["student"]),
            str(row["weak"]),
            "; ".join(
                f"{short(skill, 28)} ({right} of {tries} right)"
                for skill, right, tries in list(zip(row["skills"], row["right"], row["tries"], strict=True))[
                    :MOST_SKILLS
                ]
            ),
        )
        for row in ranked.head(MOST).iter_rows(named=True)
    )
    return rows, max(ranked.height - MOST, 0)


def _stuck(
    material: Material, students: Sequence[str], table: pl.DataFrame
) -> tuple[tuple[tuple[str, str, str, str, str], ...], int]:
    """Students who tried a skill often without getting better."""
    log = material.log.table.filter(pl.col("student").is_in(list(students)))
    rows = log.select("student", "correct", skill=pl.col("skills").str.split(SKILL_SEPARATOR)).explode("skill")
    halves = (
        rows.drop_nulls("skill")
        .group_by("student", "skill", maintain_order=True)
        .agg(
            tries=pl.len(),
            earlier=pl.col("correct").head(pl.len() // 2).mean(),
            later=pl.col("correct").tail(pl.len() - pl.len() // 2).mean(),
        )
    )
    flat = (pl.col("later") - pl.col("earlier") < BETTER) & (pl.col("later") < KNOWN) & (pl.col("tries") >= TRIES)
    mastered = table.filter(pl.col("p_mastery") >= material.mastered_at).select("student", "skill")
    found = halves.filter(flat).join(mastered, on=["student", "skill"], how="anti")
    found = found.sort("tries", "student", "skill", descending=[True, False, False])
    shown = tuple(
        (
            material.call(row["student"]),
            short(row["skill"]),
            str(row["tries"]),
            percent(row["earlier"]),
            percent(row["later"]),
        )
        for row in found.head(MOST).iter_rows(named=True)
    )
    return shown, max(found.height - MOST, 0)


def _groups(weak: pl.DataFrame, call: Call) -> tuple[tuple[str, str], ...]:
    """Skills that several students are weak on, and who these are, the largest group first."""
    groups = weak.group_by("skill", maintain_order=True).agg("student").filter(pl.col("student").list.len() > 1)
    largest = groups.sort(pl.col("student").list.len(), descending=True, maintain_order=True).head(MOST_GROUPS)
    return tuple((short(row["skill"]), _named(row["student"], call)) for row in largest.iter_rows(named=True))


def _named(students: Sequence[str], call: Call) -> str:
    names = ", ".join(map(call, students[:MOST_NAMED]))
    more = len(students) - MOST_NAMED
    return f"{names} and {counted(more, 'other')}" if more > 0 else names
