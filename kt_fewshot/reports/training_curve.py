"""How training went: loss, and accuracy on the validation classes, epoch by epoch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from markupsafe import Markup

from .drawing import Axis, Drawing, percent_axis
from .few_shot_material import FewShotMaterial
from .wording import counted, percent


@dataclass(frozen=True)
class TrainingCurve:
    """Two figures (of accuracy only where there was validation), and a sentence."""

    loss: Markup
    accuracy: Markup | None
    sentence: str


def training_curve(material: FewShotMaterial) -> TrainingCurve | None:
    """Draw it; None if the history is not known, or is a single epoch."""
    history = material.history
    if history is None or history.height < 2:
        return None
    name = next(column for column in history.columns if column.startswith("loss_"))
    steps, loss = history["step"].to_numpy(), history[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    seconds = float(history["seconds"].sum())
    sentence = f"{int(steps[-1]):,} steps in {counted(history.height, 'epoch')}, {seconds:,.0f} seconds."
    accuracy = history["accuracy"].to_numpy() if "accuracy" in history.columns else None
    if accuracy is not None:
        best = int(np.nanargmax(accuracy))
        sentence += f" The weights kept are those of epoch {best + 1}, the best on the validation classes."
    return TrainingCurve(
        _loss(steps, loss), None if accuracy is None else _accuracy(steps, accuracy, material.n_way), sentence
    )


def _loss(steps: np.ndarray, loss: np.ndarray) -> Markup:
    drawing = Drawing(
        460, 240, "Training loss", f"From {loss[0]:.3f} in the first epoch to {loss[-1]:.3f} in the last."
    )
    top = float(np.nanmax(loss)) * 1.05 or 1.0
    x, y = Axis(0, float(steps[-1]), 48, 448), Axis(0, top, 196, 24)
    for tick in np.linspace(0, top, 4):
        drawing.line([(48, y(tick)), (448, y(tick))], "grid")
        drawing.text(42, y(tick) + 3.5, f"{tick:.2f}", "label end")
    _curve(drawing, x, steps, [y(value) for value in loss])
    drawing.text(48, 12, "loss", "label strong")
    return drawing.markup()


def _accuracy(steps: np.ndarray, accuracy: np.ndarray, n_way: int) -> Markup:
    drawing = Drawing(
        460,
        240,
        "Accuracy on the validation classes",
        f"From {percent(accuracy[0], 1)} after the first epoch to {percent(accuracy[-1], 1)} after the last.",
    )
    first = int(min(float(np.nanmin(accuracy)), 0.8) * 5) / 5
    ticks = [first + (1 - first) * k / 4 for k in range(5)]
    x, y = Axis(0, float(steps[-1]), 48, 448), Axis(first, 1, 196, 24)
    percent_axis(drawing, y, 48, 448, ticks=ticks)
    _curve(drawing, x, steps, [y(value) for value in accuracy])
    drawing.text(48, 12, f"right on the validation classes, {n_way}-way, %", "label strong")
    return drawing.markup()


def _curve(drawing: Drawing, x: Axis, steps: np.ndarray, heights: Sequence[float]) -> None:
    points = [(x(step), height) for step, height in zip(steps, heights, strict=True)]
    drawing.line(points, "predicted")
    drawing.dots(points, 3, "model")
    for step in dict.fromkeys((0, int(steps[len(steps) // 2]), int(steps[-1]))):
        drawing.text(x(step), 213, f"{step:,}", "label middle" if step else "label")
    drawing.text(448, 232, "steps", "label end")
