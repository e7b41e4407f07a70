"""A class: who stands where, who needs help and on how much evidence, who is stuck, who could work together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from kt_fewshot.data import Interactions

from .class_heatmap import HeatMap, class_heat_map
from .material import Material
from .struggling import Struggling, struggling
from .suppression import withheld
from .wording import percent, short

CLASSES: Final = 3
"""Classes with a page of their own, the largest ones."""

CONSIDERED: Final = 500
"""Students of a class looked at, those with most answers; what is said of all of a university is of no use."""

CLASS_ROWS: Final = 40


@dataclass(frozen=True)
class ClassPage:
    """One class, ready to be shown.

    `considered`: how many of its students were looked at.
    """

    name: str
    students: int
    considered: int
    answers: str
    heat: HeatMap
    struggling: Struggling


@dataclass(frozen=True)
class Classes:
    """The sixth section: `rows` (class, students, answers, right), and pages of the largest classes or of everyone."""

    rows: tuple[tuple[str, ...], ...]
    left_out: int
    withheld: int
    pages: tuple[ClassPage, ...]


def classes(material: Material) -> Classes:
    """Show the classes that the log names; everyone as one where it names none or all are small."""
    members = _members(material.log)
    of_class = (
        members.drop_nulls("group")
        .group_by("group")
        .agg(pl.col("student"), students=pl.len(), answers=pl.col("answers").sum(), right=pl.col("right").sum())
    )
    sizes = of_class.sort("students", "group", descending=[True, False])
    hidden = withheld(sizes["students"].to_numpy())
    told = sizes.filter(pl.Series(~hidden))
    pages = [
        _page(material, members.filter(pl.col("group") == name), name) for name in told["group"].head(CLASSES).to_list()
    ]
    rows = tuple(map(_summary, told.head(CLASS_ROWS).iter_rows(named=True))) if sizes.height > 1 else ()
    return Classes(
        rows,
        max(told.height - CLASS_ROWS, 0),
        int(hidden.sum()),
        tuple(pages) or (_page(material, members, "Everyone"),),
    )


def _members(log: Interactions) -> pl.DataFrame:
    """Each student, the class of the last answer that names one, and how many answers, right ones too."""
    return log.table.group_by("student", maintain_order=True).agg(
        pl.col("group").drop_nulls().last(), answers=pl.len(), right=pl.col("correct").cast(pl.Int64).sum()
    )


def _summary(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        short(row["group"]),
        f"{row['students']:,}",
        f"{row['answers']:,}",
        percent(row["right"] / row["answers"]),
    )


def _page(material: Material, members: pl.DataFrame, name: str) -> ClassPage:
    students = members.sort("answers", descending=True, maintain_order=True)["student"].head(CONSIDERED).to_list()
    table = material.mastery(students).filter(pl.col("n_attempts") > 0)
    return ClassPage(
        name=short(name),
        students=members.height,
        considered=len(students),
        answers=f"{members['answers'].sum():,}",
        heat=class_heat_map(table, material),
        struggling=struggling(table, material, students),
    )
