"""Rendered glyphs: hundreds of characters in 16 fonts, turned and stretched a little; made on the spot."""

import math
import unicodedata
import zlib
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .class_images import ClassImages, Splits
from .class_split import SHARES
from .glyph_fonts import FONTS, common_characters, draw

SIZE: Final = 28

SAME_IN_FONTS: Final = 0.99
"""A character that two sources draw this much alike is left out: support and query could hold the same drawing."""
SAME_ON_AVERAGE: Final = 0.95
SAME_SOMEWHERE: Final = 0.98
"""Of two characters this much alike, on average or in any font, the second is left out: A is Alpha is Cyrillic A."""


def load_glyphs(*, variants: int = 6, seed: int = 0) -> Splits:
    """Characters to train on, to validate on and to test on, the same split for ever.

    A class is a character, an item is a drawing of it by one of 16 fonts under a random affine map; `sources` are
    fonts, so that support and query never hold the same one. All forms of a letter (A, a, Ä) are in one split.

    Args:
        variants: drawings a character and font.
        seed: of the affine maps.

    Raises:
        ValueError: if `variants` is below 1.
        DatasetError: if matplotlib comes without its fonts.
    """
    if variants < 1:
        raise ValueError(f"`variants` should be at least 1. Found `variants = {variants}`.")
    characters, pictures = distinct_glyphs()
    items = _jitter(pictures.flatten(0, 1), variants, torch.Generator().manual_seed(seed))
    n, fonts = pictures.shape[:2]
    font = torch.tensor([font.source for font in FONTS])
    data = ClassImages(
        x=items.reshape(-1, 1, SIZE, SIZE),
        y=torch.arange(n).repeat_interleave(fonts * variants),
        names=tuple(characters),
        sources=font.repeat_interleave(variants).repeat(n),
        mean=(0.13,),
        std=(0.29,),
    )
    place = torch.tensor([_part(character) for character in characters])
    train, valid, test = (data.of_classes(torch.nonzero(place == part).flatten()) for part in range(3))
    return Splits(train, valid, test)


def distinct_glyphs() -> tuple[str, Tensor]:
    """Characters that no other looks like and no two sources draw alike, and their pictures.

    Returns:
        the characters, and (characters, fonts, height, width) uint8.
    """
    characters = common_characters()
    pictures = torch.from_numpy(np.stack([draw(characters, font) for font in FONTS], 1))
    kept = _distinct(pictures)
    return "".join(characters[index] for index in kept), pictures[kept]


def _distinct(pictures: Tensor) -> list[int]:
    """Which of the characters to keep, the earlier of two alike."""
    n, fonts = pictures.shape[:2]
    small = functional.avg_pool2d(pictures.flatten(0, 1)[:, None].float(), 4).reshape(n, fonts, -1)
    small = functional.normalize(small, dim=-1)
    source = torch.tensor([font.source for font in FONTS])
    across = torch.einsum("nfp,ngp->nfg", small, small) * (source[:, None] != source)
    whole = (small.norm(dim=-1) > 0).all(1) & (across.amax((1, 2)) < SAME_IN_FONTS)
    by_font = torch.stack([small[:, font] @ small[:, font].T for font in range(fonts)])
    alike = (by_font.mean(0) >= SAME_ON_AVERAGE) | (by_font.amax(0) >= SAME_SOMEWHERE)
    kept: list[int] = []
    for index in torch.nonzero(whole).flatten().tolist():
        if not alike[index, kept].any():
            kept.append(index)
    return kept


def _jitter(pictures: Tensor, variants: int, generator: torch.Generator) -> Tensor:
    """Each picture under several random affine maps, at half its size.

    Args:
        pictures: (pictures, height, width) uint8.
        variants: maps a picture.
        generator: of the maps.

    Returns:
        (pictures * variants, SIZE, SIZE) uint8.
    """
    soft = functional.avg_pool2d(pictures[:, None].float(), 3, stride=1, padding=1)
    items = torch.empty(len(pictures), variants, SIZE, SIZE, dtype=torch.uint8)
    for variant in range(variants):
        maps = _affine_maps(len(pictures), generator)
        for part in torch.arange(len(pictures)).split(1024):  # what fits the cache
            grid = functional.affine_grid(maps[part], [len(part), 1, SIZE, SIZE], align_corners=False)
            drawn = functional.grid_sample(soft[part], grid, align_corners=False)
            items[part, variant] = drawn[:, 0].round().clamp(0, 255).byte()
    return items.flatten(0, 1)


def _affine_maps(n: int, generator: torch.Generator) -> Tensor:
    """(n, 2, 3) maps from the finished picture to the drawn one: turned by 12 degrees at most, and so on."""
    turn, shear, width, height, right, down = (2 * torch.rand(6, n, generator=generator) - 1).unbind()
    turn, shear = turn * math.radians(12), shear * 0.15
    width, height = 1.05 * torch.exp(0.15 * width), 1.05 * torch.exp(0.15 * height)
    cos, sin = torch.cos(turn), torch.sin(turn)
    rows = [
        torch.stack([cos * width, (shear * cos - sin) * height, 0.1 * right], -1),
        torch.stack([sin * width, (shear * sin + cos) * height, 0.1 * down], -1),
    ]
    return torch.stack(rows, 1)


def _part(character: str) -> int:
    """0 train, 1 valid, 2 test: by the letter behind all its forms, whatever other characters there are."""
    letter = unicodedata.normalize("NFKD", character)[0].casefold()[0]
    place = zlib.crc32(letter.encode()) / 2**32
    return int(place >= SHARES[0]) + int(place >= SHARES[0] + SHARES[1])
