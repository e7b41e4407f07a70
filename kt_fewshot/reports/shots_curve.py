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
    lowest = min(chance, *(found.low for _, found in material.shots))
    ticks = [tick / 5 for tick in range(int(lowest * 5), 6)]
    x, y = Axis(0, len(material.shots) - 1, 78, 418), Axis(ticks[0], 1.0, 252, 24)
    percent_axis(drawing, y, 42, 452, ticks=ticks)
    if chance >= ticks[0]:
        drawing.line([(42, y(chance)), (452, y(chance))], "ideal")
        drawing.text(452, y(chance) - 5, "guessing", "label end")
    points = [(x(place), y(found.value)) for place, (_, found) in enumerate(material.shots)]
    drawing.line(points, "predicted")
    for place, (shot, found) in enumerate(material.shots):
        a, b = points[place]
        drawing.line([(a, y(found.low)), (a, y(found.high))], "observed")
        drawing.text(a, b + 22, percent(found.value, 1), "label strong middle")
        drawing.text(a, 271, str(shot), "label strong middle")
    drawing.dots(points, 4.5, "model")
    drawing.text(248, 292, "examples a class", "label middle")
    drawing.text(42, 12, "right, %", "label strong")
    return drawing.markup()
