"""The files of Omniglot: drawings out of two zip archives or folders, scaled to the size in use."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

import numpy as np
import torch
from torch import Tensor

from kt_fewshot.errors import DatasetError

SETS: Final = ("images_background", "images_evaluation")
DRAWN: Final = 105
"""Pixels of a side as drawn."""
SIZE: Final = 28
"""Pixels of a side as used."""


@dataclass(frozen=True)
class Characters:
    """Every drawing, those of a character side by side.

    - `drawings: (drawings, SIZE, SIZE)` uint8;
    - `where`: character -> its first drawing and how many there are; `of`: character -> which set it is from.
    """

    drawings: Tensor
    where: Mapping[str, tuple[int, int]]
    of: Mapping[str, str]


def is_omniglot(path: Path) -> bool:
    """Whether the folder holds Omniglot, packed or not."""
    return any((path / f"{name}.zip").exists() or (path / name).is_dir() for name in SETS)


def read_characters(path: Path) -> Characters:
    """All drawings.

    Raises:
        DatasetError: if files are missing or damaged.
    """
    files = sorted(_files(path), key=lambda file: file[:2])
    paper = np.empty((len(files), DRAWN, DRAWN), bool)
    for place, (_, name, content) in enumerate(files):
        paper[place] = _paper(name, content)
    where: dict[str, tuple[int, int]] = {}
    of: dict[str, str] = {}
    for place, (kind, name, _) in enumerate(files):
        start, count = where.get(_character(name), (place, 0))
        where[_character(name)], of[_character(name)] = (start, count + 1), kind
    return Characters(255 - _small(paper), where, of)


def _character(name: str) -> str:
    """`images_background/Greek/character05/0123_01.png` is of `Greek/character05`."""
    return "/".join(name.split("/")[-3:-1])


def _files(path: Path) -> Iterator[tuple[str, str, bytes]]:
    """Set, name and bytes of every drawing."""
    for kind in SETS:
        packed, folder = path / f"{kind}.zip", path / kind
        if packed.exists():
            yield from _unpacked(kind, packed)
        elif folder.is_dir():
            yield from ((kind, file.as_posix(), file.read_bytes()) for file in sorted(folder.glob("*/*/*.png")))
        else:
            raise DatasetError(f"Omniglot is not complete: neither {packed} nor the folder {folder} is there.")


def _unpacked(kind: str, packed: Path) -> Iterator[tuple[str, str, bytes]]:
    try:
        with ZipFile(packed) as archive:
            for name in archive.namelist():
                if name.endswith(".png") and not name.startswith("__MACOSX"):
                    yield kind, name, archive.read(name)
    except (BadZipFile, OSError) as error:
        raise DatasetError(f"{packed} is damaged ({error}). Download it again.") from error


def _paper(name: str, content: bytes) -> np.ndarray:
    """(DRAWN, DRAWN) True where a drawing is paper, False where it has ink."""
    from PIL import Image

    try:
        with Image.open(BytesIO(content)) as image:
            pixels = np.asarray(image.convert("1", dither=Image.Dither.NONE))
    except (OSError, SyntaxError) as error:
        raise DatasetError(f"{name} of Omniglot is damaged ({error}). Download it again.") from error
    if pixels.shape != (DRAWN, DRAWN):
        raise DatasetError(f"{name} of Omniglot should have {DRAWN}x{DRAWN} pixels. Found {pixels.shape}.")
    return pixels


def _small(paper: np.ndarray) -> Tensor:
    """Scaled as PIL does with Lanczos' filter, the usual protocol: a matrix on either side, rounded after each.

    Args:
        paper: (drawings, DRAWN, DRAWN) bool.

    Returns:
        (drawings, SIZE, SIZE) uint8, 255 is paper.
    """
    from PIL import Image

    identity = Image.fromarray(np.eye(DRAWN, dtype=np.float32))
    scale = torch.from_numpy(np.array(identity.resize((SIZE, DRAWN), Image.Resampling.LANCZOS)))  # (DRAWN, SIZE)
    small = torch.empty(len(paper), SIZE, SIZE, dtype=torch.uint8)
    for part in torch.arange(len(paper)).split(512):
        across = (255 * torch.from_numpy(paper[part[0] : part[-1] + 1]).float() @ scale).round_().clamp_(0, 255)
        small[part] = (scale.T @ across).round_().clamp_(0, 255).byte()
    return small
