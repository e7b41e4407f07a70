"""Small multiples: panels of the same size in rows, each with a title, an axis of shares and an axis of answers."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from .drawing import Axis, Drawing
from .wording import percent

WIDTH: Final = 300
HEIGHT: Final = 206
GAP: Final = 24
HEAD: Final = 64
"""Pixels for the heading and the key above the panels."""

COLUMNS: Final = 3


class Panel(NamedTuple):
    """Where things stand in a panel: `x` of an answer's number from 1, `y` of a share, `bottom` of the plot."""

    x: Axis
    y: Axis
    bottom: float


class Sign(NamedTuple):
    """An entry of a key: what it looks like (a class of lines, of dots or of an area), and its name."""

    look: str
    name: str
    form: str = "line"


def canvas(panels: int, title: str, description: str) -> Drawing:
    """A drawing with room for panels."""
    columns, rows = min(max(panels, 2), COLUMNS), -(-panels // COLUMNS)
    width = columns * WIDTH + (columns - 1) * GAP
    return Drawing(width, HEAD + rows * HEIGHT + (rows - 1) * 14, title, description)


def panel(drawing: Drawing, place: int, title: str, *, last: int) -> Panel:
    """Draw a panel's title and axes.

    Args:
        drawing: gets them.
        place: of the panel, from 0, row by row.
        title: of the panel.
        last: number of the last answer.
    """
    left = place % COLUMNS * (WIDTH + GAP)
    top = HEAD + place // COLUMNS * (HEIGHT + 14)
    x, y = Axis(0.5, max(last, 4) + 0.5, left + 38, left + WIDTH), Axis(0, 1, top + 140, top + 24)
    drawing.text(left, top + 8, title, "panel-title")
    for tick in (0, 0.5, 1):
        drawing.line([(left + 38, y(tick)), (left + WIDTH, y(tick))], "grid")
        drawing.text(left + 33, y(tick) + 3.5, percent(tick), "label end")
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if last <= 8 * step or step == 100)
    for number in range(1, last + 1):
        if number == 1 or number % step == 0:
            drawing.text(x(number), top + 190, str(number), "label middle")
    return Panel(x, y, top + 140)


def heading(drawing: Drawing, text: str, signs: Sequence[Sign]) -> None:
    """What the picture says, and the key below it."""
    drawing.text(0, 10, text, "heading")
    x = 0.0
    for sign in signs:
        if sign.form == "area":
            drawing.box(x, 29, 22, 11, sign.look)
        elif sign.form == "line":
            drawing.line([(x, 34.5), (x + 22, 34.5)], sign.look)
        else:
            drawing.dots([(x + 17, 34.5)], 4, sign.look, hollow=sign.form == "ring")
        drawing.text(x + 27, 38.5, sign.name)
        x += 27 + 6.0 * len(sign.name) + 16
