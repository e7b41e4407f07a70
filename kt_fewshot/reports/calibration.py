"""Calibration: of the answers given a chance of 70 %, were 70 % right?"""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from kt_fewshot.metrics import Reliability, reliability

from .drawing import Axis, Drawing, percent_axis
from .material import Material
from .suppression import FLOOR
from .wording import between, number, percent

MOST_BINS = 15
ANSWERS_A_BIN = 30
BARS = 25


@dataclass(frozen=True)
class Calibration:
    """The second section: figure, sentences, and the figure as a table of predicted, observed, answers."""

    figure: Markup
    sentences: tuple[str, ...]
    bins: tuple[tuple[str, str, str], ...]


def calibration(material: Material) -> Calibration | None:
    """Say whether the chances mean what they say; None where too few students test the tracer."""
    scored = material.scored
    students = material.log.table["student"].filter(scored).n_unique()
    if students < FLOOR:
        return None
    probability, correct = material.probability[scored], material.log.table["correct"].to_numpy()[scored]
    bins = int(np.clip(len(correct) // ANSWERS_A_BIN, 2, MOST_BINS))
    table = reliability(probability, correct, bins=bins)
    return Calibration(
        figure=reliability_diagram(table, probability),
        sentences=tuple(_sentences(material, table)),
        bins=tuple(
            (percent(p, 1), percent(o, 1), f"{n:,.0f}")
            for p, o, n in zip(table.predicted, table.observed, table.count, strict=True)
        ),
    )


def _sentences(material: Material, table: Reliability) -> list[str]:
    gap = table.predicted - table.observed
    worst = int(np.abs(gap).argmax())
    lines = [
        f"Each point holds about {table.count.mean():,.0f} answers with nearly the same foretold chance; "
        "on the diagonal chances mean what they say.",
        f"The largest gap: where {percent(table.predicted[worst])} were foretold, {percent(table.observed[worst])} of "
        "the answers were right.",
    ]
    ece, brier = (material.results.test.get(name) for name in ("ece", "brier"))
    if ece and brier:
        lines.append(
            f"Mean gap (expected calibration error) {number(ece.value)} ({between(ece)}); "
            f"Brier score {number(brier.value)} ({between(brier)})."
        )
    return lines


def reliability_diagram(table: Reliability, probability: np.ndarray) -> Markup:
    """Draw what was right against what was foretold, and how often each chance was.

    Args:
        table: bins.
        probability: (answers,) chances that were foretold.
    """
    worst = int(np.abs(table.predicted - table.observed).argmax())
    drawing = Drawing(
        460,
        460,
        "Reliability diagram",
        f"Share of right answers against foretold chance in {len(table.count)} bins with equally many answers each. "
        f"The point farthest from the diagonal: foretold {percent(table.predicted[worst])}, "
        f"observed {percent(table.observed[worst])}. Below, how often each chance was foretold.",
    )
    x, y = Axis(0, 1, 48, 448), Axis(0, 1, 356, 12)
    ticks = (0, 0.25, 0.5, 0.75, 1)
    percent_axis(drawing, y, 48, 448, ticks=ticks)
    for tick in ticks:
        drawing.line([(x(tick), y(0)), (x(tick), y(1))], "grid")
        drawing.text(x(tick), 446, f"{100 * tick:.0f}", "label middle")
    drawing.line([(x(0), y(0)), (x(1), y(1))], "ideal")
    count, _ = np.histogram(probability, bins=BARS, range=(0, 1))
    bar = Axis(0, float(count.max(initial=1)), 430, 376)
    for number_, height in enumerate(count):
        if height:
            left = x(number_ / BARS) + 1
            drawing.box(left, bar(height), x(1 / BARS) - x(0) - 2, 430 - bar(height), "bar")
    points = [(x(p), y(o)) for p, o in zip(table.predicted, table.observed, strict=True)]
    drawing.line(points, "predicted")
    drawing.dots(points, 4.5, "model")
    drawing.text(56, 24, "right answers, %", "label strong")
    drawing.text(448, 459, "foretold chance, %", "label strong end")
    return drawing.markup()
