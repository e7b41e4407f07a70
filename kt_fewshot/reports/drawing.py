"""`Drawing`: a figure as inline SVG, themed by the page's style sheet, with words for those who cannot see it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import ArrayLike, NDArray

LEVELS: Final = 20
"""Colours of a heat map, from 0 to 1; the style sheet has them as `.v0` to `.v19`, evenly out of viridis."""

SQUARE: Final = 0.886
"""Half the side of a square by the radius of the disc that has its area."""


def level_of(share: ArrayLike) -> NDArray[np.int64]:
    """The colour of each share in [0, 1]."""
    return np.clip((np.asarray(share, dtype=np.float64) * LEVELS).astype(np.int64), 0, LEVELS - 1)


@dataclass(frozen=True)
class Axis:
    """Maps values to pixels: `first` value stands at `start`, `last` at `stop`."""

    first: float
    last: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        """Pixels of a value."""
        span = self.last - self.first
        return self.start + (value - self.first) / (span or 1.0) * (self.stop - self.start)


@dataclass(frozen=True)
class Drawing:
    """Shapes on a canvas of `width` x `height` pixels; every text is escaped.

    Args:
        width: of the canvas.
        height: of the canvas.
        title: what the figure is, in a few words.
        description: what is to be seen in it.
    """

    width: float
    height: float
    title: str
    description: str
    shapes: list[str] = field(default_factory=list)

    def line(self, points: Iterable[tuple[float, float]], kind: str) -> None:
        """A line through points; those with nan break it."""
        path, pen = [], "M"
        for x, y in points:
            if np.isfinite([x, y]).all():
                path.append(f"{pen}{_px(x)} {_px(y)}")
                pen = "L"
            else:
                pen = "M"
        if path:
            self.path("".join(path), kind)

    def path(self, path: str, kind: str, *, transform: str = "") -> None:
        """A path, made by us of numbers only."""
        where = f' transform="{transform}"' if transform else ""
        self.shapes.append(f'<path class="{kind}"{where} d="{path}"/>')

    def dots(
        self,
        places: Iterable[tuple[float, float]],
        radius: float,
        kind: str,
        *,
        hollow: bool = False,
        square: bool = False,
    ) -> None:
        """Discs or squares, or their outlines, all in one path: lines without length that have round or square ends."""
        path = "".join(f"M{_px(x)} {_px(y)}h0" for x, y in places)
        form, radius = (" square", radius * SQUARE) if square else ("", radius)
        if path:
            self.shapes.append(f'<path class="dots {kind}{form}" stroke-width="{_px(2 * radius)}" d="{path}"/>')
        if path and hollow:
            hole = _px(max(2 * radius - 3, 1))
            self.shapes.append(f'<path class="dots hole{form}" stroke-width="{hole}" d="{path}"/>')

    def box(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        """A rectangle."""
        self.shapes.append(
            f'<rect class="{kind}" x="{_px(x)}" y="{_px(y)}" width="{_px(width)}" height="{_px(height)}"/>'
        )

    def text(self, x: float, y: float, text: str, kind: str = "label") -> None:
        """Words; the classes `middle` and `end` set them around or before x."""
        self.shapes.append(f'<text class="{kind}" x="{_px(x)}" y="{_px(y)}">{escape(text)}</text>')

    def markup(self) -> Markup:
        """The figure, ready to stand in a page."""
        label = escape(f"{self.title}. {self.description}")
        return Markup(
            f'<svg viewBox="0 0 {_px(self.width)} {_px(self.height)}" role="img" aria-label="{label}">'
            f"{''.join(self.shapes)}</svg>"
        )


def percent_axis(drawing: Drawing, y: Axis, left: float, right: float, *, ticks: Sequence[float]) -> None:
    """Grid lines at shares, and their percentages to the left."""
    for tick in ticks:
        drawing.line([(left, y(tick)), (right, y(tick))], "grid")
        drawing.text(left - 5, y(tick) + 3.5, f"{100 * tick:.0f}", "label end")


def heat_paths(drawing: Drawing, level: NDArray[np.int64], *, transform: str) -> None:
    """Cells of a heat map, one path a colour: thick lines, neighbours in a row with the same colour one line.

    Args:
        drawing: gets the paths.
        level: (rows, columns) colours; -1 for no colour yet.
        transform: puts cells of size 1 x 1 in their place, the first row's middle at 0.
    """
    paths: dict[int, list[str]] = {}
    for row, cells in enumerate(level):
        edges = np.flatnonzero(np.r_[True, cells[1:] != cells[:-1], True])
        for first, last in pairwise(edges.tolist()):
            paths.setdefault(int(cells[first]), []).append(f"M{first} {row}h{last - first}")
    for colour, path in sorted(paths.items()):
        drawing.path("".join(path), "cells unmet" if colour < 0 else f"cells v{colour}", transform=transform)


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
