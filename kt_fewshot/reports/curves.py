"""Learning curves with DataShop's categories: the most practised skills as small multiples, the rest in a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args

import numpy as np
from markupsafe import Markup

from kt_fewshot.evaluation import DATASHOP, Category, CurveRules, LearningCurve

from .drawing import Axis, Drawing
from .suppression import withheld
from .wording import percent, short

PANELS: Final = 12
TABLE_ROWS: Final = 200
LONGEST: Final = 20
"""Opportunities drawn at most."""

MEANING: Final[dict[Category, str]] = {
    "too little data": "fewer than {0.opportunities} points with {0.students} students or more",
    "low and flat": "every point below {low}: known from the start, practice may be wasted",
    "no learning": "errors do not fall with practice (slope at most {0.slope:g})",
    "still high": "the last point is at {high} or above: more practice, or another way, is needed",
    "good": "errors fall, and end below {high}",
}


@dataclass(frozen=True)
class Panel:
    """One curve as a figure."""

    skill: str
    category: Category
    figure: Markup


@dataclass(frozen=True)
class Curves:
    """The third section: panels, rows of the others, and how many skills are in each category.

    `rows`: skill, category, answers, points, error at the first and the last point, slope.
    """

    panels: tuple[Panel, ...]
    rows: tuple[tuple[str, ...], ...]
    tally: tuple[tuple[str, int, str], ...]
    left_out: int
    withheld: int


def curves_section(curves: Sequence[LearningCurve], *, rules: CurveRules = DATASHOP) -> Curves:
    """Draw the curves.

    Args:
        curves: the most practised skill first.
        rules: by which they were sorted into categories.
    """
    hidden = withheld([curve.students[0] for curve in curves])
    shown = [curve for curve, hide in zip(curves, hidden, strict=True) if not hide]
    drawn = [curve for curve in shown if curve.valid >= rules.opportunities][:PANELS]
    rest = [curve for curve in shown if curve not in drawn]
    counts = {name: sum(curve.category == name for curve in shown) for name in get_args(Category)}
    return Curves(
        panels=tuple(Panel(short(curve.skill), curve.category, _figure(curve, rules)) for curve in drawn),
        rows=tuple(map(_row, rest[:TABLE_ROWS])),
        tally=tuple((name, counts[name], _meaning(name, rules)) for name in get_args(Category)),
        left_out=max(len(rest) - TABLE_ROWS, 0),
        withheld=int(hidden.sum()),
    )


def _meaning(category: Category, rules: CurveRules) -> str:
    return MEANING[category].format(rules, low=percent(rules.low_error), high=percent(rules.high_error))


def _shown_points(curve: LearningCurve) -> int:
    """The points that may be told: the first ones, up to one of too few students."""
    return int(np.argmax(np.r_[withheld(curve.students), True]))


def _row(curve: LearningCurve) -> tuple[str, ...]:
    points = _shown_points(curve)
    ends = (percent(curve.error[0]), percent(curve.error[points - 1])) if points else ("", "")
    return (short(curve.skill), curve.category, f"{curve.answers:,}", str(points), *ends, f"{curve.slope:.3f}")


def _figure(curve: LearningCurve, rules: CurveRules) -> Markup:
    n = min(_shown_points(curve), LONGEST)
    error, predicted, students = curve.error[:n], curve.predicted[:n], curve.students[:n]
    foretold = f", foretold {percent(predicted[-1])}" if np.isfinite(predicted[-1]) else ""
    drawing = Drawing(
        250,
        170,
        f"Learning curve of {short(curve.skill)}: {curve.category}",
        f"Share of errors from {percent(error[0])} at the first opportunity ({students[0]:,} students) to "
        f"{percent(error[-1])}{foretold} at opportunity {n} ({students[-1]:,} students).",
    )
    x, y = Axis(1, max(n, 2), 34, 240), Axis(0, 1, 122, 8)
    for tick in (0, 0.5, 1):
        drawing.line([(28, y(tick)), (246, y(tick))], "grid")
        drawing.text(24, y(tick) + 3.5, f"{100 * tick:.0f}", "label end")
    for threshold in (rules.low_error, rules.high_error):
        drawing.line([(28, y(threshold)), (246, y(threshold))], "threshold")
    drawing.line(zip(map(x, range(1, n + 1)), map(y, predicted), strict=True), "predicted")
    points = [(x(place), y(share)) for place, share in enumerate(error, start=1)]
    drawing.line(points, "observed")
    drawing.dots(points, 2.4, "ink")
    _counts(drawing, x, students)
    return drawing.markup()


def _counts(drawing: Drawing, x: Axis, students: np.ndarray) -> None:
    """Under each point a bar for how many students are left, under some the number."""
    n = len(students)
    bar = Axis(0, float(students.max()), 0, 14)
    for place, count in enumerate(students, start=1):
        drawing.box(x(place) - 3, 140 - bar(count), 6, bar(count), "bar")
    every = max(1, -(-n // 5))
    for place in range(1, n + 1, every):
        kind = "label tiny" if place == 1 else "label tiny middle"
        left = x(place) - 3 if place == 1 else x(place)
        drawing.text(left, 151, f"{students[place - 1]:,}", kind)
        drawing.text(left, 164, str(place), kind.replace("tiny", "strong tiny"))
    drawing.text(24, 151, "N", "label tiny end")
