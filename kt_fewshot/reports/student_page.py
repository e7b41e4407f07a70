"""A student: strengths, what is next, the curve of each skill, and how sure all this is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from markupsafe import Markup

from kt_fewshot.data import Interactions

from .drawing import Axis, Drawing
from .evidence import in_words
from .material import Material, Steps
from .struggling import WEAK
from .student_heatmap import student_heatmap
from .wording import counted, percent, short

EVERYONE: Final = 40
"""Up to so many students each has a page; of more, `EXAMPLES` have."""

EXAMPLES: Final = 3
NAMED: Final = 4
FEWEST: Final = 3
"""Answers on a skill that make it a strength or a weakness."""

READABLE: Final = 70
CURVES: Final = 4
LONGEST: Final = 24
HEAT_SIZE: Final = {"most_answers": 60, "most_skills": 12}
"""A small heat map, since there may be forty of them."""


@dataclass(frozen=True)
class Said:
    """A skill of a student: mastery, and what it stands on."""

    skill: str
    mastery: str
    record: str
    evidence: str


@dataclass(frozen=True)
class StudentPage:
    """One student, ready to be shown."""

    name: str
    summary: str
    strengths: tuple[Said, ...]
    next: tuple[Said, ...]
    weak: tuple[Said, ...]
    curves: tuple[Markup, ...]
    heatmap: Markup | None


@dataclass(frozen=True)
class Students:
    """The seventh section."""

    pages: tuple[StudentPage, ...]
    of: int


def student_pages(material: Material, order: Sequence[str]) -> Students:
    """A page for each student, or of three examples where there are many.

    Args:
        material: the report's.
        order: students of a class, those who need most help first; of a small log the others follow.
    """
    students = material.log.table["student"].unique(maintain_order=True).to_list()
    everyone = len(students) <= EVERYONE
    chosen = list(dict.fromkeys([*order, *students])) if everyone else _examples(order)
    traced = material.trace(chosen, False)
    rows = material.mastery(chosen)
    of_student = {str(student): frame for (student,), frame in rows.group_by("student", maintain_order=True)}
    pages = [_page(material, student, of_student.get(student, rows.clear()), traced.get(student)) for student in chosen]
    return Students(tuple(pages), len(students))


def example_student(order: Sequence[str], log: Interactions) -> str | None:
    """Whose heat map stands for all: of the middle half of a class the one with about `READABLE` answers."""
    middle = order[len(order) // 4 : -(-3 * len(order) // 4)]
    if not middle:
        return None
    answers = dict(log.of_students(list(middle)).table.group_by("student").len().iter_rows())
    return min(middle, key=lambda student: abs(answers[student] - READABLE))


def _examples(order: Sequence[str]) -> list[str]:
    places = np.unique(np.linspace(0, max(len(order) - 1, 0), EXAMPLES).round().astype(int))
    return [order[int(place)] for place in places] if order else []


def _page(material: Material, student: str, table: pl.DataFrame, steps: Steps | None) -> StudentPage:
    met = table.filter(pl.col("n_attempts") > 0)
    at = material.mastered_at
    mastered = met.filter((pl.col("p_mastery") >= at) & (pl.col("n_attempts") >= FEWEST))
    weak = met.filter((pl.col("p_mastery") < WEAK) & (pl.col("n_attempts") >= FEWEST)).sort("p_mastery")
    others = met.filter((pl.col("p_mastery") < at) & (pl.col("p_mastery") >= WEAK)).sort("p_mastery", descending=True)
    name = material.call(student)
    answers = material.log.table.filter(pl.col("student") == student)["correct"].to_numpy()
    return StudentPage(
        name=name,
        summary=f"{counted(len(answers), 'answer')}, {percent(answers.mean())} right; "
        f"{counted(met.height, 'skill')} met, {mastered.height} mastered.",
        strengths=_said(mastered.sort("p_mastery", "n_attempts", descending=True)),
        next=_said(others),
        weak=_said(weak),
        curves=_curves(steps, met, name, material) if steps else (),
        heatmap=student_heatmap(steps, name, **HEAT_SIZE) if steps and len(steps.right) else None,
    )


def _said(table: pl.DataFrame) -> tuple[Said, ...]:
    return tuple(
        Said(
            short(row["skill"]),
            percent(row["p_mastery"]),
            f"{row['n_correct']} of {row['n_attempts']} right",
            in_words(row["n_attempts"]),
        )
        for row in table.head(NAMED).iter_rows(named=True)
    )


def _curves(steps: Steps, met: pl.DataFrame, name: str, material: Material) -> tuple[Markup, ...]:
    """Mastery after each answer on the skills that the student practised most."""
    figures = []
    most = met.sort("n_attempts", descending=True, maintain_order=True)
    for skill, now in most.select("skill", "p_mastery").iter_rows():
        here = [place for place, skills in enumerate(steps.practised) if skill in skills][-LONGEST:]
        if skill in steps.skills and len(here) >= FEWEST:
            values = steps.mastery[here, steps.skills.index(skill)]
            title = f"Mastery of {short(skill)}, {name}"
            figures.append(_curve(title, (short(skill, 24), now), values, steps.right[here], material.mastered_at))
    return tuple(figures[:CURVES])


def _curve(title: str, skill: tuple[str, float], mastery: np.ndarray, right: np.ndarray, mastered_at: float) -> Markup:
    n = len(mastery)
    drawing = Drawing(
        250,
        132,
        title,
        f"From {percent(mastery[0])} after the first of the last {counted(n, 'answer')} on the skill to "
        f"{percent(mastery[-1])}; {int(right.sum())} right. Now {percent(skill[1])}.",
    )
    x, y = Axis(1, max(n, 2), 36, 238), Axis(0, 1, 110, 26)
    drawing.text(28, 12, skill[0], "label strong")
    drawing.text(246, 12, f"now {percent(skill[1])}", "label end")
    for tick in (0, 0.5, 1):
        drawing.line([(28, y(tick)), (246, y(tick))], "grid")
        drawing.text(24, y(tick) + 3.5, f"{100 * tick:.0f}", "label end")
    drawing.line([(28, y(mastered_at)), (246, y(mastered_at))], "threshold")
    points = [(x(place), y(value)) for place, value in enumerate(mastery, start=1)]
    drawing.line(points, "predicted")
    drawing.dots([at for at, correct in zip(points, right, strict=True) if correct], 4, "model")
    drawing.dots([at for at, correct in zip(points, right, strict=True) if not correct], 4, "model", hollow=True)
    drawing.text(137, 127, f"last {counted(n, 'answer')} on the skill", "label tiny middle")
    return drawing.markup()
