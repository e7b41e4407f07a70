"""A class's way to mastery: the share that has each skill by the number of answers on it, estimated and true."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from .drawing import Axis, Drawing
from .panels import Panel, Sign, canvas, heading, panel
from .picture import Picture
from .suppression import FLOOR
from .wording import percent, short

LONGEST: Final = 20
"""Answers drawn at most."""


@dataclass(frozen=True)
class ClassCurve:
    """One skill of a class just before the first, second, ... answer on it; means over those who give that answer.

    - `students: (n,)` how many do;
    - `estimated: (n,)` mean P(mastered), `right: (n,)` share of right answers, in [0, 1];
    - `best`, `mastered: (n,)` the best possible estimate, the true share; None where nobody knows.
    """

    skill: str
    students: np.ndarray
    estimated: np.ndarray
    right: np.ndarray
    best: np.ndarray | None = None
    mastered: np.ndarray | None = None

    @property
    def shown(self) -> int:
        """Points that may be shown: the first ones, up to one of too few students."""
        return min(int(np.argmax(np.r_[self.students < FLOOR, True])), LONGEST)


def class_picture(curves: Sequence[ClassCurve], name: str) -> Picture:
    """Draw a class's curves, a panel a skill; points of fewer than 10 students are left out.

    Args:
        curves: of skills with at least one point that may be shown.
        name: what the class is called.
    """
    drawing = canvas(len(curves), f"How {short(name)} came to master skills", " ".join(map(_described, curves)))
    true, best = (any(getattr(curve, name) is not None for curve in curves) for name in ("mastered", "best"))
    signs = [
        Sign("predicted", "share that has mastered it, estimated"),
        *([Sign("best", "the best possible estimate")] if best else []),
        *([Sign("ink", "the truth", "dot")] if true else []),
        Sign("chance", "right answers"),
        Sign("bar", "students", "area"),
    ]
    heading(drawing, f"{short(name)}: how many have learned it?", signs)
    for place, curve in enumerate(curves):
        where = panel(drawing, place, short(curve.skill, 34), last=curve.shown)
        _lines(drawing, where, curve)
        _counts(drawing, where, curve.students[: curve.shown])
    return Picture.of(drawing)


def _lines(drawing: Drawing, where: Panel, curve: ClassCurve) -> None:
    n = curve.shown
    for values, kind in ((curve.right, "chance"), (curve.estimated, "predicted"), (curve.best, "best")):
        if values is not None:
            drawing.line([(where.x(k), where.y(value)) for k, value in enumerate(values[:n], start=1)], kind)
    if curve.mastered is not None:
        drawing.dots([(where.x(k), where.y(value)) for k, value in enumerate(curve.mastered[:n], start=1)], 2.6, "ink")


def _counts(drawing: Drawing, where: Panel, students: np.ndarray) -> None:
    """Under each point a bar for how many students are left; the first and the last in numbers."""
    bar, base = Axis(0, float(students.max()), 0, 20), where.bottom + 36
    width = min((where.x(2) - where.x(1)) * 0.6, 9)
    for k, count in enumerate(students, start=1):
        drawing.box(where.x(k) - width / 2, base - bar(count), width, bar(count), "bar")
    drawing.text(where.x.start - 5, base, f"{students[0]:,}", "label tiny end")


def _described(curve: ClassCurve) -> str:
    last = curve.shown - 1
    told = f"{short(curve.skill, 34)}: estimated {percent(curve.estimated[0])} before the first answer, "
    told += f"{percent(curve.estimated[last])} before answer {last + 1}"
    if curve.mastered is None:
        return f"{told}."
    return f"{told}; in truth {percent(curve.mastered[0])} and {percent(curve.mastered[last])}."
