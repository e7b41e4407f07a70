"""A comparison at one look: each tracer's AUC with its interval, and its difference to the simple baseline."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from kt_fewshot.evaluation import Compared, Comparison
from kt_fewshot.metrics import Interval

from .drawing import Axis, Drawing
from .picture import Picture
from .scores import NAMES
from .wording import between, number, short

ROW: Final = 34
TOP: Final = 78
LEFT: Final = (232, 480)
"""Pixels of the panel of AUCs."""
RIGHT: Final = (610, 850)
"""Pixels of the panel of differences."""
WIDTH: Final = 960


def forest(comparison: Comparison, *, own: str = "dkt") -> Picture:
    """Draw tracers, best first; intervals from resampling students, differences on the same resamples.

    Args:
        comparison: at least one tracer.
        own: the tracer to stand out.
    """
    rows = comparison.tracers
    drawing = Drawing(WIDTH, TOP + ROW * len(rows) + 34, "Tracers compared", _described(comparison))
    drawing.text(0, 10, "Who foretells the next answer best?", "heading")
    drawing.text(LEFT[0], TOP - 24, "AUC, 95\N{NO-BREAK SPACE}% interval", "label strong")
    if comparison.baseline:
        against = _name(comparison.baseline)[0]
        drawing.text(RIGHT[0], TOP - 24, f"AUC more or less than {against}", "label strong")
    auc, difference = _axis([row.results.test["auc"] for row in rows], LEFT), None
    if differences := [row.difference["auc"] for row in rows if row.difference]:
        difference = _axis([*differences, Interval(0.0)], RIGHT)
    for place in range(0, len(rows), 2):
        drawing.box(-8, TOP + ROW * place, WIDTH + 16, ROW, "stripe")
    _scale(drawing, auc, len(rows))
    if difference:
        _scale(drawing, difference, len(rows))
        drawing.line([(difference(0), TOP - 6), (difference(0), TOP + ROW * len(rows))], "zero")
    for place, row in enumerate(rows):
        _row(drawing, TOP + ROW * (place + 0.5), row, (auc, difference), own=own)
    return Picture.of(drawing)


def comparison_table(comparison: Comparison) -> pl.DataFrame:
    """The same in numbers, a row a tracer, best first.

    Returns:
        `tracer`; `auc` with `auc_95`, its 95 % interval; `difference` to the baseline's AUC with `difference_95` (null
        for the baseline); `log_loss` and `ece`, the calibration error (both better if lower); `fit_seconds`.
    """
    rows = [
        {
            "tracer": row.name,
            "auc": (found := row.results.test)["auc"].value,
            "auc_95": between(found["auc"]),
            "difference": row.difference["auc"].value if row.difference else None,
            "difference_95": between(row.difference["auc"]) if row.difference else None,
            "log_loss": found["log_loss"].value,
            "ece": found["ece"].value,
            "fit_seconds": row.fit_seconds,
        }
        for row in comparison.tracers
    ]
    return pl.DataFrame(rows).with_columns(pl.selectors.float().round(4))


def _row(drawing: Drawing, y: float, row: Compared, axes: tuple[Axis, Axis | None], *, own: str) -> None:
    name, what = _name(row.name)
    kind = "own" if row.name == own else "other"
    drawing.text(0, y - 1, name, "panel-title")
    drawing.text(0, y + 12, what, "label tiny")
    auc = row.results.test["auc"]
    _whisker(drawing, axes[0], auc, y, kind)
    drawing.text(LEFT[1] + 16, y + 4, number(auc.value), "label strong" if kind == "own" else "label")
    if row.difference and axes[1]:
        found = row.difference["auc"]
        _whisker(drawing, axes[1], found, y, kind)
        drawing.text(RIGHT[1] + 16, y - 1, f"{found.value:+.3f}", "label strong" if kind == "own" else "label")
        drawing.text(RIGHT[1] + 16, y + 12, between(found), "label tiny")
    elif axes[1]:
        drawing.text(RIGHT[1] + 16, y + 4, "compared with")


def _whisker(drawing: Drawing, axis: Axis, found: Interval, y: float, kind: str) -> None:
    drawing.line([(axis(found.low), y), (axis(found.high), y)], f"interval {kind}")
    if np.isfinite(found.value):
        drawing.dots([(axis(found.value), y)], 4.5, "model" if kind == "own" else "other")


def _axis(found: Sequence[Interval], pixels: tuple[int, int]) -> Axis:
    ends = np.array([(one.value, one.low, one.high) for one in found])
    ends = ends[np.isfinite(ends)]
    low, high = (float(ends.min()), float(ends.max())) if len(ends) else (0.0, 1.0)
    margin = 0.06 * (high - low) or 0.01
    return Axis(low - margin, high + margin, *pixels)


def _scale(drawing: Drawing, axis: Axis, rows: int) -> None:
    """A grid line at each round number."""
    span = axis.last - axis.first
    step = next(step for step in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if span <= 6 * step or step == 1)
    bottom = TOP + ROW * rows
    for place in range(int(np.ceil(axis.first / step)), int(axis.last / step + 1e-9) + 1):
        x = axis(place * step)
        drawing.line([(x, TOP - 6), (x, bottom)], "grid")
        drawing.text(x, bottom + 16, f"{place * step:.3f}" if step < 0.01 else f"{place * step:.2f}", "label middle")


def _described(comparison: Comparison) -> str:
    told = [
        f"{_name(row.name)[0]} {number(row.results.test['auc'].value)} ({between(row.results.test['auc'])})"
        for row in comparison.tracers
    ]
    return f"AUC with 95% intervals, best first: {'; '.join(told)}."


def _name(tracer: str) -> tuple[str, str]:
    return NAMES.get(tracer, (short(tracer), ""))
