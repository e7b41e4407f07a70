"""Where the encoder puts items: the two directions in which the features of some test classes differ most."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from .drawing import Axis, Drawing
from .few_shot_material import FewShotMaterial
from .wording import percent, short

SIDE: Final = 460
THUMB: Final = 30
COLOURS: Final = 8


@dataclass(frozen=True)
class EmbeddingMap:
    """The figure, and a sentence on how much of the features it shows."""

    figure: Markup
    sentence: str


def embedding_map(material: FewShotMaterial) -> EmbeddingMap | None:
    """Draw it: lines lead from each item to the mean of its class, where a picture or name of the class stands."""
    found = material.map
    if len(found.true) < 3 or found.features.shape[1] < 2:
        return None
    places, share = principal_plane(found.features)
    classes = list(dict.fromkeys(found.true.tolist()))
    names = [short(material.names[index], 24) for index in classes]
    low, high = places.min(0), places.max(0)
    wide, tall = np.maximum(high - low, 1e-9)
    height = 44 + (SIDE - 44) * float(np.clip(tall / wide, 0.4, 1.0))
    drawing = Drawing(
        SIDE,
        height,
        "Map of features",
        f"{len(found.true)} items of the test classes {', '.join(names)}, each joined to the mean of its class. "
        f"{_nearest(places, found.true, classes)} % of the items lie nearest to the mean of their own class.",
    )
    pixel = max(wide / (SIDE - 44), tall / (height - 44))  # the same both ways
    across, up = (low + high) / 2
    x = Axis(across - SIDE / 2 * pixel, across + SIDE / 2 * pixel, 0, SIDE)
    y = Axis(up - height / 2 * pixel, up + height / 2 * pixel, height, 0)
    means = [places[found.true == index].mean(0) for index in classes]
    for number, (index, mean) in enumerate(zip(classes, means, strict=True)):
        own = [(x(a), y(b)) for a, b in places[found.true == index]]
        centre = (x(mean[0]), y(mean[1]))
        drawing.path(
            "".join(f"M{a:.1f} {b:.1f}L{centre[0]:.1f} {centre[1]:.1f}" for a, b in own), f"ray s{number % COLOURS}"
        )
        drawing.dots(own, 2.6, f"s{number % COLOURS}")
    for number, (index, mean) in enumerate(zip(classes, means, strict=True)):
        _class_mark(drawing, material, index, (x(mean[0]), y(mean[1])), f"thumb s{number % COLOURS}")
    return EmbeddingMap(
        drawing.markup(),
        f"The two directions drawn hold {percent(share)} of all differences between these features, so classes that "
        "overlap here may be well apart in the others.",
    )


def principal_plane(features: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """(items, 2) places along the two directions of largest variance, and their share of all variance."""
    centred = features - features.mean(0)
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    whole = float((size**2).sum())
    share = float((size[:2] ** 2).sum() / whole) if whole else 1.0
    return left[:, :2] * size[:2], share


def _class_mark(
    drawing: Drawing, material: FewShotMaterial, index: int, centre: tuple[float, float], kind: str
) -> None:
    a, b = centre
    if material.tiles is not None:
        item = int(material.first[index])
        material.tiles.place(drawing, item, x=a - THUMB / 2, y=b - THUMB / 2, side=THUMB, kind=kind)
    else:
        drawing.text(a, b + 4, short(material.names[index], 16), "halo middle")


def _nearest(places: NDArray[np.float64], true: NDArray[np.int64], classes: list[int]) -> int:
    """Percentage of the items that lie nearest to their own class's mean, in the plane."""
    means = np.stack([places[true == index].mean(0) for index in classes])
    nearest = ((places[:, None] - means) ** 2).sum(-1).argmin(1)
    return round(100 * float((np.array(classes)[nearest] == true).mean()))
