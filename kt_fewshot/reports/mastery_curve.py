"""A student's way to mastery, skill by skill: what was thought before each answer, what came, and what was true.

The learning curve of one student of Corbett and Anderson (1995, https://doi.org/10.1007/BF01099821), as it is drawn of
Bayesian Knowledge Tracing, here of any tracer; of simulated students with the truth behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .drawing import Drawing
from .panels import Panel, Sign, canvas, heading, panel
from .picture import Picture
from .wording import counted, percent, short

MASTERED_AT = 0.95


@dataclass(frozen=True)
class MasteryCurve:
    """One skill of a student, as it stood just before each answer on it.

    - `right: (n,)` bool, what came;
    - `mastery`, `correct: (n,)` P(mastered) and P(correct), in [0, 1];
    - `best: (n,)` the best possible P(mastered); `mastered: (n,)` bool, the truth. None where nobody knows.
    """

    skill: str
    right: np.ndarray
    mastery: np.ndarray
    correct: np.ndarray
    best: np.ndarray | None = None
    mastered: np.ndarray | None = None


def mastery_picture(curves: Sequence[MasteryCurve], name: str) -> Picture:
    """Draw a student's curves, a panel a skill.

    Args:
        curves: at least one, each of at least one answer.
        name: what the student is called.
    """
    drawing = canvas(len(curves), f"How {short(name)} came to master skills", " ".join(map(_described, curves)))
    heading(drawing, f"{short(name)}: has the skill been learned yet?", _signs(curves))
    for place, curve in enumerate(curves):
        where = panel(drawing, place, short(curve.skill, 34), last=len(curve.right))
        _truth(drawing, where, curve)
        _estimates(drawing, where, curve)
        _answers(drawing, where, curve.right)
    return Picture.of(drawing)


def _signs(curves: Sequence[MasteryCurve]) -> list[Sign]:
    signs = [Sign("predicted", "P(mastered), estimated")]
    if any(curve.best is not None for curve in curves):
        signs.append(Sign("best", "the best possible estimate"))
    signs.append(Sign("chance", "P(correct)"))
    if any(curve.mastered is not None for curve in curves):
        signs.append(Sign("mastered", "truly mastered", "area"))
    return [*signs, Sign("ink", "right answer", "dot"), Sign("ink", "wrong answer", "ring")]


def _truth(drawing: Drawing, where: Panel, curve: MasteryCurve) -> None:
    """An area wherever the skill is mastered; mastery comes between two answers."""
    if curve.mastered is None:
        return
    edges = np.flatnonzero(np.r_[True, curve.mastered[1:] != curve.mastered[:-1], True])
    for first, last in pairwise(edges.tolist()):
        if curve.mastered[first]:
            left, top = where.x(first + 0.5), where.y(1)
            drawing.box(left, top, where.x(last + 0.5) - left, where.bottom - top, "mastered")


def _estimates(drawing: Drawing, where: Panel, curve: MasteryCurve) -> None:
    left, right = where.x.start, where.x.stop
    drawing.line([(left, where.y(MASTERED_AT)), (right, where.y(MASTERED_AT))], "threshold")
    for values, kind in ((curve.correct, "chance"), (curve.mastery, "predicted"), (curve.best, "best")):
        if values is not None:
            drawing.line([(where.x(k), where.y(value)) for k, value in enumerate(values, start=1)], kind)


def _answers(drawing: Drawing, where: Panel, right: np.ndarray) -> None:
    radius = float(np.clip((where.x(2) - where.x(1)) / 2 - 0.6, 1.6, 4.5))
    for outcome in (True, False):
        places = [(where.x(k), where.bottom + 30) for k, came in enumerate(right, start=1) if came == outcome]
        drawing.dots(places, radius, "ink", hollow=not outcome)


def _described(curve: MasteryCurve) -> str:
    told = (
        f"{short(curve.skill, 34)}: {counted(len(curve.right), 'answer')}, {int(curve.right.sum())} right; "
        f"P(mastered) from {percent(curve.mastery[0])} to {percent(curve.mastery[-1])}"
    )
    if curve.mastered is None:
        return f"{told}."
    if not curve.mastered.any():
        return f"{told}; in truth never mastered before the last answer."
    return f"{told}; in truth mastered before answer {int(curve.mastered.argmax()) + 1}."
