"""How folders say which image is of which class and which class is for what."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from kt_fewshot.errors import DatasetError

from .image_files import SUFFIXES

Classes = Mapping[str, list[Path]]
"""Name -> its image files."""

PART_NAMES: Final = {"train": ("train",), "valid": ("val", "valid", "validation"), "test": ("test",)}


def class_files(path: Path) -> Classes:
    """One folder a class, images in it at any depth; files that are no images, and hidden ones, do not count.

    Raises:
        DatasetError: if there is no such folder, or a class without an image.
    """
    if not path.is_dir():
        raise DatasetError(f"{path} is not a folder. Images are read from one folder a class: CLASS/IMAGE.")
    classes = {folder.name: image_files(folder) for folder in _visible(path) if folder.is_dir()}
    empty = [name for name, files in classes.items() if not files]
    if empty:
        raise DatasetError(f"Class {empty[0]!r} in {path} has no image ({', '.join(SUFFIXES)}). Remove its folder.")
    if not classes:
        loose = " Its images have no labels: put those of a class in a folder." if image_files(path) else ""
        raise DatasetError(f"{path} has no folder with images. One folder a class is needed: CLASS/IMAGE.{loose}")
    return classes


def image_files(path: Path) -> list[Path]:
    """All images below a folder, sorted."""
    found = []
    for file in _visible(path):
        if file.is_dir():
            found += image_files(file)
        elif file.suffix.lower() in SUFFIXES:
            found.append(file)
    return found


def divided(path: Path) -> Mapping[str, Classes] | None:
    """The classes of train, valid and test, where the folder says so in one of three ways; None where it does not.

    - tables `train.csv`, `val.csv`, `test.csv` of `filename,label`, images anywhere below (Ravi and Larochelle's
      mini-ImageNet); a file is named alone or with its folders;
    - lists of classes `splits/.../train.txt`, `val.txt`, `test.txt`, folders of classes beside (Bertinetto's CIFAR-FS);
    - folders `train`, `val`, `test` of folders of classes.

    `valid` is missing from the answer where only train and test are there.

    Raises:
        DatasetError: if what it says does not fit the files.
    """
    return next((found for way in _WAYS if (found := way(path)) is not None), None)


def _by_tables(path: Path) -> Mapping[str, Classes] | None:
    tables = _parts_at(path, ".csv")
    if tables is None:
        return None
    places: dict[str, list[Path]] = {}
    for file in image_files(path):
        for name in {file.name, file.relative_to(path).as_posix()}:
            places.setdefault(name, []).append(file)
    return {part: _listed(table, places) for part, table in tables.items()}


def _by_lists(path: Path) -> Mapping[str, Classes] | None:
    lists = _parts_at(path / "splits", ".txt")
    for folder in _folders(path / "splits"):
        lists = lists or _parts_at(folder, ".txt")
    if lists is None:
        return None
    home = path / "data" if (path / "data").is_dir() else path
    parts = {}
    for part, file in lists.items():
        names = [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        absent = [name for name in names if not (home / name).is_dir()]
        if absent:
            raise DatasetError(f"{file} names class {absent[0]!r}, but there is no folder {home / absent[0]}.")
        parts[part] = {name: image_files(home / name) for name in names}
    return parts


def _by_folders(path: Path) -> Mapping[str, Classes] | None:
    folders = _parts_at(path, "")
    return None if folders is None else {part: class_files(folder) for part, folder in folders.items()}


_WAYS: Final[tuple[Callable[[Path], Mapping[str, Classes] | None], ...]] = (_by_tables, _by_lists, _by_folders)


def _parts_at(path: Path, suffix: str) -> dict[str, Path] | None:
    """Part -> file or folder of that name; None unless train and test are there."""
    found = {}
    for part, names in PART_NAMES.items():
        places = [path / f"{name}{suffix}" for name in names]
        there = [place for place in places if (place.is_file() if suffix else place.is_dir())]
        if there:
            found[part] = there[0]
    return found if {"train", "test"} <= set(found) else None


def _listed(table: Path, places: Mapping[str, list[Path]]) -> Classes:
    classes: dict[str, list[Path]] = {}
    with table.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        if not {"filename", "label"} <= set(rows.fieldnames or ()):
            found = ", ".join(rows.fieldnames or ())
            raise DatasetError(f"Columns `filename` and `label` are needed in {table} (found: {found}).")
        for row in rows:
            found = places.get(row["filename"], [])
            if len(found) != 1:
                times = f"is {len(found)} times" if found else "is not"
                raise DatasetError(f"{table} names {row['filename']}, which {times} below {table.parent}.")
            classes.setdefault(row["label"], []).append(found[0])
    return classes


def _folders(path: Path) -> list[Path]:
    return [folder for folder in _visible(path) if folder.is_dir()] if path.is_dir() else []


def _visible(path: Path) -> list[Path]:
    return sorted(file for file in path.iterdir() if not file.name.startswith("."))
