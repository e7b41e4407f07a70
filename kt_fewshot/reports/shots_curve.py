"""Accuracy against the number of examples a class."""

from markupsafe import Markup

from .drawing import Axis, Drawing, percent_axis
from .few_shot_material import FewShotMaterial
from .wording import counted, percent, percent_between


def shots_curve(material: FewShotMaterial) -> Markup | None:
    """Draw it, with 95 % intervals; None if only one number of examples was tried."""
    if len(material.shots) < 2:
        return None
    chance = 1 / material.n_way
    told = "; ".join(
        f"{counted(shot, 'example')}: {percent(found.value, 1)} ({percent_between(found, 1)})"
        for shot, found in material.shots
    )
    drawing = Drawing(460, 300, "Accuracy by examples a class", f"{told}. Guessing: {percent(chance)}.")
    lowest = int(10 * min(found.low for _, found in material.shots)) / 10
    ticks = [lowest, (lowest + 1) / 2, 1.0]
    x, y = Axis(0, len(material.shots) - 1, 78, 418), Axis(lowest, 1.0, 252, 24)
    percent_axis(drawing, y, 42, 452, ticks=ticks)
    drawing.text(452, 12, f"guessing: {percent(chance)}", "label end")
    points = [(x(place), y(found.value)) for place, (_, found) in enumerate(material.shots)]
    drawing.line(points, "predicted")
    for place, (shot, found) in enumerate(material.shots):
        a, b = points[place]
        drawing.line([(a, y(found.low)), (a, y(min(found.high, 1.0)))], "observed")
        drawing.text(a + 8, b + 20, percent(found.value, 1), "label strong")
        drawing.text(a, 271, str(shot), "label strong middle")
    drawing.dots(points, 4.5, "model")
    drawing.text(248, 292, "examples a class", "label middle")
    drawing.text(42, 12, "right, %", "label strong")
    return drawing.markup()
