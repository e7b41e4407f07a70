"""Small pictures of items, inside a figure."""

import base64
import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from markupsafe import escape
from numpy.typing import NDArray

from .drawing import Drawing

MOST_PIXELS: Final = 48
"""Side of a picture; larger ones are made smaller, so that a page of them stays small."""

COLOURS: Final = 64
"""Of a coloured picture."""


@dataclass(frozen=True)
class Tiles:
    """Pictures of a data set's items; `images: (items, channels, height, width)` uint8, one channel or three."""

    images: NDArray[np.uint8]

    def place(self, drawing: Drawing, item: int, *, x: float, y: float, side: float, kind: str = "tile") -> None:
        """Put an item's picture into a square with a border.

        Args:
            drawing: gets it.
            item: which.
            x: of the left edge.
            y: of the upper edge.
            side: of the square.
            kind: class of the border.
        """
        where = f'x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}"'
        drawing.shapes.append(f'<image {where} href="{escape(_data(self.images[item]))}"/>')
        drawing.box(x, y, side, side, kind)


def _data(image: NDArray[np.uint8]) -> str:
    """A picture as the address that holds it, `data:image/png;base64,...`."""
    from PIL import Image

    channels, height, width = image.shape
    picture = Image.fromarray(image[0] if channels == 1 else image.transpose(1, 2, 0))
    if max(height, width) > MOST_PIXELS:
        picture.thumbnail((MOST_PIXELS, MOST_PIXELS), Image.Resampling.LANCZOS)
    if channels == 3:
        picture = picture.quantize(COLOURS)
    content = io.BytesIO()
    picture.save(content, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"
