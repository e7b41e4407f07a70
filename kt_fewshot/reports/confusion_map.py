"""Which test classes are taken for each other: those most often confused, as a heat map."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from kt_fewshot.evaluation import JudgedEpisodes

from .drawing import Drawing, level_of
from .few_shot_material import FewShotMaterial
from .wording import percent, short

MOST_CLASSES: Final = 10
MOST_PAIRS: Final = 10
SHRINKAGE: Final = 10
"""Queries that were not confused, added to each pair, so that pairs that met seldom do not come first by chance."""

CELL: Final = 38
LIGHT: Final = 9
"""Colours of the heat map from here on want black letters on them."""


@dataclass(frozen=True)
class ConfusionMap:
    """The figure, and its pairs as rows: true class, taken for, share, queries."""

    figure: Markup | None
    rows: tuple[tuple[str, str, str, str], ...]


def confusion_map(material: FewShotMaterial) -> ConfusionMap:
    """Draw the classes of the most confused pairs; without a figure where nothing was confused."""
    taken, asked = confusions(material.crowded, len(material.names))
    np.fill_diagonal(taken, 0)
    order = np.argsort(-taken / (asked + SHRINKAGE), axis=None, kind="stable")[: 4 * MOST_PAIRS]
    n = len(taken)
    pairs = [(int(k // n), int(k % n)) for k in order if taken.flat[k] > 1]
    share = np.divide(taken, asked, out=np.zeros_like(taken), where=asked > 0)
    classes = list(dict.fromkeys(index for pair in pairs for index in pair))[:MOST_CLASSES]
    rows = tuple(
        (
            short(material.names[true], 24),
            short(material.names[said], 24),
            percent(share[true, said]),
            f"{asked[true, said]:,.0f}",
        )
        for true, said in pairs[:MOST_PAIRS]
    )
    return ConfusionMap(_figure(material, classes, share, asked, rows) if pairs else None, rows)


def confusions(judged: JudgedEpisodes, n_classes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How often each class was taken for each other, and how often it could have been.

    Returns:
        (classes, classes) queries of the first class said to be the second; and its queries in episodes in which the
        second took part.
    """
    taken = np.zeros((n_classes, n_classes))
    np.add.at(taken, (judged.true, judged.said), 1)
    queries = np.zeros((int(judged.episode.max(initial=-1)) + 1, n_classes))
    np.add.at(queries, (judged.episode, judged.true), 1)
    return taken, queries.T @ (queries > 0)


def _figure(
    material: FewShotMaterial,
    classes: list[int],
    share: NDArray[np.float64],
    asked: NDArray[np.float64],
    rows: tuple[tuple[str, str, str, str], ...],
) -> Markup:
    edge = 46
    worst = "; ".join(f"{true} taken for {said} in {often}" for true, said, often, _ in rows[:3])
    drawing = Drawing(
        edge + CELL * len(classes) + 2,
        edge + CELL * len(classes) + 18,
        "Confusions",
        f"{len(classes)} classes; each row a true class, each column what it was taken for. Most often: {worst}.",
    )
    for place, index in enumerate(classes):
        at = edge + CELL * place
        for x, y in ((6, at + 3), (at + 3, 6)):
            _mark(drawing, material, index, x, y)
    for row, true in enumerate(classes):
        for column, said in enumerate(classes):
            x, y = edge + CELL * column, edge + CELL * row
            if row == column or not asked[true, said]:
                drawing.box(x, y, CELL - 2, CELL - 2, "unmet")
                continue
            value = float(share[true, said])
            level = int(level_of(value))
            ink = "onlight" if level >= LIGHT else "ondark"
            drawing.box(x, y, CELL - 2, CELL - 2, f"v{level}")
            drawing.text(x + CELL / 2 - 1, y + CELL / 2 + 3, f"{100 * value:.0f}", f"label tiny middle {ink}")
    drawing.text(edge, edge + CELL * len(classes) + 14, "rows: true; columns: said; in % of the queries", "label")
    return drawing.markup()


def _mark(drawing: Drawing, material: FewShotMaterial, index: int, x: float, y: float) -> None:
    if material.tiles is not None:
        material.tiles.place(drawing, int(material.first[index]), x=x, y=y, side=32)
    else:
        drawing.text(x + 16, y + 20, short(material.names[index], 6), "label middle")
