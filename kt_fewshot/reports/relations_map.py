"""How tasks relate, at one look: each relation a small heat map with its numbers, signed values in two colours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kt_fewshot.multitask import Relations

from .drawing import Drawing
from .picture import Picture
from .wording import short

CELL: Final = (66, 40)
"""Pixels of a cell, wide and high."""
LEFT: Final = 104
"""Pixels of the rows' names."""
HEAD: Final = 92
"""Pixels above the cells: title, what is shown, the columns' names."""
FOOT: Final = 58
GAP: Final = 44
SIDE_BY_SIDE: Final = 1000
"""Two panels stand side by side if they are no wider together."""
STEPS: Final = 10
"""Shades of each colour."""
LINE: Final = 17
LETTER: Final = 6
"""Pixels of a letter, about."""


@dataclass(frozen=True)
class RelationsPanel:
    """One relation.

    - `relations`: what is shown;
    - `title`: what it is; `note`: how to read it, a sentence;
    - `ends`: what the lowest and the highest colour mean;
    - `limit`: value of the strongest colour; the largest there is, without a task's own, if None;
    - `own`: whether what a task has of itself is shown;
    - `write`: a value as it stands in a cell.
    """

    relations: Relations
    title: str
    note: str
    ends: tuple[str, str]
    limit: float | None = None
    own: bool = False
    write: Callable[[float], str] = "{:+.2f}".format

    def shown(self) -> np.ndarray:
        """(tasks, sources) what cells tell; nan for an empty one."""
        found = self.relations.matrix.copy()
        if not self.own and self.relations.sources == self.relations.tasks:
            np.fill_diagonal(found, np.nan)
        return found

    def strongest(self) -> float:
        """The value of the strongest colour."""
        known = np.abs(self.shown())
        return self.limit or float(np.max(known, initial=0.0, where=~np.isnan(known))) or 1.0

    @property
    def size(self) -> tuple[float, float]:
        """Pixels."""
        tasks, sources = self.relations.matrix.shape
        return max(LEFT + CELL[0] * sources, LETTER * len(self.note)), HEAD + CELL[1] * tasks + FOOT


def relations_picture(panels: Sequence[RelationsPanel], *, heading: str, notes: Sequence[str] = ()) -> Picture:
    """Draw relations beside or below each other, with a few lines below.

    Args:
        panels: at least one.
        heading: stands above all.
        notes: lines below, such as the groups found.
    """
    width = max(panel.size[0] for panel in panels)
    columns = 2 if len(panels) > 1 and 2 * width + GAP <= SIDE_BY_SIDE else 1
    rows = [panels[first : first + columns] for first in range(0, len(panels), columns)]
    heights = [max(panel.size[1] for panel in row) for row in rows]
    top = 20
    longest = max([len(heading) * 10, *(LETTER * len(note) for note in notes)])
    drawing = Drawing(
        max(columns * width + (columns - 1) * GAP, longest),
        top + sum(heights) + LINE * len(notes),
        heading,
        " ".join([*map(_described, panels), *notes]),
    )
    drawing.text(0, 4, heading, "heading")
    y = float(top)
    for row, height in zip(rows, heights, strict=True):
        for column, panel in enumerate(row):
            _draw(drawing, panel, column * (width + GAP), y)
        y += height
    for number, note in enumerate(notes):
        drawing.text(0, y + LINE * number, note, "label strong")
    return Picture.of(drawing)


def _draw(drawing: Drawing, panel: RelationsPanel, x: float, y: float) -> None:
    relations, limit = panel.relations, panel.strongest()
    drawing.text(x, y + 18, panel.title, "panel-title")
    drawing.text(x, y + 34, panel.note, "label")
    left, top = x + LEFT, y + HEAD
    for column, source in enumerate(relations.sources):
        words = _lines(source)
        for number, word in enumerate(words):
            above = top - 8 - 12 * (len(words) - 1 - number)
            drawing.text(left + CELL[0] * (column + 0.5), above, word, "label middle")
    for row, (task, values) in enumerate(zip(relations.tasks, panel.shown(), strict=True)):
        middle = top + CELL[1] * (row + 0.5)
        words = _lines(task)
        for number, word in enumerate(words):
            drawing.text(left - 8, middle + 4 + 12 * (number - (len(words) - 1) / 2), word, "label end")
        for column, value in enumerate(values):
            _cell(drawing, panel, (left + CELL[0] * column, middle - CELL[1] / 2), value / limit)
    _scale(drawing, panel, left, top + CELL[1] * len(relations.tasks) + 14)


def _cell(drawing: Drawing, panel: RelationsPanel, at: tuple[float, float], share: float) -> None:
    x, y = at
    width, height = CELL
    drawing.box(x + 1, y + 1, width - 2, height - 2, _colour(share))
    if not np.isnan(share):
        drawing.text(x + width / 2, y + height / 2 + 4, _said(panel, share * panel.strongest()), "letter middle")


def _scale(drawing: Drawing, panel: RelationsPanel, x: float, y: float) -> None:
    """What the colours mean."""
    lowest = -STEPS if np.nanmin(panel.shown(), initial=0.0) < 0 else 0
    wide = 9
    for place, level in enumerate(range(lowest, STEPS + 1)):
        drawing.box(x + wide * place, y, wide, 8, _colour(level / STEPS))
    end = x + wide * (STEPS - lowest + 1)
    low, high = panel.ends
    drawing.text(x, y + 21, low if lowest else "nothing", "label tiny")
    drawing.text(end, y + 21, high, "label tiny end")


def _colour(share: float) -> str:
    """The class of a value in units of the strongest."""
    if np.isnan(share):
        return "unmet"
    level = int(np.clip(round(abs(share) * STEPS), 0, STEPS))
    return f"{'for' if share >= 0 else 'against'} f{level}"


def _said(panel: RelationsPanel, value: float) -> str:
    """A value in a cell; what rounds to 0 has no sign."""
    said = panel.write(value)
    return said.replace("-", "\N{MINUS SIGN}") if said.strip("+-0.") else said.lstrip("+-")


def _lines(name: str) -> list[str]:
    """A name in at most two lines."""
    words = short(name.replace("_", " "), 28).split(" ", 1)
    return [short(word, 15) for word in words]


def _described(panel: RelationsPanel) -> str:
    """The strongest and the weakest of a relation, in words."""
    values, relations = panel.shown(), panel.relations
    if np.isnan(values).all():
        return f"{panel.title}: nothing is known."
    told = []
    for word, place in (("highest", np.nanargmax(values)), ("lowest", np.nanargmin(values))):
        row, column = np.unravel_index(place, values.shape)
        pair = f"{relations.tasks[row]}, {relations.sources[column]}"
        told.append(f"{word} {_said(panel, float(values[row, column]))} ({pair})")
    return f"{panel.title}. {panel.note} {'; '.join(told)}."
