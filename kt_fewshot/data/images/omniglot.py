"""Omniglot: 1,623 characters of 50 alphabets, each drawn by 20 people (Lake, Salakhutdinov and Tenenbaum 2015)."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import torch

from kt_fewshot.errors import DatasetError

from .class_images import ClassImages, Splits
from .class_split import SHARES, draw_parts
from .omniglot_files import SETS, SIZE, Characters, read_characters

TURNS: Final = (0, 90, 180, 270)
EVERY: Final = 6
"""Lake's split has no validation: every sixth alphabet of its training set is ours."""

VINYALS: Final = ("train", "val", "test")
"""Files of that split, without `.txt`."""


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
    characters = read_characters(Path(path))
    turns = TURNS if rotations else TURNS[:1]
    parts = SPLITS[split](Path(path), characters, seed)
    train, valid, test = (_classes(characters, [name for name in part if name[1] in turns]) for part in parts)
    return Splits(train, valid, test)


_Name = tuple[str, int]
"""A character, `Alphabet/characterNN`, and by how many degrees it is turned."""


def _vinyals(path: Path, characters: Characters, _seed: int) -> list[list[_Name]]:
    folders = [path / "splits", path / "splits" / "vinyals"]
    folder = next((place for place in folders if (place / "train.txt").exists()), None)
    if folder is None:
        raise DatasetError(
            f"The Vinyals split is not at {folders[0]}: put train.txt, val.txt and test.txt there, from "
            "https://github.com/jakesnell/prototypical-networks (data/omniglot/splits/vinyals). "
            "Or choose another split: lake or random."
        )
    return [_listed(folder / f"{name}.txt", characters) for name in VINYALS]


def _lake(_path: Path, characters: Characters, _seed: int) -> list[list[_Name]]:
    names = {kind: [name for name in characters.where if characters.of[name] == kind] for kind in SETS}
    alphabets = sorted({name.split("/")[0] for name in names[SETS[0]]})
    held = set(alphabets[EVERY - 1 :: EVERY])
    valid = [name for name in names[SETS[0]] if name.split("/")[0] in held]
    train = [name for name in names[SETS[0]] if name.split("/")[0] not in held]
    return [_turned(part) for part in (train, valid, names[SETS[1]])]


def _random(_path: Path, characters: Characters, seed: int) -> list[list[_Name]]:
    names = list(characters.where)
    return [_turned([names[int(index)] for index in part]) for part in draw_parts(len(names), SHARES, seed)]


SPLITS: Final[Mapping[str, Callable[[Path, Characters, int], list[list[_Name]]]]] = {
    "vinyals": _vinyals,
    "lake": _lake,
    "random": _random,
}
"""Name -> how it is made. All rotations of a character are in one part."""


def _turned(names: Sequence[str]) -> list[_Name]:
    return [(name, turn) for name in names for turn in TURNS]


def _listed(file: Path, characters: Characters) -> list[_Name]:
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


def _classes(characters: Characters, names: Sequence[_Name]) -> ClassImages:
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
