"""What a report is made of, made up: a log, what a model might have said of it, and where its students might stand."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import polars as pl

from kt_fewshot.data import SKILL_SEPARATOR, Interactions
from kt_fewshot.evaluation import evaluate_next_response
from kt_fewshot.metrics import Interval
from kt_fewshot.reports import Material, SkillNumbers, Standing, Steps


def course(
    students: int = 30,
    *,
    skills: Sequence[str] = ("a", "b", "c"),
    tries: int = 6,
    name: str = "student-{}",
    seed: int = 0,
) -> Interactions:
    """Every student tries every skill as often, and gets better."""
    rng = np.random.default_rng(seed)
    rows = [
        (name.format(k), f"item-{skill}-{t % 2}", skill, int(rng.random() < 0.3 + 0.1 * t), f"class-{k % 2}")
        for k in range(students)
        for skill in skills
        for t in range(tries)
    ]
    return Interactions.ordered(
        pl.DataFrame(rows, schema=["student", "item", "skills", "correct", "group"], orient="row"), by=None
    )


def standing(log: Interactions) -> pl.DataFrame:
    """A mastery table: the share of right answers stands for mastery."""
    rows = log.table.select("student", "correct", skill=pl.col("skills").str.split(SKILL_SEPARATOR)).explode("skill")
    counted = (
        rows.drop_nulls("skill")
        .group_by("student", "skill", maintain_order=True)
        .agg(n_attempts=pl.len(), n_correct=pl.col("correct").cast(pl.Int64).sum())
    )
    share = pl.col("n_correct") / pl.col("n_attempts")
    return counted.with_columns(p_correct=share, p_mastery=share)


def tracer_of(log: Interactions) -> Callable[[Sequence[str], bool], Mapping[str, Steps]]:
    """Follows students with a made-up model that expects more with each answer."""
    names = tuple(log.skill_names())

    def steps(student: str) -> Steps:
        rows = log.table.filter(pl.col("student") == student)
        practised = tuple(tuple(text.split(SKILL_SEPARATOR)) if text else () for text in rows["skills"].to_list())
        met = [next((t for t, some in enumerate(practised) if name in some), -1) for name in names]
        said = np.linspace(0.1, 0.9, len(practised))[:, None].repeat(len(names), 1)
        return Steps(student, 1, practised, rows["correct"].to_numpy() == 1, names, said, said, np.array(met))

    return lambda students, _: {student: steps(student) for student in students}


def material(log: Interactions, **changes: Any) -> Material:
    """A whole report's material."""
    rng = np.random.default_rng(1)
    said = np.clip(0.5 * log.table["correct"].to_numpy() + 0.5 * rng.random(len(log)), 0.01, 0.99)
    made = Material(
        title="log.csv",
        tracer="dkt",
        log=log,
        probability=said,
        scored=np.ones(len(log), dtype=bool),
        asked="whom it had never met",
        results=evaluate_next_response(log, said, draws=20, part_draws=20, mean=0.5),
        mastery=lambda students: standing(log.of_students(list(students))),
        trace=tracer_of(log),
        call=lambda student: f"call-{student}",
        standings=(Standing("dkt", 0.8, 0.5), Standing("bkt", 0.7, 0.55, Interval(0.1, 0.08, 0.12))),
        skills={skill: SkillNumbers(0.2, 0.1, 0.15) for skill in log.skill_names()},
    )
    return replace(made, **changes)


class Page(HTMLParser):
    """A page taken apart: its elements with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html = html
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One more element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """More text."""
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def addresses(self) -> list[str]:
        """Everything that a browser might load or go to."""
        found = [
            value or ""
            for _, attributes in self.elements
            for name, value in attributes.items()
            if name in {"src", "href", "srcset", "action", "data", "poster", "xlink:href", "formaction", "background"}
        ]
        return found + re.findall(r"url\(([^)]*)\)|@import\s+([^;]*)", self.html)  # pyright: ignore[reportReturnType]
