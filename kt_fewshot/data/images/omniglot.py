"""Omniglot: 1,623 characters of 50 alphabets, each drawn by 20 people (Lake, Salakhutdinov and Tenenbaum 2015)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

import numpy as np
import torch
from torch import Tensor

from kt_fewshot.errors import DatasetError

from .class_images import ClassImages, Splits
from .class_split import SHARES, draw_parts

SETS: Final = ("images_background", "images_evaluation")
DRAWN: Final = 105
"""Pixels of a side as drawn."""
SIZE: Final = 28
"""Pixels of a side as used."""
TURNS: Final = (0, 90, 180, 270)
EVERY: Final = 6
"""Lake's split has no validation: every sixth alphabet of its training set is ours."""

VINYALS: Final = {"train": "train", "valid": "val", "test": "test"}


def load_omniglot(path: Path | str, *, split: str = "vinyals", rotations: bool = True, seed: int = 0) -> Splits:
    """The characters at 28x28 pixels, ink 255 on 0; a class is a character in one of four rotations.

    Args:
        path: folder of `images_background.zip` and `images_evaluation.zip`, or of what was in them.
        split: "vinyals" (the lists in `splits/`, alphabets mixed; the split of published tables), "lake" (whole
            alphabets: background for training, evaluation for testing) or "random" (by `seed`).
        rotations: whether characters turned by 90, 180 and 270 degrees are classes of their own.
        seed: of the random split.

    Raises:
        DatasetError: if files are missing or damaged, or the split is unknown.
    """
    if split not in SPLITS:
        raise DatasetError(f"Unknown split {split!r} of Omniglot. Choose one of: {', '.join(sorted(SPLITS))}.")
    characters = _read(Path(path))
    turns = TURNS if rotations else TURNS[:1]
    parts = SPLITS[split](Path(path), characters, seed)
    train, valid, test = (_classes(characters, [name for name in part if name[1] in turns]) for part in parts)
    return Splits(train, valid, test)


def is_omniglot(path: Path) -> bool:
    """Whether the folder holds Omniglot, packed or not."""
    return any((path / f"{name}.zip").exists() or (path / name).is_dir() for name in SETS)


@dataclass(frozen=True)
class _Characters:
    """Every drawing, those of a character side by side.

    - `drawings: (drawings, SIZE, SIZE)` uint8;
    - `where`: character -> its first drawing and how many there are; `of`: character -> which set it is from.
    """

    drawings: Tensor
    where: Mapping[str, tuple[int, int]]
    of: Mapping[str, str]


_Name = tuple[str, int]
"""A character, `Alphabet/characterNN`, and by how many degrees it is turned."""


def _vinyals(path: Path, characters: _Characters, _seed: int) -> list[list[_Name]]:
    folders = [path / "splits", path / "splits" / "vinyals"]
    folder = next((place for place in folders if (place / "train.txt").exists()), None)
    if folder is None:
        raise DatasetError(
            f"The Vinyals split is not at {folders[0]}: put train.txt, val.txt and test.txt there, from "
            "https://github.com/jakesnell/prototypical-networks (data/omniglot/splits/vinyals). "
            "Or choose another split: lake or random."
        )
    return [_listed(folder / f"{name}.txt", characters) for name in VINYALS.values()]


def _lake(_path: Path, characters: _Characters, _seed: int) -> list[list[_Name]]:
    names = {kind: [name for name in characters.where if characters.of[name] == kind] for kind in SETS}
    alphabets = sorted({name.split("/")[0] for name in names[SETS[0]]})
    held = set(alphabets[EVERY - 1 :: EVERY])
    valid = [name for name in names[SETS[0]] if name.split("/")[0] in held]
    train = [name for name in names[SETS[0]] if name.split("/")[0] not in held]
    return [_turned(part) for part in (train, valid, names[SETS[1]])]


def _random(_path: Path, characters: _Characters, seed: int) -> list[list[_Name]]:
    names = list(characters.where)
    return [_turned([names[int(index)] for index in part]) for part in draw_parts(len(names), SHARES, seed)]


SPLITS: Final[Mapping[str, Callable[[Path, _Characters, int], list[list[_Name]]]]] = {
    "vinyals": _vinyals,
    "lake": _lake,
    "random": _random,
}
"""Name -> how it is made. All rotations of a character are in one part."""


def _turned(names: Sequence[str]) -> list[_Name]:
    return [(name, turn) for name in names for turn in TURNS]


def _listed(file: Path, characters: _Characters) -> list[_Name]:
    """Lines such as `Gurmukhi/character42/rot090`."""
    if not file.exists():
        raise DatasetError(f"The Vinyals split is not complete: {file} is missing.")
    names: list[_Name] = []
    for line in file.read_text(encoding="utf-8").split():
        name, _, turn = line.rpartition("/rot")
        if name not in characters.where or not turn.isdigit() or int(turn) not in TURNS:
            raise DatasetError(f"{file} names {line}, which is no character of Omniglot turned by 0, 90 ... degrees.")
        names.append((name, int(turn)))
    return names


def _classes(characters: _Characters, names: Sequence[_Name]) -> ClassImages:
    """The classes named, each a character's drawings turned."""
    spans = [characters.where[name] for name, _ in names]
    counts = torch.tensor([count for _, count in spans])
    y = torch.arange(len(names)).repeat_interleave(counts)
    begin = torch.tensor([start for start, _ in spans]) - (counts.cumsum(0) - counts)
    index = torch.arange(len(y)) + begin[y]
    turn = torch.tensor([turn // 90 for _, turn in names])[y]
    x = torch.empty(len(y), 1, SIZE, SIZE, dtype=torch.uint8)
    for quarter in range(len(TURNS)):
        chosen = turn == quarter
        x[chosen, 0] = characters.drawings[index[chosen]].rot90(quarter, (1, 2))
    return ClassImages(x, y, tuple(f"{name}/rot{degrees:03d}" for name, degrees in names))


def _read(path: Path) -> _Characters:
    """All drawings, those of a character side by side."""
    files = sorted(_files(path), key=lambda file: file[:2])
    paper = np.empty((len(files), DRAWN, DRAWN), bool)
    for place, (_, name, content) in enumerate(files):
        paper[place] = _paper(name, content)
    where: dict[str, tuple[int, int]] = {}
    of: dict[str, str] = {}
    for place, (kind, name, _) in enumerate(files):
        start, count = where.get(_character(name), (place, 0))
        where[_character(name)], of[_character(name)] = (start, count + 1), kind
    return _Characters(255 - _small(paper), where, of)


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
