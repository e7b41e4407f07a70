"""The ASSISTments releases of 2009, 2012, 2015 and 2017: four tables that agree on little but their origin.

Source: Feng, Heffernan & Koedinger 2009; https://sites.google.com/view/assistmentsdatamining.
"""

from typing import ClassVar

import polars as pl

from .layout import Layout
from .table_reader import TableReader


def _without_scaffolds(text: pl.DataFrame) -> pl.DataFrame:
    """Scaffolding questions set aside."""
    if "original" not in text.columns:
        return text
    scaffold = text["original"].cast(pl.Float64, strict=False) == 0
    reason = pl.when(pl.Series(scaffold)).then(pl.lit("scaffolding question"))
    return text.drop("original").with_columns(set_aside=reason)


class Assistments2009(TableReader):
    """Skill builder data 2009-2010, expanded (a row per skill) or collapsed (skills joined by `_`).

    A row per skill becomes one answer again, by its `order_id`; otherwise a model sees the outcome before it has to
    predict it. Scaffolding questions (`original` is 0) only come after a wrong answer; they are set aside.
    `--skill skill_name` gives names instead of numbers.
    """

    name: ClassVar[str] = "assistments2009"
    title: ClassVar[str] = "ASSISTments 2009"
    signs: ClassVar[frozenset[str]] = frozenset(
        {"order_id", "user_id", "problem_id", "correct", "skill_id", "ms_first_response"}
    )
    layout: ClassVar[Layout] = Layout(
        {
            "student": "user_id",
            "item": "problem_id",
            "skills": "skill_id",
            "correct": "correct",
            "order": "order_id",
            "response_time": "ms_first_response",
            "hints": "hint_count",
            "attempts": "attempt_count",
            "group": "student_class_id",
            "original": "original",
        },
        optional=frozenset({"hints", "attempts", "group", "original"}),
        milliseconds=True,
        skill_separator="_",
        adjust=_without_scaffolds,
    )


class Assistments2012(TableReader):
    """Problem logs 2012-2013; `correct` may be a part of 1."""

    name: ClassVar[str] = "assistments2012"
    title: ClassVar[str] = "ASSISTments 2012"
    signs: ClassVar[frozenset[str]] = frozenset(
        {"problem_log_id", "user_id", "problem_id", "correct", "start_time", "skill_id"}
    )
    layout: ClassVar[Layout] = Layout(
        {
            "student": "user_id",
            "item": "problem_id",
            "skills": "skill_id",
            "correct": "correct",
            "time": "start_time",
            "order": "problem_log_id",
            "response_time": "ms_first_response",
            "hints": "hint_count",
            "attempts": "attempt_count",
            "group": "student_class_id",
        },
        optional=frozenset({"response_time", "hints", "attempts", "group"}),
        milliseconds=True,
        skill_separator="",
    )


class Assistments2015(TableReader):
    """Skill builders 2015: the problem set (`sequence_id`) is the skill, there are no items and no times."""

    name: ClassVar[str] = "assistments2015"
    title: ClassVar[str] = "ASSISTments 2015"
    signs: ClassVar[frozenset[str]] = frozenset({"user_id", "log_id", "sequence_id", "correct"})
    layout: ClassVar[Layout] = Layout(
        {"student": "user_id", "skills": "sequence_id", "correct": "correct", "order": "log_id"}
    )


class Assistments2017(TableReader):
    """Data mining competition 2017; times are seconds."""

    name: ClassVar[str] = "assistments2017"
    title: ClassVar[str] = "ASSISTments 2017"
    signs: ClassVar[frozenset[str]] = frozenset(
        {"studentId", "problemId", "skill", "correct", "startTime", "timeTaken"}
    )
    layout: ClassVar[Layout] = Layout(
        {
            "student": "studentId",
            "item": "problemId",
            "skills": "skill",
            "correct": "correct",
            "time": "startTime",
            "order": "actionId",
            "response_time": "timeTaken",
            "hints": "hintCount",
            "attempts": "attemptCount",
            "group": "MiddleSchoolId",
        },
        optional=frozenset({"order", "hints", "attempts", "group"}),
        milliseconds=False,
    )
