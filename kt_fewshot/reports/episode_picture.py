"""An episode as a picture: what was shown of each class, what was asked, and what was said."""

from string import ascii_uppercase
from typing import Final

from markupsafe import Markup

from .drawing import Drawing
from .few_shot_material import FewShotMaterial, ShownEpisode
from .picture import Picture
from .tiles import Tiles
from .wording import counted, short

MOST_CLASSES: Final = 10
MOST_SHOTS: Final = 5
MOST_QUERIES: Final = 15

TILE, PITCH, ROW, TOP = 36, 42, 64, 26


def episode_picture(material: FewShotMaterial) -> Markup | None:
    """The episode of a report; None where items are no images."""
    return None if material.tiles is None else _drawing(material.episode, material.tiles).markup()


def draw_episode(episode: ShownEpisode, tiles: Tiles) -> Picture:
    """Draw an episode: a row a class, right and wrong marked by shape.

    Args:
        episode: what was shown and asked, and what was said.
        tiles: pictures of the data set's items.
    """
    right = episode.right()
    return Picture.of(_drawing(episode, tiles), heading=f"{right.sum()} of {right.size} named right")


def _drawing(episode: ShownEpisode, tiles: Tiles) -> Drawing:
    rows = min(len(episode.classes), MOST_CLASSES)
    shots, queries = min(episode.support.shape[1], MOST_SHOTS), min(episode.query.shape[1], MOST_QUERIES)
    asked = 34 + shots * PITCH + 26
    drawing = Drawing(asked + queries * PITCH, TOP + rows * ROW, "An episode of the test", _described(episode, rows))
    drawing.text(34, 14, "shown", "label strong")
    drawing.text(asked, 14, "asked, and what the method said", "label strong")
    for row in range(rows):
        y = TOP + row * ROW
        drawing.text(10, y + TILE / 2 + 5, ascii_uppercase[row], "letter middle")
        for place in range(shots):
            item = int(episode.support[row, place])
            tiles.place(drawing, item, x=34 + place * PITCH, y=y, side=TILE, kind="tile shown")
        for place in range(queries):
            _query(drawing, tiles, episode, row, place, x=asked + place * PITCH, y=y)
    drawing.line([(asked - 16, TOP), (asked - 16, TOP + rows * ROW - 22)], "grid")
    return drawing


def letters(material: FewShotMaterial) -> str:
    """Which class stands in which row, in words."""
    names = [material.names[index] for index in material.episode.classes[:MOST_CLASSES]]
    return ", ".join(f"{letter} {short(name, 30)}" for letter, name in zip(ascii_uppercase, names, strict=False))


def _query(drawing: Drawing, tiles: Tiles, episode: ShownEpisode, row: int, place: int, *, x: float, y: float) -> None:
    """A query's picture; below it a tick, or a cross and the row that was said."""
    said = int(episode.said[row, place])
    right = said == row
    tiles.place(drawing, int(episode.query[row, place]), x=x, y=y, side=TILE, kind="tile" if right else "tile wrong")
    middle, below = x + TILE / 2, y + TILE + 11
    if right:
        drawing.line([(middle - 4, below - 1), (middle - 1, below + 3), (middle + 5, below - 4)], "tick")
        return
    left = middle - 10
    drawing.line([(left - 4, below - 4), (left + 4, below + 4)], "cross")
    drawing.line([(left - 4, below + 4), (left + 4, below - 4)], "cross")
    drawing.text(left + 8, below + 4, ascii_uppercase[said] if said < len(ascii_uppercase) else "other", "said")


def _described(episode: ShownEpisode, rows: int) -> str:
    right = episode.right()
    lines = []
    for row in range(rows):
        wrong = [ascii_uppercase[min(int(said), 25)] for said in episode.said[row][~right[row]]]
        told = f", the others said to be {', '.join(wrong)}" if wrong else ""
        lines.append(
            f"{ascii_uppercase[row]}: {right[row].sum()} of {counted(right.shape[1], 'query', 'queries')} right{told}"
        )
    return f"{'; '.join(lines)}."
