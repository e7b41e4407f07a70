"""A student's answers as the model read them: the figure of Piech et al. (2015), https://arxiv.org/abs/1506.05908.

Rows are the skills met, by first contact; columns are answers in time; colour is P(correct) after each answer. Above
each column stands the mark of the answer's skill, filled where it was right and hollow where it was wrong: a disc in
one of eight colours, from the ninth skill on a square. Before the first contact a row is grey.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from markupsafe import Markup

from .drawing import LEVELS, Drawing, heat_paths, level_of
from .material import Steps
from .wording import counted, percent, short

HUES: Final = 8
"""Colours of skills, the style sheet's `.s0` to `.s7`, told apart by the colour-blind too (Okabe and Ito 2008)."""

LETTER: Final = 6.3
"""Pixels, about."""
WIDTH: Final = 960
ROW: Final = 17
TOP: Final = 24


def student_heatmap(steps: Steps, name: str, *, most_answers: int, most_skills: int) -> Markup:
    """A student's last answers, to stand in a page; arguments as of `draw_student`."""
    return draw_student(steps, name, most_answers=most_answers, most_skills=most_skills).markup()


def draw_student(steps: Steps, name: str, *, most_answers: int, most_skills: int) -> Drawing:
    """Draw a student's last answers.

    Args:
        steps: what was thought of the student.
        name: what the student is called.
        most_answers: columns at most, the last ones.
        most_skills: rows at most; of more skills met, those practised in these answers, the ones met first.
    """
    skipped = max(len(steps.right) - most_answers, 0)
    right, practised = steps.right[skipped:], steps.practised[skipped:]
    met = [place for place in np.argsort(steps.met, kind="stable") if steps.met[place] >= 0]
    if len(met) > most_skills:  # those that are practised here say more than those that were met long ago
        here = {skill for skills in practised for skill in skills}
        met = [place for place in met if steps.skills[place] in here][:most_skills]
    cells = level_of(steps.correct[skipped:, met].T)
    cells[np.arange(len(right)) + skipped < steps.met[met][:, None]] = -1
    rows = {steps.skills[place]: row for row, place in enumerate(met)}
    drawing = Drawing(
        WIDTH, TOP + ROW * len(met) + 46, f"What the model expects of {name}", _described(steps, met, right)
    )
    left = max([26 + LETTER * len(short(steps.skills[place], 26)) for place in met] + [90.0])
    column = min((WIDTH - left - 6) / max(len(right), 1), 24.0)
    for row, place in enumerate(met):
        middle = TOP + ROW * row + ROW / 2
        colour, square = _mark(row)
        drawing.dots([(8, middle - 1)], 4, colour, square=square)
        drawing.text(18, middle + 3, short(steps.skills[place], 26))
    heat_paths(drawing, cells, transform=f"translate({left:.1f} {TOP + ROW / 2:.1f}) scale({column:.3f} {ROW})")
    _marks(drawing, practised, right, rows, column=column, left=left)
    _below(drawing, TOP + ROW * len(met), len(right), first=steps.first + skipped, column=column, left=left)
    return drawing


def _described(steps: Steps, met: Sequence[int], right: np.ndarray) -> str:
    last = steps.correct[-1, met] if len(met) else np.zeros(0)
    ends = ""
    if len(met):
        best, worst = met[int(last.argmax())], met[int(last.argmin())]
        ends = (
            f" At the end it expects most on {short(steps.skills[best], 26)} ({percent(last.max())}) "
            f"and least on {short(steps.skills[worst], 26)} ({percent(last.min())})."
        )
    return (
        f"Heat map of P(correct) for {counted(len(met), 'skill')} after each of {counted(len(right), 'answer')}, "
        f"{int(right.sum())} of them right.{ends}"
    )


def _marks(
    drawing: Drawing,
    practised: Sequence[tuple[str, ...]],
    right: np.ndarray,
    rows: dict[str, int],
    *,
    column: float,
    left: float,
) -> None:
    radius = float(np.clip(column / 2 - 0.7, 1.4, 4.5))
    marks: dict[tuple[str, bool, bool], list[tuple[float, float]]] = {}
    for place, (skills, correct) in enumerate(zip(practised, right, strict=True)):
        colour, square = next((_mark(rows[skill]) for skill in skills if skill in rows), ("other", False))
        marks.setdefault((colour, square, bool(correct)), []).append((left + column * (place + 0.5), TOP - 10))
    for (colour, square, correct), places in sorted(marks.items()):
        drawing.dots(places, radius, colour, hollow=not correct, square=square)


def _mark(row: int) -> tuple[str, bool]:
    """What marks a row's skill: a colour, and whether as a square."""
    return f"s{row % HUES}", row // HUES % 2 == 1


def _below(drawing: Drawing, y: float, n: int, *, first: int, column: float, left: float) -> None:
    """Numbers of answers, and the key of the colours."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if n <= 12 * step or step == 100)
    for place in range(n):
        if (first + place) % step == 0 or place == 0:
            drawing.text(left + column * (place + 0.5), y + 14, str(first + place), "label middle")
    drawing.text(left - 14, y + 14, "answer", "label end")
    for level in range(LEVELS):
        drawing.box(left + 8 * level, y + 26, 8.2, 9, f"v{level}")
    drawing.text(left - 6, y + 34, "P(correct)  0", "label end")
    end = left + 8 * LEVELS
    drawing.text(end + 6, y + 34, percent(1))
    drawing.dots([(end + 70, y + 31)], 4, "other")
    drawing.text(end + 78, y + 34, "right")
    drawing.dots([(end + 122, y + 31)], 4, "other", hollow=True)
    drawing.text(end + 130, y + 34, "wrong")
    drawing.box(end + 180, y + 26, 14, 9, "unmet")
    drawing.text(end + 199, y + 34, "not met yet")
