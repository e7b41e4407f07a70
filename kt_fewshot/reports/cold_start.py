"""How tracers do where little is known yet: AUC by place in the history, or by how often an item has been seen."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np

from kt_fewshot.evaluation import Comparison, PartScores

from .drawing import Axis, Drawing
from .picture import Picture
from .scores import NAMES
from .suppression import FLOOR
from .wording import number, short

WIDTH, HEIGHT, TOP, RIGHT = 760, 330, 62, 600
HUES: Final = (0, 2, 3, 5, 6, 7)
"""Colours of the other tracers, none of them blue as the one that stands out; used up, they come again with dashes."""
NEAREST: Final = 14
"""Pixels between two names at the lines' ends."""

ASKED: Final = {
    "positions": ("Who knows a student soonest?", "number of the answer in the student's history"),
    "items": ("Who copes with rare items?", "answers to the item in training"),
}

By = Literal["positions", "items"]


class Look(NamedTuple):
    """A tracer's colour, and whether another has it already: then its line is dashed and its points are squares."""

    colour: str
    again: bool = False


def cold_start(comparison: Comparison, *, by: By = "positions", own: str = "dkt") -> Picture:
    """Draw the AUC of each tracer in each window; windows of fewer than 10 students are left out.

    Args:
        comparison: at least one tracer.
        by: place in the history, or the item's answers in training.
        own: the tracer to stand out.
    """
    title, axis_title = ASKED[by]
    lines = {tracer.name: _told(getattr(tracer.results, by)) for tracer in comparison.tracers}
    keys = list(dict.fromkeys(key for line in lines.values() for key in line))
    drawing = Drawing(WIDTH, HEIGHT, title, _described(lines, keys))
    drawing.text(0, 10, title, "heading")
    values = [value for line in lines.values() for value in line.values()]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    x = Axis(0 if len(keys) > 1 else -1, max(len(keys) - 1, 0), 70, RIGHT - 30)
    y = Axis(np.floor(low * 20) / 20, np.ceil(high * 20) / 20, HEIGHT - 56, TOP)
    for tick in np.arange(y.first, y.last + 1e-9, 0.05):
        drawing.line([(36, y(tick)), (RIGHT, y(tick))], "grid")
        drawing.text(30, y(tick) + 3.5, f"{tick:.2f}", "label end")
    drawing.text(0, TOP - 18, "AUC", "label strong")
    for place, key in enumerate(keys):
        drawing.text(x(place), HEIGHT - 32, key.replace("-", " to ").replace("+", " and later"), "label middle")
    drawing.text((36 + RIGHT) / 2, HEIGHT - 8, axis_title, "label middle")
    others = [name for name in lines if name != own]
    looks = {name: Look(f"s{HUES[k % len(HUES)]}", again=k >= len(HUES)) for k, name in enumerate(others)}
    looks[own] = Look("model")
    for name, line in sorted(lines.items(), key=lambda item: item[0] == own):
        points = [(x(k), y(line.get(key, float("nan")))) for k, key in enumerate(keys)]
        look = looks[name]
        drawing.line(points, "predicted" if name == own else f"thin {look.colour}{' dashed' if look.again else ''}")
        drawing.dots([point for point in points if np.isfinite(point[1])], 3, look.colour, square=look.again)
    _names(drawing, {name: y(line[keys[-1]]) for name, line in lines.items() if keys and keys[-1] in line}, looks)
    return Picture.of(drawing)


def _names(drawing: Drawing, ends: Mapping[str, float], looks: Mapping[str, Look]) -> None:
    """Each name beside its line's end, moved down where two would overlap."""
    lowest = -np.inf
    for name, height in sorted(ends.items(), key=lambda item: item[1]):
        lowest = max(height, lowest + NEAREST)
        look = looks[name]
        drawing.line([(RIGHT - 24, height), (RIGHT + 6, lowest)], f"leader {look.colour}")
        drawing.dots([(RIGHT + 10, lowest)], 3, look.colour, square=look.again)
        kind = "label bold strong" if look.colour == "model" else "label"
        drawing.text(RIGHT + 18, lowest + 4, NAMES.get(name, (short(name), ""))[0], kind)


def _told(parts: Sequence[PartScores]) -> dict[str, float]:
    known = {part.key: part.scores["auc"].value for part in parts if part.students >= FLOOR}
    return {key: value for key, value in known.items() if np.isfinite(value)}


def _described(lines: Mapping[str, Mapping[str, float]], keys: Sequence[str]) -> str:
    told = [
        f"{NAMES.get(name, (short(name), ''))[0]} from {number(line[keys[0]])} to {number(line[keys[-1]])}"
        for name, line in lines.items()
        if keys and keys[0] in line and keys[-1] in line
    ]
    return f"AUC from the first window to the last: {'; '.join(told)}."
