"""Characters as the fonts that come with matplotlib draw them: which there are, and their pictures."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from kt_fewshot.errors import DatasetError


class Font(NamedTuple):
    """A font's file and the source it counts as."""

    file: str
    source: int


FONTS: Final = tuple(
    Font(file, source)
    for source, files in enumerate(
        [
            ("DejaVuSans", "DejaVuSansMono"),
            ("DejaVuSans-Bold", "DejaVuSansMono-Bold"),
            ("DejaVuSans-Oblique", "DejaVuSansMono-Oblique"),
            ("DejaVuSans-BoldOblique", "DejaVuSansMono-BoldOblique"),
            ("DejaVuSerif",),
            ("DejaVuSerif-Bold",),
            ("DejaVuSerif-Italic",),
            ("DejaVuSerif-BoldItalic",),
            ("STIXGeneral",),
            ("STIXGeneralBol",),
            ("STIXGeneralItalic",),
            ("STIXGeneralBolIta",),
        ]
    )
    for file in files
)
"""Every text font that matplotlib ships with Latin, Greek and Cyrillic. A font of fixed width counts as the same source
as its sister of free width: they draw many characters alike."""

CANVAS: Final = 56
"""Pixels of a picture's side: twice what is wanted in the end, so that turning it costs no sharpness."""
INK: Final = 40
"""Pixels of the longer side of the drawn character."""

_LEFT_OUT: Final = ("Cf", "Lm", "Mn", "Pc", "Pd", "Sk")
"""Unicode categories of marks, dashes and invisible characters."""


def common_characters(fonts: Sequence[Font] = FONTS) -> str:
    """Letters, digits, punctuation and symbols that all the fonts have, in Unicode's order."""
    from matplotlib.ft2font import FT2Font

    common = set.intersection(*(set(FT2Font(str(_path(font))).get_charmap()) for font in fonts))
    return "".join(filter(_is_shape, map(chr, sorted(common))))


def draw(characters: str, font: Font) -> np.ndarray:
    """Each character filling the same square: neither its size nor its place on the line is left to tell it by.

    Returns:
        (characters, CANVAS, CANVAS) uint8, 0 is background; empty where the font draws nothing.

    Raises:
        DatasetError: if matplotlib comes without the font.
    """
    from PIL import ImageFont

    pictures = np.zeros((len(characters), CANVAS, CANVAS), np.uint8)
    face = ImageFont.truetype(str(_path(font)), CANVAS, layout_engine=ImageFont.Layout.BASIC)
    for picture, character in zip(pictures, characters, strict=True):
        _place(face, character, picture)
    return pictures


def _place(face, character: str, picture: np.ndarray) -> None:  # noqa: ANN001 - PIL.ImageFont.FreeTypeFont
    from PIL import Image

    mask = face.getmask(character, mode="L")
    box = mask.getbbox()
    if box is None:
        return
    ink = Image.frombytes("L", mask.size, bytes(mask)).crop(box)
    scale = INK / max(ink.size)
    width, height = (max(1, round(side * scale)) for side in ink.size)
    ink = ink.resize((width, height), Image.Resampling.BILINEAR)
    top, left = (CANVAS - height) // 2, (CANVAS - width) // 2
    picture[top : top + height, left : left + width] = np.asarray(ink)


def _path(font: Font) -> Path:
    import matplotlib as mpl

    path = Path(mpl.get_data_path(), "fonts", "ttf", f"{font.file}.ttf")
    if not path.exists():
        raise DatasetError(f"Glyphs are drawn with the fonts of matplotlib; {path} is missing. Reinstall matplotlib.")
    return path


def _is_shape(character: str) -> bool:
    category = unicodedata.category(character)
    box = unicodedata.name(character, "").startswith("BOX DRAWINGS")
    return category[0] in "LNPS" and category not in _LEFT_OUT and not box
