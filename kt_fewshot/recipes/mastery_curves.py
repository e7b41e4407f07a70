"""How a student, or a class, came to master skills: the pictures, and how near they are to the best possible."""

from typing import Any, Final

import numpy as np
import polars as pl

from kt_fewshot.data import SKILL_SEPARATOR
from kt_fewshot.errors import KTError
from kt_fewshot.evaluation import Results
from kt_fewshot.reports import (
    FLOOR,
    ClassCurve,
    MasteryCurve,
    Picture,
    class_picture,
    draw_student,
    mastery_picture,
    short,
)

from .trace_students import trace_students
from .traced_students import TracedStudents

FEWEST: Final = 4
"""Answers on a skill from which on a student's curve says something."""


def mastery_curves(traced: TracedStudents, student: str | None = None, *, most: int = 6) -> Picture:
    """Draw a student's P(mastered) and P(correct) before each answer, skill by skill, in the order they were met.

    Answers on several skills at once are left out.

    Args:
        traced: the students.
        student: whom; the one with most answers if None.
        most: skills, those practised most.

    Raises:
        KTError: if there is no such student, or none of the answers is on one skill.
    """
    name = traced.chosen(student)
    rows = _rows(traced).filter(pl.col("student") == name)
    if rows.is_empty():
        raise KTError(f"The student '{name}' has no answer on one skill alone, so there is no curve to draw.")
    counted = rows.group_by("skills", maintain_order=True).agg(n=pl.len(), first=pl.col("at").first())
    kept = (
        counted.filter(pl.col("n") >= min(FEWEST, int(counted["n"].to_numpy().max()))).top_k(most, by="n").sort("first")
    )
    groups = rows.partition_by("skills", as_dict=True)
    return mastery_picture([_curve(traced, groups[skill,], skill) for skill in kept["skills"]], name)


def class_curves(traced: TracedStudents, name: str = "The class", *, most: int = 6) -> Picture:
    """Draw the share of students that has mastered each skill by the number of answers on it.

    Args:
        traced: the students; those of one class, or all.
        name: what they are called.
        most: skills, those practised most.

    Raises:
        KTError: if no skill has been practised by 10 students.
    """
    rows = _rows(traced).with_columns(opportunity=pl.int_range(pl.len()).over("student", "skills"))
    values = {"estimated": traced.mastery, "right": traced.log.table["correct"].to_numpy()}
    values |= {"best": _best(traced), "mastered": _mastered(traced)}
    known = {name: value[rows["at"].to_numpy()] for name, value in values.items() if value is not None}
    means = (
        rows.with_columns(**{name: pl.Series(value, dtype=pl.Float64) for name, value in known.items()})
        .group_by("skills", "opportunity")
        .agg(pl.len().cast(pl.Int64).alias("students"), *(pl.col(name).mean() for name in known))
        .sort("skills", "opportunity")
    )
    top = rows["skills"].value_counts(sort=True).head(most)["skills"].sort()
    curves = [
        ClassCurve(skill, **{name: points[name].to_numpy() for name in ("students", *known)})
        for skill in top
        for points in [means.filter(pl.col("skills") == skill)]
    ]
    curves = [curve for curve in curves if curve.shown]
    if not curves:
        raise KTError(f"A class's curves need {FLOOR} students who practise the same skill. Found fewer.")
    return class_picture(curves, name)


def student_heatmap(traced: TracedStudents, student: str | None = None, *, answers: int = 60) -> Picture:
    """Draw P(correct) of every skill after each of a student's last answers (Piech et al. 2015).

    Raises:
        KTError: if there is no such student.
    """
    name = traced.chosen(student)
    steps = trace_students(traced.tracer, traced.log, [name], most=answers)[name]
    drawing = draw_student(steps, name, most_answers=answers, most_skills=30)
    return Picture.of(drawing, heading=f"{short(name)}: what is expected of each skill, answer by answer")


def nearness(results: Results) -> pl.DataFrame:
    """Estimated mastery against the truth, the best possible estimate against it, and what lies between.

    Returns:
        a row a metric, AUC (higher is better), Brier score and calibration error (lower is better): `metric`,
        `estimate`, `best_possible`, `gap`, `gap_low`, `gap_high`; no rows if there is no truth.
    """
    found: dict[str, Any] = results.mastery.get("recovery", {})
    columns = {"estimate": "", "best_possible": "ceiling_", "gap": "gap_"}
    rows = [
        {"metric": metric}
        | {column: found.get(f"{prefix}{metric}") for column, prefix in columns.items()}
        | {f"gap_{end}": found.get(f"gap_{metric}_{end}") for end in ("low", "high")}
        for metric in ("auc", "brier", "ece")
        if metric in found
    ]
    names = ("metric", *columns, "gap_low", "gap_high")
    return pl.DataFrame(rows, schema={name: pl.String if name == "metric" else pl.Float64 for name in names})


def _rows(traced: TracedStudents) -> pl.DataFrame:
    """The answers on one skill alone: `student`, `skills`, and their place in the log, `at`."""
    table = traced.log.table.select("student", "skills").with_row_index("at")
    return table.drop_nulls("skills").filter(~pl.col("skills").str.contains(SKILL_SEPARATOR, literal=True))


def _curve(traced: TracedStudents, rows: pl.DataFrame, skill: str) -> MasteryCurve:
    at = rows["at"].to_numpy()
    best, mastered = _best(traced), _mastered(traced)
    return MasteryCurve(
        skill=skill,
        right=traced.log.table["correct"].to_numpy()[at] == 1,
        mastery=traced.mastery[at],
        correct=traced.correct[at],
        best=None if best is None else best[at],
        mastered=None if mastered is None else mastered[at],
    )


def _best(traced: TracedStudents) -> np.ndarray | None:
    """(answers,) the best possible estimate of the practised skill."""
    return None if traced.best is None or traced.simulated is None else traced.simulated.practised(traced.best)


def _mastered(traced: TracedStudents) -> np.ndarray | None:
    """(answers,) whether the practised skill was mastered."""
    return None if traced.simulated is None else traced.simulated.practised()
